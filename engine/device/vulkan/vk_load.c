/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loading: weights go from the file map to the device by several threads, each
 * through two staging areas in turn (or straight into memory that both see),
 * while another thread has the programs compiled.  Running sessions go on: only
 * the queue's lock is shared with them.
 */
#include "device/vulkan/vk_load.h"

#include <string.h>

#include "base/alloc.h"
#include "base/pool.h"
#include "base/thread.h"
#include "device/vulkan/vk_work.h"

#define PIECE_BYTES (UINT64_C (8) << 20)
#define MOST_THREADS 6

/* Rows of a weight that are brought over together. */
typedef struct upload_piece {
  const dd_weight *from;
  const vk_weight *to;
  int64_t first, count;
} upload_piece;

/* What one thread stages through. */
typedef struct upload_lane {
  vk_slab areas[2]; /* owned */
  VkSemaphore done; /* owned */
  VkCommandPool pool; /* owned */
  VkCommandBuffer commands[2];
  uint64_t value;
} upload_lane;

typedef struct upload {
  vk_loaded *loaded;
  vk_device *device;
  upload_piece *pieces; /* owned */
  int64_t n_pieces;
  uint64_t area_bytes;
  upload_lane lanes[MOST_THREADS];
  dd_pool *pool; /* owned */
  dd_progress progress;
  atomic_uint_fast64_t bytes; /* done */
  uint64_t total;
  atomic_int result; /* of Vulkan */
  atomic_bool cancelled;
} upload;

/* ---- splitting --------------------------------------------------------- */

/* One row as the device has it: see struct vk_weight. */
static void
split_row (const dd_weight *from,
           const vk_weight *to,
           const uint8_t *row,
           uint8_t *body,
           uint8_t *scales)
{
  const dd_type_info *type = dd_type_get ((uint32_t) from->type);
  size_t blocks = (size_t) from->columns / type->block;
  size_t rest = type->bytes - 2;
  bool last = from->type == DD_TYPE_Q6_K || from->type == DD_TYPE_Q3_K;

  for (size_t i = 0; i < blocks; i++) {
    const uint8_t *block = row + i * type->bytes;

    memcpy (scales + 2 * i, block + (last ? rest : 0), 2);
    memcpy (body + i * rest, block + (last ? 0 : 2), rest);
  }
  memset (scales + 2 * blocks, 0, to->scale_bytes - 2 * blocks);
  memset (body + rest * blocks, 0, to->row_bytes - rest * blocks);
}

static void
copy_piece (const upload_piece *piece, uint8_t *body, uint8_t *scales)
{
  uint64_t row_bytes = dd_type_row_bytes (piece->from->type, (uint64_t) piece->from->columns);
  const vk_weight *to = piece->to;

  for (int64_t i = 0; i < piece->count; i++) {
    const uint8_t *row = (const uint8_t *) piece->from->data
                         + (uint64_t) (piece->first + i) * row_bytes;

    if (to->scale_bytes > 0) {
      split_row (piece->from, to, row, body, scales);
      scales += to->scale_bytes;
    } else {
      memcpy (body, row, row_bytes);
      memset (body + row_bytes, 0, to->row_bytes - row_bytes);
    }
    body += to->row_bytes;
  }
}

/* ---- bringing a piece over --------------------------------------------- */

static uint64_t
body_offset (const upload_piece *piece)
{
  return piece->to->place.offset + (uint64_t) piece->first * piece->to->row_bytes;
}

static uint64_t
scales_offset (const upload_piece *piece)
{
  return piece->to->place.offset + (uint64_t) piece->to->rows * piece->to->row_bytes
         + (uint64_t) piece->first * piece->to->scale_bytes;
}

static void
copy_direct (const upload *self, const upload_piece *piece)
{
  uint8_t *mapped = self->loaded->weights.slabs[piece->to->place.slab].mapped;

  copy_piece (piece, mapped + body_offset (piece), mapped + scales_offset (piece));
}

static VkResult
copy_staged (const upload *self, upload_lane *lane, const upload_piece *piece)
{
  vk_device *device = self->device;
  int half = (int) (lane->value % 2);
  uint64_t body = (uint64_t) piece->count * piece->to->row_bytes;
  uint64_t scales = (uint64_t) piece->count * piece->to->scale_bytes;
  const VkBufferCopy copies[2] = { { 0, body_offset (piece), body },
                                   { body, scales_offset (piece), scales } };
  VkResult result = VK_SUCCESS;

  if (lane->value >= 2)
    result = vk_timeline_wait (device, lane->done, lane->value - 1, UINT64_MAX);
  if (result != VK_SUCCESS)
    return result;
  copy_piece (piece, lane->areas[half].mapped, lane->areas[half].mapped + body);
  result = vk_commands_begin (device, lane->commands[half]);
  if (result != VK_SUCCESS)
    return result;
  device->fn.CmdCopyBuffer (lane->commands[half], lane->areas[half].buffer,
                            self->loaded->weights.slabs[piece->to->place.slab].buffer,
                            scales > 0 ? 2 : 1, copies);
  result = vk_commands_submit (device, lane->commands[half], lane->done, lane->value + 1);
  lane->value += result == VK_SUCCESS;
  return result;
}

/* On the caller's thread alone. */
static void
tell (upload *self)
{
  if (self->progress.report
      && !self->progress.report (atomic_load (&self->bytes), self->total, self->progress.user))
    atomic_store (&self->cancelled, true);
}

static void
upload_some (void *user, int thread)
{
  upload *self = user;
  bool direct = self->loaded->weights.home == VK_HOME_DIRECT;
  int64_t at, next;

  while (!atomic_load (&self->cancelled) && atomic_load (&self->result) == VK_SUCCESS
         && dd_pool_take (self->pool, self->n_pieces, 1, &at, &next)) {
    const upload_piece *piece = &self->pieces[at];
    VkResult result = VK_SUCCESS;

    if (direct)
      copy_direct (self, piece);
    else
      result = copy_staged (self, &self->lanes[thread], piece);
    if (result != VK_SUCCESS)
      atomic_store (&self->result, (int) result);
    atomic_fetch_add (&self->bytes,
                      (uint64_t) piece->count * (piece->to->row_bytes + piece->to->scale_bytes));
    if (thread == 0)
      tell (self);
  }
}

/* ---- preparing --------------------------------------------------------- */

static int64_t
rows_of_piece (const vk_weight *weight)
{
  int64_t rows = (int64_t) (PIECE_BYTES / (weight->row_bytes + weight->scale_bytes));

  return rows > 0 ? rows : 1;
}

/* Counts the pieces, and with room for them lists them. */
static void
list_pieces (upload *self)
{
  self->n_pieces = 0;
  for (size_t i = 0; i < self->loaded->count; i++) {
    const vk_step *step = &self->loaded->steps[i];
    const dd_weight *from[3];
    int n = dd_step_weights (step->step, from);

    for (int j = 0; j < n; j++) {
      const vk_weight *to = &step->weights[j];
      int64_t rows = rows_of_piece (to);

      for (int64_t first = 0; first < to->rows; first += rows) {
        int64_t count = first + rows > to->rows ? to->rows - first : rows;
        uint64_t bytes = (uint64_t) count * (to->row_bytes + to->scale_bytes);

        if (self->pieces)
          self->pieces[self->n_pieces] = (upload_piece) { from[j], to, first, count };
        if (bytes > self->area_bytes)
          self->area_bytes = bytes;
        self->n_pieces++;
      }
    }
  }
}

static bool
open_lane (upload *self, upload_lane *lane, dd_error *error)
{
  VkResult result;

  for (int i = 0; i < 2; i++) {
    lane->areas[i].size = self->area_bytes;
    if (!vk_slab_open (self->device, VK_HOME_STAGING, &lane->areas[i], error))
      return false;
  }
  result = vk_timeline_new (self->device, &lane->done);
  if (result == VK_SUCCESS)
    result = vk_commands_new (self->device, &lane->pool, 2, lane->commands);
  return result == VK_SUCCESS || vk_failed (self->device, result, "preparing to load", error);
}

static void
close_lane (upload *self, upload_lane *lane)
{
  vk_device *device = self->device;

  if (lane->value > 0)
    (void) vk_timeline_wait (device, lane->done, lane->value, UINT64_MAX);
  if (lane->pool)
    device->fn.DestroyCommandPool (device->handle, lane->pool, NULL);
  if (lane->done)
    device->fn.DestroySemaphore (device->handle, lane->done, NULL);
  for (int i = 0; i < 2; i++)
    vk_slab_close (device, &lane->areas[i]);
}

static bool
prepare_upload (upload *self, dd_error *error)
{
  int threads = dd_pool_default_threads ();

  list_pieces (self);
  if (self->n_pieces > 0) {
    self->pieces = dd_alloc_array (DD_TAG_DEVICE, (size_t) self->n_pieces, sizeof *self->pieces);
    if (!self->pieces)
      return dd_fail_memory (error, "loading");
    list_pieces (self);
  }
  threads = threads < MOST_THREADS ? threads : MOST_THREADS;
  for (int i = 0; i < threads && self->loaded->weights.home != VK_HOME_DIRECT; i++) {
    if (!open_lane (self, &self->lanes[i], error))
      return false;
  }
  return dd_pool_new (threads, false, &self->pool, error);
}

static bool
run_upload (upload *self, dd_error *error)
{
  bool ok = prepare_upload (self, error);

  if (ok) {
    tell (self);
    dd_pool_run (self->pool, upload_some, self);
  }
  dd_pool_free (&self->pool);
  for (int i = 0; i < MOST_THREADS; i++)
    close_lane (self, &self->lanes[i]);
  dd_free (self->pieces);
  if (!ok)
    return false;
  if (atomic_load (&self->cancelled))
    return dd_fail (error, DD_ERROR_CANCELLED, "loading was cancelled");
  return self->result == VK_SUCCESS
         || vk_failed (self->device, (VkResult) self->result, "loading", error);
}

/* ---- vectors ----------------------------------------------------------- */

typedef struct vectors {
  uint8_t *bytes;
  uint64_t used;
  VkDeviceAddress address;
} vectors;

static void
place_vector (const float *data, int64_t n, VkDeviceAddress *out, void *user)
{
  vectors *self = user;

  if (data) {
    memcpy (self->bytes + self->used, data, (size_t) n * sizeof *data);
    *out = self->address + self->used;
  }
  self->used += vk_round_up ((uint64_t) n * sizeof (float), 16);
}

static void
place_vectors (vk_loaded *self, uint8_t *bytes)
{
  vectors all = { .bytes = bytes, .address = vk_address (&self->weights, self->vectors) };

  for (size_t i = 0; i < self->count; i++)
    vk_visit_vectors (&self->steps[i], place_vector, &all);
}

static bool
upload_vectors (vk_loaded *self, dd_error *error)
{
  vk_slab staging = { .size = self->vector_bytes };
  VkBufferCopy copy = { 0, self->vectors.offset, self->vector_bytes };
  vk_once once;
  bool ok;

  if (self->vector_bytes == 0)
    return true;
  if (self->weights.home == VK_HOME_DIRECT) {
    place_vectors (self, vk_mapped (&self->weights, self->vectors));
    return true;
  }
  if (!vk_slab_open (self->device, VK_HOME_STAGING, &staging, error))
    return false;
  place_vectors (self, staging.mapped);
  ok = vk_once_begin (self->device, &once, error);
  if (ok) {
    self->device->fn.CmdCopyBuffer (once.commands, staging.buffer,
                                    self->weights.slabs[self->vectors.slab].buffer, 1, &copy);
    ok = vk_once_end (&once, error);
  }
  vk_slab_close (self->device, &staging);
  return ok;
}

/* ---- loading ----------------------------------------------------------- */

static void
place_weights (vk_loaded *self)
{
  for (size_t i = 0; i < self->count; i++) {
    for (int j = 0; j < self->steps[i].n_weights; j++)
      vk_weight_open (&self->weights, &self->steps[i].weights[j]);
  }
}

typedef struct compiling {
  vk_device *device;
  dd_error error;
  bool ok;
} compiling;

static void *
compile_beside (void *user)
{
  compiling *self = user;

  self->ok = vk_pipelines_compile (self->device, &self->error);
  return NULL;
}

/* Uploads and compiles at once. */
static bool
fill (vk_loaded *self, const dd_request *request, dd_error *error)
{
  compiling beside = { .device = self->device };
  upload bring = {
    .loaded = self,
    .device = self->device,
    .progress = request->progress,
    .total = vk_arena_bytes (&self->weights),
  };
  pthread_t thread;
  bool ok;

  if (!vk_steps_prepare (self, error))
    return false;
  if (dd_thread_start (&thread, compile_beside, &beside) != 0)
    return dd_fail_memory (error, "loading");
  ok = run_upload (&bring, error) && upload_vectors (self, error);
  pthread_join (thread, NULL);
  if (ok && !beside.ok)
    *error = beside.error;
  return ok && beside.ok;
}

bool
vk_load (dd_device *device, const dd_request *request, dd_loaded **out, dd_error *error)
{
  vk_loaded *self;

  if (!vk_choose ((vk_device *) device, request, error)
      || !vk_describe ((vk_device *) device, request, &self, error))
    return false;
  if (!vk_arena_open (&self->weights, error)) {
    vk_loaded_free (self);
    return false;
  }
  place_weights (self);
  if (!fill (self, request, error)) {
    vk_loaded_free (self);
    return false;
  }
  *out = &self->base;
  return true;
}

void
vk_unload (dd_loaded *loaded)
{
  vk_loaded *self = (vk_loaded *) loaded;

  /* Pages may still be written by a copy that nobody waits for. */
  (void) vk_timeline_wait (self->device, self->device->timeline, self->device->submitted,
                           UINT64_MAX);
  vk_loaded_free (self);
}
