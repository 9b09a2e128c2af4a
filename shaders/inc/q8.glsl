// SPDX-License-Identifier: GPL-3.0-or-later
//
// Blocks of 32 elements as signed bytes, made by eight lanes of a subgroup that lie
// side by side, four elements each; written in one place, so that a block has the
// same bits whoever makes it.

struct Q8 {
  uint packed; // this lane's four bytes
  uvec2 factor; // f32 bits of d; sums of the halves, int16
};

// Rounds to -127…127; a block of zeros has scale 0.
Q8
q8_of (vec4 x)
{
  vec4 sizes = abs (x);
  float largest = max (max (sizes.x, sizes.y), max (sizes.z, sizes.w));
  precise float scale, inverse;
  precise vec4 scaled;
  ivec4 q;
  int sum, other;

  largest = max (largest, subgroupShuffleXor (largest, 1u));
  largest = max (largest, subgroupShuffleXor (largest, 2u));
  largest = max (largest, subgroupShuffleXor (largest, 4u));
  scale = largest / 127.0;
  inverse = largest > 0.0 ? 127.0 / largest : 0.0;
  scaled = x * (isinf (inverse) ? 0.0 : inverse);
  q = ivec4 (clamp (roundEven (scaled), -127.0, 127.0));
  sum = q.x + q.y + q.z + q.w;
  sum += subgroupShuffleXor (sum, 1u);
  sum += subgroupShuffleXor (sum, 2u);
  other = subgroupShuffleXor (sum, 4u);
  return Q8 (uint (q.x & 255) | uint (q.y & 255) << 8 | uint (q.z & 255) << 16
                 | uint (q.w & 255) << 24,
             uvec2 (floatBitsToUint (scale), uint (sum & 0xffff) | uint (other & 0xffff) << 16));
}

// The sum of the block's squares.
float
q8_squares (vec4 x)
{
  precise vec4 y = x * x;
  precise float sum = (y.x + y.y) + (y.z + y.w);

  sum = sum + subgroupShuffleXor (sum, 1u);
  sum = sum + subgroupShuffleXor (sum, 2u);
  sum = sum + subgroupShuffleXor (sum, 4u);
  return sum;
}
