/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decode products: a few activation vectors against rows of weights on the
 * file's own blocks.  One file per instruction set; the scalar one is the
 * specification of which elements are quantised how.
 *
 * Every vector's result is one fixed sequence of operations, the same whether it
 * comes alone or beside fifteen others.
 */
#pragma once

#include "device/cpu/cpu.h"

#define DD_VECTORS 16 /* decode rows of one pass */

/* How activations are given to the products of a type. */
typedef enum dd_form {
  DD_FORM_F32, /* floats as they are: F32, F16, BF16 weights */
  DD_FORM_Q8,  /* 8 bits, a scale per 32: every quantised type */
  DD_FORM_Q8_WIDE, /* the same in another order, which AVX-512 has instead */
  DD_FORMS
} dd_form;

#define DD_Q8_GROUP 128 /* elements of a group */

/* Four blocks of 32 activations, x = scale * q.  Element `e` of block `b` lies at
 * dd_q8_place (b, e): the blocks are woven by fours of bytes, so that the four
 * lanes of a 128-bit integer sum belong to the four blocks and one conversion and
 * one multiplication serve all of them.  K types have a scale per 32 activations
 * too: it costs nothing in this order, and outliers spoil 32 neighbours, not 256. */
typedef struct dd_q8_group {
  int8_t q[DD_Q8_GROUP];
  float parts[4][2];      /* scale * the sum of q, of each half block, for types with minima */
  float scale[4];         /* of each block; NaN if it holds a NaN or an infinity */
  uint8_t unused[16];     /* whole cache lines */
} dd_q8_group;

static inline int
dd_q8_place (int block, int element)
{
  return element / 4 * 16 + block * 4 + element % 4;
}

#define DD_Q8_WIDE 512 /* elements of a wide */

/* Sixteen blocks in groups of four.  What belongs to block `4 g + b` is in lane 4 b + g:
 * element `e` at q[e / 4][4 b + g][e % 4]. */
typedef struct dd_q8_wide {
  int8_t q[8][16][4];
  float scale[16];           /* NaN if the block holds a NaN or an infinity */
  int32_t less[16];          /* minus the sum of q */
  float parts[16];           /* scale * the sum */
  int16_t less_halves[16][2]; /* minus the sums of the half blocks */
} dd_q8_wide;

/* Up to DD_VECTORS activation vectors of `columns` elements in one form. */
typedef struct dd_vectors {
  dd_form form;
  int count;
  int64_t columns;     /* Q8: a multiple of 32 */
  const float *x;      /* F32: [count][x_stride] */
  int64_t x_stride;
  dd_q8_group *groups; /* Q8: [count][groups_stride], 64-byte aligned, the last padded with zeros */
  int64_t groups_stride;
  dd_q8_wide *wides; /* Q8_WIDE: the same with [count][wides_stride] */
  int64_t wides_stride;
} dd_vectors;

/* Bytes for the groups of `count` vectors (not F32), and the layout of them in
 * `memory` (64-byte aligned). */
size_t dd_vectors_bytes (dd_form form, int64_t columns, int count);
void dd_vectors_layout (dd_vectors *vectors,
                        dd_form form,
                        int64_t columns,
                        int count,
                        void *memory);

typedef struct dd_dots {
  dd_form form;
  /* out[c * out_stride + r] = weights row r . vector c, for `rows` rows of
   * `row_bytes` bytes each starting at `weights`, which needs no alignment.
   * Nothing beyond the blocks of the rows is read. */
  void (*dots) (const uint8_t *weights,
                uint64_t row_bytes,
                int64_t rows,
                const dd_vectors *vectors,
                float *out,
                int64_t out_stride);
} dd_dots;

/* Quantises elements [first, last) (multiples of 512, or the end) of vector `c`
 * from `x` into the form of `vectors`.  All families round alike: by the largest
 * magnitude of the 32, to the nearest even; blocks below 2^-100 become zero. */
typedef void (*dd_quantise_fn) (const float *x,
                                dd_vectors *vectors,
                                int c,
                                int64_t first,
                                int64_t last);

/* Kernels of a family; never NULL for a type that the engine knows: a family
 * without one of its own gives the next simpler family's. */
const dd_dots *dd_dots_get (dd_cpu_isa isa, dd_type type);
dd_quantise_fn dd_quantise_get (dd_cpu_isa isa);
