/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can go wrong between us and a Hub, told apart, and worded for people: what
 * happened, and what to do.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define DADAM_HUB_ERROR (dadam_hub_error_quark ())

typedef enum {
  DADAM_HUB_ERROR_OFFLINE,          /* the user wants no connection */
  DADAM_HUB_ERROR_UNREACHABLE,      /* no name, no route, no server */
  DADAM_HUB_ERROR_INTERRUPTED,      /* cut off or stalled; trying again may help */
  DADAM_HUB_ERROR_TLS,              /* the server cannot prove who it is */
  DADAM_HUB_ERROR_NO_HUB,           /* something else answered: a captive portal, a proxy */
  DADAM_HUB_ERROR_BAD_ADDRESS,      /* a name, path or endpoint that cannot be */
  DADAM_HUB_ERROR_REDIRECT,         /* endless, or to where we do not go */
  DADAM_HUB_ERROR_NO_REPOSITORY,    /* with a token: there is none */
  DADAM_HUB_ERROR_HIDDEN,           /* without one: missing, private or gated */
  DADAM_HUB_ERROR_NO_REVISION,
  DADAM_HUB_ERROR_NO_FILE,
  DADAM_HUB_ERROR_GATED_NO_TOKEN,   /* a token is needed, and the terms */
  DADAM_HUB_ERROR_GATED,            /* the terms have not been accepted */
  DADAM_HUB_ERROR_BAD_TOKEN,
  DADAM_HUB_ERROR_DISABLED,
  DADAM_HUB_ERROR_FORBIDDEN,
  DADAM_HUB_ERROR_EXPIRED,          /* a signed link; ask for another */
  DADAM_HUB_ERROR_RATE_LIMITED,
  DADAM_HUB_ERROR_SERVER,           /* 5xx */
  DADAM_HUB_ERROR_CHANGED,          /* other content than was agreed on */
  DADAM_HUB_ERROR_NO_RANGES,        /* the server sends only the whole file */
} DadamHubError;

GQuark dadam_hub_error_quark (void);
GError *dadam_hub_error_new (DadamHubError code, const char *what);
GError *dadam_hub_error_from_status (SoupMessage *message, gboolean had_token, gboolean at_hub);
void dadam_hub_error_from_io (GError **error, const char *host);
gboolean dadam_hub_error_is_passing (const GError *error);
gboolean dadam_hub_error_wants_terms (const GError *error);
gboolean dadam_hub_error_wants_token (const GError *error);

G_END_DECLS
