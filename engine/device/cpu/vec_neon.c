/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Vectors of four floats: Advanced SIMD of 64-bit ARM.
 */
#include <arm_neon.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define VW 4
#define TILE_VECTORS 4
#define VEC_TABLE dd_vec_neon

typedef float32x4_t vf;
typedef uint32x4_t vmask;

static inline vf
v_load (const float *p)
{
  return vld1q_f32 (p);
}
static inline void
v_store (float *p, vf a)
{
  vst1q_f32 (p, a);
}
static inline vf
v_set (float a)
{
  return vdupq_n_f32 (a);
}
static inline vf
v_add (vf a, vf b)
{
  return vaddq_f32 (a, b);
}
static inline vf
v_sub (vf a, vf b)
{
  return vsubq_f32 (a, b);
}
static inline vf
v_mul (vf a, vf b)
{
  return vmulq_f32 (a, b);
}
static inline vf
v_div (vf a, vf b)
{
  return vdivq_f32 (a, b);
}
static inline vf
v_fma (vf a, vf b, vf c)
{
  return vfmaq_f32 (c, a, b);
}
static inline vmask
v_less (vf a, vf b)
{
  return vcltq_f32 (a, b);
}
static inline vmask
v_both (vmask a, vmask b)
{
  return vandq_u32 (a, b);
}
static inline bool
v_all (vmask a)
{
  return vminvq_u32 (a) != 0;
}
static inline vf
v_select (vmask m, vf a, vf b)
{
  return vbslq_f32 (m, a, b);
}
/* Both give `b` where one is NaN, as everywhere. */
static inline vf
v_max (vf a, vf b)
{
  return vbslq_f32 (vcgtq_f32 (a, b), a, b);
}
static inline vf
v_min (vf a, vf b)
{
  return vbslq_f32 (vcltq_f32 (a, b), a, b);
}
static inline vf
v_abs (vf a)
{
  return vabsq_f32 (a);
}
static inline vf
v_swap_pairs (vf a)
{
  return vrev64q_f32 (a);
}
static inline vf
v_round (vf a)
{
  return vrndnq_f32 (a);
}
static inline float
v_largest (vf a)
{
  return vmaxvq_f32 (a);
}

static inline vf
v_load_n (const float *p, int64_t n)
{
  float values[4] = { 0 };

  memcpy (values, p, (size_t) n * sizeof *p);
  return vld1q_f32 (values);
}

static inline void
v_store_n (float *p, vf a, int64_t n)
{
  float values[4];

  vst1q_f32 (values, a);
  memcpy (p, values, (size_t) n * sizeof *p);
}

/* a * 2^n for a whole n of -126 … 127. */
static inline vf
v_scale (vf a, vf n)
{
  int32x4_t exponent = vaddq_s32 (vcvtq_s32_f32 (n), vdupq_n_s32 (127));

  return vmulq_f32 (a, vreinterpretq_f32_s32 (vshlq_n_s32 (exponent, 23)));
}

static inline vf
v_with_sign (vf a, vf sign)
{
  return vbslq_f32 (vdupq_n_u32 (0x80000000u), sign, a);
}

static inline vf
v_load_half (const uint16_t *p)
{
  return vcvt_f32_f16 (vreinterpret_f16_u16 (vld1_u16 (p)));
}

static inline void
v_store_half (uint16_t *p, vf a)
{
  vst1_u16 (p, vreinterpret_u16_f16 (vcvt_f16_f32 (a)));
}

static inline float
v_sum (vf a)
{
  float32x2_t b = vadd_f32 (vget_low_f32 (a), vget_high_f32 (a));

  return vget_lane_f32 (vpadd_f32 (b, b), 0);
}

/* Four sums at once, each in one and the same order. */
static inline void
v_sum4 (const vf a[4], float out[4])
{
  vst1q_f32 (out, vpaddq_f32 (vpaddq_f32 (a[0], a[1]), vpaddq_f32 (a[2], a[3])));
}

static inline double
v_sum_double (vf a)
{
  float64x2_t b = vaddq_f64 (vcvt_f64_f32 (vget_low_f32 (a)), vcvt_high_f64_f32 (a));

  return vgetq_lane_f64 (b, 0) + vgetq_lane_f64 (b, 1);
}

#include "device/cpu/vec_kernels.h"
