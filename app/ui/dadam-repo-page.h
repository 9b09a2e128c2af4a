/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page of one repository of the Hub: what it is, its licence, its files, and
 * which of them is the one for this computer.
 */
#pragma once

#include <adwaita.h>

#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_REPO_PAGE (dadam_repo_page_get_type ())

G_DECLARE_FINAL_TYPE (DadamRepoPage, dadam_repo_page, DADAM, REPO_PAGE, AdwNavigationPage)

AdwNavigationPage *dadam_repo_page_new (DadamManager *manager, const char *id);

G_END_DECLS
