/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * engine/quant against the `gguf` Python package (golden/quant.h, made by
 * golden/quant.py), and bounds for what quantising may lose.
 */
#include "check.h"
#include "golden/quant.h"
#include "quant/blocks.h"
#include "quant/half.h"
#include "quant/quant.h"

#include <math.h>

#define COUNT(array_) (sizeof (array_) / sizeof *(array_))

static uint64_t
random_word (uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15u;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

static uint64_t
hash_more (uint64_t hash, uint32_t value)
{
  return (hash ^ value) * 0x100000001b3u;
}
#define HASH_START 0xcbf29ce484222325u

/* Where the 16-bit floats of a block are; at most two. */
static int
halves (uint32_t type, size_t offsets[2])
{
  switch (type) {
  case DD_TYPE_F32:
  case DD_TYPE_BF16: return 0;
  case DD_TYPE_Q4_1:
  case DD_TYPE_Q5_1:
  case DD_TYPE_Q4_K:
  case DD_TYPE_Q5_K:
    offsets[0] = 0;
    offsets[1] = 2;
    return 2;
  case DD_TYPE_Q2_K:
    offsets[0] = 80;
    offsets[1] = 82;
    return 2;
  case DD_TYPE_Q3_K: offsets[0] = 108; return 1;
  case DD_TYPE_Q6_K: offsets[0] = 208; return 1;
  default: offsets[0] = 0; return 1;
  }
}

/* As random_blocks of golden/quant.py. */
static uint8_t *
random_blocks (uint32_t type, size_t n_blocks)
{
  size_t size = dd_type_get (type)->bytes;
  uint8_t *data = malloc (n_blocks * size);
  uint64_t state = type;
  size_t offsets[2];
  int n_halves = halves (type, offsets);

  for (size_t i = 0; i < n_blocks * size; i++)
    data[i] = (uint8_t) random_word (&state);
  for (size_t block = 0; block < n_blocks; block++) {
    uint8_t *bytes = data + block * size;

    for (int h = 0; h < n_halves; h++)
      if ((bytes[offsets[h] + 1] & 0x7c) == 0x7c || block % 4 == 3)
        bytes[offsets[h] + 1] &= 0x83;
    if (n_halves == 0 && (bytes[size - 1] & 0x7f) == 0x7f)
      bytes[size - 1] &= 0xbf;
  }
  return data;
}

/* As random_floats of golden/quant.py, for blocks of 32. */
static float *
random_floats (uint64_t seed, int n_blocks)
{
  float *out = calloc ((size_t) n_blocks * 32, sizeof *out);

  for (int i = 0; i < n_blocks; i++) {
    float first = 0;

    for (int j = 0; j < 32; j++) {
      float value = (float) ((int32_t) (random_word (&seed) >> 40) - (1 << 23)) / (1 << 23);

      if (j == 0 || i % 13 != 12)
        first = value;
      out[i * 32 + j] = i % 11 == 10 ? 0 : ldexpf (first, i % 24 - 14);
    }
  }
  return out;
}

static void
check_values (void)
{
  for (size_t i = 0; i < COUNT (golden_values); i++) {
    uint32_t type = golden_values[i].type;
    const dd_type_info *info = dd_type_get (type);
    size_t count = (size_t) GOLDEN_BLOCKS * info->block;
    uint8_t *blocks = random_blocks (type, GOLDEN_BLOCKS);
    float *values = malloc (count * sizeof *values);
    uint64_t hash = HASH_START;

    dd_dequantise ((dd_type) type, blocks, values, count);
    for (size_t j = 0; j < count; j++)
      hash = hash_more (hash, dd_bits_from_float (values[j]));
    CHECK_MSG (hash == golden_values[i].hash, "%s: values differ from gguf-py", info->name);
    free (values);
    free (blocks);
  }
}

/* The same on unaligned blocks, value by value, to say where a type is wrong. */
static void
check_first (void)
{
  for (size_t i = 0; i < COUNT (golden_first); i++) {
    uint32_t type = golden_first[i].type;
    const dd_type_info *info = dd_type_get (type);
    uint8_t *block = random_blocks (type, 1), moved[300];
    float values[256];

    memcpy (moved + 1, block, info->bytes);
    dd_dequantise ((dd_type) type, moved + 1, values, info->block);
    for (int j = 0; j < 32; j++)
      CHECK_MSG (dd_bits_from_float (values[j]) == golden_first[i].bits[j], "%s: element %d is %g",
                 info->name, j, (double) values[j]);
    free (block);
  }
}

static void
check_blocks (void)
{
  for (size_t i = 0; i < COUNT (golden_blocks); i++) {
    uint32_t type = golden_blocks[i].type;
    const dd_type_info *info = dd_type_get (type);
    size_t count = (size_t) GOLDEN_BLOCKS * 32;
    size_t bytes = count / info->block * info->bytes;
    float *values = random_floats (1000 + type, GOLDEN_BLOCKS);
    uint8_t *blocks = malloc (bytes);
    uint64_t hash = HASH_START;

    dd_quantise ((dd_type) type, values, blocks, count);
    for (size_t j = 0; j < bytes; j++)
      hash = hash_more (hash, blocks[j]);
    CHECK_MSG (hash == golden_blocks[i].hash, "%s: bytes differ from gguf-py", info->name);
    free (blocks);
    free (values);
  }
}

/* Four uniform numbers summed: close enough to the normal distribution of weights. */
static float
bell (uint64_t *state)
{
  float sum = -2;

  for (int i = 0; i < 4; i++)
    sum += (float) (random_word (state) >> 40) * 0x1p-24f;
  return sum;
}

/* Sum of squared errors over sum of squares after a round trip. */
static double
loss (dd_type type, const float *x, size_t count)
{
  uint8_t *blocks = malloc (dd_type_row_bytes (type, count));
  float *back = malloc (count * sizeof *back);
  double errors = 0, squares = 0;

  dd_quantise (type, x, blocks, count);
  dd_dequantise (type, blocks, back, count);
  for (size_t i = 0; i < count; i++) {
    errors += ((double) x[i] - back[i]) * ((double) x[i] - back[i]);
    squares += (double) x[i] * x[i];
  }
  free (back);
  free (blocks);
  return errors / squares;
}

static void
check_loss (void)
{
  /* Bell: just above what was measured, so that a worse search shows.  Wave: the
   * data and the limit of ggml's own test, root of the squared errors over n. */
  static const struct {
    dd_type type;
    double bell;
  } limits[] = {
    { DD_TYPE_F16, 4.6e-8 },  { DD_TYPE_BF16, 2.9e-6 }, { DD_TYPE_Q4_0, 7.2e-3 },
    { DD_TYPE_Q4_1, 6.3e-3 }, { DD_TYPE_Q5_0, 1.8e-3 }, { DD_TYPE_Q5_1, 1.5e-3 },
    { DD_TYPE_Q8_0, 2.8e-5 }, { DD_TYPE_Q4_K, 5.0e-3 }, { DD_TYPE_Q6_K, 3.1e-4 },
  };
  enum { N = 32 * 256 };
  float *x = malloc (N * sizeof *x), *wave = malloc (N * sizeof *wave);
  double squares = 0;
  uint64_t state = 7;

  for (int i = 0; i < N; i++) {
    x[i] = bell (&state) * 0.02f;
    wave[i] = 0.1f + 2 * cosf ((float) i);
    squares += (double) wave[i] * wave[i];
  }
  for (size_t i = 0; i < COUNT (limits); i++) {
    const char *name = dd_type_name (limits[i].type);
    double got = loss (limits[i].type, x, N);
    double root = sqrt (loss (limits[i].type, wave, N) * squares) / N;

    CHECK_MSG (got < limits[i].bell, "%s loses %.3g", name, got);
    CHECK_MSG (got > 0, "%s loses nothing", name);
    CHECK_MSG (root < 0.002, "%s: wave %.3g", name, root);
  }
  free (wave);
  free (x);
}

/* Extreme input must give blocks whose values are finite where the input is
 * small enough, and no fault anywhere. */
static void
check_extremes (void)
{
  static const float values[] = { 0,     -0.0f,   1e-45f,   -1e-40f,  1e-8f,     65504, -65504,
                                  1e30f, 3.4e38f, -3.4e38f, INFINITY, -INFINITY, NAN };
  float x[256], back[256];
  uint8_t block[1024];

  for (uint32_t type = 0; type < DD_TYPE_LIMIT; type++) {
    if (dd_type_get (type) == NULL || !dd_type_get (type)->can_quantise)
      continue;
    for (size_t v = 0; v < COUNT (values); v++)
      for (size_t w = 0; w < COUNT (values); w++) {
        for (int i = 0; i < 256; i++)
          x[i] = i % 3 == 0 ? values[v] : i % 3 == 1 ? values[w] : 0.5f;
        dd_quantise ((dd_type) type, x, block, 256);
        dd_dequantise ((dd_type) type, block, back, 256);
        for (int i = 0; i < 256 && fabsf (values[v]) < 70000 && fabsf (values[w]) < 70000; i++)
          CHECK_MSG (isfinite (back[i]), "%s of %g and %g", dd_type_name (type), (double) values[v],
                     (double) values[w]);
      }
    memset (x, 0, sizeof x);
    dd_quantise ((dd_type) type, x, block, 256);
    dd_dequantise ((dd_type) type, block, back, 256);
    for (int i = 0; i < 256; i++)
      CHECK_MSG (back[i] == 0, "%s of zeros", dd_type_name (type));
  }
}

static void
check_types (void)
{
  int computed = 0;

  for (uint32_t type = 0; type < 100; type++) {
    const dd_type_info *info = dd_type_get (type);

    computed += info != NULL;
    CHECK (info == NULL || strcmp (info->name, dd_type_name (type)) == 0);
  }
  CHECK (computed == 15);
  CHECK (dd_type_get (UINT32_MAX) == NULL && dd_type_name (UINT32_MAX) == NULL);
  CHECK (dd_type_get (9) == NULL && strcmp (dd_type_name (9), "Q8_1") == 0);
  CHECK (strcmp (dd_type_name (16), "IQ2_XXS") == 0 && dd_type_name (43) == NULL);
  CHECK (dd_type_row_bytes (DD_TYPE_Q4_K, 4096) == 2304);
  CHECK (dd_type_row_bytes (DD_TYPE_Q4_K, 4096 + 32) == 0);
  CHECK (dd_type_row_bytes (DD_TYPE_F32, 3) == 12);
  CHECK (dd_type_row_bytes (DD_TYPE_F32, UINT64_MAX / 2) == 0);
  CHECK (dd_type_row_bytes ((dd_type) 9, 32) == 0);
}

/* Every half goes to float and back. */
static void
check_halves (void)
{
  for (uint32_t bits = 0; bits < 65536; bits++) {
    float value = dd_half_to_float ((uint16_t) bits);

    if ((bits & 0x7fff) <= 0x7c00)
      CHECK_MSG (dd_half_from_float (value) == bits, "0x%04x", bits);
    else
      CHECK (isnan (value) && isnan (dd_half_to_float (dd_half_from_float (value))));
  }
}

int
main (void)
{
  check_types ();
  check_halves ();
  check_values ();
  check_first ();
  check_blocks ();
  check_loss ();
  check_extremes ();
  return check_done ();
}
