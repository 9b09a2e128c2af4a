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
/* Seconds of a clock that only goes on. */
double vk_now (void);

/* Plans the memory of a work; the same dry and for real. */
bool vk_work_plan (vk_work *work, dd_error *error);
void vk_work_clear (vk_work *work);
/* Bytes of a work, all of its arenas. */
uint64_t vk_work_bytes (const vk_work *work);

/* Runs every submission that reads this work's picks or is its own to the end. */
void vk_drain (vk_work *work);

/* ---- vk_once.c ---------------------------------------------------------- */

VkResult vk_timeline_new (vk_device *device, VkSemaphore *out);
/* VK_TIMEOUT where the value is not reached in time. */
VkResult vk_timeline_wait (vk_device *device,
                           VkSemaphore timeline,
                           uint64_t value,
                           uint64_t nanoseconds);
VkResult vk_commands_new (vk_device *device, VkCommandPool *pool, uint32_t n, VkCommandBuffer *out);
/* Begin and end with a barrier, so that what stands in the queue before is seen. */
VkResult vk_commands_begin (vk_device *device, VkCommandBuffer commands);
VkResult vk_commands_submit (vk_device *device,
                             VkCommandBuffer commands,
                             VkSemaphore signal,
                             uint64_t value);
void vk_barrier (vk_device *device, VkCommandBuffer commands);

/* Commands that are filled by the caller, submitted and waited for. */
typedef struct vk_once {
  vk_device *device;
  VkSemaphore done; /* owned */
  VkCommandPool pool; /* owned */
  VkCommandBuffer commands;
} vk_once;
bool vk_once_begin (vk_device *device, vk_once *once, dd_error *error);
/* Frees it in any case. */
bool vk_once_end (vk_once *once, dd_error *error);

/* ---- vk_work.c, vk_slot.c ---------------------------------------------- */

/* Makes room for so many pages in a slot that nobody uses; almost always there. */
bool vk_slot_room (vk_work *work, vk_slot *slot, uint64_t pages, dd_error *error);
/* Writes what the device must know of a batch; fills the counts of the entry. */
bool vk_slot_fill (vk_work *work,
                   vk_entry *entry,
                   const dd_batch *batch,
                   bool turns,
                   dd_error *error);
/* Where the device reads it. */
vk_batch vk_slot_batch (const vk_slot *slot);
