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
#define VK_TILE_ROWS 16
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
  ADDRESS packed;  /* q8: int8 [row][columns]; f16: [row][columns] halves; columns rounded up to 32 */
  ADDRESS factors; /* q8: uvec2 [row][blocks]; f16: one float per row */
  ADDRESS squares; /* floats [row][blocks]; 0: not wanted */
  U32 columns;
  U32 source_stride;
  U32 first;       /* row; packed, factors and squares are indexed by the row's number too */
};
PUSH_SIZE (vk_push_pack, 64)

/* pick.comp: one workgroup per row of logits. */
struct vk_push_pick {
  ADDRESS logits;  /* [row][stride] floats */
  ADDRESS picks;   /* I32 [row] */
  U32 count;       /* logits of a row */
  U32 stride;
};
PUSH_SIZE (vk_push_pick, 24)

#endif
