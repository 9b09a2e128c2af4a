/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making, freeing and comparing blocks.
 */
#include "config.h"

#include "dadam-block.h"

static void
span_clear (gpointer data)
{
  g_free (((DadamSpan *) data)->url);
}

static void
inline_init (DadamInline *content)
{
  content->text = NULL;
  content->spans = g_array_new (FALSE, FALSE, sizeof (DadamSpan));
  g_array_set_clear_func (content->spans, span_clear);
}

static void
inline_clear (DadamInline *content)
{
  g_clear_pointer (&content->text, g_free);
  g_clear_pointer (&content->spans, g_array_unref);
}

/* Makes a cell of zeroed memory an empty one, which the array it is put into clears. */
void
dadam_cell_init (DadamCell *cell)
{
  inline_init (&cell->content);
  cell->align = DADAM_ALIGN_START;
}

static void
cell_clear (gpointer data)
{
  inline_clear (&((DadamCell *) data)->content);
}

DadamBlock *
dadam_block_new (DadamBlockKind kind)
{
  DadamBlock *self = g_new0 (DadamBlock, 1);

  self->kind = kind;
  inline_init (&self->content);
  if (kind == DADAM_BLOCK_TABLE) {
    self->cells = g_array_new (FALSE, TRUE, sizeof (DadamCell));
    g_array_set_clear_func (self->cells, cell_clear);
  }

  return self;
}

void
dadam_block_free (DadamBlock *self)
{
  inline_clear (&self->content);
  g_clear_pointer (&self->cells, g_array_unref);
  g_free (self->language);
  g_free (self);
}

static gboolean
inline_equal (const DadamInline *a, const DadamInline *b)
{
  if (a->spans->len != b->spans->len || g_strcmp0 (a->text, b->text) != 0)
    return FALSE;
  for (guint i = 0; i < a->spans->len; i++) {
    const DadamSpan *one = &g_array_index (a->spans, DadamSpan, i);
    const DadamSpan *other = &g_array_index (b->spans, DadamSpan, i);

    if (one->start != other->start || one->end != other->end || one->style != other->style
        || g_strcmp0 (one->url, other->url) != 0)
      return FALSE;
  }

  return TRUE;
}

static gboolean
cells_equal (const GArray *a, const GArray *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++) {
    const DadamCell *one = &g_array_index (a, DadamCell, i);
    const DadamCell *other = &g_array_index (b, DadamCell, i);

    if (one->align != other->align || !inline_equal (&one->content, &other->content))
      return FALSE;
  }

  return TRUE;
}

/* Whether both are in the same quotes and items, at the same place. */
gboolean
dadam_containers_equal (const DadamBlock *a, const DadamBlock *b)
{
  if (a->n_containers != b->n_containers)
    return FALSE;
  for (guint i = 0; i < a->n_containers; i++) {
    const DadamContainer *one = &a->containers[i];
    const DadamContainer *other = &b->containers[i];

    if (one->kind != other->kind || one->is_first != other->is_first
        || one->is_done != other->is_done || one->number != other->number)
      return FALSE;
  }

  return TRUE;
}

/* Whether both look the same. */
gboolean
dadam_block_equal (const DadamBlock *a, const DadamBlock *b)
{
  return a->kind == b->kind && a->continues == b->continues && a->is_tight == b->is_tight
         && a->level == b->level && a->n_columns == b->n_columns && dadam_containers_equal (a, b)
         && g_strcmp0 (a->language, b->language) == 0 && inline_equal (&a->content, &b->content)
         && cells_equal (a->cells, b->cells);
}
