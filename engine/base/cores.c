/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many threads suit this machine: one per performance core that the process
 * may use.  Read from Linux's sysfs; elsewhere, or where it is silent, every
 * processor counts.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

/* The first line of a small file; false if it cannot be read. */
static bool
read_line (const char *path, char *line, int size)
{
  FILE *file = fopen (path, "re");
  bool ok = file != NULL && fgets (line, size, file) != NULL;

  if (file != NULL)
    fclose (file);
  return ok;
}

/* Parses sysfs's "0-3,8,10-11". */
static void
parse_list (const char *text, cpu_set_t *set)
{
  CPU_ZERO (set);
  while (*text >= '0' && *text <= '9') {
    char *end;
    long first = strtol (text, &end, 10);
    long last = *end == '-' ? strtol (end + 1, &end, 10) : first;

    for (long i = first; i <= last && i < CPU_SETSIZE; i++)
      CPU_SET ((size_t) i, set);
    text = *end == ',' ? end + 1 : end;
  }
}

/* Intel's hybrid processors list their fast cores. */
static void
keep_intel_cores (cpu_set_t *allowed)
{
  char line[1024];
  cpu_set_t fast, both;

  if (!read_line ("/sys/devices/cpu_core/cpus", line, sizeof line))
    return;
  parse_list (line, &fast);
  CPU_AND (&both, &fast, allowed);
  if (CPU_COUNT (&both) > 0)
    *allowed = both;
}

/* Arm tells a capacity of at most 1024 for each core: keep those of at least
 * half the best. */
static void
keep_capable_cores (cpu_set_t *allowed)
{
  long capacity[CPU_SETSIZE] = { 0 };
  long best = 0;

  for (size_t i = 0; i < CPU_SETSIZE; i++) {
    char path[64], line[32];

    snprintf (path, sizeof path, "/sys/devices/system/cpu/cpu%zu/cpu_capacity", i);
    if (!CPU_ISSET (i, allowed) || !read_line (path, line, sizeof line))
      continue;
    capacity[i] = strtol (line, NULL, 10);
    best = capacity[i] > best ? capacity[i] : best;
  }
  for (size_t i = 0; i < CPU_SETSIZE && best > 0; i++)
    if (2 * capacity[i] < best)
      CPU_CLR (i, allowed);
}

/* Of the threads that share a core only the first counts. */
static int
count_cores (const cpu_set_t *allowed)
{
  int cores = 0;
  cpu_set_t seen;

  CPU_ZERO (&seen);
  for (size_t i = 0; i < CPU_SETSIZE; i++) {
    char path[80], line[1024];
    cpu_set_t siblings;

    if (!CPU_ISSET (i, allowed) || CPU_ISSET (i, &seen))
      continue;
    cores++;
    snprintf (path, sizeof path, "/sys/devices/system/cpu/cpu%zu/topology/thread_siblings_list", i);
    if (read_line (path, line, sizeof line)) {
      parse_list (line, &siblings);
      CPU_OR (&seen, &seen, &siblings);
    }
  }
  return cores;
}

int
dd_pool_default_threads (void)
{
  cpu_set_t allowed;
  int cores;

  if (sched_getaffinity (0, sizeof allowed, &allowed) != 0)
    return 1;
  keep_intel_cores (&allowed);
  keep_capable_cores (&allowed);
  cores = count_cores (&allowed);
  return cores > 0 ? cores : 1;
}
