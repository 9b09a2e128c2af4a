/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any tokens and stop strings through the detokenizer: what comes out is valid
 * UTF-8 without NUL and without a stop string.  Input: flags, then two stop
 * strings with their lengths, then tokens of 16 bits.
 */
#include "fuzz.h"

#include "base/utf8.h"
#include "text/detok.h"
#include "unit/vocabs.h"

#include <stdlib.h>
#include <string.h>

static void
check (bool good)
{
  if (!good)
    abort ();
}

/* The vocabulary stays for the whole run. */
static const dd_vocab *
vocabulary (bool spm)
{
  static vocab_file files[2];

  if (files[spm].vocab == NULL) {
    if (spm)
      vocab_file_spm (&files[1], NULL);
    else
      vocab_file_bpe (&files[0], "gpt-2", NULL);
  }
  return files[spm].vocab;
}

static size_t
read_stop (const uint8_t *data, size_t size, char stop[DD_STOP_BYTES + 1])
{
  size_t length = size > 0 && data[0] < size ? data[0] : 0;

  memcpy (stop, data + 1, length);
  stop[length] = '\0';
  return size > 0 ? length + 1 : 0;
}

static size_t
append (char *all, size_t count, const char *text, size_t length)
{
  uint32_t character;

  for (size_t i = 0; i < length;) {
    int step = dd_utf8_next ((const uint8_t *) text + i, length - i, &character);

    check (step > 0 && character != 0);
    i += (size_t) step;
  }
  memcpy (all + count, text, length);
  return count + length;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char stops[2][DD_STOP_BYTES + 1] = { "", "" };
  const char *chosen[2] = { stops[0], stops[1] };
  size_t at = 1, n_stops, count = 0, length;
  dd_detok *detok;
  dd_error error;
  const char *text;
  bool stopped = false;
  char *all;

  if (size < 3)
    return 0;
  n_stops = data[0] >> 2 & 3;
  for (size_t i = 0; i < n_stops && i < 2; i++)
    at += read_stop (data + at, size - at, stops[i]);
  if (!dd_detok_new (vocabulary (data[0] & 1), chosen, n_stops > 2 ? 0 : n_stops, data[0] & 2,
                     &detok, &error))
    return 0;
  all = malloc (size * 64 + 1024);
  check (all != NULL);
  for (; at + 2 <= size; at += 2) {
    dd_detok_push (detok, (dd_token) (data[at] | data[at + 1] << 8), &text, &length, &stopped);
    count = append (all, count, text, length);
  }
  dd_detok_flush (detok, &text, &length);
  count = append (all, count, text, length);
  for (size_t i = 0; n_stops <= 2 && i < n_stops; i++)
    check (memmem (all, count, stops[i], strlen (stops[i])) == NULL);
  free (all);
  dd_detok_free (&detok);
  return 0;
}

size_t
fuzz_seed (unsigned i, uint8_t *out, size_t room)
{
  static const uint8_t seeds[][16] = {
    { 0x07, 2, '#', '#', 39, 0, 39, 0, 39, 0 },
    { 0x0b, 1, 'a', 3, 'l', 'l', 'o', 104, 0, 105, 1, 12, 1, 14, 1 },
    { 0x02, 238, 0, 187, 0, 133, 0, 0, 1, 4, 0 },
    { 0x01, 239, 0, 240, 0, 241, 0, 32, 1, 60, 1 },
  };

  if (i >= sizeof seeds / sizeof *seeds || room < sizeof seeds[i])
    return 0;
  memcpy (out, seeds[i], sizeof seeds[i]);
  return sizeof seeds[i];
}
