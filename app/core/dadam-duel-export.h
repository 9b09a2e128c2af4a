/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Votes as files for others.
 *
 * The table (CSV as of RFC 4180, in UTF-8 with a byte order mark, without which
 * spreadsheets take it for something else) has all of them.  A text that a spreadsheet
 * would calculate, because it begins with =, +, -, @, a tab or a carriage return, has an
 * apostrophe before it, and so has one that begins with apostrophes before these: a
 * reader takes one away.
 *
 * The lines (JSON objects) are preferences to train with: “prompt”, “chosen” and
 * “rejected”, texts, of blind votes for one answer where both models had read the same.
 * A prompt is the question as it was asked; where there was something before it, a system
 * prompt or earlier turns, each part stands below a line “### System:”, “### User:” or
 * “### Assistant:”.  “messages” has the same parts as roles and contents, for those
 * who have a model's own format.
 */
#pragma once

#include "dadam-archive.h"

G_BEGIN_DECLS

typedef enum {
  DADAM_DUELS_CSV,
  DADAM_DUELS_JSONL,
} DadamDuelsFormat;

const char *dadam_duels_format_get_suffix (DadamDuelsFormat format);
void dadam_archive_export_duels_async (DadamArchive *self,
                                       DadamDuelsFormat format,
                                       GFile *file,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean dadam_archive_export_duels_finish (DadamArchive *self,
                                            GAsyncResult *result,
                                            guint *n_written,
                                            guint *n_left_out,
                                            GError **error);

G_END_DECLS
