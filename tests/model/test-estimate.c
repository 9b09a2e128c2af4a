/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the dry run says of memory against what is taken: models of many shapes are
 * loaded, each in a process of its own, and a whole context is computed.  The growth of
 * resident memory, pages of the file counted, may differ by 3 % or 16 MiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "dadam/engine.h"
#include "quant/quant.h"
#include "tiny.h"

#define MOST_BYTES ((int64_t) 16 << 20)
#define MOST_SHARE 0.03

static const struct {
  const char *name;
  tiny shape;
} models[] = {
  { "llama f32", { .width = 512, .heads = 8, .kv_heads = 8, .hidden = 1376, .layers = 8 } },
  { "llama f16",
    { .width = 768,
      .heads = 12,
      .kv_heads = 12,
      .hidden = 2048,
      .layers = 12,
      .type = DD_TYPE_F16 } },
  { "llama q8_0",
    { .width = 1024,
      .heads = 16,
      .kv_heads = 4,
      .hidden = 2816,
      .layers = 16,
      .type = DD_TYPE_Q8_0 } },
  { "llama q4_0",
    { .width = 1024,
      .heads = 16,
      .kv_heads = 16,
      .hidden = 2816,
      .layers = 16,
      .type = DD_TYPE_Q4_0 } },
  { "llama q4_K",
    { .width = 2048,
      .heads = 32,
      .kv_heads = 8,
      .hidden = 5632,
      .layers = 8,
      .type = DD_TYPE_Q4_K } },
  { "llama q6_K, narrow and deep",
    { .width = 512,
      .heads = 8,
      .kv_heads = 2,
      .hidden = 1536,
      .layers = 40,
      .type = DD_TYPE_Q6_K } },
  { "llama q4_K, a wide cache",
    { .width = 1024,
      .heads = 16,
      .kv_heads = 16,
      .hidden = 1024,
      .layers = 24,
      .context = 4096,
      .type = DD_TYPE_Q4_K } },
  { "qwen2 q8_0",
    { .width = 896,
      .heads = 14,
      .kv_heads = 2,
      .hidden = 4864,
      .layers = 12,
      .type = DD_TYPE_Q8_0,
      .qwen2 = true } },
  { "qwen2 q4_K, a long context",
    { .width = 1536,
      .heads = 12,
      .kv_heads = 2,
      .hidden = 4096,
      .layers = 6,
      .context = 6144,
      .type = DD_TYPE_Q4_K,
      .qwen2 = true } },
  { "tiny", { .layers = 2 } },
};

static int64_t
resident (void)
{
  FILE *file = fopen ("/proc/self/statm", "r");
  long pages = 0;

  if (file == NULL || fscanf (file, "%*s %ld", &pages) != 1)
    exit (1);
  fclose (file);
  return (int64_t) pages * sysconf (_SC_PAGESIZE);
}

static bool
last_row (size_t row, const float *logits, int64_t n_vocab, void *user)
{
  (void) row, (void) logits, (void) n_vocab, (void) user;
  return true;
}

/* All of the context, as one long text. */
static void
fill_context (dd_model *model, int64_t context)
{
  dd_token *tokens = calloc ((size_t) context, sizeof *tokens);
  dd_span span = { .count = (size_t) context };
  dd_session *session = NULL;
  dd_error error;

  if (tokens == NULL)
    exit (1);
  for (int64_t i = 0; i < context; i++)
    tokens[i] = TINY_FIRST_BYTE + 97 + (dd_token) (i % 26);
  REQUIRE_OK (dd_session_open (model, &session, &error), error);
  REQUIRE_OK (dd_session_sync (session, tokens, &span, 1, &error), error);
  REQUIRE_OK (dd_session_score (session, (size_t) context - 1, last_row, NULL, &error), error);
  printf ("%lld ", (long long) resident ());
  dd_session_close (&session);
  free (tokens);
}

/* In a process of its own: nothing that another model left is taken again. */
static void
compare (const char *path)
{
  dd_engine *engine = NULL;
  dd_file *file = NULL;
  dd_model *model = NULL;
  dd_model_info info;
  dd_estimate estimate;
  dd_error error;

  REQUIRE_OK (dd_engine_open (&(dd_engine_options) { 0 }, &engine, &error), error);
  REQUIRE_OK (dd_file_open (path, &file, &error), error);
  REQUIRE_OK (dd_file_measure (file, engine, "cpu", 0, &estimate, &error), error);
  dd_file_close (&file);
  printf ("%llu %lld ",
          (unsigned long long) (estimate.memory.weights + estimate.memory.cache
                                + estimate.memory.activations),
          (long long) resident ());
  REQUIRE_OK (dd_model_open (engine, path, &(dd_model_options) { .devices = "cpu" }, &model,
                             &error),
              error);
  dd_model_info_get (model, &info);
  fill_context (model, info.context);
  dd_model_close (&model);
  dd_engine_close (&engine);
}

static void
check_model (const char *self, const char *name, const tiny *shape)
{
  char *path = tiny_file (shape, "estimate");
  char command[512];
  long long estimate, before, after;
  double difference;
  FILE *child;

  snprintf (command, sizeof command, "\"%s\" --one %s", self, path);
  child = popen (command, "r");
  CHECK (child != NULL && fscanf (child, "%lld %lld %lld", &estimate, &before, &after) == 3);
  CHECK (child != NULL && pclose (child) == 0);
  difference = (double) (after - before - estimate);
  printf ("%-28s dry run %7.1f MiB, taken %7.1f MiB, %+.1f MiB (%+.1f %%)\n", name,
          (double) estimate / 0x1p20, (double) (after - before) / 0x1p20, difference / 0x1p20,
          100 * difference / (double) estimate);
  fflush (stdout);
  if (difference < 0)
    difference = -difference;
  CHECK_MSG (difference <= (double) MOST_BYTES || difference <= MOST_SHARE * (double) estimate,
             "%s", name);
  unlink (path);
  free (path);
}

int
main (int argc, char **argv)
{
  if (argc == 3) {
    compare (argv[2]);
    return 0;
  }
  for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
    tiny shape = models[i].shape;

    shape.zeros = shape.width > 0;
    shape.seed = 7;
    shape.vocab = 4000;
    shape.context = shape.context > 0 ? shape.context : 1024;
    check_model (argv[0], models[i].name, &shape);
  }

  return check_done ();
}
