/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The CPU device's work on floats between the products: norms, rotation,
 * activation, attention over pages.  One file per instruction set, each the
 * same text (vec_kernels.h) over that set's vectors, chosen once into a table.
 *
 * Pointers need no alignment unless it is said.  Every result is one fixed
 * sequence of operations within a family, whatever stands beside it.
 */
#pragma once

#include "device/cpu/cpu.h"

/* Keys and values of one key-value head on one page: DD_PAGE_TOKENS rows of
 * `stride` elements, the last of which are zeros beyond head_dim. */
typedef struct dd_vec_page {
  const void *elements;
  bool half;       /* 16-bit floats, else floats */
  int64_t stride;  /* elements, a multiple of DD_VEC_PAD */
  const void *next; /* elements in the same layout that are wanted afterwards, brought near
                       meanwhile; NULL: none */
} dd_vec_page;

#define DD_VEC_PAD 16          /* heads are padded with zeros to a multiple of this */
#define DD_VEC_LOWEST (-1e30f) /* where a running maximum starts: far below, but finite */

/* One tile of prompt attention: `lanes` queries side by side against a page.
 * A lane sees the positions lo <= p < hi of the page. */
typedef struct dd_vec_tile {
  int lanes;          /* a multiple of DD_VEC_PAD, at most the family's tile_lanes */
  const float *query; /* [stride][lanes], scaled */
  float *scores;      /* [DD_PAGE_TOKENS][lanes]: then weights, 0 where unseen */
  const float *lo;    /* [lanes], counted from the page's first position; NULL: all */
  const float *hi;    /* are seen by every lane */
  float *largest;     /* [lanes], running */
  float *sum;         /* [lanes], running */
  float *fade;        /* [lanes], out: what this page makes of earlier sums */
} dd_vec_tile;

typedef struct dd_vec {
  int tile_lanes;

  /* out = x / sqrt (mean (x²) + eps) * norm.  `out` may be `x`. */
  void (*rms_norm) (const float *x, const float *norm, float eps, int64_t n, float *out);
  /* x += y;  x += scale * y;  x *= scale;  x = cap * tanh (x / cap) */
  void (*add) (float *x, const float *y, int64_t n);
  void (*add_scaled) (float *x, const float *y, float scale, int64_t n);
  void (*multiply) (float *x, float scale, int64_t n);
  void (*cap) (float *x, float cap, int64_t n);
  /* out = silu (gate) * up, and with the tanh form of gelu. */
  void (*silu_mul) (const float *gate, const float *up, float *out, int64_t n);
  void (*gelu_mul) (const float *gate, const float *up, float *out, int64_t n);
  /* Turns the first `dims` elements of x.  Pairs: `cosines` and `sines` hold an
   * entry per element, the sine of even elements negated.  Halves: per pair. */
  void (*turn_pairs) (float *x, const float *cosines, const float *sines, int64_t dims);
  void (*turn_halves) (float *x, const float *cosines, const float *sines, int64_t dims);
  /* To and from 16-bit floats, nearest even. */
  void (*narrow) (const float *x, uint16_t *out, int64_t n);
  void (*widen) (const uint16_t *x, float *out, int64_t n);

  /* The largest of x, -infinity if there is none; NaN is passed over. */
  float (*largest) (const float *x, int64_t n);
  /* The sum of exp (x - shift), to about 1e-7 of itself. */
  double (*sum_exp) (const float *x, float shift, int64_t n);
  /* Whether no x is NaN or infinite. */
  bool (*finite) (const float *x, int64_t n);

  /* Decode attention: `group` queries ([group][stride], scaled) of one head of
   * keys against positions [first, last) of a page. scores: [group][DD_PAGE_TOKENS]. */
  void (*row_scores) (const float *query,
                      int group,
                      const dd_vec_page *keys,
                      int first,
                      int last,
                      float *scores);
  /* Turns scores [first, last) into weights below the running maximum `*largest`,
   * capped before if `cap`; updates maximum and sum; returns the fade of earlier sums. */
  float (*row_weights) (float *scores, int first, int last, float cap, float *largest, float *sum);
  /* out[g] = fade[g] * out[g] + weights[g] . values: out [group][stride]. */
  void (*row_values) (const float *weights,
                      const float *fade,
                      int group,
                      const dd_vec_page *values,
                      int first,
                      int last,
                      float *out);

  /* The same three for a tile, `keys` and `values` being floats ([positions][stride]). */
  void (*tile_scores) (const dd_vec_tile *tile, const float *keys, int64_t stride, int positions);
  void (*tile_weights) (const dd_vec_tile *tile, int positions, float cap);
  /* For lanes [lane, lane + count) over positions [first, last); out: [lanes][stride]. */
  void (*tile_values) (const dd_vec_tile *tile,
                       int lane,
                       int count,
                       const float *values,
                       int64_t stride,
                       int first,
                       int last,
                       float *out);
} dd_vec;

/* The table of a family. */
const dd_vec *dd_vec_get (dd_cpu_isa isa);

/* Where the families' tables are; a build has only its own machine's. */
extern const dd_vec dd_vec_scalar;
#if defined(__x86_64__)
extern const dd_vec dd_vec_avx2;
extern const dd_vec dd_vec_avx512;
#elif defined(__aarch64__)
extern const dd_vec dd_vec_neon;
#endif
