/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is asked of one row of logits in host memory.
 */
#include "device/logits.h"

#include <math.h>
#include <string.h>

/* Whether token `a` stands before token `b` in falling order. */
static bool
before (const float *logits, dd_token a, dd_token b)
{
  float x = logits[a];
  float y = logits[b];

  if (isnan (x) || isnan (y))
    return isnan (x) && isnan (y) ? a < b : isnan (y);
  return x > y || (x == y && a < b);
}

static double
log_sum_exp (const float *logits, int64_t n, float largest)
{
  double sum = 0;

  /* An infinite largest would make NaN of the difference below. */
  if (isinf (largest))
    return largest;
  for (int64_t i = 0; i < n; i++)
    sum += exp ((double) logits[i] - largest);
  return largest + log (sum);
}

/* The `n_best` first tokens by insertion: most logits fail the first comparison. */
static void
find_best (const float *logits, int64_t n, dd_choice *best, int n_best)
{
  int found = 0;

  for (dd_token i = 0; i < n; i++) {
    int at = found;

    if (found == n_best && !before (logits, i, best[n_best - 1].token))
      continue;
    while (at > 0 && before (logits, i, best[at - 1].token))
      at--;
    if (found < n_best)
      found++;
    memmove (&best[at + 1], &best[at], (size_t) (found - 1 - at) * sizeof *best);
    best[at].token = i;
  }
}

void
dd_logits_fetch (const float *logits, int64_t n, const dd_fetch *fetch)
{
  bool wants_sum = fetch->log_sum_exp || fetch->n_best > 0;
  double sum = 0;

  if (fetch->logits)
    memcpy (fetch->logits, logits, (size_t) n * sizeof *logits);
  if (fetch->finite) {
    *fetch->finite = true;
    for (int64_t i = 0; i < n; i++)
      if (!isfinite (logits[i]))
        *fetch->finite = false;
  }
  if (wants_sum)
    sum = log_sum_exp (logits, n, logits[dd_logits_pick (logits, n)]);
  if (fetch->log_sum_exp)
    *fetch->log_sum_exp = sum;
  if (fetch->n_best > 0) {
    find_best (logits, n, fetch->best, fetch->n_best);
    for (int i = 0; i < fetch->n_best; i++)
      fetch->best[i].logprob = (float) (logits[fetch->best[i].token] - sum);
  }
}

dd_token
dd_logits_pick (const float *logits, int64_t n)
{
  dd_token best = 0;

  for (dd_token i = 1; i < n; i++)
    if (before (logits, i, best))
      best = i;
  return best;
}
