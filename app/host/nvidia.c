/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads the two files.
 */
#include "nvidia.h"

#include <stdio.h>
#include <string.h>

#include "file.h"

#define EXTENSION "org.freedesktop.Platform.GL.nvidia-"
#define DIGITS "0123456789"

/* The first word that is numbers with points between them. */
static bool
find_version (const char *text, char *out, size_t size)
{
  for (; *text != '\0'; text += strspn (text, " \t\n")) {
    size_t length = strcspn (text, " \t\n");

    if (length < size && length == strspn (text, DIGITS ".")
        && memchr (text, '.', length) != NULL) {
      memcpy (out, text, length);
      out[length] = '\0';
      return true;
    }
    text += length;
  }
  return false;
}

/* The extension's name has the version with hyphens, then "=" and a commit. */
static bool
has_extension (const char *text, host_nvidia *nvidia)
{
  while ((text = strstr (text, EXTENSION)) != NULL) {
    size_t length = strspn (text += strlen (EXTENSION), DIGITS "-");

    if (length == 0 || length >= sizeof nvidia->sandbox)
      continue;
    for (size_t i = 0; i < length; i++)
      nvidia->sandbox[i] = text[i] == '-' ? '.' : text[i];
    nvidia->sandbox[length] = '\0';
    if (strcmp (nvidia->sandbox, nvidia->driver) == 0)
      return true;
  }
  return false;
}

bool
host_nvidia_differs (const char *driver_file, const char *sandbox_file, host_nvidia *out)
{
  char text[16384];

  memset (out, 0, sizeof *out);
  if (!host_read_file (driver_file ? driver_file : "/proc/driver/nvidia/version", text, sizeof text)
      || !find_version (text, out->driver, sizeof out->driver)
      || !host_read_file (sandbox_file ? sandbox_file : "/.flatpak-info", text, sizeof text))
    return false;
  snprintf (out->extension, sizeof out->extension, EXTENSION "%s", out->driver);
  for (char *point = out->extension + strlen (EXTENSION); (point = strchr (point, '.')) != NULL;)
    *point = '-';
  return !has_extension (text, out);
}
