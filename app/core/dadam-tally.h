/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Votes on two contenders, counted, and what can be said from them.  Ties and duels in
 * which both were bad say nothing about who is better: what is estimated is how often
 * the first one wins where one of them does.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* With fewer decided duels nothing is said. */
#define DADAM_TALLY_LEAST 10

typedef struct {
  guint wins[2];
  guint ties;
  guint both_bad;
} DadamTally;

guint dadam_tally_get_decided (const DadamTally *self);
guint dadam_tally_get_total (const DadamTally *self);
gboolean dadam_tally_is_known (const DadamTally *self);
double dadam_tally_get_share (const DadamTally *self);
void dadam_tally_get_interval (const DadamTally *self, double *low, double *high);
double dadam_tally_get_p (const DadamTally *self);

G_END_DECLS
