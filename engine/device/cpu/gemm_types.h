/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which unpacking, panel and kernel make each type's products: the end of each
 * gemm_<isa>.c, which has defined the functions named here and GEMM_TABLE.
 */

static inline int64_t
gemm_least (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

/* Packs groups of activations chunk by chunk.  Places in the last group that no
 * activation takes are given zeros. */
static inline void
gemm_pack (void (*pack) (const float *x, int columns, int place, void *record),
           size_t bytes,
           int chunk,
           const float *x,
           int64_t stride,
           int64_t columns,
           int64_t count,
           int64_t first,
           int64_t last,
           uint8_t *packed)
{
  static const float zeros[GEMM_CHUNK];

  for (int64_t from = 0; from < columns; from += chunk) {
    int here = (int) gemm_least (columns - from, chunk);
    uint8_t *records = packed + (size_t) (from / chunk * gemm_groups (count)) * bytes;

    for (int64_t c = first; c < (last + GEMM_GROUP - 1) / GEMM_GROUP * GEMM_GROUP; c++)
      pack (c < count ? x + c * stride + from : zeros, here, (int) (c % GEMM_GROUP),
            records + (size_t) (c / GEMM_GROUP) * bytes);
  }
}

#define GEMM_FORM(form_, chunk_)                                                                   \
  static size_t packed_bytes_##form_ (int64_t columns, int64_t count)                              \
  {                                                                                                \
    return gemm_packed_bytes (columns, count, chunk_, sizeof (record_##form_));                    \
  }                                                                                                \
  static void pack_##form_ (const float *x, int64_t stride, int64_t columns, int64_t count,        \
                            int64_t first, int64_t last, void *packed)                             \
  {                                                                                                \
    gemm_pack (pack_activation_##form_, sizeof (record_##form_), chunk_, x, stride, columns,       \
               count, first, last, packed);                                                        \
  }

#define GEMM_TYPE(type_, form_, number_, unpack_, arrange_, kernel_, unit_, units_, chunk_bytes_)  \
  static void multiply_##type_ (const uint8_t *weights, uint64_t row_bytes, int64_t rows,          \
                                int64_t columns, const void *packed, int64_t count, float *out,    \
                                int64_t out_stride, void *scratch)                                 \
  {                                                                                                \
    static const gemm_recipe recipe = {                                                            \
      unpack_, arrange_, kernel_, unit_, units_, chunk_bytes_, sizeof (record_##form_)             \
    };                                                                                             \
                                                                                                   \
    gemm_multiply (&recipe, weights, row_bytes, rows, columns, packed, count, out, out_stride,     \
                   scratch);                                                                       \
  }                                                                                                \
  static const dd_gemm gemm_##type_ = {                                                            \
    number_,      GEMM_TILE,       GEMM_GROUP, packed_bytes_##form_, gemm_scratch_bytes,           \
    pack_##form_, multiply_##type_                                                                 \
  };

/* Some families multiply few bits otherwise than many. */
#ifndef GEMM_4BIT
#define GEMM_4BIT(kind_) kind_
#define GEMM_5BIT(kind_) kind_
#endif

/* Some families take bytes from the file, of many rows at once. */
#ifndef GEMM_UNPACK
#define GEMM_UNPACK(type_) unpack_##type_
#define GEMM_ARRANGE(type_, kind_) arrange_##kind_
#endif

#define GEMM_FLOAT(type_, bytes_)                                                                  \
  GEMM_TYPE (type_, f32, 0, unpack_##type_, arrange_floats, kernel_floats, 1, GEMM_FLOATS,         \
             GEMM_FLOATS *(bytes_))
#define GEMM_BLOCK(type_, kind_) GEMM_BLOCK_ (type_, kind_)
#define GEMM_BLOCK_(type_, kind_)                                                                  \
  GEMM_TYPE (type_, q8, 1, GEMM_UNPACK (type_), GEMM_ARRANGE (type_, kind_), kernel_##kind_,       \
             DD_QK, GEMM_BLOCKS, GEMM_BLOCKS * sizeof (dd_block_##type_))
#define GEMM_K(type_, kind_) GEMM_K_ (type_, kind_)
#define GEMM_K_(type_, kind_)                                                                      \
  GEMM_TYPE (type_, q8k, 2, GEMM_UNPACK (type_), GEMM_ARRANGE (type_, kind_), kernel_##kind_,      \
             DD_QK, GEMM_BLOCKS, sizeof (dd_block_##type_))

GEMM_FORM (f32, GEMM_FLOATS)
GEMM_FORM (q8, GEMM_CHUNK)
GEMM_FORM (q8k, GEMM_CHUNK)

GEMM_FLOAT (f32, 4)
GEMM_FLOAT (f16, 2)
GEMM_FLOAT (bf16, 2)
GEMM_BLOCK (q4_0, GEMM_4BIT (blocks))
GEMM_BLOCK (q4_1, GEMM_4BIT (blocks_min))
GEMM_BLOCK (q5_0, GEMM_5BIT (blocks))
GEMM_BLOCK (q5_1, GEMM_5BIT (blocks_min))
GEMM_BLOCK (q8_0, blocks)
GEMM_BLOCK (iq4_nl, blocks)
GEMM_K (q2_k, k256_min)
GEMM_K (q3_k, k256)
GEMM_K (q4_k, GEMM_4BIT (k32_min))
GEMM_K (q5_k, GEMM_5BIT (k32_min))
GEMM_K (q6_k, k16)
GEMM_K (iq4_xs, k32)

const dd_gemm *
GEMM_TABLE (dd_type type)
{
  switch (type) {
  case DD_TYPE_F32: return &gemm_f32;
  case DD_TYPE_F16: return &gemm_f16;
  case DD_TYPE_BF16: return &gemm_bf16;
  case DD_TYPE_Q4_0: return &gemm_q4_0;
  case DD_TYPE_Q4_1: return &gemm_q4_1;
  case DD_TYPE_Q5_0: return &gemm_q5_0;
  case DD_TYPE_Q5_1: return &gemm_q5_1;
  case DD_TYPE_Q8_0: return &gemm_q8_0;
  case DD_TYPE_IQ4_NL: return &gemm_iq4_nl;
  case DD_TYPE_Q2_K: return &gemm_q2_k;
  case DD_TYPE_Q3_K: return &gemm_q3_k;
  case DD_TYPE_Q4_K: return &gemm_q4_k;
  case DD_TYPE_Q5_K: return &gemm_q5_k;
  case DD_TYPE_Q6_K: return &gemm_q6_k;
  case DD_TYPE_IQ4_XS: return &gemm_iq4_xs;
  }
  return NULL;
}
