/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The driver in trouble for whole programs: a Vulkan layer that the loader puts into
 * them.  Files in the folder that the environment names in DADAM_TROUBLE say what is to
 * go wrong: "lost" and "memory" hold a number, how often from now on, and are removed
 * when they have been read; while "hold" is there, nothing goes on.  For programs with
 * one instance and devices of one driver.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "trouble.h"

#define VK_NO_PROTOTYPES
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan_core.h>

#include "stand-in.h"

static PFN_vkGetInstanceProcAddr next_of_instance;
static PFN_vkGetDeviceProcAddr next_of_device;
static PFN_vkCreateDevice real_create_device;

VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion (VkNegotiateLayerInterface *interface);

static void
read_order (const char *folder, const char *name, trouble_fate *fate)
{
  char path[4096];
  FILE *file;
  int times;

  snprintf (path, sizeof path, "%s/%s", folder, name);
  file = fopen (path, "re");
  if (file == NULL)
    return;
  if (fscanf (file, "%d", &times) == 1)
    *fate = (trouble_fate) { .times = times };
  fclose (file);
  (void) remove (path);
}

static void
read_orders (void)
{
  const char *folder = getenv ("DADAM_TROUBLE");
  char hold[4096];

  if (folder == NULL)
    return;
  read_order (folder, "lost", &troubles.submissions);
  read_order (folder, "memory", &troubles.memory);
  snprintf (hold, sizeof hold, "%s/hold", folder);
  while (access (hold, F_OK) == 0)
    nanosleep (&(struct timespec) { .tv_nsec = 10000000 }, NULL);
}

/* ---- what the loader asks ---------------------------------------------- */

/* The loader's own structure of a creation, which names the next in the chain. */
#define LINK_OF(type_, structure_type_, create_)                                                   \
  const type_ *found = create_->pNext;                                                             \
  while (found->sType != structure_type_ || found->function != VK_LAYER_LINK_INFO)                 \
    found = found->pNext;

static VKAPI_ATTR VkResult VKAPI_CALL
create_instance (const VkInstanceCreateInfo *create,
                 const VkAllocationCallbacks *callbacks,
                 VkInstance *out)
{
  LINK_OF (VkLayerInstanceCreateInfo, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO, create)
  PFN_vkCreateInstance next;

  next_of_instance = found->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  next = (PFN_vkCreateInstance) next_of_instance (VK_NULL_HANDLE, "vkCreateInstance");
  ((VkLayerInstanceCreateInfo *) found)->u.pLayerInfo = found->u.pLayerInfo->pNext;
  return next (create, callbacks, out);
}

static VKAPI_ATTR VkResult VKAPI_CALL
create_device (VkPhysicalDevice physical,
               const VkDeviceCreateInfo *create,
               const VkAllocationCallbacks *callbacks,
               VkDevice *out)
{
  LINK_OF (VkLayerDeviceCreateInfo, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO, create)

  next_of_device = found->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  ((VkLayerDeviceCreateInfo *) found)->u.pLayerInfo = found->u.pLayerInfo->pNext;
  return real_create_device (physical, create, callbacks, out);
}

static PFN_vkVoidFunction
instead_of (PFN_vkVoidFunction function, const char *name)
{
  if (function == NULL)
    return NULL;
  STAND_IN ("vkCreateDevice", real_create_device, create_device)
  return (PFN_vkVoidFunction) trouble_intercept (name, (void *) function, NULL);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
get_of_device (VkDevice device, const char *name)
{
  return instead_of (next_of_device (device, name), name);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
get_of_instance (VkInstance of, const char *name)
{
  if (strcmp (name, "vkGetInstanceProcAddr") == 0)
    return (PFN_vkVoidFunction) get_of_instance;
  if (strcmp (name, "vkGetDeviceProcAddr") == 0)
    return (PFN_vkVoidFunction) get_of_device;
  if (strcmp (name, "vkCreateInstance") == 0)
    return (PFN_vkVoidFunction) create_instance;
  return next_of_instance != NULL ? instead_of (next_of_instance (of, name), name) : NULL;
}

VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion (VkNegotiateLayerInterface *interface)
{
  troubles.ask = read_orders;
  interface->loaderLayerInterfaceVersion = 2;
  interface->pfnGetInstanceProcAddr = get_of_instance;
  interface->pfnGetDeviceProcAddr = get_of_device;
  interface->pfnGetPhysicalDeviceProcAddr = NULL;
  return VK_SUCCESS;
}
