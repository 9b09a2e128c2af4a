/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The character classes that split text into words for byte-level BPE.
 */
#pragma once

#include <stdint.h>

typedef enum dd_class {
  DD_CLASS_OTHER = 0,
  DD_CLASS_LETTER = 1, /* \p{L} */
  DD_CLASS_NUMBER = 2, /* \p{N} */
  DD_CLASS_SPACE = 3,  /* \s: the property White_Space */
} dd_class;

dd_class dd_class_of (uint32_t character);
