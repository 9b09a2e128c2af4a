/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Drawing tokens.  Nothing here sorts the vocabulary: top-k keeps a heap of the
 * best, top-p puts the probabilities into buckets by logit and sorts only the
 * bucket in which the sum passes p.
 */
#include "run/sampler.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"

#define LANES 16
#define BUCKETS 512
#define BUCKETS_PER_UNIT 16 /* so that 32 natural logarithms are told apart */

bool
dd_sampler_init (dd_sampler *sampler, int64_t n_vocab, dd_error *error)
{
  size_t n = (size_t) n_vocab;

  memset (sampler, 0, sizeof *sampler);
  sampler->n_vocab = n_vocab;
  sampler->logits = dd_alloc_array (DD_TAG_RUN, n, sizeof (float));
  sampler->candidates = dd_alloc_array (DD_TAG_RUN, n, sizeof (dd_candidate));
  sampler->weights = dd_alloc_array (DD_TAG_RUN, n, sizeof (double));
  sampler->seen = dd_alloc_array (DD_TAG_RUN, n, sizeof (uint32_t));
  if (sampler->logits != NULL && sampler->candidates != NULL && sampler->weights != NULL
      && sampler->seen != NULL)
    return true;
  dd_sampler_clear (sampler);
  return dd_fail_memory (error, "the sampler");
}

void
dd_sampler_clear (dd_sampler *sampler)
{
  dd_free (sampler->logits);
  dd_free (sampler->candidates);
  dd_free (sampler->weights);
  dd_free (sampler->seen);
  memset (sampler, 0, sizeof *sampler);
}

/* ---- settings ---------------------------------------------------------- */

dd_sampling
dd_sampling_neutral (void)
{
  return (dd_sampling) {
    .temperature = 1,
    .top_p = 1,
    .repeat_penalty = 1,
    .penalty_window = 64,
  };
}

static bool
in_range (float value, float low, float high, const char *name, const char *range, dd_error *error)
{
  if (value >= low && value <= high)
    return true;
  return dd_fail (error, DD_ERROR_ARGUMENT, "%s is %g and must be %s", name, (double) value, range);
}

bool
dd_sampling_check (const dd_sampling *s, dd_error *error)
{
  if (!in_range (s->temperature, 0, 100, "temperature", "0 to 100", error)
      || !in_range (s->top_p, FLT_MIN, 1, "top-p", "above 0 and at most 1", error)
      || !in_range (s->min_p, 0, 1, "min-p", "0 to 1", error)
      || !in_range (s->repeat_penalty, 0.01f, 100, "repeat penalty", "0.01 to 100", error)
      || !in_range (s->frequency_penalty, -100, 100, "frequency penalty", "-100 to 100", error)
      || !in_range (s->presence_penalty, -100, 100, "presence penalty", "-100 to 100", error))
    return false;
  if (s->top_k < 0)
    return dd_fail (error, DD_ERROR_ARGUMENT, "top-k is %d and must be 0 (off) or more", s->top_k);
  if (s->penalty_window < -1)
    return dd_fail (error, DD_ERROR_ARGUMENT, "penalty window is %d and must be -1 (all) or more",
                    s->penalty_window);
  return true;
}

/* ---- arithmetic -------------------------------------------------------- */

static uint64_t
mix (uint64_t z)
{
  z = (z ^ (z >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

double
dd_sampler_uniform (uint64_t seed, uint64_t position)
{
  const uint64_t gamma = UINT64_C (0x9e3779b97f4a7c15);
  uint64_t z = mix (mix (seed + gamma) + gamma * (position + 1));

  return (double) (z >> 11) * 0x1p-53;
}

/* exp (x) for x <= 0 to about 1e-15; 0 below -700.  x = n log 2 + r with
 * |r| <= 0.35, exp (r) by its Taylor sum to the 12th power, 2^n by its bits.
 * Branch-free, so that loops over it become vector code. */
static inline double
exp_negative (double x)
{
  const double shift = 0x1.8p52;
  double clamped = x > -700.0 ? x : -700.0;
  double shifted = clamped * 0x1.71547652b82fep0 + shift;
  double n = shifted - shift;
  double r = (clamped - n * 0x1.62e42fefa38p-1) - n * 0x1.ef35793c7673p-45;
  double sum = 1.0 / 479001600;
  double power;
  uint64_t bits;

  sum = sum * r + 1.0 / 39916800;
  sum = sum * r + 1.0 / 3628800;
  sum = sum * r + 1.0 / 362880;
  sum = sum * r + 1.0 / 40320;
  sum = sum * r + 1.0 / 5040;
  sum = sum * r + 1.0 / 720;
  sum = sum * r + 1.0 / 120;
  sum = sum * r + 1.0 / 24;
  sum = sum * r + 1.0 / 6;
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  /* The low bits of `shifted` are n in two's complement. */
  memcpy (&bits, &shifted, sizeof bits);
  bits = (bits + 1023) << 52;
  memcpy (&power, &bits, sizeof power);
  return x > -700.0 ? sum * power : 0.0;
}

static float
largest (const float *logits, int64_t n)
{
  float lanes[LANES];
  int64_t i = 0;

  for (int j = 0; j < LANES; j++)
    lanes[j] = -INFINITY;
  for (; i + LANES <= n; i += LANES)
    for (int j = 0; j < LANES; j++)
      lanes[j] = logits[i + j] > lanes[j] ? logits[i + j] : lanes[j];
  for (; i < n; i++)
    lanes[0] = logits[i] > lanes[0] ? logits[i] : lanes[0];
  for (int j = 1; j < LANES; j++)
    lanes[0] = lanes[j] > lanes[0] ? lanes[j] : lanes[0];
  return lanes[0];
}

/* The lowest token with the largest logit. */
static dd_token
greedy (const dd_sampler *sampler)
{
  float most = largest (sampler->logits, sampler->n_vocab);
  int64_t i = 0;

  while (i < sampler->n_vocab - 1 && sampler->logits[i] != most)
    i++;
  return (dd_token) i;
}

/* Fills the weights with exp ((logit - most) * scale) and returns their sum. */
static double
weigh_all (dd_sampler *sampler, float most, double scale)
{
  double lanes[8] = { 0 }, sum = 0;
  int64_t n = sampler->n_vocab, i = 0;

  for (int64_t j = 0; j < n; j++)
    sampler->weights[j] = exp_negative (((double) sampler->logits[j] - most) * scale);
  for (; i + 8 <= n; i += 8)
    for (int j = 0; j < 8; j++)
      lanes[j] += sampler->weights[i + j];
  for (; i < n; i++)
    lanes[0] += sampler->weights[i];
  for (int j = 0; j < 8; j++)
    sum += lanes[j];
  return sum;
}

bool
dd_sampler_check (const dd_sampler *sampler, dd_error *error)
{
  int bad = 0, any = 0;

  for (int64_t i = 0; i < sampler->n_vocab; i++) {
    bad |= !(sampler->logits[i] <= FLT_MAX);
    any |= sampler->logits[i] >= -FLT_MAX;
  }
  if (!bad && any)
    return true;
  return dd_fail (
      error, DD_ERROR_BROKEN_MODEL,
      "the model gave no number for what comes next; its file may be damaged, verify it "
      "or download it again");
}

/* ---- candidates -------------------------------------------------------- */

/* Whether `a` comes before `b`: by logit, the lower token on a tie. */
static inline bool
better (dd_candidate a, dd_candidate b)
{
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

/* Restores the heap, whose root is the worst of `count`, from `at` down. */
static void
sift (dd_candidate *heap, int64_t count, int64_t at)
{
  dd_candidate moved = heap[at];

  for (;;) {
    int64_t child = 2 * at + 1;

    if (child >= count)
      break;
    if (child + 1 < count && better (heap[child], heap[child + 1]))
      child++;
    if (!better (moved, heap[child]))
      break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

static void
make_heap (dd_candidate *items, int64_t count)
{
  for (int64_t i = count / 2; i-- > 0;)
    sift (items, count, i);
}

/* From a heap to the best first. */
static void
sort_heap (dd_candidate *heap, int64_t count)
{
  for (int64_t end = count - 1; end > 0; end--) {
    dd_candidate worst = heap[0];

    heap[0] = heap[end];
    heap[end] = worst;
    sift (heap, end, 0);
  }
}

/* The `count` best of all logits, best first, into the candidates. */
static void
select_best (dd_sampler *sampler, int64_t count)
{
  const float *logits = sampler->logits;
  dd_candidate *heap = sampler->candidates;
  int64_t n = sampler->n_vocab, i = count;

  for (int64_t j = 0; j < count; j++)
    heap[j] = (dd_candidate) { logits[j], (dd_token) j };
  make_heap (heap, count);
  while (i < n) {
    int64_t end = i + LANES < n ? i + LANES : n;
    float worst = heap[0].logit;
    int any = 0;

    /* Nearly every block has nothing above the worst: seen without branches. */
    if (end - i == LANES)
      for (int j = 0; j < LANES; j++)
        any |= logits[i + j] > worst;
    else
      any = 1;
    for (; any && i < end; i++)
      if (logits[i] > heap[0].logit) {
        heap[0] = (dd_candidate) { logits[i], (dd_token) i };
        sift (heap, count, 0);
      }
    i = end;
  }
  sort_heap (heap, count);
}

void
dd_sampler_best (dd_sampler *sampler, int count, dd_choice *out)
{
  float most = largest (sampler->logits, sampler->n_vocab);
  double log_sum = most + log (weigh_all (sampler, most, 1));

  if (count > sampler->n_vocab)
    count = (int) sampler->n_vocab;
  select_best (sampler, count);
  for (int i = 0; i < count; i++)
    out[i] = (dd_choice) { sampler->candidates[i].token,
                           (float) (sampler->candidates[i].logit - log_sum) };
}

/* ---- penalties --------------------------------------------------------- */

/* Of the last tokens: repetition as in CTRL (Keskar et al. 2019, with the
 * logit's sign taken care of as everybody since does), then what OpenAI calls
 * frequency and presence. */
static void
penalise (dd_sampler *sampler, const dd_sampling *s, const dd_token *tokens, size_t n_tokens)
{
  size_t window = s->penalty_window < 0 || (size_t) s->penalty_window > n_tokens
                      ? n_tokens
                      : (size_t) s->penalty_window;
  const dd_token *last = tokens + n_tokens - window;

  if (s->repeat_penalty == 1 && s->frequency_penalty == 0 && s->presence_penalty == 0)
    return;
  for (size_t i = 0; i < window; i++)
    sampler->seen[last[i]]++;
  for (size_t i = 0; i < window; i++) {
    float *logit = &sampler->logits[last[i]];
    uint32_t times = sampler->seen[last[i]];

    if (times == 0)
      continue;
    sampler->seen[last[i]] = 0;
    *logit = *logit > 0 ? *logit / s->repeat_penalty : *logit * s->repeat_penalty;
    *logit -= (float) times * s->frequency_penalty + s->presence_penalty;
  }
}

/* ---- filters ----------------------------------------------------------- */

/* How many of the sorted candidates it takes until their weights reach `part`. */
static int64_t
reach (const double *weights, int64_t count, double part)
{
  double sum = 0;

  for (int64_t i = 0; i < count; i++) {
    sum += weights[i];
    if (sum >= part)
      return i + 1;
  }
  return count;
}

static double
weigh (dd_sampler *sampler, int64_t count, double scale, float most)
{
  double sum = 0;

  for (int64_t i = 0; i < count; i++) {
    sampler->weights[i] = exp_negative (((double) sampler->candidates[i].logit - most) * scale);
    sum += sampler->weights[i];
  }
  return sum;
}

static inline int
bucket_of (float logit, float most)
{
  float distance = (most - logit) * BUCKETS_PER_UNIT;

  return distance < BUCKETS - 1 ? (int) distance : BUCKETS - 1;
}

/* Top-p over the whole vocabulary: every candidate of the buckets before the one
 * in which the sum reaches p, and the best of that one. */
static int64_t
top_p_of_all (dd_sampler *sampler, float most, double p)
{
  double part = weigh_all (sampler, most, 1) * p, sum = 0, mass[BUCKETS] = { 0 };
  int64_t n = sampler->n_vocab, kept = 0, edge = 0;
  dd_candidate *out = sampler->candidates;
  int last = 0;

  for (int64_t i = 0; i < n; i++)
    mass[bucket_of (sampler->logits[i], most)] += sampler->weights[i];
  while (last < BUCKETS - 1 && sum + mass[last] < part)
    sum += mass[last++];
  for (int64_t i = 0; i < n; i++)
    if (bucket_of (sampler->logits[i], most) < last)
      out[kept++] = (dd_candidate) { sampler->logits[i], (dd_token) i };
  for (int64_t i = 0; i < n; i++)
    if (bucket_of (sampler->logits[i], most) == last)
      out[kept + edge++] = (dd_candidate) { sampler->logits[i], (dd_token) i };
  make_heap (out + kept, edge);
  sort_heap (out + kept, edge);
  for (int64_t i = 0; i < edge; i++)
    sampler->weights[i] = exp_negative ((double) out[kept + i].logit - most);
  return kept + reach (sampler->weights, edge, part - sum);
}

/* Top-k, then top-p; returns how many candidates are left. */
static int64_t
filter (dd_sampler *sampler, const dd_sampling *s, float most)
{
  int64_t n = sampler->n_vocab;

  if (s->top_k > 0 && s->top_k < n) {
    select_best (sampler, s->top_k);
    if (s->top_p >= 1)
      return s->top_k;
    return reach (sampler->weights, s->top_k, weigh (sampler, s->top_k, 1, most) * s->top_p);
  }
  if (s->top_p < 1)
    return top_p_of_all (sampler, most, s->top_p);
  for (int64_t i = 0; i < n; i++)
    sampler->candidates[i] = (dd_candidate) { sampler->logits[i], (dd_token) i };
  return n;
}

/* Drops the candidates less likely than min_p times the likeliest. */
static int64_t
drop_unlikely (dd_sampler *sampler, int64_t count, float most, float min_p)
{
  double least = most + log (min_p);
  int64_t kept = 0;

  for (int64_t i = 0; i < count; i++)
    if (sampler->candidates[i].logit >= least)
      sampler->candidates[kept++] = sampler->candidates[i];
  return kept;
}

dd_token
dd_sampler_pick (dd_sampler *sampler, const dd_sampling *s, const dd_token *tokens, size_t n_tokens)
{
  double left;
  int64_t count, i = 0;
  float most;

  penalise (sampler, s, tokens, n_tokens);
  if (s->temperature == 0 || s->top_k == 1)
    return greedy (sampler);
  most = largest (sampler->logits, sampler->n_vocab);
  count = filter (sampler, s, most);
  if (s->min_p > 0)
    count = drop_unlikely (sampler, count, most, s->min_p);
  left = weigh (sampler, count, 1.0 / s->temperature, most)
         * dd_sampler_uniform (s->seed, n_tokens);
  /* The last candidate takes what rounding leaves over. */
  while (i < count - 1 && left >= sampler->weights[i])
    left -= sampler->weights[i++];
  return sampler->candidates[i].token;
}
