/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a text with Markdown consists of: a flat list of blocks, each of which knows
 * the quotes and list items it is inside of.  Plain data; it knows no widget.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Quotes and list items around a block; what is deeper belongs to the deepest. */
#define DADAM_MOST_CONTAINERS 8

typedef enum {
  DADAM_BLOCK_PARAGRAPH,
  DADAM_BLOCK_HEADING,
  DADAM_BLOCK_CODE,
  DADAM_BLOCK_TABLE,
  DADAM_BLOCK_RULE,
} DadamBlockKind;

typedef enum {
  DADAM_STYLE_BOLD = 1 << 0,
  DADAM_STYLE_ITALIC = 1 << 1,
  DADAM_STYLE_STRUCK = 1 << 2,
  DADAM_STYLE_CODE = 1 << 3,
} DadamStyle;

/* A run of characters that look the same; runs are in order and do not overlap. */
typedef struct {
  guint start; /* bytes of the text */
  guint end;
  DadamStyle style;
  char *url; /* %NULL: no link */
} DadamSpan;

typedef struct {
  char *text;    /* UTF-8 */
  GArray *spans; /* of DadamSpan; what is in none is plain */
} DadamInline;

typedef enum {
  DADAM_ALIGN_START,
  DADAM_ALIGN_CENTER,
  DADAM_ALIGN_END,
} DadamAlign;

typedef struct {
  DadamInline content;
  DadamAlign align;
} DadamCell;

typedef enum {
  DADAM_CONTAINER_QUOTE,
  DADAM_CONTAINER_BULLET,
  DADAM_CONTAINER_NUMBER,
  DADAM_CONTAINER_TASK,
} DadamContainerKind;

typedef struct {
  DadamContainerKind kind;
  gboolean is_first; /* the block is the first of it */
  gboolean is_done;  /* of a task */
  guint number;      /* of a numbered item */
} DadamContainer;

typedef struct {
  DadamBlockKind kind;
  gboolean continues; /* what comes before, with no space between */
  gboolean is_tight;  /* in a list without blank lines */
  guint n_containers;
  DadamContainer containers[DADAM_MOST_CONTAINERS]; /* the outermost first */

  DadamInline content; /* of paragraphs and headings; the text of code */
  guint level;         /* of a heading, 1 to 6 */
  char *language;      /* of code; %NULL: unknown */
  GArray *cells;       /* of DadamCell: a table's, row by row, the first one its head; or %NULL */
  guint n_columns;
} DadamBlock;

DadamBlock *dadam_block_new (DadamBlockKind kind);
void dadam_block_free (DadamBlock *self);
gboolean dadam_containers_equal (const DadamBlock *a, const DadamBlock *b);
gboolean dadam_block_equal (const DadamBlock *a, const DadamBlock *b);
void dadam_cell_init (DadamCell *cell);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamBlock, dadam_block_free)

G_END_DECLS
