/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two sorted lists, and who stands in which of them by id.  A conversation whose place
 * changes is taken out and put in again: the lists are as long as a life.
 */
#include "config.h"

#include "dadam-shelf.h"

struct _DadamShelf {
  GListStore *conversations; /* of DadamSummary, as the next */
  GListStore *trash;
  GHashTable *summaries; /* ids to those of both, borrowed */
};

DadamShelf *
dadam_shelf_new (void)
{
  DadamShelf *self = g_new (DadamShelf, 1);

  self->conversations = g_list_store_new (DADAM_TYPE_SUMMARY);
  self->trash = g_list_store_new (DADAM_TYPE_SUMMARY);
  self->summaries = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  return self;
}

void
dadam_shelf_free (DadamShelf *self)
{
  g_hash_table_unref (self->summaries);
  g_object_unref (self->conversations);
  g_object_unref (self->trash);
  g_free (self);
}

/**
 * dadam_shelf_get_conversations:
 *
 * Returns: (transfer none): #DadamSummary objects, the pinned first, then the newest
 */
GListModel *
dadam_shelf_get_conversations (DadamShelf *self)
{
  return G_LIST_MODEL (self->conversations);
}

GListModel *
dadam_shelf_get_trash (DadamShelf *self)
{
  return G_LIST_MODEL (self->trash);
}

/* (transfer none) (nullable): one of either. */
DadamSummary *
dadam_shelf_find (DadamShelf *self, gint64 id)
{
  return g_hash_table_lookup (self->summaries, &id);
}

/* ---- coming and going -------------------------------------------------- */

static void
remember (DadamShelf *self, DadamSummary *summary)
{
  gint64 id = dadam_summary_get_id (summary);

  g_hash_table_insert (self->summaries, g_memdup2 (&id, sizeof id), summary);
}

static GListStore *
store_of (DadamShelf *self, DadamSummary *summary)
{
  return dadam_summary_get_trashed (summary) != 0 ? self->trash : self->conversations;
}

static void
put_in (DadamShelf *self, DadamSummary *summary)
{
  g_list_store_insert_sorted (store_of (self, summary), summary, dadam_summary_compare, NULL);
}

static void
take_out (DadamShelf *self, DadamSummary *summary)
{
  GListStore *store = store_of (self, summary);
  guint position;

  if (g_list_store_find (store, summary, &position))
    g_list_store_remove (store, position);
}

static void
fill (DadamShelf *self, GListStore *store, GPtrArray *summaries)
{
  for (guint i = 0; i < summaries->len; i++)
    remember (self, summaries->pdata[i]);
  g_list_store_splice (store, 0, 0, summaries->pdata, summaries->len);
  g_list_store_sort (store, dadam_summary_compare, NULL);
}

/* Puts those that were kept beside those that are there already. */
void
dadam_shelf_fill (DadamShelf *self, GPtrArray *conversations, GPtrArray *trash)
{
  fill (self, self->conversations, conversations);
  fill (self, self->trash, trash);
}

void
dadam_shelf_add (DadamShelf *self, DadamSummary *summary)
{
  remember (self, summary);
  put_in (self, summary);
}

/* If it is there. */
void
dadam_shelf_remove (DadamShelf *self, gint64 id)
{
  DadamSummary *summary = dadam_shelf_find (self, id);

  if (summary == NULL)
    return;
  g_hash_table_remove (self->summaries, &id);
  take_out (self, summary);
}

void
dadam_shelf_clear (DadamShelf *self)
{
  g_hash_table_remove_all (self->summaries);
  g_list_store_remove_all (self->conversations);
  g_list_store_remove_all (self->trash);
}

/* ---- changing places --------------------------------------------------- */

/* Something was said in it: it goes to the top of its kind, if it is not there. */
void
dadam_shelf_touch (DadamShelf *self, gint64 id, gint64 changed)
{
  g_autoptr (DadamSummary) summary = NULL;
  g_autoptr (DadamSummary) first = g_list_model_get_item (G_LIST_MODEL (self->conversations), 0);

  if (!g_set_object (&summary, dadam_shelf_find (self, id)))
    return;
  if (summary != first)
    take_out (self, summary);
  dadam_summary_set_changed (summary, changed);
  if (summary != first)
    put_in (self, summary);
}

void
dadam_shelf_set_is_pinned (DadamShelf *self, DadamSummary *summary, gboolean is_pinned)
{
  g_autoptr (DadamSummary) alive = g_object_ref (summary);

  take_out (self, summary);
  dadam_summary_set_is_pinned (summary, is_pinned);
  put_in (self, summary);
}

/* @trashed: when it was deleted; 0: it is not. */
void
dadam_shelf_set_trashed (DadamShelf *self, DadamSummary *summary, gint64 trashed)
{
  g_autoptr (DadamSummary) alive = g_object_ref (summary);

  take_out (self, summary);
  dadam_summary_set_trashed (summary, trashed);
  put_in (self, summary);
}
