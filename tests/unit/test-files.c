/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files that are no sound model, through the public door and, given the program,
 * through `dadam inspect`: one line that says what is wrong, exit status 1,
 * nothing on the standard output.
 *
 *     test-files DADAM
 */
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/utf8.h"
#include "check.h"
#include "dadam/engine.h"
#include "quant/quant.h"
#include "tiny.h"

#define PATH "bad-file.gguf"
#define ROOM (4u << 20)

extern char **environ;

static const char *program;
static uint8_t *whole, *bytes; /* a sound model, and what is made of it */
static size_t whole_size;
static bool runs; /* whether the last file would run here */

/* Writes `size` bytes; beyond ROOM, the file is longer but sparse. */
static void
write_file (const uint8_t *data, size_t size, off_t length)
{
  FILE *file = fopen (PATH, "wb");

  if (file == NULL || fwrite (data, 1, size, file) != size || fclose (file) != 0
      || (length > 0 && truncate (PATH, length) != 0))
    exit (1);
}

static void
check_line (const char *what, const char *text, const char *words)
{
  size_t length = strlen (text);
  uint32_t character = 0;
  int step = 1;

  for (size_t i = 0; i < length && step > 0; i += (size_t) step) {
    step = dd_utf8_next ((const uint8_t *) text + i, length - i, &character);
    CHECK_MSG (step > 0 && !dd_utf8_is_control (character), "%s: “%s”", what, text);
  }
  CHECK_MSG (length > 10 && strstr (text, words) != NULL, "%s: “%s” lacks “%s”", what, text, words);
}

/* What `dadam inspect` prints, and its status. */
static int
inspect (char *out, size_t room)
{
  char *const arguments[] = { (char *) program, (char *) "inspect", (char *) PATH, NULL };
  posix_spawn_file_actions_t actions;
  int status = -1, ends[2];
  size_t used = 0;
  ssize_t got;
  pid_t child;

  if (pipe (ends) != 0)
    exit (1);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2 (&actions, ends[1], 2);
  posix_spawn_file_actions_addclose (&actions, ends[0]);
  posix_spawn_file_actions_addclose (&actions, ends[1]);
  if (posix_spawn (&child, program, &actions, NULL, arguments, environ) != 0)
    exit (1);
  close (ends[1]);
  while (used < room - 1 && (got = read (ends[0], out + used, room - 1 - used)) > 0)
    used += (size_t) got;
  out[used] = '\0';
  close (ends[0]);
  waitpid (child, &status, 0);
  posix_spawn_file_actions_destroy (&actions);
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

/* The file may not open; `words` are in the error. */
static void
check_refused (const char *what, const char *words)
{
  char text[1024], *end;
  dd_file *file = NULL;
  dd_error error = { 0 };
  int status;

  CHECK_MSG (!dd_file_open (PATH, &file, &error) && file == NULL, "%s opens", what);
  check_line (what, error.text, words);
  if (program == NULL)
    return;
  status = inspect (text, sizeof text);
  CHECK_MSG (status == EXIT_FAILURE, "%s: status %d, “%s”", what, status, text);
  end = strchr (text, '\n');
  CHECK_MSG (end != NULL && end[1] == '\0', "%s is not one line: “%s”", what, text);
  if (end != NULL)
    *end = '\0';
  check_line (what, text, words);
}

static void
refuse (const char *what, const char *words, const void *data, size_t size, off_t length)
{
  write_file (data, size, length);
  check_refused (what, words);
}

/* ---- not GGUF ---------------------------------------------------------- */

static void
test_others (void)
{
  static const struct {
    const char *what, *words, *start;
    size_t size;
  } files[] = {
    { "nothing", "is empty", "", 0 },
    { "one byte", "not a GGUF", "G", 1 },
    { "the name alone", "cut short", "GGUF", 4 },
    { "text", "not a GGUF", "hello, I am a model", 19 },
    { "ggml", "GGML file", "lmgg\0\0\0\0", 8 },
    { "ggmf", "GGMF file", "fmgg\1\0\0\0", 8 },
    { "ggjt", "GGJT file", "tjgg\3\0\0\0", 8 },
    { "version 1", "GGUF version 1", "GGUF\1\0\0\0\0\0\0\0\0\0\0\0", 16 },
    { "big-endian", "big-endian", "GGUF\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0", 20 },
    { "version 9", "GGUF version 9", "GGUF\11\0\0\0\0\0\0\0\0\0\0\0", 16 },
    { "ZIP", "PyTorch or ZIP", "PK\3\4aaaaaaa", 11 },
    { "safetensors", "safetensors", "\20\0\0\0\0\0\0\0{\"a\":1}", 15 },
    { "a pointer", "Git LFS pointer", "version https://git-lfs", 23 },
  };

  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    refuse (files[i].what, files[i].words, files[i].start, files[i].size, 0);
  refuse ("zeros without end", "not a GGUF", "", 0, (off_t) 1 << 40);
}

static void
test_no_file (void)
{
  unlink (PATH);
  check_refused ("no file", "No such file");
  if (mkdir (PATH, 0700) != 0)
    exit (1);
  check_refused ("a folder", "is not a file");
  rmdir (PATH);
}

/* ---- a sound model made unsound ---------------------------------------- */

static void
test_cut (void)
{
  for (size_t size = 1; size < whole_size - 4096; size += whole_size / 37)
    refuse ("a cut file", size < 4 ? "not a GGUF" : "cut short", whole, size, 0);
  refuse ("a hole in the middle", "cut short", whole, 24, 30);
}

static size_t
find (const char *name)
{
  const uint8_t *at = memmem (whole, whole_size, name, strlen (name));

  if (at == NULL)
    exit (1);
  return (size_t) (at - whole);
}

static void
lie (const char *what, const char *words, size_t at, uint64_t value, size_t size)
{
  memcpy (bytes, whole, whole_size);
  memcpy (bytes + at, &value, size);
  refuse (what, words, bytes, whole_size, 0);
}

static void
test_lies (void)
{
  size_t tensor = find ("token_embd.weight") + strlen ("token_embd.weight");
  size_t tokens = find ("tokenizer.ggml.tokens") + strlen ("tokenizer.ggml.tokens");

  lie ("tensors without number", "tensors", 8, UINT64_MAX, 8);
  lie ("keys without number", "keys", 16, UINT64_C (1) << 40, 8);
  lie ("a long name", "cut short", 24, UINT64_C (1) << 40, 8);
  lie ("a name around the end of numbers", "cut short", 24, UINT64_MAX - 8, 8);
  lie ("many tokens", "cut short", tokens + 8, UINT64_MAX / 8, 8);
  lie ("a kind that is none", "kind of value", tokens + 4, 77, 4);
  lie ("lists of lists", "array of arrays", tokens + 4, 9, 4);
  lie ("nine dimensions", "9 dimensions", tensor, 9, 4);
  lie ("a side of nothing", "size that cannot be", tensor + 4, 0, 8);
  lie ("a side of all", "size that cannot be", tensor + 4, UINT64_MAX, 8);
  lie ("too many rows", "cut short", tensor + 12, UINT64_C (1) << 30, 8);
  lie ("a strange type", "type 999", tensor + 20, 999, 4);
  lie ("a place outside", "cut short", tensor + 24, UINT64_C (1) << 40, 8);
  lie ("a place around the end of numbers", "place that cannot be", tensor + 24, UINT64_MAX - 31,
       8);
  memcpy (bytes, whole, whole_size);
  memcpy (bytes + find ("general.name"), "gene\x1b[2J\n.na", 12);
  memcpy (bytes + find ("general.name") + 12, "\x63\0\0\0", 4);
  refuse ("a name that steers", "kind of value", bytes, whole_size, 0);
}

/* ---- anything ---------------------------------------------------------- */

static uint64_t state = 88172645463325252u;

static uint32_t
draw (void)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t) (state >> 32);
}

/* Opens, or says why not, in a line; the same of whether it runs. */
static void
open_anything (dd_engine *engine, const char *what)
{
  dd_error error = { 0 };
  dd_estimate estimate;
  dd_file *file;

  runs = false;
  if (!dd_file_open (PATH, &file, &error)) {
    check_line (what, error.text, "");
    return;
  }
  runs = dd_file_measure (file, engine, NULL, 0, &estimate, &error);
  if (!runs)
    check_line (what, error.text, "");
  dd_file_close (&file);
}

static void
test_random (dd_engine *engine)
{
  for (int round = 0; round < 200; round++) {
    size_t size = 1 + draw () % 4096;

    for (size_t i = 0; i < size; i++)
      bytes[i] = (uint8_t) draw ();
    if (round % 2 == 0)
      memcpy (bytes, "GGUF\3\0\0", 8);
    write_file (bytes, size, 0);
    open_anything (engine, "random bytes");
    CHECK (!runs);
  }
  for (int round = 0; round < 400; round++) {
    memcpy (bytes, whole, whole_size);
    for (uint32_t i = 0; i < 1u + draw () % 8; i++)
      bytes[draw () % (round % 2 == 0 ? 1024 : whole_size)] = (uint8_t) draw ();
    write_file (bytes, whole_size, 0);
    open_anything (engine, "changed bytes");
  }
}

int
main (int argc, char **argv)
{
  dd_engine *engine;
  dd_error error;
  FILE *file;

  program = argc > 1 ? argv[1] : NULL;
  whole = malloc (ROOM);
  bytes = malloc (ROOM);
  tiny_write (&(tiny) { .seed = 1, .type = DD_TYPE_Q8_0 }, PATH);
  file = fopen (PATH, "rb");
  if (whole == NULL || bytes == NULL || file == NULL)
    return 1;
  whole_size = fread (whole, 1, ROOM, file);
  fclose (file);
  REQUIRE_OK (dd_engine_open (NULL, &engine, &error), error);
  open_anything (engine, "the sound model");
  CHECK (runs);
  test_others ();
  test_no_file ();
  test_cut ();
  test_lies ();
  test_random (engine);
  dd_engine_close (&engine);
  unlink (PATH);
  free (whole);
  free (bytes);
  return check_done ();
}
