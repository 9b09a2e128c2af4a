/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine as the app sees it: one thread of its own that owns the engine and
 * all sessions, and models that are loaded beside it.  Nothing here blocks.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DADAM_TYPE_ENGINE (dadam_engine_get_type ())

G_DECLARE_FINAL_TYPE (DadamEngine, dadam_engine, DADAM, ENGINE, GObject)

/* A model ready to answer.  Reference counted; any thread.  The last reference
 * closes it on the engine thread. */
typedef struct _DadamLoaded DadamLoaded;

/* Called on the thread-default main context of the caller, at most 30 times a second. */
typedef void (*DadamLoadProgress) (double fraction, gpointer user_data);

DadamEngine *dadam_engine_new (void);
GListModel *dadam_engine_get_devices (DadamEngine *self);
const char *dadam_engine_get_testing (DadamEngine *self);
void dadam_engine_forget_verdicts (DadamEngine *self);
void dadam_engine_diagnose_async (DadamEngine *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
char *dadam_engine_diagnose_finish (DadamEngine *self, GAsyncResult *result, GError **error);
const char *dadam_engine_get_format (guint i, const char **title);
const char *dadam_engine_find_format (const char *name);
void dadam_engine_drain_async (DadamEngine *self, GAsyncReadyCallback callback, gpointer user_data);
void dadam_engine_check_async (DadamEngine *self,
                               const char *path,
                               const char *devices,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean dadam_engine_check_finish (DadamEngine *self, GAsyncResult *result, GError **error);
void dadam_engine_load_async (DadamEngine *self,
                              const char *path,
                              const char *devices,
                              gint64 context,
                              GCancellable *cancellable,
                              DadamLoadProgress progress,
                              gpointer progress_data,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
DadamLoaded *dadam_engine_load_finish (DadamEngine *self, GAsyncResult *result, GError **error);

DadamLoaded *dadam_loaded_ref (DadamLoaded *self);
void dadam_loaded_unref (DadamLoaded *self);
const char *dadam_loaded_get_name (DadamLoaded *self);
const char *dadam_loaded_get_device (DadamLoaded *self);
const char *dadam_loaded_get_passed_over (DadamLoaded *self);
void dadam_loaded_get_layers (DadamLoaded *self, int *layers, int *card_layers);
void dadam_loaded_get_taken (DadamLoaded *self, guint64 *taken);
const char *dadam_loaded_get_format (DadamLoaded *self);
gint64 dadam_loaded_get_context (DadamLoaded *self);
gint64 dadam_loaded_get_longest_context (DadamLoaded *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamLoaded, dadam_loaded_unref)

G_END_DECLS
