/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Errors as people read them: what went wrong and what to do, in their language.
 * Owns the table from the engine's codes to those texts.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DADAM_ERROR (dadam_error_quark ())

typedef enum {
  DADAM_ERROR_FAILED,
  DADAM_ERROR_NO_MEMORY,
  DADAM_ERROR_IO,
  DADAM_ERROR_DAMAGED,
  DADAM_ERROR_UNSUPPORTED,
  DADAM_ERROR_CONTEXT_FULL,
  DADAM_ERROR_DEVICE_MEMORY,
  DADAM_ERROR_DEVICE_LOST,
  DADAM_ERROR_BROKEN_MODEL,
  DADAM_ERROR_NO_DEVICE,
  DADAM_ERROR_INTERRUPTED, /* the program died of it the last time */
} DadamError;

struct dd_error;

GQuark dadam_error_quark (void);
GError *dadam_error_new_from_engine (const struct dd_error *error);
const char *dadam_error_word_problem (const char *problem);
char *dadam_error_word_device (const char *text);
gboolean dadam_error_is_of_device (const GError *error);

G_END_DECLS
