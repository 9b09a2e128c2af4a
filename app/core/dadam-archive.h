/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The conversations that are kept: lists of them for people, and what may be done to
 * one without opening it.  What is said in one is DadamConversation's.  Main thread
 * only; nothing blocks but closing.
 */
#pragma once

#include <gio/gio.h>

#include "dadam-archive-error.h"
#include "dadam-duel.h"
#include "dadam-summary.h"

G_BEGIN_DECLS

#define DADAM_TYPE_ARCHIVE (dadam_archive_get_type ())

G_DECLARE_FINAL_TYPE (DadamArchive, dadam_archive, DADAM, ARCHIVE, GObject)

typedef enum {
  DADAM_ARCHIVE_OPENING,
  DADAM_ARCHIVE_OPEN,
  DADAM_ARCHIVE_UNAVAILABLE, /* nothing is kept; dadam_archive_get_error() says why */
} DadamArchiveState;

/* A value: which conversation is shown. */
#define DADAM_ARCHIVE_SHOWN "shown"

DadamArchive *dadam_archive_new (const char *path);
void dadam_archive_close (DadamArchive *self);
const char *dadam_archive_get_path (DadamArchive *self);
DadamArchiveState dadam_archive_get_state (DadamArchive *self);
const GError *dadam_archive_get_error (DadamArchive *self);
const char *dadam_archive_get_set_aside (DadamArchive *self, gint64 *n_saved);

GListModel *dadam_archive_get_conversations (DadamArchive *self);
GListModel *dadam_archive_get_trash (DadamArchive *self);
DadamSummary *dadam_archive_find (DadamArchive *self, gint64 id);
void dadam_archive_rename (DadamArchive *self, gint64 id, const char *title);
void dadam_archive_set_pinned (DadamArchive *self, gint64 id, gboolean is_pinned);
void dadam_archive_trash (DadamArchive *self, gint64 id);
void dadam_archive_restore (DadamArchive *self, gint64 id);
void dadam_archive_remove (DadamArchive *self, gint64 id);
void dadam_archive_empty_trash (DadamArchive *self);

const char *dadam_archive_get_value (DadamArchive *self, const char *name);
void dadam_archive_set_value (DadamArchive *self, const char *name, const char *value);

void dadam_archive_search_async (DadamArchive *self,
                                 const char *text,
                                 guint most,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
GListModel *dadam_archive_search_finish (DadamArchive *self, GAsyncResult *result, GError **error);
void dadam_archive_vote_async (DadamArchive *self,
                               DadamDuel *duel,
                               DadamVerdict verdict,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean dadam_archive_vote_finish (DadamArchive *self, GAsyncResult *result, GError **error);
void dadam_archive_read_duels_async (DadamArchive *self,
                                     gint64 conversation,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
GListModel *dadam_archive_read_duels_finish (DadamArchive *self,
                                             GAsyncResult *result,
                                             GError **error);
void dadam_archive_back_up_async (DadamArchive *self,
                                  GFile *file,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean dadam_archive_back_up_finish (DadamArchive *self, GAsyncResult *result, GError **error);
void dadam_archive_remove_all_async (DadamArchive *self,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean dadam_archive_remove_all_finish (DadamArchive *self, GAsyncResult *result, GError **error);

G_END_DECLS
