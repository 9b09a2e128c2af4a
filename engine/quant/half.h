/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * 16-bit floats in portable C: exact widening, narrowing to the nearest even,
 * subnormals, infinities and NaN kept.
 */
#pragma once

#include <stdint.h>
#include <string.h>

static inline float
dd_float_from_bits (uint32_t bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static inline uint32_t
dd_bits_from_float (float value)
{
  uint32_t bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

static inline float
dd_half_to_float (uint16_t half)
{
  uint32_t sign = (uint32_t) (half & 0x8000) << 16;
  uint32_t exponent = (half >> 10) & 31;
  uint32_t mantissa = half & 0x3ff;

  if (exponent == 31)
    return dd_float_from_bits (sign | 0x7f800000 | mantissa << 13);
  if (exponent != 0)
    return dd_float_from_bits (sign | (exponent + 112) << 23 | mantissa << 13);
  /* Subnormal: mantissa * 2^-24, exact in a float. */
  return dd_float_from_bits (sign | dd_bits_from_float ((float) mantissa * 0x1p-24f));
}

static inline uint16_t
dd_half_from_float (float value)
{
  uint32_t bits = dd_bits_from_float (value);
  uint32_t sign = (bits >> 16) & 0x8000;
  uint32_t rest = bits & 0x7fffffff;

  if (rest > 0x7f800000)
    return (uint16_t) (sign | 0x7e00 | ((rest >> 13) & 0x3ff));
  if (rest >= 0x477ff000) /* rounds to 65536 or more */
    return (uint16_t) (sign | 0x7c00);
  if (rest < 0x38800000) {
    /* Below 2^-14: adding 0.5 leaves the rounded multiple of 2^-24 in the low bits. */
    float shifted = dd_float_from_bits (rest) + 0.5f;

    return (uint16_t) (sign | (dd_bits_from_float (shifted) - 0x3f000000));
  }
  return (uint16_t) (sign | ((rest - 0x38000000 + 0xfff + ((rest >> 13) & 1)) >> 13));
}

static inline float
dd_bfloat_to_float (uint16_t bfloat)
{
  return dd_float_from_bits ((uint32_t) bfloat << 16);
}

static inline uint16_t
dd_load_u16 (const void *bytes)
{
  uint16_t value;

  memcpy (&value, bytes, sizeof value);
  return value;
}
