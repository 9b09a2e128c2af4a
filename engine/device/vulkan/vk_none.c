/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * In place of the Vulkan devices where they were not built.
 */
#include "device/vulkan/vulkan.h"

bool
dd_vulkan_new (const dd_vulkan_options *options, dd_vulkan **out, dd_error *error)
{
  *out = NULL;
  return dd_fail (error, DD_ERROR_UNSUPPORTED, "this program was built without Vulkan");
}

void
dd_vulkan_free (dd_vulkan **vulkan)
{
}

int
dd_vulkan_count (const dd_vulkan *vulkan)
{
  return 0;
}

void
dd_vulkan_info_get (const dd_vulkan *vulkan, int i, dd_vulkan_info *out)
{
  *out = (dd_vulkan_info) { 0 };
}

bool
dd_vulkan_caps (dd_vulkan *vulkan, int i, dd_caps *out, dd_error *error)
{
  return dd_fail (error, DD_ERROR_UNSUPPORTED, "this program was built without Vulkan");
}

bool
dd_vulkan_open (dd_vulkan *vulkan, int i, dd_device **out, dd_error *error)
{
  *out = NULL;
  return dd_fail (error, DD_ERROR_UNSUPPORTED, "this program was built without Vulkan");
}

size_t
dd_vulkan_trials (dd_vulkan *vulkan, int i, dd_trial *out, size_t room)
{
  return 0;
}

double
dd_vulkan_copy_limit (dd_device *device)
{
  return 0;
}

uint64_t
dd_vulkan_bytes (const dd_device *device)
{
  return 0;
}
