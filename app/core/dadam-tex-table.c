/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matrices and distinctions of cases, in one line: a matrix is its rows, each in brackets of its
 * own, a column one row turned by ᵀ.
 */
#include "config.h"

#include "dadam-tex-private.h"

#include <string.h>

typedef struct {
  const char *name;
  const char *opener, *closer; /* of the whole */
  gboolean has_cases;
} Kind;

static const Kind kinds[] = {
  { "Bmatrix", "{", "}", FALSE }, { "Vmatrix", "‖", "‖", FALSE }, { "array", "", "", FALSE },
  { "bmatrix", "[", "]", FALSE }, { "cases", "{", "", TRUE },     { "dcases", "{", "", TRUE },
  { "matrix", "", "", FALSE },    { "pmatrix", "(", ")", FALSE }, { "smallmatrix", "", "", FALSE },
  { "vmatrix", "|", "|", FALSE },
};

typedef struct {
  const Kind *kind;
  GPtrArray *rows; /* of GString: the cells with commas between them */
  GString *cell;
  guint n_cells;   /* of the row at hand, before this one */
  guint n_columns;
} Table;

static const Kind *
find_kind (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, name))
      return &kinds[i];

  return NULL;
}

/* Whether an environment is one that dadam_tex_read_table() reads. */
gboolean
dadam_tex_is_table (const char *name)
{
  return find_kind (name) != NULL;
}

static void
free_row (gpointer row)
{
  g_string_free (row, TRUE);
}

static void
begin_row (Table *table)
{
  g_ptr_array_add (table->rows, g_string_new (NULL));
  table->n_cells = 0;
}

/* Cases often have a comma of their own before the condition. */
static void
end_cell (Table *table)
{
  GString *row = table->rows->pdata[table->rows->len - 1];

  g_strstrip (table->cell->str);
  if (table->n_cells > 0)
    g_string_append (row, g_str_has_suffix (row->str, ",") ? " " : ", ");
  g_string_append (row, table->cell->str);
  g_string_truncate (table->cell, 0);
  table->n_cells++;
  table->n_columns = MAX (table->n_columns, table->n_cells);
}

/* The last row may be ended like the others before it, which leaves an empty one. */
static void
end_table (Table *table)
{
  GString *last = table->rows->pdata[table->rows->len - 1];

  end_cell (table);
  if (last->len == 0 && table->rows->len > 1)
    g_ptr_array_set_size (table->rows, (int) table->rows->len - 1);
}

static void
append_rows (const Table *table,
             const char *opener,
             const char *closer,
             const char *between,
             GString *out)
{
  for (guint i = 0; i < table->rows->len; i++) {
    const GString *row = table->rows->pdata[i];

    g_string_append_printf (out, "%s%s%s%s", i > 0 ? between : "", opener, row->str, closer);
  }
}

static void
append_table (const Table *table, GString *out)
{
  gboolean is_square = g_str_equal (table->kind->opener, "[");
  gboolean is_column = table->n_columns == 1 && table->rows->len > 1;

  g_string_append (out, table->kind->opener);
  if (table->kind->has_cases)
    append_rows (table, "", "", "; ", out);
  else if (is_column || table->rows->len == 1)
    append_rows (table, "", "", ", ", out);
  else
    append_rows (table, is_square ? "[" : "(", is_square ? "]" : ")", ", ", out);
  g_string_append (out, table->kind->closer);
  if (is_column && !table->kind->has_cases)
    g_string_append (out, "ᵀ");
}

/* Past @what, if that comes. */
static gboolean
skip (DadamTexReader *reader, const char *what)
{
  gsize length = strlen (what);

  if ((gsize) (reader->end - reader->p) < length || memcmp (reader->p, what, length) != 0)
    return FALSE;
  reader->p += length;

  return TRUE;
}

static gboolean
read_cells (DadamTexReader *reader, Table *table)
{
  begin_row (table);
  while (!skip (reader, "\\end")) {
    if (skip (reader, "&")) {
      end_cell (table);
    } else if (skip (reader, "\\\\")) {
      dadam_tex_skip_row_gap (reader);
      end_cell (table);
      begin_row (table);
    } else if (!skip (reader, "\\hline")
               && (reader->p >= reader->end || !dadam_tex_read_one (reader, table->cell))) {
      return FALSE;
    }
  }
  end_table (table);

  return TRUE;
}

/* The columns of an array are said before its cells. */
static gboolean
read_inside (DadamTexReader *reader, Table *table)
{
  g_autoptr (GString) word = g_string_new (NULL);

  if (g_str_equal (table->kind->name, "array") && !dadam_tex_read_argument (reader, word))
    return FALSE;
  g_string_truncate (word, 0);

  return read_cells (reader, table) && dadam_tex_read_argument (reader, word)
         && g_str_equal (word->str, table->kind->name);
}

/**
 * dadam_tex_read_table:
 * @name: of an environment, whose beginning has been read
 *
 * Reads it to its end.
 */
gboolean
dadam_tex_read_table (DadamTexReader *reader, const char *name, GString *out)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (free_row);
  g_autoptr (GString) cell = g_string_new (NULL);
  Table table = { .kind = find_kind (name), .rows = rows, .cell = cell };
  guint n_rows = reader->n_rows;
  gboolean ok;

  if (table.kind == NULL || reader->depth >= DADAM_TEX_MOST_DEPTH)
    return FALSE;
  reader->depth++;
  reader->n_rows = 0; /* what divides rows and cells is the table's */
  ok = read_inside (reader, &table);
  reader->n_rows = n_rows;
  reader->depth--;
  if (ok)
    append_table (&table, out);

  return ok;
}
