/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Several sessions at once: nothing that goes on beside an answer changes it,
 * and nothing that happens to one session ends another.
 */
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "check.h"
#include "engine_private.h"
#include "rigged.h"
#include "tiny.h"

#define MANY 20

static rigged devices[3] = {
  { .id = "one", .name = "Card Ti" },
  { .id = "two", .name = "Card", .max_rows = 48 },
  { .id = "three", .name = "Card", .max_rows = 7 },
};
static dd_engine *engine;
static dd_error error;
static char *paths[2];

/* Time as the engine sees it, where it is not the real one: linked in with
 * --wrap=clock_gettime. */
static double pretended; /* seconds; 0: the real time */

int __real_clock_gettime (clockid_t clock, struct timespec *out);
int __wrap_clock_gettime (clockid_t clock, struct timespec *out);

int
__wrap_clock_gettime (clockid_t clock, struct timespec *out)
{
  if (pretended == 0)
    return __real_clock_gettime (clock, out);
  out->tv_sec = (time_t) pretended;
  out->tv_nsec = (long) ((pretended - (double) out->tv_sec) * 1e9);
  return 0;
}

static dd_model *
open_model (int which, const char *device)
{
  dd_model_options options = { .devices = device, .cache = DD_CACHE_F32 };
  dd_model *model;

  REQUIRE_OK (dd_model_open (engine, paths[which], &options, &model, &error), error);
  return model;
}

static dd_session *
open_session (dd_model *model)
{
  dd_session *session;

  REQUIRE_OK (dd_session_open (model, &session, &error), error);
  return session;
}

/* Starts an answer to the prompt of that number. */
static void
start (dd_session *session, answer *out, int number, int max)
{
  dd_token prompt[300];
  dd_generation want = answer_want (out, max);
  size_t length = 20 + (size_t) number * 13;

  want.sampling.seed = (uint64_t) number;
  want.sampling.top_k = number % 3 == 0 ? 40 : 0;
  answer_prompt (prompt, length, (uint64_t) number + 100);
  answer_start (session, prompt, length, NULL, 0, &want);
}

static void
answer_alone (dd_model *model, answer *out, int number, int max)
{
  dd_session *session = open_session (model);

  start (session, out, number, max);
  answer_work (engine);
  CHECK (out->ends == 1);
  dd_session_close (&session);
  answer_forget (model);
}

static answer alone[MANY], beside[MANY], extra[MANY];

/* Alone, beside nineteen of the same model, and beside those of another model. */
static void
test_beside (void)
{
  dd_model *a = open_model (0, "one"), *b = open_model (1, "one");
  dd_session *sessions[MANY], *others[MANY];

  for (int i = 0; i < MANY; i++)
    answer_alone (a, &alone[i], i, 40);
  for (int i = 0; i < MANY; i++)
    sessions[i] = open_session (a);
  for (int i = 0; i < MANY; i++)
    start (sessions[i], &beside[i], i, 40);
  answer_work (engine);
  for (int i = 0; i < MANY; i++)
    CHECK_MSG (answer_equal (&alone[i], &beside[i]), "session %d", i);
  CHECK (dd_pages_sound (a->ready->pages));
  for (int i = 0; i < MANY; i++)
    dd_session_close (&sessions[i]);
  answer_forget (a);
  for (int i = 0; i < 6; i++) {
    sessions[i] = open_session (i % 2 == 0 ? a : b);
    others[i] = open_session (b);
  }
  for (int i = 0; i < 6; i++) {
    start (sessions[i], &beside[i], i, 40);
    start (others[i], &extra[i], i + 3, 25);
  }
  answer_work (engine);
  for (int i = 0; i < 6; i++) {
    CHECK_MSG (i % 2 != 0 || answer_equal (&alone[i], &beside[i]), "session %d", i);
    CHECK (i % 2 == 0 || !answer_equal (&alone[i], &beside[i]));
    CHECK (extra[i].count == 25);
    dd_session_close (&sessions[i]);
    dd_session_close (&others[i]);
  }
  dd_model_close (&a);
  dd_model_close (&b);
  CHECK (devices[0].works == 0);
}

/* Chunks and passes of any size, and layers on two devices. */
static void
test_sizes (void)
{
  static const char *const names[] = { "two", "three", "one,two", "three,one" };
  static const char *const told[] = { "Card", "Card", "Card Ti + Card", "Card + Card Ti" };
  dd_estimate estimate;
  dd_model_info info;
  dd_file *file;

  REQUIRE_OK (dd_file_open (paths[0], &file, &error), error);
  REQUIRE_OK (dd_file_measure (file, engine, "one", 512, &estimate, &error), error);
  dd_file_close (&file);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    dd_model *model;
    dd_session *sessions[4];

    /* Room for some of the layers on the first device of a list. */
    devices[0].memory = i == 2 ? estimate.memory.weights : 0;
    devices[2].memory = i == 3 ? estimate.memory.weights : 0;
    model = open_model (0, names[i]);
    CHECK_MSG (model->ready->places.count == (i < 2 ? 1 : 3), "%s", names[i]);
    CHECK (i < 2 || model->ready->places.items[0].which == 1); /* the table of tokens */
    dd_model_info_get (model, &info);
    CHECK_MSG (strcmp (info.device, told[i]) == 0, "“%s” is told as “%s”", names[i], info.device);
    devices[0].most_rows = devices[1].most_rows = devices[2].most_rows = 0;
    for (int j = 0; j < 4; j++) {
      sessions[j] = open_session (model);
      start (sessions[j], &beside[j], j + 12, 40);
    }
    answer_work (engine);
    for (int j = 0; j < 4; j++) {
      CHECK_MSG (answer_equal (&alone[j + 12], &beside[j]), "session %d on %s", j, names[i]);
      dd_session_close (&sessions[j]);
    }
    CHECK (devices[1].most_rows <= 48 && devices[2].most_rows <= 7);
    CHECK (dd_pages_sound (model->ready->pages));
    dd_model_close (&model);
  }
  devices[0].memory = devices[2].memory = 0;
}

/* A plan that has no room is not placed in part. */
static void
test_no_room (void)
{
  dd_model *model = open_model (0, "one");
  dd_request request = model->ready->request;
  dd_device *opened[2];
  dd_model_info info;
  dd_places places;

  for (int i = 0; i < 2; i++)
    REQUIRE_OK (dd_devices_get (&engine->devices, i, &opened[i], &error), error);
  dd_model_info_get (model, &info);
  request.rows = request.logit_rows = 16;
  devices[0].memory = info.memory.weights;
  devices[1].memory = 1;
  CHECK (!dd_places_find (opened, 2, INT_MAX, &request, &places, &error));
  CHECK (error.code == DD_ERROR_DEVICE_MEMORY && places.count == 0);
  devices[0].memory = devices[1].memory = 0;
  dd_model_close (&model);
}

/* Two that read the same prompt read it once. */
static void
test_same_prompt (void)
{
  dd_model *model = open_model (0, "one");
  dd_session *a = open_session (model), *b = open_session (model);

  start (a, &beside[0], 15, 40);
  start (b, &beside[1], 15, 40);
  answer_work (engine);
  CHECK (answer_equal (&alone[15], &beside[0]) && answer_equal (&alone[15], &beside[1]));
  /* Each token once, and the last one by both. */
  CHECK (beside[0].stats.prompt_tokens + beside[1].stats.prompt_tokens == 216);
  CHECK (beside[0].stats.reused_tokens + beside[1].stats.reused_tokens == 214);
  dd_session_close (&a);
  dd_session_close (&b);
  dd_model_close (&model);
}

/* A lost device is opened again, which is told and changes nothing; lost twice is an error. */
static void
test_lost (void)
{
  for (int at = 1; at < 120; at += 13) {
    dd_model *model = open_model (0, "one"), *idle = open_model (1, "one");
    dd_session *a = open_session (model), *b = open_session (model), *c = open_session (idle);
    int opened = devices[0].opened;

    start (c, &extra[0], 4, 5);
    answer_work (engine);
    start (a, &beside[0], 5, 40);
    start (b, &beside[1], 11, 40);
    devices[0].lose_at = at;
    answer_work (engine);
    CHECK (devices[0].opened == opened + (devices[0].lose_at == 0));
    CHECK_MSG (answer_equal (&alone[5], &beside[0]), "lost at %d", at);
    CHECK_MSG (answer_equal (&alone[11], &beside[1]), "lost at %d", at);
    CHECK ((beside[0].losses + beside[1].losses > 0) == (devices[0].lose_at == 0));
    start (c, &extra[1], 4, 5); /* another model of the same device */
    answer_work (engine);
    CHECK (answer_equal (&extra[0], &extra[1]));
    devices[0].lose_at = 0;
    dd_session_close (&a);
    dd_session_close (&b);
    dd_session_close (&c);
    CHECK (dd_pages_sound (model->ready->pages));
    dd_model_close (&model);
    dd_model_close (&idle);
  }
  CHECK (devices[0].works == 0);
}

static int lose_in; /* events; 0: never */

static void
find_lost (dd_session *session, const dd_event *event, void *user)
{
  if (lose_in > 0 && --lose_in == 0)
    devices[0].lost = true;
  answer_event (session, event, user);
}

/* So is one that is found lost between a pass and somebody's logits: by a thread that loads
 * another model, say. */
static void
test_found_lost (void)
{
  dd_model *model = open_model (0, "one");
  dd_session *a = open_session (model), *b = open_session (model);

  for (int in = 1; in < 40; in += 3) {
    start (a, &beside[0], 5, 40);
    start (b, &beside[1], 11, 40);
    a->generation.event = b->generation.event = find_lost;
    lose_in = in;
    answer_work (engine);
    CHECK_MSG (answer_equal (&alone[5], &beside[0]), "lost at event %d", in);
    CHECK_MSG (answer_equal (&alone[11], &beside[1]), "lost at event %d", in);
    CHECK (beside[0].losses <= 1 && beside[1].losses <= 1);
    CHECK (beside[0].losses + beside[1].losses >= 1);
    answer_forget (model);
  }
  dd_session_close (&a);
  dd_session_close (&b);
  CHECK (dd_pages_sound (model->ready->pages));
  dd_model_close (&model);
}

static void
lose_again (dd_session *session, const dd_event *event, void *user)
{
  if (event->kind == DD_EVENT_TOKEN && devices[0].lose_at == 0)
    devices[0].lose_at = 3;
  answer_event (session, event, user);
}

static void
test_lost_twice (void)
{
  dd_model *model = open_model (0, "one");
  dd_session *session = open_session (model);
  dd_generation want = answer_want (&beside[0], 200);
  dd_token prompt[20];
  dd_model_info info;

  answer_prompt (prompt, 20, 1);
  want.event = lose_again;
  answer_start (session, prompt, 20, NULL, 0, &want);
  answer_work (engine);
  CHECK (beside[0].reason == DD_STOP_ERROR && beside[0].error.code == DD_ERROR_DEVICE_LOST);
  CHECK (beside[0].ends == 1 && beside[0].losses == 1);
  /* And the next answer is none the worse for it. */
  devices[0].lose_at = 0;
  start (session, &beside[0], 5, 40);
  answer_work (engine);
  CHECK (answer_equal (&alone[5], &beside[0]));
  /* A device that does not come back. */
  start (session, &beside[0], 5, 40);
  devices[0].refuse = true;
  devices[0].lose_at = 20;
  answer_work (engine);
  CHECK (beside[0].reason == DD_STOP_ERROR && beside[0].ends == 1);
  want = answer_want (&beside[0], 200);
  CHECK (!dd_session_generate (session, &want, &error));
  dd_model_info_get (model, &info);
  CHECK_MSG (info.device[0] == '\0' && info.card_layers == 0, "on %s", info.device);
  devices[0].refuse = false;
  dd_session_close (&session);
  dd_model_close (&model);
}

/* One session's failure is its own. */
static void
test_failing (void)
{
  dd_model *model = open_model (0, "one");
  dd_session *sessions[4];
  int failed = 0;

  for (int i = 0; i < 4; i++)
    sessions[i] = open_session (model);
  for (int at = 1; at < 60; at += 7) {
    for (int i = 0; i < 4; i++)
      start (sessions[i], &beside[i], i, 40);
    devices[0].fail_at = at;
    devices[0].fail_code = DD_ERROR_DEVICE_MEMORY;
    answer_work (engine);
    failed = 0;
    for (int i = 0; i < 4; i++) {
      failed += beside[i].reason == DD_STOP_ERROR;
      CHECK (beside[i].ends == 1);
      CHECK_MSG (beside[i].reason == DD_STOP_ERROR || answer_equal (&alone[i], &beside[i]),
                 "session %d beside a failure at %d", i, at);
    }
    CHECK (failed <= 1);
    CHECK (dd_pages_sound (model->ready->pages));
    answer_forget (model);
  }
  devices[0].fail_at = 0;
  for (int i = 0; i < 4; i++)
    dd_session_close (&sessions[i]);
  dd_model_close (&model);
}

/* No memory for a large batch: a smaller one, or later. */
static void
test_short_of_memory (void)
{
  dd_model *model = open_model (0, "one");
  dd_session *a = open_session (model), *b = open_session (model);

  devices[0].fail_new = 1;
  start (a, &beside[0], 13, 40);
  answer_work (engine);
  CHECK (answer_equal (&alone[13], &beside[0]));
  devices[0].fail_new = 2;
  start (a, &beside[0], 14, 40);
  start (b, &beside[1], 15, 40);
  answer_work (engine);
  CHECK (answer_equal (&alone[14], &beside[0]) && answer_equal (&alone[15], &beside[1]));
  devices[0].fail_new = 0;
  dd_session_close (&a);
  dd_session_close (&b);
  dd_model_close (&model);
}

/* ---- whose turn it is -------------------------------------------------- */

typedef struct pace {
  double last, longest; /* between two tokens while the other reads */
  int tokens;
  bool watch;
} pace;

static void
keep_pace (dd_session *session, const dd_event *event, void *user)
{
  pace *self = user;

  if (event->kind != DD_EVENT_TOKEN)
    return;
  if (self->watch && self->last > 0 && pretended - self->last > self->longest)
    self->longest = pretended - self->last;
  self->last = pretended;
  self->tokens += self->watch;
}

/* A machine that reads `prompt` tokens a second and makes one in `decode`
 * seconds: while one session reads, the other keeps a third of its speed and
 * never waits longer than half a second, and the prompt gets nearly all the rest
 * (but where making one token takes most of that half second already). */
static void
check_pace (dd_model *model, double prompt, double decode, int readers)
{
  dd_session *maker = open_session (model), *reading[2];
  size_t n_steps = model->plan->n_steps;
  dd_generation want = answer_want (&extra[0], -1);
  dd_token tokens[16];
  pace self = { 0 };
  double began, took, ideal = 0;
  bool more;

  devices[0].clock = &pretended;
  devices[0].prompt_cost = 1 / prompt / (double) n_steps;
  devices[0].decode_cost = decode / (double) n_steps;
  pretended = 1000;
  want.event = keep_pace;
  want.user = &self;
  answer_prompt (tokens, 16, 77);
  answer_start (maker, tokens, 16, NULL, 0, &want);
  while (maker->stats.made_tokens < 3)
    REQUIRE_OK (dd_engine_work (engine, &more, &error), error);
  began = pretended;
  self.watch = true;
  for (int i = 0; i < readers; i++) {
    reading[i] = open_session (model);
    start (reading[i], &beside[i], 18 + i, 1);
    ideal += (20 + (18 + i) * 13) / prompt;
  }
  while (beside[0].ends + (readers > 1 ? beside[1].ends : 1) < 2)
    REQUIRE_OK (dd_engine_work (engine, &more, &error), error);
  took = pretended - began;
  CHECK_MSG (self.longest <= (decode < 0.3 ? 0.5 : 0.55), "%.3f s between two tokens at %g and %g",
             self.longest, prompt, decode);
  CHECK_MSG (self.tokens * decode >= took / 3 - 2 * decode, "%d tokens in %.2f s at %g and %g",
             self.tokens, took, prompt, decode);
  CHECK_MSG (took <= (decode < 0.3 ? 1.7 : 4) * ideal + 4 * decode,
             "%.2f s to read %.2f s of prompt at %g and %g", took, ideal, prompt, decode);
  for (int i = 0; i < readers; i++)
    dd_session_close (&reading[i]);
  dd_session_close (&maker);
  pretended = 0;
  devices[0].clock = NULL;
  answer_forget (model);
}

static void
test_pace (void)
{
  static const double speeds[][2] = { { 48, 0.15 }, { 15, 0.15 }, { 15, 0.3 }, { 200, 0.02 } };
  char *path = tiny_file (&(tiny) { .seed = 5, .layers = 8 }, "pace");
  dd_model_options options = { .devices = "one" };
  dd_model *model;

  REQUIRE_OK (dd_model_open (engine, path, &options, &model, &error), error);
  for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
    for (int readers = 1; readers <= 2; readers++)
      check_pace (model, speeds[i][0], speeds[i][1], readers);
  dd_model_close (&model);
  unlink (path);
  free (path);
}

/* ---- events that do things --------------------------------------------- */

typedef struct chain {
  dd_session *other;
  int started;
} chain;

static void
start_other (dd_session *session, const dd_event *event, void *user)
{
  chain *self = user;

  if (event->kind == DD_EVENT_TOKEN && self->started == 0) {
    start (self->other, &beside[1], 7, 40);
    self->started = 1;
  }
  if (event->kind == DD_EVENT_END && self->started == 1) {
    start (session, &beside[0], 6, 40);
    self->started = 2;
  }
}

static void
test_from_events (void)
{
  dd_model *model = open_model (0, "one");
  dd_session *session = open_session (model);
  chain self = { .other = open_session (model) };
  dd_generation want = answer_want (&beside[2], 10);
  dd_token prompt[10];

  answer_prompt (prompt, 10, 2);
  want.event = start_other;
  want.user = &self;
  answer_start (session, prompt, 10, NULL, 0, &want);
  answer_work (engine);
  CHECK (self.started == 2);
  CHECK (answer_equal (&alone[6], &beside[0]) && answer_equal (&alone[7], &beside[1]));
  dd_session_close (&session);
  dd_session_close (&self.other);
  dd_model_close (&model);
}

int
main (void)
{
  dd_source sources[3];

  for (int i = 0; i < 3; i++)
    sources[i] = rigged_source (&devices[i], i);
  paths[0] = tiny_file (&(tiny) { .seed = 1 }, "scheduler-a");
  paths[1] = tiny_file (&(tiny) { .seed = 2, .layers = 3 }, "scheduler-b");
  REQUIRE_OK (dd_engine_open_with (NULL, sources, 3, &engine, &error), error);
  test_beside ();
  test_sizes ();
  test_no_room ();
  test_same_prompt ();
  test_lost ();
  test_found_lost ();
  test_lost_twice ();
  test_failing ();
  test_short_of_memory ();
  test_pace ();
  test_from_events ();
  dd_engine_close (&engine);
  for (int i = 0; i < 2; i++) {
    unlink (paths[i]);
    free (paths[i]);
  }
  return check_done ();
}
