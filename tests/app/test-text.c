/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Korean lines break between words, too long words still break to fit, and a growing
 * text changes its last label alone.
 */
#include "check.h"

#include <pango/pangocairo.h>

#include "dadam-blocks.h"
#include "dadam-code-block.h"
#include "dadam-hangul.h"
#include "dadam-table-block.h"
#include "dadam-text-blocks.h"

static PangoLayout *
create_layout (const char *text, int width)
{
  PangoContext *context = pango_font_map_create_context (pango_cairo_font_map_get_default ());
  g_autoptr (PangoAttrList) attributes = dadam_hangul_get_attributes (text, strlen (text));
  PangoLayout *layout = pango_layout_new (context);

  pango_layout_set_text (layout, text, -1);
  pango_layout_set_attributes (layout, attributes);
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_width (layout, width * PANGO_SCALE);
  g_object_unref (context);

  return layout;
}

static void
check_words (const char *text)
{
  for (int width = 120; width < 400; width += 20) {
    PangoLayout *layout = create_layout (text, width);

    for (GSList *l = pango_layout_get_lines_readonly (layout); l != NULL; l = l->next) {
      int start = pango_layout_line_get_start_index (l->data);

      CHECK_MSG (start == 0 || text[start - 1] == ' ', "width %d, a line begins with “%s”", width,
                 text + start);
    }
    CHECK (pango_layout_get_line_count (layout) > 1);
    g_object_unref (layout);
  }
}

static void
check_fits (const char *word, int width)
{
  g_autoptr (GString) text = g_string_new (NULL);
  PangoLayout *layout;
  int got;

  for (int i = 0; i < 60; i++)
    g_string_append (text, word);
  layout = create_layout (text->str, width);
  pango_layout_get_pixel_size (layout, &got, NULL);
  CHECK_MSG (got <= width, "%d pixels where %d are", got, width);
  CHECK (pango_layout_get_line_count (layout) > 1);
  g_object_unref (layout);
}

static guint
n_children (GtkWidget *widget)
{
  guint n = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    n++;

  return n;
}

static const char *
text_of (GtkWidget *label)
{
  return gtk_label_get_text (GTK_LABEL (label));
}

static void
check_blocks (void)
{
  const char text[] = "하나\n둘\n\n  셋 넷\n\n\n다섯";
  GtkWidget *blocks = g_object_ref_sink (g_object_new (DADAM_TYPE_TEXT_BLOCKS, NULL));
  GtkWidget *first;

  for (gsize length = 0; length <= strlen (text); length++)
    if (g_utf8_validate_len (text, length, NULL))
      dadam_text_blocks_set_text (DADAM_TEXT_BLOCKS (blocks), text, length);
  first = gtk_widget_get_first_child (blocks);
  CHECK (n_children (blocks) == 3);
  CHECK (g_str_equal (text_of (first), "하나\n둘"));
  CHECK (gtk_widget_get_margin_top (first) == 0);
  CHECK (gtk_widget_get_margin_top (gtk_widget_get_last_child (blocks)) > 0);
  CHECK (g_str_equal (text_of (gtk_widget_get_next_sibling (first)), "  셋 넷"));
  CHECK (g_str_equal (text_of (gtk_widget_get_last_child (blocks)), "다섯"));

  dadam_text_blocks_set_text (DADAM_TEXT_BLOCKS (blocks), "새", strlen ("새"));
  CHECK (n_children (blocks) == 1);
  dadam_text_blocks_set_text (DADAM_TEXT_BLOCKS (blocks), "", 0);
  CHECK (n_children (blocks) == 0);
  g_object_unref (blocks);
}

/* One endless line: no label gets more than it can lay out quickly, and nothing is lost. */
static void
check_endless (void)
{
  GtkWidget *blocks = g_object_ref_sink (g_object_new (DADAM_TYPE_TEXT_BLOCKS, NULL));
  g_autoptr (GString) text = g_string_new (NULL);
  gsize shown = 0;

  while (text->len < 40000) {
    g_string_append (text, "끝없는 이야기 ");
    dadam_text_blocks_set_text (DADAM_TEXT_BLOCKS (blocks), text->str, text->len);
  }
  for (GtkWidget *child = gtk_widget_get_first_child (blocks); child != NULL;
       child = gtk_widget_get_next_sibling (child)) {
    CHECK (strlen (text_of (child)) <= 1300);
    shown += strlen (text_of (child)) + 1;
  }
  CHECK_MSG (shown == text->len, "%zu of %zu bytes", shown, text->len);
  g_object_unref (blocks);
}

/* ---- answers ----------------------------------------------------------- */

static GtkWidget *
nth (GtkWidget *parent, guint n)
{
  GtkWidget *child = gtk_widget_get_first_child (parent);

  while (n-- > 0 && child != NULL)
    child = gtk_widget_get_next_sibling (child);

  return child;
}

static void
set (GtkWidget *answer, const char *text)
{
  dadam_blocks_set_text (DADAM_BLOCKS (answer), text, strlen (text));
}

/* A block that grows keeps its widget; one that turns out to be another kind does not. */
static void
check_answer (void)
{
  GtkWidget *answer = g_object_ref_sink (g_object_new (DADAM_TYPE_BLOCKS, NULL));
  GtkWidget *first, *second;

  set (answer, "하나");
  first = nth (answer, 0);
  set (answer, "하나 **둘\n\n# 셋");
  CHECK (nth (answer, 0) == first && g_str_equal (text_of (first), "하나 **둘"));
  CHECK (gtk_widget_has_css_class (nth (answer, 1), "title-3"));
  second = nth (answer, 1);
  set (answer, "하나 **둘\n\n# 셋 넷\n\n```c\nint");
  CHECK (nth (answer, 1) == second && g_str_equal (text_of (second), "셋 넷"));
  CHECK (DADAM_IS_CODE_BLOCK (nth (answer, 2)));
  second = nth (answer, 2);
  set (answer, "하나 **둘\n\n# 셋 넷\n\n```c\nint x;\n```\n\n|a|");
  CHECK (nth (answer, 2) == second && GTK_IS_LABEL (nth (answer, 3)));
  set (answer, "하나 **둘\n\n# 셋 넷\n\n```c\nint x;\n```\n\n|a|b|\n|-|-|\n|1");
  CHECK (DADAM_IS_TABLE_BLOCK (nth (answer, 3)) && n_children (answer) == 4);
  second = nth (answer, 3);
  set (answer, "하나 **둘\n\n# 셋 넷\n\n```c\nint x;\n```\n\n|a|b|\n|-|-|\n|1|2|\n|3|4|\n");
  CHECK (nth (answer, 3) == second);
  set (answer, "");
  CHECK (n_children (answer) == 0);
  g_object_unref (answer);
}

/* Links, and nothing in a text that is taken for markup. */
static void
check_links (void)
{
  GtkWidget *answer = g_object_ref_sink (g_object_new (DADAM_TYPE_BLOCKS, NULL));

  set (answer, "<b>&</b> [차 & \"다\"](https://example.org/?a=1&b='2') <a href='x'>y</a>");
  CHECK (g_str_equal (text_of (nth (answer, 0)), "<b>&</b> 차 & \"다\" <a href='x'>y</a>"));
  CHECK (strstr (gtk_label_get_label (GTK_LABEL (nth (answer, 0))),
                 "<a href=\"https://example.org/?a=1&amp;b=&apos;2&apos;\" title=\"https://")
         != NULL);
  g_object_unref (answer);
}

/* The label in the last place is asked for what it does with a line: breaks between words. */
static void
check_answer_words (void)
{
  GtkWidget *answer = g_object_ref_sink (g_object_new (DADAM_TYPE_BLOCKS, NULL));
  GtkWidget *quote;
  PangoAttrList *attributes;

  set (answer, "> - 제주도는 **대한민국** 남쪽에");
  quote = nth (answer, 0);
  CHECK (n_children (quote) == 3);
  attributes = gtk_label_get_attributes (GTK_LABEL (nth (quote, 2)));
  CHECK (attributes != NULL);
  CHECK (g_str_equal (text_of (nth (quote, 1)), "•"));
  g_object_unref (answer);
}

int
main (void)
{
  gtk_init ();
  check_words ("제주도는 대한민국 남쪽에 있는 아름다운 섬이며, GNOME에서는 다담으로 이야기해요.");
  check_fits ("가", 200);
  check_fits ("다담으로이야기하는동안에도줄은넘치지않아야합니다 ", 100);
  check_fits ("w", 200);
  check_blocks ();
  check_endless ();
  check_answer ();
  check_links ();
  check_answer_words ();

  return check_done ();
}
