/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Columns as values.
 */
#include "config.h"

#include "dadam-base-row.h"

/* (transfer none) (nullable): as it is, until the next row. */
const char *
dadam_row_get_text (sqlite3_stmt *row, int column)
{
  return (const char *) sqlite3_column_text (row, column);
}

/* (transfer full): UTF-8, to be seen. */
char *
dadam_row_make_text (sqlite3_stmt *row, int column)
{
  const char *text = dadam_row_get_text (row, column);

  return g_utf8_make_valid (text != NULL ? text : "", -1);
}

/* (transfer none) (nullable): UTF-8, or nothing. */
static const char *
get_valid_text (sqlite3_stmt *row, int column)
{
  const char *text = dadam_row_get_text (row, column);

  return text != NULL && g_utf8_validate (text, -1, NULL) ? text : NULL;
}

/* (transfer full) (nullable): of the columns model_title, model_path, model_sha256, device, format,
 * settings and seed, the first of which is @column. */
DadamMaker *
dadam_row_make_maker (sqlite3_stmt *row, int column)
{
  g_autofree char *title = dadam_row_make_text (row, column);
  const DadamMaker fields = {
    .title = title,
    .path = dadam_row_get_text (row, column + 1),
    .sha256 = get_valid_text (row, column + 2),
    .device = get_valid_text (row, column + 3),
    .format = get_valid_text (row, column + 4),
    .settings = get_valid_text (row, column + 5),
    .seed = sqlite3_column_int64 (row, column + 6),
  };

  return *title != '\0' ? dadam_maker_new (&fields) : NULL;
}
