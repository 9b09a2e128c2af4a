/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A grid of labels.  Where there is room no cell wraps; with less the widest columns do, down to a
 * width at which they are still easy to read, and then the table scrolls.  Cells that are there
 * already are kept while a table grows.
 */
#include "config.h"

#include "dadam-table-block.h"

#include "dadam-prose.h"

/* A cell is as wide as its text, or as this. */
#define LEAST_CHARACTERS 28

struct _DadamTableBlock {
  GtkWidget parent_instance;

  GtkWidget *scroller; /* owned */
  GtkGrid *grid;       /* borrowed: in it */
  GPtrArray *labels;   /* owned: the array; of borrowed GtkLabel, row by row */
  guint n_columns;
  gboolean has_head;
};

G_DEFINE_FINAL_TYPE (DadamTableBlock, dadam_table_block, GTK_TYPE_WIDGET)

static GtkSizeRequestMode
dadam_table_block_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

/* As high as the cells are at the width they get: a scrolled window by itself would take the height
 * that they have when pressed together. */
static void
dadam_table_block_measure (GtkWidget *widget,
                           GtkOrientation orientation,
                           int for_size,
                           int *minimum,
                           int *natural,
                           int *minimum_baseline,
                           int *natural_baseline)
{
  GtkWidget *grid = GTK_WIDGET (DADAM_TABLE_BLOCK (widget)->grid);
  int least, wanted;

  gtk_widget_measure (grid, GTK_ORIENTATION_HORIZONTAL, -1, &least, &wanted, NULL, NULL);
  if (orientation == GTK_ORIENTATION_HORIZONTAL) {
    gtk_widget_measure (DADAM_TABLE_BLOCK (widget)->scroller, orientation, -1, minimum, NULL, NULL,
                        NULL);
    *natural = MAX (wanted, *minimum);
  } else
    gtk_widget_measure (grid, orientation, for_size < 0 ? wanted : MAX (least, for_size), minimum,
                        natural, NULL, NULL);
}

static void
dadam_table_block_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  gtk_widget_allocate (DADAM_TABLE_BLOCK (widget)->scroller, width, height, baseline, NULL);
}

static void
dadam_table_block_dispose (GObject *object)
{
  g_clear_pointer (&DADAM_TABLE_BLOCK (object)->scroller, gtk_widget_unparent);

  G_OBJECT_CLASS (dadam_table_block_parent_class)->dispose (object);
}

static void
dadam_table_block_finalize (GObject *object)
{
  g_ptr_array_unref (DADAM_TABLE_BLOCK (object)->labels);

  G_OBJECT_CLASS (dadam_table_block_parent_class)->finalize (object);
}

static void
dadam_table_block_class_init (DadamTableBlockClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = dadam_table_block_dispose;
  object_class->finalize = dadam_table_block_finalize;
  widget_class->get_request_mode = dadam_table_block_get_request_mode;
  widget_class->measure = dadam_table_block_measure;
  widget_class->size_allocate = dadam_table_block_size_allocate;
}

static void
dadam_table_block_init (DadamTableBlock *self)
{
  GtkWidget *viewport = gtk_viewport_new (NULL, NULL);

  self->labels = g_ptr_array_new ();
  self->grid = GTK_GRID (gtk_grid_new ());
  gtk_widget_add_css_class (GTK_WIDGET (self->grid), "table");
  gtk_viewport_set_child (GTK_VIEWPORT (viewport), GTK_WIDGET (self->grid));
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_AUTOMATIC,
                                  GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), viewport);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
}

/**
 * dadam_table_block_new:
 * @has_head: whether the first row names the columns
 */
DadamTableBlock *
dadam_table_block_new (guint n_columns, gboolean has_head)
{
  DadamTableBlock *self = g_object_new (DADAM_TYPE_TABLE_BLOCK, NULL);

  self->n_columns = n_columns;
  self->has_head = has_head;

  return self;
}

static GtkLabel *
add_label (DadamTableBlock *self, DadamAlign align)
{
  GtkLabel *label = dadam_prose_new ();
  int row = (int) (self->labels->len / self->n_columns);
  int column = (int) (self->labels->len % self->n_columns);

  gtk_widget_set_valign (GTK_WIDGET (label), GTK_ALIGN_BASELINE_FILL);
  gtk_label_set_yalign (label, 0);
  gtk_label_set_xalign (label, (float) align / 2);
  gtk_label_set_justify (label, align == DADAM_ALIGN_CENTER ? GTK_JUSTIFY_CENTER
                                : align == DADAM_ALIGN_END  ? GTK_JUSTIFY_RIGHT
                                                            : GTK_JUSTIFY_LEFT);
  if (row == 0)
    gtk_widget_add_css_class (GTK_WIDGET (label), "first");
  if (self->has_head && row == 0)
    gtk_widget_add_css_class (GTK_WIDGET (label), "heading");
  gtk_grid_attach (self->grid, GTK_WIDGET (label), column, row, 1, 1);
  g_ptr_array_add (self->labels, label);

  return label;
}

/* Hangul and hanja are about two of the characters that a label's width is counted in. */
static int
count_characters (const char *text)
{
  int n = 0;

  for (const char *p = text; *p != '\0' && n < LEAST_CHARACTERS; p = g_utf8_next_char (p))
    n += g_unichar_iswide (g_utf8_get_char (p)) ? 2 : 1;

  return MIN (n, LEAST_CHARACTERS);
}

/**
 * dadam_table_block_set_cells:
 * @cells: of DadamCell, at least as many as there were
 */
void
dadam_table_block_set_cells (DadamTableBlock *self, const GArray *cells)
{
  g_return_if_fail (DADAM_IS_TABLE_BLOCK (self));

  for (guint i = 0; i < cells->len; i++) {
    const DadamCell *cell = &g_array_index (cells, DadamCell, i);
    GtkLabel *label = i < self->labels->len ? g_ptr_array_index (self->labels, i)
                                            : add_label (self, cell->align);

    dadam_prose_set_inline (label, &cell->content);
    gtk_label_set_width_chars (label, count_characters (cell->content.text));
  }
}
