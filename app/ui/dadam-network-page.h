/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page that tells what went over the network: when, to whom, why, how much.
 */
#pragma once

#include <adwaita.h>

#include "dadam-ledger.h"

G_BEGIN_DECLS

#define DADAM_TYPE_NETWORK_PAGE (dadam_network_page_get_type ())

G_DECLARE_FINAL_TYPE (DadamNetworkPage, dadam_network_page, DADAM, NETWORK_PAGE, AdwNavigationPage)

AdwNavigationPage *dadam_network_page_new (DadamLedger *ledger);

G_END_DECLS
