/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The public door: options, files, models, text, and every allocation failing in
 * turn.
 */
#include <unistd.h>

#include "answer.h"
#include "base/alloc.h"
#include "check.h"
#include "engine_private.h"
#include "tiny.h"

static dd_error error;

static void
test_options (void)
{
  static const char *const bad[] = { "avx9", "avx2,", "avx2,,neon", "AVX2", "avx2;neon" };
  dd_engine *engine;

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    dd_engine_options options = { .without = bad[i] };
    bool ok = dd_engine_open (&options, &engine, &error);

    CHECK_MSG (ok == (i == 1), "“%s”", bad[i]); /* a comma at the end does no harm */
    dd_engine_close (&engine);
  }
  CHECK (!dd_engine_open (&(dd_engine_options) { .threads = -1 }, &engine, &error));
  CHECK (error.code == DD_ERROR_ARGUMENT && engine == NULL);
  REQUIRE_OK (dd_engine_open (&(dd_engine_options) { .threads = 3, .without = "avx512,avx-vnni" },
                              &engine, &error),
              error);
  CHECK (dd_engine_threads (engine) == 3);
  CHECK (engine->cpu.without == (1u << DD_CPU_AVX512 | 1u << DD_CPU_AVX_VNNI));
  dd_engine_close (&engine);
  REQUIRE_OK (dd_engine_open (NULL, &engine, &error), error);
  CHECK (dd_engine_threads (engine) >= 1);
  dd_engine_close (&engine);
}

/* The number of a device; every engine has the three that are asked for here, if
 * only to say why one is not there. */
static int
number_of (dd_engine *engine, const char *id)
{
  dd_device_info info;

  for (size_t i = 0; i < dd_engine_n_devices (engine); i++) {
    dd_engine_device (engine, i, &info);
    if (strcmp (info.id, id) == 0)
      return (int) i;
  }
  CHECK_MSG (false, "no device %s", id);
  return 0;
}

static void
test_devices (void)
{
  dd_chosen list;
  dd_device_info info;
  dd_engine *engine;
  int cpu, reference;

  REQUIRE_OK (dd_engine_open (NULL, &engine, &error), error);
  cpu = number_of (engine, "cpu");
  reference = number_of (engine, "reference");
  dd_engine_device (engine, (size_t) reference, &info);
  CHECK (info.problem == NULL && info.memory_total > 0);
  CHECK (info.memory_available <= info.memory_total);
  dd_engine_device (engine, (size_t) number_of (engine, "vulkan:0"), &info);
  CHECK (info.problem ? info.problem[0] != '\0' : info.memory_total > 0);
  dd_engine_device (engine, DD_SOURCES, &info);
  CHECK (info.id == NULL);
  REQUIRE_OK (dd_devices_choose (&engine->devices, "reference,cpu", 0, true, &list, &error), error);
  CHECK (list.count == 2 && list.sources[0] == reference && list.sources[1] == cpu);
  CHECK (!dd_devices_choose (&engine->devices, "gpu", 0, true, &list, &error));
  CHECK (strstr (error.text, "cpu") != NULL && strstr (error.text, "reference") != NULL);
  CHECK (!dd_devices_choose (&engine->devices, "cpu,cpu", 0, true, &list, &error));
  CHECK (!dd_devices_choose (&engine->devices, "cpu,", 0, true, &list, &error));
  CHECK (!dd_devices_choose (&engine->devices, ",", 0, true, &list, &error));
  dd_engine_close (&engine);
}

static void
test_file (const char *path)
{
  dd_file *file;
  dd_file_info info;
  dd_key_info key;
  dd_tensor_info tensor;
  dd_token *tokens;
  size_t n_tokens;
  bool name = false, scores = false;

  REQUIRE_OK (dd_file_open (path, &file, &error), error);
  dd_file_info_get (file, &info);
  CHECK (info.version == 3 && info.parts == 1 && info.bytes > 0);
  CHECK (strcmp (info.family, "llama") == 0 && strcmp (info.name, "Tiny") == 0);
  CHECK (strcmp (info.type, "F32") == 0 && info.context == 512 && info.vocab == 320);
  CHECK (info.width == 64 && info.layers == 2 && info.heads == 4 && info.kv_heads == 2);
  for (size_t i = 0; i < info.n_keys; i++) {
    dd_file_key (file, i, &key);
    name = name || (strcmp (key.name, "general.name") == 0 && strcmp (key.value, "Tiny") == 0);
    if (strcmp (key.name, "tokenizer.ggml.scores") == 0) {
      scores = strncmp (key.value, "320: 0, 0", 9) == 0;
      CHECK (strstr (key.value, "…") != NULL && strlen (key.value) < sizeof key.value);
    }
  }
  CHECK (name && scores);
  dd_file_tensor (file, 0, &tensor);
  CHECK (strcmp (tensor.name, "token_embd.weight") == 0 && tensor.bytes == 320 * 64 * 4);
  CHECK (tensor.n_dims == 2 && tensor.dims[0] == 64 && tensor.dims[1] == 320);
  dd_file_key (file, 100000, &key);
  dd_file_tensor (file, 100000, &tensor);
  CHECK (key.name[0] == '\0' && tensor.type == NULL);
  REQUIRE_OK (dd_file_tokenize (file, "hi", 2, false, true, &tokens, &n_tokens, &error), error);
  CHECK (n_tokens > 2 && tokens[0] == 1);
  dd_engine_free (tokens);
  dd_file_close (&file);
  CHECK (!dd_file_open ("no-such-file.gguf", &file, &error) && error.code == DD_ERROR_IO);
  CHECK (!dd_file_open ("", &file, &error) && error.code == DD_ERROR_ARGUMENT);
}

/* Each under its own name, and what the tiny file is among them. */
static void
test_families (void)
{
  dd_family family;
  size_t n = 0;
  bool has_llama = false;

  for (; dd_family_get (n, &family); n++)
    has_llama = has_llama
                || (strcmp (family.name, "llama") == 0 && strcmp (family.also, "mistral") == 0);
  CHECK (n >= 2 && has_llama && family.name == NULL);
}

static bool
never (uint64_t done, uint64_t total, void *user)
{
  return false;
}

static void
test_model (const char *path)
{
  dd_engine *engine;
  dd_model *model;
  dd_model_info info;
  dd_file *file;
  dd_estimate estimate;
  dd_model_options options = { .devices = "reference" };
  dd_prompt prompt;
  char piece[64];
  dd_message message = { DD_ROLE_USER, "hi", 2, NULL, 0 };

  REQUIRE_OK (dd_engine_open (NULL, &engine, &error), error);
  REQUIRE_OK (dd_file_open (path, &file, &error), error);
  REQUIRE_OK (dd_file_measure (file, engine, "reference", 0, &estimate, &error), error);
  CHECK (!dd_file_measure (file, engine, "reference", 513, &estimate, &error));
  CHECK (!dd_file_measure (file, engine, "nothing", 0, &estimate, &error));
  REQUIRE_OK (dd_file_measure (file, engine, "reference", 0, &estimate, &error), error);
  dd_file_close (&file);
  REQUIRE_OK (dd_model_open (engine, path, &options, &model, &error), error);
  dd_model_info_get (model, &info);
  CHECK (info.context == 512 && info.trained_context == 512 && info.vocab == 320);
  CHECK (info.device[0] != '\0' && info.format == NULL);
  CHECK (memcmp (&estimate.memory, &info.memory, sizeof info.memory)
         == 0); /* the dry run kept its word */
  CHECK (dd_model_begin_token (model) == 1 && dd_model_is_end (model, 2));
  CHECK (!dd_model_is_end (model, 5));
  CHECK (dd_model_piece (model, 3 + 'A', piece, sizeof piece) == 1 && piece[0] == 'A');
  CHECK (dd_model_piece (model, -1, piece, sizeof piece) == 0);
  CHECK (dd_model_piece (model, 320, piece, sizeof piece) == 0);
  CHECK (dd_model_token_bytes (model) == estimate.memory.weights - 320 * 64 * 4 + 64 * 4);
  CHECK (!dd_model_prompt (model, "no such format", &message, 1, &prompt, &error));
  CHECK (!dd_model_prompt (model, NULL, &message, 1, &prompt, &error));
  REQUIRE_OK (dd_model_prompt (model, dd_format_name (0, NULL), &message, 1, &prompt, &error),
              error);
  CHECK (prompt.n_tokens > 0 && prompt.stops != NULL);
  dd_prompt_clear (&prompt);
  dd_model_close (&model);
  options.context = 100000;
  CHECK (!dd_model_open (engine, path, &options, &model, &error) && model == NULL);
  options.context = -5;
  CHECK (!dd_model_open (engine, path, &options, &model, &error));
  options.context = 0;
  options.progress.report = never;
  CHECK (!dd_model_open (engine, path, &options, &model, &error));
  CHECK (error.code == DD_ERROR_CANCELLED);
  dd_engine_close (&engine);
}

/* A header says of a model what its whole file says, whatever is in the tensors. */
static void
test_header (void)
{
  static const tiny models[] = { { .seed = 5 },
                                 { .seed = 6, .factors = true },
                                 { .seed = 7, .qwen2 = true } };

  for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
    char *path = tiny_file (&models[i], "header");
    dd_estimate whole, header;
    dd_engine *engine;
    dd_map *map;
    dd_file *file;

    REQUIRE_OK (dd_engine_open (NULL, &engine, &error), error);
    REQUIRE_OK (dd_map_open (path, &map, &error), error);
    REQUIRE_OK (dd_file_open (path, &file, &error), error);
    REQUIRE_OK (dd_file_measure (file, engine, "reference", 0, &whole, &error), error);
    dd_file_close (&file);
    REQUIRE_OK (dd_file_open_header (dd_map_data (map), (size_t) dd_map_size (map) / 4,
                                     dd_map_size (map), &file, &error),
                error);
    REQUIRE_OK (dd_file_measure (file, engine, "reference", 0, &header, &error), error);
    CHECK (memcmp (&whole, &header, sizeof whole) == 0);
    dd_file_close (&file);
    dd_map_close (&map);
    dd_engine_close (&engine);
    unlink (path);
    free (path);
  }
}

/* What a person does before an answer: a look at the file, a prompt, its tokens. */
static bool
look_and_write (dd_engine *engine, dd_model *model, const char *path)
{
  static const dd_message messages[] = {
    { DD_ROLE_SYSTEM, "be kind", 7, NULL, 0 },
    { DD_ROLE_USER, "hello, what is a tiny model?", 28, NULL, 0 },
  };
  dd_token *tokens = NULL, *more = NULL;
  size_t n_tokens, n_more;
  dd_prompt prompt = { 0 };
  dd_file *file = NULL;
  dd_estimate estimate;
  bool ok = dd_file_open (path, &file, &error)
            && dd_file_measure (file, engine, NULL, 0, &estimate, &error)
            && dd_file_tokenize (file, "aa ab", 5, false, true, &tokens, &n_tokens, &error)
            && dd_model_tokenize (model, "<s>aa ab", 8, true, true, &more, &n_more, &error);

  for (size_t i = 0; ok && dd_format_name (i, NULL) != NULL; i++) {
    ok = dd_model_prompt (model, dd_format_name (i, NULL), messages, 2, &prompt, &error)
         || error.code == DD_ERROR_UNSUPPORTED; /* needs a token that this model lacks */
    dd_prompt_clear (&prompt);
  }
  dd_engine_free (tokens);
  dd_engine_free (more);
  dd_file_close (&file);
  return ok;
}

/* Opens everything, makes a few tokens, closes everything.  Whatever fails must
 * be told of: `failed` says whether anything was. */
static void
whole_life (const char *path, const char *device, answer *out, bool *failed)
{
  dd_model_options options = { .devices = device };
  dd_generation want = answer_want (out, 70);
  dd_span span = { 70, DD_GIVEN };
  dd_engine *engine = NULL;
  dd_model *model = NULL;
  dd_session *a = NULL, *b = NULL;
  static answer other;
  dd_generation beside = answer_want (&other, 3);
  dd_token prompt[70];
  bool more = true;

  answer_prompt (prompt, 70, 3);
  *failed = !(dd_engine_open (&(dd_engine_options) { .threads = 1 }, &engine, &error)
              && dd_model_open (engine, path, &options, &model, &error)
              && look_and_write (engine, model, path) && dd_session_open (model, &a, &error)
              && dd_session_open (model, &b, &error)
              && dd_session_sync (a, prompt, &span, 1, &error)
              && dd_session_sync (b, prompt, &span, 1, &error)
              && dd_session_generate (a, &want, &error)
              && dd_session_generate (b, &beside, &error));
  while (!*failed && more)
    if (!dd_engine_work (engine, &more, &error))
      *failed = true;
  if (!*failed) {
    CHECK (out->ends == 1 && other.ends == 1);
    CHECK (dd_pages_sound (model->ready->pages));
    *failed = out->reason == DD_STOP_ERROR || other.reason == DD_STOP_ERROR;
    if (*failed)
      error = out->reason == DD_STOP_ERROR ? out->error : other.error;
  }
  dd_session_close (&a);
  dd_session_close (&b);
  dd_model_close (&model);
  dd_engine_close (&engine);
}

/* Every allocation of a life fails in turn, once: an error or the same answer. */
static void
test_no_memory (const char *path, const char *device)
{
  static answer sound, out;
  uint64_t before = dd_alloc_calls (), calls;
  bool failed;

  whole_life (path, device, &sound, &failed);
  CHECK (!failed && sound.count == 70);
  calls = dd_alloc_calls () - before;
  for (uint64_t i = 0; i < calls; i++) {
    uint64_t left = 0;

    error = (dd_error) { 0 };
    dd_alloc_fail_after ((int64_t) i);
    whole_life (path, device, &out, &failed);
    dd_alloc_fail_after (-1);
    if (failed)
      CHECK_MSG (error.code == DD_ERROR_NO_MEMORY || error.code == DD_ERROR_DEVICE_MEMORY,
                 "allocation %d: %s", (int) i, error.text);
    else
      CHECK_MSG (answer_equal (&sound, &out), "allocation %d changes the answer", (int) i);
    for (int tag = 0; tag < DD_TAGS; tag++)
      left += dd_alloc_bytes ((dd_tag) tag);
    CHECK_MSG (left == 0, "allocation %d leaves %llu bytes", (int) i, (unsigned long long) left);
  }
}

/* A model of another kind of prompt, on the CPU, for any number of threads. */
static void
test_threads (void)
{
  static answer one, many;
  char *path = tiny_file (&(tiny) { .seed = 4, .type = DD_TYPE_Q8_0 }, "threads");
  dd_model_options options = { .devices = "cpu" };

  for (int threads = 1; threads <= 8; threads++) {
    answer *out = threads == 1 ? &one : &many;
    dd_generation want = answer_want (out, 60);
    dd_engine *engine;
    dd_model *model;
    dd_session *session;
    dd_token prompt[150];
    bool copied;

    REQUIRE_OK (dd_engine_open (&(dd_engine_options) { .threads = threads }, &engine, &error),
                error);
    REQUIRE_OK (dd_model_open (engine, path, &options, &model, &error), error);
    REQUIRE_OK (dd_session_open (model, &session, &error), error);
    answer_prompt (prompt, 150, 12);
    answer_start (session, prompt, 150, NULL, 0, &want);
    answer_work (engine);
    CHECK (out->count == 60);
    CHECK_MSG (answer_equal (&one, out), "%d threads", threads);
    CHECK (threads > 1 || (dd_model_read_limit (model, &copied) > 0 && !copied));
    dd_session_close (&session);
    dd_model_close (&model);
    dd_engine_close (&engine);
  }
  unlink (path);
  free (path);
}

int
main (void)
{
  char *path = tiny_file (&(tiny) { .seed = 1 }, "engine");

  test_options ();
  test_devices ();
  test_file (path);
  test_families ();
  test_model (path);
  test_header ();
  test_no_memory (path, "reference");
  test_no_memory (path, "cpu");
  tiny_write (&(tiny) { .seed = 3, .type = DD_TYPE_Q4_0, .qwen2 = true }, path);
  test_no_memory (path, "cpu");
  test_threads ();
  unlink (path);
  free (path);
  return check_done ();
}
