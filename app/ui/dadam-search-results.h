/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a search of all conversations found.  "activated" tells the ids of the
 * conversation and of the message that the user chose; of the latter 0 for none.
 */
#pragma once

#include <adwaita.h>

#include "dadam-archive.h"

G_BEGIN_DECLS

#define DADAM_TYPE_SEARCH_RESULTS (dadam_search_results_get_type ())

G_DECLARE_FINAL_TYPE (DadamSearchResults, dadam_search_results, DADAM, SEARCH_RESULTS, AdwBin)

void dadam_search_results_set_archive (DadamSearchResults *self, DadamArchive *archive);
void dadam_search_results_search (DadamSearchResults *self, const char *text);
void dadam_search_results_activate_first (DadamSearchResults *self);

G_END_DECLS
