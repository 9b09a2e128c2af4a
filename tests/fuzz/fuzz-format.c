/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any conversation in any format, and any chat template.  Input: format and
 * number of made tokens (a byte each), then messages: role, length, text; what
 * is left is a template.
 */
#include "fuzz.h"

#include "base/alloc.h"
#include "text/format.h"
#include "unit/vocabs.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGES 8

static void
check (bool good)
{
  if (!good)
    abort ();
}

static const dd_vocab *
vocabulary (void)
{
  static const vocab_extra extras[] = {
    { "[INST]", DD_PIECE_CONTROL },
    { "[/INST]", DD_PIECE_CONTROL },
    { "<|im_start|>", DD_PIECE_CONTROL },
    { "<|im_end|>", DD_PIECE_CONTROL },
    { "<|start_header_id|>", DD_PIECE_CONTROL },
    { "<|u|>", DD_PIECE_USER },
    { NULL, 0 },
  };
  static vocab_file file;

  if (file.vocab == NULL)
    vocab_file_spm (&file, extras);
  return file.vocab;
}

static void
check_prompt (const dd_tokens *tokens, const dd_span *spans, size_t n_spans)
{
  size_t sum = 0;

  for (size_t i = 0; i < n_spans; i++) {
    check (spans[i].count > 0 && (i == 0 || spans[i].kind != spans[i - 1].kind));
    sum += spans[i].count;
  }
  check (sum == tokens->count && sum > 0);
  check (tokens->items[0] == 1 && (sum == 1 || tokens->items[1] != 1));
}

static void
detect (const char *text, size_t length)
{
  vocab_bytes bytes = { 0 };
  char *copy = malloc (length + 1);
  dd_gguf *gguf;
  dd_error error;

  check (copy != NULL);
  memcpy (copy, text, length);
  copy[length] = '\0';
  vocab_put_text (&bytes, "tokenizer.chat_template", copy);
  vocab_put_text (&bytes, "general.name", copy);
  check (dd_gguf_parse (bytes.data, bytes.count, true, &gguf, &error));
  dd_format_detect (gguf, copy);
  dd_gguf_close (&gguf);
  vocab_bytes_clear (&bytes);
  free (copy);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const dd_token made[] = { 300, 7, 301, -1 };
  dd_message messages[MESSAGES];
  size_t n = 0, at = 2;
  const dd_format *format;
  dd_tokens tokens;
  dd_span *spans;
  size_t n_spans;
  dd_error error;

  if (size < 2)
    return 0;
  format = dd_format_at (data[0] % 7);
  for (; n < MESSAGES && at + 2 <= size && data[at + 1] <= size - at - 2; n++) {
    messages[n] = (dd_message) { (dd_role) (data[at] % 3), (const char *) data + at + 2,
                                 data[at + 1], data[at] & 4 ? made : NULL, data[1] % 5 };
    at += 2 + data[at + 1];
  }
  if (dd_format_render (format, vocabulary (), messages, n, &tokens, &spans, &n_spans, &error))
    check_prompt (&tokens, spans, n_spans);
  else
    check (error.code != DD_OK && tokens.items == NULL);
  dd_tokens_clear (&tokens);
  dd_free (spans);
  detect ((const char *) data + at, size - at);
  return 0;
}

size_t
fuzz_seed (unsigned i, uint8_t *out, size_t room)
{
  static const char talk[] = "\0\2Be\1\6hello \2\3yes\1\4<s>\xff";
  static const char *const templates[] = { "\xff\xff<|im_start|>", "\xff\xff[INST] <<SYS>>",
                                           "\xff\xff"
                                           "komt-mistral",
                                           "\xff\xff### Instruction:\n" };
  size_t n = strlen (templates[i % 4]);

  if (i >= 14 || room < sizeof talk + n + 2)
    return 0;
  out[0] = (uint8_t) i;
  out[1] = (uint8_t) (i / 4);
  memcpy (out + 2, talk, sizeof talk - 1);
  if (i % 2)
    out[2 + 4 + 8] |= 4; /* the answer's tokens were made */
  memcpy (out + 2 + sizeof talk - 1, templates[i % 4], n);
  return 2 + sizeof talk - 1 + n;
}
