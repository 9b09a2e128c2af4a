/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The group `few` of kernels: not written yet, so its steps are refused.
 */
#include "device/vulkan/vk_private.h"

void
vk_few_needs (vk_loaded *loaded, vk_step *step)
{
}

uint64_t
vk_few_scratch (const vk_loaded *loaded, int rows, int logit_rows)
{
  return 0;
}

bool
vk_few_prepare (vk_loaded *loaded, vk_step *step, dd_error *error)
{
  return dd_fail (error, DD_ERROR_UNSUPPORTED, "the few kernels are missing");
}

void
vk_few_record (vk_recorder *recorder, const vk_step *step)
{
}
