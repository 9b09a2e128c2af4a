// SPDX-License-Identifier: GPL-3.0-or-later
//
// What becomes of few.comp's products, 32 outputs of up to VECTORS rows in
// `results`: first a pair of outputs per thread, in place, then all are stored,
// then packed for the next step.

float
product_of (uint n, uint place, uint o)
{
  precise float y = results[n * OUTPUTS + place] * roots[n];

  if (p.extra[FEW_BIAS] != uvec2 (0))
    y = y + Floats (p.extra[FEW_BIAS]).v[o];
  return y;
}

// Elements `o` and that after it in output_at's order; both turn or neither.
void
finish_turned (uint n, uint place, uint o, uint next)
{
  precise float x = product_of (n, place, o);
  precise float y = product_of (n, place + 1u, next);
  precise float a = x, b = y;
  uint e = (gl_WorkGroupID.x * OUTPUTS + place) % max (p.geometry & 0xffffu, 1u);

  if ((p.modes >> 4 & 3u) != 0u && e < p.geometry >> 16) {
    float c = Floats (p.extra[FEW_TURNS]).v[n * p.turn_stride + e];
    float s = Floats (p.extra[FEW_TURNS]).v[n * p.turn_stride + e + 1u];

    a = x * c - y * s;
    b = x * s + y * c;
  }
  results[n * OUTPUTS + place] = a;
  results[n * OUTPUTS + place + 1u] = b;
}

float
projected (uint n, uint place, uint o)
{
  precise float y = product_of (n, place, o) * p.scale;

  y = Floats (p.target).v[n * p.target_stride + o] + y;
  return y;
}

float
activated (float x)
{
  if ((p.modes & 0x200u) == 0u)
    return x / (1.0 + exp (-x));
  /* The tanh form: 0.5 x (1 + tanh (z)) is x / (1 + exp (-2 z)), which does not overflow. */
  return x / (1.0 + exp (-1.5957691216057308 * (x + 0.044715 * x * x * x)));
}

float
gated (uint n, uint place)
{
  precise float gate = results[n * OUTPUTS + place] * roots[n];
  precise float up = results[(VECTORS + n) * OUTPUTS + place] * roots[n];
  precise float y = activated (gate) * up;

  return y;
}

float
logit (uint n, uint place)
{
  precise float z = results[n * OUTPUTS + place] * roots[n];

  z = z * p.scale;
  return p.cap > 0.0 ? p.cap * tanh (clamp (z / p.cap, -16.0, 16.0)) : z;
}

void
finish_pair (uint kind, uint n, uint place)
{
  uint o = output_at (gl_WorkGroupID.x * OUTPUTS + place);
  uint next = output_at (gl_WorkGroupID.x * OUTPUTS + place + 1u);

  if (kind == FEW_FLOATS || kind == FEW_CACHE) {
    finish_turned (n, place, min (o, p.outputs - 1u), min (next, p.outputs - 1u));
    return;
  }
  for (uint i = 0u; i < 2u && o + i < p.outputs; i++) {
    results[n * OUTPUTS + place + i] = kind == FEW_PROJECT ? projected (n, place + i, o + i)
                                       : kind == FEW_GATE  ? gated (n, place + i)
                                                           : logit (n, place + i);
  }
}

// Elements `o` and o + 1 of a row's keys or values, o even, heads and the parts of
// them that turn multiples of four.
void
store_cache (uint n, uint o, float x, float y)
{
  vk_row row = Rows (p.extra[FEW_ROWS]).v[n];
  uint position = uint (row.position);
  uvec2 page = Words2 (p.extra[FEW_PAGES]).v[row.pages + position / 64u];
  uint head_dim = p.geometry & 0xffffu;
  uint at = (o / head_dim * 64u + position % 64u) * head_dim + o % head_dim;

  page = plus (page, p.cache);
  if ((p.modes & 0x100u) != 0u) {
    Floats (page).v[at] = x;
    Floats (page).v[at + 1u] = y;
  } else {
    Words (page).v[at / 2u] = packHalf2x16 (vec2 (x, y));
  }
}

void
store (uint kind, uint n, uint place)
{
  uint o = output_at (gl_WorkGroupID.x * OUTPUTS + place);
  /* Where the element after `o` is: two places on where pairs were taken from halves. */
  uint step = output_at (gl_WorkGroupID.x * OUTPUTS + place + 1u) == o + 1u ? 1u : 2u;

  if (o >= p.outputs)
    return;
  if (kind != FEW_CACHE)
    Floats (p.target).v[n * p.target_stride + o] = results[n * OUTPUTS + place];
  else if (o % 2u == 0u)
    store_cache (n, o, results[n * OUTPUTS + place], results[n * OUTPUTS + place + step]);
}

// Four elements of the workgroup's block of row `n`, those of a lane of eight.
vec4
four_results (uint n, uint lane)
{
  uint at = n * OUTPUTS + lane * 4u;

  return vec4 (results[at], results[at + 1u], results[at + 2u], results[at + 3u]);
}

vec4
four_norms (uint lane)
{
  uint at = gl_WorkGroupID.x * OUTPUTS + lane * 4u;
  Floats norm = Floats (p.extra[FEW_NORM]);

  return vec4 (norm.v[at], norm.v[at + 1u], norm.v[at + 2u], norm.v[at + 3u]);
}

// The workgroup's outputs as blocks of q8, the same that pack.comp makes: eight lanes
// for each row.
void
pack_rows (uint kind)
{
  uint thread = gl_SubgroupID * SUBGROUP + gl_SubgroupInvocationID;
  uint lane = thread % 8u;

  for (uint n = thread / 8u; n < rows_here (); n += THREADS / 8u) {
    uint block = n * (p.outputs / OUTPUTS) + gl_WorkGroupID.x;
    vec4 plain = four_results (n, lane);
    precise vec4 x = plain;
    float squares = q8_squares (plain);
    Q8 q;

    if (kind == FEW_PROJECT)
      x = x * four_norms (lane);
    q = q8_of (x);
    Words (p.extra[FEW_PACKED]).v[block * 8u + lane] = q.packed;
    if (lane == 0u)
      Words2 (p.extra[FEW_FACTORS]).v[block] = q.factor;
    if (lane == 0u && kind == FEW_PROJECT)
      Floats (p.squares).v[block] = squares;
  }
}

void
finish (uint kind)
{
  bool packs = (kind == FEW_PROJECT || kind == FEW_GATE) && p.extra[FEW_PACKED] != uvec2 (0);

  for (uint i = gl_LocalInvocationID.x; i < rows_here () * OUTPUTS / 2u; i += THREADS)
    finish_pair (kind, i / (OUTPUTS / 2u), i % (OUTPUTS / 2u) * 2u);
  barrier ();
  for (uint i = gl_LocalInvocationID.x; i < rows_here () * OUTPUTS; i += THREADS)
    store (kind, i / OUTPUTS, i % OUTPUTS);
  if (packs)
    pack_rows (kind);
}
