/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The models on this computer: those of the store, imported ones in their own
 * places, and those other programs of the Hub keep.  A list of DadamInstalled.
 * One program at a time changes the store.
 */
#pragma once

#include "dadam-part.h"
#include "dadam-store-error.h"

G_BEGIN_DECLS

typedef enum {
  DADAM_ORIGIN_STORE,
  DADAM_ORIGIN_IMPORTED, /* stays where its owner put it */
  DADAM_ORIGIN_SHARED,   /* in the cache that programs of the Hub share */
} DadamOrigin;

#define DADAM_TYPE_INSTALLED (dadam_installed_get_type ())

G_DECLARE_FINAL_TYPE (DadamInstalled, dadam_installed, DADAM, INSTALLED, GObject)

const char *dadam_installed_get_name (DadamInstalled *self);
const char *dadam_installed_get_path (DadamInstalled *self);
const char *dadam_installed_get_repo (DadamInstalled *self);
const char *dadam_installed_get_commit (DadamInstalled *self);
const char *dadam_installed_get_hash (DadamInstalled *self);
const char *dadam_installed_get_licence (DadamInstalled *self);
gint64 dadam_installed_get_size (DadamInstalled *self);
GDateTime *dadam_installed_get_verified (DadamInstalled *self);
DadamOrigin dadam_installed_get_origin (DadamInstalled *self);
gboolean dadam_installed_is_missing (DadamInstalled *self);

#define DADAM_TYPE_STORE (dadam_store_get_type ())

G_DECLARE_FINAL_TYPE (DadamStore, dadam_store, DADAM, STORE, GObject)

DadamStore *dadam_store_new (const char *root);
const char *dadam_store_get_root (DadamStore *self);
gboolean dadam_store_lock (DadamStore *self, GError **error);
void dadam_store_unlock (DadamStore *self);
gboolean dadam_store_is_locked (DadamStore *self);
void dadam_store_refresh (DadamStore *self);
void dadam_store_refresh_async (DadamStore *self,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean dadam_store_refresh_finish (DadamStore *self, GAsyncResult *result, GError **error);
DadamInstalled *dadam_store_find (DadamStore *self, const char *name, GError **error);
DadamInstalled *dadam_store_find_path (DadamStore *self, const char *path);
char *dadam_store_find_repo (DadamStore *self, const char *path);
char *dadam_store_get_place (DadamStore *self, const DadamFacts *facts);
gboolean dadam_store_has (DadamStore *self, const DadamFacts *facts);
GPtrArray *dadam_store_get_unfinished (DadamStore *self);
gint64 dadam_store_get_used (DadamStore *self);
gint64 dadam_store_get_free (DadamStore *self);

void dadam_store_import_async (DadamStore *self,
                               const char *const *paths,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
guint dadam_store_import_finish (DadamStore *self, GAsyncResult *result, GError **error);
gboolean dadam_store_remove (DadamStore *self, DadamInstalled *installed, GError **error);
gboolean dadam_store_restore (DadamStore *self, DadamInstalled *installed, GError **error);
void dadam_store_purge_one (DadamStore *self, DadamInstalled *installed);
void dadam_store_purge (DadamStore *self, gint64 seconds);

typedef void (*DadamVerifyProgress) (gint64 done, gint64 size, gpointer user_data);
void dadam_store_verify_async (DadamStore *self,
                               DadamInstalled *installed,
                               GCancellable *cancellable,
                               DadamVerifyProgress progress,
                               gpointer progress_data,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean dadam_store_verify_finish (DadamStore *self, GAsyncResult *result, GError **error);

G_END_DECLS
