/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sessions on a device that runs on its own time, runs out of memory and gets
 * lost: answers stay the same, cancelling is quick, and an error is an error.
 */
#include "kernels/awkward.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "check.h"
#include "engine_private.h"
#include "tiny.h"

static dd_device *device; /* the one that was opened last */
static char *path;
static dd_error error;
static answer sound;

static bool
open_awkward (void *user, dd_device **out, dd_error *failure)
{
  if (!awkward_open (out, failure))
    return false;
  device = *out;
  return true;
}

static dd_engine *
open_engine (void)
{
  dd_source source = { .id = "awkward", .open = open_awkward };
  dd_device *opened;
  dd_engine *engine;

  REQUIRE_OK (dd_engine_open_with (NULL, &source, 1, &engine, &error), error);
  REQUIRE_OK (dd_devices_get (&engine->devices, 0, &opened, &error), error);
  return engine;
}

/* Loads, answers a prompt of 150 tokens with 20, closes.  False if anything
 * failed, with the reason in `error`. */
static bool
whole_life (dd_engine *engine, answer *out)
{
  dd_generation want = answer_want (out, 20);
  dd_span span = { 150, DD_GIVEN };
  dd_session *session = NULL;
  dd_model *model = NULL;
  dd_token prompt[150];
  bool ok;

  answer_prompt (prompt, 150, 31);
  ok = dd_model_open (engine, path, NULL, &model, &error)
       && dd_session_open (model, &session, &error)
       && dd_session_sync (session, prompt, &span, 1, &error)
       && dd_session_generate (session, &want, &error);
  if (ok) {
    answer_work (engine);
    CHECK (out->ends == 1 && dd_pages_sound (model->ready->pages));
    if (out->reason == DD_STOP_ERROR) {
      error = out->error;
      ok = false;
    }
  }
  dd_session_close (&session);
  dd_model_close (&model);
  return ok;
}

static void
test_lost (void)
{
  static answer out;

  for (int at = 1; at < 40; at += 3) {
    dd_engine *engine = open_engine ();

    awkward_lose (device, at);
    CHECK_MSG (whole_life (engine, &out) && answer_equal (&sound, &out), "lost at wait %d", at);
    dd_engine_close (&engine);
  }
}

static void
test_memory (void)
{
  static answer out;
  bool failed = false;

  for (int at = 1; at < 12; at++) {
    dd_engine *engine = open_engine ();

    awkward_fail_memory (device, at);
    if (whole_life (engine, &out))
      CHECK_MSG (answer_equal (&sound, &out), "without memory at %d", at);
    else {
      CHECK_MSG (error.code == DD_ERROR_DEVICE_MEMORY, "%s", error.text);
      failed = true;
    }
    awkward_fail_memory (device, 0);
    CHECK (whole_life (engine, &out) && answer_equal (&sound, &out)); /* still usable */
    dd_engine_close (&engine);
  }
  CHECK (failed);
}

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + (double) time.tv_nsec * 1e-9;
}

static double cancelled_at;

static void *
cancel_soon (void *user)
{
  usleep (100000);
  cancelled_at = now ();
  dd_session_cancel (user);
  return NULL;
}

/* A step takes four seconds here; a cancellation does not wait for it. */
static void
test_cancel (void)
{
  static answer out;
  dd_engine *engine = open_engine ();
  dd_generation want;
  dd_session *session;
  dd_model *model;
  dd_token prompt[150];
  pthread_t thread;

  answer_prompt (prompt, 150, 31);
  REQUIRE_OK (dd_model_open (engine, path, NULL, &model, &error), error);
  REQUIRE_OK (dd_session_open (model, &session, &error), error);
  for (int making = 0; making < 2; making++) {
    want = answer_want (&out, 20);
    awkward_set_delay (device, making ? 0 : 4000);
    answer_start (session, prompt, 150, NULL, 0, &want);
    while (making && out.count < 3) {
      bool more;

      REQUIRE_OK (dd_engine_work (engine, &more, &error), error);
    }
    awkward_set_delay (device, 4000);
    pthread_create (&thread, NULL, cancel_soon, session);
    answer_work (engine);
    CHECK (out.reason == DD_STOP_CANCELLED && out.ends == 1);
    CHECK_MSG (now () - cancelled_at < 2, "%g s", now () - cancelled_at);
    pthread_join (thread, NULL);
    CHECK (dd_pages_sound (model->ready->pages));
  }
  /* What was not cancelled is sound. */
  awkward_set_delay (device, 0);
  want = answer_want (&out, 20);
  answer_start (session, prompt, 150, NULL, 0, &want);
  answer_work (engine);
  CHECK (answer_equal (&sound, &out));
  dd_session_close (&session);
  dd_model_close (&model);
  dd_engine_close (&engine);
}

int
main (void)
{
  dd_engine *engine;

  path = tiny_file (&(tiny) { .seed = 1 }, "awkward");
  engine = open_engine ();
  CHECK (whole_life (engine, &sound) && sound.count == 20);
  dd_engine_close (&engine);
  test_lost ();
  test_memory ();
  test_cancel ();
  unlink (path);
  free (path);
  return check_done ();
}
