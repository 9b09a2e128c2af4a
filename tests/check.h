/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The smallest test harness: a test program is main() with CHECKs and ends with
 * `return check_done ();`.  A failed check prints where and what and goes on.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dadam/types.h"

static int check_failures;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf (stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                     \
      check_failures++;                                                                            \
    }                                                                                              \
  } while (0)

/* Like CHECK, with words of its own (the failing parameters). */
#define CHECK_MSG(condition, ...)                                                                  \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf (stderr, "%s:%d: failed: %s: ", __FILE__, __LINE__, #condition);                     \
      fprintf (stderr, __VA_ARGS__);                                                               \
      fprintf (stderr, "\n");                                                                      \
      check_failures++;                                                                            \
    }                                                                                              \
  } while (0)

/* A call that fills `error` and must succeed, or the program cannot go on. */
#define REQUIRE_OK(call, error)                                                                    \
  do {                                                                                             \
    if (!(call)) {                                                                                 \
      fprintf (stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, (error).text);                \
      exit (1);                                                                                    \
    }                                                                                              \
  } while (0)

#define CHECK_SKIP 77 /* meson's exit status for a skipped test */

static inline int
check_done (void)
{
  if (check_failures > 0)
    fprintf (stderr, "%d checks failed\n", check_failures);
  return check_failures > 0 ? 1 : 0;
}
