/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Typed access to the values of keys, which lie unaligned in the map.
 */
#include <math.h>
#include <string.h>

#include "gguf/reader.h"

/* Copies element `index` of a fixed-size kind into `out`. */
#define LOAD(type, out)                                                                            \
  do {                                                                                             \
    type loaded;                                                                                   \
    memcpy (&loaded, key->data + index * sizeof loaded, sizeof loaded);                            \
    out = loaded;                                                                                  \
  } while (0)

bool
dd_gguf_integer (const dd_gguf_key *key, uint64_t index, int64_t *out)
{
  uint64_t large;

  if (key == NULL || index >= key->count)
    return false;
  switch (key->element) {
  case DD_GGUF_U8: LOAD (uint8_t, *out); return true;
  case DD_GGUF_I8: LOAD (int8_t, *out); return true;
  case DD_GGUF_U16: LOAD (uint16_t, *out); return true;
  case DD_GGUF_I16: LOAD (int16_t, *out); return true;
  case DD_GGUF_U32: LOAD (uint32_t, *out); return true;
  case DD_GGUF_I32: LOAD (int32_t, *out); return true;
  case DD_GGUF_I64: LOAD (int64_t, *out); return true;
  case DD_GGUF_U64:
    LOAD (uint64_t, large);
    if (large > INT64_MAX)
      return false;
    *out = (int64_t) large;
    return true;
  default: return false;
  }
}

bool
dd_gguf_number (const dd_gguf_key *key, uint64_t index, double *out)
{
  int64_t integer;

  if (key == NULL || index >= key->count)
    return false;
  switch (key->element) {
  case DD_GGUF_F32: LOAD (float, *out); return isfinite (*out);
  case DD_GGUF_F64: LOAD (double, *out); return isfinite (*out);
  default:
    if (!dd_gguf_integer (key, index, &integer))
      return false;
    *out = (double) integer;
    return true;
  }
}

bool
dd_gguf_bool (const dd_gguf_key *key, bool *out)
{
  if (key == NULL || key->kind != DD_GGUF_BOOL)
    return false;
  *out = key->data[0] != 0;
  return true;
}

bool
dd_gguf_string (const dd_gguf_key *key, dd_text *out)
{
  const uint8_t *cursor;

  if (key == NULL || key->kind != DD_GGUF_STRING)
    return false;
  cursor = key->data;
  return dd_gguf_next_string (key, &cursor, out);
}

/* The lengths were checked when the file was opened, and are again: another
 * program may write to a file that is mapped. */
bool
dd_gguf_next_string (const dd_gguf_key *key, const uint8_t **cursor, dd_text *out)
{
  uint64_t left = key->bytes - (uint64_t) (*cursor - key->data);
  uint64_t length;

  if (left < sizeof length)
    return false;
  memcpy (&length, *cursor, sizeof length);
  if (length > left - sizeof length)
    return false;
  out->data = (const char *) *cursor + sizeof length;
  out->length = length;
  *cursor += sizeof length + length;
  return true;
}
