/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One sequence through a whole plan.
 */
#include "forward.h"

#include <stdlib.h>

bool
forward_start (forward *f,
               const dd_plan *plan,
               dd_device *const *devices,
               const size_t *ends,
               int n,
               dd_cache_type cache,
               int rows,
               dd_error *error)
{
  *f = (forward) { .plan = plan, .n = n };
  f->x = calloc ((size_t) rows * (size_t) plan->width[DD_BUFFER_X], sizeof *f->x);
  if (!f->x)
    return dd_fail_memory (error, "a batch");
  /* Not in order, so that page numbers are seen to matter. */
  for (uint32_t i = 0; i < FORWARD_PAGES; i++)
    f->pages[i] = (i + 2) % FORWARD_PAGES;
  for (int i = 0; i < n; i++) {
    size_t first = i > 0 ? ends[i - 1] : 0;
    dd_request request = { .plan = plan, .first = first, .count = ends[i] - first, .cache = cache };

    f->ends[i] = ends[i];
    if (!dd_device_load (devices[i], &request, &f->loaded[i], error)
        || !dd_device_pages_resize (f->loaded[i], FORWARD_PAGES, error)
        || !dd_device_work_new (f->loaded[i], rows, rows, &f->work[i], error))
      return false;
  }
  return true;
}

void
forward_end (forward *f)
{
  for (int i = 0; i < f->n; i++) {
    dd_device_work_free (&f->work[i]);
    dd_device_unload (&f->loaded[i]);
  }
  free (f->x);
  f->x = NULL;
}

/* The steps of part `i`, in slices, each queued behind the other as far as is allowed. */
static bool
run_part (forward *f, int i, const dd_batch *batch, dd_error *error)
{
  size_t first = i > 0 ? f->ends[i - 1] : 0;
  size_t slice = f->slice > 0 ? f->slice : f->ends[i];
  dd_ticket ticket = 0;

  while (first < f->ends[i]) {
    size_t count = f->ends[i] - first < slice ? f->ends[i] - first : slice;

    if (f->work[i]->n_running == DD_TICKETS && !dd_device_wait (f->work[i], ticket, error))
      return false;
    if (!dd_device_submit (f->work[i], batch, first, count, &ticket, error))
      return false;
    first += count;
  }
  return dd_device_wait (f->work[i], ticket, error);
}

static bool
take_logits (forward *f, const dd_batch *batch, float *logits, dd_error *error)
{
  dd_fetch fetch = { .logits = logits };

  for (int i = 0; i < batch->n_prompt + batch->n_decode; i++) {
    if (!batch->rows[i].logits)
      continue;
    if (!dd_device_fetch (f->work[f->n - 1], &fetch, error))
      return false;
    fetch.row++;
    fetch.logits += f->plan->n_vocab;
  }
  return true;
}

bool
forward_run (forward *f,
             const dd_row *rows,
             int n_prompt,
             int n_decode,
             float *logits,
             dd_error *error)
{
  dd_sequence sequence = { f->pages, FORWARD_PAGES };
  dd_batch batch = {
    .rows = rows,
    .n_prompt = n_prompt,
    .n_decode = n_decode,
    .sequences = &sequence,
    .n_sequences = 1,
  };
  int n = n_prompt + n_decode;

  for (int i = 0; i < f->n; i++) {
    if (i > 0
        && (!dd_device_get (f->work[i - 1], n, DD_BUFFER_X, f->x, error)
            || !dd_device_put (f->work[i], n, DD_BUFFER_X, f->x, error)))
      return false;
    if (!run_part (f, i, &batch, error))
      return false;
  }
  return take_logits (f, &batch, logits, error);
}
