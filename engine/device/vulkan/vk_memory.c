/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Device memory in arenas.  Places are planned first, which needs no memory, so
 * measuring and loading are the same walk; then each slab is one allocation of
 * exactly what was planned for it, never above the device's limit.
 */
#include "base/alloc.h"
#include "device/vulkan/vk_private.h"

/* Slabs are closed at this size: few allocations, and little is asked for in one
 * piece.  A place larger than this has a slab of its own. */
#define SLAB_BYTES (UINT64_C (256) << 20)
#define ALIGN 256

static bool
add_slab (vk_arena *arena, dd_error *error)
{
  if (arena->n_slabs == arena->room) {
    uint32_t room = arena->room ? 2 * arena->room : 4;

    if (!dd_grow (DD_TAG_DEVICE, (void **) &arena->slabs, arena->room * sizeof *arena->slabs,
                  room * sizeof *arena->slabs))
      return dd_fail_memory (error, "a list of device memory");
    arena->room = room;
  }
  arena->slabs[arena->n_slabs++] = (vk_slab) { 0 };
  return true;
}

bool
vk_check_piece (const vk_device *device, uint64_t size, dd_error *error)
{
  uint64_t limit = device->about->most_allocation;

  if (size <= limit)
    return true;
  return dd_fail (error, DD_ERROR_DEVICE_MEMORY,
                  "the model has a piece of %.2f GiB and the device holds at most %.2f GiB in one",
                  (double) size / (1 << 30), (double) limit / (1 << 30));
}

bool
vk_arena_add (vk_arena *arena, uint64_t size, vk_place *out, dd_error *error)
{
  uint64_t limit = arena->device->about->most_allocation;
  bool apart = arena->device->vulkan->options.apart;
  uint64_t full = apart ? 0 : SLAB_BYTES < limit ? SLAB_BYTES : limit;
  vk_slab *slab = arena->n_slabs ? &arena->slabs[arena->n_slabs - 1] : NULL;

  size = apart ? size : vk_round_up (size, ALIGN);
  if (!vk_check_piece (arena->device, size, error))
    return false;
  if (!slab || slab->memory || slab->size + size > full) {
    if (!add_slab (arena, error))
      return false;
    slab = &arena->slabs[arena->n_slabs - 1];
  }
  *out = (vk_place) { .slab = arena->n_slabs - 1, .offset = slab->size };
  slab->size += size;
  return true;
}

uint64_t
vk_arena_bytes (const vk_arena *arena)
{
  uint64_t bytes = 0;

  for (uint32_t i = 0; i < arena->n_slabs; i++)
    bytes += arena->slabs[i].size;
  return bytes;
}

static bool
create_buffer (vk_device *device, vk_slab *slab, VkMemoryRequirements *needs, dd_error *error)
{
  const VkBufferCreateInfo create = {
    .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
    .size = slab->size,
    .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT
             | VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT,
  };
  VkResult result = device->fn.CreateBuffer (device->handle, &create, NULL, &slab->buffer);

  if (result != VK_SUCCESS) {
    slab->buffer = VK_NULL_HANDLE;
    return vk_failed (device, result, "making a buffer", error);
  }
  device->fn.GetBufferMemoryRequirements (device->handle, slab->buffer, needs);
  return true;
}

bool
vk_buffer_types (vk_device *device, uint32_t *out, dd_error *error)
{
  vk_slab asked = { .size = ALIGN };
  VkMemoryRequirements needs;

  if (!create_buffer (device, &asked, &needs, error))
    return false;
  *out = needs.memoryTypeBits;
  vk_slab_close (device, &asked);
  return true;
}

static bool
allocate (vk_device *device, int type, uint64_t size, vk_slab *slab, dd_error *error)
{
  const VkMemoryAllocateFlagsInfo flags = {
    .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
    .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT,
  };
  const VkMemoryAllocateInfo take = {
    .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
    .pNext = &flags,
    .allocationSize = size,
    .memoryTypeIndex = (uint32_t) type,
  };
  VkResult result = device->fn.AllocateMemory (device->handle, &take, NULL, &slab->memory);

  if (result != VK_SUCCESS)
    slab->memory = VK_NULL_HANDLE;
  return result == VK_SUCCESS || vk_failed (device, result, "taking memory", error);
}

static bool
bind (vk_device *device, vk_home home, vk_slab *slab, dd_error *error)
{
  const VkBufferDeviceAddressInfo ask = {
    .sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
    .buffer = slab->buffer,
  };
  VkResult result = device->fn.BindBufferMemory (device->handle, slab->buffer, slab->memory, 0);
  void *mapped = NULL;

  if (result == VK_SUCCESS && home != VK_HOME_DEVICE)
    result = device->fn.MapMemory (device->handle, slab->memory, 0, VK_WHOLE_SIZE, 0, &mapped);
  if (result != VK_SUCCESS)
    return vk_failed (device, result, "using memory", error);
  slab->mapped = mapped;
  slab->address = device->fn.GetBufferDeviceAddress (device->handle, &ask);
  return true;
}

bool
vk_slab_open (vk_device *device, vk_home home, vk_slab *slab, dd_error *error)
{
  VkMemoryRequirements needs;

  if (slab->memory || slab->size == 0)
    return true;
  if (create_buffer (device, slab, &needs, error)
      && allocate (device, device->homes[home], needs.size, slab, error)) {
    atomic_fetch_add (&device->bytes, slab->size);
    if (bind (device, home, slab, error))
      return true;
  }
  vk_slab_close (device, slab);
  return false;
}

void
vk_slab_close (vk_device *device, vk_slab *slab)
{
  if (slab->buffer)
    device->fn.DestroyBuffer (device->handle, slab->buffer, NULL);
  if (slab->memory) {
    device->fn.FreeMemory (device->handle, slab->memory, NULL);
    atomic_fetch_sub (&device->bytes, slab->size);
  }
  *slab = (vk_slab) { .size = slab->size };
}

bool
vk_arena_open (vk_arena *arena, dd_error *error)
{
  for (uint32_t i = 0; i < arena->n_slabs; i++) {
    if (!vk_slab_open (arena->device, arena->home, &arena->slabs[i], error))
      return false;
  }
  return true;
}

void
vk_arena_close (vk_arena *arena)
{
  for (uint32_t i = 0; i < arena->n_slabs; i++)
    vk_slab_close (arena->device, &arena->slabs[i]);
  dd_free (arena->slabs);
  arena->slabs = NULL;
  arena->n_slabs = arena->room = 0;
}

VkDeviceAddress
vk_address (const vk_arena *arena, vk_place place)
{
  return arena->slabs[place.slab].address + place.offset;
}

uint8_t *
vk_mapped (const vk_arena *arena, vk_place place)
{
  return arena->slabs[place.slab].mapped + place.offset;
}
