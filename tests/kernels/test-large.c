/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table of more bytes than a Vulkan device promises to bind at once (128 MiB), as
 * EMBED and as HEAD, on every Vulkan device there is against the reference: its first
 * and last rows are where they should be.
 */
#include <stdlib.h>

#include "check.h"
#include "device/reference/reference.h"
#include "device/vulkan/vulkan.h"
#include "quant/random.h"

#define COLUMNS 256
#define TOKENS 550000 /* rows of 272 bytes: 143 MiB */
#define ROWS 3
#define LIMIT 5e-4

static dd_plan plan;
static dd_step steps[2];
static float *expected, *found; /* [ROWS][TOKENS] */

static void
draw_plan (void)
{
  static float ones[COLUMNS];
  random_dice dice = { 11 };
  uint64_t bytes = dd_type_row_bytes (DD_TYPE_Q8_0, COLUMNS) * TOKENS;
  uint8_t *data = malloc (bytes);
  dd_weight table = { DD_TYPE_Q8_0, TOKENS, COLUMNS, data, bytes };

  CHECK (bytes > UINT64_C (128) << 20 && data != NULL);
  random_weights (&dice, DD_TYPE_Q8_0, 1.0f / 16, false, data, (uint64_t) TOKENS * COLUMNS);
  for (int i = 0; i < COLUMNS; i++)
    ones[i] = 1;
  steps[0] = (dd_step) { .kind = DD_STEP_EMBED, .out = DD_BUFFER_X };
  steps[0].embed = (dd_embed) { table, 1 };
  steps[1] = (dd_step) { .kind = DD_STEP_HEAD, .in = DD_BUFFER_X };
  steps[1].head = (dd_head) { .norm = ones, .eps = 1e-5f, .w = table, .scale = 1 };
  plan.steps = steps;
  plan.n_steps = 2;
  plan.n_vocab = TOKENS;
  plan.context = 64;
  plan.width[DD_BUFFER_X] = COLUMNS;
}

/* The logits of the first token, one amid the table and the last. */
static void
run (dd_device *device, float *out)
{
  const dd_request request = { .plan = &plan, .count = 2 };
  const dd_token tokens[ROWS] = { 0, 510000, TOKENS - 1 };
  uint32_t page = 0;
  dd_sequence sequence = { &page, 1 };
  dd_row rows[ROWS];
  dd_batch batch = { .rows = rows, .n_decode = ROWS, .sequences = &sequence, .n_sequences = 1 };
  dd_loaded *loaded;
  dd_work *work;
  dd_ticket ticket;
  dd_error error;

  for (int i = 0; i < ROWS; i++)
    rows[i] = (dd_row) { tokens[i], i, 0, true };
  REQUIRE_OK (dd_device_load (device, &request, &loaded, &error), error);
  REQUIRE_OK (dd_device_pages_resize (loaded, 1, &error), error);
  REQUIRE_OK (dd_device_work_new (loaded, ROWS, ROWS, &work, &error), error);
  REQUIRE_OK (dd_device_submit (work, &batch, 0, 2, &ticket, &error), error);
  REQUIRE_OK (dd_device_wait (work, ticket, &error), error);
  for (int i = 0; i < ROWS; i++) {
    dd_fetch fetch = { .row = i, .logits = out + (int64_t) i * TOKENS };

    REQUIRE_OK (dd_device_fetch (work, &fetch, &error), error);
  }
  dd_device_work_free (&work);
  dd_device_unload (&loaded);
}

/* Of a part of a row. */
static double
distance (int row, int first, int count)
{
  const float *a = found + (int64_t) row * TOKENS, *b = expected + (int64_t) row * TOKENS;
  double difference = 0, square = 0;

  for (int i = first; i < first + count; i++) {
    difference += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    square += (double) b[i] * b[i];
  }
  return difference / square;
}

static void
check_device (dd_vulkan *vulkan, int i)
{
  dd_vulkan_info info;
  dd_device *device;
  dd_error error;

  dd_vulkan_info_get (vulkan, i, &info);
  if (info.problem[0] != '\0')
    return;
  REQUIRE_OK (dd_vulkan_open (vulkan, i, &device, &error), error);
  run (device, found);
  for (int row = 0; row < ROWS; row++)
    for (int part = 0; part < 10; part++)
      CHECK_MSG (distance (row, part * (TOKENS / 10), TOKENS / 10) <= LIMIT,
                 "%s: row %d, part %d of 10: NMSE %.1e", info.name, row, part,
                 distance (row, part * (TOKENS / 10), TOKENS / 10));
  dd_device_free (&device);
}

int
main (void)
{
  const dd_vulkan_options ways[2] = { { .with = DD_VULKAN_DOT },
                                      { .without = DD_VULKAN_DOT | DD_VULKAN_DIRECT } };
  dd_vulkan *vulkan;
  dd_device *judge;
  dd_error error;

  if (!dd_vulkan_new (NULL, &vulkan, &error)) {
    printf ("no Vulkan device: %s\n", error.text);
    return CHECK_SKIP;
  }
  dd_vulkan_free (&vulkan);
  draw_plan ();
  expected = calloc ((size_t) ROWS * TOKENS, sizeof *expected);
  found = calloc ((size_t) ROWS * TOKENS, sizeof *found);
  CHECK (expected != NULL && found != NULL);
  REQUIRE_OK (dd_reference_open (&judge, &error), error);
  run (judge, expected);
  dd_device_free (&judge);
  for (int way = 0; way < 2; way++) {
    REQUIRE_OK (dd_vulkan_new (&ways[way], &vulkan, &error), error);
    for (int i = 0; i < dd_vulkan_count (vulkan); i++)
      check_device (vulkan, i);
    dd_vulkan_free (&vulkan);
  }
  free ((void *) steps[0].embed.table.data);
  free (expected);
  free (found);
  return check_done ();
}
