/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decode products of every instruction set that this machine has: against
 * products in double, against themselves in other company, on extreme data, and
 * at the edges of mapped memory.
 *
 *   test-dots [--bench [ISA [TYPE]]]
 */
#include "test-dots.h"

#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "check.h"
#include "quant/half.h"
#include "quant/random.h"

#define ROWS_MOST 19
#define COLUMNS_MOST 8448 /* several segments of every pass */

typedef struct fixture {
  dd_cpu_isa isa;
  dd_type type;
  const dd_dots *dots;
  int64_t columns, rows;
  uint64_t row_bytes;
  uint8_t *weights;                 /* one of the places below */
  float x[DD_VECTORS][COLUMNS_MOST];
  float used[DD_VECTORS][COLUMNS_MOST]; /* x as the products see it */
  dd_vectors vectors;
  void *memory;
  float out[DD_VECTORS][ROWS_MOST + 3];
} fixture;

/* Pages between two that may not be touched. */
typedef struct fence {
  uint8_t *start, *end;
  size_t page;
} fence;

static fence
fence_new (size_t bytes)
{
  size_t page = (size_t) sysconf (_SC_PAGESIZE), size = (bytes + page - 1) / page * page;
  uint8_t *all = mmap (NULL, size + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);

  if (all == MAP_FAILED || mprotect (all, page, PROT_NONE) != 0
      || mprotect (all + page + size, page, PROT_NONE) != 0)
    exit (1);
  return (fence) { all + page, all + page + size, page };
}

static void
fence_free (fence *self)
{
  munmap (self->start - self->page, (size_t) (self->end - self->start) + 2 * self->page);
}

static void
say (const fixture *self, const char *what)
{
  fprintf (stderr, "  %s: %s %s, %d rows of %d columns\n", what, dd_cpu_isa_name (self->isa),
           dd_type_get (self->type)->name, (int) self->rows, (int) self->columns);
}

/* A quantised activation: its q and its scale. */
static int
quantised (const dd_vectors *vectors, int c, int64_t i, float *scale)
{
  int b = (int) (i % DD_Q8_GROUP / 32), e = (int) (i % 32);

  if (vectors->form == DD_FORM_Q8_WIDE) {
    const dd_q8_wide *wide = vectors->wides + c * vectors->wides_stride + i / DD_Q8_WIDE;
    int g = (int) (i % DD_Q8_WIDE / DD_Q8_GROUP);

    *scale = wide->scale[4 * b + g];
    return wide->q[e / 4][4 * b + g][e % 4];
  }
  const dd_q8_group *group = vectors->groups + c * vectors->groups_stride + i / DD_Q8_GROUP;

  *scale = group->scale[b];
  return group->q[dd_q8_place (b, e)];
}

static void
set_x (fixture *self)
{
  dd_vectors *vectors = &self->vectors;

  dd_vectors_layout (vectors, self->dots->form, self->columns, DD_VECTORS, self->memory);
  memcpy (self->used, self->x, sizeof self->x);
  if (self->dots->form == DD_FORM_F32) {
    vectors->x = self->x[0];
    vectors->x_stride = COLUMNS_MOST;
    return;
  }
  /* In two parts, as two threads would. */
  for (int c = 0; c < DD_VECTORS; c++) {
    int64_t part = self->columns / 2 / 512 * 512;

    dd_quantise_get (self->isa) (self->x[c], vectors, c, 0, part);
    dd_quantise_get (self->isa) (self->x[c], vectors, c, part, self->columns);
    for (int64_t i = 0; i < self->columns; i++) {
      float scale;
      int q = quantised (vectors, c, i, &scale);

      self->used[c][i] = scale * (float) q;
    }
  }
}

/* Products of `count` vectors from `first` on with rows [from, to). */
static void
run (fixture *self,
     int first,
     int count,
     int64_t from,
     int64_t to,
     float out[DD_VECTORS][ROWS_MOST + 3])
{
  dd_vectors some = self->vectors;

  some.count = count;
  if (some.form == DD_FORM_F32)
    some.x += first * some.x_stride;
  else if (some.form == DD_FORM_Q8)
    some.groups += first * some.groups_stride;
  else
    some.wides += first * some.wides_stride;
  self->dots->dots (self->weights + (uint64_t) from * self->row_bytes, self->row_bytes, to - from,
                    &some, out[first] + from, ROWS_MOST + 3);
}

static void
poison (float out[DD_VECTORS][ROWS_MOST + 3])
{
  memset (out, 0xff, DD_VECTORS * sizeof out[0]);
}

static bool
is_poison (const float *value)
{
  return dd_bits_from_float (*value) == 0xffffffff;
}

/* Each vector's bits must be what they are alone, in any company and any split of rows. */
static void
check_company (fixture *self)
{
  float other[DD_VECTORS][ROWS_MOST + 3];
  static const int counts[] = { 1, 2, 3, 5, 7, 9, 13 };
  bool same = true;

  poison (self->out);
  run (self, 0, DD_VECTORS, 0, self->rows, self->out);
  for (int c = 0; c < DD_VECTORS; c++) {
    for (int64_t r = 0; r < ROWS_MOST + 3; r++)
      same = same && (r < self->rows) != is_poison (&self->out[c][r]);
  }
  CHECK (same); /* everything written, nothing beyond */
  for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
    int64_t cut = self->rows * (int64_t) (k + 1) / 9;

    poison (other);
    for (int c = 0; c < DD_VECTORS; c += counts[k]) {
      int n = DD_VECTORS - c < counts[k] ? DD_VECTORS - c : counts[k];

      run (self, c, n, 0, cut, other);
      run (self, c, n, cut, self->rows, other);
    }
    same = same && memcmp (other, self->out, sizeof other) == 0;
  }
  CHECK (same);
  if (!same)
    say (self, "company");
}

/* sum (a - b)² / sum a² of all outputs, with the products of w and `x` as b. */
static double
error_against (const fixture *self, float x[DD_VECTORS][COLUMNS_MOST])
{
  double wrong = 0, all = 0;
  float *w = dd_alloc_array (DD_TAG_BASE, (size_t) self->columns, sizeof (float));

  for (int64_t r = 0; r < self->rows; r++) {
    dd_dequantise (self->type, self->weights + (uint64_t) r * self->row_bytes, w,
                   (size_t) self->columns);
    for (int c = 0; c < DD_VECTORS; c++) {
      double sum = 0;

      for (int64_t i = 0; i < self->columns; i++)
        sum += (double) w[i] * (double) x[c][i];
      wrong += ((double) self->out[c][r] - sum) * ((double) self->out[c][r] - sum);
      all += sum * sum;
    }
  }
  dd_free (w);
  return all > 0 ? wrong / all : wrong;
}

/* Right to `limit` for the activations as quantised, to `loss` for those given. */
static void
check_right (fixture *self, const char *what, double limit, double loss)
{
  double exact = error_against (self, self->used), whole = error_against (self, self->x);

  CHECK_MSG (exact <= limit && whole <= loss, "%s: %g of %g, %g of %g", what, exact, limit, whole,
             loss);
  if (!(exact <= limit && whole <= loss))
    say (self, what);
}

static void
fill_x (fixture *self, random_dice *dice, float scale, float shift)
{
  for (int c = 0; c < DD_VECTORS; c++) {
    for (int64_t i = 0; i < COLUMNS_MOST; i++)
      self->x[c][i] = scale * (dice_normal (dice) + shift);
  }
}

/* A few activations a hundred times the others', as models have. */
static void
add_outliers (fixture *self, random_dice *dice)
{
  for (int c = 0; c < DD_VECTORS; c++) {
    for (int64_t i = dice_below (dice, 200); i < COLUMNS_MOST; i += 200)
      self->x[c][i] *= 100;
  }
}

static void
check_extremes (fixture *self, random_dice *dice)
{
  const float scales[] = { 1e30f, 1e-20f, 1 };

  random_weights (dice, self->type, 0.02f, true, self->weights,
                  (uint64_t) (self->rows * self->columns));
  for (int i = 0; i < 3; i++) {
    fill_x (self, dice, scales[i], i == 2 ? 3 : 0);
    if (i == 1)
      memset (self->x[3], 0, sizeof self->x[3]);
    set_x (self);
    check_company (self);
    /* Where all activations have one sign, an offset of the weights is most of the sum. */
    check_right (self, "extremes", i == 2 ? 1e-11 : 1e-12, 5e-4);
  }
}

/* All weights at an end of their range, all activations at ±127. */
static void
check_ends (fixture *self)
{
  const dd_type_info *info = dd_type_get (self->type);
  static const uint8_t bytes[] = { 0x00, 0x80, 0xff, 0x7f, 0x88 };

  for (int c = 0; c < DD_VECTORS; c++) {
    for (int64_t i = 0; i < COLUMNS_MOST; i++)
      self->x[c][i] = c % 2 ? -1.0f : 1.0f;
  }
  set_x (self);
  for (size_t k = 0; k < sizeof bytes; k++) {
    random_dice dice = { k };

    random_weights (&dice, self->type, 0.02f, false, self->weights,
                    (uint64_t) (self->rows * self->columns));
    for (uint64_t at = 0; at < (uint64_t) self->rows * self->row_bytes; at += info->bytes) {
      uint8_t kept[256];

      /* Scales stay where they are: the first or last four bytes of every type. */
      memcpy (kept, self->weights + at, info->bytes);
      memset (self->weights + at, bytes[k], info->bytes);
      memcpy (self->weights + at, kept, 4);
      memcpy (self->weights + at + info->bytes - 4, kept + info->bytes - 4, 4);
    }
    check_company (self);
    check_right (self, "ends", 1e-11, 1e-11);
  }
}

/* Broken activations break their own vector and no other. */
static void
check_broken (fixture *self, random_dice *dice)
{
  float whole[DD_VECTORS][ROWS_MOST + 3];
  bool broken = true, same = true;

  fill_x (self, dice, 1, 0);
  set_x (self);
  run (self, 0, DD_VECTORS, 0, self->rows, whole);
  self->x[2][0] = NAN;
  self->x[5][self->columns - 1] = INFINITY;
  self->x[11][self->columns / 2] = -INFINITY;
  set_x (self);
  check_company (self);
  for (int c = 0; c < DD_VECTORS; c++) {
    bool hurt = c == 2 || c == 5 || c == 11;

    for (int64_t r = 0; r < self->rows; r++) {
      broken = broken && (!hurt || !isfinite (self->out[c][r]));
      same = same && (hurt || memcmp (&whole[c][r], &self->out[c][r], sizeof (float)) == 0);
    }
  }
  CHECK (broken);
  CHECK (same);
  if (!broken || !same)
    say (self, "broken activations");
}

static void
check_shape (dd_cpu_isa isa, dd_type type, int64_t columns, int64_t rows)
{
  fixture *self = dd_alloc (DD_TAG_BASE, sizeof *self);
  random_dice dice = { (uint64_t) (columns * 31 + rows) };
  uint64_t size;
  fence around;

  self->isa = isa;
  self->type = type;
  self->dots = dd_dots_get (isa, type);
  self->columns = columns;
  self->rows = rows;
  self->row_bytes = dd_type_row_bytes (type, (uint64_t) columns);
  self->memory = dd_alloc (DD_TAG_BASE, dd_vectors_bytes (self->dots->form, columns, DD_VECTORS));
  size = (uint64_t) rows * self->row_bytes;
  around = fence_new (size + 1);
  /* At the end, at an odd address, at the start. */
  for (int place = 0; place < 3; place++) {
    self->weights = place == 2 ? around.start : around.end - size - (place == 1 ? 1 : 0);
    random_weights (&dice, type, 0.02f, false, self->weights, (uint64_t) (rows * columns));
    fill_x (self, &dice, 1, 0);
    set_x (self);
    check_company (self);
    check_right (self, "random", 1e-12, 2e-4);
  }
  if (columns >= 256) {
    add_outliers (self, &dice);
    set_x (self);
    check_company (self);
    check_right (self, "outliers", 1e-12, 5e-4);
  }
  check_extremes (self, &dice);
  if (dd_type_get (type)->block > 1)
    check_ends (self);
  check_broken (self, &dice);
  fence_free (&around);
  dd_free (self->memory);
  dd_free (self);
}

static void
check_type (dd_cpu_isa isa, dd_type type)
{
  static const int floats[] = { 1, 33, 100, 256, 4097 };
  static const int blocks[] = { 32, 96, 128, 416, 4096 + 32 };
  static const int k_blocks[] = { 256, 768, 4352, 8448 };
  uint32_t block = dd_type_get (type)->block;

  for (int i = 0; block == 1 && i < 5; i++)
    check_shape (isa, type, floats[i], 1 + 9 * (i % 3));
  for (int i = 0; block == 32 && i < 5; i++)
    check_shape (isa, type, blocks[i], 1 + 9 * (i % 3));
  for (int i = 0; block == 256 && i < 4; i++)
    check_shape (isa, type, k_blocks[i], 1 + 9 * (i % 3));
}

/* Families agree to the bit on quantised activations, ties and tiny ones too. */
static void
check_quantise (dd_cpu_isa isa)
{
  enum { COLUMNS = 32 * 77 };
  void *memory[2];
  random_dice dice = { 5 };
  dd_vectors vectors[2];
  bool same = true;
  float x[COLUMNS];

  for (int i = 0; i < COLUMNS; i++) {
    const float kinds[] = { 1, 127, 1e30f, 1e-36f, 1e-42f, 0, 3e38f };
    int kind = i / 32 % 11;

    x[i] = (kind < 7 ? kinds[kind] : 1) * dice_normal (&dice);
    if (kind == 7) /* halves of the step: ties */
      x[i] = i % 32 == 0 ? 127 : (float) dice_below (&dice, 254) / 2 - 63;
    if (kind == 8 && i % 32 == 17)
      x[i] = NAN;
    if (kind == 9 && i % 32 == 30)
      x[i] = -INFINITY;
  }
  for (int i = 0; i < 2; i++) {
    dd_cpu_isa family = i == 0 ? DD_CPU_SCALAR : isa;
    dd_form form = dd_dots_get (family, DD_TYPE_Q8_0)->form;

    memory[i] = dd_alloc (DD_TAG_BASE, dd_vectors_bytes (form, COLUMNS, 1));
    dd_vectors_layout (&vectors[i], form, COLUMNS, 1, memory[i]);
    dd_quantise_get (family) (x, &vectors[i], 0, 0, COLUMNS);
  }
  for (int i = 0; i < COLUMNS; i++) {
    float scale[2];
    int q[2] = { quantised (&vectors[0], 0, i, &scale[0]),
                 quantised (&vectors[1], 0, i, &scale[1]) };

    same = same && q[0] == q[1] && memcmp (&scale[0], &scale[1], sizeof (float)) == 0;
    CHECK (i != 0 || q[1] != 0);
    CHECK (i != 8 * 32 || isnan (scale[1]));
    CHECK (i != 5 * 32 + 3 || (scale[1] == 0 && q[1] == 0));
  }
  CHECK_MSG (same, "quantise %s", dd_cpu_isa_name (isa));
  dd_free (memory[0]);
  dd_free (memory[1]);
}

static bool
isa_is_here (dd_cpu_isa isa)
{
  return dd_cpu_isa_best (~(1u << isa)) == isa;
}

int
main (int argc, char **argv)
{
  bool bench = argc > 1 && strcmp (argv[1], "--bench") == 0;

  for (int isa = 0; isa < DD_CPU_ISAS; isa++) {
    if (!isa_is_here ((dd_cpu_isa) isa))
      continue;
    if (bench) {
      if (argc < 3 || strcmp (argv[2], dd_cpu_isa_name ((dd_cpu_isa) isa)) == 0)
        dots_bench ((dd_cpu_isa) isa, argc > 3 ? argv[3] : NULL);
      continue;
    }
    check_quantise ((dd_cpu_isa) isa);
    for (int i = 0; i < RANDOM_TYPES; i++)
      check_type ((dd_cpu_isa) isa, random_types[i]);
  }
  return check_done ();
}
