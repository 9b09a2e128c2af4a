/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can go wrong with kept conversations.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DADAM_ARCHIVE_ERROR (dadam_archive_error_quark ())

typedef enum {
  DADAM_ARCHIVE_ERROR_FAILED,
  DADAM_ARCHIVE_ERROR_HELD,     /* another program has it open */
  DADAM_ARCHIVE_ERROR_NEWER,    /* written by a newer Dadam */
  DADAM_ARCHIVE_ERROR_DAMAGED,
  DADAM_ARCHIVE_ERROR_NO_SPACE,
  DADAM_ARCHIVE_ERROR_NO_ACCESS,
  DADAM_ARCHIVE_ERROR_NOT_FOUND,
} DadamArchiveError;

GQuark dadam_archive_error_quark (void);

G_END_DECLS
