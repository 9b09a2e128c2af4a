/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One thread's HTTP: requests that are written as straight lines and yet end by a
 * deadline, a stall or a cancellation.  It follows no redirect, knows no token,
 * keeps no cookie, decodes no body.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _DadamHttp DadamHttp;

DadamHttp *dadam_http_new (GTlsDatabase *tls_database,
                           guint idle_seconds,
                           GCancellable *cancellable);
void dadam_http_free (DadamHttp *self);
GCancellable *dadam_http_get_cancellable (DadamHttp *self);

gboolean dadam_http_send (DadamHttp *self, SoupMessage *message, GError **error);
gssize dadam_http_read (DadamHttp *self, void *buffer, gsize size, GError **error);
GBytes *dadam_http_read_all (DadamHttp *self, gsize limit, GError **error);
guint64 dadam_http_close (DadamHttp *self);
gboolean dadam_http_sleep (DadamHttp *self, double seconds, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamHttp, dadam_http_free)

G_END_DECLS
