/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Formulas as models write them: \(…\), \[…\] and $$…$$ over several lines, and $…$ with a particle
 * behind it.  The parser knows them between dollars, in one line and with a space around them: that
 * is what they become, with marks that count as spaces.
 */
#include "config.h"

#include "dadam-markdown-private.h"

#include <string.h>

#include "dadam-tex.h"

typedef struct {
  const char *opener;
  const char *closer;
  const char *dollars; /* what both become */
  gboolean has_lines;  /* whether it may go on in the next line */
} Brackets;

static const Brackets kinds[] = {
  { "\\(", "\\)", "$", FALSE },
  { "\\[", "\\]", "$$", TRUE },
  { "$$", "$$", "$$", TRUE },
  { "$", "$", "$", FALSE },
};

static const Brackets *
brackets_at (const char *p, const char *end)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    gsize length = strlen (kinds[i].opener);

    if ((gsize) (end - p) > length && memcmp (p, kinds[i].opener, length) == 0)
      return &kinds[i];
  }

  return NULL;
}

/* Where the formula ends that has begun before @content, or %NULL: not in its line, or its paragraph,
 * or it is longer than what would be shown. */
static const char *
find_closer (const Brackets *brackets, const char *content, const char *end)
{
  gsize room = MIN ((gsize) (end - content), DADAM_TEX_MOST_BYTES);
  const char *closer = memmem (content, room, brackets->closer, strlen (brackets->closer));
  const char *line_end = brackets->has_lines ? "\n\n" : "\n";

  if (closer == NULL || closer == content
      || memmem (content, (gsize) (closer - content), line_end, strlen (line_end)) != NULL)
    return NULL;

  return closer;
}

/* A dollar beside a space or a number is one of money. */
static gboolean
is_money (const char *content, const char *closer, gunichar before, gunichar after)
{
  return g_ascii_isspace (*content) || g_ascii_isspace (closer[-1])
         || (before < 0x80 && g_ascii_isalnum ((char) before))
         || (after < 0x80 && g_ascii_isalnum ((char) after));
}

/* \[1\] in the middle of a line is a pair of brackets. */
static gboolean
stands_apart (const char *content, const char *closer, gunichar before, gunichar after)
{
  return (g_ascii_isspace (*content) && g_ascii_isspace (closer[-1]))
         || (before == '\n' && after == '\n');
}

static gboolean
is_formula (const Brackets *brackets,
            const char *content,
            const char *closer,
            gunichar before,
            gunichar after)
{
  for (const char *p = content; p < closer; p++)
    if (*p == '$' || *p == '`')
      return FALSE;
  if (dadam_tex_is_prose (content, (gsize) (closer - content)))
    return FALSE;
  if (g_str_equal (brackets->opener, "$"))
    return !is_money (content, closer, before, after);
  if (g_str_equal (brackets->opener, "\\["))
    return stands_apart (content, closer, before, after);

  return TRUE;
}

/* In one line. */
static void
append_formula (GString *out, const char *content, gsize length, const char *dollars)
{
  g_autofree char *formula = g_strndup (content, length);

  g_strdelimit (g_strstrip (formula), "\n", ' ');
  g_string_append_printf (out, "%s%s%s", dollars, formula, dollars);
}

/**
 * dadam_markdown_mend_formula:
 * @text: what @p is in, up to @end
 *
 * Appends the formula that begins at @p so that the parser sees it.
 *
 * Returns: its bytes in the text, or 0: none begins there
 */
gsize
dadam_markdown_mend_formula (const char *text, const char *p, const char *end, GString *out)
{
  const Brackets *brackets = brackets_at (p, end);
  gunichar before = p > text ? g_utf8_get_char (g_utf8_prev_char (p)) : '\n';
  const char *content, *closer, *next;
  gunichar after;

  if (brackets == NULL)
    return 0;
  content = p + strlen (brackets->opener);
  closer = find_closer (brackets, content, end);
  if (closer == NULL)
    return 0;
  next = closer + strlen (brackets->closer);
  after = next < end ? g_utf8_get_char (next) : '\n';
  if (!is_formula (brackets, content, closer, before, after))
    return 0;

  if (g_unichar_isalnum (before))
    g_string_append (out, DADAM_EMPHASIS_MARK);
  append_formula (out, content, (gsize) (closer - content), brackets->dollars);
  if (g_unichar_isalnum (after))
    g_string_append (out, DADAM_EMPHASIS_MARK);

  return (gsize) (next - p);
}
