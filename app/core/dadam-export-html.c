/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation as one web page without scripts, which needs nothing from elsewhere.
 * Answers are written from their blocks; all text is escaped.
 */
#include "config.h"

#include "dadam-export-private.h"
#include "dadam-markdown.h"

#include <string.h>

static const char head[] =
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; }\n"
    "body { max-width: 45em; margin: 2em auto; padding: 0 1em; font-family: sans-serif;"
    " line-height: 1.6; word-break: keep-all; overflow-wrap: break-word; }\n"
    "h2 { font-size: 0.9em; opacity: 0.7; margin: 2em 0 0.3em; }\n"
    ".user { white-space: pre-wrap; }\n"
    "pre { overflow-x: auto; padding: 0.8em; border: 1px solid; border-radius: 0.5em; }\n"
    "blockquote { margin-left: 0; padding-left: 1em; border-left: 3px solid; }\n"
    ".pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5em; }\n"
    ".pair > div { min-width: 0; }\n"
    "body:has(.pair) { max-width: 75em; }\n"
    "@media (max-width: 45em) { .pair { grid-template-columns: 1fr; gap: 0; } }\n"
    "table { border-collapse: collapse; } th, td { border: 1px solid; padding: 0.3em 0.6em; }\n"
    "</style>\n";

static void
append_escaped (GString *html, const char *text, gssize length)
{
  g_autofree char *escaped = g_markup_escape_text (text, length);

  g_string_append (html, escaped);
}

/* ---- what is inside of a block ----------------------------------------- */

static const struct {
  DadamStyle style;
  const char *tag;
} styles[] = {
  { DADAM_STYLE_BOLD, "strong" },
  { DADAM_STYLE_ITALIC, "em" },
  { DADAM_STYLE_STRUCK, "s" },
  { DADAM_STYLE_CODE, "code" },
};

/* Lines end where they ended in the answer. */
static void
append_lines (GString *html, const char *text, gsize length)
{
  for (gsize from = 0; from < length;) {
    const char *newline = memchr (text + from, '\n', length - from);
    gsize end = newline != NULL ? (gsize) (newline - text) : length;

    append_escaped (html, text + from, (gssize) (end - from));
    if (newline != NULL)
      g_string_append (html, "<br>\n");
    from = end + 1;
  }
}

static void
append_span (GString *html, const char *text, const DadamSpan *span)
{
  if (span->url != NULL) {
    g_string_append (html, "<a href=\"");
    append_escaped (html, span->url, -1);
    g_string_append (html, "\">");
  }
  for (guint i = 0; i < G_N_ELEMENTS (styles); i++)
    if (span->style & styles[i].style)
      g_string_append_printf (html, "<%s>", styles[i].tag);
  append_lines (html, text + span->start, span->end - span->start);
  for (guint i = G_N_ELEMENTS (styles); i-- > 0;)
    if (span->style & styles[i].style)
      g_string_append_printf (html, "</%s>", styles[i].tag);
  if (span->url != NULL)
    g_string_append (html, "</a>");
}

static void
append_inline (GString *html, const DadamInline *content)
{
  guint at = 0;

  if (content->text == NULL)
    return;
  for (guint i = 0; content->spans != NULL && i < content->spans->len; i++) {
    const DadamSpan *span = &g_array_index (content->spans, DadamSpan, i);

    append_lines (html, content->text + at, span->start - at);
    append_span (html, content->text, span);
    at = span->end;
  }
  append_lines (html, content->text + at, strlen (content->text + at));
}

/* ---- blocks ------------------------------------------------------------ */

static void
append_table (GString *html, const DadamBlock *block)
{
  g_string_append (html, "<table>\n");
  for (guint i = 0; i + block->n_columns <= block->cells->len; i += block->n_columns) {
    const char *tag = i == 0 ? "th" : "td";

    g_string_append (html, "<tr>");
    for (guint j = 0; j < block->n_columns; j++) {
      g_string_append_printf (html, "<%s>", tag);
      append_inline (html, &g_array_index (block->cells, DadamCell, i + j).content);
      g_string_append_printf (html, "</%s>", tag);
    }
    g_string_append (html, "</tr>\n");
  }
  g_string_append (html, "</table>\n");
}

static void
append_block (GString *html, const DadamBlock *block)
{
  /* The page's own headings come first. */
  guint level = MIN (block->level + 2, 6);

  switch (block->kind) {
  case DADAM_BLOCK_HEADING:
    g_string_append_printf (html, "<h%u>", level);
    append_inline (html, &block->content);
    g_string_append_printf (html, "</h%u>\n", level);
    break;
  case DADAM_BLOCK_CODE:
    g_string_append (html, "<pre><code>");
    append_escaped (html, block->content.text != NULL ? block->content.text : "", -1);
    g_string_append (html, "</code></pre>\n");
    break;
  case DADAM_BLOCK_TABLE:
    if (block->cells != NULL && block->n_columns > 0)
      append_table (html, block);
    break;
  case DADAM_BLOCK_RULE: g_string_append (html, "<hr>\n"); break;
  case DADAM_BLOCK_PARAGRAPH:
  default:
    g_string_append (html, "<p>");
    append_inline (html, &block->content);
    g_string_append (html, "</p>\n");
  }
}

/* ---- what blocks are inside of ----------------------------------------- */

static void
open_item (GString *html, const DadamContainer *container)
{
  g_string_append (html, "<li>");
  if (container->kind == DADAM_CONTAINER_TASK)
    g_string_append (html, container->is_done ? "☑ " : "☐ ");
}

static void
open_container (GString *html, const DadamContainer *container)
{
  if (container->kind == DADAM_CONTAINER_QUOTE)
    g_string_append (html, "<blockquote>\n");
  else if (container->kind == DADAM_CONTAINER_NUMBER)
    g_string_append_printf (html, "<ol start=\"%u\">\n", container->number);
  else
    g_string_append (html, "<ul>\n");
  if (container->kind != DADAM_CONTAINER_QUOTE)
    open_item (html, container);
}

static void
close_container (GString *html, const DadamContainer *container)
{
  if (container->kind == DADAM_CONTAINER_QUOTE)
    g_string_append (html, "</blockquote>\n");
  else
    g_string_append (html,
                     container->kind == DADAM_CONTAINER_NUMBER ? "</li></ol>\n" : "</li></ul>\n");
}

static gboolean
goes_on (const DadamContainer *open, const DadamContainer *next)
{
  return open->kind == next->kind && (!next->is_first || next->kind != DADAM_CONTAINER_QUOTE);
}

/* From the containers of the block before to those of this one. */
static void
move (GString *html, const DadamBlock *from, const DadamBlock *to)
{
  guint n_from = from != NULL ? from->n_containers : 0;
  guint n_to = to != NULL ? to->n_containers : 0;
  guint same = 0;
  gboolean is_new_item = FALSE;

  while (!is_new_item && same < n_from && same < n_to
         && goes_on (&from->containers[same], &to->containers[same])) {
    is_new_item = to->containers[same].is_first;
    same++;
  }
  for (guint i = n_from; i-- > same;)
    close_container (html, &from->containers[i]);
  if (is_new_item) {
    g_string_append (html, "</li>\n");
    open_item (html, &to->containers[same - 1]);
  }
  for (guint i = same; i < n_to; i++)
    open_container (html, &to->containers[i]);
}

static void
append_answer (GString *html, const char *text)
{
  g_autoptr (DadamMarkdown) markdown = dadam_markdown_new ();
  const DadamBlock *before = NULL;
  guint n;

  dadam_markdown_set_text (markdown, text, strlen (text));
  n = dadam_markdown_get_n_blocks (markdown);
  for (guint i = 0; i < n; i++) {
    const DadamBlock *block = dadam_markdown_get_block (markdown, i);

    move (html, before, block);
    append_block (html, block);
    before = block;
  }
  move (html, before, NULL);
}

static void
append_turn (GString *html, const DadamTranscript *transcript, guint pane, guint i)
{
  DadamMessage *message = dadam_transcript_get (transcript, pane, i);
  g_autofree char *speaker = NULL;
  gboolean is_users;

  if (message == NULL)
    return;
  speaker = dadam_transcript_name_speaker (transcript, pane, message);
  is_users = dadam_message_get_role (message) == DADAM_ROLE_USER;
  g_string_append (html, "<h2>");
  append_escaped (html, speaker, -1);
  g_string_append (html, is_users ? "</h2>\n<div class=\"user\">" : "</h2>\n<div>\n");
  if (is_users)
    append_escaped (html, dadam_message_get_text (message), -1);
  else
    append_answer (html, dadam_message_get_text (message));
  g_string_append (html, "</div>\n");
}

static void
append_pair (GString *html, const DadamTranscript *transcript, guint i)
{
  g_string_append (html, "<div class=\"pair\">\n");
  for (guint pane = 0; pane < G_N_ELEMENTS (transcript->panes); pane++) {
    g_string_append (html, "<div>\n");
    append_turn (html, transcript, pane, i);
    g_string_append (html, "</div>\n");
  }
  g_string_append (html, "</div>\n");
}

/* (transfer full): the page. */
char *
dadam_export_to_html (const DadamTranscript *transcript)
{
  GString *html = g_string_new ("<!DOCTYPE html>\n<html>\n<head>\n");
  guint n = dadam_transcript_get_length (transcript);

  g_string_append (html, head);
  g_string_append (html, "<title>");
  append_escaped (html, transcript->title, -1);
  g_string_append (html, "</title>\n</head>\n<body>\n<h1>");
  append_escaped (html, transcript->title, -1);
  g_string_append (html, "</h1>\n");
  for (guint i = 0; i < n; i++)
    if (dadam_transcript_has_pair (transcript, i))
      append_pair (html, transcript, i);
    else
      append_turn (html, transcript, 0, i);
  g_string_append (html, "</body>\n</html>\n");

  return g_string_free_and_steal (html);
}
