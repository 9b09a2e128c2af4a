/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which instruction set's table serves which family.
 */
#include "device/cpu/vec.h"

const dd_vec *
dd_vec_get (dd_cpu_isa isa)
{
  switch (isa) {
#if defined(__x86_64__)
  case DD_CPU_AVX2:
  case DD_CPU_AVX_VNNI: /* differs in integer products alone */ return &dd_vec_avx2;
  case DD_CPU_AVX512: return &dd_vec_avx512;
#elif defined(__aarch64__)
  case DD_CPU_NEON: return &dd_vec_neon;
#endif
  default: return &dd_vec_scalar;
  }
}
