// SPDX-License-Identifier: GPL-3.0-or-later
//
// Weights of bytes as few.comp goes through them, a unit at a time, whatever it multiplies
// them with.
#include "inc/units.glsl"

// Arrays whose size is a constant of the pipeline are no arguments.
Raw now[ROWS], next[ROWS]; // rows of weights: as they lie in memory
float sums[ROWS * VECTORS];

uint
unit_count ()
{
  return p.columns / 32u;
}

uint
scale_bytes ()
{
  uint blocks = p.columns / (UNIT_IS_BLOCK ? 32u : 256u);

  return (blocks * 2u + 15u) & ~15u;
}
