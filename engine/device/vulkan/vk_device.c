/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening a device, what it is, and freeing it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "device/vulkan/vk_private.h"
#include "device/vulkan/vk_work.h"

/* Of the device's own memory, left to the desktop and other programs. */
#define HEAD_ROOM_PART 20
#define HEAD_ROOM_LEAST (UINT64_C (128) << 20)

bool
vk_failed (vk_device *device, VkResult result, const char *what, dd_error *error)
{
  if (result == VK_ERROR_DEVICE_LOST || atomic_load (&device->lost)) {
    atomic_store (&device->lost, true);
    return dd_fail (error, DD_ERROR_DEVICE_LOST, "%s stopped answering", device->about->info.name);
  }
  if (result == VK_ERROR_OUT_OF_HOST_MEMORY)
    return dd_fail (error, DD_ERROR_NO_MEMORY,
                    "the computer has no memory left for the driver of %s; close other programs or "
                    "take a smaller model",
                    device->about->info.name);
  if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY)
    return dd_fail (error, DD_ERROR_DEVICE_MEMORY,
                    "%s has no memory left; close other programs, or choose a shorter context or a "
                    "smaller model",
                    device->about->info.name);
  return dd_fail (error, DD_ERROR_UNSUPPORTED, "%s: %s failed (error %d)", device->about->info.name,
                  what, (int) result);
}

VkResult
vk_queue_submit (vk_device *device, const VkSubmitInfo2 *submit)
{
  VkResult result;

  pthread_mutex_lock (&device->queue_lock);
  result = device->fn.QueueSubmit2 (device->queue, 1, submit, VK_NULL_HANDLE);
  pthread_mutex_unlock (&device->queue_lock);
  return result;
}

/* ---- kinds of memory --------------------------------------------------- */

/* Types that only those may use who ask for the feature. */
#define NEVER                                                                                      \
  (VK_MEMORY_PROPERTY_PROTECTED_BIT | VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT                      \
   | VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD | VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD)

/* Of the `types` that have all of `must`: one that has `may` too before others, then
 * one of the larger heap, then the first.  -1: there is none. */
static int
find_type (const vk_candidate *about,
           uint32_t types,
           VkMemoryPropertyFlags must,
           VkMemoryPropertyFlags may)
{
  uint64_t best = 0;
  int found = -1;

  for (uint32_t i = 0; i < about->memory.memoryTypeCount; i++) {
    const VkMemoryType *type = &about->memory.memoryTypes[i];
    uint64_t value = about->memory.memoryHeaps[type->heapIndex].size >> 1;

    if (!(types >> i & 1) || (type->propertyFlags & must) != must || (type->propertyFlags & NEVER))
      continue;
    if ((type->propertyFlags & may) == may)
      value |= UINT64_C (1) << 63;
    if (found < 0 || value > best) {
      found = (int) i;
      best = value;
    }
  }
  return found;
}

/* Among these types of memory, a mask. */
static bool
find_homes (vk_device *self, uint32_t types, dd_error *error)
{
  const VkMemoryPropertyFlags own = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
  const VkMemoryPropertyFlags seen = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT
                                     | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  bool may_direct = !(self->vulkan->options.without & DD_VULKAN_DIRECT);
  int direct = may_direct ? find_type (self->about, types, own | seen, 0) : -1;

  self->homes[VK_HOME_DEVICE] = find_type (self->about, types, own, 0);
  self->homes[VK_HOME_STAGING] = find_type (self->about, types, seen, 0);
  self->homes[VK_HOME_READ] = find_type (self->about, types, seen,
                                         VK_MEMORY_PROPERTY_HOST_CACHED_BIT);
  self->direct = direct >= 0;
  self->homes[VK_HOME_DIRECT] = self->direct ? direct : self->homes[VK_HOME_STAGING];
  if (self->homes[VK_HOME_DEVICE] < 0 || self->homes[VK_HOME_STAGING] < 0)
    return dd_fail (error, DD_ERROR_UNSUPPORTED, "%s has no memory that can be used",
                    self->about->info.name);
  return true;
}

/* ---- opening ----------------------------------------------------------- */

static void
take_features (vk_device *self)
{
  unsigned without = self->vulkan->options.without;

  self->features = self->about->features;
  if (self->vulkan->options.with & DD_VULKAN_DOT)
    self->features.dot = true; /* every Vulkan 1.3 has it, fast or not */
  if (without & DD_VULKAN_DOT)
    self->features.dot = false;
  if (without & DD_VULKAN_MATRIX)
    self->features.n_shapes = 0;
  /* No card has shown yet that it is right and quicker: it is there to be tried. */
  if (self->features.n_shapes == 0 || !(self->vulkan->options.with & DD_VULKAN_FLEXIBLE))
    self->features.flexible = false;
}

/* What is asked of the driver, each struct pointing to the next. */
typedef struct wanted_features {
  VkPhysicalDeviceFeatures2 all;
  VkPhysicalDeviceVulkan12Features features_12;
  VkPhysicalDeviceVulkan13Features features_13;
  VkPhysicalDeviceCooperativeMatrixFeaturesKHR matrix;
  VkPhysicalDeviceCooperativeMatrix2FeaturesNV matrix_2;
} wanted_features;

static void
want_features (const vk_device *self, wanted_features *out)
{
  bool matrix = self->features.n_shapes > 0;

  out->all = (VkPhysicalDeviceFeatures2) {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
    .pNext = &out->features_12,
  };
  out->features_12 = (VkPhysicalDeviceVulkan12Features) {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
    .pNext = &out->features_13,
    .bufferDeviceAddress = VK_TRUE,
    .timelineSemaphore = VK_TRUE,
    .scalarBlockLayout = VK_TRUE,
    .shaderFloat16 = matrix,
    .vulkanMemoryModel = matrix,
  };
  out->features_13 = (VkPhysicalDeviceVulkan13Features) {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
    .pNext = matrix ? &out->matrix : NULL,
    .synchronization2 = VK_TRUE,
    .maintenance4 = VK_TRUE,
    .subgroupSizeControl = VK_TRUE,
    .computeFullSubgroups = VK_TRUE,
    .shaderIntegerDotProduct = VK_TRUE,
  };
  out->matrix = (VkPhysicalDeviceCooperativeMatrixFeaturesKHR) {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR,
    .pNext = self->features.flexible ? &out->matrix_2 : NULL,
    .cooperativeMatrix = VK_TRUE,
  };
  out->matrix_2 = (VkPhysicalDeviceCooperativeMatrix2FeaturesNV) {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_2_FEATURES_NV,
    .cooperativeMatrixFlexibleDimensions = VK_TRUE,
  };
}

static VkResult
create_device (vk_device *self)
{
  const char *extensions[] = { VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME,
                               VK_NV_COOPERATIVE_MATRIX_2_EXTENSION_NAME };
  float priority = 0.5f;
  wanted_features wanted;
  const VkDeviceQueueCreateInfo queue = {
    .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
    .queueFamilyIndex = self->about->family,
    .queueCount = 1,
    .pQueuePriorities = &priority,
  };
  const VkDeviceCreateInfo create = {
    .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
    .pNext = &wanted.all,
    .queueCreateInfoCount = 1,
    .pQueueCreateInfos = &queue,
    .enabledExtensionCount = self->features.flexible ? 2 : self->features.n_shapes > 0,
    .ppEnabledExtensionNames = extensions,
  };

  want_features (self, &wanted);
  return self->vulkan->fn.CreateDevice (self->about->physical, &create, NULL, &self->handle);
}

static bool
create_layout (vk_device *self, dd_error *error)
{
  const VkPushConstantRange range = { VK_SHADER_STAGE_COMPUTE_BIT, 0, 128 };
  const VkPipelineLayoutCreateInfo create = {
    .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
    .pushConstantRangeCount = 1,
    .pPushConstantRanges = &range,
  };
  VkResult result = self->fn.CreatePipelineLayout (self->handle, &create, NULL, &self->layout);

  return result == VK_SUCCESS || vk_failed (self, result, "opening it", error);
}

static bool
open_handle (vk_device *self, dd_error *error)
{
  VkResult result;
  uint32_t types;

  take_features (self);
  result = create_device (self);
  if (result != VK_SUCCESS) {
    self->handle = VK_NULL_HANDLE;
    return vk_failed (self, result, "opening it", error);
  }
  if (!vk_loader_device (self, error) || !vk_buffer_types (self, &types, error)
      || !find_homes (self, types, error))
    return false;
  self->fn.GetDeviceQueue (self->handle, self->about->family, 0, &self->queue);
  if (!create_layout (self, error))
    return false;
  result = vk_timeline_new (self, &self->timeline);
  if (result != VK_SUCCESS)
    return vk_failed (self, result, "opening it", error);
  return vk_pipelines_init (self, error);
}

static void
device_free (dd_device *device)
{
  vk_device *self = (vk_device *) device;

  if (self->handle && self->fn.DestroyDevice) {
    (void) self->fn.DeviceWaitIdle (self->handle);
    vk_pipelines_clear (self);
    if (self->timeline)
      self->fn.DestroySemaphore (self->handle, self->timeline, NULL);
    if (self->layout)
      self->fn.DestroyPipelineLayout (self->handle, self->layout, NULL);
    self->fn.DestroyDevice (self->handle, NULL);
  }
  pthread_mutex_destroy (&self->queue_lock);
  pthread_mutex_destroy (&self->pipelines_lock);
  dd_free (self);
}

/* ---- what it is -------------------------------------------------------- */

static void
write_features (const vk_device *self, char *out, size_t size)
{
  const char *memory = self->features.uma ? "shared memory" : "own memory";

  snprintf (out, size, "%.90s, %s%s%s", self->about->info.driver, memory,
            self->features.dot ? ", integer dot products" : "",
            self->features.n_shapes > 0 ? ", matrix cores" : "");
}

/* What may still be taken of a heap: the budget, where the driver tells it. */
static uint64_t
room_of (const vk_device *self, uint32_t heap, uint64_t total)
{
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT,
  };
  VkPhysicalDeviceMemoryProperties2 memory = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2,
    .pNext = &budget,
  };
  uint64_t spare = total / HEAD_ROOM_PART;
  uint64_t used = atomic_load (&self->bytes);
  uint64_t free;

  if (self->about->budget) {
    self->vulkan->fn.GetPhysicalDeviceMemoryProperties2 (self->about->physical, &memory);
    used = budget.heapUsage[heap];
    total = budget.heapBudget[heap] < total ? budget.heapBudget[heap] : total;
  }
  free = used < total ? total - used : 0;
  spare = spare > HEAD_ROOM_LEAST ? spare : HEAD_ROOM_LEAST;
  return free > spare ? free - spare : 0;
}

static void
caps (dd_device *device, dd_caps *out)
{
  const vk_device *self = (const vk_device *) device;
  const VkPhysicalDeviceMemoryProperties *memory = &self->about->memory;
  uint32_t heap = memory->memoryTypes[self->homes[vk_home_of (self)]].heapIndex;
  dd_heap *own = &out->heaps[0];

  snprintf (out->id, sizeof out->id, "%s", self->about->info.id);
  snprintf (out->name, sizeof out->name, "%s", self->about->info.name);
  write_features (self, out->features, sizeof out->features);
  out->n_heaps = 1;
  snprintf (own->name, sizeof own->name, "%s", self->features.uma ? "shared" : "graphics");
  own->total = memory->memoryHeaps[heap].size;
  own->available = room_of (self, heap, own->total);
  out->max_rows = VK_MAX_ROWS;
  out->decode_rows = VK_FEW;
  out->slow_steps = false;
}

static bool
lost (dd_device *device)
{
  return atomic_load (&((vk_device *) device)->lost);
}

static const dd_device_fns functions = {
  .caps = caps,
  .measure = vk_measure,
  .load = vk_load,
  .unload = vk_unload,
  .pages_resize = vk_pages_resize,
  .pages_copy = vk_pages_copy,
  .work_new = vk_work_new,
  .work_free = vk_work_free,
  .submit = vk_submit,
  .wait = vk_wait,
  .cancel = vk_cancel,
  .put = vk_put,
  .get = vk_get,
  .fetch = vk_fetch,
  .cache_get = vk_cache_get,
  .cache_put = vk_cache_put,
  .lost = lost,
  .free = device_free,
};

static bool
usable (const vk_candidate *about, dd_error *error)
{
  return about->info.problem[0] == '\0'
         || dd_fail (error, DD_ERROR_UNSUPPORTED, "%s cannot be used: %s", about->info.name,
                     about->info.problem);
}

bool
dd_vulkan_caps (dd_vulkan *vulkan, int i, dd_caps *out, dd_error *error)
{
  vk_device closed = { .vulkan = vulkan, .about = &vulkan->candidates[i] };

  *out = (dd_caps) { 0 };
  if (!usable (closed.about, error) || !find_homes (&closed, UINT32_MAX, error))
    return false;
  take_features (&closed);
  caps (&closed.base, out);
  return true;
}

bool
dd_vulkan_open (dd_vulkan *vulkan, int i, dd_device **out, dd_error *error)
{
  const vk_candidate *about = &vulkan->candidates[i];
  vk_device *self;

  *out = NULL;
  if (!usable (about, error))
    return false;
  self = dd_alloc (DD_TAG_DEVICE, sizeof *self);
  if (!self)
    return dd_fail_memory (error, "a Vulkan device");
  self->base.fns = &functions;
  self->vulkan = vulkan;
  self->about = about;
  pthread_mutex_init (&self->queue_lock, NULL);
  pthread_mutex_init (&self->pipelines_lock, NULL);
  if (!open_handle (self, error)) {
    device_free (&self->base);
    return false;
  }
  *out = &self->base;
  return true;
}

uint64_t
dd_vulkan_bytes (const dd_device *device)
{
  return atomic_load (&((const vk_device *) device)->bytes);
}
