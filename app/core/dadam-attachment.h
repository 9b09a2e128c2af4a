/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Text files that go with a message.  A message has them in front of its text, each as
 * a fenced block whose info string names it: so a model can read them, and a message
 * can be taken apart again to be shown.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DADAM_ATTACHMENT_LIMIT (512 * 1024) /* bytes of a file */

#define DADAM_TYPE_ATTACHMENT (dadam_attachment_get_type ())

G_DECLARE_FINAL_TYPE (DadamAttachment, dadam_attachment, DADAM, ATTACHMENT, GObject)

DadamAttachment *dadam_attachment_new (const char *name, const char *text);
const char *dadam_attachment_get_name (DadamAttachment *self);
const char *dadam_attachment_get_text (DadamAttachment *self);
void dadam_attachment_load_async (GFile *file,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
DadamAttachment *dadam_attachment_load_finish (GAsyncResult *result, GError **error);

char *dadam_attachments_join (GListModel *attachments, const char *text);
const char *dadam_attachments_split (const char *message, GPtrArray *attachments);
char *dadam_attachments_merge (const char *before, const char *after);
char *dadam_attachments_make_said (const char *message);

G_END_DECLS
