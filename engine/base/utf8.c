/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * UTF-8 one character at a time, after table 3-7 of the Unicode Standard.
 */
#include "base/utf8.h"

/* What a leading byte promises: the bytes in all and the range of the second. */
typedef struct lead {
  int length;
  uint8_t low, high;
} lead;

static lead
lead_of (uint8_t byte)
{
  if (byte < 0x80)
    return (lead) { 1, 0, 0 };
  if (byte >= 0xc2 && byte <= 0xdf)
    return (lead) { 2, 0x80, 0xbf };
  if (byte >= 0xe0 && byte <= 0xef)
    return (lead) { 3, byte == 0xe0 ? 0xa0 : 0x80, byte == 0xed ? 0x9f : 0xbf };
  if (byte >= 0xf0 && byte <= 0xf4)
    return (lead) { 4, byte == 0xf0 ? 0x90 : 0x80, byte == 0xf4 ? 0x8f : 0xbf };
  return (lead) { 0, 0, 0 };
}

int
dd_utf8_next (const uint8_t *text, size_t length, uint32_t *character)
{
  lead first;
  uint32_t value;

  if (length == 0)
    return 0;
  first = lead_of (text[0]);
  if (first.length == 0)
    return -1;
  value = first.length == 1 ? text[0] : text[0] & (0xffu >> (first.length + 1));
  for (int i = 1; i < first.length; i++) {
    uint8_t low = i == 1 ? first.low : 0x80;
    uint8_t high = i == 1 ? first.high : 0xbf;

    if ((size_t) i == length)
      return 0;
    if (text[i] < low || text[i] > high)
      return -i;
    value = value << 6 | (text[i] & 0x3f);
  }
  *character = value;
  return first.length;
}

int
dd_utf8_put (uint32_t character, uint8_t out[4])
{
  if (character < 0x80) {
    out[0] = (uint8_t) character;
    return 1;
  }
  if (character < 0x800) {
    out[0] = (uint8_t) (0xc0 | character >> 6);
    out[1] = (uint8_t) (0x80 | (character & 0x3f));
    return 2;
  }
  if (character < 0x10000) {
    out[0] = (uint8_t) (0xe0 | character >> 12);
    out[1] = (uint8_t) (0x80 | (character >> 6 & 0x3f));
    out[2] = (uint8_t) (0x80 | (character & 0x3f));
    return 3;
  }
  out[0] = (uint8_t) (0xf0 | character >> 18);
  out[1] = (uint8_t) (0x80 | (character >> 12 & 0x3f));
  out[2] = (uint8_t) (0x80 | (character >> 6 & 0x3f));
  out[3] = (uint8_t) (0x80 | (character & 0x3f));
  return 4;
}

bool
dd_utf8_is_control (uint32_t character)
{
  return character < 0x20 || (character >= 0x7f && character < 0xa0)
         || (character >= 0x2028 && character <= 0x202e)
         || (character >= 0x2066 && character <= 0x2069);
}
