/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CommonMark was made for words with spaces between them: in **“차”**는 or
 * **다담(茶談)**은 it sees no emphasis, because a particle follows the stars.  Koreans
 * and their models write this all the time.  Here such stars get a mark beside them
 * that counts as a space, and which the parser takes out again.
 */
#include "config.h"

#include "dadam-markdown-private.h"

#include <string.h>

#define MOST_STARS 3

typedef struct {
  const char *p; /* the first star */
  gsize length;
  gunichar before; /* the characters around; a space at the ends of the line */
  gunichar after;
} Stars;

static gboolean
is_mark (gunichar c)
{
  switch (g_unichar_type (c)) {
  case G_UNICODE_CONNECT_PUNCTUATION:
  case G_UNICODE_DASH_PUNCTUATION:
  case G_UNICODE_CLOSE_PUNCTUATION:
  case G_UNICODE_FINAL_PUNCTUATION:
  case G_UNICODE_INITIAL_PUNCTUATION:
  case G_UNICODE_OTHER_PUNCTUATION:
  case G_UNICODE_OPEN_PUNCTUATION: return TRUE;
  default: return c < 0x80 && g_ascii_ispunct ((char) c);
  }
}

static gboolean
is_word (gunichar c)
{
  return c >= 0x80 && g_unichar_isalnum (c);
}

static gboolean
is_opening (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return type == G_UNICODE_OPEN_PUNCTUATION || type == G_UNICODE_INITIAL_PUNCTUATION;
}

/* How often the character at @p stands there. */
static gsize
run_at (const char *p, const char *end)
{
  const char *start = p;

  while (p < end && *p == *start)
    p++;

  return (gsize) (p - start);
}

/* Stars open if none of their kind is open.  Where CommonMark would not see that, it gets a
 * space: before those that open, after those that close. */
static void
mend_stars (const Stars *stars, guint *open, GString *out)
{
  guint kind = 1u << MIN (stars->length, MOST_STARS);
  gboolean can_open = !g_unichar_isspace (stars->after);
  gboolean can_close = !g_unichar_isspace (stars->before) && !is_opening (stars->before);
  gboolean closes = (*open & kind) != 0 && can_close;

  if (!closes && !can_open) {
    g_string_append_len (out, stars->p, (gssize) stars->length);
    return;
  }
  *open ^= kind;
  if (!closes && is_word (stars->before) && is_mark (stars->after))
    g_string_append (out, DADAM_EMPHASIS_MARK);
  g_string_append_len (out, stars->p, (gssize) stars->length);
  if (closes && is_mark (stars->before) && is_word (stars->after))
    g_string_append (out, DADAM_EMPHASIS_MARK);
}

static gunichar
char_before (const char *text, const char *p)
{
  return p > text ? g_utf8_get_char (g_utf8_prev_char (p)) : ' ';
}

/* Bytes of a span of code, or 0: the backticks are not closed in this line. */
static gsize
code_at (const char *p, const char *end)
{
  gsize n = run_at (p, end);
  const char *q = p + n;

  while ((q = memchr (q, '`', (gsize) (end - q))) != NULL) {
    gsize m = run_at (q, end);

    q += m;
    if (m == n)
      return (gsize) (q - p);
  }

  return 0;
}

/* One line.  What is open at its end is open in the next one, until a blank line. */
static void
mend_line (const char *line, const char *end, guint *open, GString *out)
{
  const char *next;

  for (const char *p = line; p < end; p = next) {
    gsize code = *p == '`' ? code_at (p, end) : 0;

    if (*p == '*') {
      gsize n = run_at (p, end);
      Stars stars = { p, n, char_before (line, p), p + n < end ? g_utf8_get_char (p + n) : ' ' };

      mend_stars (&stars, open, out);
      next = p + n;
      continue;
    }
    if (code > 0)
      next = p + code;
    else if (*p == '`')
      next = p + run_at (p, end);
    else if (*p == '\\' && p + 1 < end)
      next = g_utf8_next_char (p + 1);
    else
      next = g_utf8_next_char (p);
    g_string_append_len (out, p, next - p);
  }
}

/**
 * dadam_markdown_mend:
 * @text: UTF-8 without U+0000
 *
 * Returns: (transfer full): the text with %DADAM_EMPHASIS_MARK where it needs them

 */
char *
dadam_markdown_mend (const char *text, gsize length)
{
  GString *out = g_string_sized_new (length + 16);
  const char *end = text + length;
  guint open = 0;

  while (text < end) {
    const char *line_end = memchr (text, '\n', (gsize) (end - text));

    line_end = line_end ? line_end : end;
    if (line_end - text <= 1)
      open = 0;
    mend_line (text, line_end, &open, out);
    if (line_end < end)
      g_string_append_c (out, '\n');
    text = line_end + 1;
  }

  return g_string_free_and_steal (out);
}
