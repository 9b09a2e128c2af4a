/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as a model's file: read, looked at as `dadam inspect` does, measured,
 * and where they are a small model made to say a few tokens.  What fails must say
 * so in one line.
 */
#include "fuzz.h"

#include "base/utf8.h"
#include "engine_private.h"
#include "gguf/writer.h"
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_WEIGHTS (256 << 10) /* bytes of a model that is worth running */
#define MOST_VOCAB 1024
#define CONTEXT 80

static void
check (bool good)
{
  if (!good)
    abort ();
}

/* Valid UTF-8; with `line` nothing that leaves its line. */
static void
check_text (const char *text, bool line)
{
  size_t length = strlen (text);
  uint32_t character = 0;

  for (size_t i = 0; i < length;) {
    int step = dd_utf8_next ((const uint8_t *) text + i, length - i, &character);

    check (step > 0 && !(line && dd_utf8_is_control (character)));
    i += (size_t) step;
  }
}

static void
check_error (const dd_error *error)
{
  check (error->code != DD_OK && error->text[0] != '\0');
  check_text (error->text, true);
}

static dd_engine *
the_engine (void)
{
  static dd_engine *engine;
  dd_error error;

  if (engine == NULL)
    check (dd_engine_open (&(dd_engine_options) { .threads = 1 }, &engine, &error));
  return engine;
}

/* ---- looking ----------------------------------------------------------- */

static void
inspect (const dd_file *file)
{
  dd_file_info info;
  dd_estimate estimate;
  dd_error error;
  dd_token *tokens;
  size_t n_tokens;

  dd_file_info_get (file, &info);
  check_text (info.name, true);
  check_text (info.family, true);
  for (size_t i = 0; i <= info.n_keys; i++) {
    dd_key_info key;

    dd_file_key (file, i, &key);
    check_text (key.name, true);
    check_text (key.value, false);
  }
  for (size_t i = 0; i <= info.n_tensors; i++) {
    dd_tensor_info tensor;

    dd_file_tensor (file, i, &tensor);
    check_text (tensor.name, true);
  }
  if (!dd_file_measure (file, the_engine (), NULL, 0, &estimate, &error))
    check_error (&error);
  if (dd_file_tokenize (file, "hi a\xff", 5, true, true, &tokens, &n_tokens, &error))
    dd_engine_free (tokens);
  else
    check_error (&error);
}

/* ---- running ----------------------------------------------------------- */

static void
on_event (dd_session *session, const dd_event *event, void *user)
{
  if (event->kind == DD_EVENT_END && event->reason == DD_STOP_ERROR)
    check_error (event->error);
}

static bool
answer (dd_session *session, int64_t n_vocab, dd_error *error)
{
  const dd_span span = { 3, DD_GIVEN };
  const dd_token prompt[3] = { 0, (dd_token) (n_vocab - 1), 0 };
  dd_generation want = {
    .sampling = dd_sampling_default (), .max_tokens = 3, .n_best = 3, .event = on_event
  };
  bool more = true;

  if (!dd_session_sync (session, prompt, &span, 1, error)
      || !dd_session_generate (session, &want, error))
    return false;
  while (more)
    check (dd_engine_work (the_engine (), &more, error));
  return true;
}

static void
run_on (const char *device, const dd_plan *plan, const dd_vocab *vocab)
{
  dd_ready_options options = { .devices = device, .context = CONTEXT };
  dd_session *session = NULL;
  dd_ready *ready;
  dd_error error;

  if (plan->context < options.context)
    options.context = plan->context;
  if (!dd_ready_new (&the_engine ()->runner, plan, vocab, &options, &ready, &error)
      || !dd_session_new (ready, &session, &error) || !answer (session, plan->n_vocab, &error))
    check_error (&error);
  dd_session_free (&session);
  dd_ready_free (&ready);
}

static void
run (const dd_gguf *gguf)
{
  dd_vocab *vocab = NULL;
  dd_plan *plan = NULL;
  dd_error error;

  if (!dd_model_plan (gguf, &plan, &error) || !dd_vocab_open (gguf, &vocab, &error)) {
    check_error (&error);
  } else if (dd_plan_weight_bytes (plan, 0, plan->n_steps) < MOST_WEIGHTS
             && plan->n_vocab <= MOST_VOCAB) {
    run_on ("cpu", plan, vocab);
    run_on ("reference", plan, vocab);
  }
  dd_vocab_close (&vocab);
  dd_plan_free (&plan);
}

/* The bytes lie aligned, as in a map, and end where their memory ends. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  uint8_t *bytes = malloc (size);
  dd_gguf *gguf;
  dd_file *file;
  dd_error error;

  check (bytes != NULL || size == 0);
  if (size > 0)
    memcpy (bytes, data, size);
  for (int header_only = 0; header_only < 2; header_only++) {
    if (!dd_gguf_parse (bytes, size, header_only, &gguf, &error)) {
      check_error (&error);
      continue;
    }
    check (dd_file_new (gguf, &file, &error));
    inspect (file);
    if (!header_only)
      run (gguf);
    dd_file_close (&file);
  }
  free (bytes);
  return 0;
}

/* ---- seeds ------------------------------------------------------------- */

#define WIDTH 32
#define HEAD_DIM 4
#define HEADS 2
#define TOKENS 8

/* A model as small as its blocks allow, so that mutations hit what matters. */
typedef struct sample {
  const char *family, *scaling;
  bool bpe, factors, tied;
  dd_type type;
  uint32_t version, alignment;
} sample;

static const sample samples[] = {
  { "llama", NULL, false, false, false, DD_TYPE_Q4_0, 3, 32 },
  { "qwen2", "yarn", true, false, true, DD_TYPE_Q8_0, 2, 8 },
  { "llama", "linear", true, true, true, DD_TYPE_IQ4_NL, 3, 16 },
  { "llama", NULL, false, false, false, DD_TYPE_F16, 3, 64 },
};
#define N_SAMPLES (sizeof samples / sizeof samples[0])

static void
put_number (dd_gguf_writer *w, const sample *model, const char *name, uint32_t value)
{
  char key[64];

  snprintf (key, sizeof key, "%s.%s", model->family, name);
  dd_gguf_put_u32 (w, key, value);
}

static void
put_shape (dd_gguf_writer *w, const sample *model)
{
  char key[64];

  dd_gguf_put_string (w, "general.architecture", model->family, strlen (model->family));
  dd_gguf_put_string (w, "general.name", "Sample\n", 7);
  put_number (w, model, "block_count", 1);
  put_number (w, model, "context_length", 512);
  put_number (w, model, "embedding_length", WIDTH);
  put_number (w, model, "feed_forward_length", WIDTH);
  put_number (w, model, "attention.head_count", HEADS);
  put_number (w, model, "attention.head_count_kv", 1);
  put_number (w, model, "attention.key_length", HEAD_DIM);
  snprintf (key, sizeof key, "%s.attention.layer_norm_rms_epsilon", model->family);
  dd_gguf_put_f32 (w, key, 1e-5f);
  snprintf (key, sizeof key, "%s.rope.scaling.type", model->family);
  if (model->scaling != NULL)
    dd_gguf_put_string (w, key, model->scaling, strlen (model->scaling));
  snprintf (key, sizeof key, "%s.rope.scaling.factor", model->family);
  if (model->scaling != NULL)
    dd_gguf_put_f32 (w, key, 2);
}

static void
put_vocab (dd_gguf_writer *w, bool bpe)
{
  static const dd_text tokens[TOKENS] = { { "<unk>", 5 },  { "<s>", 3 },  { "</s>", 4 },
                                          { "<0x0A>", 6 }, { "h", 1 },    { "i", 1 },
                                          { "hi", 2 },     { "<|u|>", 5 } };
  static const dd_text merges[] = { { "h i", 3 } };
  static const float scores[TOKENS] = { 0, 0, 0, 0, -1, -2, -3, 0 };
  static const int32_t kinds[2][TOKENS] = { { 2, 3, 3, 6, 1, 1, 1, 4 },
                                            { 1, 3, 3, 1, 1, 1, 1, 4 } };

  dd_gguf_put_string (w, "tokenizer.ggml.model", bpe ? "gpt2" : "llama", bpe ? 4 : 5);
  dd_gguf_put_strings (w, "tokenizer.ggml.tokens", tokens, TOKENS);
  dd_gguf_put_array (w, "tokenizer.ggml.token_type", DD_GGUF_I32, kinds[bpe], TOKENS);
  if (bpe)
    dd_gguf_put_strings (w, "tokenizer.ggml.merges", merges, 1);
  else
    dd_gguf_put_array (w, "tokenizer.ggml.scores", DD_GGUF_F32, scores, TOKENS);
  dd_gguf_put_u32 (w, "tokenizer.ggml.eos_token_id", 2);
  dd_gguf_put_bool (w, "tokenizer.ggml.add_bos_token", true);
  dd_gguf_put_string (w, "tokenizer.chat_template", "<|im_start|>", 12);
}

/* Data of enough bytes for every tensor here, small numbers in any type. */
static const void *
numbers (void)
{
  static float data[WIDTH * WIDTH];

  for (size_t i = 0; i < sizeof data / sizeof *data; i++)
    data[i] = (float) (i % 7) * 0.125f;
  return data;
}

static void
put_tensors (dd_gguf_writer *w, const sample *model)
{
  const struct {
    const char *name;
    uint64_t columns, rows;
    bool wanted;
  } all[] = {
    { "token_embd.weight", WIDTH, TOKENS, true },
    { "output.weight", WIDTH, TOKENS, !model->tied },
    { "output_norm.weight", WIDTH, 0, true },
    { "rope_freqs.weight", HEAD_DIM / 2, 0, model->factors },
    { "blk.0.attn_norm.weight", WIDTH, 0, true },
    { "blk.0.attn_q.weight", WIDTH, HEADS * HEAD_DIM, true },
    { "blk.0.attn_k.weight", WIDTH, HEAD_DIM, true },
    { "blk.0.attn_v.weight", WIDTH, HEAD_DIM, true },
    { "blk.0.attn_q.bias", HEADS * HEAD_DIM, 0, *model->family == 'q' },
    { "blk.0.attn_k.bias", HEAD_DIM, 0, *model->family == 'q' },
    { "blk.0.attn_v.bias", HEAD_DIM, 0, *model->family == 'q' },
    { "blk.0.attn_output.weight", HEADS * HEAD_DIM, WIDTH, true },
    { "blk.0.ffn_norm.weight", WIDTH, 0, true },
    { "blk.0.ffn_gate.weight", WIDTH, WIDTH, true },
    { "blk.0.ffn_up.weight", WIDTH, WIDTH, true },
    { "blk.0.ffn_down.weight", WIDTH, WIDTH, true },
  };

  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    const uint64_t dims[2] = { all[i].columns, all[i].rows };
    bool matrix = all[i].rows > 0;

    if (all[i].wanted)
      dd_gguf_put_tensor (w, all[i].name, matrix && dims[0] == WIDTH ? model->type : DD_TYPE_F32,
                          matrix ? 2 : 1, dims, numbers ());
  }
}

/* The writer writes files; the name is taken back at once. */
static size_t
write_sample (const sample *model, uint8_t *out, size_t room)
{
  char path[] = "fuzz-gguf-XXXXXX";
  int placeholder = mkstemp (path);
  dd_gguf_writer *w;
  dd_error error;
  FILE *file;
  size_t size;

  check (placeholder >= 0 && dd_gguf_writer_new (&w, &error));
  close (placeholder);
  dd_gguf_set_version (w, model->version);
  if (model->alignment != 32)
    dd_gguf_set_alignment (w, model->alignment);
  put_shape (w, model);
  put_vocab (w, model->bpe);
  put_tensors (w, model);
  check (dd_gguf_writer_save (w, path, &error));
  dd_gguf_writer_free (&w);
  file = fopen (path, "rb");
  unlink (path);
  check (file != NULL);
  size = fread (out, 1, room, file);
  fclose (file);
  return size;
}

size_t
fuzz_seed (unsigned i, uint8_t *out, size_t room)
{
  static const char *const others[] = { "GGUF\1\0\0\0\1\0\0\0", "GGUF\0\0\0\3",
                                        "tjgg\3\0\0\0",         "fmgg\1\0\0\0",
                                        "lmgg\0\0\0\0",         "PK\3\4\0\0\0\0",
                                        "version https",        "\7\0\0\0\0\0\0\0{" };

  if (i < N_SAMPLES)
    return write_sample (&samples[i], out, room);
  i -= N_SAMPLES;
  if (i >= sizeof others / sizeof others[0] || room < 12)
    return 0;
  memcpy (out, others[i], 9);
  return 9;
}
