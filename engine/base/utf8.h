/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * UTF-8 one character at a time (Unicode 16, table 3-7: no overlong forms, no
 * surrogates, nothing above U+10FFFF).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DD_REPLACEMENT 0xfffdu

/* What stands at the start of `text`:
 *   > 0  a whole character of that many bytes, its value in `*character`;
 *   < 0  no character: that many bytes (negated) are a maximal broken part,
 *        to be shown as one U+FFFD;
 *     0  `length` bytes are a good beginning of a character that needs more. */
int dd_utf8_next (const uint8_t *text, size_t length, uint32_t *character);

/* Writes `character` (a Unicode scalar value) and returns its 1-4 bytes. */
int dd_utf8_put (uint32_t character, uint8_t out[4]);

/* Characters that move text about rather than stand in it: controls, line and
 * paragraph separators, marks of direction. */
bool dd_utf8_is_control (uint32_t character);
