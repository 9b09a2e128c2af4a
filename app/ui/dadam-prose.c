/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one place where text of a message becomes a label.  A link shows its address
 * as the tooltip, and is opened by the portal as any link of GTK.
 */
#include "config.h"

#include "dadam-prose.h"

#include "dadam-hangul.h"

/* Above, a label's smallest width is one of several characters: finding the longest word would
 * take ten times as long as all the rest. */
#define LONG_TEXT 200
#define LEAST_CHARACTERS 10

GtkLabel *
dadam_prose_new (void)
{
  GtkLabel *label = GTK_LABEL (gtk_label_new (NULL));

  gtk_label_set_wrap (label, TRUE);
  gtk_label_set_wrap_mode (label, PANGO_WRAP_WORD_CHAR);
  gtk_label_set_natural_wrap_mode (label, GTK_NATURAL_WRAP_NONE);
  gtk_label_set_selectable (label, TRUE);
  gtk_label_set_xalign (label, 0);

  return label;
}

static void
set_attributes (GtkLabel *label, const char *text, gsize length)
{
  g_autoptr (PangoAttrList) attributes = dadam_hangul_get_attributes (text, length);

  gtk_label_set_width_chars (label, length > LONG_TEXT ? LEAST_CHARACTERS : -1);
  gtk_label_set_attributes (label, attributes);
}

/* As it is. */
void
dadam_prose_set_text (GtkLabel *label, const char *text, gsize length)
{
  g_autofree char *copy = g_strndup (text, length);

  set_attributes (label, copy, length);
  gtk_label_set_text (label, copy);
}

static void
append_escaped (GString *markup, const char *text, gsize length)
{
  g_autofree char *escaped = g_markup_escape_text (text, (gssize) length);

  g_string_append (markup, escaped);
}

static void
append_span (GString *markup, const char *text, const DadamSpan *span)
{
  /* Hangul has no letters of one width that would show what is code: that is shaded. */
  static const char *const openers[] = {
    "<b>", "<i>", "<s>", "<span face=\"monospace\" background=\"#808080\" background_alpha=\"13%\">"
  };
  static const char *const closers[] = { "</b>", "</i>", "</s>", "</span>" };

  if (span->url != NULL) {
    g_autofree char *url = g_markup_escape_text (span->url, -1);

    g_string_append_printf (markup, "<a href=\"%s\" title=\"%s\">", url, url);
  }
  for (guint i = 0; i < G_N_ELEMENTS (openers); i++)
    if (span->style & (1u << i))
      g_string_append (markup, openers[i]);
  append_escaped (markup, text + span->start, span->end - span->start);
  for (guint i = G_N_ELEMENTS (closers); i > 0; i--)
    if (span->style & (1u << (i - 1)))
      g_string_append (markup, closers[i - 1]);
  if (span->url != NULL)
    g_string_append (markup, "</a>");
}

static char *
inline_to_markup (const DadamInline *content)
{
  GString *markup = g_string_new (NULL);
  guint at = 0;

  for (guint i = 0; i < content->spans->len; i++) {
    const DadamSpan *span = &g_array_index (content->spans, DadamSpan, i);

    append_escaped (markup, content->text + at, span->start - at);
    append_span (markup, content->text, span);
    at = span->end;
  }
  append_escaped (markup, content->text + at, strlen (content->text + at));

  return g_string_free_and_steal (markup);
}

/* With its styles and links.  Nothing happens where the label has it already. */
void
dadam_prose_set_inline (GtkLabel *label, const DadamInline *content)
{
  g_autofree char *markup = inline_to_markup (content);

  if (gtk_label_get_use_markup (label) && g_str_equal (gtk_label_get_label (label), markup))
    return;
  set_attributes (label, content->text, strlen (content->text));
  gtk_label_set_markup (label, markup);
}
