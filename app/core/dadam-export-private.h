/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is exported, and the writers that have files of their own.
 */
#pragma once

#include "dadam-archive-private.h"
#include "dadam-export.h"

G_BEGIN_DECLS

char *dadam_export_to_html (GListModel *messages, const char *title);
const char *dadam_export_get_speaker (DadamMessage *message);

G_END_DECLS
