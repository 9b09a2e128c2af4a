/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Widgets for the blocks of an answer.  Only what changed is touched, and a block
 * that merely grew keeps its widget, with what is selected in it.
 */
#include "config.h"

#include "dadam-blocks.h"

#include "dadam-code-block.h"
#include "dadam-markdown.h"
#include "dadam-prose.h"
#include "dadam-table-block.h"

#define SPACING 12
#define SPACING_LIST 6
#define SPACING_TIGHT 3
#define SPACING_HEADING 18

#define MARKER_CHARACTERS 2 /* room for "9."; longer ones take more */
#define MARKER_GAP 9

typedef struct {
  GtkWidget *widget; /* borrowed: the child */
  GtkWidget *leaf;   /* borrowed: in it, what shows the text */
  DadamBlock shape; /* what the widgets were made for; of what it points to, the language alone */
} Row;

struct _DadamBlocks {
  GtkBox parent_instance;

  /* Owned. */
  DadamMarkdown *markdown;
  GArray *rows; /* of Row */
};

G_DEFINE_FINAL_TYPE (DadamBlocks, dadam_blocks, GTK_TYPE_BOX)

static void
row_clear (gpointer data)
{
  g_free (((Row *) data)->shape.language);
}

static void
dadam_blocks_finalize (GObject *object)
{
  DadamBlocks *self = DADAM_BLOCKS (object);

  g_array_unref (self->rows);
  dadam_markdown_free (self->markdown);

  G_OBJECT_CLASS (dadam_blocks_parent_class)->finalize (object);
}

static void
dadam_blocks_class_init (DadamBlocksClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dadam_blocks_finalize;
}

static void
dadam_blocks_init (DadamBlocks *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  self->markdown = dadam_markdown_new ();
  self->rows = g_array_new (FALSE, FALSE, sizeof (Row));
  g_array_set_clear_func (self->rows, row_clear);
}

/* ---- the block itself -------------------------------------------------- */

static const char *
heading_class (guint level)
{
  if (level <= 1)
    return "title-3";

  return level == 2 ? "title-4" : "heading";
}

static GtkWidget *
create_leaf (const DadamBlock *block)
{
  GtkWidget *leaf;

  switch (block->kind) {
  case DADAM_BLOCK_CODE: return GTK_WIDGET (dadam_code_block_new (block->language));
  case DADAM_BLOCK_TABLE:
    return GTK_WIDGET (dadam_table_block_new (block->n_columns, !block->continues));
  case DADAM_BLOCK_RULE: return gtk_separator_new (GTK_ORIENTATION_HORIZONTAL);
  case DADAM_BLOCK_HEADING:
    leaf = GTK_WIDGET (dadam_prose_new ());
    gtk_widget_add_css_class (leaf, heading_class (block->level));
    return leaf;
  case DADAM_BLOCK_PARAGRAPH:
  default: return GTK_WIDGET (dadam_prose_new ());
  }
}

static void
fill_leaf (GtkWidget *leaf, const DadamBlock *block)
{
  if (block->kind == DADAM_BLOCK_CODE)
    dadam_code_block_set_text (DADAM_CODE_BLOCK (leaf), block->content.text);
  else if (block->kind == DADAM_BLOCK_TABLE)
    dadam_table_block_set_cells (DADAM_TABLE_BLOCK (leaf), block->cells);
  else if (block->kind != DADAM_BLOCK_RULE)
    dadam_prose_set_inline (GTK_LABEL (leaf), &block->content);
}

/* ---- quotes and items around it ---------------------------------------- */

static char *
marker_text (const DadamBlock *block, guint i)
{
  static const char *const bullets[] = { "•", "◦", "▪" };
  guint depth = 0;

  if (block->containers[i].kind == DADAM_CONTAINER_NUMBER)
    return g_strdup_printf ("%u.", block->containers[i].number);
  /* As text, not as an emoji. */
  if (block->containers[i].kind == DADAM_CONTAINER_TASK)
    return g_strdup (block->containers[i].is_done ? "☑\uFE0E" : "☐\uFE0E");
  for (guint j = 0; j < i; j++)
    depth += block->containers[j].kind == DADAM_CONTAINER_BULLET;

  return g_strdup (bullets[depth % G_N_ELEMENTS (bullets)]);
}

/* As wide for each block of the item. */
static GtkWidget *
create_marker (const DadamBlock *block, guint i)
{
  g_autofree char *text = marker_text (block, i);
  gboolean is_first = block->containers[i].is_first;
  GtkWidget *label = gtk_label_new (is_first ? text : NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_label_set_width_chars (GTK_LABEL (label),
                             MAX (MARKER_CHARACTERS, (int) g_utf8_strlen (text, -1)));
  gtk_widget_add_css_class (label, "numeric");

  return label;
}

static GtkWidget *
create_container (const DadamBlock *block, guint i, int space)
{
  const DadamContainer *container = &block->containers[i];
  GtkWidget *widget;

  if (container->kind == DADAM_CONTAINER_QUOTE) {
    /* From one block of a quote to the next without a gap. */
    widget = gtk_separator_new (GTK_ORIENTATION_VERTICAL);
    gtk_widget_add_css_class (widget, "quote");
    gtk_widget_set_margin_end (widget, SPACING);
    gtk_widget_set_margin_top (widget, container->is_first ? space : 0);
    return widget;
  }
  widget = create_marker (block, i);
  gtk_widget_set_valign (widget, GTK_ALIGN_BASELINE_FILL);
  gtk_widget_set_margin_top (widget, space);
  gtk_widget_set_margin_end (widget, MARKER_GAP);

  return widget;
}

/* Below @before, or %NULL. */
static int
space_above (const DadamBlock *block, const DadamBlock *before)
{
  if (before == NULL || block->continues)
    return 0;
  if (block->kind == DADAM_BLOCK_HEADING)
    return SPACING_HEADING;
  if (!block->is_tight)
    return SPACING;

  return before->n_containers == 0 ? SPACING_LIST : SPACING_TIGHT;
}

static Row
create_row (const DadamBlock *block, const DadamBlock *before)
{
  Row row = { .shape = *block };
  int space = space_above (block, before);

  row.shape.language = g_strdup (block->language);
  row.leaf = row.widget = create_leaf (block);
  gtk_widget_set_margin_top (row.leaf, space);
  if (block->n_containers == 0)
    return row;

  row.widget = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  for (guint i = 0; i < block->n_containers; i++)
    gtk_box_append (GTK_BOX (row.widget), create_container (block, i, space));
  gtk_widget_set_hexpand (row.leaf, TRUE);
  /* The marker may come from another font than the text. */
  if (GTK_IS_LABEL (row.leaf))
    gtk_widget_set_valign (row.leaf, GTK_ALIGN_BASELINE_FILL);
  gtk_box_append (GTK_BOX (row.widget), row.leaf);

  return row;
}

/* ---- the column -------------------------------------------------------- */

/* Whether the widgets made for @row can show @block. */
static gboolean
has_shape (const Row *row, const DadamBlock *block)
{
  const DadamBlock *shape = &row->shape;

  if (shape->kind != block->kind || shape->level != block->level
      || shape->continues != block->continues || shape->is_tight != block->is_tight
      || shape->n_columns != block->n_columns || shape->n_containers != block->n_containers
      || g_strcmp0 (shape->language, block->language) != 0)
    return FALSE;

  return dadam_containers_equal (shape, block);
}

static void
remove_rows (DadamBlocks *self, guint from)
{
  for (guint i = from; i < self->rows->len; i++)
    gtk_box_remove (GTK_BOX (self), g_array_index (self->rows, Row, i).widget);
  g_array_set_size (self->rows, from);
}

static void
add_row (DadamBlocks *self, const DadamBlock *block)
{
  guint i = self->rows->len;
  Row row = create_row (block, i > 0 ? dadam_markdown_get_block (self->markdown, i - 1) : NULL);

  g_array_append_val (self->rows, row);
  gtk_box_append (GTK_BOX (self), row.widget);
}

/**
 * dadam_blocks_set_text:
 * @text: UTF-8; what is shown already, and more.  A shorter text begins anew
 */
void
dadam_blocks_set_text (DadamBlocks *self, const char *text, gsize length)
{
  guint n_same, n_blocks;

  g_return_if_fail (DADAM_IS_BLOCKS (self));

  n_same = dadam_markdown_set_text (self->markdown, text, length);
  n_blocks = dadam_markdown_get_n_blocks (self->markdown);
  for (guint i = n_same; i < n_blocks; i++) {
    const DadamBlock *block = dadam_markdown_get_block (self->markdown, i);

    if (i < self->rows->len && !has_shape (&g_array_index (self->rows, Row, i), block))
      remove_rows (self, i);
    if (i >= self->rows->len)
      add_row (self, block);
    fill_leaf (g_array_index (self->rows, Row, i).leaf, block);
  }
  if (self->rows->len > n_blocks)
    remove_rows (self, n_blocks);
}
