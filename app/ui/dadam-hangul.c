/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Unicode allows a line to break between any two syllables; Koreans break between
 * words.  So breaks are forbidden inside every word that has Hangul in it, as long
 * as it is one that fits a line.
 */
#include "config.h"

#include "dadam-hangul.h"

/* A longer "word" is somebody leaning on a key, and must break to fit. */
#define MOST_CHARACTERS 12

static gboolean
is_hangul (gunichar c)
{
  return (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x1100 && c <= 0x11FF)
         || (c >= 0x3130 && c <= 0x318F) || (c >= 0xA960 && c <= 0xA97F)
         || (c >= 0xD7B0 && c <= 0xD7FF);
}

static void
add (PangoAttrList *list, PangoAttribute *attribute, gsize start, gsize end)
{
  attribute->start_index = (guint) start;
  attribute->end_index = (guint) end;
  pango_attr_list_insert (list, attribute);
}

/**
 * dadam_hangul_get_attributes:
 * @text: UTF-8
 *
 * Returns: (transfer full) (nullable): what to set the text with; %NULL: nothing
 *   Korean in it
 */
PangoAttrList *
dadam_hangul_get_attributes (const char *text, gsize length)
{
  g_autoptr (PangoAttrList) list = pango_attr_list_new ();
  const char *end = text + length;
  const char *word = text;
  guint n_characters = 0;
  gboolean has_hangul = FALSE;
  gboolean is_korean = FALSE;

  for (const char *p = text;; p = g_utf8_next_char (p)) {
    gunichar c = p < end ? g_utf8_get_char (p) : ' ';

    if (!g_unichar_isspace (c)) {
      has_hangul |= is_hangul (c);
      n_characters++;
      continue;
    }
    if (has_hangul && n_characters > 1 && n_characters <= MOST_CHARACTERS)
      add (list, pango_attr_allow_breaks_new (FALSE), (gsize) (word - text), (gsize) (p - text));
    is_korean |= has_hangul;
    has_hangul = FALSE;
    n_characters = 0;
    if (p >= end)
      break;
    word = g_utf8_next_char (p);
  }

  if (!is_korean)
    return NULL;
  add (list, pango_attr_language_new (pango_language_from_string ("ko")), 0, length);

  return g_steal_pointer (&list);
}

static void
set_attributes (GtkLabel *label)
{
  const char *text = gtk_label_get_text (label);
  g_autoptr (PangoAttrList) attributes = dadam_hangul_get_attributes (text, strlen (text));

  gtk_label_set_attributes (label, attributes);
}

/* Now, and whenever its text changes. */
static void
mend_label (GtkLabel *label)
{
  if (!gtk_label_get_wrap (label))
    return;
  set_attributes (label);
  g_signal_handlers_disconnect_by_func (label, set_attributes, NULL);
  g_signal_connect (label, "notify::label", G_CALLBACK (set_attributes), NULL);
}

/**
 * dadam_hangul_mend:
 *
 * Lets the wrapping labels in @widget break between words, whatever their text becomes.
 * For labels inside widgets that are not ours; one that is added later is not known.
 */
void
dadam_hangul_mend (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    mend_label (GTK_LABEL (widget));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    dadam_hangul_mend (child);
}

static gboolean
has_syllable_cb (PangoFontset *fontset, PangoFont *font, gpointer user_data)
{
  gboolean *found = user_data;

  *found = pango_font_has_char (font, 0xAC00);

  return *found;
}

/* Whether any font of the computer can show 가. */
gboolean
dadam_hangul_has_font (PangoContext *context)
{
  PangoFontset *fontset;
  gboolean found = FALSE;

  fontset = pango_font_map_load_fontset (pango_context_get_font_map (context), context,
                                         pango_context_get_font_description (context),
                                         pango_language_from_string ("ko"));
  if (fontset != NULL)
    pango_fontset_foreach (fontset, has_syllable_cb, &found);
  g_clear_object (&fontset);

  return found;
}
