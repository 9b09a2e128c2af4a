/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can go wrong with model files on this computer.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DADAM_STORE_ERROR (dadam_store_error_quark ())

typedef enum {
  DADAM_STORE_ERROR_HELD,      /* another program owns the store */
  DADAM_STORE_ERROR_NOT_FOUND, /* no model of that name */
  DADAM_STORE_ERROR_AMBIGUOUS, /* several */
  DADAM_STORE_ERROR_NO_SPACE,
  DADAM_STORE_ERROR_MISMATCH,  /* the content is not what was promised */
  DADAM_STORE_ERROR_NOT_A_MODEL,
  DADAM_STORE_ERROR_NOT_OURS,  /* another program's file, which we do not touch */
  DADAM_STORE_ERROR_UNKNOWN,   /* nothing is known to compare with */
} DadamStoreError;

GQuark dadam_store_error_quark (void);

G_END_DECLS
