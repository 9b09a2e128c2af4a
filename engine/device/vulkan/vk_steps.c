/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From steps to dispatches: recording, EMBED, packing, and what follows HEAD.
 * Products and attention are the groups' own.
 */
#include "device/vulkan/vk_private.h"

#define EMBED_THREADS 128
#define PACK_THREADS 256
#define PICK_THREADS 256

/* What a step costs beside its bytes: dispatches and barriers. */
#define STEP_COST 100e3
/* A row of a prompt costs so much less than a pass of decode rows. */
#define PROMPT_ROWS 8.0

/* ---- recording --------------------------------------------------------- */

void
vk_dispatch (vk_recorder *recorder,
             const vk_pipeline *pipeline,
             const void *push,
             size_t size,
             uint32_t x,
             uint32_t y,
             uint32_t z)
{
  const vk_device_functions *fn = &recorder->device->fn;

  if (x == 0 || y == 0 || z == 0)
    return;
  if (recorder->bound != pipeline)
    fn->CmdBindPipeline (recorder->commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline->handle);
  recorder->bound = pipeline;
  fn->CmdPushConstants (recorder->commands, recorder->device->layout, VK_SHADER_STAGE_COMPUTE_BIT,
                        0, (uint32_t) size, push);
  fn->CmdDispatch (recorder->commands, x, y, z);
  recorder->dirty = true;
  recorder->dispatches++;
}

void
vk_stage (vk_recorder *recorder)
{
  const VkMemoryBarrier2 barrier = {
    .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2,
    .srcStageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_2_COPY_BIT,
    .srcAccessMask = VK_ACCESS_2_SHADER_WRITE_BIT | VK_ACCESS_2_TRANSFER_WRITE_BIT,
    .dstStageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_2_COPY_BIT,
    .dstAccessMask = VK_ACCESS_2_SHADER_READ_BIT | VK_ACCESS_2_SHADER_WRITE_BIT
                     | VK_ACCESS_2_TRANSFER_READ_BIT | VK_ACCESS_2_TRANSFER_WRITE_BIT,
  };
  const VkDependencyInfo dependency = {
    .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
    .memoryBarrierCount = 1,
    .pMemoryBarriers = &barrier,
  };

  if (!recorder->dirty)
    return;
  recorder->device->fn.CmdPipelineBarrier2 (recorder->commands, &dependency);
  recorder->dirty = false;
  recorder->stages++;
}

/* ---- EMBED ------------------------------------------------------------- */

static bool
prepare_embed (vk_loaded *loaded, vk_step *step, dd_error *error)
{
  static const vk_shader shaders[DD_TYPE_LIMIT] = { VK_BY_TYPE (embed_, ) };
  const uint32_t constants[] = { EMBED_THREADS, loaded->device->features.subgroup };

  return vk_pipeline_get (loaded->device, shaders[step->weights[0].type], constants, 2,
                          &step->embed, error);
}

static void
record_embed (vk_recorder *recorder, const vk_step *step)
{
  const vk_weight *table = &step->weights[0];
  const struct vk_push_embed push = {
    .body = table->body,
    .scales = table->scales,
    .rows = recorder->batch.rows,
    .picks = recorder->picks,
    .target = recorder->work->buffers[step->step->out],
    .row_words = table->row_bytes / 4,
    .scale_words = table->scale_bytes / 4,
    .columns = (uint32_t) table->columns,
    .stride = (uint32_t) recorder->loaded->stride[step->step->out],
    .scale = step->step->embed.scale,
  };

  vk_dispatch (recorder, step->embed, &push, sizeof push, (uint32_t) recorder->n_rows, 1, 1);
}

/* ---- packing ----------------------------------------------------------- */

void
vk_pack (vk_recorder *recorder,
         vk_form form,
         dd_buffer buffer,
         int64_t columns,
         VkDeviceAddress norm,
         bool asked,
         int first,
         int count)
{
  const vk_packed *packed = &recorder->work->packed[buffer];
  const struct vk_push_pack push = {
    .source = recorder->work->buffers[buffer],
    .norm = norm,
    .map = asked ? recorder->batch.map : 0,
    .packed = form == VK_FORM_Q8 ? packed->q8 : packed->f16,
    .factors = form == VK_FORM_Q8 ? packed->q8_factors : packed->f16_factors,
    .squares = packed->squares,
    .columns = (uint32_t) columns,
    .source_stride = (uint32_t) recorder->loaded->stride[buffer],
    .first = (uint32_t) first,
  };

  vk_dispatch (recorder,
               form == VK_FORM_Q8 ? recorder->loaded->pack_q8 : recorder->loaded->pack_f16, &push,
               sizeof push, (uint32_t) count, 1, 1);
}

/* ---- after HEAD -------------------------------------------------------- */

/* The tokens picked, and the logits on their way to the host. */
static void
finish_head (vk_recorder *recorder)
{
  const vk_loaded *loaded = recorder->loaded;
  const vk_work *work = recorder->work;
  const struct vk_push_pick push = {
    .logits = work->logits,
    .picks = work->picks,
    .count = (uint32_t) loaded->plan->n_vocab,
    .stride = (uint32_t) loaded->logits_stride,
  };
  const VkBufferCopy copy = {
    .srcOffset = work->logits_place.offset,
    .dstOffset = work->read_logits.offset,
    .size = (uint64_t) recorder->n_logits * (uint64_t) loaded->logits_stride * 4,
  };

  if (recorder->n_logits == 0)
    return;
  vk_stage (recorder);
  vk_dispatch (recorder, loaded->pick, &push, sizeof push, (uint32_t) recorder->n_logits, 1, 1);
  recorder->device->fn.CmdCopyBuffer (recorder->commands,
                                      work->memory.slabs[work->logits_place.slab].buffer,
                                      work->read.slabs[work->read_logits.slab].buffer, 1, &copy);
  recorder->dirty = true;
}

/* ---- steps ------------------------------------------------------------- */

void
vk_step_record (vk_recorder *recorder, size_t number)
{
  const vk_step *step = &recorder->loaded->steps[number];

  vk_stage (recorder);
  switch (step->step->kind) {
  case DD_STEP_EMBED: record_embed (recorder, step); break;
  case DD_STEP_ATTEND: vk_attend_record (recorder, step); break;
  case DD_STEP_HEAD:
    if (recorder->n_logits > 0)
      vk_few_record (recorder, step);
    finish_head (recorder);
    break;
  case DD_STEP_QKV:
  case DD_STEP_PROJECT:
  case DD_STEP_GATE:
    if (recorder->n_prompt > 0)
      vk_many_record (recorder, step);
    if (recorder->n_decode > 0)
      vk_few_record (recorder, step);
    break;
  case DD_STEP_KINDS: break;
  }
}

static bool
prepare_step (vk_loaded *loaded, vk_step *step, dd_error *error)
{
  switch (step->step->kind) {
  case DD_STEP_EMBED: return prepare_embed (loaded, step, error);
  case DD_STEP_ATTEND: return vk_attend_prepare (loaded, step, error);
  case DD_STEP_HEAD: return vk_few_prepare (loaded, step, error);
  default: return vk_few_prepare (loaded, step, error) && vk_many_prepare (loaded, step, error);
  }
}

bool
vk_steps_prepare (vk_loaded *loaded, dd_error *error)
{
  vk_device *device = loaded->device;
  const uint32_t pack[] = { PACK_THREADS, device->features.subgroup };
  const uint32_t pick[] = { PICK_THREADS, device->features.subgroup };

  if (!vk_pipeline_get (device, VK_SHADER_pack_q8, pack, 2, &loaded->pack_q8, error)
      || !vk_pipeline_get (device, VK_SHADER_pack_f16, pack, 2, &loaded->pack_f16, error)
      || !vk_pipeline_get (device, VK_SHADER_pick, pick, 2, &loaded->pick, error))
    return false;
  for (size_t i = 0; i < loaded->count; i++) {
    if (!prepare_step (loaded, &loaded->steps[i], error))
      return false;
  }
  return true;
}

/* ---- what it costs ----------------------------------------------------- */

static double
weight_bytes (const vk_step *step)
{
  double bytes = 0;

  for (int i = 0; i < step->n_weights; i++)
    bytes += (double) step->weights[i].rows
             * ((double) step->weights[i].row_bytes + step->weights[i].scale_bytes);
  return bytes;
}

static double
attend_cost (const vk_loaded *loaded, const dd_step *step, const vk_entry *entry)
{
  double row = 2.0 * step->kv_heads * step->head_dim * (loaded->cache == DD_CACHE_F16 ? 2 : 4);

  return STEP_COST + row * entry->n_decode * (entry->last_decode + 1.0)
         + row * entry->n_prompt * (entry->last_prompt + 1.0) / PROMPT_ROWS;
}

double
vk_step_cost (const vk_loaded *loaded, const vk_step *step, const vk_entry *entry)
{
  double passes;

  switch (step->step->kind) {
  case DD_STEP_EMBED: return STEP_COST;
  case DD_STEP_ATTEND: return attend_cost (loaded, step->step, entry);
  case DD_STEP_HEAD: passes = (entry->n_logits + VK_FEW - 1) / VK_FEW; break;
  default: passes = (entry->n_decode + VK_FEW - 1) / VK_FEW + entry->n_prompt / PROMPT_ROWS; break;
  }
  return STEP_COST + passes * weight_bytes (step);
}
