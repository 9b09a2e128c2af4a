/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A map from byte strings to 32-bit numbers, at most half full, linear probing.
 */
#include "base/table.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

struct dd_table_slot {
  const char *key; /* NULL: free */
  uint32_t length;
  uint32_t hash;   /* compared first, so that most probes touch no string */
  uint32_t value;
};

/* Drawn once per process, so that a file cannot be made to collide. */
static uint64_t
hash_key (void)
{
  static atomic_uint_fast64_t key;
  uint_fast64_t known = atomic_load_explicit (&key, memory_order_relaxed);
  uint_fast64_t none = 0;
  uint64_t drawn = 0;

  if (known != 0)
    return known;
  if (getrandom (&drawn, sizeof drawn, GRND_NONBLOCK) != sizeof drawn)
    drawn = (uintptr_t) &key;
  drawn |= 1;
  return atomic_compare_exchange_strong (&key, &none, drawn) ? drawn : none;
}

static uint64_t
mix (uint64_t a, uint64_t b)
{
  unsigned __int128 product = (unsigned __int128) a * b;

  return (uint64_t) product ^ (uint64_t) (product >> 64);
}

static uint32_t
hash (const char *text, size_t length)
{
  uint64_t key = hash_key ();
  uint64_t state = key ^ length;

  while (length > 0) {
    uint64_t word = 0;
    size_t step = length < 8 ? length : 8;

    memcpy (&word, text, step);
    state = mix (state ^ word, key ^ 0x9e3779b97f4a7c15u);
    text += step;
    length -= step;
  }
  return (uint32_t) (mix (state, 0xd6e8feb86659fd93u) >> 16);
}

bool
dd_table_init (dd_table *table, dd_tag tag, size_t capacity)
{
  size_t slots = 16;

  *table = (dd_table) { 0 };
  if (capacity > UINT32_MAX / 2)
    return false;
  while (slots < 2 * capacity)
    slots *= 2;
  table->slots = dd_alloc_array (tag, slots, sizeof *table->slots);
  table->mask = slots - 1;
  return table->slots != NULL;
}

void
dd_table_clear (dd_table *table)
{
  dd_free (table->slots);
  *table = (dd_table) { 0 };
}

/* The slot that holds the key, or the free one where it would go. */
static struct dd_table_slot *
find (const dd_table *table, const char *key, size_t length, uint32_t hashed)
{
  size_t i = hashed & table->mask;

  for (;;) {
    struct dd_table_slot *slot = &table->slots[i];

    if (slot->key == NULL)
      return slot;
    if (slot->hash == hashed && slot->length == length && memcmp (slot->key, key, length) == 0)
      return slot;
    i = (i + 1) & table->mask;
  }
}

bool
dd_table_put (dd_table *table, const char *key, size_t length, uint32_t value)
{
  uint32_t hashed = hash (key, length);
  struct dd_table_slot *slot = find (table, key, length, hashed);
  bool is_new = slot->key == NULL;

  if (is_new) {
    slot->key = key;
    slot->length = (uint32_t) length;
    slot->hash = hashed;
    table->count++;
  }
  slot->value = value;
  return is_new;
}

bool
dd_table_get (const dd_table *table, const char *key, size_t length, uint32_t *value)
{
  const struct dd_table_slot *slot;

  if (table->slots == NULL)
    return false;
  slot = find (table, key, length, hash (key, length));
  if (slot->key == NULL)
    return false;
  *value = slot->value;
  return true;
}
