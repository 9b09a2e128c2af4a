/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Models on a Vulkan device through the public door: shared with the processor where
 * its memory is short, decided as the estimate says; lost in the middle of an answer,
 * once and again; out of memory when loading and amid an answer; distrusted.  The driver
 * is the machine's own, in trouble when told to; skipped where there is none.
 */
#include <limits.h>

#include "answer.h"
#include "base/alloc.h"
#include "check.h"
#include "engine_private.h"
#include "kernels/trouble.h"
#include "tiny.h"

#define ANSWER 24 /* tokens */
#define LONG_ANSWER 150
#define CONTEXT 256

static dd_error error;

#define HEAP (UINT64_C (512) << 20) /* bytes of the device … */
#define SPARE (UINT64_C (128) << 20) /* … of which so many are left alone */

/* ---- an engine with that device ---------------------------------------- */

static dd_vulkan *vulkan;
static dd_engine *engine;
static char *path;
static bool distrusted;

static bool
open_card (void *user, dd_device **out, dd_error *why)
{
  return dd_vulkan_open (vulkan, 0, out, why);
}

static bool
open_cpu (void *user, dd_device **out, dd_error *why)
{
  static const dd_cpu_options options = { .threads = 2 };

  return dd_cpu_open (&options, out, why);
}

static bool
trust (void *user, uint64_t types, bool test, dd_error *why)
{
  CHECK (types == 1 << DD_TYPE_F32);
  return !distrusted || dd_fail (why, DD_ERROR_UNSUPPORTED, "the card is not used: for a test");
}

/* False: this machine has no such device. */
static bool
begin (void)
{
  const dd_vulkan_options options = { .intercept = trouble_intercept };
  const dd_source sources[] = {
    { .id = "vulkan:0", .uuid = "the-card", .open = open_card, .trust = trust },
    { .id = "cpu", .open = open_cpu, .takes_rest = true },
  };
  dd_caps caps;

  troubles.heap = troubles.budget = HEAP;
  if (!dd_vulkan_new (&options, &vulkan, &error) || dd_vulkan_count (vulkan) == 0
      || !dd_vulkan_caps (vulkan, 0, &caps, &error)) {
    printf ("no Vulkan device: %s\n", error.text);
    return false;
  }
  REQUIRE_OK (dd_engine_open_with (NULL, sources, 2, &engine, &error), error);
  return true;
}

static bool
open_model (const char *devices, dd_model **model)
{
  const dd_model_options options = { .devices = devices, .context = CONTEXT };

  return dd_model_open (engine, path, &options, model, &error);
}

/* Reads a prompt and answers. */
static void
ask (dd_model *model, dd_session **session, answer *out)
{
  dd_generation want = answer_want (out, ANSWER);
  dd_token prompt[40];

  answer_prompt (prompt, 40, 7);
  if (*session == NULL)
    REQUIRE_OK (dd_session_open (model, session, &error), error);
  answer_start (*session, prompt, 40, NULL, 0, &want);
  answer_work (engine);
  CHECK (out->ends == 1);
}

static answer expected; /* on the card alone */

static int
layers_on_card (dd_model *model)
{
  dd_model_info info;

  dd_model_info_get (model, &info);
  CHECK (info.layers == 4);
  return info.card_layers;
}

static void
test_whole (void)
{
  dd_session *session = NULL;
  dd_model_info info;
  dd_model *model;

  REQUIRE_OK (open_model ("the-card", &model), error);
  ask (model, &session, &expected);
  CHECK (expected.count == ANSWER && layers_on_card (model) == 4);
  CHECK (model->ready->places.count == 1);
  dd_session_close (&session);
  dd_model_close (&model);
  /* By itself: all layers on the card, the table of tokens on the processor. */
  REQUIRE_OK (open_model (NULL, &model), error);
  CHECK (layers_on_card (model) == 4 && model->ready->places.count == 2);
  CHECK (model->ready->places.items[0].which == 1 && model->ready->places.items[0].count == 1);
  dd_model_info_get (model, &info);
  CHECK (strstr (info.device, " + ") == NULL && info.passed_over == NULL);
  dd_model_close (&model);
}

/* Opens on the best devices and compares with the estimate; how many layers the card has. */
static int
open_short (dd_model **model)
{
  dd_estimate estimate;
  dd_model_info info;
  dd_file *file;

  REQUIRE_OK (dd_file_open (path, &file, &error), error);
  REQUIRE_OK (dd_file_measure (file, engine, NULL, CONTEXT, &estimate, &error), error);
  dd_file_close (&file);
  REQUIRE_OK (open_model (NULL, model), error);
  dd_model_info_get (*model, &info);
  CHECK (info.card_layers == estimate.card_layers);
  CHECK (memcmp (&info.memory, &estimate.memory, sizeof info.memory) == 0);
  CHECK (memcmp (info.taken, estimate.taken, sizeof info.taken) == 0);
  CHECK (estimate.chosen == 3);
  CHECK (info.taken[0] + info.taken[1]
         == info.memory.weights + info.memory.cache + info.memory.activations);
  CHECK ((info.taken[0] > 0) == (info.card_layers > 0) && info.taken[2] == 0);
  CHECK ((info.passed_over != NULL) == (info.card_layers == 0));
  CHECK ((strstr (info.device, " + ") != NULL) == (info.card_layers > 0 && info.card_layers < 4));
  return info.card_layers;
}

/* As many layers as the card's memory takes, and the rest on the processor. */
static void
test_short (const dd_memory *need)
{
  static answer out;
  int before = 4, kinds = 0;

  for (int part = 10; part >= -1; part--) {
    dd_session *session = NULL;
    dd_model *model;
    int layers;

    troubles.budget = SPARE
                      + (part < 0
                             ? 0
                             : need->activations
                                   + (need->weights + need->cache) * (uint64_t) part / 10 + 4096);
    layers = open_short (&model);
    CHECK_MSG (layers <= before, "%d layers, then %d", before, layers);
    if (layers != before) {
      ask (model, &session, &out);
      CHECK (out.reason == DD_STOP_LENGTH && out.count == ANSWER);
      dd_session_close (&session);
      kinds++;
    }
    before = layers;
    dd_model_close (&model);
  }
  CHECK_MSG (before == 0 && kinds >= 3, "%d layers at last, %d other numbers", before, kinds);
  troubles.budget = SPARE + need->weights + need->cache + need->activations + 4096;
}

/* The driver promises what it does not have: fewer layers.  While running: a sentence,
 * and the next try works. */
static void
test_refused (void)
{
  static answer out;
  dd_session *session = NULL;
  dd_model *model;

  troubles.memory = (trouble_fate) { .times = 2 };
  REQUIRE_OK (open_model (NULL, &model), error);
  CHECK (troubles.memory.times == 0 && layers_on_card (model) > 0 && layers_on_card (model) < 4);
  ask (model, &session, &out);
  CHECK (out.reason == DD_STOP_LENGTH);
  dd_session_close (&session);
  dd_model_close (&model);
  troubles.memory.times = 1;
  CHECK (!open_model ("the-card", &model) && error.code == DD_ERROR_DEVICE_MEMORY);
  CHECK_MSG (strstr (error.text, "no memory left; close other programs"), "%s", error.text);
  REQUIRE_OK (open_model ("the-card", &model), error);
  troubles.memory.times = 100;
  CHECK (!dd_session_open (model, &session, &error) && error.code == DD_ERROR_DEVICE_MEMORY);
  troubles.memory.times = 0;
  ask (model, &session, &out);
  CHECK (answer_equal (&out, &expected));
  dd_session_close (&session);
  dd_model_close (&model);
}

/* ---- no memory amid an answer ------------------------------------------- */

#define BESIDE 4 /* sessions that start amid an answer: more pages than are there */

static dd_session *beside[BESIDE];
static answer others[BESIDE];

static void
start_beside (void)
{
  dd_token prompt[200];

  troubles.memory = (trouble_fate) { .times = INT_MAX };
  for (int i = 0; i < BESIDE; i++) {
    dd_generation want = answer_want (&others[i], ANSWER);

    answer_prompt (prompt, 200, 50 + (uint64_t) i);
    answer_start (beside[i], prompt, 200, NULL, 0, &want);
  }
}

static void
on_token (dd_session *session, const dd_event *event, void *user)
{
  const answer *out = user;

  answer_event (session, event, user);
  if (event->kind == DD_EVENT_TOKEN && out->count == 5)
    start_beside ();
}

/* A long answer, beside which others begin for whose pages there is no memory. */
static void
ask_beside (dd_model *model, answer *out)
{
  dd_generation want = answer_want (out, LONG_ANSWER);
  dd_session *session;
  dd_token prompt[40];

  answer_prompt (prompt, 40, 7);
  REQUIRE_OK (dd_session_open (model, &session, &error), error);
  for (int i = 0; i < BESIDE; i++)
    REQUIRE_OK (dd_session_open (model, &beside[i], &error), error);
  want.event = on_token;
  answer_start (session, prompt, 40, NULL, 0, &want);
  answer_work (engine);
  troubles.memory.times = 0;
  CHECK (out->ends == 1 && memcmp (out->tokens, expected.tokens, 5 * sizeof *out->tokens) == 0);
  dd_session_close (&session);
  for (int i = 0; i < BESIDE; i++)
    dd_session_close (&beside[i]);
}

/* With somewhere to go, the model gives up layers, here all of them, and all answers go on. */
static void
test_moved (void)
{
  static answer out;
  dd_model_info info;
  dd_model *model;

  REQUIRE_OK (open_model (NULL, &model), error);
  CHECK (layers_on_card (model) == 4);
  ask_beside (model, &out);
  CHECK_MSG (out.reason == DD_STOP_LENGTH && out.count == LONG_ANSWER && out.moves == 1,
             "%d tokens, %d moves: %s", out.count, out.moves, out.error.text);
  for (int i = 0; i < BESIDE; i++)
    CHECK_MSG (others[i].reason == DD_STOP_LENGTH && others[i].count == ANSWER, "%s",
               others[i].error.text);
  dd_model_info_get (model, &info);
  CHECK (info.card_layers == 0 && info.passed_over);
  CHECK_MSG (strstr (info.passed_over, "no memory left; 0 of the model's 4 layers are left there"),
             "%s", info.passed_over);
  dd_model_close (&model);
}

/* Without, those that there is no memory for end with a sentence, and the next answer is whole. */
static void
test_stuck (void)
{
  static answer out;
  dd_session *session = NULL;
  dd_model *model;
  int stuck = 0;

  REQUIRE_OK (open_model ("the-card", &model), error);
  ask_beside (model, &out);
  CHECK (out.moves == 0);
  for (int i = 0; i < BESIDE; i++) {
    if (others[i].reason != DD_STOP_ERROR)
      continue;
    stuck++;
    CHECK (others[i].error.code == DD_ERROR_DEVICE_MEMORY);
    CHECK_MSG (strstr (others[i].error.text, "no memory left; close"), "%s", others[i].error.text);
  }
  CHECK (stuck > 0);
  ask (model, &session, &out);
  CHECK (answer_equal (&out, &expected));
  dd_session_close (&session);
  dd_model_close (&model);
}

/* ---- a lost device ------------------------------------------------------ */

static int lose_again; /* times */

static void
on_event (dd_session *session, const dd_event *event, void *user)
{
  if (event->kind == DD_EVENT_LOST && lose_again-- > 0)
    troubles.submissions = (trouble_fate) { .after = 3, .times = 1 };
  answer_event (session, event, user);
}

static void
ask_and_lose (dd_session *session, int after, answer *out)
{
  dd_generation want = answer_want (out, ANSWER);
  dd_token prompt[40];

  answer_prompt (prompt, 40, 7);
  want.event = on_event;
  answer_start (session, prompt, 40, NULL, 0, &want);
  troubles.submissions = (trouble_fate) { .after = after, .times = 1 };
  answer_work (engine);
  CHECK (out->ends == 1);
}

/* Once: the same bits.  Twice in an answer: an error with a way out; the next is whole. */
static void
test_lost (void)
{
  static answer out;
  dd_session *session = NULL;
  dd_model *model;

  REQUIRE_OK (open_model ("the-card", &model), error);
  REQUIRE_OK (dd_session_open (model, &session, &error), error);
  for (int after = 0; after < 20; after += 7) {
    answer_forget (model);
    lose_again = 0;
    ask_and_lose (session, after, &out);
    CHECK_MSG (answer_equal (&out, &expected) && out.losses == 1, "lost after %d", after);
  }
  lose_again = 1;
  ask_and_lose (session, 5, &out);
  CHECK (out.reason == DD_STOP_ERROR && out.error.code == DD_ERROR_DEVICE_LOST);
  CHECK_MSG (strstr (out.error.text, "twice; choose another device"), "%s", out.error.text);
  troubles.submissions.times = 0;
  ask (model, &session, &out);
  CHECK (answer_equal (&out, &expected));
  dd_session_close (&session);
  dd_model_close (&model);
}

/* ---- scores -------------------------------------------------------------- */

#define GIVEN 100
#define MADE 60 /* in chunks of a group */
#define LOSS (GIVEN + 20) /* the row at which the device is lost: amid a chunk */

typedef struct scores {
  size_t next; /* row: every one comes once, in order */
  double sums[GIVEN + MADE];
  int losses;
} scores;

static bool
take_score (size_t row, const float *logits, int64_t n_vocab, void *user)
{
  scores *self = user;

  CHECK (row == self->next);
  self->next = row + 1;
  for (int64_t i = 0; i < n_vocab; i++)
    self->sums[row] += (double) logits[i] * (double) (i + 1);
  if (row == LOSS && self->losses-- > 0)
    troubles.submissions.times = 1;
  return true;
}

static bool
score (dd_model *model, int losses, int refusals, scores *out)
{
  const dd_span spans[] = { { GIVEN, DD_GIVEN }, { MADE, DD_MADE } };
  dd_token tokens[GIVEN + MADE];
  dd_session *session;
  bool ok;

  *out = (scores) { .losses = losses };
  answer_forget (model);
  answer_prompt (tokens, GIVEN + MADE, 7);
  REQUIRE_OK (dd_session_open (model, &session, &error), error);
  REQUIRE_OK (dd_session_sync (session, tokens, spans, 2, &error), error);
  troubles.memory = (trouble_fate) { .times = refusals };
  ok = dd_session_score (session, 0, take_score, out, &error);
  troubles.memory.times = 0;
  CHECK (!ok || out->next == GIVEN + MADE);
  dd_session_close (&session);
  return ok;
}

/* Lost once, the rows that are left have the bits that they have else; without memory, the
 * card's layers move if they can. */
static void
test_scores (void)
{
  static scores whole, lost;
  dd_model *model;

  REQUIRE_OK (open_model ("the-card", &model), error);
  CHECK_MSG (score (model, 0, 0, &whole), "%s", error.text);
  CHECK_MSG (score (model, 1, 0, &lost), "%s", error.text);
  CHECK (memcmp (whole.sums, lost.sums, sizeof whole.sums) == 0);
  dd_model_close (&model);
  REQUIRE_OK (open_model ("the-card", &model), error);
  CHECK (!score (model, 0, INT_MAX, &lost) && error.code == DD_ERROR_DEVICE_MEMORY);
  CHECK_MSG (score (model, 0, 0, &lost), "%s", error.text);
  CHECK (memcmp (whole.sums, lost.sums, sizeof whole.sums) == 0);
  dd_model_close (&model);
  REQUIRE_OK (open_model (NULL, &model), error);
  CHECK (layers_on_card (model) == 4);
  CHECK_MSG (score (model, 0, INT_MAX, &lost), "%s", error.text);
  CHECK (layers_on_card (model) == 0);
  dd_model_close (&model);
}

/* A card that does not hold a piece of the model in one leaves it to the processor. */
static void
test_pieces (void)
{
  dd_model_info info;
  dd_model *model;

  dd_engine_close (&engine);
  dd_vulkan_free (&vulkan);
  troubles.most = 4096;
  CHECK (begin ());
  troubles.most = 0;
  REQUIRE_OK (open_model (NULL, &model), error);
  dd_model_info_get (model, &info);
  CHECK (info.card_layers == 0 && info.passed_over != NULL);
  dd_model_close (&model);
  CHECK (!open_model ("the-card", &model) && error.code == DD_ERROR_DEVICE_MEMORY);
  CHECK_MSG (strstr (error.text, "in one") != NULL, "%s", error.text);
}

static void
test_distrusted (void)
{
  dd_model_info info;
  dd_model *model;

  distrusted = true;
  CHECK (!open_model ("vulkan:0,cpu", &model) && error.code == DD_ERROR_NO_DEVICE);
  CHECK_MSG (strstr (error.text, "is not used: for a test"), "%s", error.text);
  REQUIRE_OK (open_model (NULL, &model), error);
  dd_model_info_get (model, &info);
  CHECK (info.card_layers == 0 && info.passed_over && strstr (info.passed_over, "for a test"));
  dd_model_close (&model);
  distrusted = false;
}

int
main (void)
{
  const tiny model = { .seed = 3, .layers = 4 };
  dd_estimate estimate;
  dd_file *file;

  if (!begin ())
    return CHECK_SKIP;
  path = tiny_file (&model, "cards");
  REQUIRE_OK (dd_file_open (path, &file, &error), error);
  REQUIRE_OK (dd_file_measure (file, engine, "vulkan:0", CONTEXT, &estimate, &error), error);
  dd_file_close (&file);
  test_whole ();
  test_lost ();
  test_short (&estimate.memory);
  test_refused ();
  test_moved ();
  test_stuck ();
  test_scores ();
  test_distrusted ();
  test_pieces ();
  dd_engine_close (&engine);
  dd_vulkan_free (&vulkan);
  remove (path);
  free (path);
  return check_done ();
}
