/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The functions of Vulkan that this device calls, as tables: nothing is linked.
 */
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#define VK_GLOBAL_FUNCTIONS(X)                                                                     \
  X (CreateInstance)                                                                               \
  X (EnumerateInstanceVersion)

#define VK_INSTANCE_FUNCTIONS(X)                                                                   \
  X (CreateDevice)                                                                                 \
  X (DestroyInstance)                                                                              \
  X (EnumerateDeviceExtensionProperties)                                                           \
  X (EnumeratePhysicalDevices)                                                                     \
  X (GetDeviceProcAddr)                                                                            \
  X (GetPhysicalDeviceFeatures2)                                                                   \
  X (GetPhysicalDeviceMemoryProperties2)                                                           \
  X (GetPhysicalDeviceProperties2)                                                                 \
  X (GetPhysicalDeviceQueueFamilyProperties)

/* Of extensions: NULL where the driver has none. */
#define VK_INSTANCE_EXTRAS(X)                                                                      \
  X (GetPhysicalDeviceCooperativeMatrixFlexibleDimensionsPropertiesNV)                             \
  X (GetPhysicalDeviceCooperativeMatrixPropertiesKHR)

#define VK_DEVICE_FUNCTIONS(X)                                                                     \
  X (AllocateCommandBuffers)                                                                       \
  X (AllocateMemory)                                                                               \
  X (BeginCommandBuffer)                                                                           \
  X (BindBufferMemory)                                                                             \
  X (CmdBindPipeline)                                                                              \
  X (CmdCopyBuffer)                                                                                \
  X (CmdDispatch)                                                                                  \
  X (CmdFillBuffer)                                                                                \
  X (CmdPipelineBarrier2)                                                                          \
  X (CmdPushConstants)                                                                             \
  X (CreateBuffer)                                                                                 \
  X (CreateCommandPool)                                                                            \
  X (CreateComputePipelines)                                                                       \
  X (CreatePipelineCache)                                                                          \
  X (CreatePipelineLayout)                                                                         \
  X (CreateSemaphore)                                                                              \
  X (CreateShaderModule)                                                                           \
  X (DestroyBuffer)                                                                                \
  X (DestroyCommandPool)                                                                           \
  X (DestroyDevice)                                                                                \
  X (DestroyPipeline)                                                                              \
  X (DestroyPipelineCache)                                                                         \
  X (DestroyPipelineLayout)                                                                        \
  X (DestroySemaphore)                                                                             \
  X (DestroyShaderModule)                                                                          \
  X (DeviceWaitIdle)                                                                               \
  X (EndCommandBuffer)                                                                             \
  X (FreeMemory)                                                                                   \
  X (GetBufferDeviceAddress)                                                                       \
  X (GetBufferMemoryRequirements)                                                                  \
  X (GetDeviceQueue)                                                                               \
  X (GetPipelineCacheData)                                                                         \
  X (GetSemaphoreCounterValue)                                                                     \
  X (MapMemory)                                                                                    \
  X (QueueSubmit2)                                                                                 \
  X (WaitSemaphores)

#define VK_MEMBER(name_) PFN_vk##name_ name_;

typedef struct vk_instance_functions {
  VK_GLOBAL_FUNCTIONS (VK_MEMBER)
  VK_INSTANCE_FUNCTIONS (VK_MEMBER)
  VK_INSTANCE_EXTRAS (VK_MEMBER)
} vk_instance_functions;

typedef struct vk_device_functions {
  VK_DEVICE_FUNCTIONS (VK_MEMBER)
} vk_device_functions;

#undef VK_MEMBER
