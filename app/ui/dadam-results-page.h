/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page that tells what the votes say of each pair of models, and writes them to
 * files.  Read anew whenever it is shown; it pushes further pages onto the navigation
 * view that it is in.
 */
#pragma once

#include <adwaita.h>

#include "dadam-archive.h"

G_BEGIN_DECLS

#define DADAM_TYPE_RESULTS_PAGE (dadam_results_page_get_type ())

G_DECLARE_FINAL_TYPE (DadamResultsPage, dadam_results_page, DADAM, RESULTS_PAGE, AdwNavigationPage)

AdwNavigationPage *dadam_results_page_new (DadamArchive *archive);

G_END_DECLS
