/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Places of messages, found by id.  The place 0 is before the first message.  Changes
 * are made one by one and shown together by dadam_tree_show(), so that the list
 * changes once.
 */
#include "config.h"

#include "dadam-tree.h"

typedef struct Place Place;

struct Place {
  DadamMessage *message; /* owned; %NULL: the place before the first */
  GPtrArray *next;       /* of Place, borrowed, in the order of making */
  Place *chosen;         /* one of `next` */
};

struct _DadamTree {
  /* Owned. */
  GHashTable *places; /* gint64 → Place */
  GListStore *branch; /* of DadamMessage */
};

static void
place_free (gpointer data)
{
  Place *place = data;

  g_clear_object (&place->message);
  g_ptr_array_unref (place->next);
  g_free (place);
}

static Place *
add_place (DadamTree *self, gint64 id, DadamMessage *message)
{
  Place *place = g_new0 (Place, 1);

  g_set_object (&place->message, message);
  place->next = g_ptr_array_new ();
  g_hash_table_insert (self->places, g_memdup2 (&id, sizeof id), place);

  return place;
}

static Place *
find (DadamTree *self, gint64 id)
{
  return g_hash_table_lookup (self->places, &id);
}

DadamTree *
dadam_tree_new (void)
{
  DadamTree *self = g_new0 (DadamTree, 1);

  self->places = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, place_free);
  self->branch = g_list_store_new (DADAM_TYPE_MESSAGE);
  add_place (self, 0, NULL);

  return self;
}

void
dadam_tree_free (DadamTree *self)
{
  g_hash_table_unref (self->places);
  g_object_unref (self->branch);
  g_free (self);
}

/**
 * dadam_tree_get_branch:
 *
 * Returns: (transfer none): the messages that are shown, as dadam_tree_show() left
 *   them
 */
GListModel *
dadam_tree_get_branch (DadamTree *self)
{
  return G_LIST_MODEL (self->branch);
}

/* (transfer none) (nullable), as the next two. */
DadamMessage *
dadam_tree_get (DadamTree *self, gint64 id)
{
  Place *place = find (self, id);

  return place != NULL ? place->message : NULL;
}

/* Which of those after @parent is shown, or would be. */
DadamMessage *
dadam_tree_get_chosen (DadamTree *self, gint64 parent)
{
  Place *place = find (self, parent);

  return place != NULL && place->chosen != NULL ? place->chosen->message : NULL;
}

/* The message that is @step further on in the same place. */
DadamMessage *
dadam_tree_get_sibling (DadamTree *self, DadamMessage *message, int step)
{
  Place *parent = find (self, dadam_message_get_parent (message));
  guint n;
  guint i = dadam_message_get_sibling (message, &n);
  gint64 wanted = (gint64) i + step;

  if (parent == NULL || wanted < 0 || wanted >= parent->next->len)
    return NULL;

  return ((Place *) parent->next->pdata[wanted])->message;
}

/* The id of the last message of the branch as it would be shown; 0: there is none. */
gint64
dadam_tree_get_last (DadamTree *self)
{
  Place *place = find (self, 0);

  while (place->chosen != NULL)
    place = place->chosen;

  return place->message != NULL ? dadam_message_get_id (place->message) : 0;
}

static void
number (Place *parent)
{
  for (guint i = 0; i < parent->next->len; i++)
    dadam_message_set_sibling (((Place *) parent->next->pdata[i])->message, i, parent->next->len);
}

/**
 * dadam_tree_add:
 *
 * Adds a message after its parent, which must be there, as the newest of its place;
 * it is the one to be shown.
 */
void
dadam_tree_add (DadamTree *self, DadamMessage *message)
{
  Place *parent = find (self, dadam_message_get_parent (message));
  Place *place;

  g_return_if_fail (parent != NULL && find (self, dadam_message_get_id (message)) == NULL);

  place = add_place (self, dadam_message_get_id (message), message);
  g_ptr_array_add (parent->next, place);
  parent->chosen = place;
  number (parent);
}

/**
 * dadam_tree_remove:
 *
 * Removes a message that nothing follows.  The newest of its place is shown instead.
 */
void
dadam_tree_remove (DadamTree *self, DadamMessage *message)
{
  gint64 id = dadam_message_get_id (message);
  Place *parent = find (self, dadam_message_get_parent (message));
  Place *place = find (self, id);

  g_return_if_fail (place != NULL && place->next->len == 0);

  g_ptr_array_remove (parent->next, place);
  if (parent->chosen == place)
    parent->chosen = parent->next->len > 0 ? parent->next->pdata[parent->next->len - 1] : NULL;
  number (parent);
  g_hash_table_remove (self->places, &id);
}

/* Which message after @parent is to be shown; one that is not there changes nothing. */
void
dadam_tree_choose (DadamTree *self, gint64 parent, gint64 id)
{
  Place *place = find (self, parent);
  Place *chosen = find (self, id);
  guint i;

  if (place != NULL && chosen != NULL && g_ptr_array_find (place->next, chosen, &i))
    place->chosen = chosen;
}

/* Brings the list to what is chosen, by one change of all that differs. */
void
dadam_tree_show (DadamTree *self)
{
  g_autoptr (GPtrArray) wanted = g_ptr_array_new ();
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->branch));
  guint same = 0;

  for (Place *place = find (self, 0)->chosen; place != NULL; place = place->chosen)
    g_ptr_array_add (wanted, place->message);
  for (; same < n && same < wanted->len; same++) {
    g_autoptr (DadamMessage) shown = g_list_model_get_item (G_LIST_MODEL (self->branch), same);

    if (shown != wanted->pdata[same])
      break;
  }
  if (same < n || same < wanted->len)
    g_list_store_splice (self->branch, same, n - same, wanted->pdata + same, wanted->len - same);
}
