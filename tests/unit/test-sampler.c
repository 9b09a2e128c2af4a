/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sampler: every filter against a plain way of doing the same, its
 * distribution by chi-square, its generator by known values.
 */
#include "run/sampler.h"

#include <math.h>

#include "check.h"

#define N 1000

static float original[N];
static dd_sampler sampler;

static void
fill (uint64_t seed, float spread)
{
  for (int i = 0; i < N; i++)
    original[i] = spread * (float) (dd_sampler_uniform (seed, (uint64_t) i) - 0.5);
}

static dd_token
pick (const dd_sampling *s, const dd_token *tokens, size_t n)
{
  dd_error error;

  memcpy (sampler.logits, original, sizeof original);
  REQUIRE_OK (dd_sampler_check (&sampler, &error), error);
  return dd_sampler_pick (&sampler, s, tokens, n);
}

static void
test_uniform (void)
{
  double sum = 0;

  for (uint64_t i = 0; i < 100000; i++) {
    double u = dd_sampler_uniform (42, i);

    CHECK (u >= 0 && u < 1);
    sum += u;
  }
  CHECK_MSG (fabs (sum / 100000 - 0.5) < 0.004, "mean %g", sum / 100000);
  CHECK (dd_sampler_uniform (1, 7) != dd_sampler_uniform (2, 7));
  CHECK (dd_sampler_uniform (1, 7) != dd_sampler_uniform (1, 8));
  /* These decide every sampled text there will ever be: they must not change. */
  CHECK_MSG (dd_sampler_uniform (0, 0) == 0x1.4e0dba5e9a32fp-1, "%a", dd_sampler_uniform (0, 0));
  CHECK_MSG (dd_sampler_uniform (42, 1000) == 0x1.63f919049aa49p-1, "%a",
             dd_sampler_uniform (42, 1000));
}

static void
test_greedy (void)
{
  dd_sampling s = dd_sampling_neutral ();

  s.temperature = 0;
  fill (3, 4);
  original[123] = original[456] = 9;
  CHECK (pick (&s, NULL, 0) == 123);
  original[999] = 10;
  CHECK (pick (&s, NULL, 0) == 999);
  original[0] = 10;
  CHECK (pick (&s, NULL, 0) == 0);
}

static void
test_best (void)
{
  double sum = 0;
  dd_choice best[DD_BEST];

  fill (5, 12);
  original[77] = original[33];
  memcpy (sampler.logits, original, sizeof original);
  dd_sampler_best (&sampler, DD_BEST, best);
  for (int i = 0; i < N; i++)
    sum += exp ((double) original[i]);
  for (int i = 0; i < DD_BEST; i++) {
    int before = 0;

    for (int j = 0; j < N; j++)
      before += original[j] > original[best[i].token]
                || (original[j] == original[best[i].token] && j < best[i].token);
    CHECK (before == i);
    CHECK (fabs (best[i].logprob - (original[best[i].token] - log (sum))) < 1e-5);
  }
}

/* Which tokens the filters leave, worked out with a full sort. */
static int
by_probability (const void *a, const void *b)
{
  int x = *(const int *) a, y = *(const int *) b;

  if (original[x] != original[y])
    return original[x] > original[y] ? -1 : 1;
  return x - y;
}

static void
allowed_tokens (const dd_sampling *s, bool allowed[N])
{
  int order[N], left = N, kept = 0;
  double sum = 0, part = 0;

  for (int i = 0; i < N; i++)
    order[i] = i;
  qsort (order, N, sizeof *order, by_probability);
  if (s->top_k > 0 && s->top_k < N)
    left = s->top_k;
  for (int i = 0; i < left; i++)
    sum += exp ((double) original[order[i]]);
  while (kept < left && (kept == 0 || part < s->top_p * sum))
    part += exp ((double) original[order[kept++]]);
  memset (allowed, 0, N * sizeof *allowed);
  for (int i = 0; i < kept; i++)
    allowed[order[i]] = s->min_p == 0 || original[order[i]] >= original[order[0]] + log (s->min_p);
}

/* Draws many times: what comes is allowed, and as often as it should. */
static void
check_distribution (const dd_sampling *settings, const char *name)
{
  enum { DRAWS = 10000 };
  static int seen[N];
  static bool allowed[N];
  dd_sampling s = *settings;
  double total = 0, chi = 0, rest = 0, rest_seen = 0;
  int cells = 0;

  memset (seen, 0, sizeof seen);
  allowed_tokens (&s, allowed);
  for (int i = 0; i < DRAWS; i++) {
    s.seed = (uint64_t) i + 1000;
    seen[pick (&s, NULL, 0)]++;
  }
  for (int i = 0; i < N; i++)
    if (allowed[i])
      total += exp (original[i] / (double) s.temperature);
  for (int i = 0; i < N; i++) {
    double expected = allowed[i] ? DRAWS * exp (original[i] / (double) s.temperature) / total : 0;

    CHECK_MSG (allowed[i] || seen[i] == 0, "%s: token %d is not allowed", name, i);
    if (expected < 10) {
      rest += expected;
      rest_seen += seen[i];
      continue;
    }
    chi += (seen[i] - expected) * (seen[i] - expected) / expected;
    cells++;
  }
  if (rest >= 10) {
    chi += (rest_seen - rest) * (rest_seen - rest) / rest;
    cells++;
  }
  /* Mean `cells`, deviation sqrt (2 cells): five of them never come by chance. */
  CHECK_MSG (chi < cells + 5 * sqrt (2.0 * cells), "%s: chi-square %g of %d", name, chi, cells);
}

static void
test_filters (void)
{
  static const struct {
    const char *name;
    float temperature;
    int top_k;
    float top_p, min_p, spread;
  } cases[] = {
    { "plain", 1, 0, 1, 0, 6 },
    { "hot", 2, 0, 1, 0, 12 },
    { "cold", 0.3f, 0, 1, 0, 6 },
    { "top-k", 1, 40, 1, 0, 6 },
    { "top-k 1", 1, 1, 1, 0, 6 },
    { "top-p", 1, 0, 0.9f, 0, 12 },
    { "top-p flat", 1, 0, 0.5f, 0, 1 },
    { "min-p", 1, 0, 1, 0.1f, 12 },
    { "both", 1, 100, 0.8f, 0, 12 },
    { "all", 0.7f, 200, 0.95f, 0.05f, 14 },
    { "top-p small", 1, 0, 0.01f, 0, 20 },
    { "top-k all", 1, N, 1, 0, 6 },
    { "top-k beyond", 1, 5 * N, 1, 0, 6 },
    { "equal", 1, 0, 0.5f, 0, 0 },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    dd_sampling s = dd_sampling_neutral ();

    s.temperature = cases[i].temperature;
    s.top_k = cases[i].top_k;
    s.top_p = cases[i].top_p;
    s.min_p = cases[i].min_p;
    fill (i + 10, cases[i].spread);
    check_distribution (&s, cases[i].name);
  }
}

static void
test_penalties (void)
{
  const dd_token tokens[] = { 9, 5, 6, 6, 7, 6 };
  dd_sampling s = dd_sampling_neutral ();

  s.temperature = 0;
  for (int i = 0; i < N; i++)
    original[i] = -20;
  original[5] = 4;
  original[6] = 5;
  original[7] = 4.5f;
  original[9] = 6;
  CHECK (pick (&s, tokens, 6) == 9);
  s.repeat_penalty = 2;
  s.penalty_window = 5;
  CHECK (pick (&s, tokens, 6) == 9); /* outside the window */
  s.penalty_window = -1;
  CHECK (pick (&s, tokens, 6) == 9); /* 3 against 2.5, 2.25 and 2 */
  CHECK (sampler.logits[6] == 2.5f && sampler.logits[9] == 3);
  s.repeat_penalty = 1;
  s.frequency_penalty = 1.5f;
  CHECK (pick (&s, tokens, 6) == 9); /* 4.5 against 0.5, 3 and 2.5 */
  CHECK (sampler.logits[6] == 0.5f);
  s.frequency_penalty = 0;
  s.presence_penalty = 0.75f;
  s.penalty_window = 1000;
  CHECK (pick (&s, tokens, 6) == 9);
  CHECK (sampler.logits[6] == 4.25f && sampler.logits[8] == -20);
  original[6] = -4;
  s.presence_penalty = 0;
  s.repeat_penalty = 2;
  (void) pick (&s, tokens, 6);
  CHECK (sampler.logits[6] == -8);
  for (int i = 0; i < N; i++)
    CHECK (sampler.seen[i] == 0);
}

static void
test_bad_logits (void)
{
  static const float bad[] = { NAN, INFINITY, -NAN };
  dd_error error;

  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    fill (1, 1);
    memcpy (sampler.logits, original, sizeof original);
    CHECK (dd_sampler_check (&sampler, &error));
    sampler.logits[i * 400] = bad[i];
    CHECK (!dd_sampler_check (&sampler, &error) && error.code == DD_ERROR_BROKEN_MODEL);
  }
  for (int i = 0; i < N; i++)
    sampler.logits[i] = -INFINITY;
  CHECK (!dd_sampler_check (&sampler, &error));
  sampler.logits[500] = -3;
  CHECK (dd_sampler_check (&sampler, &error));
  for (uint64_t i = 0; i < 20; i++) {
    dd_sampling s = dd_sampling_neutral ();

    s.seed = i;
    s.top_p = 0.9f;
    CHECK (dd_sampler_pick (&sampler, &s, NULL, 0) == 500);
    s.top_p = 1;
    CHECK (dd_sampler_pick (&sampler, &s, NULL, 0) == 500);
  }
}

static void
test_settings (void)
{
  static const dd_sampling bad[] = {
    { .temperature = -1, .top_p = 1, .repeat_penalty = 1 },
    { .temperature = NAN, .top_p = 1, .repeat_penalty = 1 },
    { .temperature = 1, .top_p = 0, .repeat_penalty = 1 },
    { .temperature = 1, .top_p = 1.5f, .repeat_penalty = 1 },
    { .temperature = 1, .top_p = 1, .repeat_penalty = 0 },
    { .temperature = 1, .top_p = 1, .repeat_penalty = 1, .min_p = 2 },
    { .temperature = 1, .top_p = 1, .repeat_penalty = 1, .top_k = -1 },
    { .temperature = 1, .top_p = 1, .repeat_penalty = 1, .penalty_window = -2 },
    { .temperature = 1, .top_p = 1, .repeat_penalty = 1, .frequency_penalty = INFINITY },
  };
  dd_sampling good = dd_sampling_neutral ();
  dd_error error;

  CHECK (dd_sampling_check (&good, &error));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    CHECK_MSG (!dd_sampling_check (&bad[i], &error), "case %zu", i);
}

int
main (void)
{
  dd_error error;

  REQUIRE_OK (dd_sampler_init (&sampler, N, &error), error);
  test_uniform ();
  test_greedy ();
  test_best ();
  test_filters ();
  test_penalties ();
  test_bad_logits ();
  test_settings ();
  dd_sampler_clear (&sampler);
  return check_done ();
}
