/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether NVIDIA's driver and what a sandbox has of it fit: its libraries work with
 * the driver of their own version alone, and Flatpak brings them as an extension.
 */
#pragma once

#include <stdbool.h>

typedef struct host_nvidia {
  char driver[32];     /* version of the one that runs: "550.54.14" */
  char sandbox[32];    /* version that the sandbox has; "": none */
  char extension[96];  /* that would fit, by its name */
} host_nvidia;

/* What brings what fits; where a repository does not have it yet, naming the extension
 * says so. */
#define HOST_NVIDIA_UPDATE "flatpak update"
#define HOST_NVIDIA_INSTALL "flatpak install flathub"

/* True: this is a sandbox, NVIDIA's driver runs, and they do not fit.  The files are the
 * driver's own (/proc/driver/nvidia/version) and the sandbox's (/.flatpak-info); NULL:
 * those. */
bool host_nvidia_differs (const char *driver_file, const char *sandbox_file, host_nvidia *out);
