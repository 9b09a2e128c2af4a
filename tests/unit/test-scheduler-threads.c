/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What other threads may do while one works: answers are cancelled and models
 * opened from elsewhere, and the answers nobody meant stay as they are alone.
 */
#include <pthread.h>
#include <unistd.h>

#include "answer.h"
#include "check.h"
#include "engine_private.h"
#include "rigged.h"
#include "tiny.h"

#define SESSIONS 3
#define OPENED 6

static rigged devices[2] = { { .id = "one" }, { .id = "two", .max_rows = 48 } };
static dd_engine *engine;
static dd_error error;
static char *paths[2];
static answer alone[SESSIONS], beside[SESSIONS];

static dd_model *
open_model (int which, const char *device)
{
  dd_model_options options = { .devices = device, .cache = DD_CACHE_F32 };
  dd_error failure;
  dd_model *model;

  REQUIRE_OK (dd_model_open (engine, paths[which], &options, &model, &failure), failure);
  return model;
}

/* Starts 40 tokens to the prompt of that number. */
static void
start (dd_session *session, answer *out, int number)
{
  dd_token prompt[100];
  dd_generation want = answer_want (out, 40);
  size_t length = 46 + (size_t) number * 13;

  want.sampling.seed = (uint64_t) number;
  answer_prompt (prompt, length, (uint64_t) number + 100);
  answer_start (session, prompt, length, NULL, 0, &want);
}

/* Cancels the first two until `done`. */
typedef struct canceller {
  dd_session **sessions;
  bool done; /* atomic */
} canceller;

static void *
cancel_now_and_then (void *user)
{
  canceller *self = user;

  for (int i = 0; !__atomic_load_n (&self->done, __ATOMIC_ACQUIRE); i++) {
    dd_session_cancel (self->sessions[i % 2]);
    usleep (500);
  }
  return NULL;
}

static void *
open_some (void *user)
{
  for (int i = 0; i < OPENED; i++)
    ((dd_model **) user)[i] = open_model (1, "two");
  return NULL;
}

static void
answer_alone (dd_model *model)
{
  for (int i = 0; i < SESSIONS; i++) {
    dd_session *session;

    REQUIRE_OK (dd_session_open (model, &session, &error), error);
    start (session, &alone[i], i);
    answer_work (engine);
    CHECK (alone[i].ends == 1);
    dd_session_close (&session);
    answer_forget (model);
  }
}

/* One round of answers together; returns how many were cancelled. */
static int
answer_beside (dd_model *model, dd_session **sessions)
{
  int cancelled = 0;

  for (int i = 0; i < SESSIONS; i++)
    start (sessions[i], &beside[i], i);
  answer_work (engine);
  for (int i = 0; i < SESSIONS; i++) {
    CHECK (beside[i].ends == 1);
    cancelled += beside[i].reason == DD_STOP_CANCELLED;
    CHECK (beside[i].reason == DD_STOP_CANCELLED || answer_equal (&alone[i], &beside[i]));
  }
  CHECK (beside[SESSIONS - 1].reason == DD_STOP_LENGTH);
  CHECK (dd_pages_sound (model->ready->pages));
  return cancelled;
}

static void
test_threads (void)
{
  dd_model *model = open_model (0, "one"), *opened[OPENED];
  dd_session *sessions[SESSIONS];
  canceller self = { .sessions = sessions };
  pthread_t cancelling, opening;
  int cancelled = 0;

  answer_alone (model);
  for (int i = 0; i < SESSIONS; i++)
    REQUIRE_OK (dd_session_open (model, &sessions[i], &error), error);
  pthread_create (&cancelling, NULL, cancel_now_and_then, &self);
  pthread_create (&opening, NULL, open_some, opened);
  for (int i = 0; i < 12 || (cancelled == 0 && i < 200); i++)
    cancelled += answer_beside (model, sessions);
  __atomic_store_n (&self.done, true, __ATOMIC_RELEASE);
  pthread_join (cancelling, NULL);
  pthread_join (opening, NULL);
  CHECK (cancelled > 0);
  for (int i = 0; i < SESSIONS; i++)
    dd_session_close (&sessions[i]);
  for (int i = 0; i < OPENED; i++)
    dd_model_close (&opened[i]);
  dd_model_close (&model);
}

int
main (void)
{
  dd_source sources[2];

  for (int i = 0; i < 2; i++)
    sources[i] = rigged_source (&devices[i], i);
  paths[0] = tiny_file (&(tiny) { .seed = 1 }, "threads-a");
  paths[1] = tiny_file (&(tiny) { .seed = 2, .layers = 3 }, "threads-b");
  REQUIRE_OK (dd_engine_open_with (NULL, sources, 2, &engine, &error), error);
  test_threads ();
  dd_engine_close (&engine);
  for (int i = 0; i < 2; i++) {
    unlink (paths[i]);
    free (paths[i]);
  }
  return check_done ();
}
