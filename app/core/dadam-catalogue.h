/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The models that Dadam offers by itself: what their makers say of them, in the
 * language of the program, and the content of files that is known beforehand.  A
 * list of DadamOffer.  It fetches nothing.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DADAM_TYPE_OFFER (dadam_offer_get_type ())

G_DECLARE_FINAL_TYPE (DadamOffer, dadam_offer, DADAM, OFFER, GObject)

const char *dadam_offer_get_id (DadamOffer *self);
const char *dadam_offer_get_repo (DadamOffer *self);
const char *dadam_offer_get_title (DadamOffer *self);
const char *dadam_offer_get_note (DadamOffer *self);
const char *dadam_offer_get_base (DadamOffer *self);
const char *dadam_offer_get_licence (DadamOffer *self);
const char *dadam_offer_get_licence_note (DadamOffer *self);
const char *dadam_offer_get_format (DadamOffer *self);
const char *dadam_offer_get_problem (DadamOffer *self);
const char *dadam_offer_get_pinned (DadamOffer *self, const char *file);
const char *dadam_offer_get_first_file (DadamOffer *self);
guint64 dadam_offer_get_size (DadamOffer *self, guint i, const char **quant);
guint64 dadam_offer_get_token_bytes (DadamOffer *self);
double dadam_offer_get_score (DadamOffer *self);
gint64 dadam_offer_get_context (DadamOffer *self);
gboolean dadam_offer_is_recommended (DadamOffer *self);
gboolean dadam_offer_is_small (DadamOffer *self);
gboolean dadam_offer_is_starter (DadamOffer *self);

#define DADAM_TYPE_CATALOGUE (dadam_catalogue_get_type ())

G_DECLARE_FINAL_TYPE (DadamCatalogue, dadam_catalogue, DADAM, CATALOGUE, GObject)

DadamCatalogue *dadam_catalogue_new (void);
char *dadam_catalogue_name_file (DadamCatalogue *self, const char *repo, const char *path);
char *dadam_catalogue_name_path (const char *path);
DadamOffer *dadam_catalogue_find (DadamCatalogue *self, const char *name);
DadamOffer *dadam_catalogue_get_recommended (DadamCatalogue *self);
DadamOffer *dadam_catalogue_get_small (DadamCatalogue *self);
DadamOffer *dadam_catalogue_get_starter (DadamCatalogue *self);

G_END_DECLS
