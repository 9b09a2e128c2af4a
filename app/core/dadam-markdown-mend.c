/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CommonMark was made for words with spaces between them: in **“차”**는 or
 * **다담(茶談)**은 it sees no emphasis, because a particle follows the stars.  Koreans
 * and their models write this all the time.  Here such stars get a mark beside them
 * that counts as a space, and which the parser takes out again.  Code is left alone.
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

static const char *
end_of_line (const char *p, const char *end)
{
  const char *found = memchr (p, '\n', (gsize) (end - p));

  return found != NULL ? found : end;
}

/* Bytes of what is no emphasis, whatever is in it: code, an escaped character, or one character. */
static gsize
plain_at (const char *p, const char *end)
{
  gsize code = *p == '`' ? code_at (p, end) : 0;

  if (code > 0)
    return code;
  if (*p == '`')
    return run_at (p, end);
  if (*p == '\\' && p + 1 < end)
    p++;

  return (gsize) (g_utf8_next_char (p) - p);
}

/* One line, and those that a formula in it goes on in: returns the end of the last.  What is open
 * there is open in the next one, until a blank line. */
static const char *
mend_line (const char *text, const char *line, const char *end, guint *open, GString *out)
{
  const char *line_end = end_of_line (line, end);
  const char *p = line;

  while (p < line_end) {
    gsize length = *p == '$' || *p == '\\' ? dadam_markdown_mend_formula (text, p, end, out) : 0;

    if (length > 0) {
      p += length;
      line_end = end_of_line (p, end);
    } else if (*p == '*') {
      gsize n = run_at (p, line_end);
      Stars stars = { p, n, char_before (line, p),
                      p + n < line_end ? g_utf8_get_char (p + n) : ' ' };

      mend_stars (&stars, open, out);
      p += n;
    } else {
      length = plain_at (p, line_end);
      g_string_append_len (out, p, (gssize) length);
      p += length;
    }
  }

  return line_end;
}

/* Whether a line is in a block of code, its first and last lines among it; @fence is what has opened
 * it, or 0. */
static gboolean
is_in_code (const char *line, const char *end, char *fence, gsize *n_fence)
{
  gsize n;

  while (line < end && (*line == ' ' || *line == '\t'))
    line++;
  n = line < end && (*line == '`' || *line == '~') ? run_at (line, end) : 0;
  if (*fence == 0 && n >= 3
      && (*line == '~' || memchr (line + n, '`', (gsize) (end - line) - n) == NULL)) {
    *fence = *line;
    *n_fence = n;
    return TRUE;
  }
  if (*fence != 0 && n >= *n_fence && *line == *fence) {
    *fence = 0;
    return TRUE;
  }

  return *fence != 0;
}

/**
 * dadam_markdown_mend:
 * @text: UTF-8 without U+0000
 * @fence: (nullable): the line that opened the code which the text begins in
 *
 * Returns: (transfer full): the text with %DADAM_EMPHASIS_MARK where it needs them, and formulas
 *   between dollars
 */
char *
dadam_markdown_mend (const char *text, gsize length, const char *fence)
{
  GString *out = g_string_sized_new (length + 16);
  const char *end = text + length;
  const char *line_end;
  gsize n_fence = 0;
  char code = 0;
  guint open = 0;

  if (fence != NULL)
    is_in_code (fence, fence + strlen (fence), &code, &n_fence);
  for (const char *line = text; line < end; line = line_end + 1) {
    line_end = end_of_line (line, end);
    if (line_end - line <= 1)
      open = 0;
    if (is_in_code (line, line_end, &code, &n_fence))
      g_string_append_len (out, line, line_end - line);
    else
      line_end = mend_line (text, line, end, &open, out);
    if (line_end < end)
      g_string_append_c (out, '\n');
  }

  return g_string_free_and_steal (out);
}
