/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Batches on their way through a plan.
 */
#include "run/batch.h"

#include "base/alloc.h"

static bool
make_works (dd_pass *pass, dd_error *error)
{
  const dd_plan *plan = pass->places->items[0].loaded->plan;

  for (int i = 0; i < pass->places->count; i++) {
    bool last = i == pass->places->count - 1;

    if (!dd_device_work_new (pass->places->items[i].loaded, pass->room, last ? pass->logit_room : 0,
                             &pass->works[i], error))
      return false;
  }
  if (pass->places->count == 1)
    return true;
  pass->crossing = dd_alloc_array (DD_TAG_RUN, (size_t) pass->room,
                                   (size_t) plan->width[DD_BUFFER_X] * sizeof (float));
  return pass->crossing != NULL || dd_fail_memory (error, "what crosses between devices");
}

bool
dd_pass_new (const dd_places *places,
             int rows,
             int logit_rows,
             int sequences,
             dd_pass **out,
             dd_error *error)
{
  dd_pass *pass = dd_alloc (DD_TAG_RUN, sizeof *pass);

  *out = NULL;
  if (pass == NULL)
    return dd_fail_memory (error, "a batch");
  pass->places = places;
  pass->room = rows;
  pass->logit_room = logit_rows;
  pass->sequence_room = sequences;
  pass->rows = dd_alloc_array (DD_TAG_RUN, (size_t) rows, sizeof (dd_row));
  pass->sequences = dd_alloc_array (DD_TAG_RUN, (size_t) sequences, sizeof (dd_sequence));
  if (pass->rows == NULL || pass->sequences == NULL) {
    dd_pass_free (&pass);
    return dd_fail_memory (error, "a batch");
  }
  if (!make_works (pass, error)) {
    dd_pass_free (&pass);
    return false;
  }
  dd_pass_begin (pass);
  *out = pass;
  return true;
}

void
dd_pass_free (dd_pass **pass)
{
  if (*pass == NULL)
    return;
  for (int i = 0; i < DD_RANGES; i++)
    if ((*pass)->works[i] != NULL)
      dd_device_work_free (&(*pass)->works[i]);
  dd_free ((*pass)->rows);
  dd_free ((*pass)->sequences);
  dd_free ((*pass)->crossing);
  dd_free (*pass);
  *pass = NULL;
}

void
dd_pass_begin (dd_pass *pass)
{
  pass->batch = (dd_batch) { .rows = pass->rows, .sequences = pass->sequences };
  pass->n_logits = 0;
  pass->place = 0;
  pass->next = 0;
}

uint32_t
dd_pass_sequence (dd_pass *pass, const uint32_t *pages, uint32_t n_pages)
{
  pass->sequences[pass->batch.n_sequences] = (dd_sequence) { pages, n_pages };
  return pass->batch.n_sequences++;
}

void
dd_pass_row (dd_pass *pass, dd_kind kind, dd_row row)
{
  pass->rows[pass->batch.n_prompt + pass->batch.n_decode] = row;
  if (kind == DD_GIVEN)
    pass->batch.n_prompt++;
  else
    pass->batch.n_decode++;
  pass->n_logits += row.logits;
}

/* Hands X over to the next place. */
static bool
cross (dd_pass *pass, dd_error *error)
{
  int rows = pass->batch.n_prompt + pass->batch.n_decode;

  return dd_device_get (pass->works[pass->place], rows, DD_BUFFER_X, pass->crossing, error)
         && dd_device_put (pass->works[pass->place + 1], rows, DD_BUFFER_X, pass->crossing, error);
}

bool
dd_pass_run (dd_pass *pass, size_t steps, dd_error *error)
{
  while (steps > 0 && !dd_pass_done (pass)) {
    const dd_place *place = &pass->places->items[pass->place];
    size_t left = place->first + place->count - pass->next;
    size_t count = left < steps ? left : steps;
    dd_work *work = pass->works[pass->place];
    dd_ticket ticket;

    if (!dd_device_submit (work, &pass->batch, pass->next, count, &ticket, error)
        || !dd_device_wait (work, ticket, error))
      return false;
    pass->next += count;
    steps -= count;
    if (count < left || pass->place == pass->places->count - 1)
      continue;
    if (!cross (pass, error))
      return false;
    pass->place++;
  }
  return true;
}

bool
dd_pass_done (const dd_pass *pass)
{
  const dd_place *last = &pass->places->items[pass->places->count - 1];

  return pass->next == last->first + last->count;
}

bool
dd_pass_logits (dd_pass *pass, int row, float *logits, dd_error *error)
{
  dd_fetch fetch = { .row = row, .logits = logits };

  return dd_device_fetch (pass->works[pass->places->count - 1], &fetch, error);
}

void
dd_pass_cancel (dd_pass *pass)
{
  for (int i = 0; i < pass->places->count; i++)
    dd_device_cancel (pass->works[i]);
}
