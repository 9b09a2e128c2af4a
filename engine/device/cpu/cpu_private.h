/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inside of the CPU device: what its files share.
 *
 *   cpu.c           the device, loading, measuring
 *   cpu_isa.c       which instruction sets this machine has
 *   cpu_ahead.c     weights brought into memory before they are used
 *   cpu_layout.c    tables of a loaded range, memory of a work: sizes and places
 *   cpu_pages.c     the pool of pages
 *   cpu_work.c      works, submissions, waiting, cancelling
 *   cpu_steps.c     one submission from step to step; EMBED, HEAD
 *   cpu_products.c  QKV, PROJECT, GATE
 *   cpu_attend.c    ATTEND
 *   cpu_fetch.c     what is asked of logits
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "device/cpu/dots.h"
#include "device/cpu/gemm.h"
#include "device/cpu/vec.h"

#define CPU_MAX_ROWS 512
#define CPU_PRIVATE 2 /* decode rows that every thread prepares for itself, which saves a barrier */
#define CPU_RANGES 32 /* at most so many parts of a decode row's positions … */
#define CPU_RANGE_MIN 256 /* … each of at least so many */
#define CPU_BLOCK_LANES 128 /* queries of a block in prompt attention, about */
#define CPU_DECODE_ROWS 256 /* weight rows that decode takes at a time, at most */

typedef struct cpu_device {
  dd_device base;
  dd_pool *pool; /* owned */
  dd_cpu_isa isa;
  const dd_vec *vec;
  dd_quantise_fn quantise;
  char name[96];
} cpu_device;

/* A weight with its kernels. */
typedef struct cpu_product {
  const uint8_t *data;
  uint64_t row_bytes;
  int64_t rows, columns;
  const dd_dots *dots;
  const dd_gemm *gemm;
} cpu_product;

/* Where a layer's keys and values lie in a page: for each, one key-value head
 * after the other, DD_PAGE_TOKENS rows of `stride` elements each. */
typedef struct cpu_layer {
  uint64_t keys, values; /* bytes from the page's start */
  uint64_t head_bytes;
  int64_t stride; /* elements: head_dim padded; 0: the layer is not here */
  int kv_heads, head_dim;
} cpu_layer;

typedef struct cpu_step {
  const dd_step *step;
  cpu_product products[3];
  int n_products;
  unsigned forms; /* of activations its products want: 1 << dd_form */
  unsigned packs; /* 1 << pack form */
  int turns; /* which of the loaded's rotations, -1: none */
} cpu_step;

/* Everything of a loaded range that decides the size of a work. */
typedef struct cpu_needs {
  int64_t stride[DD_BUFFERS]; /* floats per row; 0: the buffer is not used */
  int64_t normed_stride;
  int64_t form_columns[DD_FORMS]; /* the longest vector of each form, 0: none */
  int64_t logits_stride;
  int64_t turn_stride; /* floats per row and rotation */
  int64_t prompt_staging; /* floats per row */
  int64_t decode_staging; /* floats */
  uint64_t gemm_scratch; /* bytes */
  int64_t attend_scratch; /* floats */
  int64_t part_stride; /* floats of one head's part of a decode row */
  int heads, kv_heads; /* most heads, fewest key-value heads; 0: no attention */
  int block_rows; /* rows of a block in prompt attention */
} cpu_needs;

/* The thread of cpu_ahead.c. */
typedef struct cpu_ahead {
  pthread_t thread;
  bool runs; /* or has run */
  atomic_bool ended; /* wanted */
} cpu_ahead;

typedef struct cpu_entry cpu_entry;

typedef struct cpu_loaded {
  dd_loaded base;
  cpu_device *device; /* borrowed */
  const dd_plan *plan; /* borrowed */
  size_t first, count;
  dd_cache_type cache;
  cpu_step *steps; /* owned, [count] */
  cpu_layer *layers; /* owned, [plan->n_layers] */
  const dd_rope **ropes; /* owned, [n_ropes], different rotations */
  int n_ropes;
  cpu_needs needs;
  uint64_t page_bytes;
  uint8_t **pages; /* owned, [n_pages], each owned */
  uint32_t n_pages;
  uint32_t pages_room;
  cpu_ahead ahead;
  cpu_entry *oldest; /* submissions that have not run, in order */
} cpu_loaded;

/* The tokens with the largest logits of a work's last HEAD.  Counted, because a
 * submission of another work may outlive the work it picks from. */
typedef struct cpu_picks {
  int users;
  dd_token tokens[];
} cpu_picks;

typedef struct cpu_work cpu_work;

struct cpu_entry {
  cpu_entry *next;
  cpu_work *work; /* NULL: the entry is free */
  dd_ticket ticket;
  dd_batch batch;
  size_t first, count;
  cpu_picks *picks; /* counted; NULL: no row is picked */
};

/* Rows of one sequence that prompt attention takes together. */
typedef struct cpu_block {
  int first, count;
} cpu_block;

/* What one thread has for itself. */
typedef struct cpu_area {
  float *normed; /* [CPU_PRIVATE][normed_stride] */
  void *forms[DD_FORMS]; /* CPU_PRIVATE vectors */
  float *staging;
  void *scratch; /* of the prompt products */
  float *attend;
} cpu_area;

struct cpu_work {
  dd_work base;
  cpu_loaded *loaded; /* borrowed */
  int rows, logit_rows;
  atomic_bool cancelled;
  bool dropped; /* its tickets were cancelled inside another work's wait */
  cpu_entry entries[DD_TICKETS];
  cpu_picks *picks; /* counted */
  void *memory; /* owned; all below lies in it */
  float *buffers[DD_BUFFERS];
  float *normed; /* [rows][normed_stride] */
  void *packed[DD_PACKS];
  void *forms[DD_FORMS]; /* DD_VECTORS vectors */
  float *logits; /* [logit_rows][logits_stride] */
  int *logit_index; /* rows of the batch that ask for logits */
  float *turns; /* [n_ropes][rows][turn_stride] */
  int32_t *turn_positions; /* [rows] whose turns are there, -1: none */
  cpu_block *blocks; /* [rows] */
  float *parts; /* [split rows][heads][CPU_RANGES][part_stride] */
  int split_rows; /* decode rows whose positions may be shared among threads */
  cpu_area *areas; /* [threads] */
};

/* One submission under way. */
typedef struct cpu_run {
  cpu_device *device;
  const dd_vec *vec;
  cpu_loaded *loaded;
  cpu_work *work;
  const dd_batch *batch;
  const dd_token *picks;
  size_t first, count; /* counted from the loaded's first */
  int n_prompt, n_decode, n_rows;
  int n_blocks;
  int n_logits;
  bool turn; /* some row's turns are missing */
} cpu_run;

static inline int64_t
cpu_round_up (int64_t n, int64_t to)
{
  return (n + to - 1) / to * to;
}

/* cpu_isa.c */
void cpu_name (char *out, size_t size);
void cpu_memory (uint64_t *total, uint64_t *available);

/* cpu_ahead.c */
/* Begins to read the weights, so many bytes, of a range that is to be used. */
void cpu_ahead_start (cpu_loaded *loaded, uint64_t bytes);
/* Ends that, also where it never began. */
void cpu_ahead_end (cpu_loaded *loaded);

/* cpu_layout.c */
bool cpu_describe (cpu_device *device,
                   const dd_request *request,
                   cpu_loaded **out,
                   dd_error *error);
void cpu_loaded_free (cpu_loaded *loaded);
uint64_t cpu_loaded_bytes (const cpu_loaded *loaded);
/* Places all arrays of a work of `rows` and `logit_rows` in `memory`, or with
 * NULL nowhere; returns the bytes. */
uint64_t cpu_place (cpu_work *work, uint8_t *memory);
uint64_t cpu_work_bytes (cpu_loaded *loaded, int rows, int logit_rows);
uint64_t cpu_picks_bytes (int logit_rows);

/* cpu_pages.c */
bool cpu_pages_resize (dd_loaded *loaded, uint32_t count, dd_error *error);
bool cpu_pages_copy (dd_loaded *loaded, uint32_t from, uint32_t to, int tokens, dd_error *error);
bool cpu_cache_get (dd_loaded *loaded,
                    int layer,
                    uint32_t page,
                    int slot,
                    float *keys,
                    float *values,
                    dd_error *error);
bool cpu_cache_put (dd_loaded *loaded,
                    int layer,
                    uint32_t page,
                    int slot,
                    const float *keys,
                    const float *values,
                    dd_error *error);
uint64_t cpu_cache_bytes (const cpu_loaded *loaded, int64_t tokens);
/* Stores head_dim floats as the keys (or values) of a head at a row's position. */
void cpu_store_head (const cpu_run *run,
                     const cpu_layer *layer,
                     const dd_row *row,
                     bool values,
                     int head,
                     const float *x);
/* A head's keys or values on the page that holds `position` of the row's sequence. */
dd_vec_page cpu_head_page (const cpu_run *run,
                           const cpu_layer *layer,
                           const dd_row *row,
                           int64_t position,
                           bool values,
                           int head);

/* cpu_work.c */
bool cpu_work_new (dd_loaded *loaded, int rows, int logit_rows, dd_work **out, dd_error *error);
void cpu_work_free (dd_work *work);
bool cpu_submit (dd_work *work,
                 const dd_batch *batch,
                 size_t first,
                 size_t count,
                 dd_ticket *out,
                 dd_error *error);
bool cpu_wait (dd_work *work, dd_ticket ticket, dd_error *error);
void cpu_cancel (dd_work *work);
bool cpu_put (dd_work *work, int rows, dd_buffer buffer, const float *values, dd_error *error);
bool cpu_get (dd_work *work, int rows, dd_buffer buffer, float *values, dd_error *error);

/* cpu_fetch.c */
bool cpu_fetch (dd_work *work, const dd_fetch *fetch, dd_error *error);
dd_token cpu_pick (const dd_vec *vec, const float *logits, int64_t n);

/* Every function from here on runs on all threads at once and ends with all of
 * them past a barrier. */

/* cpu_steps.c */
void cpu_run_steps (void *run, int thread);

/* cpu_products.c */
void cpu_qkv (cpu_run *run, const cpu_step *self, int thread);
void cpu_project (cpu_run *run, const cpu_step *self, int thread);
void cpu_gate (cpu_run *run, const cpu_step *self, int thread);
void cpu_head (cpu_run *run, const cpu_step *self, int thread);

/* cpu_attend.c */
void cpu_attend (cpu_run *run, const cpu_step *self, int thread);

/* Shared by them. */
static inline bool
cpu_cancelled (const cpu_run *run)
{
  return atomic_load_explicit (&run->work->cancelled, memory_order_relaxed);
}

/* dd_pool_take that has nothing more to give once the work is cancelled: threads
 * then walk through what is left from barrier to barrier. */
static inline bool
cpu_take (const cpu_run *run, int64_t total, int64_t grain, int64_t *first, int64_t *last)
{
  return !cpu_cancelled (run) && dd_pool_take (run->device->pool, total, grain, first, last);
}

static inline void
cpu_meet (const cpu_run *run)
{
  dd_pool_barrier (run->device->pool);
}

static inline float *
cpu_row (const cpu_run *run, dd_buffer buffer, int64_t row)
{
  return run->work->buffers[buffer] + row * run->loaded->needs.stride[buffer];
}
