/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Parses a growing text piece by piece.  A piece ends before the first line that,
 * after a blank one, can belong to nothing that is open; it is never parsed again.
 * What follows the last piece is parsed with every call, and blocks that come out as
 * they were stay the same.  How a text is cut depends on the text alone, not on how
 * it arrived.
 */
#include "config.h"

#include "dadam-markdown-private.h"

#include "dadam-markdown.h"

/* More blocks than this in one message are an attack on the window: the rest is shown as it is. */
#define MOST_BLOCKS 4000

struct _DadamMarkdown {
  /* Owned. */
  GPtrArray *blocks;  /* of DadamBlock */
  char *fence;       /* the line that opened a block of code which a cut divided */

  gsize closed;   /* bytes of the text that are parsed for good */
  guint n_closed; /* blocks that came out of them */
  gsize length;   /* of the text so far */
};

DadamMarkdown *
dadam_markdown_new (void)
{
  DadamMarkdown *self = g_new0 (DadamMarkdown, 1);

  self->blocks = g_ptr_array_new_with_free_func ((GDestroyNotify) dadam_block_free);

  return self;
}

void
dadam_markdown_free (DadamMarkdown *self)
{
  g_ptr_array_unref (self->blocks);
  g_free (self->fence);
  g_free (self);
}

/* Appends the blocks of a piece; one that begins inside of code gets the line that opened it. */
static void
parse_piece (DadamMarkdown *self, const char *text, gsize length, GPtrArray *blocks)
{
  g_autofree char *mended = dadam_markdown_mend (text, length, self->fence);
  guint before = blocks->len;

  if (self->fence != NULL) {
    g_autofree char *whole = g_strconcat (self->fence, "\n", mended, NULL);

    dadam_markdown_parse (whole, strlen (whole), blocks);
    if (blocks->len > before)
      ((DadamBlock *) g_ptr_array_index (blocks, before))->continues = TRUE;
  } else
    dadam_markdown_parse (mended, strlen (mended), blocks);
}

/* Puts @parsed in place of the blocks from @n_closed on; returns how many of all are unchanged. */
static guint
replace_tail (DadamMarkdown *self, GPtrArray *parsed)
{
  guint n_same = 0;

  while (n_same < parsed->len && self->n_closed + n_same < self->blocks->len
         && dadam_block_equal (g_ptr_array_index (self->blocks, self->n_closed + n_same),
                               g_ptr_array_index (parsed, n_same)))
    n_same++;
  g_ptr_array_set_size (self->blocks, (int) (self->n_closed + n_same));
  while (parsed->len > n_same)
    g_ptr_array_insert (self->blocks, (int) (self->n_closed + n_same),
                        g_ptr_array_steal_index (parsed, parsed->len - 1));

  return self->n_closed + n_same;
}

static void
clear (DadamMarkdown *self)
{
  g_ptr_array_set_size (self->blocks, 0);
  g_clear_pointer (&self->fence, g_free);
  self->closed = 0;
  self->n_closed = 0;
}

/* The pieces that have ended by now. */
static void
close_pieces (DadamMarkdown *self, const char *text, gsize length, GPtrArray *parsed)
{
  while (self->n_closed + parsed->len < MOST_BLOCKS) {
    g_autofree char *fence = g_strdup (self->fence);
    gsize end = dadam_markdown_find_end (text + self->closed, length - self->closed, &fence);

    if (end == 0)
      return;
    parse_piece (self, text + self->closed, end, parsed);
    self->closed += end;
    g_free (self->fence);
    self->fence = g_steal_pointer (&fence);
  }
}

/**
 * dadam_markdown_set_text:
 * @text: UTF-8; what was set before, and more.  A shorter text begins anew
 *
 * Returns: how many blocks, from the first on, are as they were
 */
guint
dadam_markdown_set_text (DadamMarkdown *self, const char *text, gsize length)
{
  g_autoptr (GPtrArray) parsed = NULL;
  guint n_same, n_closed;

  if (length < self->length)
    clear (self);
  self->length = length;

  parsed = g_ptr_array_new_with_free_func ((GDestroyNotify) dadam_block_free);
  close_pieces (self, text, length, parsed);
  n_closed = self->n_closed + parsed->len;
  if (n_closed < MOST_BLOCKS)
    parse_piece (self, text + self->closed, length - self->closed, parsed);
  else
    dadam_markdown_add_verbatim (parsed, text + self->closed, length - self->closed);
  n_same = replace_tail (self, parsed);
  self->n_closed = n_closed;

  return n_same;
}

guint
dadam_markdown_get_n_blocks (DadamMarkdown *self)
{
  return self->blocks->len;
}

/* (transfer none): until the text is set again. */
const DadamBlock *
dadam_markdown_get_block (DadamMarkdown *self, guint i)
{
  g_return_val_if_fail (i < self->blocks->len, NULL);

  return g_ptr_array_index (self->blocks, i);
}
