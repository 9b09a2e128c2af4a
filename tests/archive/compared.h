/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Comparisons for tests of votes: what two models, each in its pane, answered.
 */
#pragma once

#include "kept.h"

typedef struct {
  gint64 conversation, first, second; /* two answers */
} Comparison;

/* What a model is called says what its answer and its hash are. */
static inline DadamMessage *
compared_create_answer (gint64 id, gint64 parent, const char *model, const char *settings)
{
  g_autofree char *text = g_strdup_printf ("%s의 답", model);
  g_autofree char *sha256 = g_strdup_printf ("sha-%s", model);
  DadamMessage *answer = dadam_message_new (DADAM_ROLE_ASSISTANT, text);
  const DadamMaker fields = {
    .title = model,
    .path = model,
    .sha256 = sha256,
    .device = "CPU",
    .settings = settings,
    .seed = 7,
  };
  g_autoptr (DadamMaker) maker = dadam_maker_new (&fields);

  dadam_message_set_place (answer, id, parent);
  dadam_message_set_maker (answer, maker);
  dadam_message_set_state (answer, DADAM_MESSAGE_ANSWERING, 1);

  return answer;
}

/* A turn of both panes after @parents, whose answers may have come to their end. */
static inline Comparison
compared_add_turn (DadamArchive *archive,
                   DadamChange *change,
                   gint64 conversation,
                   const gint64 parents[2],
                   const char *question,
                   const char *const models[2],
                   gboolean has_ended)
{
  static const DadamStats stats = { .stop = DADAM_STOP_END };
  gint64 answers[2];

  for (int pane = 0; pane < 2; pane++) {
    gint64 id = dadam_archive_make_id (archive);
    g_autoptr (DadamMessage) asked = dadam_message_new (DADAM_ROLE_USER, question);
    g_autoptr (DadamMessage)
        answer = compared_create_answer (dadam_archive_make_id (archive), id, models[pane], "{}");

    dadam_message_set_place (asked, id, parents[pane]);
    if (has_ended)
      dadam_message_end (answer, &stats);
    dadam_change_put_message (change, pane, asked);
    dadam_change_put_message (change, pane, answer);
    answers[pane] = dadam_message_get_id (answer);
  }

  return (Comparison) { conversation, answers[0], answers[1] };
}

/* A conversation of two panes, not written yet. */
static inline DadamChange *
compared_begin (DadamArchive *archive, const char *title, gint64 *id)
{
  DadamChange *change = dadam_change_new (*id = dadam_archive_make_id (archive));
  g_autoptr (DadamSummary)
      summary = dadam_summary_new (*id, DADAM_KIND_BLIND_COMPARISON, title, *id);

  dadam_archive_add (archive, summary);
  dadam_change_create (change, DADAM_KIND_BLIND_COMPARISON, title, *id);
  dadam_change_add_pane (change, 1);

  return change;
}

static inline GListModel *
compared_read_duels (DadamArchive *archive, gint64 conversation)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GListModel *duels;

  WAIT_CALL (result, dadam_archive_read_duels_async, archive, conversation);
  duels = dadam_archive_read_duels_finish (archive, result, &error);
  CHECK_MSG (duels != NULL, "%s", error != NULL ? error->message : "");

  return duels;
}

static inline gboolean
compared_vote (DadamArchive *archive, DadamDuel *duel, DadamVerdict verdict)
{
  g_autoptr (GAsyncResult) result = NULL;

  WAIT_CALL (result, dadam_archive_vote_async, archive, duel, verdict);

  return dadam_archive_vote_finish (archive, result, NULL);
}
