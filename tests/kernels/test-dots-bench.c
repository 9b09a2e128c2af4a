/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Speed of the decode products: two threads, weights that no cache holds, and
 * beside them a plain read of the same memory, because machines change speed
 * while one measures.
 */
#include "test-dots.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "quant/random.h"

#define COLUMNS 4096
#define WEIGHT_BYTES (INT64_C (512) << 20)
#define PIECE_BYTES (96 << 10)
#define RUNS 9
#define KINDS 6 /* plain read, and these many vectors: */

static const int counts[KINDS] = { 0, 1, 2, 4, 8, 16 };

typedef struct bench_work {
  const dd_dots *dots;
  const uint8_t *weights;
  uint64_t row_bytes;
  int64_t rows, piece;
  dd_vectors vectors; /* count 0: read only */
  float *out;         /* [16][rows] */
  double seconds[2];
  _Atomic uint64_t sum;
  _Atomic int64_t next;
} bench_work;

typedef struct bench_thread {
  bench_work *work;
  int number;
} bench_thread;

/* Processor time of the calling thread: others may want the machine as well. */
static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

typedef uint64_t lanes __attribute__ ((vector_size (64), aligned (1), may_alias));

static uint64_t
read_all (const uint8_t *bytes, int64_t size)
{
  lanes sums[4] = { 0 };
  uint64_t sum = 0;

  for (int64_t i = 0; i + 256 <= size; i += 256) {
    for (int j = 0; j < 4; j++)
      sums[j] += *(const lanes *) (bytes + i + 64 * j);
  }
  for (int i = 0; i < 8; i++)
    sum += sums[0][i] + sums[1][i] + sums[2][i] + sums[3][i];
  return sum;
}

static void *
bench_thread_main (void *data)
{
  bench_thread *self = data;
  bench_work *work = self->work;
  double start = now ();
  int64_t first;

  while ((first = atomic_fetch_add (&work->next, work->piece)) < work->rows) {
    int64_t here = work->rows - first < work->piece ? work->rows - first : work->piece;
    const uint8_t *weights = work->weights + (uint64_t) first * work->row_bytes;

    if (work->vectors.count == 0)
      atomic_fetch_add (&work->sum, read_all (weights, here * (int64_t) work->row_bytes));
    else
      work->dots->dots (weights, work->row_bytes, here, &work->vectors, work->out + first,
                        work->rows);
  }
  self->work->seconds[self->number] = now () - start;
  return NULL;
}

/* GB/s of weights, as if both threads had had a processor each. */
static double
measure (bench_work *work)
{
  bench_thread both[2] = { { work, 0 }, { work, 1 } };
  pthread_t other;

  work->next = 0;
  if (pthread_create (&other, NULL, bench_thread_main, &both[1]) != 0)
    abort ();
  bench_thread_main (&both[0]);
  pthread_join (other, NULL);
  return (double) work->rows * (double) work->row_bytes * 2e-9
         / (work->seconds[0] + work->seconds[1]);
}

static int
by_value (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
median (double values[RUNS])
{
  qsort (values, RUNS, sizeof values[0], by_value);
  return values[RUNS / 2];
}

static void
bench_type (dd_cpu_isa isa, dd_type type, uint8_t *weights, float *x)
{
  double speeds[KINDS][RUNS], shares[KINDS][RUNS];
  dd_quantise_fn quantise = dd_quantise_get (isa);
  random_dice dice = { 1 };
  bench_work work = { .dots = dd_dots_get (isa, type), .weights = weights };
  void *groups = dd_alloc (DD_TAG_BASE,
                           dd_vectors_bytes (work.dots->form, COLUMNS, DD_VECTORS) + 64);
  dd_vectors vectors;

  work.row_bytes = dd_type_row_bytes (type, COLUMNS);
  work.rows = WEIGHT_BYTES / (int64_t) work.row_bytes;
  work.piece = PIECE_BYTES / (int64_t) work.row_bytes;
  work.out = dd_alloc_array (DD_TAG_BASE, (size_t) work.rows, DD_VECTORS * sizeof (float));
  random_weights (&dice, type, 0.02f, false, weights, 64 * COLUMNS);
  for (int64_t r = 64; r < work.rows; r++)
    memcpy (weights + (uint64_t) r * work.row_bytes, weights + (uint64_t) (r % 64) * work.row_bytes,
            work.row_bytes);
  dd_vectors_layout (&vectors, work.dots->form, COLUMNS, DD_VECTORS, groups);
  vectors.x = x;
  vectors.x_stride = COLUMNS;
  for (int c = 0; c < DD_VECTORS && vectors.form != DD_FORM_F32; c++)
    quantise (x + c * COLUMNS, &vectors, c, 0, COLUMNS);
  for (int run = -1; run < RUNS; run++) {
    for (int kind = 0; kind < KINDS; kind++) {
      double speed;

      work.vectors = vectors;
      work.vectors.count = counts[kind];
      speed = measure (&work);
      if (run < 0)
        continue;
      speeds[kind][run] = speed;
      shares[kind][run] = speeds[kind == 0 ? 0 : kind == 1 ? 0 : 1][run] / speed;
    }
  }
  printf ("%-8s %-7s read %5.1f one %5.1f GB/s, %4.2f of reads; times one:", dd_cpu_isa_name (isa),
          dd_type_get (type)->name, median (speeds[0]), median (speeds[1]), 1 / median (shares[1]));
  for (int kind = 2; kind < KINDS; kind++)
    printf (" %d %4.2f", counts[kind], median (shares[kind]));
  printf ("\n");
  fflush (stdout);
  dd_free (work.out);
  dd_free (groups);
}

void
dots_bench (dd_cpu_isa isa, const char *only)
{
  uint8_t *weights = dd_alloc (DD_TAG_BASE, (size_t) WEIGHT_BYTES);
  float *x = dd_alloc_array (DD_TAG_BASE, DD_VECTORS * COLUMNS, sizeof (float));
  random_dice dice = { 2 };

  for (int i = 0; i < DD_VECTORS * COLUMNS; i++)
    x[i] = dice_normal (&dice);
  for (int i = 0; i < RANDOM_TYPES; i++) {
    if (!only || strcmp (only, dd_type_get (random_types[i])->name) == 0)
      bench_type (isa, random_types[i], weights, x);
  }
  dd_free (x);
  dd_free (weights);
}
