/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The passes over rows that all vector families share.  A family defines before:
 * vf (a vector of LANES floats) with vf_zero, vf_load, vf_add, vf_fma and vf_sum,
 * DOTS_MOST (vectors of one pass), for each type load_ or unpack_, DOTS_FEED, and
 * dots_step, which unpacks a unit of weights once and adds its products with `n`
 * vectors to their sums.  Sums of different vectors never meet, so a vector's bits
 * do not depend on `n`.  A family with activations of its own defines DOTS_X and
 * what goes with it.
 */

#ifndef DOTS_X
#define DOTS_X dd_q8_group
#define DOTS_X_GROUPS 1 /* groups of DD_Q8_GROUP elements in one */
#define DOTS_X_OF(vectors_, c_) ((vectors_)->groups + (c_) * (vectors_)->groups_stride)
#define DOTS_FORM DD_FORM_Q8
#endif

/* Rows are taken in bundles and their columns in segments, so that a segment of all
 * vectors of a pass stays in the first cache.  Sums wait between segments as they
 * are: the order of additions is that of one long row. */
#define DOTS_BUNDLE 8
#define DOTS_SEGMENT_BYTES (24 << 10)
/* Where much is computed on each line of weights (several vectors, types with scales
 * inside their blocks) the processor does not see the next ones coming, and they are
 * asked for: into the second cache, for few requests of the first can be under way
 * at a time.  Elsewhere it does better alone. */
#define DOTS_AHEAD_BYTES 4096
#define DOTS_FETCH(line_) __builtin_prefetch ((line_), 0, 2)

/* A bundle of rows. */
typedef struct dots_rows {
  const uint8_t *weights;
  uint64_t row_bytes;
  int64_t rows;  /* at most DOTS_BUNDLE */
  int64_t after; /* rows that follow these */
  const dd_vectors *vectors;
  float *out; /* of the first row */
  int64_t out_stride;
} dots_rows;

/* Vectors of the next pass: few widths, the odd ones compute one twice. */
static inline int
dots_width (int left)
{
  int width = 1;

  while (width < left && width < DOTS_MOST)
    width *= 2;
  return width;
}

static inline int
dots_column (const dots_rows *self, int c)
{
  return c < self->vectors->count ? c : self->vectors->count - 1;
}

/* Where to look ahead while working on the bytes [at, at + size) of row `r`: a few
 * such pieces further on, in this bundle or the next. */
static inline const uint8_t *
dots_ahead (const dots_rows *self, int64_t r, int64_t at, int64_t size, int64_t row_size)
{
  int64_t row = r + 1 + DOTS_AHEAD_BYTES / (size + 1);

  if (row < self->rows)
    return self->weights + (uint64_t) row * self->row_bytes + at;
  row -= self->rows;
  if (at + size < row_size)
    return self->weights + (uint64_t) (row < self->rows ? row : 0) * self->row_bytes + at + size;
  if (row < self->after)
    return self->weights + (uint64_t) (self->rows + row) * self->row_bytes;
  return self->weights;
}

/* How a type is computed: a step takes `unit` bytes of weights, which belong to
 * `groups` groups of activations. */
typedef struct dots_shape {
  dots_unpack_fn unpack;
  dots_feed_fn feed;
  int unit, groups;
  bool slow; /* to unpack: looks ahead even for one vector */
} dots_shape;

/* Blocks of the last group that is not whole, made whole with zeros. */
ALWAYS_INLINE void
dots_rest (const dots_shape *shape,
           const uint8_t *weights,
           int64_t blocks,
           const DOTS_X *const *x,
           int64_t at,
           vf *sums,
           int n)
{
  uint8_t padded[4 * DOTS_X_GROUPS * sizeof (dd_block_q8_0)] = { 0 };

  memcpy (padded, weights, (size_t) (blocks * shape->unit / (4 * DOTS_X_GROUPS)));
  dots_step (shape->unpack, shape->feed, (int) (blocks + 3) / 4, padded, x, at, sums, n);
}

ALWAYS_INLINE void
dots_pass (dots_shape shape, const dots_rows *self, int first, int n)
{
  const dd_vectors *vectors = self->vectors;
  const int64_t segment = DOTS_SEGMENT_BYTES / (int) sizeof (DOTS_X) / n * DOTS_X_GROUPS
                          / shape.groups;
  const int64_t units = vectors->columns / (shape.groups * DD_Q8_GROUP);
  const int64_t rest = vectors->columns % (shape.groups * DD_Q8_GROUP) / DD_QK;
  const DOTS_X *x[DOTS_MOST];
  vf kept[DOTS_BUNDLE][DOTS_MOST];

  for (int c = 0; c < n; c++)
    x[c] = DOTS_X_OF (vectors, dots_column (self, first + c));
  for (int64_t u = 0; u == 0 || u < units; u += segment) {
    const int64_t end = units - u < segment ? units : u + segment;

    for (int64_t r = 0; r < self->rows; r++) {
      const uint8_t *row = self->weights + (uint64_t) r * self->row_bytes;
      const uint8_t *ahead = dots_ahead (self, r, u * shape.unit, (end - u) * shape.unit,
                                         units * shape.unit);
      vf sums[DOTS_MOST];

      UNROLL
      for (int c = 0; c < n; c++)
        sums[c] = u == 0 ? vf_zero () : kept[r][c];
      for (int64_t i = u; i < end; i++, ahead += shape.unit) {
        for (int line = 0; (n > 1 || shape.slow) && line < shape.unit; line += 64)
          DOTS_FETCH (ahead + line);
        dots_step (shape.unpack, shape.feed, shape.groups, row + i * shape.unit, x,
                   i * shape.groups / DOTS_X_GROUPS, sums, n);
      }
      if (shape.groups == DOTS_X_GROUPS && rest > 0 && end == units)
        dots_rest (&shape, row + units * shape.unit, rest, x, units, sums, n);
      UNROLL
      for (int c = 0; c < n; c++)
        kept[r][c] = sums[c];
    }
  }
  for (int64_t r = 0; r < self->rows; r++) {
    for (int c = 0; c < n && first + c < vectors->count; c++)
      self->out[(first + c) * self->out_stride + r] = vf_sum (kept[r][c]);
  }
}

typedef vf (*dots_load_fn) (const uint8_t *weights);

/* 2 * LANES elements, which are `bytes` bytes each. */
ALWAYS_INLINE void
dots_float_step (dots_load_fn read,
                 int bytes,
                 const uint8_t *weights,
                 const float *const *x,
                 int64_t at,
                 vf (*sums)[2],
                 int n)
{
  vf w[2] = { read (weights), read (weights + LANES * bytes) };

  UNROLL
  for (int c = 0; c < n; c++) {
    sums[c][0] = vf_fma (w[0], vf_load (x[c] + at), sums[c][0]);
    sums[c][1] = vf_fma (w[1], vf_load (x[c] + at + LANES), sums[c][1]);
  }
}

ALWAYS_INLINE void
dots_float_rest (dots_load_fn read,
                 int bytes,
                 const uint8_t *weights,
                 const float *const *x,
                 int64_t at,
                 int64_t count,
                 vf (*sums)[2],
                 int n)
{
  uint8_t w[2 * LANES * sizeof (float)] = { 0 };
  float padded[DOTS_MOST][2 * LANES] = { 0 };
  const float *rest[DOTS_MOST];

  memcpy (w, weights, (size_t) (count * bytes));
  for (int c = 0; c < n; c++) {
    memcpy (padded[c], x[c] + at, (size_t) count * sizeof (float));
    rest[c] = padded[c];
  }
  dots_float_step (read, bytes, w, rest, 0, sums, n);
}

ALWAYS_INLINE void
dots_float_pass (dots_load_fn read, int bytes, const dots_rows *self, int first, int n)
{
  const dd_vectors *vectors = self->vectors;
  const int64_t segment = DOTS_SEGMENT_BYTES / (int) sizeof (float) / n / (2 * LANES) * (2 * LANES);
  const int64_t whole = vectors->columns / (2 * LANES) * (2 * LANES);
  const float *x[DOTS_MOST];
  vf kept[DOTS_BUNDLE][DOTS_MOST][2];

  for (int c = 0; c < n; c++)
    x[c] = vectors->x + dots_column (self, first + c) * vectors->x_stride;
  for (int64_t at = 0; at == 0 || at < whole; at += segment) {
    const int64_t end = whole - at < segment ? whole : at + segment;

    for (int64_t r = 0; r < self->rows; r++) {
      const uint8_t *row = self->weights + (uint64_t) r * self->row_bytes;
      const uint8_t *ahead = dots_ahead (self, r, at * bytes, (end - at) * bytes, whole * bytes);
      vf sums[DOTS_MOST][2];

      UNROLL
      for (int c = 0; c < n; c++) {
        sums[c][0] = at == 0 ? vf_zero () : kept[r][c][0];
        sums[c][1] = at == 0 ? vf_zero () : kept[r][c][1];
      }
      for (int64_t i = at; i < end; i += 2 * LANES, ahead += 2 * LANES * bytes) {
        for (int line = 0; n > 1 && line < 2 * LANES * bytes; line += 64)
          DOTS_FETCH (ahead + line);
        dots_float_step (read, bytes, row + i * bytes, x, i, sums, n);
      }
      if (whole < vectors->columns && end == whole)
        dots_float_rest (read, bytes, row + whole * bytes, x, whole, vectors->columns - whole, sums,
                         n);
      UNROLL
      for (int c = 0; c < n; c++) {
        kept[r][c][0] = sums[c][0];
        kept[r][c][1] = sums[c][1];
      }
    }
  }
  for (int64_t r = 0; r < self->rows; r++) {
    for (int c = 0; c < n && first + c < vectors->count; c++)
      self->out[(first + c) * self->out_stride + r] = vf_sum (vf_add (kept[r][c][0],
                                                                      kept[r][c][1]));
  }
}

typedef void (*dots_pass_fn) (const dots_rows *self, int first);

/* All vectors; `passes` are for 1, 2, 4 … DOTS_MOST of them. */
static inline void
dots_all (const dots_pass_fn *passes,
          const uint8_t *weights,
          uint64_t row_bytes,
          int64_t rows,
          const dd_vectors *vectors,
          float *out,
          int64_t out_stride)
{
  for (int64_t r = 0; r < rows; r += DOTS_BUNDLE) {
    int64_t here = rows - r < DOTS_BUNDLE ? rows - r : DOTS_BUNDLE;
    dots_rows bundle = { weights + (uint64_t) r * row_bytes,
                         row_bytes,
                         here,
                         rows - r - here,
                         vectors,
                         out + r,
                         out_stride };

    for (int c = 0, width; c < vectors->count; c += width) {
      width = dots_width (vectors->count - c);
      passes[__builtin_ctz ((unsigned) width)](&bundle, c);
    }
  }
}

#define DOTS_PASS(type_, n_, form_, ...)                                                           \
  static void pass_##type_##_##n_ (const dots_rows *self, int first)                               \
  {                                                                                                \
    form_ (__VA_ARGS__, self, first, n_);                                                          \
  }

#if DOTS_MOST == 16
#define DOTS_PASSES(type_, ...)                                                                    \
  DOTS_PASS (type_, 1, __VA_ARGS__)                                                                \
  DOTS_PASS (type_, 2, __VA_ARGS__)                                                                \
  DOTS_PASS (type_, 4, __VA_ARGS__)                                                                \
  DOTS_PASS (type_, 8, __VA_ARGS__)                                                                \
  DOTS_PASS (type_, 16, __VA_ARGS__)                                                               \
  static const dots_pass_fn passes_##type_[] = { pass_##type_##_1, pass_##type_##_2,               \
                                                 pass_##type_##_4, pass_##type_##_8,               \
                                                 pass_##type_##_16 };
#elif DOTS_MOST == 8
#define DOTS_PASSES(type_, ...)                                                                    \
  DOTS_PASS (type_, 1, __VA_ARGS__)                                                                \
  DOTS_PASS (type_, 2, __VA_ARGS__)                                                                \
  DOTS_PASS (type_, 4, __VA_ARGS__)                                                                \
  DOTS_PASS (type_, 8, __VA_ARGS__)                                                                \
  static const dots_pass_fn passes_##type_[] = { pass_##type_##_1, pass_##type_##_2,               \
                                                 pass_##type_##_4, pass_##type_##_8 };
#else
#define DOTS_PASSES(type_, ...)                                                                    \
  DOTS_PASS (type_, 1, __VA_ARGS__)                                                                \
  DOTS_PASS (type_, 2, __VA_ARGS__)                                                                \
  DOTS_PASS (type_, 4, __VA_ARGS__)                                                                \
  static const dots_pass_fn passes_##type_[] = { pass_##type_##_1, pass_##type_##_2,               \
                                                 pass_##type_##_4 };
#endif

#define DOTS_ENTRY(type_, form_)                                                                   \
  static void dots_##type_ (const uint8_t *weights, uint64_t row_bytes, int64_t rows,              \
                            const dd_vectors *vectors, float *out, int64_t out_stride)             \
  {                                                                                                \
    dots_all (passes_##type_, weights, row_bytes, rows, vectors, out, out_stride);                 \
  }                                                                                                \
  static const dd_dots table_##type_ = { form_, dots_##type_ };

/* A unit is as many groups as activations come in, of K types at least a block. */
#define DOTS_GROUPS(blocks_) (4 * DOTS_X_GROUPS < (blocks_) ? (blocks_) / 4 : DOTS_X_GROUPS)
#define DOTS_BLOCKS(type_, blocks_, kind_)                                                         \
  static const dots_shape shape_##type_ = { unpack_##type_, DOTS_FEED (kind_, blocks_),            \
                                            sizeof (dd_block_##type_) * 4 * DOTS_GROUPS (blocks_)  \
                                                / blocks_,                                         \
                                            DOTS_GROUPS (blocks_), (blocks_) > 1 };                \
  DOTS_PASSES (type_, dots_pass, shape_##type_)                                                    \
  DOTS_ENTRY (type_, DOTS_FORM)

#define DOTS_FLOATS(type_, bytes_)                                                                 \
  DOTS_PASSES (type_, dots_float_pass, load_##type_, bytes_)                                       \
  DOTS_ENTRY (type_, DD_FORM_F32)

#include "device/cpu/dots_types.h"
