/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What conversations ask of the archive, and the jobs it gives the scribe.
 */
#pragma once

#include "dadam-archive.h"
#include "dadam-change.h"
#include "dadam-scribe.h"
#include "dadam-tree.h"

G_BEGIN_DECLS

/* What the open archive begins with. */
typedef struct {
  GPtrArray *conversations; /* of DadamSummary, as the next */
  GPtrArray *trash;
  GHashTable *values; /* names to values */
  gint64 last_id;
} DadamOpened;

/* A conversation as it is kept, or one pane of it. */
typedef struct {
  gint64 id;
  int pane;
  DadamKind kind;
  char *draft;
  char *settings;
  char *model;
  char *device;
  GPtrArray *messages; /* of DadamMessage, parents first */
  GArray *chosen;      /* of gint64, in pairs: a message, or 0, and what is shown after it */
} DadamStored;

DadamOpened *dadam_opened_new (void);
void dadam_opened_free (gpointer opened);
gboolean dadam_opened_read (DadamBase *base, gpointer opened, GError **error);
DadamStored *dadam_stored_new (gint64 id, int pane);
void dadam_stored_free (gpointer stored);
gboolean dadam_stored_read (DadamBase *base, gpointer stored, GError **error);
void dadam_stored_plant (DadamStored *self, DadamTree *tree);
gboolean dadam_everything_remove (DadamBase *base, gpointer path, GError **error);

gint64 dadam_archive_make_id (DadamArchive *self);
void dadam_archive_write (DadamArchive *self, DadamChange *change);
void dadam_archive_write_async (DadamArchive *self,
                                DadamChange *change,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean dadam_archive_write_finish (GAsyncResult *result, GError **error);
void dadam_archive_load_async (DadamArchive *self,
                               gint64 id,
                               int pane,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
DadamStored *dadam_archive_load_finish (GAsyncResult *result, GError **error);
void dadam_archive_push (DadamArchive *self,
                         DadamJobFunc func,
                         gpointer data,
                         GDestroyNotify free_data,
                         GTask *task);
void dadam_archive_push_plain (DadamArchive *self,
                               DadamJobFunc func,
                               gpointer data,
                               GDestroyNotify free_data,
                               GTask *task);
void dadam_archive_forget (DadamArchive *self);
void dadam_archive_add (DadamArchive *self, DadamSummary *summary);
void dadam_archive_drop (DadamArchive *self, gint64 id);
void dadam_archive_note_value (DadamArchive *self,
                               DadamChange *change,
                               const char *name,
                               const char *value);
void dadam_archive_touch (DadamArchive *self, gint64 id, gint64 changed);
GObject *dadam_archive_get_in_use (DadamArchive *self, gint64 id);
void dadam_archive_set_in_use (DadamArchive *self, gint64 id, GObject *user);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamStored, dadam_stored_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamOpened, dadam_opened_free)

G_END_DECLS
