/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page on which all of the Hub is searched for models.
 */
#pragma once

#include <adwaita.h>

#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_SEARCH_PAGE (dadam_search_page_get_type ())

G_DECLARE_FINAL_TYPE (DadamSearchPage, dadam_search_page, DADAM, SEARCH_PAGE, AdwNavigationPage)

AdwNavigationPage *dadam_search_page_new (DadamManager *manager);

G_END_DECLS
