/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The promise of the fixed order, through the public door and on the CPU's own
 * kernels: the same prompt and seed give the same text, bit for bit, alone,
 * beside other sessions and another model, in chunks of any size, rewound, opened
 * again and replayed, on any number of threads, on one device and split over two; for
 * each family of instructions among its own runs.  Over tiny models of both
 * families and, where DADAM_STARTER names it, the starter: on the best family of
 * instructions, with --all on all of them.
 */
#include <unistd.h>

#include "answer.h"
#include "check.h"
#include "engine_private.h"
#include "rigged.h"
#include "tiny.h"

#define PROMPT 90
#define LENGTH 40

/* What runs: a model's file, its neighbour's, and how many tokens. */
typedef struct subject {
  const char *name, *path, *other;
  size_t prompt;
  int length;
  bool brief; /* one family of instructions, three numbers of threads */
} subject;

static dd_cpu_options cpu;
static rigged devices[] = {
  { .id = "whole", .cpu = &cpu },
  { .id = "half", .cpu = &cpu },
  { .id = "fifty", .cpu = &cpu, .max_rows = 50 },
  { .id = "seven", .cpu = &cpu, .max_rows = 7 },
};
static const subject *now;
static const char *isa;
static answer alone, out, beside[3];
static dd_error error;

static dd_engine *
open_engine (int threads)
{
  dd_source sources[RIGGED];
  dd_engine *engine;

  cpu.threads = threads;
  for (int i = 0; i < RIGGED; i++)
    sources[i] = rigged_source (&devices[i], i);
  REQUIRE_OK (dd_engine_open_with (NULL, sources, RIGGED, &engine, &error), error);
  return engine;
}

static dd_model *
open_model (dd_engine *engine, const char *path, const char *device)
{
  dd_model_options options = { .devices = device, .context = 512 };
  dd_model *model;

  REQUIRE_OK (dd_model_open (engine, path, &options, &model, &error), error);
  return model;
}

/* Lets the session go on from the prompt of that number and the first `n_made`
 * tokens of the answer that `alone` holds. */
static void
go_on (dd_session *session, answer *to, int number, size_t n_made)
{
  dd_generation want = answer_want (to, now->length - (int) n_made);
  dd_token prompt[PROMPT];

  want.sampling.seed = 7;
  want.sampling.temperature = 0.9f;
  want.sampling.top_p = 0.95f;
  answer_prompt (prompt, now->prompt, (uint64_t) number);
  answer_start (session, prompt, now->prompt, alone.tokens, n_made, &want);
}

static dd_session *
start (dd_model *model, answer *to, int number, size_t n_made)
{
  dd_session *session;

  REQUIRE_OK (dd_session_open (model, &session, &error), error);
  go_on (session, to, number, n_made);
  return session;
}

static void
check_same (const char *how)
{
  CHECK_MSG (out.count == now->length && answer_equal (&alone, &out), "%s on %s: %s", now->name,
             isa, how);
}

static void
answer_on (int threads, const char *device, answer *to)
{
  dd_engine *engine = open_engine (threads);
  dd_model *model = open_model (engine, now->path, device);
  dd_session *session = start (model, to, 1, 0);

  answer_work (engine);
  dd_session_close (&session);
  dd_model_close (&model);
  dd_engine_close (&engine);
}

static void
check_threads (void)
{
  for (int threads = 2; threads <= 8; threads += now->brief ? 3 : 1) {
    char how[32];

    snprintf (how, sizeof how, "%d threads", threads);
    answer_on (threads, "whole", &out);
    check_same (how);
  }
}

/* The same prompt, another one, and one of another model, all at once. */
static void
check_beside (void)
{
  dd_engine *engine = open_engine (2);
  dd_model *model = open_model (engine, now->path, "whole");
  dd_model *other = open_model (engine, now->other, "whole");
  dd_session *sessions[4];

  sessions[0] = start (other, &beside[0], 3, 0);
  sessions[1] = start (model, &beside[1], 2, 0);
  sessions[2] = start (model, &out, 1, 0);
  sessions[3] = start (model, &beside[2], 1, 0);
  answer_work (engine);
  check_same ("beside others");
  CHECK (answer_equal (&alone, &beside[2]) && !answer_equal (&alone, &beside[1]));
  for (int i = 0; i < 4; i++)
    dd_session_close (&sessions[i]);
  dd_model_close (&other);
  dd_model_close (&model);
  dd_engine_close (&engine);
}

static void
check_chunks (void)
{
  answer_on (2, "fifty", &out);
  check_same ("chunks of 50");
  answer_on (2, "seven", &out);
  check_same ("chunks of 7");
}

static void
check_rest (size_t from, const char *how)
{
  CHECK_MSG (out.count == now->length - (int) from
                 && memcmp (alone.tokens + from, out.tokens, (size_t) out.count * sizeof (dd_token))
                        == 0,
             "%s on %s: %s from %zu", now->name, isa, how, from);
}

/* Back to every position of its answer, and to another prompt between. */
static void
check_rewound (void)
{
  dd_engine *engine = open_engine (2);
  dd_model *model = open_model (engine, now->path, "whole");
  dd_session *session = start (model, &out, 1, 0);

  answer_work (engine);
  for (size_t at = 0; at < (size_t) now->length; at += now->brief ? 7 : 1) {
    if (at % 8 == 5) {
      go_on (session, &out, 2, 0);
      dd_session_cancel (session);
      answer_work (engine);
      CHECK (out.reason == DD_STOP_CANCELLED);
    }
    go_on (session, &out, 1, at);
    answer_work (engine);
    check_rest (at, "rewound");
    CHECK (out.stats.reused_tokens == (int64_t) (now->prompt + at - 1));
  }
  dd_session_close (&session);
  dd_model_close (&model);
  dd_engine_close (&engine);
}

/* The file opened anew and the answer so far computed again. */
static void
check_reopened (void)
{
  static const size_t cuts[] = { 1, 11, 23 };

  for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
    dd_engine *engine = open_engine (2);
    dd_model *model = open_model (engine, now->path, "whole");
    dd_session *session = start (model, &out, 1, cuts[i]);

    answer_work (engine);
    CHECK (out.stats.reused_tokens == 0);
    check_rest (cuts[i], "replayed");
    dd_session_close (&session);
    dd_model_close (&model);
    dd_engine_close (&engine);
  }
}

/* Some layers on a device that has no room for the rest. */
static void
check_split (void)
{
  dd_engine *engine = open_engine (2);
  dd_estimate estimate;
  dd_session *session;
  dd_model *model;
  dd_file *file;

  REQUIRE_OK (dd_file_open (now->path, &file, &error), error);
  REQUIRE_OK (dd_file_measure (file, engine, "whole", 512, &estimate, &error), error);
  dd_file_close (&file);
  devices[1].memory = estimate.memory.weights * 4 / 5 + estimate.memory.activations;
  model = open_model (engine, now->path, "half,whole");
  CHECK_MSG (model->ready->places.count == 3, "%s is not split", now->name);
  session = start (model, &out, 1, 0);
  answer_work (engine);
  check_same ("split over two devices");
  dd_session_close (&session);
  dd_model_close (&model);
  dd_engine_close (&engine);
  devices[1].memory = 0;
}

/* Every family of instructions that this machine has, the best first. */
static void
check_subject (const subject *which)
{
  dd_cpu_isa family;

  now = which;
  cpu.without = 0;
  do {
    family = dd_cpu_isa_best (cpu.without);
    isa = dd_cpu_isa_name (family);
    answer_on (1, "whole", &alone);
    CHECK (alone.count == now->length && alone.stats.prompt_tokens == (int64_t) now->prompt);
    check_threads ();
    check_beside ();
    check_chunks ();
    check_reopened ();
    check_rewound ();
    check_split ();
    cpu.without |= 1u << family;
  } while (family != DD_CPU_SCALAR && !now->brief);
}

int
main (int argc, char **argv)
{
  bool all = argc > 1 && strcmp (argv[1], "--all") == 0;
  static const uint32_t types[] = { DD_TYPE_Q8_0, DD_TYPE_Q4_0, DD_TYPE_F16 };
  const char *starter = getenv ("DADAM_STARTER");
  char *other = tiny_file (&(tiny) { .seed = 9, .layers = 1, .type = DD_TYPE_Q4_1 }, "same-other");

  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    tiny model = { .seed = 4, .layers = 3, .type = types[i], .qwen2 = i % 2 == 1 };
    char *path = tiny_file (&model, "same");

    check_subject (&(subject) { dd_type_name (types[i]), path, other, PROMPT, LENGTH, false });
    unlink (path);
    free (path);
  }
  if (starter != NULL && *starter != '\0')
    check_subject (all ? &(subject) { "the starter", starter, other, 70, 40, false }
                       : &(subject) { "the starter", starter, other, 30, 24, true });
  unlink (other);
  free (other);
  return check_done ();
}
