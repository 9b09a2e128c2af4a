/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What this machine is: instruction sets, the processor's name, memory.  Asks
 * the processor and the kernel once per call; remembers nothing.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/cpu/cpu_private.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

#if defined(__x86_64__)

#define BITS(value_, bits_) (((value_) & (bits_)) == (bits_))

/* Which registers the system saves: XCR0. */
static uint32_t
saved_registers (void)
{
  uint32_t low, high;

  __asm__ volatile ("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

/* A mask of 1 << dd_cpu_isa (bit positions: the processor's manual, CPUID). */
static unsigned
families (void)
{
  const uint32_t fma_osxsave_avx_f16c = 1u << 12 | 1u << 27 | 1u << 28 | 1u << 29;
  const uint32_t f_dq_bw_vl = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
  const uint32_t vbmi_vnni = 1u << 1 | 1u << 11;
  unsigned found = 1u << DD_CPU_SCALAR;
  uint32_t a, b, c, d, saved;

  if (!__get_cpuid (1, &a, &b, &c, &d) || !BITS (c, fma_osxsave_avx_f16c))
    return found;
  saved = saved_registers ();
  if (!BITS (saved, 0x06) || !__get_cpuid_count (7, 0, &a, &b, &c, &d) || !BITS (b, 1u << 5))
    return found;
  found |= 1u << DD_CPU_AVX2;
  if (BITS (saved, 0xe6) && BITS (b, f_dq_bw_vl) && BITS (c, vbmi_vnni))
    found |= 1u << DD_CPU_AVX512;
  if (__get_cpuid_count (7, 1, &a, &b, &c, &d) && BITS (a, 1u << 4))
    found |= 1u << DD_CPU_AVX_VNNI;
  return found;
}

#elif defined(__aarch64__)

static unsigned
families (void)
{
  const unsigned long asimdhp_asimddp = 1ul << 10 | 1ul << 20; /* HWCAP of Linux on arm64 */
  unsigned found = 1u << DD_CPU_SCALAR;

  if ((getauxval (AT_HWCAP) & asimdhp_asimddp) == asimdhp_asimddp)
    found |= 1u << DD_CPU_NEON;
  return found;
}

#else

static unsigned
families (void)
{
  return 1u << DD_CPU_SCALAR;
}

#endif

dd_cpu_isa
dd_cpu_isa_best (unsigned without)
{
  static const dd_cpu_isa order[] = {
    DD_CPU_AVX512,
    DD_CPU_AVX_VNNI,
    DD_CPU_AVX2,
    DD_CPU_NEON,
  };
  unsigned left = families () & ~without;

  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    if (left & 1u << order[i])
      return order[i];
  }
  return DD_CPU_SCALAR;
}

const char *
dd_cpu_isa_name (dd_cpu_isa isa)
{
  static const char *const names[DD_CPU_ISAS] = {
    [DD_CPU_SCALAR] = "no vectors",      [DD_CPU_AVX2] = "AVX2",
    [DD_CPU_AVX_VNNI] = "AVX-VNNI",      [DD_CPU_AVX512] = "AVX-512 VNNI",
    [DD_CPU_NEON] = "NEON dot products",
  };

  return names[isa];
}

/* Reads the beginning of a file of the kernel's; an empty string if there is none. */
static void
read_beginning (const char *path, char *out, size_t size)
{
  int file = open (path, O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  ssize_t got;

  if (file >= 0) {
    while (length < size - 1 && (got = read (file, out + length, size - 1 - length)) > 0)
      length += (size_t) got;
    close (file);
  }
  out[length] = 0;
}

/* The text after the colon of the first line that starts with `key`; NULL: none. */
static const char *
value_of (const char *text, const char *key)
{
  for (const char *line = text; line; line = strchr (line, '\n')) {
    const char *colon;

    line += *line == '\n';
    if (strncmp (line, key, strlen (key)) != 0)
      continue;
    colon = strchr (line, ':');
    if (!colon)
      return NULL;
    return colon + 1 + strspn (colon + 1, " \t");
  }
  return NULL;
}

/* "model name" is x86's line; machines without one are named by their kind. */
void
cpu_name (char *out, size_t size)
{
  char text[4096];
  const char *name;
  size_t length;

  read_beginning ("/proc/cpuinfo", text, sizeof text);
  name = value_of (text, "model name");
  if (!name)
    name = value_of (text, "Model");
  if (!name)
    name = "Processor";
  length = strcspn (name, "\n");
  length = length < size - 1 ? length : size - 1;
  memcpy (out, name, length);
  out[length] = 0;
}

void
cpu_memory (uint64_t *total, uint64_t *available)
{
  char text[4096];
  const char *value;

  read_beginning ("/proc/meminfo", text, sizeof text);
  value = value_of (text, "MemTotal");
  *total = value ? strtoull (value, NULL, 10) * 1024 : 0;
  value = value_of (text, "MemAvailable");
  *available = value ? strtoull (value, NULL, 10) * 1024 : 0;
}
