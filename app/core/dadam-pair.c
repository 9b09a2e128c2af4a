/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sorts votes by who met whom.  Of a pair the one that won more often is the first.
 */
#include "config.h"

#include "dadam-pair.h"

#include "dadam-choices.h"

/* Of a hash, to tell files of one name apart. */
#define SHOWN_HASH 8

struct _DadamPair {
  GObject parent_instance;

  /* Owned. */
  char *keys[2];
  char *names[2];
  GListStore *duels; /* of DadamDuel, the newest first */

  DadamTally tally;
  guint n_open;
};

G_DEFINE_FINAL_TYPE (DadamPair, dadam_pair, G_TYPE_OBJECT)

static void
dadam_pair_finalize (GObject *object)
{
  DadamPair *self = DADAM_PAIR (object);

  for (guint i = 0; i < 2; i++) {
    g_free (self->keys[i]);
    g_free (self->names[i]);
  }
  g_clear_object (&self->duels);

  G_OBJECT_CLASS (dadam_pair_parent_class)->finalize (object);
}

static void
dadam_pair_class_init (DadamPairClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dadam_pair_finalize;
}

static void
dadam_pair_init (DadamPair *self)
{
  self->duels = g_list_store_new (DADAM_TYPE_DUEL);
}

/* @which: 0 for the one that won more often, or 1 */
const char *
dadam_pair_get_name (DadamPair *self, guint which)
{
  g_return_val_if_fail (DADAM_IS_PAIR (self) && which < 2, NULL);

  return self->names[which];
}

/* Of the blind votes. */
const DadamTally *
dadam_pair_get_tally (DadamPair *self)
{
  g_return_val_if_fail (DADAM_IS_PAIR (self), NULL);

  return &self->tally;
}

/* Votes that do not count. */
guint
dadam_pair_get_n_open (DadamPair *self)
{
  g_return_val_if_fail (DADAM_IS_PAIR (self), 0);

  return self->n_open;
}

/* (transfer none): #DadamDuel objects, all of them, the newest first. */
GListModel *
dadam_pair_get_duels (DadamPair *self)
{
  g_return_val_if_fail (DADAM_IS_PAIR (self), NULL);

  return G_LIST_MODEL (self->duels);
}

/* ---- who met whom ------------------------------------------------------ */

static const char *
identify (const DadamMaker *maker)
{
  if (maker->sha256 != NULL)
    return maker->sha256;

  return maker->path != NULL ? maker->path : maker->title;
}

/* Without the seed, which is drawn anew for each answer, and the room for it. */
static DadamChoices *
read_choices (const DadamMaker *maker)
{
  DadamChoices *choices = dadam_choices_new ();

  dadam_choices_apply (choices, maker->settings);
  choices->seed = -1;
  choices->context = 0;

  return choices;
}

static char *
identify_with_choices (const DadamMaker *maker)
{
  g_autoptr (DadamChoices) choices = read_choices (maker);
  g_autofree char *json = dadam_choices_to_json (choices, NULL);

  return g_strconcat (identify (maker), " ", json, NULL);
}

/* Of the left one and of the right one; whether there are two. */
static gboolean
find_keys (DadamDuel *duel, char *keys[2])
{
  const DadamMaker *left = dadam_duel_get_maker (duel, DADAM_LEFT);
  const DadamMaker *right = dadam_duel_get_maker (duel, DADAM_RIGHT);

  if (left == NULL || right == NULL)
    return FALSE;
  if (g_str_equal (identify (left), identify (right))) {
    keys[DADAM_LEFT] = identify_with_choices (left);
    keys[DADAM_RIGHT] = identify_with_choices (right);
  } else {
    keys[DADAM_LEFT] = g_strdup (identify (left));
    keys[DADAM_RIGHT] = g_strdup (identify (right));
  }

  return !g_str_equal (keys[DADAM_LEFT], keys[DADAM_RIGHT]);
}

static char *
describe_difference (const DadamMaker *maker, const DadamMaker *other)
{
  g_autoptr (DadamChoices) choices = read_choices (maker);
  g_autoptr (DadamChoices) others = read_choices (other);

  return dadam_choices_describe (choices, others);
}

static char *
name_by_choices (const DadamMaker *maker, const DadamMaker *other)
{
  g_autofree char *difference = describe_difference (maker, other);

  return g_strdup_printf ("%s (%s)", maker->title, difference);
}

static char *
name_one (const DadamMaker *maker, const DadamMaker *other)
{
  if (g_str_equal (identify (maker), identify (other)))
    return name_by_choices (maker, other);
  if (!g_str_equal (maker->title, other->title))
    return g_strdup (maker->title);
  if (maker->sha256 != NULL)
    return g_strdup_printf ("%s (%.*s)", maker->title, SHOWN_HASH, maker->sha256);

  return g_strdup_printf ("%s (%s)", maker->title, identify (maker));
}

static DadamPair *
create_pair (DadamDuel *duel, char *keys[2])
{
  DadamPair *self = g_object_new (DADAM_TYPE_PAIR, NULL);
  const DadamMaker *left = dadam_duel_get_maker (duel, DADAM_LEFT);
  const DadamMaker *right = dadam_duel_get_maker (duel, DADAM_RIGHT);

  self->keys[0] = g_strdup (keys[DADAM_LEFT]);
  self->keys[1] = g_strdup (keys[DADAM_RIGHT]);
  self->names[0] = name_one (left, right);
  self->names[1] = name_one (right, left);

  return self;
}

/**
 * dadam_pair_name_side:
 * @duel: one of the pair's
 *
 * Returns: (transfer none): who stood on that side
 */
const char *
dadam_pair_name_side (DadamPair *self, DadamDuel *duel, DadamSide side)
{
  g_autofree char *left = NULL;
  g_autofree char *right = NULL;
  char *keys[2] = { NULL, NULL };

  g_return_val_if_fail (DADAM_IS_PAIR (self), NULL);

  find_keys (duel, keys);
  left = keys[DADAM_LEFT];
  right = keys[DADAM_RIGHT];

  return self->names[g_strcmp0 (keys[side], self->keys[0]) == 0 ? 0 : 1];
}

/**
 * dadam_pair_describe_settings:
 * @duel: one of the pair's
 *
 * Returns: (transfer full): what was set otherwise for that side than for the other one,
 *   but for the seed; empty where nothing was
 */
char *
dadam_pair_describe_settings (DadamPair *self, DadamDuel *duel, DadamSide side)
{
  const DadamMaker *maker = dadam_duel_get_maker (duel, side);
  const DadamMaker *other = dadam_duel_get_maker (duel, !side);

  g_return_val_if_fail (DADAM_IS_PAIR (self), NULL);
  g_return_val_if_fail (maker != NULL && other != NULL, NULL);

  return describe_difference (maker, other);
}

/* ---- counting ---------------------------------------------------------- */

static void
count (DadamPair *self, DadamDuel *duel, char *keys[2])
{
  guint left = g_str_equal (self->keys[0], keys[DADAM_LEFT]) ? 0 : 1;

  g_list_store_append (self->duels, duel);
  if (!dadam_duel_get_is_blind (duel)) {
    self->n_open++;
    return;
  }
  switch (dadam_duel_get_verdict (duel)) {
  case DADAM_VERDICT_LEFT: self->tally.wins[left]++; break;
  case DADAM_VERDICT_RIGHT: self->tally.wins[1 - left]++; break;
  case DADAM_VERDICT_TIE: self->tally.ties++; break;
  case DADAM_VERDICT_BOTH_BAD: self->tally.both_bad++; break;
  case DADAM_VERDICT_NONE:
  default: g_assert_not_reached ();
  }
}

/* In a table from both keys, the lesser first, to their pair. */
static void
sort_in (GHashTable *pairs, DadamDuel *duel, char *keys[2])
{
  gboolean is_turned = strcmp (keys[DADAM_LEFT], keys[DADAM_RIGHT]) > 0;
  g_autofree char *both = g_strconcat (keys[is_turned], "\n", keys[!is_turned], NULL);
  DadamPair *pair = g_hash_table_lookup (pairs, both);

  if (pair == NULL) {
    pair = create_pair (duel, keys);
    g_hash_table_insert (pairs, g_steal_pointer (&both), pair);
  }
  count (pair, duel, keys);
}

static void
turn (char *two[2])
{
  char *first = two[0];

  two[0] = two[1];
  two[1] = first;
}

/* The better one first; of equals by name, so that a list stays as it is. */
static void
put_in_order (DadamPair *self)
{
  DadamTally *tally = &self->tally;
  guint wins = tally->wins[0];

  if (wins > tally->wins[1]
      || (wins == tally->wins[1] && g_utf8_collate (self->names[0], self->names[1]) <= 0))
    return;
  turn (self->keys);
  turn (self->names);
  tally->wins[0] = tally->wins[1];
  tally->wins[1] = wins;
}

static int
compare_pairs (gconstpointer a, gconstpointer b, gpointer user_data)
{
  DadamPair *one = (DadamPair *) a;
  DadamPair *other = (DadamPair *) b;
  guint n_one = g_list_model_get_n_items (G_LIST_MODEL (one->duels));
  guint n_other = g_list_model_get_n_items (G_LIST_MODEL (other->duels));

  if (n_one != n_other)
    return n_one < n_other ? 1 : -1;

  return g_utf8_collate (one->names[0], other->names[0]);
}

static GListModel *
list_pairs (GHashTable *pairs)
{
  GListStore *list = g_list_store_new (DADAM_TYPE_PAIR);
  GHashTableIter iter;
  gpointer pair;

  g_hash_table_iter_init (&iter, pairs);
  while (g_hash_table_iter_next (&iter, NULL, &pair)) {
    put_in_order (pair);
    g_list_store_append (list, pair);
  }
  g_list_store_sort (list, compare_pairs, NULL);

  return G_LIST_MODEL (list);
}

/**
 * dadam_pairs_count:
 * @duels: #DadamDuel objects that have a verdict, the newest first
 * @n_alone: (out): how many were no duel of two: the same model with the same settings on
 *   both sides, or nobody knows which
 *
 * Returns: (transfer full): #DadamPair objects, those with most votes first
 */
GListModel *
dadam_pairs_count (GListModel *duels, guint *n_alone)
{
  g_autoptr (GHashTable)
      pairs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  guint n = g_list_model_get_n_items (duels);

  *n_alone = 0;
  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamDuel) duel = g_list_model_get_item (duels, i);
    char *keys[2] = { NULL, NULL };

    if (find_keys (duel, keys))
      sort_in (pairs, duel, keys);
    else
      *n_alone += 1;
    g_free (keys[0]);
    g_free (keys[1]);
  }

  return list_pairs (pairs);
}
