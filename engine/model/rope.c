/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rotary frequencies.  Pair i of d dimensions turns by base^(-2i/d) per
 * position (Su et al., arXiv 2104.09864), changed by:
 *   linear scaling: all divided by the factor;
 *   factors (tensor rope_freqs, Llama 3.1): each divided by its own;
 *   YaRN (Peng et al., arXiv 2309.00071): slow pairs divided by the factor, fast
 *   ones kept, a ramp between pairs that turn beta_fast and beta_slow times in the
 *   original context; and all values multiplied by 1 + 0.1 ln factor.
 */
#include <math.h>

#include "model/private.h"

#define FACTORS "rope_freqs.weight"
#define YARN_BETA_FAST 32.0
#define YARN_BETA_SLOW 1.0

typedef struct scaling {
  double factor;   /* >= 1; 1: none */
  bool yarn;
  double original; /* context before scaling */
  double attention; /* YaRN: multiplies the magnitude */
} scaling;

static bool
text_is (dd_text text, const char *word)
{
  size_t i = 0;

  while (i < text.length && word[i] != '\0' && text.data[i] == word[i])
    i++;
  return i == text.length && word[i] == '\0';
}

static scaling
read_scaling (dd_build *build)
{
  const dd_gguf *gguf = build->gguf;
  scaling out = { .factor = 1, .original = (double) build->shape->context, .attention = 1 };
  dd_text type = { "linear", 6 };
  double value;

  if (dd_shape_number (gguf, "rope.scaling.factor", &value)
      || dd_shape_number (gguf, "rope.scale_linear", &value))
    out.factor = value == 0 ? 1 : value;
  if (dd_shape_number (gguf, "rope.scaling.original_context_length", &value) && value >= 1)
    out.original = value;
  if (dd_shape_number (gguf, "rope.scaling.attn_factor", &value) && value > 0)
    out.attention = value;
  dd_shape_text (gguf, "rope.scaling.type", &type);
  if (out.factor < 0.001 || out.factor > 100000)
    dd_build_fail (build, DD_ERROR_FORMAT, "the model's position scaling of %g cannot be",
                   out.factor);
  if (text_is (type, "none"))
    out.factor = 1;
  else if (text_is (type, "yarn"))
    out.yarn = true;
  else if (!text_is (type, "linear"))
    dd_build_fail (build, DD_ERROR_UNSUPPORTED,
                   "the model scales positions by “%.*s”, which Dadam does not know",
                   (int) (type.length < 40 ? type.length : 40), type.data);
  return out;
}

/* The pair that turns `turns` times within the original context. */
static double
pair_of_turns (double turns, double original, double dims, double base)
{
  return dims * log (original / (turns * 2 * 3.14159265358979323846)) / (2 * log (base));
}

/* How much of pair i keeps its speed: 1 below `low`, 0 above `high`. */
static double
kept_speed (double i, double low, double high)
{
  double ramp = (i - low) / (high - low > 0.001 ? high - low : 0.001);

  return 1 - (ramp < 0 ? 0 : ramp > 1 ? 1 : ramp);
}

static void
apply_yarn (double *frequencies, const dd_shape *shape, const scaling *scale)
{
  double last = shape->rope_dims - 1.0;
  double low = floor (pair_of_turns (YARN_BETA_FAST, scale->original, shape->rope_dims,
                                     shape->rope_base));
  double high = ceil (pair_of_turns (YARN_BETA_SLOW, scale->original, shape->rope_dims,
                                     shape->rope_base));

  low = low < 0 ? 0 : low;
  high = high > last ? last : high;
  for (int i = 0; i < shape->rope_dims / 2; i++) {
    double kept = kept_speed (i, low, high);

    frequencies[i] = frequencies[i] / scale->factor * (1 - kept) + frequencies[i] * kept;
  }
}

/* Where only a header was read there is nothing to divide by: such a plan is measured, not run. */
static void
apply_factors (dd_build *build, double *frequencies, int pairs)
{
  const dd_gguf_tensor *tensor = dd_gguf_find_tensor (build->gguf, FACTORS);
  const float *factors = dd_build_vector (build, FACTORS, 0, pairs, false);

  for (int i = 0; factors != NULL && tensor->data != NULL && i < pairs; i++) {
    if (!isfinite (factors[i]) || factors[i] <= 0) {
      dd_build_fail (build, DD_ERROR_FORMAT, "the model's position factors are damaged");
      return;
    }
    frequencies[i] /= factors[i];
  }
}

dd_rope
dd_build_rope (dd_build *build, dd_rope_style style)
{
  const dd_shape *shape = build->shape;
  scaling scale = read_scaling (build);
  int pairs = shape->rope_dims / 2;
  double *frequencies = dd_arena_array (&build->plan->arena, (size_t) pairs, sizeof *frequencies);
  double magnitude = 1;

  if (frequencies == NULL) {
    dd_build_fail (build, DD_ERROR_NO_MEMORY, "not enough memory for the model's tables");
    return (dd_rope) { 0 };
  }
  for (int i = 0; i < pairs; i++)
    frequencies[i] = pow (shape->rope_base, -2.0 * i / shape->rope_dims);
  apply_factors (build, frequencies, pairs);
  if (scale.yarn) {
    apply_yarn (frequencies, shape, &scale);
    magnitude = scale.attention * (1 + 0.1 * log (scale.factor));
  } else {
    for (int i = 0; i < pairs; i++)
      frequencies[i] /= scale.factor;
  }
  return (dd_rope) {
    .style = style,
    .dims = shape->rope_dims,
    .frequencies = frequencies,
    .magnitude = (float) magnitude,
  };
}
