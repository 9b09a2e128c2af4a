/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Filling a dd_error.  Allocates nothing, so that running out of memory can be
 * told too.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Names and paths come from outside: bytes that are no character, or one that
 * does not stay on its line, become question marks.  What was `cut` ends before
 * a character that is not whole. */
static void
clean (char *text, bool cut)
{
  size_t length = strlen (text), step;

  for (size_t i = 0; i < length; i += step) {
    uint32_t character = 0;
    int used = dd_utf8_next ((const uint8_t *) text + i, length - i, &character);

    step = used > 0 ? (size_t) used : used < 0 ? (size_t) -used : length - i;
    if (used == 0 && cut)
      text[i] = '\0';
    else if (used <= 0 || dd_utf8_is_control (character))
      memset (text + i, '?', step);
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
  else
    clean (error->text, (size_t) length >= sizeof error->text);
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
