/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names and sizes of GGUF's tensor types.  A type without a size is known by
 * name only: files that use it are refused with a word the user can look up.
 */
#include "quant/blocks.h"
#include "quant/quant.h"

static const dd_type_info types[DD_TYPE_LIMIT] = {
  [DD_TYPE_F32] = { "F32", 1, 4, true },
  [DD_TYPE_F16] = { "F16", 1, 2, true },
  [DD_TYPE_Q4_0] = { "Q4_0", DD_QK, sizeof (dd_block_q4_0), true },
  [DD_TYPE_Q4_1] = { "Q4_1", DD_QK, sizeof (dd_block_q4_1), true },
  [4] = { "Q4_2" },
  [5] = { "Q4_3" },
  [DD_TYPE_Q5_0] = { "Q5_0", DD_QK, sizeof (dd_block_q5_0), true },
  [DD_TYPE_Q5_1] = { "Q5_1", DD_QK, sizeof (dd_block_q5_1), true },
  [DD_TYPE_Q8_0] = { "Q8_0", DD_QK, sizeof (dd_block_q8_0), true },
  [9] = { "Q8_1" },
  [DD_TYPE_Q2_K] = { "Q2_K", DD_QK_K, sizeof (dd_block_q2_k), false },
  [DD_TYPE_Q3_K] = { "Q3_K", DD_QK_K, sizeof (dd_block_q3_k), false },
  [DD_TYPE_Q4_K] = { "Q4_K", DD_QK_K, sizeof (dd_block_q4_k), true },
  [DD_TYPE_Q5_K] = { "Q5_K", DD_QK_K, sizeof (dd_block_q5_k), false },
  [DD_TYPE_Q6_K] = { "Q6_K", DD_QK_K, sizeof (dd_block_q6_k), true },
  [15] = { "Q8_K" },
  [16] = { "IQ2_XXS" },
  [17] = { "IQ2_XS" },
  [18] = { "IQ3_XXS" },
  [19] = { "IQ1_S" },
  [DD_TYPE_IQ4_NL] = { "IQ4_NL", DD_QK, sizeof (dd_block_iq4_nl), false },
  [21] = { "IQ3_S" },
  [22] = { "IQ2_S" },
  [DD_TYPE_IQ4_XS] = { "IQ4_XS", DD_QK_K, sizeof (dd_block_iq4_xs), false },
  [24] = { "I8" },
  [25] = { "I16" },
  [26] = { "I32" },
  [27] = { "I64" },
  [28] = { "F64" },
  [29] = { "IQ1_M" },
  [DD_TYPE_BF16] = { "BF16", 1, 2, true },
  [31] = { "Q4_0_4_4" },
  [32] = { "Q4_0_4_8" },
  [33] = { "Q4_0_8_8" },
  [34] = { "TQ1_0" },
  [35] = { "TQ2_0" },
  [36] = { "IQ4_NL_4_4" },
  [37] = { "IQ4_NL_4_8" },
  [38] = { "IQ4_NL_8_8" },
  [39] = { "MXFP4" },
  [40] = { "NVFP4" },
  [41] = { "Q1_0" },
  [42] = { "Q2_0" },
};

const dd_type_info *
dd_type_get (uint32_t type)
{
  return type < DD_TYPE_LIMIT && types[type].block > 0 ? &types[type] : NULL;
}

const char *
dd_type_name (uint32_t type)
{
  return type < DD_TYPE_LIMIT ? types[type].name : NULL;
}

uint64_t
dd_type_row_bytes (dd_type type, uint64_t columns)
{
  const dd_type_info *info = dd_type_get (type);

  if (info == NULL || columns % info->block != 0)
    return 0;
  columns /= info->block;
  return columns <= UINT64_MAX / info->bytes ? columns * info->bytes : 0;
}
