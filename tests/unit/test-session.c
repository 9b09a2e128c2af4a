/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sessions on the reference device: the same tokens whatever the timeline went
 * through before, every way an answer ends, and text that is what the tokens say.
 */
#include <unistd.h>

#include "answer.h"
#include "check.h"
#include "engine_private.h"
#include "tiny.h"

static dd_engine *engine;
static dd_model *model;
static dd_error error;

static dd_session *
open_session (void)
{
  dd_session *session;

  REQUIRE_OK (dd_session_open (model, &session, &error), error);
  return session;
}

static void
check_pages (void)
{
  CHECK (dd_pages_sound (model->ready->pages));
}

/* An answer of a session of its own to a prompt of `n` tokens. */
static void
plain_answer (answer *out, const dd_token *prompt, size_t n, int max, uint64_t seed)
{
  dd_session *session = open_session ();
  dd_generation want = answer_want (out, max);

  want.sampling.seed = seed;
  answer_start (session, prompt, n, NULL, 0, &want);
  answer_work (engine);
  dd_session_close (&session);
  check_pages ();
}

/* Drops what the model has computed, so that the next answer computes it again. */
static void
forget (void)
{
  answer_forget (model);
}

static void
test_regenerate (void)
{
  static answer first, again, other, cold;
  dd_session *session = open_session ();
  dd_token prompt[150];
  dd_generation want = answer_want (&first, 80);

  answer_prompt (prompt, 150, 1);
  answer_start (session, prompt, 150, NULL, 0, &want);
  answer_work (engine);
  CHECK (first.count == 80 && first.reason == DD_STOP_LENGTH && first.ends == 1);
  CHECK (first.stats.reused_tokens == 0 && first.stats.prompt_tokens == 150);
  CHECK (first.stats.made_tokens == 80 && first.readings > 0 && first.done == first.total);
  /* Another seed, then the first again: only the last token is read again. */
  want = answer_want (&other, 80);
  want.sampling.seed = 9;
  answer_start (session, prompt, 150, NULL, 0, &want);
  answer_work (engine);
  CHECK (!answer_equal (&first, &other) && other.stats.reused_tokens == 149);
  CHECK (other.stats.prompt_tokens == 1);
  want = answer_want (&again, 80);
  answer_start (session, prompt, 150, NULL, 0, &want);
  answer_work (engine);
  CHECK (answer_equal (&first, &again));
  /* Back in the first answer: its tokens as made are all there. */
  want = answer_want (&again, 40);
  answer_start (session, prompt, 150, first.tokens, 40, &want);
  CHECK (session->timeline.computed == 189);
  answer_work (engine);
  CHECK (again.stats.reused_tokens == 189);
  CHECK (memcmp (again.tokens, first.tokens + 40, 40 * sizeof (dd_token)) == 0);
  dd_session_close (&session);
  check_pages ();
  forget ();
  plain_answer (&cold, prompt, 150, 80, 0);
  CHECK (cold.stats.reused_tokens == 0 && answer_equal (&first, &cold));
}

/* Made tokens go the way they went when they were made. */
static void
test_reopen (void)
{
  static answer whole, rest;
  dd_session *session;
  dd_token prompt[70];

  answer_prompt (prompt, 70, 2);
  plain_answer (&whole, prompt, 70, 150, 5);
  for (int cut = 1; cut < 150; cut += 37) {
    dd_generation want = answer_want (&rest, 150 - cut);

    forget ();
    session = open_session ();
    want.sampling.seed = 5;
    answer_start (session, prompt, 70, whole.tokens, (size_t) cut, &want);
    answer_work (engine);
    CHECK (rest.stats.reused_tokens == 0);
    CHECK_MSG (memcmp (rest.tokens, whole.tokens + cut, (size_t) (150 - cut) * 4) == 0,
               "reopened after %d tokens", cut);
    dd_session_close (&session);
  }
}

/* Prompts of all lengths around pages and passes, edited in the middle. */
static void
test_lengths (void)
{
  static const size_t lengths[] = { 1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129, 191, 192, 193 };
  static answer warm, cold;
  dd_session *session = open_session ();
  dd_token prompt[200];

  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    dd_generation want = answer_want (&warm, 5);

    answer_prompt (prompt, 200, 3);
    prompt[lengths[i] / 2] = (dd_token) (10 + i);
    answer_start (session, prompt, lengths[i], NULL, 0, &want);
    answer_work (engine);
    forget ();
    plain_answer (&cold, prompt, lengths[i], 5, 0);
    CHECK_MSG (answer_equal (&warm, &cold), "%zu tokens", lengths[i]);
  }
  dd_session_close (&session);
  check_pages ();
}

static void
test_ends (void)
{
  static answer out, whole;
  dd_session *session = open_session ();
  const char *stops[] = { NULL, NULL };
  char stop[16] = "";
  size_t n_tokens;
  dd_token prompt[512];
  dd_generation want;
  const char *found;

  answer_prompt (prompt, 512, 4);
  /* The model ends its turn; hot enough to get there. */
  want = answer_want (&out, -1);
  want.ignore_end = false;
  want.sampling.temperature = 5;
  for (uint64_t seed = 0; seed < 50 && out.reason != DD_STOP_END; seed++) {
    want = answer_want (&out, -1);
    want.ignore_end = false;
    want.sampling.temperature = 5;
    want.sampling.seed = seed;
    answer_start (session, prompt, 20, NULL, 0, &want);
    answer_work (engine);
  }
  CHECK (out.reason == DD_STOP_END && out.ends == 1);
  (void) dd_session_tokens (session, &n_tokens);
  CHECK (n_tokens == 20 + (size_t) out.count); /* without the end token */
  /* The context is full. */
  want = answer_want (&whole, -1);
  answer_start (session, prompt, 400, NULL, 0, &want);
  answer_work (engine);
  CHECK (whole.reason == DD_STOP_CONTEXT && whole.count == 112);
  answer_start (session, prompt, 512, NULL, 0, &want);
  whole.count = 0;
  answer_work (engine);
  CHECK (whole.reason == DD_STOP_CONTEXT && whole.count == 0);
  /* A stop string: six characters from the middle of the text. */
  plain_answer (&whole, prompt, 30, 100, 0);
  for (size_t i = whole.length / 2; i + 6 < whole.length; i++) {
    bool plain = true;

    for (size_t j = 0; j < 6; j++)
      plain = plain && whole.text[i + j] >= ' ' && whole.text[i + j] < 0x7f;
    if (plain) {
      memcpy (stop, whole.text + i, 6);
      break;
    }
  }
  CHECK (stop[0] != '\0');
  stops[0] = stop;
  want = answer_want (&out, 100);
  want.stops = stops;
  answer_start (session, prompt, 30, NULL, 0, &want);
  answer_work (engine);
  found = memmem (whole.text, whole.length, stop, 6);
  CHECK (out.reason == DD_STOP_STRING && found != NULL);
  CHECK (found != NULL && out.length == (size_t) (found - whole.text));
  CHECK (memcmp (out.text, whole.text, out.length) == 0);
  CHECK (memcmp (out.tokens, whole.tokens, (size_t) out.count * sizeof (dd_token)) == 0);
  /* No token at all: the prompt is read. */
  want = answer_want (&out, 0);
  answer_start (session, prompt, 33, NULL, 0, &want);
  answer_work (engine);
  CHECK (out.reason == DD_STOP_LENGTH && out.count == 0 && session->timeline.computed == 33);
  dd_session_close (&session);
  check_pages ();
}

static void
test_cancel (void)
{
  static answer out, rest, whole;
  dd_session *session = open_session ();
  dd_token prompt[100];
  dd_generation want = answer_want (&out, 60);
  const dd_token *tokens;
  size_t n_tokens;

  answer_prompt (prompt, 100, 5);
  out.cancel_after = 20;
  answer_start (session, prompt, 100, NULL, 0, &want);
  answer_work (engine);
  CHECK (out.reason == DD_STOP_CANCELLED && out.count == 20 && out.ends == 1);
  tokens = dd_session_tokens (session, &n_tokens);
  CHECK (n_tokens == 120 && memcmp (tokens + 100, out.tokens, 20 * sizeof *tokens) == 0);
  check_pages ();
  /* What was made is kept. */
  want = answer_want (&rest, 40);
  answer_start (session, prompt, 100, out.tokens, 20, &want);
  answer_work (engine);
  CHECK (rest.stats.reused_tokens == 119);
  forget ();
  plain_answer (&whole, prompt, 100, 60, 0);
  CHECK (memcmp (whole.tokens, out.tokens, 20 * sizeof *tokens) == 0);
  CHECK (memcmp (whole.tokens + 20, rest.tokens, 40 * sizeof *tokens) == 0);
  /* Before the first slice. */
  want = answer_want (&out, 60);
  answer_start (session, prompt, 90, NULL, 0, &want);
  dd_session_cancel (session);
  answer_work (engine);
  CHECK (out.reason == DD_STOP_CANCELLED && out.count == 0);
  dd_session_close (&session);
  check_pages ();
}

static void
test_best (void)
{
  static answer out;
  dd_session *session = open_session ();
  dd_token prompt[10];
  dd_generation want = answer_want (&out, 30);

  answer_prompt (prompt, 10, 6);
  want.n_best = 20;
  want.sampling.temperature = 0;
  answer_start (session, prompt, 10, NULL, 0, &want);
  answer_work (engine);
  CHECK (out.n_best == 20 && out.best[0].token == out.tokens[29]);
  for (int i = 1; i < 20; i++)
    CHECK (out.best[i].logprob <= out.best[i - 1].logprob);
  CHECK (out.best[0].logprob < 0);
  dd_session_close (&session);
}

/* ---- score ------------------------------------------------------------- */

typedef struct scores {
  size_t next;
  size_t stop_at;
  dd_token best[512];
  double sum[512];
} scores;

static bool
score_row (size_t row, const float *logits, int64_t n_vocab, void *user)
{
  scores *self = user;
  int64_t best = 0;

  CHECK (row == self->next);
  self->next = row + 1;
  for (int64_t i = 1; i < n_vocab; i++)
    best = logits[i] > logits[best] ? i : best;
  self->best[row] = (dd_token) best;
  for (int64_t i = 0; i < n_vocab; i++)
    self->sum[row] += (double) logits[i] * (double) (i + 1);
  return row != self->stop_at;
}

static void
test_score (void)
{
  static scores all, late;
  static answer greedy;
  dd_session *session = open_session ();
  dd_span spans[2] = { { 100, DD_GIVEN }, { 60, DD_MADE } };
  dd_token tokens[160];
  dd_generation want;

  answer_prompt (tokens, 100, 7);
  want = answer_want (&greedy, 60);
  want.sampling.temperature = 0;
  answer_start (session, tokens, 100, NULL, 0, &want);
  answer_work (engine);
  memcpy (tokens + 100, greedy.tokens, 60 * sizeof *tokens);
  all.stop_at = late.stop_at = 1000;
  REQUIRE_OK (dd_session_sync (session, tokens, spans, 2, &error), error);
  REQUIRE_OK (dd_session_score (session, 0, score_row, &all, &error), error);
  CHECK (all.next == 160);
  for (int i = 100; i < 160; i++) /* the same path as when they were made */
    CHECK (all.best[i - 1] == tokens[i]);
  forget ();
  late.next = 90;
  REQUIRE_OK (dd_session_score (session, 90, score_row, &late, &error), error);
  CHECK (late.next == 160);
  CHECK (memcmp (late.sum + 90, all.sum + 90, 70 * sizeof (double)) == 0);
  late.next = 0;
  late.stop_at = 3;
  memset (late.sum, 0, sizeof late.sum);
  REQUIRE_OK (dd_session_score (session, 0, score_row, &late, &error), error);
  CHECK (late.next == 4);
  CHECK (!dd_session_score (session, 160, score_row, &late, &error));
  CHECK (error.code == DD_ERROR_ARGUMENT);
  dd_session_close (&session);
  check_pages ();
}

/* ---- refusals ---------------------------------------------------------- */

static void
test_arguments (void)
{
  static answer out;
  const char *many[18];
  dd_session *session = open_session ();
  dd_token tokens[600] = { 0 };
  dd_span span = { 600, DD_GIVEN };
  dd_generation want = answer_want (&out, 10), bad;

  CHECK (!dd_session_generate (session, &want, &error) && error.code == DD_ERROR_ARGUMENT);
  CHECK (!dd_session_sync (session, tokens, &span, 1, &error));
  CHECK (error.code == DD_ERROR_CONTEXT_FULL);
  span.count = 5;
  tokens[4] = 320;
  CHECK (!dd_session_sync (session, tokens, &span, 1, &error) && error.code == DD_ERROR_ARGUMENT);
  tokens[4] = -1;
  CHECK (!dd_session_sync (session, tokens, &span, 1, &error));
  tokens[4] = 319;
  REQUIRE_OK (dd_session_sync (session, tokens, &span, 1, &error), error);
  bad = want;
  bad.n_best = 21;
  CHECK (!dd_session_generate (session, &bad, &error));
  bad = want;
  bad.sampling.top_p = 0;
  CHECK (!dd_session_generate (session, &bad, &error));
  bad = want;
  bad.event = NULL;
  CHECK (!dd_session_generate (session, &bad, &error));
  for (int i = 0; i < 17; i++)
    many[i] = "x";
  many[17] = NULL;
  bad = want;
  bad.stops = many;
  CHECK (!dd_session_generate (session, &bad, &error) && error.code == DD_ERROR_ARGUMENT);
  REQUIRE_OK (dd_session_generate (session, &want, &error), error);
  CHECK (!dd_session_generate (session, &want, &error));
  CHECK (!dd_session_sync (session, tokens, &span, 1, &error));
  CHECK (!dd_session_score (session, 0, score_row, &out, &error));
  dd_session_close (&session); /* while it runs */
  check_pages ();
}

/* A model whose logits are no numbers ends its session and nothing else. */
static void
test_not_numbers (void)
{
  static answer out, good;
  char *path = tiny_file (&(tiny) { .not_numbers = true }, "nan");
  dd_model_options options = { .devices = "reference" };
  dd_session *broken, *session = open_session ();
  dd_generation want = answer_want (&out, 10), fine = answer_want (&good, 10);
  dd_model *bad;
  dd_token prompt[10];

  answer_prompt (prompt, 10, 8);
  REQUIRE_OK (dd_model_open (engine, path, &options, &bad, &error), error);
  REQUIRE_OK (dd_session_open (bad, &broken, &error), error);
  answer_start (broken, prompt, 10, NULL, 0, &want);
  answer_start (session, prompt, 10, NULL, 0, &fine);
  answer_work (engine);
  CHECK (out.reason == DD_STOP_ERROR && out.error.code == DD_ERROR_BROKEN_MODEL);
  CHECK (out.ends == 1 && out.count == 0);
  CHECK (good.reason == DD_STOP_LENGTH && good.count == 10);
  dd_session_close (&broken);
  dd_session_close (&session);
  dd_model_close (&bad);
  unlink (path);
  free (path);
}

int
main (void)
{
  char *path = tiny_file (&(tiny) { .seed = 1 }, "session");
  dd_model_options options = { .devices = "reference", .cache = DD_CACHE_F32 };

  REQUIRE_OK (dd_engine_open (&(dd_engine_options) { .threads = 2 }, &engine, &error), error);
  REQUIRE_OK (dd_model_open (engine, path, &options, &model, &error), error);
  test_regenerate ();
  test_reopen ();
  test_lengths ();
  test_ends ();
  test_cancel ();
  test_best ();
  test_score ();
  test_arguments ();
  test_not_numbers ();
  dd_model_close (&model);
  dd_engine_close (&engine);
  unlink (path);
  free (path);
  return check_done ();
}
