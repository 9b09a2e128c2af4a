/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Speed of the prompt products: two threads, weights that no cache holds, and
 * beside every figure the family's int8 peak of the same moment, because
 * machines change speed while one measures.
 */
#include "test-gemm.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "quant/random.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define COLUMNS 4096
#define WEIGHT_BYTES (96 << 20)
#define RUNS 5

typedef struct bench_work {
  const dd_gemm *gemm;
  dd_type type;
  dd_cpu_isa isa;
  int64_t first, rows, count;
  const uint8_t *weights;
  const void *packed;
  float *out; /* [count][rows] */
  bool peak;  /* measure the multiplier instead */
  double seconds[2], products[2]; /* of each thread */
  _Atomic int64_t next;
} bench_work;

/* Processor time of the calling thread: others may want the machine as well. */
static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

/* Twelve independent sums a round keep every multiplier busy. */
#define PEAK_ROUNDS 4000000

#if defined(__x86_64__)
#define TWELVE(do_)                                                                                \
  do_ (0) do_ (1) do_ (2) do_ (3) do_ (4) do_ (5) do_ (6) do_ (7) do_ (8) do_ (9) do_ (10) do_ (11)
#define SUMS(how_)                                                                                 \
  how_ (s[0]), how_ (s[1]), how_ (s[2]), how_ (s[3]), how_ (s[4]), how_ (s[5]), how_ (s[6]),       \
      how_ (s[7]), how_ (s[8]), how_ (s[9]), how_ (s[10]), how_ (s[11])

/* All of a round in one statement, or compilers store the sums in between. */
#define PEAK(name_, target_, vector_, step_, kept_)                                                \
  __attribute__ ((target (target_))) static void name_ (void)                                      \
  {                                                                                                \
    vector_ a = { 0 }, b = { 0 }, s[12] = { { 0 } };                                               \
                                                                                                   \
    for (int n = 0; n < PEAK_ROUNDS; n++)                                                          \
      __asm__ volatile (TWELVE (step_) : SUMS (kept_) : "v"(a), "v"(b) : "xmm14", "xmm15");        \
  }
#define KEPT(s_) "+v"(s_)
#define STEP_VNNI(i_) "vpdpbusd %13, %12, %" #i_ "\n\t"
#define STEP_VEX(i_) "%{vex%} vpdpbusd %13, %12, %" #i_ "\n\t"
#define STEP_AVX2(i_)                                                                              \
  "vpmaddubsw %13, %12, %%ymm15\n\tvpmaddwd %12, %%ymm15, %%ymm15\n\tvpaddd %%ymm15, %" #i_        \
  ", %" #i_ "\n\t"
PEAK (peak_avx512, "avx512f,avx512vnni", __m512i, STEP_VNNI, KEPT)
PEAK (peak_avxvnni, "avx2,avxvnni", __m256i, STEP_VEX, KEPT)
/* Without VNNI three instructions make the same step. */
PEAK (peak_avx2, "avx2", __m256i, STEP_AVX2, KEPT)
#endif

/* Byte products that one call multiplies; 0 where no peak is known. */
static double
run_peak (dd_cpu_isa isa)
{
#if defined(__x86_64__)
  if (isa == DD_CPU_AVX512) {
    peak_avx512 ();
    return 64.0 * 12 * PEAK_ROUNDS;
  }
  if (isa == DD_CPU_AVX_VNNI) {
    peak_avxvnni ();
    return 32.0 * 12 * PEAK_ROUNDS;
  }
  if (isa == DD_CPU_AVX2) {
    peak_avx2 ();
    return 32.0 * 12 * PEAK_ROUNDS;
  }
#endif
  return 0;
}

static void
work_all (bench_work *work)
{
  const dd_gemm *gemm = work->gemm;
  uint64_t row_bytes = dd_type_row_bytes (work->type, COLUMNS);
  void *scratch = dd_alloc (DD_TAG_BASE, gemm->scratch_bytes (COLUMNS));
  int64_t r;

  while ((r = atomic_fetch_add (&work->next, gemm->tile)) < work->rows)
    gemm->multiply (work->weights + (uint64_t) (work->first + r) * row_bytes, row_bytes,
                    work->rows - r < gemm->tile ? work->rows - r : gemm->tile, COLUMNS,
                    work->packed, work->count, work->out + r, work->rows, scratch);
  dd_free (scratch);
}

static void
work_timed (bench_work *work, int thread)
{
  double start = now ();

  if (work->peak)
    work->products[thread] = run_peak (work->isa);
  else
    work_all (work);
  work->seconds[thread] = now () - start;
}

static void *
thread_main (void *work)
{
  work_timed (work, 1);
  return NULL;
}

/* Processor seconds of a thread, in the middle. */
static double
seconds (bench_work *work)
{
  pthread_t other;

  atomic_store (&work->next, 0);
  if (pthread_create (&other, NULL, thread_main, work) != 0)
    exit (1);
  work_timed (work, 0);
  pthread_join (other, NULL);
  return (work->seconds[0] + work->seconds[1]) / 2;
}

static int
by_size (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static void
bench_count (bench_work *work, int64_t all_rows, int64_t count, const float *x)
{
  double share[RUNS], speed[RUNS], products, peak_seen = 0;
  uint64_t row_bytes = dd_type_row_bytes (work->type, COLUMNS);
  void *packed = dd_alloc (DD_TAG_BASE, work->gemm->packed_bytes (COLUMNS, count));

  work->gemm->pack (x, COLUMNS, COLUMNS, count, 0, count, packed);
  work->packed = packed;
  work->count = count;
  work->rows = count <= 16 ? all_rows : all_rows / 32 * 16 / (count / 16) / 32 * 32;
  products = (double) work->rows * COLUMNS * (double) count;
  work->out = dd_alloc (DD_TAG_BASE, (size_t) (count * work->rows) * sizeof (float));
  work->first = 0;
  for (int i = 0; i < RUNS; i++) {
    double time, peak;

    work->first = (work->first + work->rows) % (all_rows - work->rows + 1);
    time = seconds (work);
    work->peak = true;
    peak = 2 / seconds (work) * work->products[0];
    work->peak = false;
    peak_seen = peak;
    share[i] = products / time / (peak > 0 ? peak : 1e9);
    speed[i] = (double) work->rows * (double) row_bytes / time * 1e-9;
  }
  qsort (share, RUNS, sizeof *share, by_size);
  qsort (speed, RUNS, sizeof *speed, by_size);
  printf (" | %3lld: %5.3f %5.1f", (long long) count, share[RUNS / 2], speed[RUNS / 2]);
  if (count == 512)
    printf (" peak %.0f", peak_seen * 1e-9);
  fflush (stdout);
  dd_free (packed);
  dd_free (work->out);
}

void
gemm_bench (dd_cpu_isa isa, const char *only)
{
  static const int64_t counts[] = { 1, 4, 8, 16, 64, 512 };
  random_dice dice = { 5 };
  float *x = dd_alloc_array (DD_TAG_BASE, 512 * COLUMNS, sizeof *x);

  for (int i = 0; i < 512 * COLUMNS; i++)
    x[i] = dice_normal (&dice);
  printf ("isa %d: activations: share of the int8 peak, GB/s of weights\n", isa);
  for (int t = 0; t < RANDOM_TYPES; t++) {
    bench_work work = { dd_gemm_get (isa, random_types[t]), random_types[t], isa };
    int64_t rows = WEIGHT_BYTES / (int64_t) dd_type_row_bytes (work.type, COLUMNS) / 32 * 32;
    uint8_t *weights;

    if (only && strcmp (only, dd_type_name (work.type)) != 0)
      continue;
    weights = dd_alloc (DD_TAG_BASE, (size_t) rows * dd_type_row_bytes (work.type, COLUMNS));
    random_weights (&dice, work.type, 0.02f, false, weights, (uint64_t) (32 * COLUMNS));
    for (int64_t r = 32; r < rows; r += 32)
      memcpy (weights + (uint64_t) r * dd_type_row_bytes (work.type, COLUMNS), weights,
              32 * dd_type_row_bytes (work.type, COLUMNS));
    work.weights = weights;
    printf ("%-7s", dd_type_name (work.type));
    for (int c = 0; c < 6; c++)
      bench_count (&work, rows, counts[c], x);
    printf ("\n");
    dd_free (weights);
  }
  dd_free (x);
}
