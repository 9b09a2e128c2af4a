/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * archive-voter vote FILE: compares, votes and reveals until it is killed.  A line on
 * stdout for each vote:
 *   voting LEFT RIGHT VERDICT   it is about to be stored
 *   voted LEFT RIGHT VERDICT    it was
 * archive-voter look FILE: says which votes there are and which of two models was which, in
 * lines of the same kind; any damage is a failure, and a vote that did not end the secret.
 * archive-voter export FILE CSV JSONL: writes them down.
 */
#include "config.h"

#include "compared.h"
#include "dadam-duel-export.h"

static const char *const models[] = { "=1+2", "나\"만, 두\n줄" };
static const gint64 nothing[] = { 0, 0 };

static DadamArchive *
open_whole (const char *path)
{
  DadamArchive *archive = open_archive (path);

  if (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN
      && dadam_archive_get_set_aside (archive, NULL) == NULL)
    return archive;
  fprintf (stderr, "%s is not sound\n", path);
  exit (1);
}

static void
tell (const char *what, DadamDuel *duel, DadamVerdict verdict)
{
  printf ("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d\n", what,
          dadam_duel_get_answer (duel, DADAM_LEFT), dadam_duel_get_answer (duel, DADAM_RIGHT),
          verdict);
  fflush (stdout);
}

/* ---- voting ------------------------------------------------------------- */

static DadamDuel *
create_duel (const Comparison *at, gboolean is_turned)
{
  return dadam_duel_new (is_turned ? at->second : at->first, is_turned ? at->first : at->second,
                         TRUE);
}

/* Now and then the one who votes is too quick. */
static void
judge (DadamArchive *archive, DadamDuel *duel, GRand *random)
{
  DadamVerdict verdict = (DadamVerdict) g_rand_int_range (random, DADAM_VERDICT_LEFT,
                                                          DADAM_VERDICT_BOTH_BAD + 1);
  g_autoptr (GAsyncResult) second = NULL;

  tell ("voting", duel, verdict);
  CHECK (compared_vote (archive, duel, verdict));
  tell ("voted", duel, verdict);
  CHECK (!compared_vote (archive, duel, DADAM_VERDICT_LEFT));
}

/* Two turns, which had the same before them or not. */
static void
compare (DadamArchive *archive, GRand *random)
{
  gint64 id;
  DadamChange *change = compared_begin (archive, "견주기", &id);
  Comparison at = compared_add_turn (archive, change, id, nothing, "-1이 =\"무엇\"입니까,\r\n예?",
                                     models, TRUE);
  g_autoptr (DadamDuel) duel = create_duel (&at, g_rand_boolean (random));

  if (g_rand_boolean (random)) {
    const gint64 parents[] = { at.first, at.second };

    at = compared_add_turn (archive, change, id, parents, "'=그럼?", models, TRUE);
    g_clear_object (&duel);
    duel = create_duel (&at, g_rand_boolean (random));
  }
  dadam_change_open_duel (change, duel);
  write_change (archive, change);
  if (g_rand_int_range (random, 0, 8) > 0)
    judge (archive, duel, random);
}

static void
vote (const char *path)
{
  g_autoptr (DadamArchive) archive = open_whole (path);
  g_autoptr (GRand) random = g_rand_new ();

  printf ("open\n");
  fflush (stdout);
  while (check_failures == 0)
    compare (archive, random);
}

/* ---- afterwards --------------------------------------------------------- */

static void
look_at (DadamDuel *duel)
{
  for (DadamSide side = DADAM_LEFT; side <= DADAM_RIGHT; side++) {
    const DadamMaker *maker = dadam_duel_get_maker (duel, side);
    g_autofree char *text = g_strdup_printf ("%s의 답", maker->title);

    CHECK_MSG (g_str_equal (dadam_duel_get_text (duel, side), text), "“%s” by %s",
               dadam_duel_get_text (duel, side), maker->title);
  }
  tell ("voted", duel, dadam_duel_get_verdict (duel));
}

/* Whose answers they are is secret until a vote is stored, and not a step longer. */
static void
look_at_secrets (DadamArchive *archive, guint n_votes)
{
  GListModel *all = dadam_archive_get_conversations (archive);
  guint n_told = 0;

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (DadamSummary) summary = g_list_model_get_item (all, i);

    n_told += dadam_summary_get_kind (summary) == DADAM_KIND_COMPARISON;
  }
  CHECK_MSG (n_told == n_votes, "%u votes, %u comparisons are told", n_votes, n_told);
}

static void
look (const char *path)
{
  g_autoptr (DadamArchive) archive = open_whole (path);
  g_autoptr (GListModel) duels = compared_read_duels (archive, 0);

  look_at_secrets (archive, g_list_model_get_n_items (G_LIST_MODEL (duels)));

  for (guint i = 0; i < g_list_model_get_n_items (duels); i++) {
    g_autoptr (DadamDuel) duel = g_list_model_get_item (duels, i);

    look_at (duel);
  }
}

static void export (DadamArchive *archive, DadamDuelsFormat format, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint n_written = 0, n_left_out = 0;

  WAIT_CALL (result, dadam_archive_export_duels_async, archive, format, file, NULL);
  CHECK_MSG (dadam_archive_export_duels_finish (archive, result, &n_written, &n_left_out, &error),
             "%s", error->message);
  printf ("%s %u %u\n", dadam_duels_format_get_suffix (format), n_written, n_left_out);
}

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], "vote") == 0)
    vote (argv[2]);
  else if (argc == 3 && strcmp (argv[1], "look") == 0)
    look (argv[2]);
  else if (argc == 5 && strcmp (argv[1], "export") == 0) {
    g_autoptr (DadamArchive) archive = open_whole (argv[2]);

    export (archive, DADAM_DUELS_CSV, argv[3]);
    export (archive, DADAM_DUELS_JSONL, argv[4]);
  } else
    return 2;

  return check_done ();
}
