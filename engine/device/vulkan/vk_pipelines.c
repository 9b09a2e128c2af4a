/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pipelines, one per shader and set of constants, compiled by several threads,
 * and the file that keeps the driver's work, and what vk_choose.c has measured, from
 * one start to the next.  The file begins with a key of driver and shaders and a
 * checksum, then choices and the driver's data; one that does not fit is ignored
 * and written anew.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/pool.h"
#include "device/vulkan/vk_private.h"

#define CACHE_MAGIC "dadamvk4"
#define CACHE_MOST (64 << 20)

#define X(name_)                                                                                   \
  extern const uint32_t dd_spirv_##name_[];                                                        \
  extern const uint32_t dd_spirv_##name_##_bytes;
VK_SHADER_LIST (X)
#undef X

typedef struct spirv {
  const uint32_t *words;
  const uint32_t *bytes;
} spirv;

static const spirv shaders[VK_SHADERS] = {
#define X(name_) { dd_spirv_##name_, &dd_spirv_##name_##_bytes },
  VK_SHADER_LIST (X)
#undef X
};

/* ---- the cache file ---------------------------------------------------- */

typedef struct cache_header {
  char magic[8];
  uint8_t driver[32];
  uint64_t shaders; /* hash of all SPIR-V */
  uint64_t size, hash; /* of what follows */
  uint64_t choices; /* that come first in it */
} cache_header;

/* FNV-1a: guards against damage, not against malice. */
static uint64_t
hash_of (uint64_t hash, const void *data, size_t size)
{
  const uint8_t *bytes = data;

  for (size_t i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * UINT64_C (0x100000001b3);
  return hash;
}

#define HASH_START UINT64_C (0xcbf29ce484222325)

uint64_t
vk_shaders_hash (void)
{
  uint64_t hash = HASH_START;

  for (int i = 0; i < VK_SHADERS; i++)
    hash = hash_of (hash, shaders[i].words, *shaders[i].bytes);
  return hash;
}

static cache_header
make_header (const vk_device *device, const void *data, size_t size, uint64_t choices)
{
  cache_header header = { .size = size, .choices = choices, .shaders = vk_shaders_hash () };

  memcpy (header.magic, CACHE_MAGIC, sizeof header.magic);
  memcpy (header.driver, device->about->cache_key, sizeof header.driver);
  header.hash = hash_of (HASH_START, data, size);
  return header;
}

/* A file for each device. */
static bool
cache_path (const vk_device *device, char *out, size_t size)
{
  const char *folder = device->vulkan->options.cache;

  return folder
         && snprintf (out, size, "%s/vulkan-%s", folder, device->about->info.uuid) < (int) size;
}

/* The content of a sound file, or NULL. */
static uint8_t *
read_cache (const vk_device *device, size_t *size, size_t *choices)
{
  cache_header found, expected;
  char path[4096];
  uint8_t *data = NULL;
  FILE *file;

  *size = *choices = 0;
  if (!cache_path (device, path, sizeof path) || !(file = fopen (path, "rb")))
    return NULL;
  if (fread (&found, sizeof found, 1, file) == 1 && found.size <= CACHE_MOST
      && (data = dd_alloc (DD_TAG_DEVICE, found.size))
      && fread (data, 1, found.size, file) == found.size) {
    expected = make_header (device, data, found.size, found.choices);
    if (memcmp (&expected, &found, sizeof found) == 0 && found.choices <= VK_CHOICES
        && found.choices * sizeof (vk_choice) <= found.size) {
      *size = found.size;
      *choices = found.choices;
    }
  }
  fclose (file);
  if (*size > 0)
    return data;
  dd_free (data);
  return NULL;
}

/* Renamed into place, so that two programs at once do no harm. */
static void
write_cache (const vk_device *device, const void *data, size_t size, size_t choices)
{
  cache_header header = make_header (device, data, size, choices);
  char path[4096], draft[4096];
  FILE *file;
  bool ok;

  if (!cache_path (device, path, sizeof path)
      || snprintf (draft, sizeof draft, "%s.%ld", path, (long) getpid ()) >= (int) sizeof draft
      || !(file = fopen (draft, "wb")))
    return;
  ok = fwrite (&header, sizeof header, 1, file) == 1 && fwrite (data, 1, size, file) == size;
  ok = fclose (file) == 0 && ok;
  if (!ok || rename (draft, path) != 0)
    (void) remove (draft);
}

static void
save_cache (vk_device *device)
{
  size_t before = (size_t) device->n_choices * sizeof *device->choices;
  size_t size = 0;
  uint8_t *data = NULL;

  if (!device->vulkan->options.cache || atomic_load (&device->lost)
      || device->fn.GetPipelineCacheData (device->handle, device->cache, &size, NULL) != VK_SUCCESS
      || size == 0 || before + size > CACHE_MOST)
    return;
  data = dd_alloc (DD_TAG_DEVICE, before + size);
  if (data && before > 0)
    memcpy (data, device->choices, before);
  if (data
      && device->fn.GetPipelineCacheData (device->handle, device->cache, &size, data + before)
             == VK_SUCCESS)
    write_cache (device, data, before + size, (size_t) device->n_choices);
  dd_free (data);
}

static bool
take_choices (vk_device *device, const uint8_t *data, size_t n)
{
  if (n == 0)
    return true;
  device->choices = dd_alloc_array (DD_TAG_DEVICE, VK_CHOICES, sizeof *device->choices);
  if (!device->choices)
    return false;
  memcpy (device->choices, data, n * sizeof *device->choices);
  device->n_choices = (int) n;
  return true;
}

int
vk_choices_read (dd_vulkan *vulkan, int i, vk_choice *out)
{
  const vk_device closed = { .vulkan = vulkan, .about = &vulkan->candidates[i] };
  size_t size, n;
  uint8_t *data = read_cache (&closed, &size, &n);

  if (n > 0)
    memcpy (out, data, n * sizeof *out);
  dd_free (data);
  return (int) n;
}

bool
vk_pipelines_init (vk_device *device, dd_error *error)
{
  VkPipelineCacheCreateInfo create = { .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO };
  size_t size, choices;
  uint8_t *data = read_cache (device, &size, &choices);
  VkResult result;

  if (!take_choices (device, data, choices)) {
    dd_free (data);
    return dd_fail_memory (error, "programs of the graphics card");
  }
  create.initialDataSize = size - choices * sizeof (vk_choice);
  create.pInitialData = data ? data + choices * sizeof (vk_choice) : NULL;
  result = device->fn.CreatePipelineCache (device->handle, &create, NULL, &device->cache);
  if (result != VK_SUCCESS && data) { /* the driver does not like it: without */
    create.initialDataSize = 0;
    create.pInitialData = NULL;
    result = device->fn.CreatePipelineCache (device->handle, &create, NULL, &device->cache);
  }
  dd_free (data);
  if (result == VK_SUCCESS)
    return true;
  device->cache = VK_NULL_HANDLE;
  return vk_failed (device, result, "opening it", error);
}

void
vk_pipelines_clear (vk_device *device)
{
  vk_pipeline *next;

  if (device->cache && device->new_pipelines)
    save_cache (device);
  for (vk_pipeline *p = device->pipelines; p; p = next) {
    next = p->next;
    if (p->handle)
      device->fn.DestroyPipeline (device->handle, p->handle, NULL);
    dd_free (p);
  }
  device->pipelines = NULL;
  if (device->cache)
    device->fn.DestroyPipelineCache (device->handle, device->cache, NULL);
  device->cache = VK_NULL_HANDLE;
  dd_free (device->choices);
  device->choices = NULL;
  device->n_choices = 0;
}

/* ---- pipelines --------------------------------------------------------- */

static vk_pipeline *
find_pipeline (vk_device *device, vk_shader shader, const uint32_t *constants, int n)
{
  for (vk_pipeline *p = device->pipelines; p; p = p->next) {
    if (p->shader == shader && p->n_constants == n
        && memcmp (p->constants, constants, (size_t) n * sizeof *constants) == 0)
      return p;
  }
  return NULL;
}

bool
vk_pipeline_get (vk_device *device,
                 vk_shader shader,
                 const uint32_t *constants,
                 int n,
                 const vk_pipeline **out,
                 dd_error *error)
{
  vk_pipeline *found;

  assert (n >= 2 && n <= VK_CONSTANTS);
  pthread_mutex_lock (&device->pipelines_lock);
  found = find_pipeline (device, shader, constants, n);
  if (!found && (found = dd_alloc (DD_TAG_DEVICE, sizeof *found))) {
    found->shader = shader;
    found->n_constants = n;
    memcpy (found->constants, constants, (size_t) n * sizeof *constants);
    found->next = device->pipelines;
    device->pipelines = found;
  }
  pthread_mutex_unlock (&device->pipelines_lock);
  *out = found;
  return found || dd_fail_memory (error, "a program of the graphics card");
}

static VkResult
make_pipeline (vk_device *device, vk_pipeline *p, VkShaderModule module)
{
  VkSpecializationMapEntry entries[VK_CONSTANTS];
  const VkSpecializationInfo constants = {
    .mapEntryCount = (uint32_t) p->n_constants,
    .pMapEntries = entries,
    .dataSize = (size_t) p->n_constants * sizeof *p->constants,
    .pData = p->constants,
  };
  const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo subgroup = {
    .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO,
    .requiredSubgroupSize = p->constants[1],
  };
  const VkComputePipelineCreateInfo create = {
    .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
    .stage = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
      .pNext = &subgroup,
      .flags = VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT,
      .stage = VK_SHADER_STAGE_COMPUTE_BIT,
      .module = module,
      .pName = "main",
      .pSpecializationInfo = &constants,
    },
    .layout = device->layout,
  };

  for (int i = 0; i < p->n_constants; i++)
    entries[i] = (VkSpecializationMapEntry) { (uint32_t) i,
                                              (uint32_t) ((size_t) i * sizeof *p->constants),
                                              sizeof *p->constants };
  return device->fn.CreateComputePipelines (device->handle, device->cache, 1, &create, NULL,
                                            &p->handle);
}

static VkResult
compile (vk_device *device, vk_pipeline *p)
{
  const VkShaderModuleCreateInfo create = {
    .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
    .codeSize = *shaders[p->shader].bytes,
    .pCode = shaders[p->shader].words,
  };
  VkShaderModule module;
  VkResult result = device->fn.CreateShaderModule (device->handle, &create, NULL, &module);

  if (result != VK_SUCCESS)
    return result;
  result = make_pipeline (device, p, module);
  device->fn.DestroyShaderModule (device->handle, module, NULL);
  if (result != VK_SUCCESS)
    p->handle = VK_NULL_HANDLE;
  return result;
}

typedef struct compile_job {
  vk_device *device;
  vk_pipeline **list;
  int64_t n;
  dd_pool *pool;
  atomic_int result;
} compile_job;

static void
compile_some (void *user, int thread)
{
  compile_job *job = user;
  int64_t at, next;

  while (atomic_load (&job->result) == VK_SUCCESS
         && dd_pool_take (job->pool, job->n, 1, &at, &next)) {
    VkResult result = compile (job->device, job->list[at]);

    if (result != VK_SUCCESS)
      atomic_store (&job->result, (int) result);
  }
}

/* The lock is held while compiling: another load waits for what it may share. */
static bool
compile_all (vk_device *device, compile_job *job, dd_error *error)
{
  for (vk_pipeline *p = device->pipelines; p; p = p->next)
    job->n += !p->handle;
  if (job->n == 0)
    return true;
  job->list = dd_alloc_array (DD_TAG_DEVICE, (size_t) job->n, sizeof *job->list);
  if (!job->list)
    return dd_fail_memory (error, "programs of the graphics card");
  job->n = 0;
  for (vk_pipeline *p = device->pipelines; p; p = p->next) {
    if (!p->handle)
      job->list[job->n++] = p;
  }
  if (!dd_pool_new (dd_pool_default_threads (), false, &job->pool, error))
    return false;
  dd_pool_run (job->pool, compile_some, job);
  device->new_pipelines = true;
  return job->result == VK_SUCCESS
         || vk_failed (device, (VkResult) job->result, "compiling a program", error);
}

bool
vk_pipelines_compile (vk_device *device, dd_error *error)
{
  compile_job job = { .device = device };
  bool ok;

  pthread_mutex_lock (&device->pipelines_lock);
  ok = compile_all (device, &job, error);
  pthread_mutex_unlock (&device->pipelines_lock);
  dd_pool_free (&job.pool);
  dd_free (job.list);
  return ok;
}
