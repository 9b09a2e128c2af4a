/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small text files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The beginning of a file, as much as `out` holds, with a NUL behind it; whether there was
 * anything. */
bool host_read_file (const char *path, char *out, size_t size);
