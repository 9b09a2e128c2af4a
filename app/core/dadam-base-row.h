/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What stands in a row that the base brings.  Another program may have written anything.
 */
#pragma once

#include "dadam-base.h"
#include "dadam-maker.h"

G_BEGIN_DECLS

const char *dadam_row_get_text (sqlite3_stmt *row, int column);
char *dadam_row_make_text (sqlite3_stmt *row, int column);
DadamMaker *dadam_row_make_maker (sqlite3_stmt *row, int column);

G_END_DECLS
