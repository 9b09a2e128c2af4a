/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Verdicts on cards: a small text file for each card, renamed into place.  Its last
 * line is a checksum; a file that does not fit in any way counts as none.
 *
 * While a test runs there is a second file with the system's boot number: if it is
 * still there after another boot, the computer went down during the test.
 */
#include "verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "host.h"

#define MAGIC "dadam card 1"
#define MOST_TEXT 1024
#define BOOT_BYTES 36

static bool
file_of (const char *uuid, const char *ending, char *out, size_t size)
{
  const char *folder = host_cache_folder ();

  return folder != NULL && strchr (uuid, '/') == NULL
         && snprintf (out, size, "%s/card-%s%s", folder, uuid, ending) < (int) size;
}

/* On the disk when it returns, so that it outlives a crash of the computer. */
static void
write_file (const char *path, const char *text)
{
  char draft[2048];
  FILE *file;
  bool ok;

  if (snprintf (draft, sizeof draft, "%s.%ld", path, (long) getpid ()) >= (int) sizeof draft
      || (file = fopen (draft, "wbe")) == NULL)
    return;
  ok = fputs (text, file) >= 0 && fflush (file) == 0 && fsync (fileno (file)) == 0;
  ok = fclose (file) == 0 && ok;
  if (!ok || rename (draft, path) != 0)
    (void) remove (draft);
}

/* FNV-1a: guards against damage, not against malice. */
static uint64_t
checksum (const char *text)
{
  uint64_t hash = UINT64_C (0xcbf29ce484222325);

  for (; *text != '\0'; text++)
    hash = (hash ^ (unsigned char) *text) * UINT64_C (0x100000001b3);
  return hash;
}

static bool
write_text (const dd_card *card, const host_verdict *verdict, char *out, size_t size)
{
  int used = snprintf (out, size, MAGIC "\n%s\n%" PRIx64 "\n%s\n", card->key, verdict->types,
                       verdict->problem);

  if (used < 0 || (size_t) used >= size)
    return false;
  return snprintf (out + used, size - (size_t) used, "%016" PRIx64 "\n", checksum (out))
         < (int) (size - (size_t) used);
}

/* Reads the numbers and words, then sees whether writing them gives the same file. */
static bool
parse (const dd_card *card, const char *text, host_verdict *out)
{
  const char *types = strstr (text, "\n");
  const char *problem, *end;
  char again[MOST_TEXT];

  types = types != NULL ? strstr (types + 1, "\n") : NULL;
  problem = types != NULL ? strstr (types + 1, "\n") : NULL;
  end = problem != NULL ? strstr (problem + 1, "\n") : NULL;
  if (end == NULL || (size_t) (end - problem) > sizeof out->problem)
    return false;
  out->types = strtoull (types + 1, NULL, 16);
  memcpy (out->problem, problem + 1, (size_t) (end - problem - 1));
  out->problem[end - problem - 1] = '\0';
  return write_text (card, out, again, sizeof again) && strcmp (again, text) == 0;
}

/* ---- a computer that went down ----------------------------------------- */

static bool
read_boot (char out[BOOT_BYTES + 2])
{
  return host_read_file ("/proc/sys/kernel/random/boot_id", out, BOOT_BYTES + 1)
         && strlen (out) == BOOT_BYTES;
}

static bool
went_down (const dd_card *card)
{
  char path[1200], text[MOST_TEXT], boot[BOOT_BYTES + 2];

  return file_of (card->uuid, ".testing", path, sizeof path)
         && host_read_file (path, text, sizeof text) && read_boot (boot)
         && strlen (text) > BOOT_BYTES && text[BOOT_BYTES] == ' '
         && strncmp (text, boot, BOOT_BYTES) != 0 && strcmp (text + BOOT_BYTES + 1, card->key) == 0;
}

void
host_verdict_begin (const dd_card *card)
{
  char path[1200], text[MOST_TEXT], boot[BOOT_BYTES + 2];

  if (file_of (card->uuid, ".testing", path, sizeof path) && read_boot (boot)
      && snprintf (text, sizeof text, "%s %s", boot, card->key) < (int) sizeof text)
    write_file (path, text);
}

void
host_verdict_end (const dd_card *card)
{
  char path[1200];

  if (file_of (card->uuid, ".testing", path, sizeof path))
    (void) remove (path);
}

/* ---- reading and writing ----------------------------------------------- */

host_verdict
host_verdict_read (const dd_card *card)
{
  host_verdict verdict = { 0 };
  char path[1200], text[MOST_TEXT];

  if (file_of (card->uuid, "", path, sizeof path) && host_read_file (path, text, sizeof text)
      && parse (card, text, &verdict))
    return verdict;
  verdict = (host_verdict) { 0 };
  if (went_down (card))
    snprintf (verdict.problem, sizeof verdict.problem,
              "the computer went down while its driver was being tested");
  return verdict;
}

void
host_verdict_write (const dd_card *card, const host_verdict *verdict)
{
  char path[1200], text[MOST_TEXT];

  if (file_of (card->uuid, "", path, sizeof path) && write_text (card, verdict, text, sizeof text))
    write_file (path, text);
}

void
host_forget_verdict (const char *uuid)
{
  char path[1200];

  if (file_of (uuid, "", path, sizeof path))
    (void) remove (path);
  if (file_of (uuid, ".testing", path, sizeof path))
    (void) remove (path);
}
