/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a growing text can be cut so that both parts parse as the whole does: before
 * a line that begins at the margin after a blank one, outside of code, and is no item
 * of a list that is open.  A piece that never comes to such a line is cut anyway when
 * it is long.
 */
#include "config.h"

#include "dadam-markdown-private.h"

#include <string.h>

#define LONGEST_PIECE (64 * 1024)

typedef struct {
  const char *fence; /* the line that opened the code that is open, or %NULL */
  gsize fence_length;
  guint item;       /* columns that the text of an open list's item is indented; 0: no list */
  gboolean is_blank;  /* the line before */
  gboolean is_unsure; /* whether the list is one, and open */
  gboolean is_lost;   /* whether the text is in code cannot be told any more */
} State;

typedef enum { NO, YES, UNDECIDED } Answer;

/* Columns of white space at the start of a line. */
static guint
indent_of (const char *line, const char *end, const char **text)
{
  guint columns = 0;

  for (; line < end && (*line == ' ' || *line == '\t'); line++)
    columns = *line == '\t' ? (columns + 4) & ~3u : columns + 1;
  *text = line;

  return columns;
}

/* Whether an item of a list begins at @p, and how many columns its marker takes. */
static Answer
begins_item (const char *p, const char *end, guint *columns)
{
  const char *start = p;

  if (p < end && strchr ("-*+", *p) != NULL)
    p++;
  else {
    while (p < end && g_ascii_isdigit (*p) && p - start < 9)
      p++;
    if (p == start)
      return NO;
    if (p < end && *p != '.' && *p != ')')
      return NO;
    if (p < end)
      p++;
  }
  if (p == end)
    return UNDECIDED;
  *columns = (guint) (p - start) + 1;

  return g_ascii_isspace (*p) ? YES : NO;
}

/* Three or more of the same, and after backticks no more of them in the line. */
static gsize
fence_at (const char *p, const char *end)
{
  const char *start = p;

  if (p == end || (*p != '`' && *p != '~'))
    return 0;
  while (p < end && *p == *start)
    p++;
  if (p - start < 3 || (*start == '`' && memchr (p, '`', (gsize) (end - p)) != NULL))
    return 0;

  return (gsize) (p - start);
}

static gboolean
closes_fence (const State *state, const char *p, const char *end)
{
  const char *open;
  gsize n, n_open;

  indent_of (state->fence, state->fence + state->fence_length, &open);
  n_open = fence_at (open, state->fence + state->fence_length);
  n = fence_at (p, end);
  if (n < n_open || *p != *open)
    return FALSE;
  for (p += n; p < end; p++)
    if (!g_ascii_isspace (*p))
      return FALSE;

  return TRUE;
}

/* Three or more of the same, and nothing else but spaces. */
static gboolean
is_rule (const char *p, const char *end)
{
  char sign = *p;
  guint n = 0;

  if (strchr ("-*_", sign) == NULL)
    return FALSE;
  for (; p < end; p++)
    if (*p == sign)
      n++;
    else if (!g_ascii_isspace (*p))
      return FALSE;

  return n >= 3;
}

/* A line that is no item and not indented as one: it may go on with the item's paragraph, or end
 * the list.  Likewise an item below a line of text may be text itself. */
static void
take_text (State *state, const char *text, const char *end, guint indent, gboolean was_blank)
{
  guint columns;

  if (state->item > 0 && indent >= state->item)
    return;
  if (indent < 4 && is_rule (text, end))
    state->item = 0;
  else if (indent < 4 && begins_item (text, end, &columns) != NO) {
    state->is_unsure = !was_blank && (state->item == 0 || state->is_unsure);
    state->item = indent + columns;
  } else if (state->item > 0)
    state->is_unsure = TRUE;
}

static void
take_fence (State *state, const char *line, const char *end, guint indent)
{
  if (state->item > 0 && indent >= state->item) {
    state->is_lost |= state->is_unsure;
    return;
  }
  state->fence = line;
  state->fence_length = (gsize) (end - line);
  state->item = 0;
}

/* A whole line, without its end. */
static void
take_line (State *state, const char *line, const char *end)
{
  const char *text;
  guint indent = indent_of (line, end, &text);
  gboolean was_blank = state->is_blank;

  while (end > text && end[-1] == '\r')
    end--;
  state->is_blank = text == end;
  if (state->is_blank)
    return;
  if (state->fence != NULL) {
    if (indent < 4 && closes_fence (state, text, end))
      state->fence = NULL;
  } else if (indent < 4 && fence_at (text, end) > 0)
    take_fence (state, line, end, indent);
  else
    take_text (state, text, end, indent, was_blank);
}

/* Whether nothing that is open goes on with the line at @line. */
static gboolean
begins_anew (const State *state, const char *line, const char *end)
{
  guint columns;

  if (state->fence != NULL || state->is_lost || !state->is_blank || g_ascii_isspace (*line))
    return FALSE;

  return state->item == 0 || begins_item (line, end, &columns) == NO;
}

static const char *
end_of_line (const char *p, const char *end)
{
  return memchr (p, '\n', (gsize) (end - p));
}

/* Past the last whole character before the limit. */
static gsize
cut_line (const char *text)
{
  const char *end = g_utf8_find_prev_char (text, text + LONGEST_PIECE);

  return end != NULL ? (gsize) (end - text) : LONGEST_PIECE;
}

/**
 * dadam_markdown_find_end:
 * @fence: (inout) (nullable): the line that opened the code that the text begins in;
 *   that of the code which the cut divides
 *
 * Returns: the bytes of the first piece of @text, or 0: it has not ended yet
 */
gsize
dadam_markdown_find_end (const char *text, gsize length, char **fence)
{
  State state = { *fence, *fence ? strlen (*fence) : 0, .is_blank = TRUE };
  const char *end = text + length;
  const char *line_end;

  for (const char *line = text; line < end; line = line_end + 1) {
    gsize at = (gsize) (line - text);

    if (line > text && (at >= LONGEST_PIECE || begins_anew (&state, line, end))) {
      char *open = state.fence ? g_strndup (state.fence, state.fence_length) : NULL;

      g_free (*fence);
      *fence = open;
      return at;
    }
    line_end = end_of_line (line, end);
    if (line_end == NULL)
      return length - at > LONGEST_PIECE && at == 0 ? cut_line (text) : 0;
    take_line (&state, line, line_end);
  }

  return 0;
}
