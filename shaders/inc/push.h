/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What C hands to shaders: the push constants of every shader and the arrays
 * that describe a batch.  Read by both C and GLSL (there with scalar layout), so
 * members are in falling order of size and addresses come first; at most 128
 * bytes, which is what every Vulkan has.
 */
#ifndef PUSH_H
#define PUSH_H

#ifdef VULKAN /* GLSL; an address is turned into a reference: Floats (push.source) */
#define ADDRESS uvec2
#define U32 uint
#define I32 int
#define PUSH_SIZE(type_, size_)
#else
#include <assert.h>
#include <stdint.h>
#define ADDRESS uint64_t
#define U32 uint32_t
#define I32 int32_t
#define PUSH_SIZE(type_, size_)                                                                    \
  static_assert (sizeof (struct type_) == (size_) && (size_) <= 128, #type_);
#endif

/* A row of the batch. */
struct vk_row {
  I32 token;    /* negative: what row -1 - token picked */
  I32 position;
  U32 pages;    /* index of the first page of its sequence in the batch's page table */
  U32 logits;   /* its number among the rows that ask for logits, or VK_NO_LOGITS */
};
#define VK_NO_LOGITS 0xffffffffu
PUSH_SIZE (vk_row, 16)

/* Prompt rows of one sequence that lie side by side, at most VK_TILE_ROWS. */
struct vk_tile {
  U32 first;
  U32 count;
};
#define VK_TILE_ROWS 64
PUSH_SIZE (vk_tile, 8)

/* embed.comp: one workgroup per row. */
struct vk_push_embed {
  ADDRESS body;    /* of the table: struct vk_weight in C */
  ADDRESS scales;
  ADDRESS rows;    /* vk_row */
  ADDRESS picks;   /* I32 per row of logits that negative tokens point to */
  ADDRESS target;  /* [row][stride] floats */
  U32 row_words;   /* of body and scales, in units of 4 bytes */
  U32 scale_words;
  U32 columns;
  U32 stride;      /* floats from row to row of the target */
  U32 first;       /* row */
  float scale;
};
PUSH_SIZE (vk_push_embed, 64)

/* pack.comp: one workgroup per row.  Rows of floats times a vector, into the
 * packed form of a path, and the sums of squares of every 32 plain elements. */
struct vk_push_pack {
  ADDRESS source;  /* [row][source_stride] floats */
  ADDRESS norm;    /* floats, or 0: all are 1 */
  ADDRESS map;     /* U32 per target row: which source row; 0: the same */
  ADDRESS
      packed;  /* q8: int8 [row][columns]; f16: [row][columns] halves; columns rounded up to 32 */
  ADDRESS factors; /* q8: uvec2 [row][blocks]; f16: one float per row */
  ADDRESS squares; /* floats [row][blocks]; 0: not wanted */
  U32 columns;
  U32 source_stride;
  U32 first;       /* row; packed, factors and squares are indexed by the row's number too */
};
PUSH_SIZE (vk_push_pack, 64)

/* few.comp: a workgroup has 32 outputs of one weight (of two, for GATE) for up to
 * VK_FEW rows.  All addresses are of the first row of the pass. */
struct vk_push_few {
  ADDRESS body;
  ADDRESS scales;
  ADDRESS source;  /* int: q8; plain: floats [row][source_stride] */
  ADDRESS factors; /* int: q8's; plain: the vector that the input is multiplied with, or 0 */
  ADDRESS squares; /* not 0: results are divided by the root of the input's mean square; plain takes
                      that from the input.  PROJECT: where to put those of X, or 0 */
  ADDRESS target; /* floats [row][target_stride] */
  ADDRESS extra[4]; /* FEW_… below */
  U32 row_words; /* of body */
  U32 columns;
  U32 outputs;
  U32 source_stride;
  U32 target_stride;
  U32 modes; /* FEW_MODES */
  U32 geometry; /* QKV: elements of a head, and from bit 16 those that turn */
  U32 turn_stride; /* QKV: floats of a row's turns */
  U32 cache; /* CACHE: bytes from a page's start to the layer's keys or values */
  float eps;
  float scale; /* PROJECT, HEAD */
  float cap; /* HEAD; 0: none */
};
PUSH_SIZE (vk_push_few, 128)

/* What becomes of a product. */
#define FEW_FLOATS 0 /* + bias, turned, to the target */
#define FEW_CACHE 1 /* the same, to the pages */
#define FEW_PROJECT 2 /* target += scale * (+ bias); may be packed */
#define FEW_GATE 3 /* of two; may be packed */
#define FEW_HEAD 4 /* scale, cap */

/* extra[…] */
#define FEW_BIAS 0 /* not GATE, HEAD; floats or 0 */
#define FEW_ROWS 1 /* CACHE: vk_row */
#define FEW_PAGES 2 /* CACHE: the page table */
#define FEW_TURNS 3 /* FLOATS, CACHE */
#define FEW_MAP 1 /* HEAD, plain: U32, the rows that asked */
#define FEW_BODY 0 /* GATE: the other weight */
#define FEW_SCALES 1 /* GATE */
#define FEW_NORM 1 /* PROJECT: what the packed is multiplied with, or 0 */
#define FEW_PACKED 2 /* PROJECT, GATE: q8 of the target, or 0 */
#define FEW_FACTORS 3 /* PROJECT, GATE */

/* Rope styles and activations are those of plan.h. */
#define FEW_MODES(kind_, rope_, cache_f32_, gelu_, rows_)                                          \
  ((U32) (kind_) | (U32) (rope_) << 4 | (U32) (cache_f32_) << 8 | (U32) (gelu_) << 9               \
   | (U32) (rows_) << 16)

/* pick.comp: one workgroup per row of logits. */
struct vk_push_pick {
  ADDRESS logits; /* [row][stride] floats */
  ADDRESS picks; /* I32 [row] */
  U32 count; /* logits of a row */
  U32 stride;
};
PUSH_SIZE (vk_push_pick, 24)

/* attend_*.comp. */
struct vk_push_attend {
  ADDRESS q; /* [row][q_stride] floats */
  ADDRESS o;
  ADDRESS rows; /* vk_row */
  ADDRESS pages; /* ADDRESS of each page */
  ADDRESS tiles; /* vk_tile; prompt rows alone */
  ADDRESS sums; /* made rows alone: floats [row][head][chunk][head_dim] */
  ADDRESS softmax; /* vec2 [row][head][chunk]: largest score, sum of weights */
  ADDRESS packed; /* attend_merge: q8 of O by row, or 0 */
  ADDRESS factors;
  U32 keys; /* bytes from a page's start */
  U32 values;
  U32 q_stride;
  U32 o_stride;
  U32 heads;
  U32 window; /* 0: none */
  U32 first; /* row; sums and softmax count from it */
  float scale;
  float cap; /* 0: none */
  U32 unused;
};
#define VK_ATTEND_CHUNKS 32 /* parts of a made row's positions, at most */
PUSH_SIZE (vk_push_attend, 112)

/* many.comp, many_tile.comp, many_matrix.comp. */
struct vk_push_many {
  ADDRESS body; /* of the weight: struct vk_weight in C */
  ADDRESS scales;
  ADDRESS x; /* [row][x_stride] floats; halves for matrices; q8 for tiles, without a stride */
  ADDRESS factors; /* plain: the vector that the input is multiplied with, where the pipeline has
                      NORMED; tiles: q8's */
  ADDRESS target; /* [row][target_stride] floats */
  U32 row_words; /* of body and scales, in units of 4 bytes */
  U32 scale_words;
  U32 columns;
  U32 outputs;
  U32 rows;
  U32 x_stride;
  U32 target_stride;
  U32 unused;
};
PUSH_SIZE (vk_push_many, 72)

/* finish.comp, STEP 0: what a row's products are still to be multiplied by. */
struct vk_push_finish_norm {
  ADDRESS x; /* [row][stride] floats */
  ADDRESS scales; /* floats [row], or 0: all are 1 */
  ADDRESS factors; /* floats [row]: scale / rms (x) */
  U32 columns;
  U32 stride;
  float eps;
  U32 unused;
};
PUSH_SIZE (vk_push_finish_norm, 40)

/* finish.comp, STEP 1: QKV. */
struct vk_push_finish_qkv {
  ADDRESS y; /* [row][y_stride] floats: q, k, v, each from the place given below */
  ADDRESS factors; /* floats [row] */
  ADDRESS q; /* [row][q_stride] floats */
  ADDRESS rows; /* vk_row */
  ADDRESS pages;
  ADDRESS turns; /* [row][turn_stride] floats: cosine and sine of each pair; 0: no rotation */
  ADDRESS bias[3]; /* floats, or 0 */
  ADDRESS norm[2]; /* of q and k heads: floats, or 0 */
  U32 y_stride;
  U32 y_k, y_v;
  U32 q_stride;
  U32 turn_stride;
  U32 pairs; /* that turn */
  U32 keys; /* bytes from a page's start */
  U32 values;
  float eps;
  U32 unused;
};
PUSH_SIZE (vk_push_finish_qkv, 128)

/* finish.comp, STEP 2 and 3: GATE and PROJECT. */
struct vk_push_finish {
  ADDRESS y; /* [row][y_stride] floats */
  ADDRESS factors; /* floats [row], or 0: all are 1 */
  ADDRESS target; /* [row][target_stride] floats */
  ADDRESS bias; /* PROJECT: floats, or 0 */
  ADDRESS norm; /* PROJECT: floats, or 0 */
  U32 count; /* elements of a row */
  U32 y_stride;
  U32 y_up; /* GATE: where the second product begins */
  U32 target_stride;
  float eps;
  float scale;
};
PUSH_SIZE (vk_push_finish, 64)

#endif
