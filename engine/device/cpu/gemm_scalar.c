/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prompt products in plain C, for machines without any of the other sets.
 * Rows and activations stay rows of bytes; what a compiler's baseline gives is
 * all the speed there is.
 */
#include "device/cpu/gemm.h"
#include "quant/blocks.h"
#include "quant/half.h"

#define GEMM_GROUP 4

/* Weights of 32 rows and 256 columns (floats: 128). */
typedef struct gemm_panel {
  union {
    int8_t q[32][256];
    float f[32][128];
  };
  float scale[32][16]; /* per block or group */
  float min[32][16];
} gemm_panel;

static inline void
gemm_levels (const uint8_t *qs, int8_t *low, int8_t *high)
{
  for (int i = 0; i < 16; i++) {
    low[i] = dd_iq4_levels[qs[i] & 15];
    high[i] = dd_iq4_levels[qs[i] >> 4];
  }
}

/* Eight bits at a time, each picked out of a copy of its byte and moved by a carry
 * to bit 7. */
static inline void
gemm_bits (uint32_t bits, uint8_t out[32])
{
  for (int i = 0; i < 4; i++) {
    uint64_t copies = (uint64_t) (bits >> 8 * i & 255) * 0x0101010101010101u;
    uint64_t picked = copies & 0x8040201008040201u;
    uint64_t moved = ((picked + 0x7f7f7f7f7f7f7f7fu) & 0x8080808080808080u) >> 3;

    memcpy (out + 8 * i, &moved, 8);
  }
}

static inline void
gemm_halves (const uint8_t *from, int n, float *out)
{
  for (int i = 0; i < n; i++)
    out[i] = dd_half_to_float (dd_load_u16 (from + 2 * i));
}

#include "device/cpu/gemm_panels.h"

/* Activations of one chunk; scale per 32 columns and per 256. */
typedef struct record_q8 {
  int8_t q[4][256];
  float scale[4][8];
  float sum[4][8]; /* scale * sum of q */
} record_q8;

typedef struct record_q8k {
  int8_t q[4][256];
  int16_t sums16[4][16];
  int16_t sums32[4][8];
  float scale[4];
} record_q8k;

typedef struct record_f32 {
  float x[4][128];
} record_f32;

static void
pack_activation_q8 (const float *x, int columns, int a, void *memory)
{
  record_q8 *record = memory;

  for (int b = 0; b < columns / DD_QK; b++) {
    int8_t *q = record->q[a] + DD_QK * b;

    record->scale[a][b] = gemm_quantise (x + DD_QK * b, DD_QK, q);
    record->sum[a][b] = record->scale[a][b] * (float) gemm_sum (q, DD_QK);
  }
}

static void
pack_activation_q8k (const float *x, int columns, int a, void *memory)
{
  record_q8k *record = memory;

  record->scale[a] = gemm_quantise (x, GEMM_CHUNK, record->q[a]);
  for (int g = 0; g < 16; g++)
    record->sums16[a][g] = (int16_t) gemm_sum (record->q[a] + 16 * g, 16);
  for (int g = 0; g < 8; g++)
    record->sums32[a][g] = (int16_t) (record->sums16[a][2 * g] + record->sums16[a][2 * g + 1]);
}

static void
pack_activation_f32 (const float *x, int columns, int a, void *memory)
{
  record_f32 *record = memory;

  memcpy (record->x[a], x, (size_t) columns * sizeof *x);
}

static void
arrange_blocks_min (const gemm_strip *strip, int units, gemm_panel *panel)
{
  memcpy (panel->q, strip->q, sizeof panel->q);
  for (int r = 0; r < GEMM_ROWS; r++) {
    for (int b = 0; b < units; b++) {
      panel->scale[r][b] = dd_half_to_float (strip->d[r][b]);
      panel->min[r][b] = dd_half_to_float (strip->m[r][b]);
    }
  }
}

static void
arrange_blocks (const gemm_strip *strip, int units, gemm_panel *panel)
{
  memcpy (panel->q, strip->q, sizeof panel->q);
  for (int r = 0; r < GEMM_ROWS; r++)
    for (int b = 0; b < units; b++)
      panel->scale[r][b] = dd_half_to_float (strip->d[r][b]);
}

/* `scales` and `mins` groups; where a type has none of the small ones, d alone. */
static void
arrange_k (const gemm_strip *strip, int scales, int mins, gemm_panel *panel)
{
  memcpy (panel->q, strip->q, sizeof panel->q);
  for (int r = 0; r < GEMM_ROWS; r++) {
    float d = dd_half_to_float (strip->d256[r]);

    panel->scale[r][0] = d;
    for (int g = 0; g < scales; g++)
      panel->scale[r][g] = d * (float) strip->scales[r][g];
    if (mins > 0)
      d = dd_half_to_float (strip->dmin256[r]);
    for (int g = 0; g < mins; g++)
      panel->min[r][g] = d * (float) strip->mins[r][g];
  }
}

static void
arrange_k16 (const gemm_strip *strip, int units, gemm_panel *panel)
{
  arrange_k (strip, 16, 0, panel);
}

static void
arrange_k32 (const gemm_strip *strip, int units, gemm_panel *panel)
{
  arrange_k (strip, 8, 0, panel);
}

static void
arrange_k32_min (const gemm_strip *strip, int units, gemm_panel *panel)
{
  arrange_k (strip, 8, 8, panel);
}

static void
arrange_k256 (const gemm_strip *strip, int units, gemm_panel *panel)
{
  arrange_k (strip, 0, 0, panel);
}

static void
arrange_k256_min (const gemm_strip *strip, int units, gemm_panel *panel)
{
  arrange_k (strip, 0, 16, panel);
}

static void
arrange_floats (const gemm_strip *strip, int units, gemm_panel *panel)
{
  memcpy (panel->f, strip->f, sizeof panel->f);
}

static inline int32_t
dot_bytes (const int8_t *a, const int8_t *b, int n)
{
  int32_t sum = 0;

  for (int i = 0; i < n; i++)
    sum += a[i] * b[i];
  return sum;
}

static void
kernel_q8 (const gemm_panel *panel,
           const record_q8 *record,
           int blocks,
           float sums[4][32],
           bool with_min)
{
  for (int a = 0; a < GEMM_GROUP; a++) {
    for (int r = 0; r < GEMM_ROWS; r++) {
      float sum = sums[a][r];

      for (int b = 0; b < blocks; b++) {
        int32_t dot = dot_bytes (panel->q[r] + DD_QK * b, record->q[a] + DD_QK * b, DD_QK);

        sum += (float) dot * (panel->scale[r][b] * record->scale[a][b]);
        if (with_min)
          sum += panel->min[r][b] * record->sum[a][b];
      }
      sums[a][r] = sum;
    }
  }
}

/* Scales per `group` columns, `mins` mins. */
static inline void
kernel_k (const gemm_panel *panel, const record_q8k *record, int group, int mins, float sums[4][32])
{
  for (int a = 0; a < GEMM_GROUP; a++) {
    const int16_t *xsums = mins == 16 ? record->sums16[a] : record->sums32[a];

    for (int r = 0; r < GEMM_ROWS; r++) {
      float part = 0;

      for (int g = 0; g < GEMM_CHUNK / group; g++)
        part += (float) dot_bytes (panel->q[r] + group * g, record->q[a] + group * g, group)
                * panel->scale[r][g];
      for (int g = 0; g < mins; g++)
        part -= panel->min[r][g] * (float) xsums[g];
      sums[a][r] += part * record->scale[a];
    }
  }
}

static void
kernel_blocks (const gemm_panel *panel, const void *record, int units, float sums[4][32])
{
  kernel_q8 (panel, record, units, sums, false);
}

static void
kernel_blocks_min (const gemm_panel *panel, const void *record, int units, float sums[4][32])
{
  kernel_q8 (panel, record, units, sums, true);
}

static void
kernel_k16 (const gemm_panel *panel, const void *record, int units, float sums[4][32])
{
  kernel_k (panel, record, 16, 0, sums);
}

static void
kernel_k32 (const gemm_panel *panel, const void *record, int units, float sums[4][32])
{
  kernel_k (panel, record, 32, 0, sums);
}

static void
kernel_k32_min (const gemm_panel *panel, const void *record, int units, float sums[4][32])
{
  kernel_k (panel, record, 32, 8, sums);
}

static void
kernel_k256 (const gemm_panel *panel, const void *record, int units, float sums[4][32])
{
  kernel_k (panel, record, GEMM_CHUNK, 0, sums);
}

static void
kernel_k256_min (const gemm_panel *panel, const void *record, int units, float sums[4][32])
{
  kernel_k (panel, record, GEMM_CHUNK, 16, sums);
}

static void
kernel_floats (const gemm_panel *panel, const void *memory, int units, float sums[4][32])
{
  const record_f32 *record = memory;

  for (int a = 0; a < GEMM_GROUP; a++) {
    for (int r = 0; r < GEMM_ROWS; r++) {
      float sum = sums[a][r];

      for (int k = 0; k < units; k++)
        sum += panel->f[r][k] * record->x[a][k];
      sums[a][r] = sum;
    }
  }
}

#define GEMM_TABLE dd_gemm_scalar
#include "device/cpu/gemm_types.h"
