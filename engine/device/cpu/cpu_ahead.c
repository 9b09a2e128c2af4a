/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Brings the weights of a loaded range into memory ahead of their first use: one
 * thread in the order of the steps, so that the disk goes on while the others
 * compute or somebody still writes the first question.  Weights that are there cost
 * it their entries in the page table, which the threads that compute then need not
 * make.
 */
#include "base/thread.h"
#include "device/cpu/cpu_private.h"

/* Linux maps so many bytes around what is touched, of those it has. */
#define AROUND (64 << 10)

/* The fault of a page that cannot be read is answered as everywhere (base/map.h). */
static void
bring (cpu_ahead *self, const cpu_product *product)
{
  const volatile uint8_t *bytes = product->data;
  uint64_t size = (uint64_t) product->rows * product->row_bytes;

  for (uint64_t at = 0; at < size && !atomic_load (&self->ended); at += AROUND)
    (void) bytes[at];
}

static void *
bring_all (void *user)
{
  cpu_loaded *loaded = user;

  for (size_t i = 0; i < loaded->count; i++) {
    for (int j = 0; j < loaded->steps[i].n_products; j++)
      bring (&loaded->ahead, &loaded->steps[i].products[j]);
  }
  return NULL;
}

void
cpu_ahead_start (cpu_loaded *loaded, uint64_t bytes)
{
  uint64_t total, available;

  /* What does not fit would push out what is needed next. */
  cpu_memory (&total, &available);
  loaded->ahead.runs = bytes <= available
                       && dd_thread_start (&loaded->ahead.thread, bring_all, loaded) == 0;
}

void
cpu_ahead_end (cpu_loaded *loaded)
{
  if (!loaded->ahead.runs)
    return;
  atomic_store (&loaded->ahead.ended, true);
  pthread_join (loaded->ahead.thread, NULL);
}
