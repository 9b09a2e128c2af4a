/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inside of the Vulkan device: what its files share.
 *
 *   vk_loader.c     the library, the tables of functions
 *   vk_list.c       physical devices: listing, ranking, reasons
 *   vk_device.c     opening a device, what it is, freeing it
 *   vk_memory.c     arenas: places are taken dry, then opened at once
 *   vk_pipelines.c  pipelines by shader and constants, our own cache file
 *   vk_describe.c   tables of a loaded range: sizes and places, measuring
 *   vk_load.c       loading: weights split and uploaded, pipelines compiled
 *   vk_choose.c     which way a weight is multiplied: measured once and kept
 *   vk_copy.c       how fast the device copies, to measure against
 *   vk_pages.c      the pool of pages
 *   vk_work.c       memory of a work, put, get, fetch
 *   vk_submit.c     the queue of submissions, waiting, cancelling
 *   vk_steps.c      steps to dispatches; EMBED, packing, picking
 *   vk_few.c        products of decode rows and of HEAD
 *   vk_many.c       steps of prompt rows
 *   vk_product.c    their products, one way or another
 *   vk_finish.c     what becomes of products that wait in memory
 *   vk_attend.c     attention of both
 *
 * Everything on the device is reached by address; there are no descriptors and
 * one pipeline layout, with 128 bytes of push constants.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "device/vulkan/vk_loader.h"
#include "device/vulkan/vulkan.h"
#include "inc/push.h"
#include "shader_list.h"

#define VK_MAX_ROWS 512 /* of one batch */
#define VK_FEW 16 /* rows that one pass of `few` serves */
#define VK_ROW_ALIGN 16 /* bytes: where rows of weights begin */
#define VK_SLACK 64 /* readable bytes after a weight, so that wide loads may pass its end */
#define VK_LANE 32 /* columns of a packed row are rounded up to this; also a q8 block */

static inline uint64_t
vk_round_up (uint64_t n, uint64_t to)
{
  return (n + to - 1) / to * to;
}

/* Workgroups of `size` that do `n`. */
static inline uint32_t
vk_blocks (uint32_t n, uint32_t size)
{
  return (n + size - 1) / size;
}

/* ---- shaders and pipelines --------------------------------------------- */

typedef enum vk_shader {
#define X(name_) VK_SHADER_##name_,
  VK_SHADER_LIST (X)
#undef X
      VK_SHADERS
} vk_shader;

/* Initialisers of an array by dd_type of the shaders <before>_<type><after>:
 *   static const vk_shader embeds[DD_TYPE_LIMIT] = { VK_BY_TYPE (embed_, ) }; */
#define VK_BY_TYPE(before_, after_)                                                                \
  VK_BY_QUANTISED_TYPE (before_, after_), [DD_TYPE_F32] = VK_SHADER_##before_##f32##after_,        \
                                          [DD_TYPE_F16] = VK_SHADER_##before_##f16##after_,        \
                                          [DD_TYPE_BF16] = VK_SHADER_##before_##bf16##after_
#define VK_BY_QUANTISED_TYPE(before_, after_)                                                      \
  [DD_TYPE_Q4_0] = VK_SHADER_##before_##q4_0##after_,                                              \
  [DD_TYPE_Q4_1] = VK_SHADER_##before_##q4_1##after_,                                              \
  [DD_TYPE_Q5_0] = VK_SHADER_##before_##q5_0##after_,                                              \
  [DD_TYPE_Q5_1] = VK_SHADER_##before_##q5_1##after_,                                              \
  [DD_TYPE_Q8_0] = VK_SHADER_##before_##q8_0##after_,                                              \
  [DD_TYPE_Q2_K] = VK_SHADER_##before_##q2_k##after_,                                              \
  [DD_TYPE_Q3_K] = VK_SHADER_##before_##q3_k##after_,                                              \
  [DD_TYPE_Q4_K] = VK_SHADER_##before_##q4_k##after_,                                              \
  [DD_TYPE_Q5_K] = VK_SHADER_##before_##q5_k##after_,                                              \
  [DD_TYPE_Q6_K] = VK_SHADER_##before_##q6_k##after_,                                              \
  [DD_TYPE_IQ4_NL] = VK_SHADER_##before_##iq4_nl##after_,                                          \
  [DD_TYPE_IQ4_XS] = VK_SHADER_##before_##iq4_xs##after_

#define VK_CONSTANTS 24 /* of a pipeline at most */

/* A shader with its constants, compiled before a load ends.  Lives as long as the
 * device.  Constant 0 is the size of the workgroup (x), constant 1 the size of
 * its subgroups, which are full; the rest is the shader's own. */
typedef struct vk_pipeline vk_pipeline;
struct vk_pipeline {
  vk_pipeline *next;
  vk_shader shader;
  uint32_t constants[VK_CONSTANTS];
  int n_constants;
  VkPipeline handle; /* owned; VK_NULL_HANDLE until compiled */
};

/* ---- ways to multiply ------------------------------------------------- */

#define VK_WAY_BYTES 1u /* decode rows: products of bytes; without, plain */
#define VK_WAY_MATRICES 2u /* prompt rows: cooperative matrices; without, … */
#define VK_WAY_TILES 4u /* … tiles of bytes; without, plain */
#define VK_WAY_FLEXIBLE 8u /* prompt rows, in place of MATRICES if asked for: larger ones */
#define VK_WAYS_OF_HALVES (VK_WAY_MATRICES | VK_WAY_FLEXIBLE) /* want their input in f16 */

#define VK_CONTESTANTS 6 /* of vk_choose.c's contests together */
#define VK_CONTEST_COUNTS 2 /* numbers of rows that a contest has at most */

/* What was measured to be fastest for weights of a shape; lies in the cache file. */
typedef struct vk_choice {
  int64_t rows, columns;
  uint32_t type; /* dd_type */
  uint32_t ways; /* VK_WAY_… */
  float seconds[VK_CONTESTANTS][VK_CONTEST_COUNTS]; /* of one product; 0: not measured */
} vk_choice;
#define VK_CHOICES 256

/* ---- memory ------------------------------------------------------------ */

typedef enum vk_home {
  VK_HOME_DEVICE,  /* the device's own */
  VK_HOME_DIRECT,  /* the device's own, which the host writes too; else as STAGING */
  VK_HOME_STAGING, /* the host's: it writes, the device reads */
  VK_HOME_READ,    /* the host's and cached: the device writes, the host reads */
  VK_HOMES
} vk_home;

/* One allocation with one buffer over all of it. */
typedef struct vk_slab {
  uint64_t size;
  VkDeviceMemory memory; /* owned */
  VkBuffer buffer; /* owned */
  VkDeviceAddress address;
  uint8_t *mapped; /* NULL where the host sees nothing */
} vk_slab;

typedef struct vk_place {
  uint32_t slab;
  uint64_t offset;
} vk_place;

/* Memory that is planned, then taken at once, then freed at once. */
typedef struct vk_arena {
  struct vk_device *device; /* borrowed */
  vk_home home;
  vk_slab *slabs; /* owned */
  uint32_t n_slabs, room;
} vk_arena;

/* ---- the device -------------------------------------------------------- */

/* A shape of KHR cooperative matrices, f16 x f16 -> f32 at subgroup scope. */
typedef struct vk_shape {
  uint32_t m, n, k;
} vk_shape;
#define VK_SHAPES 8
/* Rows, outputs and columns of matrices whose size is ours to choose: as large as the room that
 * targets have (VK_PRODUCT_PAD) and a unit of columns (VK_LANE) allow. */
#define VK_FLEXIBLE_SIDE 32

typedef struct vk_features {
  bool dot; /* 4 x 8 bit dot products in hardware; without, use plain arithmetic */
  int n_shapes; /* 0: no cooperative matrices */
  vk_shape shapes[VK_SHAPES];
  bool flexible; /* VK_FLEXIBLE_SIDE is a size too */
  uint32_t subgroup_min, subgroup_max;
  uint32_t subgroup; /* the one to use where any will do */
  uint32_t narrow; /* the one for programs with many numbers to a lane */
  uint32_t shared_bytes; /* of a workgroup */
  uint32_t workgroup; /* invocations of a workgroup at most */
  bool uma; /* device memory is main memory */
} vk_features;

typedef struct vk_candidate {
  VkPhysicalDevice physical;
  dd_vulkan_info info;
  vk_features features;
  VkPhysicalDeviceMemoryProperties memory;
  uint64_t most_allocation; /* bytes of one */
  uint32_t family; /* of the queue */
  bool budget; /* VK_EXT_memory_budget */
  uint32_t driver; /* VkDriverId */
  uint8_t cache_key[32]; /* of the driver: pipeline cache UUID, vendor, device, version */
} vk_candidate;

struct dd_vulkan {
  void *library;
  PFN_vkGetInstanceProcAddr get;
  VkInstance instance;
  vk_instance_functions fn;
  dd_vulkan_options options; /* strings owned */
  vk_candidate candidates[DD_VULKAN_DEVICES];
  int n_candidates;
};

typedef struct vk_loaded vk_loaded;
typedef struct vk_work vk_work;
typedef struct vk_entry vk_entry;

/* Steps that were submitted together. */
typedef struct vk_chunk {
  uint64_t value; /* of the timeline when it is done */
  double cost;
  double start; /* seconds */
} vk_chunk;
#define VK_CHUNKS 32

typedef struct vk_device {
  dd_device base;
  dd_vulkan *vulkan; /* borrowed */
  const vk_candidate *about; /* borrowed, in `vulkan` */
  vk_features features; /* less what the options take away */
  VkDevice handle;
  vk_device_functions fn;
  VkQueue queue;
  pthread_mutex_t queue_lock; /* of submitting: load may run beside */
  VkPipelineLayout layout;
  int homes[VK_HOMES]; /* memory types */
  bool direct; /* VK_HOME_DIRECT is the device's own memory */
  atomic_uint_fast64_t bytes; /* allocated */
  atomic_bool lost;

  /* Pipelines. */
  pthread_mutex_t pipelines_lock;
  vk_pipeline *pipelines; /* owned */
  VkPipelineCache cache;
  vk_choice *choices; /* owned, NULL or [VK_CHOICES] */
  int n_choices;
  bool new_pipelines; /* or choices, since the cache was read */

  /* The queue of submissions: vk_submit.c. */
  VkSemaphore timeline;
  uint64_t submitted; /* the timeline's value when all that was submitted is done */
  vk_entry *oldest; /* not wholly submitted, in order */
  vk_chunk chunks[VK_CHUNKS]; /* on their way, the oldest first */
  int n_chunks;
  double chunk_end; /* when the last one was seen to be done */
  double speed; /* cost per second, measured */
} vk_device;

/* Processors that pose as graphics cards load lane by lane, and have short subgroups. */
static inline bool
vk_loads_one_by_one (const vk_features *features)
{
  return features->subgroup < 16;
}

/* Where weights, pages and activations live: with memory shared by host and
 * device, where both reach them, and nothing is staged. */
static inline vk_home
vk_home_of (const vk_device *device)
{
  return device->direct && device->features.uma ? VK_HOME_DIRECT : VK_HOME_DEVICE;
}

/* ---- a loaded range ---------------------------------------------------- */

/* A matrix on the device, its rows in order.  For types whose block is no multiple
 * of 4 bytes the f16 `d` of every block is taken out: a row of `body` is the
 * blocks without it (Q6_K and Q3_K have it last, the others first), a row of
 * `scales` is the blocks' d.  Rows begin at multiples of VK_ROW_ALIGN. */
typedef struct vk_weight {
  dd_type type;
  int64_t rows, columns;
  VkDeviceAddress body;
  VkDeviceAddress scales; /* 0: the type is not split */
  unsigned ways; /* VK_WAY_…: how it is multiplied */
  uint32_t row_bytes; /* from row to row of the body */
  uint32_t scale_bytes; /* from row to row of the scales */
  vk_place place; /* of the body; scales follow at a multiple of 16 */
} vk_weight;

#define VK_STEP_PIPELINES 20
#define VK_PRODUCT_SIZES 3

/* How prompt rows are multiplied with a weight: vk_product.c. */
typedef struct vk_product {
  unsigned way; /* VK_WAY_MATRICES, VK_WAY_FLEXIBLE, VK_WAY_TILES or 0 */
  const vk_pipeline *pipelines[VK_PRODUCT_SIZES];
} vk_product;

typedef struct vk_step {
  const dd_step *step;
  size_t number; /* counted from the loaded's first */
  vk_weight weights[3]; /* as dd_step_weights gives them */
  int n_weights;
  /* Vectors of floats on the device; 0: there is none. */
  VkDeviceAddress norm; /* QKV, GATE, HEAD */
  VkDeviceAddress bias[3]; /* QKV: q, k, v; PROJECT: [0] */
  VkDeviceAddress head_norm[2]; /* QKV: q, k */
  VkDeviceAddress post_norm; /* PROJECT */
  int turns; /* QKV: which rotation of the batch, -1: none */
  uint64_t keys, values; /* QKV, ATTEND: bytes from a page's start */
  /* What vk_few_prepare and the others found for this step; theirs alone. */
  const vk_pipeline *embed;
  const vk_pipeline *few[VK_STEP_PIPELINES];
  struct {
    vk_product products[3]; /* as `weights` */
    const vk_pipeline *norm, *finish;
  } many;
  const vk_pipeline *attend[VK_STEP_PIPELINES];
} vk_step;

/* What decides the memory of a work; filled by the …_needs functions. */
typedef struct vk_needs {
  bool q8[DD_BUFFERS]; /* rows of the buffer are packed to 8 bits */
  bool f16[DD_BUFFERS];
  int64_t columns[DD_BUFFERS]; /* longest packed row */
  bool logits;
} vk_needs;

struct vk_loaded {
  dd_loaded base;
  vk_device *device; /* borrowed */
  const dd_plan *plan; /* borrowed */
  size_t first, count;
  dd_cache_type cache;
  vk_step *steps; /* owned, [count] */
  const dd_rope **ropes; /* owned, [n_ropes], different rotations */
  int n_ropes;
  int64_t turn_stride; /* floats per row and rotation */
  int64_t stride[DD_BUFFERS]; /* floats from row to row; 0: the buffer is not used */
  int64_t logits_stride;
  vk_needs needs;
  vk_arena weights;
  vk_place vectors; /* all vectors of floats, in `weights` */
  uint64_t vector_bytes;
  uint64_t page_bytes;
  uint64_t pages_per_slab;
  vk_arena pages; /* a slab at a time */
  uint32_t n_pages;
  const vk_pipeline *pick, *pack_q8, *pack_f16;
};

static inline VkDeviceAddress
vk_page_address (const vk_loaded *loaded, uint32_t page)
{
  return loaded->pages.slabs[page / loaded->pages_per_slab].address
         + page % loaded->pages_per_slab * loaded->page_bytes;
}

/* ---- a work ------------------------------------------------------------ */

/* The packed forms of a buffer, indexed by the row of the batch (for HEAD: by the
 * row of logits).  Columns are needs.columns rounded up to VK_LANE. */
typedef struct vk_packed {
  VkDeviceAddress q8; /* int8 [row][columns], four to a word */
  VkDeviceAddress
      q8_factors; /* uvec2 [row][columns / 32]: f32 bits of d; sums of the halves, int16 */
  VkDeviceAddress f16; /* half [row][columns] */
  VkDeviceAddress f16_factors; /* float [row] */
  VkDeviceAddress squares; /* float [row][columns / 32] */
} vk_packed;

/* Where a submission's description of its batch lies. */
typedef struct vk_batch {
  VkDeviceAddress rows; /* struct vk_row [n_rows] */
  VkDeviceAddress pages; /* ADDRESS: of each page of each sequence; vk_row.pages counts these */
  VkDeviceAddress map; /* U32 [n_logits]: the row that asked */
  VkDeviceAddress tiles; /* struct vk_tile [n_tiles], of prompt rows */
  VkDeviceAddress
      turns; /* float [rotation][n_rows][turn_stride]: cosine, sine of each pair in turn,
                            times the magnitude */
} vk_batch;

/* ---- recording --------------------------------------------------------- */

typedef struct vk_recorder {
  vk_device *device;
  vk_loaded *loaded;
  vk_work *work;
  VkCommandBuffer commands;
  vk_batch batch;
  int n_prompt, n_decode, n_rows, n_logits, n_tiles;
  int32_t last_prompt, last_decode; /* largest position of the rows of a kind, -1: none */
  VkDeviceAddress picks; /* what negative tokens point to */
  const vk_pipeline *bound; /* the last one */
  /* Whose q8 holds the decode rows as the next step wants them: the step, or NULL. */
  const vk_step *packed[DD_BUFFERS];
  bool dirty; /* something was written since the last stage */
  int dispatches, stages; /* so far */
} vk_recorder;

/* Records one dispatch.  What it writes is seen after the next vk_stage. */
void vk_dispatch (vk_recorder *recorder,
                  const vk_pipeline *pipeline,
                  const void *push,
                  size_t size,
                  uint32_t x,
                  uint32_t y,
                  uint32_t z);
/* Ends a stage: what follows sees what came before. */
void vk_stage (vk_recorder *recorder);

/* ---- vk_loader.c, vk_list.c, vk_device.c ------------------------------- */

bool vk_loader_open (dd_vulkan *vulkan, dd_error *error);
void vk_loader_close (dd_vulkan *vulkan);
bool vk_loader_device (vk_device *device, dd_error *error);
bool vk_list (dd_vulkan *vulkan, dd_error *error);
/* Words a failed call; notes a lost device. */
bool vk_failed (vk_device *device, VkResult result, const char *what, dd_error *error);
/* Submits under the lock. */
VkResult vk_queue_submit (vk_device *device, const VkSubmitInfo2 *submit);

/* ---- vk_memory.c ------------------------------------------------------- */

/* The types of memory that our buffers may have, a mask: the same for all of them, as they
 * differ in nothing but their size. */
bool vk_buffer_types (vk_device *device, uint32_t *out, dd_error *error);
/* Whether the device holds so many bytes in one allocation. */
bool vk_check_piece (const vk_device *device, uint64_t size, dd_error *error);
/* Plans `size` bytes at a multiple of 256. */
bool vk_arena_add (vk_arena *arena, uint64_t size, vk_place *out, dd_error *error);
uint64_t vk_arena_bytes (const vk_arena *arena);
/* Takes the memory of every slab that has none yet. */
bool vk_arena_open (vk_arena *arena, dd_error *error);
void vk_arena_close (vk_arena *arena);
VkDeviceAddress vk_address (const vk_arena *arena, vk_place place);
uint8_t *vk_mapped (const vk_arena *arena, vk_place place);
/* Opens or closes one slab by hand. */
bool vk_slab_open (vk_device *device, vk_home home, vk_slab *slab, dd_error *error);
void vk_slab_close (vk_device *device, vk_slab *slab);

/* ---- vk_pipelines.c ---------------------------------------------------- */

/* Asks for a pipeline; the same asked again is the same.  Any thread. */
bool vk_pipeline_get (vk_device *device,
                      vk_shader shader,
                      const uint32_t *constants,
                      int n,
                      const vk_pipeline **out,
                      dd_error *error);
/* Compiles all that were asked for, by several threads. */
bool vk_pipelines_compile (vk_device *device, dd_error *error);
bool vk_pipelines_init (vk_device *device, dd_error *error);
/* Of all SPIR-V. */
uint64_t vk_shaders_hash (void);
/* The choices of a sound cache file, without opening the device; returns how many. */
int vk_choices_read (dd_vulkan *vulkan, int i, vk_choice *out);
/* Writes the cache file if there is something new, and frees everything. */
void vk_pipelines_clear (vk_device *device);

/* ---- vk_choose.c ------------------------------------------------------- */

/* The ways to multiply a weight of the plan: as measured, or the device's usual. */
unsigned vk_ways_of (vk_device *device, const dd_weight *weight);
/* Those that vk_ways_of may name once all has been measured; what another load measures meanwhile
 * may leave fewer than it named before. */
unsigned vk_ways_ahead (vk_device *device, const dd_weight *weight);
/* Measures what has not been of the weights to be loaded, where there is a place to keep it. */
bool vk_choose (vk_device *device, const dd_request *request, dd_error *error);

/* ---- vk_describe.c, vk_load.c ------------------------------------------ */

bool vk_describe (vk_device *device, const dd_request *request, vk_loaded **out, dd_error *error);
void vk_loaded_free (vk_loaded *loaded);
bool vk_measure (dd_device *device, const dd_request *request, dd_measured *out, dd_error *error);
bool vk_load (dd_device *device, const dd_request *request, dd_loaded **out, dd_error *error);
void vk_unload (dd_loaded *loaded);

/* ---- vk_steps.c -------------------------------------------------------- */

typedef enum vk_form {
  VK_FORM_Q8,
  VK_FORM_F16,
} vk_form;

/* Packs rows [first, first + count) of a buffer, times `norm` where it is not 0,
 * with their squares.  `asked`: the rows are those that ask for logits, numbered
 * as such. */
void vk_pack (vk_recorder *recorder,
              vk_form form,
              dd_buffer buffer,
              int64_t columns,
              VkDeviceAddress norm,
              bool asked,
              int first,
              int count);
bool vk_steps_prepare (vk_loaded *loaded, dd_error *error);
void vk_step_record (vk_recorder *recorder, size_t number);
/* What a step costs for a submission's rows, in bytes of weights read, about. */
double vk_step_cost (const vk_loaded *loaded, const vk_step *step, const vk_entry *entry);

/* ---- the groups of kernels ---------------------------------------------
 * Each has: what its steps need of a work's packed planes (…_needs, also in a dry
 * run, so no memory and no pipelines), if anything; bytes of scratch for a work (…_scratch;
 * the address is work->scratch[group]); its pipelines, asked for with
 * vk_pipeline_get (…_prepare); and the recording of a step.  A recorder may
 * begin at any step: only X, Q, O, H and the cache hold what came before. */

/* Decode rows [n_prompt, n_rows) of QKV, PROJECT and GATE in groups of VK_FEW;
 * all rows that ask for logits of HEAD, whichever their kind. */
void vk_few_needs (vk_loaded *loaded, vk_step *step);
uint64_t vk_few_scratch (const vk_loaded *loaded, int rows);
bool vk_few_prepare (vk_loaded *loaded, vk_step *step, dd_error *error);
void vk_few_record (vk_recorder *recorder, const vk_step *step);
/* The pipeline that ends no step, for 1 << `size` rows. */
bool vk_few_pipeline (vk_device *device,
                      dd_type type,
                      bool bytes,
                      int size,
                      const vk_pipeline **out,
                      dd_error *error);
void vk_few_dispatch (vk_recorder *recorder,
                      const vk_pipeline *pipeline,
                      const struct vk_push_few *push);
/* Where a step that makes `columns` packs its decode rows for the one after it, which
 * then does not; NULL: that does not want it so.  To be asked when the step is recorded. */
const vk_packed *vk_few_packs (vk_recorder *recorder, const vk_step *step, int64_t columns);

/* Prompt rows [0, n_prompt) of QKV, PROJECT and GATE. */
void vk_many_needs (vk_loaded *loaded, vk_step *step);
uint64_t vk_many_scratch (const vk_loaded *loaded, int rows);
bool vk_many_prepare (vk_loaded *loaded, vk_step *step, dd_error *error);
void vk_many_record (vk_recorder *recorder, const vk_step *step);

/* vk_product.c: the ways of prompt rows that the device has for a type. */
unsigned vk_product_ways (const vk_device *device, dd_type type);
/* `normed`: the plain way multiplies the input with a vector. */
bool vk_product_prepare (vk_device *device,
                         dd_type type,
                         unsigned way,
                         bool normed,
                         vk_product *out,
                         dd_error *error);
/* The target needs room for rows and outputs rounded up to this. */
#define VK_PRODUCT_PAD 32
void vk_product_record (vk_recorder *recorder,
                        const vk_product *product,
                        const struct vk_push_many *push);

/* vk_finish.c: products of a step in scratch memory, one after the other in a row. */
typedef struct vk_products {
  VkDeviceAddress y; /* float [row of the batch][stride] */
  VkDeviceAddress factors; /* float [row]: still to be multiplied with; 0: all are 1 */
  uint32_t at[3]; /* where each weight's product begins in a row */
  uint32_t stride;
} vk_products;
/* How they lie; the addresses are still 0. */
vk_products vk_products_of (const dd_step *step);
/* Of the norm of the step's input; 0: it has none. */
float vk_norm_eps (const dd_step *step);
bool vk_finish_prepare (vk_loaded *loaded,
                        const dd_step *step,
                        const vk_pipeline **out,
                        dd_error *error);
/* Ends the step for `count` rows of the batch from `first` on. */
void vk_finish_record (vk_recorder *recorder,
                       const vk_step *step,
                       const vk_pipeline *pipeline,
                       const vk_products *products,
                       int first,
                       int count);
/* The rotations of the batch's rows; 0: the step has none. */
VkDeviceAddress vk_turns_of (const vk_recorder *recorder, const vk_step *step);

/* ATTEND, all rows; Q to O. */
uint64_t vk_attend_scratch (const vk_loaded *loaded, int rows);
bool vk_attend_prepare (vk_loaded *loaded, vk_step *step, dd_error *error);
void vk_attend_record (vk_recorder *recorder, const vk_step *step);

typedef enum vk_group { VK_GROUP_FEW, VK_GROUP_MANY, VK_GROUP_ATTEND, VK_GROUPS } vk_group;

/* ---- vk_work.c, vk_submit.c, vk_pages.c -------------------------------- */

#define VK_COMMANDS 8 /* command buffers of a work, in turn */

/* One ticket's description of its batch, written by the host; where the device
 * cannot read that well, copied to `device` first. */
typedef struct vk_slot {
  vk_arena host, own; /* `own` is empty where the device reads `host` */
  vk_place place;
  uint64_t offsets[5]; /* rows, pages, map, tiles, turns */
  uint64_t page_room; /* entries */
} vk_slot;

/* A submission that is not wholly on its way yet, or not done. */
struct vk_entry {
  vk_entry *next;
  vk_work *work; /* NULL: the entry is free */
  dd_ticket ticket;
  vk_slot *slot;
  size_t next_step, end; /* counted from the loaded's first */
  int n_prompt, n_decode, n_logits, n_tiles;
  int32_t last_prompt, last_decode;
  VkDeviceAddress picks;
  const vk_work *source; /* whose picks these are, or NULL */
  bool copied; /* the slot has been brought to the device */
  uint64_t value; /* of the timeline when all that was submitted of it is done */
  VkResult result; /* of submitting */
};

struct vk_work {
  dd_work base;
  vk_loaded *loaded; /* borrowed */
  int rows, logit_rows;
  atomic_bool cancelled;
  bool dropped; /* its tickets were cancelled inside another work's wait */
  vk_arena memory, read;
  VkDeviceAddress buffers[DD_BUFFERS]; /* floats [row][loaded->stride] */
  vk_packed packed[DD_BUFFERS];
  VkDeviceAddress logits; /* floats [logit row][loaded->logits_stride] */
  VkDeviceAddress picks; /* I32 [logit row] */
  VkDeviceAddress scratch[VK_GROUPS];
  vk_place places[DD_BUFFERS], logits_place, read_logits, transfer;
  vk_place others[DD_BUFFERS][5], picks_place, scratch_places[VK_GROUPS];
  VkCommandPool pool;
  VkCommandBuffer commands[VK_COMMANDS];
  uint64_t values[VK_COMMANDS]; /* of the timeline when that buffer is free again */
  int next_commands;
  vk_slot slots[DD_TICKETS];
  vk_entry entries[DD_TICKETS];
};
