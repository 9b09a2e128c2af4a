/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Guards around device memory that the host can see, which of a rasteriser is all.
 */
#include "guard.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include "stand-in.h"

#define GUARD 4096 /* bytes before and behind; a multiple of every alignment */
#define FILL 0xff
#define MOST 4096

typedef struct guarded {
  VkDeviceMemory memory; /* VK_NULL_HANDLE: free */
  VkDeviceSize size;
  uint8_t *mapped; /* all of it, the guard before it first */
} guarded;

static guarded list[MOST];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int broken, checked;
static bool hidden; /* some memory cannot be seen, so none is guarded */

static PFN_vkGetPhysicalDeviceMemoryProperties2 real_properties;
static PFN_vkAllocateMemory real_allocate;
static PFN_vkFreeMemory real_free;
static PFN_vkMapMemory real_map;
static PFN_vkBindBufferMemory real_bind;

static guarded *
find (VkDeviceMemory memory)
{
  for (int i = 0; i < MOST; i++) {
    if (list[i].memory == memory)
      return &list[i];
  }
  return NULL;
}

static VKAPI_ATTR void VKAPI_CALL
properties (VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties2 *out)
{
  real_properties (device, out);
  for (uint32_t i = 0; i < out->memoryProperties.memoryTypeCount; i++) {
    if (!(out->memoryProperties.memoryTypes[i].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT))
      hidden = true;
  }
}

static bool
keep (VkDevice device, VkDeviceMemory memory, VkDeviceSize size)
{
  guarded *g;
  void *mapped;

  if (real_map (device, memory, 0, VK_WHOLE_SIZE, 0, &mapped) != VK_SUCCESS)
    return false;
  memset (mapped, FILL, GUARD);
  memset ((uint8_t *) mapped + GUARD + size, FILL, GUARD);
  pthread_mutex_lock (&lock);
  g = find (VK_NULL_HANDLE);
  if (g)
    *g = (guarded) { .memory = memory, .size = size, .mapped = mapped };
  pthread_mutex_unlock (&lock);
  return g != NULL;
}

static VKAPI_ATTR VkResult VKAPI_CALL
allocate (VkDevice device,
          const VkMemoryAllocateInfo *info,
          const VkAllocationCallbacks *callbacks,
          VkDeviceMemory *out)
{
  VkMemoryAllocateInfo more = *info;
  VkResult result;

  if (hidden)
    return real_allocate (device, info, callbacks, out);
  more.allocationSize += 2 * GUARD;
  result = real_allocate (device, &more, callbacks, out);
  if (result != VK_SUCCESS || keep (device, *out, info->allocationSize))
    return result;
  real_free (device, *out, callbacks);
  return VK_ERROR_OUT_OF_HOST_MEMORY;
}

/* It is mapped already. */
static VKAPI_ATTR VkResult VKAPI_CALL
map (VkDevice device,
     VkDeviceMemory memory,
     VkDeviceSize offset,
     VkDeviceSize size,
     VkMemoryMapFlags flags,
     void **out)
{
  guarded *g;

  pthread_mutex_lock (&lock);
  g = find (memory);
  if (g)
    *out = g->mapped + GUARD + offset;
  pthread_mutex_unlock (&lock);
  return g ? VK_SUCCESS : real_map (device, memory, offset, size, flags, out);
}

static VKAPI_ATTR VkResult VKAPI_CALL
bind (VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset)
{
  bool moved;

  pthread_mutex_lock (&lock);
  moved = find (memory) != NULL;
  pthread_mutex_unlock (&lock);
  return real_bind (device, buffer, memory, offset + (moved ? GUARD : 0));
}

static bool
is_whole (const uint8_t *bytes)
{
  for (int i = 0; i < GUARD; i++) {
    if (bytes[i] != FILL)
      return false;
  }
  return true;
}

static VKAPI_ATTR void VKAPI_CALL
free_memory (VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *callbacks)
{
  guarded *g;

  pthread_mutex_lock (&lock);
  g = memory ? find (memory) : NULL;
  if (g) {
    checked++;
    if (!is_whole (g->mapped) || !is_whole (g->mapped + GUARD + g->size))
      broken++;
    *g = (guarded) { .memory = VK_NULL_HANDLE };
  }
  pthread_mutex_unlock (&lock);
  real_free (device, memory, callbacks);
}

void *
guard_intercept (const char *name, void *function, void *user)
{
  (void) user;
  STAND_IN ("vkGetPhysicalDeviceMemoryProperties2", real_properties, properties)
  STAND_IN ("vkAllocateMemory", real_allocate, allocate)
  STAND_IN ("vkFreeMemory", real_free, free_memory)
  STAND_IN ("vkMapMemory", real_map, map)
  STAND_IN ("vkBindBufferMemory", real_bind, bind)
  return function;
}

static int
take (int *count)
{
  int n;

  pthread_mutex_lock (&lock);
  n = *count;
  *count = 0;
  pthread_mutex_unlock (&lock);
  return n;
}

int
guard_broken (void)
{
  return take (&broken);
}

int
guard_checked (void)
{
  return take (&checked);
}
