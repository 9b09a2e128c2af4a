/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of a comparison share: what is said in it is in dadam-comparison.c, who
 * may answer when in dadam-comparison-turns.c, what must not be told in
 * dadam-comparison-blind.c.
 */
#pragma once

#include "dadam-comparison.h"
#include "dadam-conversation-private.h"

G_BEGIN_DECLS

struct _DadamComparison {
  GObject parent_instance;

  /* Owned. */
  DadamArchive *archive;
  DadamEngine *engine;
  DadamConversation *panes[DADAM_N_PANES];
  DadamModel *measured[DADAM_N_PANES]; /* those of whom has_room is known */

  gint64 id;
  guint n_asked;        /* questions, in this session */
  DadamVerdict verdict; /* of this session */
  gboolean lives_on;    /* holds itself */
  gboolean is_new;      /* it began with the last question */
  gboolean is_asking;   /* that one, and not a pane alone */

  /* Of the secret. */
  gboolean is_blind;
  gboolean is_secret;
  gboolean is_judging; /* the verdict is being stored */
  gboolean is_swapped; /* each model is in the other's pane */

  /* Of turns. */
  gboolean wants_turns; /* the user does */
  gboolean has_room;    /* for both models at once */
  gboolean is_busy;     /* measuring, or waiting for memory to be free */
};

void dadam_comparison_changed (DadamComparison *self);

void dadam_comparison_schedule (DadamComparison *self);
gboolean dadam_comparison_is_at_work (DadamComparison *self, guint pane);

void dadam_comparison_draw_sides (DadamComparison *self);
void dadam_comparison_forget_sides (DadamComparison *self);
DadamMessage *dadam_comparison_get_last_answer (DadamComparison *self, guint pane);
DadamDuel *dadam_comparison_create_duel (DadamComparison *self);
void dadam_comparison_veil (DadamComparison *self);

G_END_DECLS
