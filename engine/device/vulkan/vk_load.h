/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What describing and loading a range of steps share.
 */
#pragma once

#include "device/vulkan/vk_private.h"

/* Whether the f16 d of the type's blocks lies in a plane of its own. */
bool vk_type_is_split (dd_type type);

/* How a weight lies on a device; its place is still to be found. */
void vk_weight_describe (const dd_weight *weight, vk_weight *out);
/* Of its rows, and what may be read behind them. */
uint64_t vk_weight_bytes (const vk_weight *weight);
/* Its addresses, when its place has memory. */
void vk_weight_open (const vk_arena *arena, vk_weight *weight);

/* Calls `visit` for every vector that the step can have: its data (NULL: it has
 * none), how many floats, and where its address is to go. */
typedef void (*vk_vector_fn) (const float *data, int64_t n, VkDeviceAddress *out, void *user);
void vk_visit_vectors (const vk_step *step, vk_vector_fn visit, void *user);
