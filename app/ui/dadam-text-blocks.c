/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A long answer that grows in one label is laid out from its start with every
 * token.  Here a block is closed at a blank line (or, in an endless paragraph, at a
 * line's or word's end) and never touched again: only the last label changes.
 */
#include "config.h"

#include "dadam-text-blocks.h"

#include "dadam-prose.h"

/* Bytes. What Pango needs for a label grows with the square of its length: 2 ms here. */
#define LONG_BLOCK 800
#define LONGEST_BLOCK 1200

#define SPACING 12

struct _DadamTextBlocks {
  GtkBox parent_instance;

  GtkLabel *last; /* borrowed; the block that may still grow, %NULL: none yet */
  gsize closed;   /* bytes of the text that are in the blocks before it */
  gsize shown;    /* bytes of the text that are shown */
};

G_DEFINE_FINAL_TYPE (DadamTextBlocks, dadam_text_blocks, GTK_TYPE_BOX)

static void
dadam_text_blocks_class_init (DadamTextBlocksClass *klass)
{
}

static void
dadam_text_blocks_init (DadamTextBlocks *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
}

static gboolean
starts_blank_line (const char *p, const char *end)
{
  if (*p != '\n')
    return FALSE;
  for (p++; p < end && (*p == ' ' || *p == '\t' || *p == '\r'); p++)
    ;

  return p < end && *p == '\n';
}

/* How many bytes of @text the first block has, or 0: it may still grow. */
static gsize
find_end (const char *text, gsize length)
{
  const char *end = text + length;
  const char *space = NULL;

  for (const char *p = text; p < end; p++) {
    gsize at = (gsize) (p - text);

    if (p > text && starts_blank_line (p, end))
      return at + 1;
    if (*p == '\n' && at >= LONG_BLOCK)
      return at + 1;
    if (*p == ' ')
      space = p;
    if (at >= LONGEST_BLOCK && space != NULL)
      return (gsize) (space - text) + 1;
  }

  return 0;
}

/* With `apart` a space above, as a paragraph has; not where one goes on. */
static GtkLabel *
add_label (DadamTextBlocks *self, gboolean apart)
{
  GtkLabel *label = dadam_prose_new ();

  if (apart)
    gtk_widget_set_margin_top (GTK_WIDGET (label), SPACING);
  gtk_box_append (GTK_BOX (self), GTK_WIDGET (label));

  return label;
}

static void
show_block (GtkLabel *label, const char *text, gsize length)
{
  while (length > 0 && *text == '\n') {
    text++;
    length--;
  }
  while (length > 0 && g_ascii_isspace (text[length - 1]))
    length--;
  dadam_prose_set_text (label, text, length);
}

static gboolean
is_blank (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isspace (text[i]))
      return FALSE;

  return TRUE;
}

static void
clear (DadamTextBlocks *self)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_box_remove (GTK_BOX (self), child);
  self->last = NULL;
  self->closed = 0;
  self->shown = 0;
}

static void
show (DadamTextBlocks *self, const char *text, gsize length)
{
  if (is_blank (text, length))
    return;
  if (self->last == NULL)
    self->last = add_label (self, self->closed > 0 && starts_blank_line (text - 1, text + length));
  show_block (self->last, text, length);
}

/**
 * dadam_text_blocks_set_text:
 * @text: UTF-8; what is shown already, and more.  A shorter text begins anew
 */
void
dadam_text_blocks_set_text (DadamTextBlocks *self, const char *text, gsize length)
{
  gsize end;

  g_return_if_fail (DADAM_IS_TEXT_BLOCKS (self));

  if (length < self->shown || length == 0)
    clear (self);

  while ((end = find_end (text + self->closed, length - self->closed)) > 0) {
    show (self, text + self->closed, end);
    self->closed += end;
    self->last = NULL;
  }
  show (self, text + self->closed, length - self->closed);
  self->shown = length;
}
