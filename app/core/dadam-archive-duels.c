/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Votes on duels: each is stored once, and counted once it is on the disk.
 */
#include "config.h"

#include "dadam-archive-private.h"
#include "dadam-duel-rows.h"

typedef struct {
  DadamDuel *duel; /* owned */
  DadamVerdict verdict;
  gint64 voted;
} Vote;

static void
vote_free (gpointer data)
{
  Vote *vote = data;

  g_object_unref (vote->duel);
  g_free (vote);
}

/* A job of the scribe's. */
static gboolean
write_vote (DadamBase *base, gpointer data, GError **error)
{
  Vote *vote = data;

  return dadam_duel_judge (base, vote->duel, vote->verdict, vote->voted, error);
}

/**
 * dadam_archive_vote_async:
 * @duel: one that was opened, and has no verdict
 *
 * Stores what a person thought.  Once it has finished, the vote is on the disk, and
 * @duel has the verdict: only then may anything be revealed.  A second vote is refused.
 */
void
dadam_archive_vote_async (DadamArchive *self,
                          DadamDuel *duel,
                          DadamVerdict verdict,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GTask *task;
  Vote *vote;

  g_return_if_fail (DADAM_IS_ARCHIVE (self));
  g_return_if_fail (verdict > DADAM_VERDICT_NONE && verdict <= DADAM_VERDICT_BOTH_BAD);

  task = g_task_new (self, NULL, callback, user_data);
  vote = g_new (Vote, 1);
  vote->duel = g_object_ref (duel);
  vote->verdict = verdict;
  vote->voted = g_get_real_time ();
  g_task_set_source_tag (task, dadam_archive_vote_async);
  dadam_archive_push (self, write_vote, vote, vote_free, task);
}

gboolean
dadam_archive_vote_finish (DadamArchive *self, GAsyncResult *result, GError **error)
{
  Vote *vote;

  g_return_val_if_fail (DADAM_IS_ARCHIVE (self), FALSE);

  vote = g_task_propagate_pointer (G_TASK (result), error);
  if (vote == NULL)
    return FALSE;
  dadam_duel_set_verdict (vote->duel, vote->verdict, vote->voted);
  vote_free (vote);

  return TRUE;
}

/* ---- reading ----------------------------------------------------------- */

typedef struct {
  gint64 conversation;
  GPtrArray *duels; /* of DadamDuel */
} Reading;

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  g_ptr_array_unref (reading->duels);
  g_free (reading);
}

/* A job of the scribe's. */
static gboolean
read_duels (DadamBase *base, gpointer data, GError **error)
{
  Reading *reading = data;

  return dadam_duel_read (base, reading->conversation, reading->duels, error);
}

/**
 * dadam_archive_read_duels_async:
 * @conversation: whose duels, also those that have no verdict yet; 0: all that have one,
 *   but those of conversations in the trash
 *
 * Reads duels, with the question and the answers, and of those with a verdict who made
 * them and how.
 */
void
dadam_archive_read_duels_async (DadamArchive *self,
                                gint64 conversation,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task;
  Reading *reading;

  g_return_if_fail (DADAM_IS_ARCHIVE (self));

  task = g_task_new (self, NULL, callback, user_data);
  reading = g_new (Reading, 1);
  reading->conversation = conversation;
  reading->duels = g_ptr_array_new_with_free_func (g_object_unref);
  g_task_set_source_tag (task, dadam_archive_read_duels_async);
  dadam_archive_push (self, read_duels, reading, reading_free, task);
}

/* (transfer full): a list of DadamDuel, the newest first. */
GListModel *
dadam_archive_read_duels_finish (DadamArchive *self, GAsyncResult *result, GError **error)
{
  Reading *reading;
  GListStore *duels;

  g_return_val_if_fail (DADAM_IS_ARCHIVE (self), NULL);

  reading = g_task_propagate_pointer (G_TASK (result), error);
  if (reading == NULL)
    return NULL;
  duels = g_list_store_new (DADAM_TYPE_DUEL);
  g_list_store_splice (duels, 0, 0, reading->duels->pdata, reading->duels->len);
  reading_free (reading);

  return G_LIST_MODEL (duels);
}
