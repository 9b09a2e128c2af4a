/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The conversations that were deleted, to be brought back or deleted for good.
 */
#pragma once

#include <adwaita.h>

#include "dadam-archive.h"

G_BEGIN_DECLS

AdwNavigationPage *dadam_trash_page_new (DadamArchive *archive);

G_END_DECLS
