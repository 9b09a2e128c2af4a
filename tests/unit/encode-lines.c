/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * encode-lines FILE.gguf: a tokenizer for scripts.  Standard input: records of a
 * 32-bit length (its top bit: control tokens are recognised) and that many bytes.
 * Standard output: per record a 32-bit count and the tokens.  Driven by
 * golden/compare_tokenizers.py.
 */
#include "base/alloc.h"
#include "check.h"
#include "text/vocab.h"

#include <time.h>

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + (double) time.tv_nsec * 1e-9;
}

int
main (int argc, char **argv)
{
  dd_gguf *gguf;
  dd_vocab *vocab;
  dd_error error;
  uint32_t length;
  double start, opened, encoding = 0;

  if (argc != 2)
    return 2;
  REQUIRE_OK (dd_gguf_open (argv[1], &gguf, &error), error);
  start = now ();
  REQUIRE_OK (dd_vocab_open (gguf, &vocab, &error), error);
  opened = now () - start;
  while (fread (&length, sizeof length, 1, stdin) == 1) {
    unsigned flags = length >> 31 ? DD_ENCODE_SPECIAL : DD_ENCODE_TEXT;
    dd_tokens tokens = { 0 };
    char *text;
    uint32_t count;

    length &= INT32_MAX;
    text = malloc (length + 1);
    if (text == NULL || fread (text, 1, length, stdin) != length)
      return 1;
    start = now ();
    REQUIRE_OK (dd_vocab_encode (vocab, text, length, flags, &tokens, &error), error);
    encoding += now () - start;
    count = (uint32_t) tokens.count;
    fwrite (&count, sizeof count, 1, stdout);
    fwrite (tokens.items, sizeof *tokens.items, tokens.count, stdout);
    dd_tokens_clear (&tokens);
    free (text);
  }
  fprintf (stderr, "%zu tokens opened in %.1f ms, texts encoded in %.3f s\n", dd_vocab_size (vocab),
           opened * 1e3, encoding);
  dd_vocab_close (&vocab);
  dd_gguf_close (&gguf);
  return 0;
}
