/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * write-model PATH [plain|other|hungry|quick]: a tiny model that talks nonsense until it
 * is stopped.  With `plain` the file does not say its prompt format, `other` is another
 * model, `hungry` one that remembers as much as memory has room for, and `quick` one of
 * few layers, for many turns.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "tiny.h"

/* Alpaca's, the one format that needs no tokens of its own. */
#define TEMPLATE "### Instruction:\n{{ message }}\n\n### Response:\n"

/* A copy without the key that says which token ends an answer. */
static void
copy_endless (const char *from, const char *to)
{
  dd_gguf *gguf = NULL;
  dd_gguf_writer *writer = NULL;
  dd_error error = { 0 };

  REQUIRE_OK (dd_gguf_open (from, &gguf, &error), error);
  REQUIRE_OK (dd_gguf_writer_new (&writer, &error), error);
  for (size_t i = 0; i < dd_gguf_n_keys (gguf); i++) {
    const dd_gguf_key *key = dd_gguf_key_at (gguf, i);
    const char end[] = "tokenizer.ggml.eos_token_id";

    if (key->name.length != strlen (end) || memcmp (key->name.data, end, strlen (end)) != 0)
      dd_gguf_put_key (writer, key);
  }
  for (size_t i = 0; i < dd_gguf_n_tensors (gguf); i++) {
    const dd_gguf_tensor *tensor = dd_gguf_tensor_at (gguf, i);
    char name[80];

    snprintf (name, sizeof name, "%.*s", (int) tensor->name.length, tensor->name.data);
    dd_gguf_put_tensor (writer, name, tensor->type, tensor->n_dims, tensor->dims, tensor->data);
  }
  REQUIRE_OK (dd_gguf_writer_save (writer, to, &error), error);
  dd_gguf_writer_free (&writer);
  dd_gguf_close (&gguf);
}

int
main (int argc, char **argv)
{
  tiny model = { .seed = 7, .layers = 60, .context = 8192, .chat_template = TEMPLATE };
  char scratch[4096];

  if (argc < 2)
    return 2;
  if (argc > 2 && strcmp (argv[2], "plain") == 0)
    model.chat_template = NULL;
  if (argc > 2 && strcmp (argv[2], "other") == 0)
    model.seed = 8;
  if (argc > 2 && strcmp (argv[2], "quick") == 0)
    model.layers = 2;
  if (argc > 2 && strcmp (argv[2], "hungry") == 0) {
    model.context = 1 << 20;
    model.layers = 512;
  }
  snprintf (scratch, sizeof scratch, "%s.ending", argv[1]);
  tiny_write (&model, scratch);
  copy_endless (scratch, argv[1]);
  unlink (scratch);

  return 0;
}
