/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The text of a diagnosis.
 */
#include "diagnose.h"

#include <stdio.h>
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
    if (info.kind != DD_DEVICE_REFERENCE)
      write_device (&info, out);
  }
  host_write_nvidia (NULL, NULL, out);
  return fclose (out) == 0 ? text : NULL;
}
