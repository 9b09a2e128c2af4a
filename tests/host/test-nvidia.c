/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is said of NVIDIA's driver in a sandbox, from files as the driver and Flatpak
 * write them.
 */
#include "check.h"
#include "diagnose.h"
#include "nvidia.h"

#define DRIVER                                                                                     \
  "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n"      \
  "GCC version:  gcc version 13.2.0 (Debian 13.2.0-13)\n"
#define OPEN_DRIVER                                                                                \
  "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86  Release Build  (builder)\n"
#define SANDBOX(extensions)                                                                        \
  "[Application]\nname=io.github.dadam_app.Dadam\n\n[Instance]\ninstance-id=1\n"                   \
  "runtime-extensions=" extensions "org.gnome.Platform.Locale=a1\n"

static const char *
write_file (const char *name, const char *text)
{
  FILE *file = fopen (name, "wb");

  if (file == NULL || fputs (text, file) < 0 || fclose (file) != 0)
    exit (1);
  return name;
}

/* (free) what a report says. */
static char *
report (const char *driver, const char *sandbox)
{
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream (&text, &size);

  if (out == NULL)
    exit (1);
  host_write_nvidia (driver ? write_file ("nvidia-driver", driver) : "no such file",
                     sandbox ? write_file ("nvidia-sandbox", sandbox) : "no such file", out);
  fclose (out);
  return text;
}

static void
expect (const char *driver, const char *sandbox, const char *a, const char *b)
{
  char *text = report (driver, sandbox);

  if (a == NULL)
    CHECK_MSG (text[0] == '\0', "%s", text);
  else
    CHECK_MSG (strstr (text, a) != NULL && strstr (text, b) != NULL, "“%s”, “%s” in “%s”", a, b,
               text);
  free (text);
}

int
main (void)
{
  const char *fits = SANDBOX ("org.freedesktop.Platform.GL.default=5f;"
                              "org.freedesktop.Platform.GL.nvidia-550-54-14=9c;");
  const char *old = SANDBOX ("org.freedesktop.Platform.GL.nvidia-535-183-01=9c;");
  const char *two = SANDBOX ("org.freedesktop.Platform.GL.nvidia-535-183-01=9c;"
                             "org.freedesktop.Platform.GL.nvidia-550-54-14=9c;");

  expect (DRIVER, fits, NULL, NULL);
  expect (DRIVER, two, NULL, NULL);
  expect (DRIVER, NULL, NULL, NULL);  /* no sandbox */
  expect (NULL, old, NULL, NULL);     /* no NVIDIA */
  expect ("nonsense", old, NULL, NULL);
  expect (DRIVER, old, "the driver is 550.54.14, Flatpak has that of 535.183.01",
          "flatpak update\n");
  expect (DRIVER, SANDBOX (""), "Flatpak has none",
          "flatpak install flathub org.freedesktop.Platform.GL.nvidia-550-54-14\n");
  expect (OPEN_DRIVER, fits, "the driver is 570.86, Flatpak has that of 550.54.14",
          "org.freedesktop.Platform.GL.nvidia-570-86\n");
  expect ("550.54.14\n", old, "550.54.14", "535.183.01"); /* the kernel's own file of it */
  remove ("nvidia-driver");
  remove ("nvidia-sandbox");
  return check_done ();
}
