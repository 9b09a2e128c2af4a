/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The text of a diagnosis.
 */
#include "diagnose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "dadam/engine.h"
#include "nvidia.h"

#define GIB (1024.0 * 1024 * 1024)

static const char *
kind_name (dd_device_kind kind)
{
  switch (kind) {
  case DD_DEVICE_CPU: return "processor";
  case DD_DEVICE_DISCRETE: return "graphics card";
  case DD_DEVICE_INTEGRATED: return "integrated graphics";
  case DD_DEVICE_SOFTWARE: return "graphics in software";
  case DD_DEVICE_REFERENCE: return "reference";
  case DD_DEVICE_OTHER:
  default: return "other graphics";
  }
}

static const char *
trust_name (dd_trust trust)
{
  switch (trust) {
  case DD_TRUST_GOOD: return "tested";
  case DD_TRUST_BAD: return "failed";
  case DD_TRUST_UNKNOWN:
  default: return "not tested yet";
  }
}

/* PRETTY_NAME of the system, without its quotes. */
static void
write_system (FILE *out)
{
  FILE *file = fopen ("/etc/os-release", "re");
  char line[256], name[200] = "unknown";
  struct utsname system = { 0 };

  while (file != NULL && fgets (line, sizeof line, file) != NULL)
    if (sscanf (line, "PRETTY_NAME=\"%199[^\"]", name) == 1)
      break;
  if (file != NULL)
    fclose (file);
  (void) uname (&system);
  fprintf (out, "System: %s, %s %s, %s\n", name, system.sysname, system.release, system.machine);
}

static void
write_device (const dd_device_info *info, FILE *out)
{
  fprintf (out, "\n%s: %s (%s)\n", info->id, info->name, kind_name (info->kind));
  if (info->driver[0] != '\0')
    fprintf (out, "  driver: %s\n  UUID: %s\n  test: %s\n", info->driver, info->uuid,
             trust_name (info->trust));
  if (info->features[0] != '\0')
    fprintf (out, "  features: %s\n", info->features);
  if (info->memory_total > 0)
    fprintf (out, "  memory: %.1f GiB, %.1f GiB free\n", (double) info->memory_total / GIB,
             (double) info->memory_available / GIB);
  if (info->problem != NULL)
    fprintf (out, "  not used: %s\n", info->problem);
}

/* How matrices were found to be multiplied quickest: a line for each and number of vectors. */
static void
write_trials (dd_engine *engine, size_t i, FILE *out)
{
  size_t n = dd_engine_trials (engine, i, NULL, 0);
  dd_trial *trials = calloc (n + 1, sizeof *trials);

  if (trials == NULL || dd_engine_trials (engine, i, trials, n) < n)
    n = 0; /* the file that has them was just made anew */
  for (size_t j = 0; j < n; j++) {
    const dd_trial *t = &trials[j];
    bool first = j == 0 || t[-1].at_once != t->at_once || t[-1].rows != t->rows
                 || t[-1].columns != t->columns || strcmp (t[-1].type, t->type) != 0;

    if (first)
      fprintf (out, "%s  %s %lld x %lld, %d at once:", j > 0 ? "\n" : "", t->type,
               (long long) t->rows, (long long) t->columns, t->at_once);
    fprintf (out, "%s %s%s %.1f us", first ? "" : ",", t->way, t->chosen ? " (taken)" : "",
             t->seconds * 1e6);
  }
  if (n > 0)
    fputc ('\n', out);
  free (trials);
}

void
host_write_nvidia (const char *driver_file, const char *sandbox_file, FILE *out)
{
  host_nvidia nvidia;

  if (!host_nvidia_differs (driver_file, sandbox_file, &nvidia))
    return;
  fprintf (out, "\nNVIDIA: the driver is %s, Flatpak has %s%s\n", nvidia.driver,
           nvidia.sandbox[0] != '\0' ? "that of " : "none", nvidia.sandbox);
  fprintf (out, "  so the card cannot be used. Run: " HOST_NVIDIA_UPDATE "\n");
  fprintf (out, "  If that brings nothing: " HOST_NVIDIA_INSTALL " %s\n", nvidia.extension);
}

char *
host_diagnose (dd_engine *engine, const char *version)
{
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream (&text, &size);

  if (out == NULL)
    return NULL;
  fprintf (out, "Dadam %s\n", version);
  write_system (out);
  fprintf (out, "Threads: %d\n", dd_engine_threads (engine));
  for (size_t i = 0; i < dd_engine_n_devices (engine); i++) {
    dd_device_info info;

    dd_engine_device (engine, i, &info);
    if (info.kind != DD_DEVICE_REFERENCE) {
      write_device (&info, out);
      write_trials (engine, i, out);
    }
  }
  host_write_nvidia (NULL, NULL, out);
  return fclose (out) == 0 ? text : NULL;
}
