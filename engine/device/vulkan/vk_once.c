/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Commands that are run once, outside of submissions: copies while loading, of
 * pages, of activations.  Their order against submissions is that of the queue.
 */
#include "device/vulkan/vk_work.h"

void
vk_barrier (vk_device *device, VkCommandBuffer commands)
{
  const VkMemoryBarrier2 barrier = {
    .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2,
    .srcStageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
    .srcAccessMask = VK_ACCESS_2_MEMORY_WRITE_BIT,
    .dstStageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_2_HOST_BIT,
    .dstAccessMask = VK_ACCESS_2_MEMORY_READ_BIT | VK_ACCESS_2_MEMORY_WRITE_BIT
                     | VK_ACCESS_2_HOST_READ_BIT,
  };
  const VkDependencyInfo dependency = {
    .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
    .memoryBarrierCount = 1,
    .pMemoryBarriers = &barrier,
  };

  device->fn.CmdPipelineBarrier2 (commands, &dependency);
}

static void
close_once (vk_once *once)
{
  vk_device *device = once->device;

  if (once->pool)
    device->fn.DestroyCommandPool (device->handle, once->pool, NULL);
  if (once->done)
    device->fn.DestroySemaphore (device->handle, once->done, NULL);
  once->pool = VK_NULL_HANDLE;
  once->done = VK_NULL_HANDLE;
}

VkResult
vk_timeline_new (vk_device *device, VkSemaphore *out)
{
  const VkSemaphoreTypeCreateInfo type = {
    .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
    .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
  };
  const VkSemaphoreCreateInfo create = {
    .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
    .pNext = &type,
  };
  VkResult result = device->fn.CreateSemaphore (device->handle, &create, NULL, out);

  if (result != VK_SUCCESS)
    *out = VK_NULL_HANDLE;
  return result;
}

VkResult
vk_commands_new (vk_device *device, VkCommandPool *pool, uint32_t n, VkCommandBuffer *out)
{
  const VkCommandPoolCreateInfo create = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
    .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
    .queueFamilyIndex = device->about->family,
  };
  VkCommandBufferAllocateInfo take = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
    .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
    .commandBufferCount = n,
  };
  VkResult result = device->fn.CreateCommandPool (device->handle, &create, NULL, pool);

  if (result != VK_SUCCESS) {
    *pool = VK_NULL_HANDLE;
    return result;
  }
  take.commandPool = *pool;
  return device->fn.AllocateCommandBuffers (device->handle, &take, out);
}

VkResult
vk_commands_begin (vk_device *device, VkCommandBuffer commands)
{
  const VkCommandBufferBeginInfo begin = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
    .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
  };
  VkResult result = device->fn.BeginCommandBuffer (commands, &begin);

  if (result == VK_SUCCESS)
    vk_barrier (device, commands);
  return result;
}

VkResult
vk_commands_submit (vk_device *device, VkCommandBuffer commands, VkSemaphore signal, uint64_t value)
{
  const VkCommandBufferSubmitInfo buffer = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
    .commandBuffer = commands,
  };
  const VkSemaphoreSubmitInfo after = {
    .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
    .semaphore = signal,
    .value = value,
    .stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
  };
  const VkSubmitInfo2 submit = {
    .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
    .commandBufferInfoCount = 1,
    .pCommandBufferInfos = &buffer,
    .signalSemaphoreInfoCount = 1,
    .pSignalSemaphoreInfos = &after,
  };
  VkResult result;

  vk_barrier (device, commands);
  result = device->fn.EndCommandBuffer (commands);
  return result == VK_SUCCESS ? vk_queue_submit (device, &submit) : result;
}

VkResult
vk_timeline_wait (vk_device *device, VkSemaphore timeline, uint64_t value, uint64_t nanoseconds)
{
  const VkSemaphoreWaitInfo wait = {
    .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
    .semaphoreCount = 1,
    .pSemaphores = &timeline,
    .pValues = &value,
  };

  return device->fn.WaitSemaphores (device->handle, &wait, nanoseconds);
}

bool
vk_once_begin (vk_device *device, vk_once *once, dd_error *error)
{
  VkResult result;

  *once = (vk_once) { .device = device };
  result = vk_timeline_new (device, &once->done);
  if (result == VK_SUCCESS)
    result = vk_commands_new (device, &once->pool, 1, &once->commands);
  if (result == VK_SUCCESS)
    result = vk_commands_begin (device, once->commands);
  if (result == VK_SUCCESS)
    return true;
  close_once (once);
  return vk_failed (device, result, "preparing a copy", error);
}

bool
vk_once_end (vk_once *once, dd_error *error)
{
  vk_device *device = once->device;
  VkResult result = vk_commands_submit (device, once->commands, once->done, 1);

  if (result == VK_SUCCESS)
    result = vk_timeline_wait (device, once->done, 1, UINT64_MAX);
  close_once (once);
  return result == VK_SUCCESS || vk_failed (device, result, "a copy", error);
}
