/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page with all that is known of one installed model.
 */
#pragma once

#include <adwaita.h>

#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_DETAILS_PAGE (dadam_details_page_get_type ())

G_DECLARE_FINAL_TYPE (DadamDetailsPage, dadam_details_page, DADAM, DETAILS_PAGE, AdwNavigationPage)

AdwNavigationPage *dadam_details_page_new (DadamManager *manager, DadamInstalled *installed);

G_END_DECLS
