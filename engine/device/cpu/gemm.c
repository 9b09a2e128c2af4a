/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which family's products serve which instruction set.
 */
#include "device/cpu/gemm.h"

const dd_gemm *
dd_gemm_get (dd_cpu_isa isa, dd_type type)
{
  switch (isa) {
#if defined(__x86_64__)
  case DD_CPU_AVX2: return dd_gemm_avx2 (type);
  case DD_CPU_AVX_VNNI: return dd_gemm_avxvnni (type);
  case DD_CPU_AVX512: return dd_gemm_avx512 (type);
#elif defined(__aarch64__)
  case DD_CPU_NEON: return dd_gemm_neon (type);
#endif
  default: return dd_gemm_scalar (type);
  }
}
