/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Step tests that any device can be put through: a case is one step with random
 * shape, weights and data, all drawn from its kind and number, so those two
 * reproduce it.  Knows device.h only; what is compared with what and how close
 * it must be is the caller's.
 */
#pragma once

#include "device/device.h"
#include "quant/random.h"

#define STEP_SHAPES 20 /* how many ways to choose rows: see step_case_new */
#define STEP_MAIN_SHAPES 11 /* the first of them: for those who cannot take all */
#define STEP_BOTH_KINDS 10 /* the one with rows of a prompt and made ones */

typedef struct step_case {
  /* Drawn. */
  dd_step_kind kind;
  int number;
  dd_type types[3]; /* of the step's weights */
  int n_types;
  dd_cache_type cache;
  int n_prompt, n_decode;
  bool extreme; /* outliers, zeros, scales at the edge; never NaN or infinite */
  bool large; /* beyond what 16-bit floats hold well */

  /* Owned by the plan's arena, like everything below. */
  dd_plan *plan;
  size_t step; /* the one under test; the plan may have another that its cache needs */
  dd_batch batch;
  uint32_t n_pages;
  float *in; /* [rows][width of the step's input buffer], or NULL */
  float *out; /* what the output buffer holds before: NaN where it is not added to */
  int64_t in_stride, out_stride;
  int64_t out_width; /* elements of a row that the step writes; 0: it writes none */
  int64_t kv_width;
  float *cached[2]; /* keys, values: [n_sequences][positions][kv_width], or NULL */
  int positions; /* filled in the cache of every sequence */
} step_case;

/* What a device made of some rows of a case. */
typedef struct step_result {
  int n_rows;
  float *out; /* [n_rows][out_width] or logits [asked rows][n_vocab] */
  float *kv[2]; /* QKV: [n_rows][kv_width] */
  uint64_t n_out;
  uint64_t n_kv;
  bool elsewhere; /* a slot of the cache that no row owns has changed */
} step_result;

/* Number n has weight type n % 15 first, rows n / 15 % STEP_SHAPES (1, 2, 3, 8
 * and 16 decode rows; 1, 5, 17, 33 and 70 of a prompt; some of both; then 5, 17, 33
 * and 65 decode rows; 2, 3, 8, 16 and 65 of a prompt), the rest at random. */
step_case *step_case_new (dd_step_kind kind, int number);
void step_case_free (step_case **c);

/* One line: everything about the case that matters to a reader. */
void step_case_print (const step_case *c, char *text, size_t size);

/* Runs the rows `rows[0 … n-1]` (rising) of the case, all at once or in chunks
 * of the sizes in `chunks` (ends with 0; NULL: at once).  False with a device's
 * error.  Free with step_result_clear. */
bool step_run (dd_device *device,
               const step_case *c,
               const int *rows,
               int n,
               const int *chunks,
               step_result *out,
               dd_error *error);
void step_result_clear (step_result *result);

/* NMSE: sum (a - b)^2 / sum b^2 for b of the judge.  Infinite if anything is not
 * finite, or if a row of zeros is not matched to 1e-12. */
typedef struct step_error {
  double all; /* over all rows together */
  double row; /* the worst row's own: a few outputs may cancel, so it is no measure of precision */
} step_error;

/* Of what the step wrote, keys and values included (the worst of the three). */
step_error step_compare (const step_case *c, const step_result *a, const step_result *judge);
bool step_same_bits (const step_result *a, const step_result *b);
