/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a person pastes into a report: this computer's devices and what is known of
 * them.  No paths, no names of users or computers, nothing that was written.
 */
#pragma once

#include <stdio.h>

struct dd_engine;

/* English; free with free.  NULL without memory.  On the engine thread. */
char *host_diagnose (struct dd_engine *engine, const char *version);

/* A few lines, or nothing where host_nvidia_differs() does not; its files, or NULL. */
void host_write_nvidia (const char *driver_file, const char *sandbox_file, FILE *out);
