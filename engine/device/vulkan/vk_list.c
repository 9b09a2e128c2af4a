/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The physical devices of this machine: what each has, whether it can be used,
 * and if not, why; the best first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "device/selftest.h"
#include "device/vulkan/vk_private.h"

/* Everything a driver tells of a device, as one chain each. */
typedef struct answers {
  VkPhysicalDeviceProperties2 properties;
  VkPhysicalDeviceVulkan11Properties properties_11;
  VkPhysicalDeviceVulkan12Properties properties_12;
  VkPhysicalDeviceVulkan13Properties properties_13;
  VkPhysicalDeviceFeatures2 features;
  VkPhysicalDeviceVulkan12Features features_12;
  VkPhysicalDeviceVulkan13Features features_13;
  VkPhysicalDeviceCooperativeMatrixFeaturesKHR matrix;
  VkPhysicalDeviceCooperativeMatrix2FeaturesNV matrix_2;
  VkPhysicalDeviceCooperativeMatrix2PropertiesNV matrix_2_limits;
} answers;

static void
ask (const dd_vulkan *vulkan, VkPhysicalDevice physical, bool matrix, bool matrix_2, answers *a)
{
  *a = (answers) { 0 };
  a->properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  a->properties_11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES;
  a->properties_12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES;
  a->properties_13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_PROPERTIES;
  a->properties.pNext = &a->properties_11;
  a->properties_11.pNext = &a->properties_12;
  a->properties_12.pNext = &a->properties_13;
  a->features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  a->features_12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  a->features_13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
  a->matrix.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR;
  a->features.pNext = &a->features_12;
  a->features_12.pNext = &a->features_13;
  a->features_13.pNext = matrix ? &a->matrix : NULL;
  a->matrix_2.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_2_FEATURES_NV;
  a->matrix.pNext = matrix_2 ? &a->matrix_2 : NULL;
  a->matrix_2_limits.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_2_PROPERTIES_NV;
  a->properties_13.pNext = matrix_2 ? &a->matrix_2_limits : NULL;
  vulkan->fn.GetPhysicalDeviceProperties2 (physical, &a->properties);
  vulkan->fn.GetPhysicalDeviceFeatures2 (physical, &a->features);
}

static bool
has_extension (const dd_vulkan *vulkan, VkPhysicalDevice physical, const char *name)
{
  VkExtensionProperties *list;
  uint32_t n = 0;
  bool found = false;

  if (vulkan->fn.EnumerateDeviceExtensionProperties (physical, NULL, &n, NULL) != VK_SUCCESS)
    return false;
  list = dd_alloc_array (DD_TAG_DEVICE, n, sizeof *list);
  if (list && vulkan->fn.EnumerateDeviceExtensionProperties (physical, NULL, &n, list) >= 0) {
    for (uint32_t i = 0; i < n; i++)
      found = found || strcmp (list[i].extensionName, name) == 0;
  }
  dd_free (list);
  return found;
}

/* What this device cannot do without, in the words of the specification. */
static const char *
missing_feature (const answers *a)
{
  const struct {
    VkBool32 has;
    const char *name;
  } needs[] = {
    { a->features_12.bufferDeviceAddress, "bufferDeviceAddress" },
    { a->features_12.timelineSemaphore, "timelineSemaphore" },
    { a->features_12.scalarBlockLayout, "scalarBlockLayout" },
    { a->features_13.synchronization2, "synchronization2" },
    { a->features_13.maintenance4, "maintenance4" },
    { a->features_13.subgroupSizeControl, "subgroupSizeControl" },
    { a->features_13.computeFullSubgroups, "computeFullSubgroups" },
    { a->features_13.shaderIntegerDotProduct, "shaderIntegerDotProduct" },
  };

  for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
    if (!needs[i].has)
      return needs[i].name;
  }
  return NULL;
}

static int
compute_family (const dd_vulkan *vulkan, VkPhysicalDevice physical)
{
  VkQueueFamilyProperties families[16];
  uint32_t n = 16;
  int found = -1;

  vulkan->fn.GetPhysicalDeviceQueueFamilyProperties (physical, &n, families);
  for (uint32_t i = 0; i < n; i++) {
    bool compute = families[i].queueFlags & VK_QUEUE_COMPUTE_BIT;
    bool graphics = families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT;

    /* One without graphics leaves the desktop's alone. */
    if (compute && (found < 0 || !graphics))
      found = (int) i;
    if (compute && !graphics)
      break;
  }
  return found;
}

static bool
is_half_product (VkComponentTypeKHR a,
                 VkComponentTypeKHR b,
                 VkComponentTypeKHR c,
                 VkComponentTypeKHR result)
{
  return a == VK_COMPONENT_TYPE_FLOAT16_KHR && b == VK_COMPONENT_TYPE_FLOAT16_KHR
         && c == VK_COMPONENT_TYPE_FLOAT32_KHR && result == VK_COMPONENT_TYPE_FLOAT32_KHR;
}

/* Shapes of f16 x f16 -> f32 at subgroup scope. */
static void
list_shapes (const dd_vulkan *vulkan, VkPhysicalDevice physical, vk_features *features)
{
  VkCooperativeMatrixPropertiesKHR list[64];
  uint32_t n = 64;

  for (uint32_t i = 0; i < 64; i++)
    list[i] = (VkCooperativeMatrixPropertiesKHR) {
      .sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR
    };
  if (!vulkan->fn.GetPhysicalDeviceCooperativeMatrixPropertiesKHR
      || vulkan->fn.GetPhysicalDeviceCooperativeMatrixPropertiesKHR (physical, &n, list) < 0)
    return;
  for (uint32_t i = 0; i < n && features->n_shapes < VK_SHAPES; i++) {
    const VkCooperativeMatrixPropertiesKHR *p = &list[i];

    if (is_half_product (p->AType, p->BType, p->CType, p->ResultType)
        && p->scope == VK_SCOPE_SUBGROUP_KHR && !p->saturatingAccumulation)
      features->shapes[features->n_shapes++] = (vk_shape) { p->MSize, p->NSize, p->KSize };
  }
}

static bool
has_side (const VkCooperativeMatrixFlexibleDimensionsPropertiesNV *p)
{
  const uint32_t steps[] = { p->MGranularity, p->NGranularity, p->KGranularity };

  for (int i = 0; i < 3; i++) {
    if (steps[i] == 0 || VK_FLEXIBLE_SIDE % steps[i] != 0)
      return false;
  }
  return true;
}

/* Whether matrices of VK_FLEXIBLE_SIDE may be had, of f16 x f16 -> f32 at subgroup scope. */
static bool
has_flexible (const dd_vulkan *vulkan, VkPhysicalDevice physical, const answers *a)
{
  VkCooperativeMatrixFlexibleDimensionsPropertiesNV list[64];
  uint32_t n = 64;

  for (uint32_t i = 0; i < 64; i++)
    list[i] = (VkCooperativeMatrixFlexibleDimensionsPropertiesNV) {
      .sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_FLEXIBLE_DIMENSIONS_PROPERTIES_NV
    };
  if (!a->matrix_2.cooperativeMatrixFlexibleDimensions
      || a->matrix_2_limits.cooperativeMatrixFlexibleDimensionsMaxDimension < VK_FLEXIBLE_SIDE
      || !vulkan->fn.GetPhysicalDeviceCooperativeMatrixFlexibleDimensionsPropertiesNV
      || vulkan->fn.GetPhysicalDeviceCooperativeMatrixFlexibleDimensionsPropertiesNV (physical, &n,
                                                                                      list)
             < 0)
    return false;
  for (uint32_t i = 0; i < n; i++) {
    const VkCooperativeMatrixFlexibleDimensionsPropertiesNV *p = &list[i];

    if (is_half_product (p->AType, p->BType, p->CType, p->ResultType) && !p->saturatingAccumulation
        && p->scope == VK_SCOPE_SUBGROUP_KHR && has_side (p))
      return true;
  }
  return false;
}

/* Lanes share the registers of a subgroup where its size can be chosen below 32 (Intel): 16
 * leave each of them enough, and fewer are better where much is kept in them.  Eight lanes make
 * a block of q8. */
static void
choose_subgroups (vk_features *out)
{
  uint32_t wanted = out->subgroup_min < 32 ? 16 : 32;

  out->subgroup = wanted < out->subgroup_min   ? out->subgroup_min
                  : wanted > out->subgroup_max ? out->subgroup_max
                                               : wanted;
  out->narrow = out->subgroup_min < 8 ? 8 : out->subgroup_min;
}

static void
read_features (const dd_vulkan *vulkan,
               VkPhysicalDevice physical,
               const answers *a,
               vk_features *out)
{
  const VkPhysicalDeviceLimits *limits = &a->properties.properties.limits;

  out->dot = a->properties_13.integerDotProduct4x8BitPackedSignedAccelerated;
  out->subgroup_min = a->properties_13.minSubgroupSize;
  out->subgroup_max = a->properties_13.maxSubgroupSize;
  out->shared_bytes = limits->maxComputeSharedMemorySize;
  out->workgroup = limits->maxComputeWorkGroupInvocations;
  choose_subgroups (out);
  if (a->matrix.cooperativeMatrix && a->features_12.vulkanMemoryModel
      && a->features_12.shaderFloat16)
    list_shapes (vulkan, physical, out);
  out->flexible = out->n_shapes > 0 && has_flexible (vulkan, physical, a);
}

static dd_vulkan_kind
kind_of (VkPhysicalDeviceType type)
{
  switch (type) {
  case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return DD_VULKAN_DISCRETE;
  case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return DD_VULKAN_INTEGRATED;
  case VK_PHYSICAL_DEVICE_TYPE_CPU: return DD_VULKAN_RASTERISER;
  default: return DD_VULKAN_OTHER;
  }
}

static void
write_uuid (const uint8_t *uuid, char *out)
{
  for (unsigned i = 0; i < VK_UUID_SIZE; i++) {
    out += snprintf (out, 3, "%02x", uuid[i]);
    if (i == 3 || i == 5 || i == 7 || i == 9)
      *out++ = '-';
  }
  *out = '\0';
}

/* What the shaders do with their subgroups, and that these have the size that was asked for. */
static bool
has_subgroups (const answers *a)
{
  const VkSubgroupFeatureFlags needs = VK_SUBGROUP_FEATURE_BASIC_BIT
                                       | VK_SUBGROUP_FEATURE_BALLOT_BIT
                                       | VK_SUBGROUP_FEATURE_SHUFFLE_BIT;

  return (a->properties_11.subgroupSupportedOperations & needs) == needs
         && (a->properties_11.subgroupSupportedStages & VK_SHADER_STAGE_COMPUTE_BIT)
         && (a->properties_13.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT);
}

static void
find_problem (const answers *a, int family, dd_vulkan_info *info)
{
  uint32_t version = a->properties.properties.apiVersion;
  const char *feature = missing_feature (a);

  if (version < VK_API_VERSION_1_3)
    snprintf (info->problem, sizeof info->problem,
              "its driver knows Vulkan %" PRIu32 ".%" PRIu32
              " and 1.3 is needed; a newer driver may help",
              VK_API_VERSION_MAJOR (version), VK_API_VERSION_MINOR (version));
  else if (feature)
    snprintf (info->problem, sizeof info->problem,
              "its driver lacks the feature %s; a newer driver may help", feature);
  else if (family < 0)
    snprintf (info->problem, sizeof info->problem, "it cannot compute");
  else if (a->properties.properties.limits.maxComputeWorkGroupInvocations < 256
           || a->properties.properties.limits.maxComputeSharedMemorySize < 16384)
    snprintf (info->problem, sizeof info->problem, "its workgroups are too small");
  else if (a->properties_13.maxSubgroupSize < 8)
    snprintf (info->problem, sizeof info->problem, "its subgroups are too small");
  else if (!has_subgroups (a))
    snprintf (info->problem, sizeof info->problem,
              "its driver lacks shuffles in subgroups of a chosen size; a newer driver may help");
}

/* The heaps of the device's own memory are all there is: main memory too. */
static bool
is_uma (const vk_candidate *candidate)
{
  if (candidate->info.kind == DD_VULKAN_INTEGRATED || candidate->info.kind == DD_VULKAN_RASTERISER)
    return true;
  for (uint32_t i = 0; i < candidate->memory.memoryHeapCount; i++) {
    if (!(candidate->memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT))
      return false;
  }
  return true;
}

static void
write_key (const answers *a, uint8_t *key)
{
  const VkPhysicalDeviceProperties *p = &a->properties.properties;
  const uint32_t numbers[] = { p->vendorID, p->deviceID, p->driverVersion, p->apiVersion };

  memcpy (key, p->pipelineCacheUUID, VK_UUID_SIZE);
  memcpy (key + VK_UUID_SIZE, numbers, sizeof numbers);
}

static void
write_readable_key (vk_candidate *self, uint64_t shaders)
{
  char *out = self->info.key;

  for (size_t i = 0; i < sizeof self->cache_key; i++)
    out += snprintf (out, 3, "%02x", self->cache_key[i]);
  snprintf (out, 28, "-%016" PRIx64 "-%d", shaders, DD_SELF_TEST_VERSION);
}

static void
describe (const dd_vulkan *vulkan, VkPhysicalDevice physical, vk_candidate *out)
{
  VkPhysicalDeviceMemoryProperties2 memory = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2
  };
  bool matrix = has_extension (vulkan, physical, VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME);
  bool matrix_2 = matrix
                  && has_extension (vulkan, physical, VK_NV_COOPERATIVE_MATRIX_2_EXTENSION_NAME);
  int family = compute_family (vulkan, physical);
  dd_vulkan_info *info = &out->info;
  answers a;

  ask (vulkan, physical, matrix, matrix_2, &a);
  out->physical = physical;
  out->family = family < 0 ? 0 : (uint32_t) family;
  out->budget = has_extension (vulkan, physical, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  out->most_allocation = a.properties_11.maxMemoryAllocationSize;
  if (a.properties_13.maxBufferSize > 0 && a.properties_13.maxBufferSize < out->most_allocation)
    out->most_allocation = a.properties_13.maxBufferSize;
  vulkan->fn.GetPhysicalDeviceMemoryProperties2 (physical, &memory);
  out->memory = memory.memoryProperties;
  snprintf (info->name, sizeof info->name, "%.95s", a.properties.properties.deviceName);
  snprintf (info->driver, sizeof info->driver, "%.70s %.80s", a.properties_12.driverName,
            a.properties_12.driverInfo);
  write_uuid (a.properties_11.deviceUUID, info->uuid);
  out->driver = (uint32_t) a.properties_12.driverID;
  info->kind = kind_of (a.properties.properties.deviceType);
  find_problem (&a, family, info);
  read_features (vulkan, physical, &a, &out->features);
  out->features.uma = is_uma (out);
  info->matrices = out->features.n_shapes > 0;
  info->flexible = out->features.flexible;
  write_key (&a, out->cache_key);
}

static uint64_t
own_memory (const vk_candidate *candidate)
{
  uint64_t most = 0;

  for (uint32_t i = 0; i < candidate->memory.memoryHeapCount; i++) {
    const VkMemoryHeap *heap = &candidate->memory.memoryHeaps[i];

    if ((heap->flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) && heap->size > most)
      most = heap->size;
  }
  return most;
}

static bool
better (const vk_candidate *a, const vk_candidate *b)
{
  bool a_usable = a->info.problem[0] == '\0';
  bool b_usable = b->info.problem[0] == '\0';

  if (a_usable != b_usable)
    return a_usable;
  if (a->info.kind != b->info.kind)
    return a->info.kind < b->info.kind;
  return own_memory (a) > own_memory (b);
}

/* Stable, so that equal cards keep the driver's order. */
static void
rank (dd_vulkan *vulkan)
{
  for (int i = 1; i < vulkan->n_candidates; i++) {
    vk_candidate moved = vulkan->candidates[i];
    int at = i;

    for (; at > 0 && better (&moved, &vulkan->candidates[at - 1]); at--)
      vulkan->candidates[at] = vulkan->candidates[at - 1];
    vulkan->candidates[at] = moved;
  }
  for (int i = 0; i < vulkan->n_candidates; i++)
    snprintf (vulkan->candidates[i].info.id, sizeof vulkan->candidates[i].info.id, "vulkan:%d", i);
}

static bool
has_same_uuid (const dd_vulkan *vulkan, int i)
{
  for (int before = 0; before < i; before++)
    if (strcmp (vulkan->candidates[before].info.uuid, vulkan->candidates[i].info.uuid) == 0)
      return true;
  return false;
}

/* A card that two drivers know has one UUID, and there are drivers that give one to several
 * cards.  What is kept of a device is found by it, so whoever comes later gets the driver's
 * number behind it, or at last its own in the list. */
static void
tell_apart (dd_vulkan *vulkan)
{
  for (int i = 1; i < vulkan->n_candidates; i++) {
    vk_candidate *late = &vulkan->candidates[i];
    size_t used = strlen (late->info.uuid);
    char *end = late->info.uuid + used;

    if (has_same_uuid (vulkan, i))
      snprintf (end, sizeof late->info.uuid - used, "-d%" PRIu32, late->driver);
    if (has_same_uuid (vulkan, i))
      snprintf (end, sizeof late->info.uuid - used, "-%d", i);
  }
}

bool
vk_list (dd_vulkan *vulkan, dd_error *error)
{
  VkPhysicalDevice physical[DD_VULKAN_DEVICES];
  uint64_t shaders = vk_shaders_hash ();
  uint32_t n = DD_VULKAN_DEVICES;
  VkResult result = vulkan->fn.EnumeratePhysicalDevices (vulkan->instance, &n, physical);

  if (result < 0)
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "the Vulkan devices could not be listed (error %d)", (int) result);
  for (uint32_t i = 0; i < n; i++)
    describe (vulkan, physical[i], &vulkan->candidates[i]);
  for (uint32_t i = 0; i < n; i++)
    write_readable_key (&vulkan->candidates[i], shaders);
  vulkan->n_candidates = (int) n;
  rank (vulkan);
  tell_apart (vulkan);
  return true;
}

/* ---- the public door --------------------------------------------------- */

static bool
copy_options (dd_vulkan *vulkan, const dd_vulkan_options *options, dd_error *error)
{
  if (!options)
    return true;
  vulkan->options = *options;
  vulkan->options.loader = vulkan->options.cache = NULL;
  if (options->loader
      && !(vulkan->options.loader = dd_copy_string (DD_TAG_DEVICE, options->loader,
                                                    strlen (options->loader))))
    return dd_fail_memory (error, "the list of devices");
  if (options->cache
      && !(vulkan->options.cache = dd_copy_string (DD_TAG_DEVICE, options->cache,
                                                   strlen (options->cache))))
    return dd_fail_memory (error, "the list of devices");
  return true;
}

bool
dd_vulkan_new (const dd_vulkan_options *options, dd_vulkan **out, dd_error *error)
{
  dd_vulkan *vulkan = dd_alloc (DD_TAG_DEVICE, sizeof *vulkan);

  *out = NULL;
  if (!vulkan)
    return dd_fail_memory (error, "the list of devices");
  if (!copy_options (vulkan, options, error) || !vk_loader_open (vulkan, error)
      || !vk_list (vulkan, error)) {
    dd_vulkan_free (&vulkan);
    return false;
  }
  *out = vulkan;
  return true;
}

void
dd_vulkan_free (dd_vulkan **vulkan)
{
  if (!*vulkan)
    return;
  vk_loader_close (*vulkan);
  dd_free ((void *) (*vulkan)->options.loader);
  dd_free ((void *) (*vulkan)->options.cache);
  dd_free (*vulkan);
  *vulkan = NULL;
}

int
dd_vulkan_count (const dd_vulkan *vulkan)
{
  return vulkan->n_candidates;
}

void
dd_vulkan_info_get (const dd_vulkan *vulkan, int i, dd_vulkan_info *out)
{
  *out = vulkan->candidates[i].info;
}
