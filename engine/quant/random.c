/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random weights of every type: random bits with sane scales in their places.
 */
#include "quant/random.h"

#include <math.h>
#include <string.h>

#include "quant/blocks.h"
#include "quant/half.h"

const dd_type random_types[RANDOM_TYPES] = {
  DD_TYPE_F32,  DD_TYPE_F16,  DD_TYPE_BF16, DD_TYPE_Q4_0,   DD_TYPE_Q4_1,
  DD_TYPE_Q5_0, DD_TYPE_Q5_1, DD_TYPE_Q8_0, DD_TYPE_Q2_K,   DD_TYPE_Q3_K,
  DD_TYPE_Q4_K, DD_TYPE_Q5_K, DD_TYPE_Q6_K, DD_TYPE_IQ4_NL, DD_TYPE_IQ4_XS,
};

/* Where a type keeps its scale and its minimum (-1: none), the standard
 * deviation of its elements at a scale of 1, and the minimum that brings their
 * mean to zero at a scale of 1. */
typedef struct block_scales {
  dd_type type;
  int d, m;
  double deviation;
  double centre;
  bool either_sign; /* files of this type have scales of both signs */
} block_scales;

static const block_scales all_scales[] = {
  { DD_TYPE_Q4_0, 0, -1, 4.6, 0, true },    { DD_TYPE_Q4_1, 0, 2, 4.6, -7.5, false },
  { DD_TYPE_Q5_0, 0, -1, 9.2, 0, true },    { DD_TYPE_Q5_1, 0, 2, 9.2, -15.5, false },
  { DD_TYPE_Q8_0, 0, -1, 74, 0, false },    { DD_TYPE_Q2_K, 80, 82, 14, 1.5, false },
  { DD_TYPE_Q3_K, 108, -1, 42, 0, true },   { DD_TYPE_Q4_K, 0, 2, 290, 7.5, false },
  { DD_TYPE_Q5_K, 0, 2, 600, 15.5, false }, { DD_TYPE_Q6_K, 208, -1, 1370, 0, true },
  { DD_TYPE_IQ4_NL, 0, -1, 70, 0, true },   { DD_TYPE_IQ4_XS, 0, -1, 1290, 0, true },
};

static void
put_half (uint8_t *at, double value)
{
  uint16_t half = dd_half_from_float ((float) value);

  memcpy (at, &half, sizeof half);
}

/* One block whose bytes are random already. */
static void
set_scales (random_dice *dice,
            const block_scales *scales,
            double deviation,
            bool extreme,
            uint8_t *block,
            uint32_t bytes)
{
  double d = deviation / scales->deviation * (0.5 + dice_unit (dice));
  int fate = extreme ? dice_below (dice, 8) : 7;

  if (scales->either_sign && dice_below (dice, 2))
    d = -d;
  if (fate == 0)
    d = 0;
  else if (fate == 1)
    d = 0x1p-24;
  else if (fate <= 3)
    memset (block, fate == 2 ? 0xff : 0, bytes);
  put_half (block + scales->d, d);
  if (scales->m >= 0)
    put_half (block + scales->m, d * scales->centre * (0.9 + 0.2 * dice_unit (dice)));
}

static void
random_blocks (random_dice *dice,
               dd_type type,
               double deviation,
               bool extreme,
               uint8_t *out,
               uint64_t count)
{
  const dd_type_info *info = dd_type_get (type);
  const block_scales *scales = all_scales;

  while (scales->type != type)
    scales++;
  for (uint64_t i = 0; i < count / info->block; i++) {
    uint8_t *block = out + i * info->bytes;

    for (uint32_t j = 0; j < info->bytes; j++)
      block[j] = (uint8_t) dice_bits (dice);
    set_scales (dice, scales, deviation, extreme, block, info->bytes);
  }
}

void
random_weights (random_dice *dice,
                dd_type type,
                float deviation,
                bool extreme,
                void *out,
                uint64_t count)
{
  if (dd_type_get (type)->block > 1) {
    random_blocks (dice, type, deviation, extreme, out, count);
    return;
  }
  for (uint64_t i = 0; i < count; i++) {
    float value = deviation * dice_normal (dice);
    uint16_t bits = (uint16_t) (dd_bits_from_float (value) >> 16); /* BF16, cut */

    if (extreme && dice_below (dice, 16) == 0)
      value = bits = 0;
    if (type == DD_TYPE_F16)
      bits = dd_half_from_float (value);
    if (type == DD_TYPE_F32)
      memcpy ((uint8_t *) out + i * 4, &value, 4);
    else
      memcpy ((uint8_t *) out + i * 2, &bits, 2);
  }
}
