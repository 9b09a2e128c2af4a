/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The functions of device.h that vk_pages.c, vk_work.c and vk_submit.c make, and
 * what those files share.
 */
#pragma once

#include "device/vulkan/vk_private.h"

bool vk_pages_resize (dd_loaded *loaded, uint32_t count, dd_error *error);
bool vk_pages_copy (dd_loaded *loaded, uint32_t from, uint32_t to, int tokens, dd_error *error);
bool vk_cache_get (dd_loaded *loaded,
                   int layer,
                   uint32_t page,
                   int slot,
                   float *keys,
                   float *values,
                   dd_error *error);
bool vk_cache_put (dd_loaded *loaded,
                   int layer,
                   uint32_t page,
                   int slot,
                   const float *keys,
                   const float *values,
                   dd_error *error);

bool vk_work_new (dd_loaded *loaded, int rows, int logit_rows, dd_work **out, dd_error *error);
void vk_work_free (dd_work *work);
bool vk_put (dd_work *work, int rows, dd_buffer buffer, const float *values, dd_error *error);
bool vk_get (dd_work *work, int rows, dd_buffer buffer, float *values, dd_error *error);
bool vk_fetch (dd_work *work, const dd_fetch *fetch, dd_error *error);

bool vk_submit (dd_work *work,
                const dd_batch *batch,
                size_t first,
                size_t count,
                dd_ticket *out,
                dd_error *error);
bool vk_wait (dd_work *work, dd_ticket ticket, dd_error *error);
void vk_cancel (dd_work *work);

/* Plans the memory of a work; the same dry and for real. */
bool vk_work_plan (vk_work *work, dd_error *error);
void vk_work_clear (vk_work *work);
/* Bytes of a work, all of its arenas. */
uint64_t vk_work_bytes (const vk_work *work);

/* Runs every submission that reads this work's picks or is its own to the end. */
void vk_drain (vk_work *work);

/* ---- commands outside of submissions ----------------------------------- */

/* A command buffer that is run once: begun, filled by the caller, submitted and,
 * with `wait`, waited for. */
typedef struct vk_once {
  vk_device *device;
  VkCommandPool pool; /* owned */
  VkCommandBuffer commands;
} vk_once;
bool vk_once_begin (vk_device *device, vk_once *once, dd_error *error);
bool vk_once_end (vk_once *once, dd_error *error);
void vk_barrier (vk_device *device, VkCommandBuffer commands);
/* Waits until the timeline has reached `value`. */
bool vk_reach (vk_device *device, uint64_t value, uint64_t nanoseconds, bool *reached, dd_error *error);
