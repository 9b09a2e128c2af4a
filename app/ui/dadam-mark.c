/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * In a label a mark is a background among its attributes, in a code block a tag of the
 * buffer.  Both are the accent's, thinned as the flash of a row is.
 */
#include "config.h"

#include "dadam-mark.h"

#include <adwaita.h>

#define TAG "found"
#define ALPHA 0.4

static GdkRGBA
get_colour (void)
{
  g_autoptr (GdkRGBA)
      accent = adw_style_manager_get_accent_color_rgba (adw_style_manager_get_default ());
  GdkRGBA colour = *accent;

  colour.alpha = ALPHA;

  return colour;
}

/* ---- labels ------------------------------------------------------------ */

static gboolean
is_mark (PangoAttribute *attribute, gpointer user_data)
{
  return attribute->klass->type == PANGO_ATTR_BACKGROUND
         || attribute->klass->type == PANGO_ATTR_BACKGROUND_ALPHA;
}

static void
insert (PangoAttrList *list, PangoAttribute *attribute, gsize from, gsize to)
{
  attribute->start_index = (guint) from;
  attribute->end_index = (guint) to;
  pango_attr_list_insert (list, attribute);
}

static void
insert_mark (PangoAttrList *list, const GdkRGBA *colour, gsize from, gsize to)
{
  insert (list,
          pango_attr_background_new ((guint16) (colour->red * 65535),
                                     (guint16) (colour->green * 65535),
                                     (guint16) (colour->blue * 65535)),
          from, to);
  insert (list, pango_attr_background_alpha_new ((guint16) (colour->alpha * 65535)), from, to);
}

static void
mark_label (GtkLabel *label, DadamQuery *query)
{
  const char *text = gtk_label_get_text (label);
  PangoAttrList *now = gtk_label_get_attributes (label);
  g_autoptr (PangoAttrList) list = now != NULL ? pango_attr_list_copy (now)
                                               : pango_attr_list_new ();
  g_autoptr (PangoAttrList) marks = pango_attr_list_filter (list, is_mark, NULL);
  gboolean was_marked = marks != NULL;
  GdkRGBA colour = get_colour ();
  gsize from, to = 0;
  gboolean is_marked = FALSE;

  while (query != NULL && dadam_query_find (query, text, to, &from, &to) && to > from) {
    insert_mark (list, &colour, from, to);
    is_marked = TRUE;
  }
  if (is_marked || was_marked)
    gtk_label_set_attributes (label, list);
}

/* ---- code -------------------------------------------------------------- */

static GtkTextTag *
ensure_tag (GtkTextBuffer *buffer)
{
  GtkTextTag *tag = gtk_text_tag_table_lookup (gtk_text_buffer_get_tag_table (buffer), TAG);
  GdkRGBA colour = get_colour ();

  if (tag == NULL)
    tag = gtk_text_buffer_create_tag (buffer, TAG, NULL);
  g_object_set (tag, "background-rgba", &colour, NULL);

  return tag;
}

static void
mark_buffer (GtkTextBuffer *buffer, DadamQuery *query)
{
  GtkTextTag *tag = ensure_tag (buffer);
  GtkTextIter start, end;
  g_autofree char *text = NULL;
  gsize from, to = 0;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  gtk_text_buffer_remove_tag (buffer, tag, &start, &end);
  text = gtk_text_buffer_get_text (buffer, &start, &end, TRUE);
  while (query != NULL && dadam_query_find (query, text, to, &from, &to) && to > from) {
    gtk_text_buffer_get_iter_at_offset (buffer, &start,
                                        (int) g_utf8_pointer_to_offset (text, text + from));
    gtk_text_buffer_get_iter_at_offset (buffer, &end,
                                        (int) g_utf8_pointer_to_offset (text, text + to));
    gtk_text_buffer_apply_tag (buffer, tag, &start, &end);
  }
}

/**
 * dadam_mark_words:
 * @query: (nullable): what to mark in place of what is marked; %NULL: nothing
 *
 * Marks words in what @widget shows now, but for what only explains it, which cannot be
 * selected.
 */
void
dadam_mark_words (GtkWidget *widget, DadamQuery *query)
{
  if (GTK_IS_LABEL (widget) && gtk_label_get_selectable (GTK_LABEL (widget)))
    mark_label (GTK_LABEL (widget), query);
  else if (GTK_IS_TEXT_VIEW (widget))
    mark_buffer (gtk_text_view_get_buffer (GTK_TEXT_VIEW (widget)), query);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    dadam_mark_words (child, query);
}
