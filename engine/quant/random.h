/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random data for tests, also those that a device must pass before it is used: the same
 * on every machine for the same seed (integer arithmetic and exact conversions only, no
 * libm).
 */
#pragma once

#include "quant/quant.h"

typedef struct random_dice {
  uint64_t state;
} random_dice;

/* SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t
dice_bits (random_dice *dice)
{
  uint64_t z = dice->state += UINT64_C (0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
  return z ^ z >> 31;
}

/* 0 … n - 1 */
static inline int
dice_below (random_dice *dice, int n)
{
  return (int) (dice_bits (dice) % (uint64_t) n);
}

/* 0 <= x < 1 */
static inline double
dice_unit (random_dice *dice)
{
  return (double) (dice_bits (dice) >> 11) * 0x1p-53;
}

/* Nearly normal, variance 1, within ±3.5: the sum of four uniform ones. */
static inline float
dice_normal (random_dice *dice)
{
  double sum = dice_unit (dice) + dice_unit (dice) + dice_unit (dice) + dice_unit (dice) - 2;

  return (float) (sum * 1.7320508075688772);
}

/* All fifteen types the engine computes with. */
#define RANDOM_TYPES 15
extern const dd_type random_types[RANDOM_TYPES];

/* `count` elements (whole blocks) of random weights with a standard deviation
 * near `deviation`.  With `extreme` some blocks have a scale of zero or of the
 * smallest subnormal, or all their bits alike. */
void random_weights (random_dice *dice,
                     dd_type type,
                     float deviation,
                     bool extreme,
                     void *out,
                     uint64_t count);
