/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Filling a dd_error.  Every function of the engine that can fail returns bool
 * and takes an error that is never NULL.
 */
#pragma once

#include "dadam/types.h"

/* Fills `error` and returns false, so that failing is one statement:
 * `return dd_fail (error, DD_ERROR_FORMAT, "…");`.  Text too long is cut at a
 * whole UTF-8 character. */
bool dd_fail (dd_error *error, dd_code code, const char *format, ...) DD_PRINTF (3, 4);

/* The same for a failed allocation of `what`. */
bool dd_fail_memory (dd_error *error, const char *what);

/* The same for a failed system call: `what`, `path` (may be NULL) and errno in words. */
bool dd_fail_errno (dd_error *error, int error_number, const char *what, const char *path);
