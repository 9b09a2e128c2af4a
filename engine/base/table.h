/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A map from byte strings to 32-bit numbers: open addressing, fixed capacity,
 * hashed with a key so that hostile files cannot choose collisions cheaply.
 * Strings are borrowed, not copied.
 */
#pragma once

#include "base/alloc.h"

typedef struct dd_table {
  struct dd_table_slot *slots;
  size_t mask;  /* slots - 1, a power of two minus one */
  size_t count;
} dd_table;

/* Room for `capacity` entries; false without memory. */
bool dd_table_init (dd_table *table, dd_tag tag, size_t capacity);
void dd_table_clear (dd_table *table);
/* Sets `key` to `value`; returns false if the key was there (the value is
 * replaced) and true if it is new.  Never more than `capacity` entries. */
bool dd_table_put (dd_table *table, const char *key, size_t length, uint32_t value);
/* False, and `*value` as it was, if the key is not there. */
bool dd_table_get (const dd_table *table, const char *key, size_t length, uint32_t *value);
