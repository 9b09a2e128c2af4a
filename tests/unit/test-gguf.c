/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of the GGUF writer and reader: round trips, splits, and that every way
 * of lying in a header is an error that names it.
 */
#include <unistd.h>

#include "base/alloc.h"
#include "check.h"
#include "gguf/writer.h"
#include "quant/quant.h"

#define PATH "test-gguf.gguf"

/* A small file in memory, for breaking. */
typedef struct image {
  uint8_t bytes[8192];
  size_t size;
} image;

static void
put_keys (dd_gguf_writer *writer)
{
  static const dd_text words[] = { { "가", 3 }, { "", 0 }, { "c", 1 } };
  static const float scores[] = { 1, -2.5f, 3 };

  dd_gguf_put_string (writer, "general.architecture", "llama", 5);
  dd_gguf_put_u32 (writer, "a.u32", 4000000000u);
  dd_gguf_put_u64 (writer, "a.u64", UINT64_MAX);
  dd_gguf_put_i32 (writer, "a.i32", -5);
  dd_gguf_put_f32 (writer, "a.f32", 0.5f);
  dd_gguf_put_bool (writer, "a.bool", true);
  dd_gguf_put_strings (writer, "a.words", words, 3);
  dd_gguf_put_array (writer, "a.scores", DD_GGUF_F32, scores, 3);
}

static void
write_sample (uint32_t version, uint32_t alignment)
{
  static const float ones[64] = { 1, 2, 3 };
  static const uint8_t blocks[36] = { 9, 8, 7 };
  const uint64_t vector[] = { 5 }, matrix[] = { 32, 2 };
  dd_gguf_writer *writer;
  dd_error error;

  REQUIRE_OK (dd_gguf_writer_new (&writer, &error), error);
  dd_gguf_set_version (writer, version);
  if (alignment != 32)
    dd_gguf_set_alignment (writer, alignment);
  put_keys (writer);
  dd_gguf_put_tensor (writer, "vector", DD_TYPE_F32, 1, vector, ones);
  dd_gguf_put_tensor (writer, "matrix", DD_TYPE_Q4_0, 2, matrix, blocks);
  REQUIRE_OK (dd_gguf_writer_save (writer, PATH, &error), error);
  dd_gguf_writer_free (&writer);
}

static void
check_keys (const dd_gguf *gguf)
{
  const dd_gguf_key *words = dd_gguf_find (gguf, "a.words");
  const uint8_t *cursor;
  dd_text text;
  int64_t integer;
  double number;
  bool truth;

  CHECK (dd_gguf_string (dd_gguf_find (gguf, "general.architecture"), &text) && text.length == 5);
  CHECK (dd_gguf_integer (dd_gguf_find (gguf, "a.u32"), 0, &integer) && integer == 4000000000);
  CHECK (!dd_gguf_integer (dd_gguf_find (gguf, "a.u64"), 0, &integer));
  CHECK (dd_gguf_integer (dd_gguf_find (gguf, "a.i32"), 0, &integer) && integer == -5);
  CHECK (!dd_gguf_integer (dd_gguf_find (gguf, "a.f32"), 0, &integer));
  CHECK (dd_gguf_number (dd_gguf_find (gguf, "a.f32"), 0, &number) && number == 0.5);
  CHECK (dd_gguf_bool (dd_gguf_find (gguf, "a.bool"), &truth) && truth);
  CHECK (dd_gguf_number (dd_gguf_find (gguf, "a.scores"), 1, &number) && number == -2.5);
  CHECK (!dd_gguf_number (dd_gguf_find (gguf, "a.scores"), 3, &number));
  CHECK (dd_gguf_find (gguf, "a.none") == NULL && !dd_gguf_integer (NULL, 0, &integer));
  CHECK (words != NULL && words->count == 3);
  cursor = words->data;
  CHECK (dd_gguf_next_string (words, &cursor, &text) && text.length == 3
         && memcmp (text.data, "가", 3) == 0);
  CHECK (dd_gguf_next_string (words, &cursor, &text) && text.length == 0);
}

static void
check_tensors (const dd_gguf *gguf)
{
  const dd_gguf_tensor *vector = dd_gguf_find_tensor (gguf, "vector");
  const dd_gguf_tensor *matrix = dd_gguf_find_tensor (gguf, "matrix");
  float values[3];

  CHECK (dd_gguf_n_tensors (gguf) == 2 && vector != NULL && matrix != NULL);
  memcpy (values, vector->data, sizeof values);
  CHECK (vector->bytes == 20 && values[2] == 3);
  CHECK (matrix->bytes == 36 && ((const uint8_t *) matrix->data)[2] == 7);
  CHECK (matrix->dims[0] == 32 && matrix->dims[1] == 2 && matrix->dims[2] == 1);
}

static void
test_round_trip (void)
{
  for (uint32_t version = 2; version <= 3; version++)
    for (uint32_t alignment = 8; alignment <= 4096; alignment *= 8) {
      dd_gguf *gguf;
      dd_error error;

      write_sample (version, alignment);
      REQUIRE_OK (dd_gguf_open (PATH, &gguf, &error), error);
      CHECK (dd_gguf_version (gguf) == version && dd_gguf_parts (gguf) == 1);
      CHECK (dd_gguf_n_keys (gguf) == 9);
      check_keys (gguf);
      check_tensors (gguf);
      dd_gguf_close (&gguf);
    }
}

static void
load (image *out)
{
  FILE *file;

  write_sample (3, 32);
  file = fopen (PATH, "rb");
  out->size = fread (out->bytes, 1, sizeof out->bytes, file);
  fclose (file);
}

/* Parses the image, which must fail with these words. */
static void
expect (const image *file, dd_code code, const char *words)
{
  dd_gguf *gguf = NULL;
  dd_error error = { 0 };

  CHECK_MSG (!dd_gguf_parse (file->bytes, file->size, false, &gguf, &error), "%s", words);
  CHECK_MSG (error.code == code && strstr (error.text, words) != NULL, "“%s” is not “%s”",
             error.text, words);
  CHECK (strchr (error.text, '\n') == NULL);
  dd_gguf_close (&gguf);
}

static void
test_cut_anywhere (const image *whole)
{
  for (size_t size = 0; size < whole->size - 28; size++) { /* what follows is padding */
    dd_gguf *gguf = NULL;
    dd_error error;

    CHECK_MSG (!dd_gguf_parse (whole->bytes, size, false, &gguf, &error), "cut at %zu", size);
    dd_gguf_close (&gguf);
  }
}

/* Where `name` stands in the image. */
static size_t
find (const image *file, const char *name)
{
  for (size_t i = 0; i + strlen (name) <= file->size; i++)
    if (memcmp (file->bytes + i, name, strlen (name)) == 0)
      return i;
  CHECK_MSG (false, "no %s", name);
  return 0;
}

static void
test_lies (const image *whole)
{
  size_t matrix = find (whole, "matrix");
  static const struct {
    size_t at;      /* counted from the tensor's name if `tensor` */
    bool tensor;
    uint64_t value;
    size_t bytes;
    dd_code code;
    const char *words;
  } cases[] = {
    { 4, false, 1, 4, DD_ERROR_UNSUPPORTED, "GGUF version 1" },
    { 4, false, 0x03000000, 4, DD_ERROR_UNSUPPORTED, "big-endian" },
    { 4, false, 4, 4, DD_ERROR_UNSUPPORTED, "GGUF version 4" },
    { 0, false, 0x67676d6c, 4, DD_ERROR_UNSUPPORTED, "GGML file" },
    { 0, false, 0x67676d66, 4, DD_ERROR_UNSUPPORTED, "GGMF file" },
    { 0, false, 0x67676a74, 4, DD_ERROR_UNSUPPORTED, "GGJT file" },
    { 0, false, 0x04034b50, 4, DD_ERROR_UNSUPPORTED, "PyTorch or ZIP" },
    { 0, false, 0x73726576, 4, DD_ERROR_FORMAT, "not a GGUF" },
    { 8, false, UINT64_MAX, 8, DD_ERROR_FORMAT, "18446744073709551615 tensors" },
    { 16, false, UINT64_MAX, 8, DD_ERROR_FORMAT, "18446744073709551615 keys" },
    { 16, false, 1000, 8, DD_ERROR_FORMAT, "name of 0 bytes" },
    { 24, false, UINT64_MAX, 8, DD_ERROR_FORMAT, "cut short" },
    { 24, false, 0, 8, DD_ERROR_FORMAT, "name of 0 bytes" },
    { 6, true, 5, 4, DD_ERROR_FORMAT, "5 dimensions" },
    { 6, true, 0, 4, DD_ERROR_FORMAT, "0 dimensions" },
    { 10, true, 0, 8, DD_ERROR_FORMAT, "size that cannot be" },
    { 10, true, UINT64_MAX, 8, DD_ERROR_FORMAT, "size that cannot be" },
    { 10, true, 33, 8, DD_ERROR_FORMAT, "not whole blocks" },
    { 18, true, UINT64_C (1) << 30, 8, DD_ERROR_FORMAT, "cut short" },
    { 26, true, 16, 4, DD_ERROR_UNSUPPORTED, "IQ2_XXS" },
    { 26, true, 999, 4, DD_ERROR_UNSUPPORTED, "type 999" },
    { 30, true, 31, 8, DD_ERROR_FORMAT, "place that cannot be" },
    { 30, true, UINT64_MAX - 31, 8, DD_ERROR_FORMAT, "place that cannot be" },
    { 30, true, UINT64_C (1) << 40, 8, DD_ERROR_FORMAT, "cut short" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    image lying = *whole;

    memcpy (lying.bytes + cases[i].at + (cases[i].tensor ? matrix : 0), &cases[i].value,
            cases[i].bytes);
    expect (&lying, cases[i].code, cases[i].words);
  }
}

static void
test_twice (const image *whole)
{
  image twice = *whole;

  memcpy (twice.bytes + find (&twice, "a.u64"), "a.u32", 5);
  expect (&twice, DD_ERROR_FORMAT, "“a.u32” stands twice");
}

static void
test_header_only (const image *whole)
{
  dd_gguf *gguf;
  dd_error error;

  REQUIRE_OK (dd_gguf_parse (whole->bytes, find (whole, "matrix") + 38, true, &gguf, &error),
              error);
  CHECK (dd_gguf_find_tensor (gguf, "matrix")->data == NULL);
  CHECK (dd_gguf_find_tensor (gguf, "matrix")->bytes == 36);
  dd_gguf_close (&gguf);
}

/* Single bytes changed everywhere: never a crash, and under a sanitizer never a
 * read outside. */
static void
test_changed_bytes (const image *whole)
{
  for (size_t i = 0; i < whole->size; i++)
    for (int change = 1; change < 256; change = change * 3 + 1) {
      static image changed;
      dd_gguf *gguf = NULL;
      dd_error error;

      changed = *whole;
      changed.bytes[i] ^= (uint8_t) change;
      if (dd_gguf_parse (changed.bytes, changed.size, false, &gguf, &error))
        dd_gguf_close (&gguf);
    }
}

static void
write_part (int number, int count, bool wrong)
{
  static const float data[8] = { 4, 5 };
  const uint64_t dims[] = { 8 };
  const uint16_t number16 = (uint16_t) (wrong ? 9 : number), count16 = (uint16_t) count;
  char path[64], name[16];
  dd_gguf_writer *writer;
  dd_error error;

  REQUIRE_OK (dd_gguf_writer_new (&writer, &error), error);
  if (number == 0)
    put_keys (writer);
  dd_gguf_put_u32 (writer, "split.no", number16);
  dd_gguf_put_u32 (writer, "split.count", count16);
  snprintf (name, sizeof name, "tensor%d", number);
  dd_gguf_put_tensor (writer, name, DD_TYPE_F32, 1, dims, data);
  snprintf (path, sizeof path, "split-%05d-of-%05d.gguf", number + 1, count);
  REQUIRE_OK (dd_gguf_writer_save (writer, path, &error), error);
  dd_gguf_writer_free (&writer);
}

static void
test_split (void)
{
  dd_gguf *gguf;
  dd_error error;

  for (int i = 0; i < 3; i++)
    write_part (i, 3, false);
  for (int i = 1; i <= 3; i++) {
    char path[64];

    snprintf (path, sizeof path, "split-%05d-of-00003.gguf", i);
    REQUIRE_OK (dd_gguf_open (path, &gguf, &error), error);
    CHECK (dd_gguf_parts (gguf) == 3 && dd_gguf_n_tensors (gguf) == 3);
    CHECK (dd_gguf_find (gguf, "a.words") != NULL);
    CHECK (((const float *) dd_gguf_find_tensor (gguf, "tensor2")->data)[1] == 5);
    dd_gguf_close (&gguf);
  }
  write_part (1, 3, true);
  CHECK (!dd_gguf_open ("split-00001-of-00003.gguf", &gguf, &error));
  CHECK (strstr (error.text, "part 2 of 3") != NULL);
  unlink ("split-00002-of-00003.gguf");
  CHECK (!dd_gguf_open ("split-00001-of-00003.gguf", &gguf, &error) && error.code == DD_ERROR_IO);
  rename ("split-00001-of-00003.gguf", "renamed.gguf");
  CHECK (!dd_gguf_open ("renamed.gguf", &gguf, &error));
  CHECK (strstr (error.text, "one of 3 parts") != NULL);
  unlink ("renamed.gguf");
  unlink ("split-00003-of-00003.gguf");
}

/* Every allocation fails in turn once: an error each time, nothing leaks. */
static void
test_no_memory (const image *whole)
{
  uint64_t before = dd_alloc_bytes (DD_TAG_GGUF);
  bool ok = false;

  for (int64_t n = 0; !ok && n < 100; n++) {
    dd_gguf *gguf = NULL;
    dd_error error = { 0 };

    dd_alloc_fail_after (n);
    ok = dd_gguf_parse (whole->bytes, whole->size, false, &gguf, &error);
    dd_alloc_fail_after (-1);
    CHECK (ok || error.code == DD_ERROR_NO_MEMORY);
    dd_gguf_close (&gguf);
    CHECK (dd_alloc_bytes (DD_TAG_GGUF) == before);
  }
  CHECK (ok);
}

int
main (void)
{
  static image whole;

  test_round_trip ();
  load (&whole);
  test_cut_anywhere (&whole);
  test_lies (&whole);
  test_twice (&whole);
  test_header_only (&whole);
  test_changed_bytes (&whole);
  test_split ();
  test_no_memory (&whole);
  unlink (PATH);
  return check_done ();
}
