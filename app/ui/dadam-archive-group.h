/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The preferences' rows on all conversations: where they are kept, a copy of them,
 * what was deleted, and deleting all.
 */
#pragma once

#include <adwaita.h>

#include "dadam-archive.h"

G_BEGIN_DECLS

#define DADAM_TYPE_ARCHIVE_GROUP (dadam_archive_group_get_type ())

G_DECLARE_FINAL_TYPE (DadamArchiveGroup,
                      dadam_archive_group,
                      DADAM,
                      ARCHIVE_GROUP,
                      AdwPreferencesGroup)

void dadam_archive_group_set_archive (DadamArchiveGroup *self, DadamArchive *archive);

G_END_DECLS
