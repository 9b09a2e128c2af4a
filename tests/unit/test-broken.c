/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model's file cut short while it answers: an error that says so, the program
 * alive, other models undisturbed, and nothing that is asked of the broken model
 * afterwards does harm.
 */

#include <unistd.h>

#include "answer.h"
#include "check.h"
#include "engine_private.h"
#include "tiny.h"

#define PROMPT 60

static const char *good_path;
static answer sound, out, other;
static dd_error error;

/* Cuts the file when so many tokens were made; 0: while the prompt is read. */
typedef struct cutter {
  answer *to;
  const char *path;
  off_t left;
  int after;
} cutter;

static void
cut_file (cutter *self)
{
  CHECK (truncate (self->path, self->left) == 0);
  self->path = NULL;
}

static void
on_event (dd_session *session, const dd_event *event, void *user)
{
  cutter *self = user;

  answer_event (session, event, self->to);
  if (self->path != NULL && event->kind == DD_EVENT_TOKEN && self->to->count == self->after)
    cut_file (self);
}

static void
start (dd_session *session, answer *to, cutter *cut)
{
  dd_generation want = answer_want (to, 40);
  dd_token prompt[PROMPT];

  if (cut != NULL) {
    want.event = on_event;
    want.user = cut;
  }
  answer_prompt (prompt, PROMPT, 1);
  answer_start (session, prompt, PROMPT, NULL, 0, &want);
}

static bool
never_mind (size_t row, const float *logits, int64_t n_vocab, void *user)
{
  return true;
}

/* Whatever is asked of a broken model, an error or an answer comes. */
static void
ask_all (dd_model *model, dd_session *session)
{
  bool copied;
  static const dd_message message = { DD_ROLE_USER, "hi there", 8, NULL, 0 };
  dd_model_info info;
  dd_prompt prompt;
  dd_token *tokens;
  size_t n_tokens;
  char piece[64];

  start (session, &out, NULL);
  while (out.ends == 0)
    answer_work (model->engine);
  CHECK (out.reason == DD_STOP_ERROR && out.error.code == DD_ERROR_BROKEN_MODEL);
  CHECK (!dd_session_score (session, 0, never_mind, NULL, &error));
  CHECK (error.code == DD_ERROR_BROKEN_MODEL);
  dd_model_info_get (model, &info);
  CHECK (info.name != NULL && info.context > 0);
  if (dd_model_tokenize (model, "hi <s> there", 12, true, true, &tokens, &n_tokens, &error))
    dd_engine_free (tokens);
  if (dd_model_prompt (model, dd_format_name (0, NULL), &message, 1, &prompt, &error))
    dd_prompt_clear (&prompt);
  for (dd_token token = 0; token < info.vocab; token++)
    CHECK (dd_model_piece (model, token, piece, sizeof piece) < sizeof piece);
  CHECK (dd_model_read_limit (model, &copied) >= 0);
}

static void
look_at_all (const dd_file *file)
{
  dd_key_info key;
  dd_tensor_info tensor;
  dd_file_info info;

  dd_file_info_get (file, &info);
  for (size_t i = 0; i < info.n_keys; i++)
    dd_file_key (file, i, &key);
  for (size_t i = 0; i < info.n_tensors; i++)
    dd_file_tensor (file, i, &tensor);
}

/* `left` bytes of the file stay when `after` tokens have been made. */
static void
check_cut (const char *device, off_t left, int after)
{
  dd_model_options options = { .devices = device };
  char *path = tiny_file (&(tiny) { .seed = 1, .type = DD_TYPE_Q8_0 }, "cut");
  cutter cut = { &out, path, left, after };
  dd_session *session, *beside;
  dd_model *broken, *good;
  dd_engine *engine;
  dd_file *file;

  REQUIRE_OK (dd_engine_open (&(dd_engine_options) { .threads = 3 }, &engine, &error), error);
  REQUIRE_OK (dd_file_open (path, &file, &error), error);
  REQUIRE_OK (dd_model_open (engine, path, &options, &broken, &error), error);
  REQUIRE_OK (dd_model_open (engine, good_path, &options, &good, &error), error);
  REQUIRE_OK (dd_session_open (broken, &session, &error), error);
  REQUIRE_OK (dd_session_open (good, &beside, &error), error);
  start (session, &out, &cut);
  start (beside, &other, NULL);
  if (after == 0)
    cut_file (&cut);
  answer_work (engine);
  CHECK_MSG (out.reason == DD_STOP_ERROR && out.ends == 1, "%s, %lld bytes left after %d tokens",
             device, (long long) left, after);
  CHECK_MSG (out.error.code == DD_ERROR_BROKEN_MODEL
                 && strstr (out.error.text, "could not be read") != NULL,
             "“%s”", out.error.text);
  CHECK_MSG (out.count == after, "%d tokens and not %d", out.count, after);
  CHECK (answer_equal (&sound, &other)); /* who shared its turns */
  ask_all (broken, session);
  look_at_all (file);
  start (beside, &other, NULL);
  answer_work (engine);
  CHECK (answer_equal (&sound, &other));
  dd_session_close (&session);
  dd_session_close (&beside);
  dd_model_close (&broken);
  dd_model_close (&good);
  CHECK (!dd_model_open (engine, path, &options, &broken, &error) && error.text[0] != '\0');
  dd_file_close (&file);
  dd_engine_close (&engine);
  unlink (path);
  free (path);
}

static void
answer_soundly (const char *device)
{
  dd_model_options options = { .devices = device };
  dd_session *session;
  dd_engine *engine;
  dd_model *model;

  REQUIRE_OK (dd_engine_open (&(dd_engine_options) { .threads = 3 }, &engine, &error), error);
  REQUIRE_OK (dd_model_open (engine, good_path, &options, &model, &error), error);
  REQUIRE_OK (dd_session_open (model, &session, &error), error);
  start (session, &sound, NULL);
  answer_work (engine);
  CHECK (sound.count == 40 && sound.reason == DD_STOP_LENGTH);
  dd_session_close (&session);
  dd_model_close (&model);
  dd_engine_close (&engine);
}

int
main (void)
{
  static const char *const devices[] = { "cpu", "reference" };
  char *path = tiny_file (&(tiny) { .seed = 2, .type = DD_TYPE_Q8_0 }, "good");

  good_path = path;
  for (int i = 0; i < 2; i++) {
    answer_soundly (devices[i]);
    check_cut (devices[i], 0, 0);
    check_cut (devices[i], 0, 7);
    check_cut (devices[i], 4096, 20);  /* the header's first page */
    check_cut (devices[i], 20000, 1);  /* somewhere in the weights */
  }
  unlink (path);
  free (path);
  return check_done ();
}
