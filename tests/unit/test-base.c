/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of engine/base but the threads: UTF-8, tables, arenas, allocation, maps
 * of files that are cut while in use.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/checked.h"
#include "base/map.h"
#include "base/table.h"
#include "base/utf8.h"
#include "check.h"

static void
test_utf8_round_trip (void)
{
  for (uint32_t character = 0; character < 0x110000; character++) {
    uint8_t bytes[4];
    uint32_t back = 0;
    int length;

    if (character >= 0xd800 && character < 0xe000)
      continue;
    length = dd_utf8_put (character, bytes);
    CHECK_MSG (dd_utf8_next (bytes, (size_t) length, &back) == length && back == character,
               "U+%04X", character);
    for (int i = 1; i < length; i++)
      CHECK_MSG (dd_utf8_next (bytes, (size_t) i, &back) == 0, "U+%04X cut at %d", character, i);
  }
}

/* The maximal broken parts of table 3-8 of the Unicode Standard. */
static void
test_utf8_broken (void)
{
  static const struct {
    const char *text;
    int part;
  } cases[] = {
    { "\x80", -1 },         { "\xc0\xaf", -1 },  { "\xc1\xbf", -1 },      { "\xe0\x80", -1 },
    { "\xed\xa0\x80", -1 }, { "\xea\xb0!", -2 }, { "\xf0\x90\x80!", -3 }, { "\xf4\x90", -1 },
    { "\xf5\x80", -1 },     { "\xff", -1 },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint32_t character;

    CHECK_MSG (dd_utf8_next ((const uint8_t *) cases[i].text, strlen (cases[i].text), &character)
                   == cases[i].part,
               "case %zu", i);
  }
}

static void
test_table (void)
{
  enum { COUNT = 20000 };
  static char names[COUNT][8];
  dd_table table;
  uint32_t value;

  CHECK (dd_table_init (&table, DD_TAG_BASE, COUNT));
  for (uint32_t i = 0; i < COUNT; i++) {
    snprintf (names[i], sizeof names[i], "n%u", i);
    CHECK (dd_table_put (&table, names[i], strlen (names[i]), i));
  }
  CHECK (!dd_table_put (&table, "n7", 2, 99));
  for (uint32_t i = 0; i < COUNT; i++)
    CHECK (dd_table_get (&table, names[i], strlen (names[i]), &value)
           && value == (i == 7 ? 99 : i));
  CHECK (!dd_table_get (&table, "n", 1, &value));
  CHECK (!dd_table_get (&table, "", 0, &value));
  dd_table_clear (&table);
  CHECK (!dd_table_get (&table, "n7", 2, &value));
}

static void
test_arena (void)
{
  dd_arena arena;
  uint64_t before = dd_alloc_bytes (DD_TAG_MODEL);

  dd_arena_init (&arena, DD_TAG_MODEL);
  for (size_t size = 0; size < 5000; size += 37) {
    unsigned char *memory = dd_arena_alloc (&arena, size);

    CHECK (memory != NULL && (uintptr_t) memory % 64 == 0);
    for (size_t i = 0; i < size; i++)
      CHECK (memory[i] == 0);
    memset (memory, 0xff, size);
  }
  CHECK (dd_arena_alloc (&arena, SIZE_MAX - 3) == NULL);
  CHECK (dd_arena_array (&arena, SIZE_MAX / 2, 3) == NULL);
  dd_arena_clear (&arena);
  CHECK (dd_alloc_bytes (DD_TAG_MODEL) == before);
}

static void
test_alloc_failure (void)
{
  void *first, *second, *third;

  dd_alloc_fail_after (1);
  first = dd_alloc (DD_TAG_BASE, 8);
  second = dd_alloc (DD_TAG_BASE, 8);
  third = dd_alloc (DD_TAG_BASE, 8);
  dd_alloc_fail_after (-1);
  CHECK (first != NULL && second == NULL && third != NULL);
  CHECK (dd_alloc (DD_TAG_BASE, SIZE_MAX) == NULL);
  CHECK (dd_alloc_array (DD_TAG_BASE, SIZE_MAX / 2, 4) == NULL);
  dd_free (first);
  dd_free (third);
}

static void
test_checked (void)
{
  uint64_t out;

  CHECK (dd_add_u64 (UINT64_MAX - 1, 1, &out) && out == UINT64_MAX);
  CHECK (!dd_add_u64 (UINT64_MAX, 1, &out));
  CHECK (!dd_mul_u64 (UINT64_C (1) << 32, UINT64_C (1) << 32, &out));
  CHECK (dd_align_u64 (33, 32, &out) && out == 64);
  CHECK (!dd_align_u64 (UINT64_MAX - 3, 32, &out));
}

/* A file cut while it is mapped reads as zeros and is marked; the program lives. */
static void
test_map_cut (void)
{
  char path[] = "map-XXXXXX";
  int file = mkstemp (path);
  static char page[65536];
  dd_map *map;
  dd_error error;
  volatile const uint8_t *data;

  memset (page, 7, sizeof page);
  CHECK (file >= 0 && write (file, page, sizeof page) == sizeof page);
  REQUIRE_OK (dd_map_open (path, &map, &error), error);
  data = dd_map_data (map);
  CHECK (dd_map_size (map) == sizeof page && data[40000] == 7 && !dd_map_broken (map));
  CHECK (ftruncate (file, 4096) == 0);
  CHECK (data[100] == 7);
  CHECK (data[40000] == 0);
  CHECK (dd_map_broken (map));
  dd_map_close (&map);
  close (file);
  unlink (path);
}

static void
test_map_errors (void)
{
  dd_map *map;
  dd_error error;
  int file;

  CHECK (!dd_map_open ("no-such-file", &map, &error) && error.code == DD_ERROR_IO);
  CHECK (strstr (error.text, "no-such-file") != NULL);
  CHECK (!dd_map_open (".", &map, &error) && error.code == DD_ERROR_IO);
  file = open ("empty-file", O_CREAT | O_WRONLY, 0600);
  close (file);
  CHECK (!dd_map_open ("empty-file", &map, &error) && error.code == DD_ERROR_FORMAT);
  unlink ("empty-file");
}

static void
test_error_cut (void)
{
  dd_error error;
  char text[600];
  uint32_t character;
  size_t at = 0;

  for (size_t i = 0; i < sizeof text - 3; i += 3)
    memcpy (text + i, "가", 3);
  text[sizeof text - 3] = '\0';
  CHECK (!dd_fail (&error, DD_ERROR_FORMAT, "x%s", text));
  while (error.text[at] != '\0') {
    int step = dd_utf8_next ((uint8_t *) error.text + at, strlen (error.text + at), &character);

    CHECK (step > 0);
    at += step > 0 ? (size_t) step : 1;
  }
  CHECK (at > 500);
}

/* What names from outside may bring along does not leave the line. */
static void
test_error_plain (void)
{
  dd_error error;

  dd_fail (&error, DD_ERROR_FORMAT, "a key “%s” of %s", "x\x1b[2J\ny\xff\xea",
           "a\xe2\x80\xae.gguf");
  CHECK_MSG (strcmp (error.text, "a key “x?[2J?y??” of a???.gguf") == 0, "%s", error.text);
  dd_fail (&error, DD_ERROR_FORMAT, "%s", "가나\xea");
  CHECK_MSG (strcmp (error.text, "가나?") == 0, "%s", error.text);
}

int
main (void)
{
  test_utf8_round_trip ();
  test_utf8_broken ();
  test_table ();
  test_arena ();
  test_alloc_failure ();
  test_checked ();
  test_map_cut ();
  test_map_errors ();
  test_error_cut ();
  test_error_plain ();
  return check_done ();
}
