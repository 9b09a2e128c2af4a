/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What md4c says of a piece of Markdown, as blocks.  Nothing of it is trusted to be
 * small: what is nested deeper than a reader could follow stays where it is, and long
 * paragraphs and tables are divided into several blocks.
 */
#include "config.h"

#include "dadam-markdown-private.h"

#include "dadam-tex.h"

#include <md4c.h>
#include <string.h>

/* Bytes of a paragraph: what a toolkit needs to lay one out grows with the square of them. */
#define LONG_PARAGRAPH 800
#define LONGEST_PARAGRAPH 1200

#define MOST_CELLS 400 /* of a table */
#define MOST_COLUMNS 32
#define LONGEST_URL 2048
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
  GString *text;     /* of it, or of its cell */
  GArray *spans;     /* of DadamSpan, of that text */
  GArray *lists;     /* of List, the innermost last */
  GString *tex;      /* the formula that is read */
  char *url;         /* of the link that is read */

  guint n_containers; /* may be more than fit */
  DadamContainer containers[DADAM_MOST_CONTAINERS];
  guint styles[4]; /* how many spans of each style are open */
  guint column;
  gboolean is_tex;
} Parser;

static void
span_clear (gpointer data)
{
  g_free (((DadamSpan *) data)->url);
}

static GArray *
spans_new (void)
{
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (DadamSpan));

  g_array_set_clear_func (spans, span_clear);

  return spans;
}

/* ---- text -------------------------------------------------------------- */

static DadamStyle
style_of (const Parser *parser)
{
  guint style = 0;

  for (guint i = 0; i < G_N_ELEMENTS (parser->styles); i++)
    if (parser->styles[i] > 0)
      style |= 1u << i;

  return (DadamStyle) style;
}

/* @length more bytes with the looks of now. */
static void
add_span (Parser *parser, gsize length, DadamStyle style)
{
  DadamSpan *last = parser->spans->len > 0
                        ? &g_array_index (parser->spans, DadamSpan, parser->spans->len - 1)
                        : NULL;
  guint start = (guint) parser->text->len;
  DadamSpan span = { start, start + (guint) length, style, NULL };

  if (style == 0 && parser->url == NULL)
    return;
  if (last != NULL && last->end == start && last->style == style
      && g_strcmp0 (last->url, parser->url) == 0) {
    last->end = span.end;
    return;
  }
  span.url = g_strdup (parser->url);
  g_array_append_val (parser->spans, span);
}

static void
append_styled (Parser *parser, const char *text, gsize length, DadamStyle style)
{
  if (length == 0)
    return;
  add_span (parser, length, style);
  g_string_append_len (parser->text, text, (gssize) length);
}

/* Without the marks that were put beside emphasis. */
static void
append (Parser *parser, const char *text, gsize length)
{
  const gsize mark = strlen (DADAM_EMPHASIS_MARK);
  const char *end = text + length;
  const char *found;

  while ((found = memmem (text, (gsize) (end - text), DADAM_EMPHASIS_MARK, mark)) != NULL) {
    append_styled (parser, text, (gsize) (found - text), style_of (parser));
    text = found + mark;
  }
  append_styled (parser, text, (gsize) (end - text), style_of (parser));
}

/* "&lt;", "&#44032;"; a name that is not known here is shown as it is. */
static char *
entity_to_text (const char *entity, gsize length)
{
  static const struct {
    const char *name;
    const char *text;
  } names[] = {
    { "&amp;", "&" },    { "&apos;", "'" },  { "&copy;", "©" },   { "&gt;", ">" },
    { "&hellip;", "…" }, { "&laquo;", "«" }, { "&ldquo;", "“" },  { "&lsquo;", "‘" },
    { "&lt;", "<" },     { "&mdash;", "—" }, { "&middot;", "·" }, { "&nbsp;", "\xc2\xa0" },
    { "&ndash;", "–" },  { "&quot;", "\"" }, { "&raquo;", "»" },  { "&rdquo;", "”" },
    { "&rsquo;", "’" },  { "&times;", "×" },
  };
  g_autofree char *name = g_strndup (entity, length);
  char utf8[7] = { 0 };
  guint64 c;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i].name, name))
      return g_strdup (names[i].text);
  if (name[0] != '&' || name[1] != '#')
    return g_steal_pointer (&name);
  if (name[2] == 'x' || name[2] == 'X')
    c = g_ascii_strtoull (name + 3, NULL, 16);
  else
    c = g_ascii_strtoull (name + 2, NULL, 10);
  if (c == 0 || c > 0x10FFFF || !g_unichar_validate ((gunichar) c))
    return g_strdup ("\xef\xbf\xbd");
  g_unichar_to_utf8 ((gunichar) c, utf8);

  return g_strdup (utf8);
}

static char *
attribute_to_text (const MD_ATTRIBUTE *attribute)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; attribute->text != NULL && attribute->substr_offsets[i] < attribute->size;
       i++) {
    const char *part = attribute->text + attribute->substr_offsets[i];
    gsize length = attribute->substr_offsets[i + 1] - attribute->substr_offsets[i];

    if (attribute->substr_types[i] == MD_TEXT_ENTITY) {
      g_autofree char *entity = entity_to_text (part, length);

      g_string_append (text, entity);
    } else
      g_string_append_len (text, part, (gssize) length);
  }
  g_string_replace (text, DADAM_EMPHASIS_MARK, "", 0);

  return g_string_free_and_steal (g_steal_pointer (&text));
}

/* ---- blocks ------------------------------------------------------------ */

static void
take_inline (Parser *parser, DadamInline *content)
{
  g_free (content->text);
  g_array_unref (content->spans);
  content->text = g_strndup (parser->text->str, parser->text->len);
  content->spans = parser->spans;
  g_string_truncate (parser->text, 0);
  parser->spans = spans_new ();
}

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

/* Where to divide a paragraph that is too long, or 0. */
static gsize
find_division (const char *text, gsize length)
{
  const char *space = NULL;

  for (const char *p = text; p < text + length; p++) {
    gsize at = (gsize) (p - text);

    if (*p == '\n' && at >= LONG_PARAGRAPH)
      return at + 1;
    if (*p == ' ')
      space = p;
    if (at >= LONGEST_PARAGRAPH && space != NULL)
      return (gsize) (space - text) + 1;
  }

  return 0;
}

/* The spans of the first @at bytes go to @first, those of the rest stay. */
static void
divide_spans (GArray *spans, guint at, GArray *first)
{
  guint i = 0;

  while (i < spans->len) {
    DadamSpan *span = &g_array_index (spans, DadamSpan, i);

    if (span->start < at) {
      DadamSpan part = { span->start, MIN (span->end, at), span->style, g_strdup (span->url) };

      g_array_append_val (first, part);
    }
    if (span->end <= at) {
      g_array_remove_index (spans, i);
      continue;
    }
    span->start = span->start > at ? span->start - at : 0;
    span->end -= at;
    i++;
  }
}

/* Puts what was read so far of a paragraph into a block of its own. */
static void
divide (Parser *parser, gsize at)
{
  DadamBlock *block = parser->block;

  block->content.text = g_strndup (parser->text->str, at);
  g_strchomp (block->content.text);
  divide_spans (parser->spans, (guint) at, block->content.spans);
  g_string_erase (parser->text, 0, (gssize) at);
  g_ptr_array_add (parser->blocks, block);
  begin (parser, block->kind);
  parser->block->continues = TRUE;
  parser->block->level = block->level;
}

static void
trim_spans (DadamInline *content)
{
  guint length = (guint) strlen (content->text);

  for (guint i = content->spans->len; i > 0; i--) {
    DadamSpan *span = &g_array_index (content->spans, DadamSpan, i - 1);

    span->end = MIN (span->end, length);
    if (span->start >= span->end)
      g_array_remove_index (content->spans, i - 1);
  }
}

static void
end_text (Parser *parser)
{
  gsize at;

  while ((at = find_division (parser->text->str, parser->text->len)) > 0) {
    divide (parser, at);
    trim_spans (&((DadamBlock *) g_ptr_array_index (parser->blocks, parser->blocks->len - 1))
                     ->content);
  }
  take_inline (parser, &parser->block->content);
  g_strchomp (parser->block->content.text);
  trim_spans (&parser->block->content);
  g_ptr_array_add (parser->blocks, g_steal_pointer (&parser->block));
}

static void
end_code (Parser *parser)
{
  if (parser->text->len > 0 && parser->text->str[parser->text->len - 1] == '\n')
    g_string_truncate (parser->text, parser->text->len - 1);
  take_inline (parser, &parser->block->content);
  g_array_set_size (parser->block->content.spans, 0);
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
    g_string_truncate (parser->text, 0);
    g_array_set_size (parser->spans, 0);
    return;
  }
  dadam_cell_init (&cell);
  take_inline (parser, &cell.content);
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
  g_autofree char *language = attribute_to_text (&detail->lang);

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

/* Pages of the web and addresses of mail; a program's own schemes could do anything. */
static char *
url_or_null (const MD_ATTRIBUTE *attribute)
{
  g_autofree char *url = NULL;
  g_autofree char *scheme = NULL;

  if (attribute->size > LONGEST_URL)
    return NULL;
  url = attribute_to_text (attribute);
  scheme = g_uri_parse_scheme (url);
  if (g_strcmp0 (scheme, "http") != 0 && g_strcmp0 (scheme, "https") != 0
      && g_strcmp0 (scheme, "mailto") != 0)
    return NULL;

  return g_steal_pointer (&url);
}

static int
style_index (MD_SPANTYPE type)
{
  switch (type) {
  case MD_SPAN_STRONG: return 0;
  case MD_SPAN_EM: return 1;
  case MD_SPAN_DEL: return 2;
  case MD_SPAN_CODE: return 3;
  default: return -1;
  }
}

static void
enter_link (Parser *parser, const MD_ATTRIBUTE *address)
{
  g_free (parser->url);
  parser->url = url_or_null (address);
}

static int
enter_span_cb (MD_SPANTYPE type, void *detail, void *user_data)
{
  Parser *parser = user_data;
  int style = style_index (type);

  ensure_block (parser);
  if (style >= 0)
    parser->styles[style]++;
  else if (type == MD_SPAN_A)
    enter_link (parser, &((MD_SPAN_A_DETAIL *) detail)->href);
  else if (type == MD_SPAN_IMG)
    enter_link (parser, &((MD_SPAN_IMG_DETAIL *) detail)->src);
  else if (type == MD_SPAN_LATEXMATH || type == MD_SPAN_LATEXMATH_DISPLAY) {
    parser->is_tex = TRUE;
    g_string_truncate (parser->tex, 0);
  }

  return 0;
}

/* Between two prices in a Korean sentence there is no formula. */
static gboolean
is_prose (const char *tex)
{
  if (strpbrk (tex, "\\^_") != NULL)
    return FALSE;
  for (const char *p = tex; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_get_script (g_utf8_get_char (p)) == G_UNICODE_SCRIPT_HANGUL)
      return TRUE;

  return FALSE;
}

static void
end_tex (Parser *parser, const char *dollars)
{
  g_autofree char *text = dadam_tex_to_unicode (parser->tex->str, parser->tex->len);

  parser->is_tex = FALSE;
  if (is_prose (parser->tex->str)) {
    append (parser, dollars, strlen (dollars));
    append (parser, parser->tex->str, parser->tex->len);
    append (parser, dollars, strlen (dollars));
  } else if (text != NULL)
    append (parser, text, strlen (text));
  else
    append_styled (parser, parser->tex->str, parser->tex->len,
                   style_of (parser) | DADAM_STYLE_CODE);
}

static int
leave_span_cb (MD_SPANTYPE type, void *detail, void *user_data)
{
  Parser *parser = user_data;
  int style = style_index (type);

  if (style >= 0)
    parser->styles[style]--;
  else if (type == MD_SPAN_A || type == MD_SPAN_IMG)
    g_clear_pointer (&parser->url, g_free);
  else if (parser->is_tex)
    end_tex (parser, type == MD_SPAN_LATEXMATH ? "$" : "$$");

  return 0;
}

static int
text_cb (MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *user_data)
{
  Parser *parser = user_data;
  g_autofree char *entity = NULL;

  ensure_block (parser);
  if (parser->is_tex) {
    g_string_append_len (parser->tex, text, (gssize) size);
    return 0;
  }
  switch (type) {
  case MD_TEXT_BR:
  case MD_TEXT_SOFTBR:
    append (parser, parser->block->kind == DADAM_BLOCK_TABLE ? " " : "\n", 1);
    break;
  case MD_TEXT_ENTITY:
    entity = entity_to_text (text, size);
    append (parser, entity, strlen (entity));
    break;
  case MD_TEXT_NULLCHAR: append (parser, "\xef\xbf\xbd", 3); break;
  default: append (parser, text, size); break;
  }

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

  parser.text = g_string_new (NULL);
  parser.tex = g_string_new (NULL);
  parser.spans = spans_new ();
  parser.lists = g_array_new (FALSE, FALSE, sizeof (List));
  status = md_parse (text, (MD_SIZE) length, &calls, &parser);
  g_clear_pointer (&parser.block, dadam_block_free);
  if (status != 0) {
    g_ptr_array_set_size (blocks, (int) n_before);
    dadam_markdown_add_verbatim (blocks, text, length);
  }

  g_string_free (parser.text, TRUE);
  g_string_free (parser.tex, TRUE);
  g_array_unref (parser.spans);
  g_array_unref (parser.lists);
  g_free (parser.url);
}
