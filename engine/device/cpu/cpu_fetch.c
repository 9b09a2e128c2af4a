/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is asked of a row of logits: a sampler asks after every token, so each is
 * one quick pass over the row.
 */
#include <math.h>
#include <string.h>

#include "device/cpu/cpu_private.h"

#define SCAN 256 /* logits whose largest is looked at before each of them is */

dd_token
cpu_pick (const dd_vec *vec, const float *logits, int64_t n)
{
  float largest = vec->largest (logits, n);

  for (int64_t i = 0; i < n; i++) {
    if (logits[i] == largest)
      return (dd_token) i;
  }
  return 0; /* all are NaN */
}

/* Places of NaN are those of -infinity: behind everything. */
static float
value_of (const float *logits, dd_token token)
{
  return isnan (logits[token]) ? -INFINITY : logits[token];
}

/* Keeps `best` in falling order of logits; tokens come in rising order, so among
 * equals the earlier stays in front. */
static int
insert (const float *logits, dd_token token, dd_choice *best, int found, int n_best)
{
  float value = value_of (logits, token);
  int low = 0;
  int high = found;

  while (low < high) {
    int middle = (low + high) / 2;

    if (value_of (logits, best[middle].token) >= value)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == n_best)
    return found;
  found += found < n_best;
  memmove (&best[low + 1], &best[low], (size_t) (found - 1 - low) * sizeof *best);
  best[low].token = token;
  return found;
}

static void
find_best (const dd_vec *vec, const float *logits, int64_t n, dd_choice *best, int n_best)
{
  int found = 0;

  for (int64_t start = 0; start < n; start += SCAN) {
    int64_t end = start + SCAN < n ? start + SCAN : n;

    if (found == n_best
        && !(vec->largest (logits + start, end - start) > value_of (logits, best[found - 1].token)))
      continue;
    for (int64_t i = start; i < end; i++) {
      if (found < n_best || logits[i] > value_of (logits, best[found - 1].token))
        found = insert (logits, (dd_token) i, best, found, n_best);
    }
  }
}

static double
log_sum_exp (const dd_vec *vec, const float *logits, int64_t n)
{
  float largest = logits[cpu_pick (vec, logits, n)];

  /* An infinite largest would make NaN of the differences. */
  if (isinf (largest))
    return (double) largest;
  return (double) largest + log (vec->sum_exp (logits, largest, n));
}

bool
cpu_fetch (dd_work *work, const dd_fetch *fetch, dd_error *error)
{
  const cpu_work *self = (cpu_work *) work;
  const dd_vec *vec = self->loaded->device->vec;
  const float *logits = self->logits + fetch->row * self->loaded->needs.logits_stride;
  int64_t n = self->loaded->plan->n_vocab;
  double sum = 0;

  if (fetch->logits)
    memcpy (fetch->logits, logits, (size_t) n * sizeof *logits);
  if (fetch->finite)
    *fetch->finite = vec->finite (logits, n);
  if (fetch->log_sum_exp || fetch->n_best > 0)
    sum = log_sum_exp (vec, logits, n);
  if (fetch->log_sum_exp)
    *fetch->log_sum_exp = sum;
  if (fetch->n_best > 0)
    find_best (vec, logits, n, fetch->best, fetch->n_best);
  for (int i = 0; i < fetch->n_best; i++)
    fetch->best[i].logprob = (float) ((double) logits[fetch->best[i].token] - sum);
  return true;
}
