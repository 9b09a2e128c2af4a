/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Filling a dd_error.  Allocates nothing, so that running out of memory can be
 * told too.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts `text`, which holds `length` bytes, before a character that is not whole. */
static void
cut_at_character (char *text, size_t length)
{
  size_t start = length;

  while (start > 0 && ((unsigned char) text[start - 1] & 0xc0) == 0x80)
    start--;
  if (start > 0 && (unsigned char) text[start - 1] >= 0xc0) {
    unsigned char lead = (unsigned char) text[start - 1];
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

    if (length - (start - 1) < need)
      text[start - 1] = '\0';
  }
}

bool
dd_fail (dd_error *error, dd_code code, const char *format, ...)
{
  va_list arguments;
  int length;

  error->code = code;
  va_start (arguments, format);
  length = vsnprintf (error->text, sizeof error->text, format, arguments);
  va_end (arguments);
  if (length < 0)
    error->text[0] = '\0';
  else if ((size_t) length >= sizeof error->text)
    cut_at_character (error->text, sizeof error->text - 1);
  return false;
}

bool
dd_fail_memory (dd_error *error, const char *what)
{
  return dd_fail (error, DD_ERROR_NO_MEMORY,
                  "not enough memory for %s; close other programs or take a smaller model", what);
}

bool
dd_fail_errno (dd_error *error, int error_number, const char *what, const char *path)
{
  char reason[128];
  const char *words = strerror_r (error_number, reason, sizeof reason);

  if (path != NULL)
    return dd_fail (error, DD_ERROR_IO, "%s “%s”: %s", what, path, words);
  return dd_fail (error, DD_ERROR_IO, "%s: %s", what, words);
}
