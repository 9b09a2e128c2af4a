/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tensor types of GGUF: their names and sizes, and the reference way from
 * blocks to floats and back.  Written to be read, not to be fast: devices have
 * their own kernels and are tested against these.
 */
#pragma once

#include "base/error.h"

/* Numbers as stored in GGUF files. */
typedef enum dd_type {
  DD_TYPE_F32 = 0,
  DD_TYPE_F16 = 1,
  DD_TYPE_Q4_0 = 2,
  DD_TYPE_Q4_1 = 3,
  DD_TYPE_Q5_0 = 6,
  DD_TYPE_Q5_1 = 7,
  DD_TYPE_Q8_0 = 8,
  DD_TYPE_Q2_K = 10,
  DD_TYPE_Q3_K = 11,
  DD_TYPE_Q4_K = 12,
  DD_TYPE_Q5_K = 13,
  DD_TYPE_Q6_K = 14,
  DD_TYPE_IQ4_NL = 20,
  DD_TYPE_IQ4_XS = 23,
  DD_TYPE_BF16 = 30,
} dd_type;
#define DD_TYPE_LIMIT 64 /* every type number of GGUF is below */

typedef struct dd_type_info {
  const char *name;     /* "Q4_K" */
  uint32_t block;       /* elements of a block */
  uint32_t bytes;       /* bytes of a block */
  bool can_quantise;
} dd_type_info;

/* NULL for a type that this engine does not compute with. */
const dd_type_info *dd_type_get (uint32_t type);

/* The name of any type number ever used in GGUF, also those that this engine
 * does not compute with or that were removed; NULL if never used. */
const char *dd_type_name (uint32_t type);

/* Bytes of a row of `columns` elements; 0 if `columns` is no multiple of the
 * block, the type is not computed with, or the product does not fit. */
uint64_t dd_type_row_bytes (dd_type type, uint64_t columns);

/* `count` elements, a multiple of the block.  `blocks` needs no alignment. */
void dd_dequantise (dd_type type, const void *blocks, float *out, size_t count);

/* The inverse, only for types with can_quantise.  All but Q4_K and Q6_K round as
 * ggml's reference functions do, so that files equal those other tools write;
 * these two search for the scales that lose least. */
void dd_quantise (dd_type type, const float *in, void *blocks, size_t count);
