/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a fuzz target is: one file fuzz-NAME.c with these two functions.  It is
 * linked with libFuzzer (-Dfuzz=true) or with driver.c, which needs nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Works on the data; a fault or a failed sanitizer check is the finding. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Writes good input number `i` and returns its bytes, at most `room`; 0 past the
 * last.  Mutations start from these. */
size_t fuzz_seed (unsigned i, uint8_t *out, size_t room);
