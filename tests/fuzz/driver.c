/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs a fuzz target without a fuzzing engine:
 *
 *     fuzz-NAME [-n MUTATIONS] [-s SEED] [FILE or FOLDER]…   runs them
 *     fuzz-NAME -w FOLDER                                    writes the seeds
 *
 * First the target's own seeds and the files, then so many pseudo-random
 * mutations of those, always the same for a SEED.  Before each mutation the
 * number of the round is kept in `round_at_work`, for the debugger.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM (1 << 20) /* bytes of an input at most */
#define INPUTS 1024

typedef struct input {
  uint8_t *data;
  size_t size;
} input;

static input inputs[INPUTS];
static size_t n_inputs;
static volatile unsigned long round_at_work;

static uint32_t
draw (uint64_t *state, uint32_t limit)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (uint32_t) ((*state >> 32) * limit >> 32);
}

static void
keep (const uint8_t *data, size_t size)
{
  if (n_inputs == INPUTS)
    return;
  inputs[n_inputs].data = malloc (size + 1);
  if (inputs[n_inputs].data == NULL)
    exit (1);
  memcpy (inputs[n_inputs].data, data, size);
  inputs[n_inputs++].size = size;
}

static void
keep_file (const char *path, uint8_t *buffer)
{
  FILE *file = fopen (path, "rb");

  if (file == NULL) {
    perror (path);
    exit (1);
  }
  keep (buffer, fread (buffer, 1, ROOM, file));
  fclose (file);
}

static void
keep_path (const char *path, uint8_t *buffer)
{
  DIR *folder = opendir (path);
  struct dirent *entry;
  char name[4096];

  if (folder == NULL) {
    keep_file (path, buffer);
    return;
  }
  while ((entry = readdir (folder)) != NULL) {
    snprintf (name, sizeof name, "%s/%s", path, entry->d_name);
    if (entry->d_name[0] != '.')
      keep_file (name, buffer);
  }
  closedir (folder);
}

static void
write_seeds (const char *folder, uint8_t *buffer)
{
  size_t size;

  for (unsigned i = 0; (size = fuzz_seed (i, buffer, ROOM)) > 0; i++) {
    char name[4096];
    FILE *file;

    snprintf (name, sizeof name, "%s/seed-%u", folder, i);
    file = fopen (name, "wb");
    if (file == NULL || fwrite (buffer, 1, size, file) != size || fclose (file) != 0) {
      perror (name);
      exit (1);
    }
  }
}

/* One change: mostly a bit, a byte or a number of interest; now and then what
 * moves everything behind it (a cut, a removal, an insertion), or a copy. */
static size_t
mutate_once (uint8_t *data, size_t size, uint64_t *state)
{
  static const uint32_t numbers[] = { 0,          1,          0x7f,       0xff,       0xffff,
                                      0x7fffffff, 0x80000000, 0xffffffff, 0x7fc00000, 0x7f800000 };
  size_t at = draw (state, (uint32_t) size), to = draw (state, (uint32_t) size);
  size_t count = 1 + draw (state, 1u << draw (state, 8));

  switch (draw (state, 16)) {
  case 0:
  case 1:
  case 2:
  case 3: data[at] ^= (uint8_t) (1 << draw (state, 8)); return size;
  case 4:
  case 5:
  case 6:
  case 7: data[at] = (uint8_t) draw (state, 256); return size;
  case 8:
  case 9:
  case 10:
  case 11:
    memcpy (data + at, &numbers[draw (state, 10)], size - at < 4 ? size - at : 4);
    return size;
  case 12: return draw (state, 4) == 0 ? at : size;
  case 13:
    if (count > size - at || count > size - to)
      return size;
    memmove (data + to, data + at, count);
    return size;
  case 14:
    if (count > size - at)
      return size;
    memmove (data + at, data + at + count, size - at - count);
    return size - count;
  default:
    if (count > size - at || size + count > ROOM)
      return size;
    memmove (data + at + count, data + at, size - at);
    return size + count;
  }
}

static void
run_mutations (unsigned long rounds, uint64_t state, uint8_t *buffer)
{
  for (round_at_work = 1; round_at_work <= rounds && n_inputs > 0; round_at_work++) {
    const input *from = &inputs[draw (&state, (uint32_t) n_inputs)];
    uint32_t changes = 1u << draw (&state, 4);
    size_t size = from->size;
    uint8_t *exact;

    memcpy (buffer, from->data, size);
    while (changes-- > 0 && size > 0)
      size = mutate_once (buffer, size, &state);
    exact = malloc (size + 1); /* so that a sanitizer sees a step too far */
    if (exact == NULL)
      exit (1);
    memcpy (exact + 1, buffer, size);
    LLVMFuzzerTestOneInput (exact + 1, size);
    free (exact);
  }
}

int
main (int argc, char **argv)
{
  uint8_t *buffer = malloc (ROOM);
  unsigned long rounds = 0;
  uint64_t seed = 1;
  size_t size;

  if (buffer == NULL)
    return 1;
  for (unsigned i = 0; (size = fuzz_seed (i, buffer, ROOM)) > 0; i++)
    keep (buffer, size);
  for (int i = 1; i < argc; i++) {
    if (strcmp (argv[i], "-n") == 0 && i + 1 < argc)
      rounds = strtoul (argv[++i], NULL, 10);
    else if (strcmp (argv[i], "-s") == 0 && i + 1 < argc)
      seed = strtoull (argv[++i], NULL, 10) | 1;
    else if (strcmp (argv[i], "-w") == 0 && i + 1 < argc)
      write_seeds (argv[++i], buffer);
    else
      keep_path (argv[i], buffer);
  }
  for (size_t i = 0; i < n_inputs; i++)
    LLVMFuzzerTestOneInput (inputs[i].data, inputs[i].size);
  run_mutations (rounds, seed * 0x9e3779b97f4a7c15u, buffer);
  printf ("%zu inputs, %lu mutations\n", n_inputs, rounds);
  for (size_t i = 0; i < n_inputs; i++)
    free (inputs[i].data);
  free (buffer);
  return 0;
}
