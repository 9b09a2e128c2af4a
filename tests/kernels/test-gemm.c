/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prompt products of every family that this machine has, against sums of
 * doubles over the reference's weights and activations quantised here.
 * `--bench [TYPE]` prints speeds instead.
 */
#include "test-gemm.h"

#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "quant/random.h"

#define TYPES RANDOM_TYPES
#define POISON 0x7fc12345u /* a NaN that no arithmetic makes */

typedef struct gemm_problem {
  const dd_gemm *gemm;
  dd_type type;
  int64_t rows, columns, count;
  uint64_t row_bytes;
  uint8_t *weights;  /* ends where a page without access begins */
  uint8_t *map;
  size_t map_bytes;
  float *x;          /* [count][columns] */
  float *out;        /* [count][rows + 3] */
} gemm_problem;

static const char *isa_words[] = { "scalar", "avx2", "avxvnni", "avx512", "neon" };

void
gemm_run (const dd_gemm *gemm,
          const uint8_t *weights,
          uint64_t row_bytes,
          int64_t rows,
          int64_t columns,
          const void *packed,
          int64_t count,
          float *out,
          int64_t out_stride,
          void *scratch)
{
  for (int64_t r = 0; r < rows; r += gemm->tile)
    gemm->multiply (weights + (uint64_t) r * row_bytes, row_bytes,
                    rows - r < gemm->tile ? rows - r : gemm->tile, columns, packed, count, out + r,
                    out_stride, scratch);
}

static gemm_problem
problem_new (random_dice *dice,
             dd_cpu_isa isa,
             dd_type type,
             int64_t rows,
             int64_t columns,
             int64_t count,
             bool extreme)
{
  gemm_problem self = { dd_gemm_get (isa, type),
                        type,
                        rows,
                        columns,
                        count,
                        dd_type_row_bytes (type, (uint64_t) columns) };
  size_t page = (size_t) sysconf (_SC_PAGESIZE);
  size_t bytes = (size_t) rows * self.row_bytes;
  uint8_t *whole = dd_alloc (DD_TAG_BASE, bytes);

  self.map_bytes = (bytes + page - 1) / page * page + 2 * page;
  self.map = mmap (NULL, self.map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                   0);
  self.x = dd_alloc_array (DD_TAG_BASE, (size_t) (count * columns), sizeof (float));
  self.out = dd_alloc_array (DD_TAG_BASE, (size_t) (count * (rows + 3)), sizeof (float));
  if (self.map == MAP_FAILED || !whole || !self.x || !self.out)
    exit (1);
  random_weights (dice, type, 0.02f, extreme, whole, (uint64_t) (rows * columns));
  self.weights = self.map + self.map_bytes - page - bytes;
  memcpy (self.weights, whole, bytes);
  mprotect (self.map + self.map_bytes - page, page, PROT_NONE);
  dd_free (whole);
  for (int64_t i = 0; i < count * columns; i++)
    self.x[i] = dice_normal (dice);
  return self;
}

static void
problem_free (gemm_problem *self)
{
  munmap (self->map, self->map_bytes);
  dd_free (self->x);
  dd_free (self->out);
}

/* Activations [first, first + count) into `out`, [count][rows + 3], poisoned before. */
static void
problem_run (const gemm_problem *self, const float *x, int64_t count, float *out)
{
  const dd_gemm *gemm = self->gemm;
  void *packed = dd_alloc (DD_TAG_BASE, gemm->packed_bytes (self->columns, count));
  void *scratch = dd_alloc (DD_TAG_BASE, gemm->scratch_bytes (self->columns));
  int64_t half = count / 2 / gemm->group * gemm->group;

  for (int64_t i = 0; i < count * (self->rows + 3); i++)
    memcpy (&out[i], &(uint32_t) { POISON }, 4);
  memset (packed, 0xff, gemm->packed_bytes (self->columns, count));
  memset (scratch, 0xff, gemm->scratch_bytes (self->columns));
  gemm->pack (x, self->columns, self->columns, count, half, count, packed);
  gemm->pack (x, self->columns, self->columns, count, 0, half, packed);
  gemm_run (gemm, self->weights, self->row_bytes, self->rows, self->columns, packed, count, out,
            self->rows + 3, scratch);
  dd_free (packed);
  dd_free (scratch);
}

/* The rounding to 8 bits that the header of the kernels promises. */
static void
quantise (const float *x, int n, double *y)
{
  float top = 0;

  for (int i = 0; i < n; i++)
    top = fabsf (x[i]) > top ? fabsf (x[i]) : top;
  for (int i = 0; i < n; i++)
    y[i] = top >= 0x1p-120f ? (double) rintf (x[i] * (127 / top)) * (double) (top / 127) : 0;
}

static void
quantise_row (const gemm_problem *self, const float *x, double *y)
{
  uint32_t block = dd_type_get (self->type)->block;

  for (int64_t k = 0; block == 1 && k < self->columns; k++)
    y[k] = x[k];
  for (int64_t k = 0; block > 1 && k < self->columns; k += block)
    quantise (x + k, (int) block, y + k);
}

typedef struct gemm_errors {
  double rounded; /* NMSE against the same rounded activations */
  double whole;   /* and against the activations as given */
} gemm_errors;

/* Also checks that everything was written and nothing beside it. */
static gemm_errors
problem_judge (const gemm_problem *self)
{
  float *w = dd_alloc_array (DD_TAG_BASE, (size_t) (self->rows * self->columns), sizeof *w);
  double *y = dd_alloc_array (DD_TAG_BASE, (size_t) self->columns, sizeof *y);
  double error = 0, size = 0, error_whole = 0, size_whole = 0;
  int untouched = 0, spilled = 0;

  for (int64_t r = 0; r < self->rows; r++)
    dd_dequantise (self->type, self->weights + (uint64_t) r * self->row_bytes,
                   w + r * self->columns, (size_t) self->columns);
  for (int64_t c = 0; c < self->count; c++) {
    const float *x = self->x + c * self->columns;
    const float *out = self->out + c * (self->rows + 3);

    quantise_row (self, x, y);
    for (int64_t r = 0; r < self->rows; r++) {
      double sum = 0, whole = 0;

      for (int64_t k = 0; k < self->columns; k++) {
        sum += (double) w[r * self->columns + k] * y[k];
        whole += (double) w[r * self->columns + k] * (double) x[k];
      }
      untouched += memcmp (&out[r], &(uint32_t) { POISON }, 4) == 0;
      error += (out[r] - sum) * (out[r] - sum);
      size += sum * sum;
      error_whole += (out[r] - whole) * (out[r] - whole);
      size_whole += whole * whole;
    }
    for (int64_t r = self->rows; r < self->rows + 3; r++)
      spilled += memcmp (&out[r], &(uint32_t) { POISON }, 4) != 0;
  }
  dd_free (w);
  dd_free (y);
  CHECK_MSG (untouched == 0 && spilled == 0, "%d not written, %d beside", untouched, spilled);
  return (gemm_errors) { size > 0 ? error / size : error,
                         size_whole > 0 ? error_whole / size_whole : error_whole };
}

static void
check_one (random_dice *dice,
           dd_cpu_isa isa,
           dd_type type,
           int64_t rows,
           int64_t columns,
           int64_t count,
           bool extreme)
{
  gemm_problem problem = problem_new (dice, isa, type, rows, columns, count, extreme);
  int before = check_failures;
  gemm_errors errors;

  problem_run (&problem, problem.x, count, problem.out);
  errors = problem_judge (&problem);
  CHECK_MSG (errors.rounded <= 1e-12, "%g", errors.rounded);
  CHECK_MSG (errors.whole <= (extreme ? 5e-4 : 2e-4), "%g", errors.whole);
  if (check_failures > before)
    fprintf (stderr, "  %s %s: %lld rows, %lld columns, %lld activations%s\n", isa_words[isa],
             dd_type_name (type), (long long) rows, (long long) columns, (long long) count,
             extreme ? ", extreme" : "");
  problem_free (&problem);
}

/* Ragged everything. */
static void
check_shapes (random_dice *dice, dd_cpu_isa isa, dd_type type)
{
  int64_t block = dd_type_get (type)->block;
  int64_t step = block == 1 ? 13 : block;

  for (int64_t i = 1; i <= 33; i++) {
    check_one (dice, isa, type, i, step * (1 + i % 9), 1 + i * 7 % 10, i % 2);
    check_one (dice, isa, type, 3 + i % 5, step * (block == 256 ? 1 : i), i, i % 3 == 0);
  }
  check_one (dice, isa, type, 65, 2048, 9, false);
  check_one (dice, isa, type, 5, 512, 512, false);
  check_one (dice, isa, type, 3, 256, 1030, false);
}

/* An activation's products are the same bits alone, in any place of any number of
 * others, and a row's whatever tile it is in. */
static void
check_bits (random_dice *dice, dd_cpu_isa isa, dd_type type)
{
  gemm_problem problem = problem_new (dice, isa, type, 33,
                                      1024 + (dd_type_get (type)->block < 256 ? 96 : 0), 45, false);
  int64_t rows = problem.rows, stride = rows + 3, bad = 0;
  float *alone = dd_alloc_array (DD_TAG_BASE, (size_t) (problem.count * stride), sizeof (float));

  problem_run (&problem, problem.x, problem.count, problem.out);
  for (int64_t c = 0; c < problem.count; c++) {
    int64_t count = 1 + c % (problem.count - c);

    problem_run (&problem, problem.x + c * problem.columns, count, alone);
    bad += memcmp (alone, problem.out + c * stride, (size_t) (count * stride) * sizeof (float))
           != 0;
  }
  CHECK_MSG (bad == 0, "%s %s: %lld activations differ", isa_words[isa], dd_type_name (type),
             (long long) bad);
  for (int64_t r = bad = 0; r < rows; r++) {
    gemm_problem part = problem;

    part.rows = 1 + r % (rows - r);
    part.weights += (uint64_t) r * part.row_bytes;
    problem_run (&part, part.x, 2, alone);
    for (int64_t c = 0; c < 2; c++)
      bad += memcmp (alone + c * (part.rows + 3), problem.out + c * stride + r,
                     (size_t) part.rows * 4)
             != 0;
  }
  CHECK_MSG (bad == 0, "%s %s: %lld rows differ", isa_words[isa], dd_type_name (type),
             (long long) bad);
  dd_free (alone);
  problem_free (&problem);
}

/* Weights at every alignment give the same bits. */
static void
check_alignment (random_dice *dice, dd_cpu_isa isa, dd_type type)
{
  gemm_problem problem = problem_new (dice, isa, type, 7, 1024, 3, false);
  size_t bytes = (size_t) (problem.count * (problem.rows + 3)) * sizeof (float);
  float *first = dd_alloc (DD_TAG_BASE, bytes);
  gemm_problem moved = problem;

  problem_run (&problem, problem.x, problem.count, first);
  for (int i = 1; i < 4; i++) {
    moved.weights = problem.weights - i;
    memmove (moved.weights, moved.weights + 1, (size_t) problem.rows * problem.row_bytes);
    problem_run (&moved, problem.x, problem.count, problem.out);
    CHECK (memcmp (first, problem.out, bytes) == 0);
  }
  dd_free (first);
  problem_free (&problem);
}

/* Activations: nothing, hardly anything, very much, and what is no number. */
static void
check_activations (random_dice *dice, dd_cpu_isa isa, dd_type type)
{
  static const float factors[] = { 0, 1e-44f, 1e-30f, 1e30f, 1 };
  static const float strange[] = { NAN, INFINITY, -INFINITY };
  gemm_problem problem = problem_new (dice, isa, type, 17, 512, 8, false);
  bool floats = dd_type_get (type)->block == 1;
  gemm_errors errors;

  for (int64_t c = 0; c < 5; c++)
    for (int64_t k = 0; k < problem.columns; k++)
      problem.x[c * problem.columns + k] *= factors[c];
  for (int64_t c = 0; c < 3; c++)
    problem.x[(5 + c) * problem.columns + dice_below (dice, (int) problem.columns)] = strange[c];
  problem_run (&problem, problem.x, problem.count, problem.out);
  for (int64_t c = 5; c < 8; c++)
    for (int64_t r = 0; r < problem.rows; r++)
      CHECK (!isfinite (problem.out[c * (problem.rows + 3) + r]));
  for (int64_t r = 0; r < problem.rows; r++)
    CHECK (problem.out[r] == 0 && (floats || problem.out[problem.rows + 3 + r] == 0));
  problem.count = 5;
  errors = problem_judge (&problem);
  CHECK_MSG (errors.rounded <= 1e-12, "%s %s: %g", isa_words[isa], dd_type_name (type),
             errors.rounded);
  problem_free (&problem);
}

/* The largest integers: every weight bit and every activation at its end. */
static void
check_largest (random_dice *dice, dd_cpu_isa isa, dd_type type)
{
  static const uint8_t fills[] = { 0x80, 0xff, 0x7f, 0x88 };

  if (dd_type_get (type)->block == 1)
    return;
  for (int f = 0; f < 4; f++) {
    gemm_problem problem = problem_new (dice, isa, type, 8, 512, 4, false);
    uint8_t *ones = dd_alloc (DD_TAG_BASE, (size_t) problem.row_bytes);
    gemm_errors errors;

    /* Only the scales of random rows stay: 16 bits where a half would be no number. */
    memcpy (ones, problem.weights, (size_t) problem.row_bytes);
    for (int64_t i = 0; i < problem.rows * (int64_t) problem.row_bytes; i++) {
      int64_t at = i % (int64_t) problem.row_bytes % dd_type_get (type)->bytes;
      bool half = type == DD_TYPE_Q2_K   ? at >= 80
                  : type == DD_TYPE_Q3_K ? at >= 108
                  : type == DD_TYPE_Q6_K
                      ? at >= 208
                      : at < 2
                            || (at < 4
                                && (type == DD_TYPE_Q4_1 || type == DD_TYPE_Q5_1
                                    || type == DD_TYPE_Q4_K || type == DD_TYPE_Q5_K));

      if (!half)
        problem.weights[i] = fills[f];
    }
    for (int64_t i = 0; i < problem.count * problem.columns; i++)
      problem.x[i] = i / problem.columns % 2 ? -1.0f : 1.0f;
    problem_run (&problem, problem.x, problem.count, problem.out);
    errors = problem_judge (&problem);
    CHECK_MSG (errors.rounded <= 1e-12, "%s %s 0x%02x: %g", isa_words[isa], dd_type_name (type),
               fills[f], errors.rounded);
    dd_free (ones);
    problem_free (&problem);
  }
}

static void
check_family (dd_cpu_isa isa)
{
  random_dice dice = { 11 };

  for (int t = 0; t < TYPES; t++) {
    check_shapes (&dice, isa, random_types[t]);
    check_bits (&dice, isa, random_types[t]);
    check_alignment (&dice, isa, random_types[t]);
    check_activations (&dice, isa, random_types[t]);
    check_largest (&dice, isa, random_types[t]);
  }
}

int
main (int argc, char **argv)
{
  unsigned without = 0;
  dd_cpu_isa isa;

  do {
    isa = dd_cpu_isa_best (without);
    without |= 1u << isa;
    if (argc > 1 && strcmp (argv[1], "--bench") == 0)
      gemm_bench (isa, argc > 2 ? argv[2] : NULL);
    else
      check_family (isa);
  } while (isa != DD_CPU_SCALAR);
  return check_done ();
}
