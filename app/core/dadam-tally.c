/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Wilson's interval and the exact binomial test, without anything that overflows or
 * cancels for thousands of votes.
 */
#include "config.h"

#include "dadam-tally.h"

#include <math.h>

/* The quantile of the normal distribution that 2.5 % lie above. */
#define Z 1.959963984540054

/* Duels that one of the two has won. */
guint
dadam_tally_get_decided (const DadamTally *self)
{
  return self->wins[0] + self->wins[1];
}

guint
dadam_tally_get_total (const DadamTally *self)
{
  return dadam_tally_get_decided (self) + self->ties + self->both_bad;
}

/* Whether there are enough of them to say something. */
gboolean
dadam_tally_is_known (const DadamTally *self)
{
  return dadam_tally_get_decided (self) >= DADAM_TALLY_LEAST;
}

/* How much of the decided duels the first one has won; a half where there is none. */
double
dadam_tally_get_share (const DadamTally *self)
{
  guint n = dadam_tally_get_decided (self);

  return n > 0 ? (double) self->wins[0] / n : 0.5;
}

/**
 * dadam_tally_get_interval:
 * @low: (out): the least share that the first one may have
 * @high: (out): the greatest
 *
 * Wilson's interval at 95 %, which holds for few votes and for shares near 0 and 1 too.
 */
void
dadam_tally_get_interval (const DadamTally *self, double *low, double *high)
{
  double n = dadam_tally_get_decided (self);
  double share = dadam_tally_get_share (self);
  double square = Z * Z;
  double centre, width;

  *low = 0;
  *high = 1;
  if (n == 0)
    return;
  centre = (share + square / (2 * n)) / (1 + square / n);
  width = Z * sqrt (share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n);
  if (self->wins[0] > 0)
    *low = MAX (centre - width, 0);
  if (self->wins[1] > 0)
    *high = MIN (centre + width, 1);
}

/**
 * dadam_tally_get_p:
 *
 * The exact two-sided binomial test that both win equally often.  The probabilities fall
 * from the fewer wins downwards, each a ratio of the one before.
 *
 * Returns: how probable a result is that is at least so uneven, if they do
 */
double
dadam_tally_get_p (const DadamTally *self)
{
  double n = dadam_tally_get_decided (self);
  double fewer = MIN (self->wins[0], self->wins[1]);
  double first, term = 1, sum = 0;

  if (self->wins[0] == self->wins[1])
    return 1;
  for (double k = fewer; k >= 0 && term > sum * 1e-17; k--) {
    sum += term;
    term *= k / (n - k + 1);
  }
  first = exp (lgamma (n + 1) - lgamma (fewer + 1) - lgamma (n - fewer + 1) - n * G_LN2);

  return MIN (2 * first * sum, 1);
}
