/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The SHA-256 of a model's file, by which an answer's maker is known for ever: written
 * down beside the file, remembered, or worked out once.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void dadam_digest_async (const char *path,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
char *dadam_digest_finish (GAsyncResult *result, GError **error);

G_END_DECLS
