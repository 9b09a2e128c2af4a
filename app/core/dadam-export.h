/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation as a file for others: the branch that is shown as Markdown or as a
 * web page, or the whole tree with all that is known of it as JSON.
 */
#pragma once

#include "dadam-archive.h"

G_BEGIN_DECLS

typedef enum {
  DADAM_EXPORT_MARKDOWN,
  DADAM_EXPORT_HTML,
  DADAM_EXPORT_JSON,
} DadamExport;

const char *dadam_export_get_suffix (DadamExport format);
const char *dadam_export_get_title (DadamExport format);
char *dadam_export_make_name (DadamExport format, const char *title);
void dadam_archive_export_async (DadamArchive *self,
                                 gint64 id,
                                 DadamExport format,
                                 GFile *file,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean dadam_archive_export_finish (DadamArchive *self, GAsyncResult *result, GError **error);

G_END_DECLS
