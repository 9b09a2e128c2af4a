/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model of the catalogue as a row.
 */
#pragma once

#include <adwaita.h>

#include "dadam-fit.h"

G_BEGIN_DECLS

#define DADAM_TYPE_OFFER_ROW (dadam_offer_row_get_type ())

G_DECLARE_FINAL_TYPE (DadamOfferRow, dadam_offer_row, DADAM, OFFER_ROW, AdwActionRow)

GtkWidget *dadam_offer_row_new (DadamOffer *offer);
void dadam_offer_row_set_room (DadamOfferRow *self, const DadamRoom *room);

G_END_DECLS
