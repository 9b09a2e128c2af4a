/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is said from votes: the same as scipy says; who is counted as whom; in words.
 */
#include "config.h"

#include <math.h>

#include "check.h"
#include "dadam-pair-words.h"
#include "golden/tally.h"

/* ---- numbers ------------------------------------------------------------ */

static void
test_tally (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (golden_tallies); i++) {
    const guint wins = golden_tallies[i].wins, n = golden_tallies[i].n;
    const DadamTally tally = { .wins = { wins, n - wins }, .ties = 3, .both_bad = 2 };
    double low, high, p = dadam_tally_get_p (&tally);

    dadam_tally_get_interval (&tally, &low, &high);
    CHECK_MSG (fabs (low - golden_tallies[i].low) < 1e-14
                   && fabs (high - golden_tallies[i].high) < 1e-14,
               "%u of %u: %.17g to %.17g", wins, n, low, high);
    CHECK_MSG (fabs (p - golden_tallies[i].p) <= 1e-9 * golden_tallies[i].p, "%u of %u: %.17g",
               wins, n, p);
    CHECK (dadam_tally_get_share (&tally) == (double) wins / n);
    CHECK (dadam_tally_is_known (&tally) == (n >= 10));
    CHECK (dadam_tally_get_total (&tally) == n + 5);
  }
}

/* Nothing is known of nothing. */
static void
test_empty (void)
{
  const DadamTally none = { .ties = 20 };
  double low, high;

  dadam_tally_get_interval (&none, &low, &high);
  CHECK (low == 0 && high == 1 && dadam_tally_get_p (&none) == 1);
  CHECK (!dadam_tally_is_known (&none) && dadam_tally_get_share (&none) == 0.5);
}

/* ---- pairs -------------------------------------------------------------- */

typedef struct {
  const char *title, *sha256, *settings;
} Contender;

static const Contender komt = { "komt", "aaaaaaaaaaaa", "{\"temperature\":0.7,\"seed\":1}" };
static const Contender cool = { "komt", "aaaaaaaaaaaa", "{\"temperature\":0.2,\"seed\":2}" };
static const Contender again = { "komt", "aaaaaaaaaaaa", "{\"temperature\":0.7,\"seed\":9}" };
static const Contender renamed = { "komt new", "aaaaaaaaaaaa", "{}" };
static const Contender other = { "llama", "bbbbbbbbbbbb", "{}" };
static const Contender twin = { "komt", "cccccccccccc", "{}" };

static void
set_side (DadamDuel *duel, DadamSide side, const Contender *contender)
{
  const DadamMaker fields = {
    .title = contender->title,
    .path = "/somewhere",
    .sha256 = contender->sha256,
    .settings = contender->settings,
  };
  g_autoptr (DadamMaker) maker = dadam_maker_new (&fields);

  dadam_duel_set_said (duel, side, "답", maker);
}

static void
add (GListStore *duels,
     const Contender *left,
     const Contender *right,
     DadamVerdict verdict,
     gboolean is_blind)
{
  g_autoptr (DadamDuel) duel = dadam_duel_new (1, 2, is_blind);

  set_side (duel, DADAM_LEFT, left);
  set_side (duel, DADAM_RIGHT, right);
  dadam_duel_set_verdict (duel, verdict, 1);
  g_list_store_append (duels, duel);
}

static void
check_pair (GListModel *pairs, guint i, const char *names, const DadamTally *tally, guint n_open)
{
  g_autoptr (DadamPair) pair = g_list_model_get_item (pairs, i);
  g_autofree char *found = NULL;

  CHECK (pair != NULL);
  if (pair == NULL)
    return;
  found = g_strdup_printf ("%s | %s", dadam_pair_get_name (pair, 0), dadam_pair_get_name (pair, 1));
  CHECK_MSG (g_str_equal (found, names), "%s", found);
  CHECK_MSG (memcmp (dadam_pair_get_tally (pair), tally, sizeof *tally) == 0, "%s", names);
  CHECK (dadam_pair_get_n_open (pair) == n_open);
  CHECK (g_list_model_get_n_items (dadam_pair_get_duels (pair))
         == dadam_tally_get_total (tally) + n_open);
}

/* On whichever side it stood, and whatever its file was called. */
static void
test_pairs (void)
{
  g_autoptr (GListStore) duels = g_list_store_new (DADAM_TYPE_DUEL);
  g_autoptr (GListModel) pairs = NULL;
  guint n_alone = 0;

  add (duels, &komt, &other, DADAM_VERDICT_RIGHT, TRUE);
  add (duels, &other, &komt, DADAM_VERDICT_LEFT, TRUE);
  add (duels, &renamed, &other, DADAM_VERDICT_LEFT, TRUE);
  add (duels, &cool, &other, DADAM_VERDICT_TIE, TRUE);
  add (duels, &other, &cool, DADAM_VERDICT_BOTH_BAD, TRUE);
  add (duels, &other, &cool, DADAM_VERDICT_RIGHT, FALSE);
  add (duels, &komt, &twin, DADAM_VERDICT_LEFT, TRUE);
  add (duels, &twin, &komt, DADAM_VERDICT_TIE, TRUE);
  add (duels, &cool, &komt, DADAM_VERDICT_LEFT, TRUE);
  add (duels, &again, &cool, DADAM_VERDICT_RIGHT, TRUE);
  add (duels, &again, &cool, DADAM_VERDICT_RIGHT, TRUE);
  add (duels, &komt, &again, DADAM_VERDICT_RIGHT, TRUE);

  pairs = dadam_pairs_count (G_LIST_MODEL (duels), &n_alone);
  CHECK (g_list_model_get_n_items (pairs) == 3 && n_alone == 1);
  check_pair (pairs, 0, "llama | komt", &(const DadamTally) { { 2, 1 }, 1, 1 }, 1);
  check_pair (pairs, 1, "komt (Temperature 0.2) | komt (Temperature 0.7)",
              &(const DadamTally) { { 3, 0 }, 0, 0 }, 0);
  check_pair (pairs, 2, "komt (aaaaaaaa) | komt (cccccccc)", &(const DadamTally) { { 1, 0 }, 1, 0 },
              0);
}

/* Who is not known meets nobody. */
static void
test_unknown (void)
{
  g_autoptr (GListStore) duels = g_list_store_new (DADAM_TYPE_DUEL);
  g_autoptr (GListModel) pairs = NULL;
  g_autoptr (DadamDuel) duel = dadam_duel_new (1, 2, TRUE);
  guint n_alone = 0;

  set_side (duel, DADAM_LEFT, &komt);
  dadam_duel_set_verdict (duel, DADAM_VERDICT_LEFT, 1);
  g_list_store_append (duels, duel);
  pairs = dadam_pairs_count (G_LIST_MODEL (duels), &n_alone);
  CHECK (g_list_model_get_n_items (pairs) == 0 && n_alone == 1);
}

/* ---- words -------------------------------------------------------------- */

static void
check_words (guint wins, guint losses, const char *result, const char *chance)
{
  g_autoptr (GListStore) duels = g_list_store_new (DADAM_TYPE_DUEL);
  g_autoptr (GListModel) pairs = NULL;
  g_autoptr (DadamPair) pair = NULL;
  g_autofree char *found = NULL;
  g_autofree char *why = NULL;
  guint n_alone;

  for (guint i = 0; i < wins; i++)
    add (duels, &komt, &other, DADAM_VERDICT_LEFT, TRUE);
  for (guint i = 0; i < losses; i++)
    add (duels, &komt, &other, DADAM_VERDICT_RIGHT, TRUE);
  pairs = dadam_pairs_count (G_LIST_MODEL (duels), &n_alone);
  pair = g_list_model_get_item (pairs, 0);
  found = dadam_pair_describe_result (pair);
  why = dadam_pair_describe_chance (pair);
  CHECK_MSG (g_str_equal (found, result), "%u and %u: “%s”", wins, losses, found);
  CHECK_MSG (strstr (why, chance) != NULL, "%u and %u: “%s”", wins, losses, why);
}

/* No winner before ten duels, nor where chance does as much. */
static void
test_words (void)
{
  check_words (9, 0, "Not Known Yet", "");
  check_words (10, 0, "Better: komt", "only 2 would");
  check_words (0, 10, "Better: llama", "only 2 would");
  check_words (5, 5, "No Clear Difference", "100 would");
  check_words (8, 2, "No Clear Difference", "11 would");
  check_words (9, 1, "Better: komt", "only 21 would");
  check_words (15, 5, "Better: komt", "only 41 would");
  check_words (14, 6, "No Clear Difference", "12 would");
  check_words (40, 10, "Better: komt", "not one would");
}

int
main (void)
{
  test_tally ();
  test_empty ();
  test_pairs ();
  test_unknown ();
  test_words ();

  return check_done ();
}
