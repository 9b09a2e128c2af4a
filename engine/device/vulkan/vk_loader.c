/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The library that finds Vulkan drivers, opened when the program runs, and the
 * tables of its functions.
 */
#include <dlfcn.h>
#include <string.h>

#include "device/vulkan/vk_private.h"

static PFN_vkVoidFunction
find (const dd_vulkan *vulkan, const char *name)
{
  PFN_vkVoidFunction function = vulkan->get (vulkan->instance, name);
  void *(*intercept) (const char *, void *, void *) = vulkan->options.intercept;

  if (function && intercept)
    function = (PFN_vkVoidFunction) intercept (name, (void *) function,
                                               vulkan->options.intercept_user);
  return function;
}

static bool
missing (const char *name, dd_error *error)
{
  return dd_fail (error, DD_ERROR_UNSUPPORTED,
                  "the Vulkan loader has no function vk%s; please update it", name);
}

#define FIND(name_)                                                                                \
  if (!(vulkan->fn.name_ = (PFN_vk##name_) find (vulkan, "vk" #name_)))                            \
    return missing (#name_, error);
#define FIND_EXTRA(name_) vulkan->fn.name_ = (PFN_vk##name_) find (vulkan, "vk" #name_);

static bool
find_global (dd_vulkan *vulkan, dd_error *error)
{
  vulkan->get = (PFN_vkGetInstanceProcAddr) dlsym (vulkan->library, "vkGetInstanceProcAddr");
  if (!vulkan->get)
    return missing ("GetInstanceProcAddr", error);
  VK_GLOBAL_FUNCTIONS (FIND)
  return true;
}

static bool
find_of_instance (dd_vulkan *vulkan, dd_error *error)
{
  VK_INSTANCE_FUNCTIONS (FIND)
  VK_INSTANCE_EXTRAS (FIND_EXTRA)
  return true;
}

static bool
create_instance (dd_vulkan *vulkan, dd_error *error)
{
  const VkApplicationInfo application = {
    .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
    .pApplicationName = "dadam",
    .pEngineName = "dadam",
    .apiVersion = VK_API_VERSION_1_3,
  };
  const VkInstanceCreateInfo create = {
    .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
    .pApplicationInfo = &application,
  };
  VkResult result = vulkan->fn.CreateInstance (&create, NULL, &vulkan->instance);

  if (result == VK_SUCCESS)
    return true;
  vulkan->instance = VK_NULL_HANDLE;
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
    return dd_fail (error, DD_ERROR_UNSUPPORTED, "no Vulkan driver is installed");
  return dd_fail (error, DD_ERROR_UNSUPPORTED, "Vulkan could not be started (error %d)",
                  (int) result);
}

bool
vk_loader_open (dd_vulkan *vulkan, dd_error *error)
{
  const char *name = vulkan->options.loader ? vulkan->options.loader : "libvulkan.so.1";

  vulkan->library = dlopen (name, RTLD_NOW | RTLD_LOCAL);
  if (!vulkan->library)
    return dd_fail (error, DD_ERROR_UNSUPPORTED, "the Vulkan loader (%s) is not installed", name);
  return find_global (vulkan, error) && create_instance (vulkan, error)
         && find_of_instance (vulkan, error);
}

void
vk_loader_close (dd_vulkan *vulkan)
{
  if (vulkan->instance && vulkan->fn.DestroyInstance)
    vulkan->fn.DestroyInstance (vulkan->instance, NULL);
  if (vulkan->library)
    dlclose (vulkan->library);
}

/* Functions of a device are found through it, which saves the loader's detour. */
bool
vk_loader_device (vk_device *device, dd_error *error)
{
  const dd_vulkan *vulkan = device->vulkan;
  const dd_vulkan_options *options = &vulkan->options;
  PFN_vkVoidFunction function;

#define FIND_OF_DEVICE(name_)                                                                      \
  function = vulkan->fn.GetDeviceProcAddr (device->handle, "vk" #name_);                           \
  if (function && options->intercept)                                                              \
    function = (PFN_vkVoidFunction) options->intercept ("vk" #name_, (void *) function,            \
                                                        options->intercept_user);                  \
  if (!function)                                                                                   \
    return missing (#name_, error);                                                                \
  device->fn.name_ = (PFN_vk##name_) function;
  VK_DEVICE_FUNCTIONS (FIND_OF_DEVICE)
#undef FIND_OF_DEVICE
  return true;
}
