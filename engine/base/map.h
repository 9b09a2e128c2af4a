/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Read-only maps of files.  A page that cannot be read (the file was cut, the
 * disk fails) does not kill the program: a SIGBUS handler that answers for
 * these maps alone puts a zero page there and marks the map broken; any other
 * SIGBUS goes where it went before.
 */
#pragma once

#include "base/error.h"

typedef struct dd_map dd_map;

/* Maps the whole of the regular file at `path`.  Free with dd_map_close. */
DD_MUST_CHECK bool dd_map_open (const char *path, dd_map **out, dd_error *error);
/* Closes and clears `*map`; NULL and a cleared map are accepted. */
void dd_map_close (dd_map **map);

const uint8_t *dd_map_data (const dd_map *map); /* page aligned */
uint64_t dd_map_size (const dd_map *map);
/* True once a page could not be read.  Any thread. */
bool dd_map_broken (const dd_map *map);
