/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Block layouts of GGUF's quantised types, all little-endian and without
 * padding (source of the layouts: the GGUF specification and ggml's
 * ggml-common.h).  `d` and `dmin` are 16-bit floats.  Blocks in a file map are
 * only 2-byte aligned, and all members here are bytes or uint16_t.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#define DD_QK 32   /* elements of a legacy block */
#define DD_QK_K 256 /* elements of a K block */

typedef struct dd_block_q4_0 {
  uint16_t d;
  uint8_t qs[16];
} dd_block_q4_0;
typedef struct dd_block_q4_1 {
  uint16_t d, m;
  uint8_t qs[16];
} dd_block_q4_1;
typedef struct dd_block_q5_0 {
  uint16_t d;
  uint8_t qh[4];
  uint8_t qs[16];
} dd_block_q5_0;
typedef struct dd_block_q5_1 {
  uint16_t d, m;
  uint8_t qh[4];
  uint8_t qs[16];
} dd_block_q5_1;
typedef struct dd_block_q8_0 {
  uint16_t d;
  int8_t qs[32];
} dd_block_q8_0;
typedef struct dd_block_q2_k {
  uint8_t scales[16];
  uint8_t qs[64];
  uint16_t d, dmin;
} dd_block_q2_k;
typedef struct dd_block_q3_k {
  uint8_t hmask[32];
  uint8_t qs[64];
  uint8_t scales[12];
  uint16_t d;
} dd_block_q3_k;
typedef struct dd_block_q4_k {
  uint16_t d, dmin;
  uint8_t scales[12];
  uint8_t qs[128];
} dd_block_q4_k;
typedef struct dd_block_q5_k {
  uint16_t d, dmin;
  uint8_t scales[12];
  uint8_t qh[32];
  uint8_t qs[128];
} dd_block_q5_k;
typedef struct dd_block_q6_k {
  uint8_t ql[128];
  uint8_t qh[64];
  int8_t scales[16];
  uint16_t d;
} dd_block_q6_k;
typedef struct dd_block_iq4_nl {
  uint16_t d;
  uint8_t qs[16];
} dd_block_iq4_nl;
typedef struct dd_block_iq4_xs {
  uint16_t d;
  uint16_t scales_h;
  uint8_t scales_l[4];
  uint8_t qs[128];
} dd_block_iq4_xs;

static_assert (sizeof (dd_block_q4_0) == 18, "Q4_0");
static_assert (sizeof (dd_block_q4_1) == 20, "Q4_1");
static_assert (sizeof (dd_block_q5_0) == 22, "Q5_0");
static_assert (sizeof (dd_block_q5_1) == 24, "Q5_1");
static_assert (sizeof (dd_block_q8_0) == 34, "Q8_0");
static_assert (sizeof (dd_block_q2_k) == 84, "Q2_K");
static_assert (sizeof (dd_block_q3_k) == 110, "Q3_K");
static_assert (sizeof (dd_block_q4_k) == 144, "Q4_K");
static_assert (sizeof (dd_block_q5_k) == 176, "Q5_K");
static_assert (sizeof (dd_block_q6_k) == 210, "Q6_K");
static_assert (sizeof (dd_block_iq4_nl) == 18, "IQ4_NL");
static_assert (sizeof (dd_block_iq4_xs) == 136, "IQ4_XS");

/* The sixteen levels of IQ4_NL and IQ4_XS. */
extern const int8_t dd_iq4_levels[16];

/* Scale and min number `j` (0-7) of the twelve packed bytes of Q4_K and Q5_K. */
static inline void
dd_k4_scale_min (const uint8_t scales[12], int j, uint8_t *scale, uint8_t *min)
{
  if (j < 4) {
    *scale = scales[j] & 63;
    *min = scales[j + 4] & 63;
  } else {
    *scale = (uint8_t) ((scales[j + 4] & 15) | (scales[j - 4] >> 6) << 4);
    *min = (uint8_t) ((scales[j + 4] >> 4) | (scales[j] >> 6) << 4);
  }
}

/* Scale number `j` (0-15) of the twelve packed bytes of Q3_K, -32 to 31. */
static inline int
dd_q3k_scale (const uint8_t scales[12], int j)
{
  int low = j < 8 ? scales[j] & 15 : scales[j - 8] >> 4;
  int high = (scales[8 + j % 4] >> 2 * (j / 4)) & 3;

  return (low | high << 4) - 32;
}
