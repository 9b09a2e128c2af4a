/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a driver in trouble answers.
 */
#include "trouble.h"

#include <pthread.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include "stand-in.h"

trouble troubles;

static PFN_vkEnumeratePhysicalDevices real_list;
static PFN_vkGetPhysicalDeviceMemoryProperties2 real_memory;
static PFN_vkGetPhysicalDeviceFeatures2 real_features;
static PFN_vkGetPhysicalDeviceProperties2 real_properties;
static PFN_vkAllocateMemory real_allocate;
static PFN_vkGetBufferMemoryRequirements real_requirements;
static PFN_vkCreatePipelineCache real_cache;
static PFN_vkQueueSubmit2 real_submit;
static PFN_vkWaitSemaphores real_wait;
static PFN_vkDeviceWaitIdle real_idle;
static VkDevice last_device;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of `troubles` and the queue */

/* With the lock. */
static bool
fails (trouble_fate *fate)
{
  if (fate->times == 0)
    return false;
  if (fate->after > 0) {
    fate->after--;
    return false;
  }
  fate->times--;
  return true;
}

/* With the lock.  A lost device runs nothing any more, so this one is let finish first;
 * waiting is a use of the queue, and others may be submitting. */
static VkResult
lose (void)
{
  (void) real_idle (last_device);
  return VK_ERROR_DEVICE_LOST;
}

static void
ask (void)
{
  if (troubles.ask != NULL)
    troubles.ask ();
}

static VKAPI_ATTR VkResult VKAPI_CALL
list_devices (VkInstance instance, uint32_t *count, VkPhysicalDevice *out)
{
  uint32_t room = troubles.twice && out != NULL ? *count / 2 : *count;
  VkResult result = real_list (instance, &room, out);

  *count = troubles.twice ? 2 * room : room;
  for (uint32_t i = 0; i < room && out != NULL && troubles.twice; i++)
    out[room + i] = out[i];
  return result;
}

/* A type in front of the others, which are counted from 1 then. */
static void
add_decoy (VkPhysicalDeviceMemoryProperties *out)
{
  if (!troubles.decoy || out->memoryTypeCount == VK_MAX_MEMORY_TYPES)
    return;
  for (uint32_t i = out->memoryTypeCount++; i > 0; i--)
    out->memoryTypes[i] = out->memoryTypes[i - 1];
}

static VKAPI_ATTR void VKAPI_CALL
requirements (VkDevice device, VkBuffer buffer, VkMemoryRequirements *out)
{
  real_requirements (device, buffer, out);
  if (troubles.decoy)
    out->memoryTypeBits <<= 1;
}

static VKAPI_ATTR void VKAPI_CALL
memory_properties (VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties2 *out)
{
  VkPhysicalDeviceMemoryBudgetPropertiesEXT *told = out->pNext;

  real_memory (device, out);
  for (uint32_t i = 0; i < out->memoryProperties.memoryHeapCount && troubles.heap > 0; i++) {
    out->memoryProperties.memoryHeaps[i].size = troubles.heap;
    if (told != NULL) {
      told->heapBudget[i] = troubles.budget;
      told->heapUsage[i] = 0;
    }
  }
  add_decoy (&out->memoryProperties);
}

static VKAPI_ATTR void VKAPI_CALL
get_features (VkPhysicalDevice device, VkPhysicalDeviceFeatures2 *out)
{
  real_features (device, out);
  for (VkBaseOutStructure *s = out->pNext; s != NULL; s = s->pNext)
    if (troubles.no_addresses && s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES)
      ((VkPhysicalDeviceVulkan12Features *) s)->bufferDeviceAddress = VK_FALSE;
}

static VKAPI_ATTR void VKAPI_CALL
get_properties (VkPhysicalDevice device, VkPhysicalDeviceProperties2 *out)
{
  real_properties (device, out);
  for (VkBaseOutStructure *s = out->pNext; s != NULL; s = s->pNext) {
    VkPhysicalDeviceVulkan11Properties *told = (VkPhysicalDeviceVulkan11Properties *) s;

    if (s->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES)
      continue;
    if (troubles.most > 0)
      told->maxMemoryAllocationSize = troubles.most;
    if (troubles.no_shuffles)
      told->subgroupSupportedOperations &= ~(VkFlags) VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
  }
}

static VKAPI_ATTR VkResult VKAPI_CALL
allocate (VkDevice device,
          const VkMemoryAllocateInfo *info,
          const VkAllocationCallbacks *callbacks,
          VkDeviceMemory *out)
{
  VkMemoryAllocateInfo theirs = *info;
  VkResult result = VK_SUCCESS;

  pthread_mutex_lock (&lock);
  ask ();
  last_device = device;
  if (fails (&troubles.memory))
    result = troubles.of_host ? VK_ERROR_OUT_OF_HOST_MEMORY : VK_ERROR_OUT_OF_DEVICE_MEMORY;
  if (troubles.decoy && theirs.memoryTypeIndex == 0)
    troubles.decoyed++;
  else if (troubles.decoy)
    theirs.memoryTypeIndex--;
  pthread_mutex_unlock (&lock);
  return result == VK_SUCCESS ? real_allocate (device, &theirs, callbacks, out) : result;
}

static VKAPI_ATTR VkResult VKAPI_CALL
create_cache (VkDevice device,
              const VkPipelineCacheCreateInfo *info,
              const VkAllocationCallbacks *callbacks,
              VkPipelineCache *out)
{
  troubles.kept = info->initialDataSize;
  return real_cache (device, info, callbacks, out);
}

static VKAPI_ATTR VkResult VKAPI_CALL
submit (VkQueue queue, uint32_t n, const VkSubmitInfo2 *submits, VkFence fence)
{
  VkResult result;

  pthread_mutex_lock (&lock);
  ask ();
  troubles.submitted++;
  result = fails (&troubles.submissions) ? lose () : real_submit (queue, n, submits, fence);
  pthread_mutex_unlock (&lock);
  return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL
wait_semaphores (VkDevice device, const VkSemaphoreWaitInfo *info, uint64_t timeout)
{
  VkResult result = VK_SUCCESS;

  pthread_mutex_lock (&lock);
  if (fails (&troubles.waits))
    result = lose ();
  pthread_mutex_unlock (&lock);
  return result == VK_SUCCESS ? real_wait (device, info, timeout) : result;
}

static VKAPI_ATTR VkResult VKAPI_CALL
wait_idle (VkDevice device)
{
  return real_idle (device);
}

void *
trouble_intercept (const char *name, void *function, void *user)
{
  (void) user;
  STAND_IN ("vkEnumeratePhysicalDevices", real_list, list_devices)
  STAND_IN ("vkGetPhysicalDeviceMemoryProperties2", real_memory, memory_properties)
  STAND_IN ("vkGetPhysicalDeviceFeatures2", real_features, get_features)
  STAND_IN ("vkGetPhysicalDeviceProperties2", real_properties, get_properties)
  STAND_IN ("vkAllocateMemory", real_allocate, allocate)
  STAND_IN ("vkGetBufferMemoryRequirements", real_requirements, requirements)
  STAND_IN ("vkCreatePipelineCache", real_cache, create_cache)
  STAND_IN ("vkQueueSubmit2", real_submit, submit)
  STAND_IN ("vkWaitSemaphores", real_wait, wait_semaphores)
  STAND_IN ("vkDeviceWaitIdle", real_idle, wait_idle)
  return function;
}
