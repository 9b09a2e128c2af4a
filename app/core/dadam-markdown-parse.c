/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What md4c says of a piece of Markdown, as blocks.  Nothing of it is trusted to be
 * small: what is nested deeper than a reader could follow stays where it is, and long
 * paragraphs and tables are divided into several blocks.
 */
#include "config.h"

#include "dadam-markdown-private.h"

#include <md4c.h>
#include <string.h>

#include "dadam-flow.h"

#define MOST_CELLS 400 /* of a table */
#define MOST_COLUMNS 32
#define LONGEST_LANGUAGE 32

typedef struct {
  gboolean is_numbered;
  gboolean is_tight;
  guint number; /* of the next item */
} List;

typedef struct {
  GPtrArray *blocks; /* borrowed */

  /* Owned. */
  DadamBlock *block; /* the one that is read, or %NULL */
  DadamFlow *flow;   /* the text of it, or of its cell */
  GArray *lists;     /* of List, the innermost last */

  guint n_containers; /* may be more than fit */
  DadamContainer containers[DADAM_MOST_CONTAINERS];
  guint column;
} Parser;

/* ---- blocks ------------------------------------------------------------ */

static DadamBlock *
block_new (Parser *parser, DadamBlockKind kind)
{
  DadamBlock *block = dadam_block_new (kind);

  block->n_containers = MIN (parser->n_containers, DADAM_MOST_CONTAINERS);
  memcpy (block->containers, parser->containers, sizeof block->containers);
  block->is_tight = parser->lists->len > 0
                    && g_array_index (parser->lists, List, parser->lists->len - 1).is_tight;
  for (guint i = 0; i < DADAM_MOST_CONTAINERS; i++)
    parser->containers[i].is_first = FALSE;

  return block;
}

static void
begin (Parser *parser, DadamBlockKind kind)
{
  parser->block = block_new (parser, kind);
}

/* What follows is part of the same paragraph, in a block of its own. */
static void
divide (Parser *parser)
{
  DadamBlock *block = parser->block;

  g_ptr_array_add (parser->blocks, block);
  begin (parser, block->kind);
  parser->block->continues = TRUE;
  parser->block->level = block->level;
}

static void
end_text (Parser *parser)
{
  while (dadam_flow_take_part (parser->flow, &parser->block->content))
    divide (parser);
  dadam_flow_take (parser->flow, &parser->block->content);
  g_ptr_array_add (parser->blocks, g_steal_pointer (&parser->block));
}

static void
end_code (Parser *parser)
{
  g_free (parser->block->content.text);
  parser->block->content.text = dadam_flow_take_verbatim (parser->flow);
  g_ptr_array_add (parser->blocks, g_steal_pointer (&parser->block));
}

/* Text in an item that is in no paragraph: a tight list's. */
static void
ensure_block (Parser *parser)
{
  if (parser->block == NULL)
    begin (parser, DADAM_BLOCK_PARAGRAPH);
}

static void
end_block (Parser *parser)
{
  if (parser->block != NULL)
    end_text (parser);
}

/* ---- containers -------------------------------------------------------- */

static void
enter_container (Parser *parser, DadamContainer container)
{
  end_block (parser);
  container.is_first = TRUE;
  if (parser->n_containers < DADAM_MOST_CONTAINERS)
    parser->containers[parser->n_containers] = container;
  parser->n_containers++;
}

/* An item with nothing in it has a marker all the same. */
static void
leave_container (Parser *parser)
{
  guint i = parser->n_containers - 1;

  if (i < DADAM_MOST_CONTAINERS && parser->containers[i].is_first
      && parser->containers[i].kind != DADAM_CONTAINER_QUOTE)
    ensure_block (parser);
  end_block (parser);
  parser->n_containers--;
}

static void
enter_list (Parser *parser, gboolean is_numbered, gboolean is_tight, guint number)
{
  List list = { is_numbered, is_tight, number };

  end_block (parser);
  g_array_append_val (parser->lists, list);
}

static void
enter_item (Parser *parser, const MD_BLOCK_LI_DETAIL *detail)
{
  List *list = &g_array_index (parser->lists, List, parser->lists->len - 1);
  DadamContainer container = { DADAM_CONTAINER_BULLET };

  if (list->is_numbered) {
    container.kind = DADAM_CONTAINER_NUMBER;
    container.number = list->number++;
  } else if (detail->is_task) {
    container.kind = DADAM_CONTAINER_TASK;
    container.is_done = detail->task_mark != ' ';
  }
  enter_container (parser, container);
}

/* ---- tables ------------------------------------------------------------ */

static void
begin_table (Parser *parser, guint n_columns)
{
  begin (parser, DADAM_BLOCK_TABLE);
  parser->block->n_columns = MIN (n_columns, MOST_COLUMNS);
}

/* A long table goes on in a block of its own, without a head. */
static void
begin_row (Parser *parser)
{
  guint n_columns = parser->block->n_columns;

  parser->column = 0;
  if (parser->block->cells->len < MOST_CELLS)
    return;
  g_ptr_array_add (parser->blocks, parser->block);
  begin_table (parser, n_columns);
  parser->block->continues = TRUE;
}

static void
end_cell (Parser *parser, MD_ALIGN align)
{
  DadamCell cell = { 0 };

  if (parser->column++ >= parser->block->n_columns) {
    dadam_flow_drop (parser->flow);
    return;
  }
  dadam_cell_init (&cell);
  dadam_flow_take (parser->flow, &cell.content);
  if (align == MD_ALIGN_CENTER)
    cell.align = DADAM_ALIGN_CENTER;
  else if (align == MD_ALIGN_RIGHT)
    cell.align = DADAM_ALIGN_END;
  g_array_append_val (parser->block->cells, cell);
}

/* ---- what md4c calls --------------------------------------------------- */

static void
begin_code (Parser *parser, const MD_BLOCK_CODE_DETAIL *detail)
{
  g_autofree char *language = dadam_flow_attribute_to_text (&detail->lang);

  begin (parser, DADAM_BLOCK_CODE);
  if (*language != '\0' && strlen (language) <= LONGEST_LANGUAGE)
    parser->block->language = g_steal_pointer (&language);
}

static int
enter_block_cb (MD_BLOCKTYPE type, void *detail, void *user_data)
{
  Parser *parser = user_data;

  if (type != MD_BLOCK_THEAD && type != MD_BLOCK_TBODY && type != MD_BLOCK_TR && type != MD_BLOCK_TH
      && type != MD_BLOCK_TD)
    end_block (parser);

  switch (type) {
  case MD_BLOCK_QUOTE: enter_container (parser, (DadamContainer) { DADAM_CONTAINER_QUOTE }); break;
  case MD_BLOCK_UL: {
    const MD_BLOCK_UL_DETAIL *list = detail;

    enter_list (parser, FALSE, list->is_tight, 0);
    break;
  }
  case MD_BLOCK_OL: {
    const MD_BLOCK_OL_DETAIL *list = detail;

    enter_list (parser, TRUE, list->is_tight, list->start);
    break;
  }
  case MD_BLOCK_LI: enter_item (parser, detail); break;
  case MD_BLOCK_HR: begin (parser, DADAM_BLOCK_RULE); break;
  case MD_BLOCK_H:
    begin (parser, DADAM_BLOCK_HEADING);
    parser->block->level = ((MD_BLOCK_H_DETAIL *) detail)->level;
    break;
  case MD_BLOCK_CODE: begin_code (parser, detail); break;
  case MD_BLOCK_P: begin (parser, DADAM_BLOCK_PARAGRAPH); break;
  case MD_BLOCK_TABLE: begin_table (parser, ((MD_BLOCK_TABLE_DETAIL *) detail)->col_count); break;
  case MD_BLOCK_TR: begin_row (parser); break;
  default: break;
  }

  return 0;
}

static int
leave_block_cb (MD_BLOCKTYPE type, void *detail, void *user_data)
{
  Parser *parser = user_data;

  switch (type) {
  case MD_BLOCK_QUOTE:
  case MD_BLOCK_LI: leave_container (parser); break;
  case MD_BLOCK_UL:
  case MD_BLOCK_OL:
    end_block (parser);
    g_array_set_size (parser->lists, parser->lists->len - 1);
    break;
  case MD_BLOCK_CODE: end_code (parser); break;
  case MD_BLOCK_HR:
  case MD_BLOCK_H:
  case MD_BLOCK_P: end_block (parser); break;
  case MD_BLOCK_TH:
  case MD_BLOCK_TD: end_cell (parser, ((MD_BLOCK_TD_DETAIL *) detail)->align); break;
  case MD_BLOCK_TABLE: g_ptr_array_add (parser->blocks, g_steal_pointer (&parser->block)); break;
  default: break;
  }

  return 0;
}

static int
enter_span_cb (MD_SPANTYPE type, void *detail, void *user_data)
{
  Parser *parser = user_data;

  ensure_block (parser);
  dadam_flow_enter (parser->flow, type, detail);

  return 0;
}

static int
leave_span_cb (MD_SPANTYPE type, void *detail, void *user_data)
{
  dadam_flow_leave (((Parser *) user_data)->flow, type);

  return 0;
}

static int
text_cb (MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *user_data)
{
  Parser *parser = user_data;

  ensure_block (parser);
  dadam_flow_add (parser->flow, type, text, size,
                  parser->block->kind == DADAM_BLOCK_TABLE ? " " : "\n");

  return 0;
}

/* Shows a text as it is. */
void
dadam_markdown_add_verbatim (GPtrArray *blocks, const char *text, gsize length)
{
  DadamBlock *block = dadam_block_new (DADAM_BLOCK_CODE);

  block->content.text = g_strndup (text, length);
  g_ptr_array_add (blocks, block);
}

/* Appends to @blocks what @text, as dadam_markdown_mend() gives it, consists of. */
void
dadam_markdown_parse (const char *text, gsize length, GPtrArray *blocks)
{
  static const MD_PARSER calls = {
    .flags = MD_DIALECT_GITHUB | MD_FLAG_NOHTML | MD_FLAG_LATEXMATHSPANS | MD_FLAG_HARD_SOFT_BREAKS,
    .enter_block = enter_block_cb,
    .leave_block = leave_block_cb,
    .enter_span = enter_span_cb,
    .leave_span = leave_span_cb,
    .text = text_cb,
  };
  guint n_before = blocks->len;
  Parser parser = { .blocks = blocks };
  int status;

  parser.flow = dadam_flow_new ();
  parser.lists = g_array_new (FALSE, FALSE, sizeof (List));
  status = md_parse (text, (MD_SIZE) length, &calls, &parser);
  g_clear_pointer (&parser.block, dadam_block_free);
  if (status != 0) {
    g_ptr_array_set_size (blocks, (int) n_before);
    dadam_markdown_add_verbatim (blocks, text, length);
  }

  dadam_flow_free (parser.flow);
  g_array_unref (parser.lists);
}
