/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The choice of decode products for an instruction set, and the memory of
 * quantised activations.
 */
#include "device/cpu/dots_private.h"

static int64_t
parts_of (int64_t columns, int64_t part)
{
  return (columns + part - 1) / part;
}

size_t
dd_vectors_bytes (dd_form form, int64_t columns, int count)
{
  if (form == DD_FORM_F32)
    return 0;
  if (form == DD_FORM_Q8_WIDE)
    return (size_t) parts_of (columns, DD_Q8_WIDE) * (size_t) count * sizeof (dd_q8_wide);
  return (size_t) parts_of (columns, DD_Q8_GROUP) * (size_t) count * sizeof (dd_q8_group);
}

void
dd_vectors_layout (dd_vectors *vectors, dd_form form, int64_t columns, int count, void *memory)
{
  *vectors = (dd_vectors) { .form = form, .count = count, .columns = columns };
  if (form == DD_FORM_Q8) {
    vectors->groups = memory;
    vectors->groups_stride = parts_of (columns, DD_Q8_GROUP);
  } else if (form == DD_FORM_Q8_WIDE) {
    vectors->wides = memory;
    vectors->wides_stride = parts_of (columns, DD_Q8_WIDE);
  }
}

const dd_dots *
dd_dots_get (dd_cpu_isa isa, dd_type type)
{
  const dd_dots *found = NULL;

#if defined(__x86_64__)
  if (isa == DD_CPU_AVX512)
    found = dots_avx512 (type);
  if (!found && isa == DD_CPU_AVX_VNNI)
    found = dots_avxvnni (type);
  if (!found && (isa == DD_CPU_AVX2 || isa == DD_CPU_AVX_VNNI || isa == DD_CPU_AVX512))
    found = dots_avx2 (type);
#elif defined(__aarch64__)
  if (isa == DD_CPU_NEON)
    found = dots_neon (type);
#endif
  return found ? found : dots_scalar (type);
}

dd_quantise_fn
dd_quantise_get (dd_cpu_isa isa)
{
#if defined(__x86_64__)
  if (isa == DD_CPU_AVX512)
    return quantise_avx512;
  if (isa == DD_CPU_AVX2 || isa == DD_CPU_AVX_VNNI)
    return quantise_avx2;
#elif defined(__aarch64__)
  if (isa == DD_CPU_NEON)
    return quantise_neon;
#endif
  return quantise_scalar;
}
