/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From logits to a token: penalties, top-k, top-p, min-p, temperature, draw; and
 * the likeliest tokens with their log-probabilities.  The draw is a function of
 * seed and position alone, so a timeline that is rewound or branched draws
 * alike.  The same bits on every machine: exponentials are computed here, not by
 * the system's library.  Allocates nothing after dd_sampler_init.  One thread.
 */
#pragma once

#include "base/error.h"

#define DD_BEST 20 /* log-probabilities of one token at most */

typedef struct dd_candidate {
  float logit;
  dd_token token;
} dd_candidate;

/* Scratch for one vocabulary, shared by all sessions of a model. */
typedef struct dd_sampler {
  int64_t n_vocab;
  /* owned, n_vocab each */
  float *logits;            /* the caller fills them; the penalties change them */
  dd_candidate *candidates;
  double *weights;
  uint32_t *seen;           /* how often the penalties saw a token; all 0 between calls */
} dd_sampler;

DD_MUST_CHECK bool dd_sampler_init (dd_sampler *sampler, int64_t n_vocab, dd_error *error);
void dd_sampler_clear (dd_sampler *sampler);

/* Neutral values: temperature 1, everything else off, seed 0. */
dd_sampling dd_sampling_neutral (void);
/* Whether every value is in its range; the error names the one that is not. */
DD_MUST_CHECK bool dd_sampling_check (const dd_sampling *sampling, dd_error *error);

/* Whether the logits can be used: none is NaN or +infinity and not all are
 * -infinity.  Called before the two below. */
DD_MUST_CHECK bool dd_sampler_check (const dd_sampler *sampler, dd_error *error);

/* The `count` <= DD_BEST likeliest tokens, likeliest first (the lower on a tie),
 * with logit minus log-sum-exp, computed in double. */
void dd_sampler_best (dd_sampler *sampler, int count, dd_choice *out);

/* Draws the token that follows `tokens`. */
dd_token dd_sampler_pick (dd_sampler *sampler,
                          const dd_sampling *sampling,
                          const dd_token *tokens,
                          size_t n_tokens);

/* A number in [0, 1), a multiple of 2^-53: the finaliser of SplitMix64 (Steele,
 * Lea, Flood: "Fast splittable pseudorandom number generators", 2014) over the
 * seed, then over that plus position times the golden gamma. */
double dd_sampler_uniform (uint64_t seed, uint64_t position);
