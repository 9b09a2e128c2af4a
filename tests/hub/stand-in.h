/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starts the stand-in Hub (hub.py) for a test, makes it misbehave, and reads what
 * it was asked.  And small models to offer.
 */
#pragma once

#include "dadam-hub-private.h"

typedef struct {
  char *folder;   /* of everything, removed at the end */
  char *root;     /* folder/root: what the Hub offers */
  char *endpoint;
  GTlsDatabase *tls; /* trusts it; NULL without TLS */
  GTlsDatabase *wrong_tls;
  GSubprocess *process;
} stand_in;

void stand_in_start (stand_in *self, const char *script, gboolean tls);
void stand_in_stop (stand_in *self);
void stand_in_fault (stand_in *self, const char *json);
/* What was asked since the last time; free with json_array_unref. */
JsonArray *stand_in_log (stand_in *self);
/* How many bytes the store has sent since the last time, all requests together. */
gint64 stand_in_sent (stand_in *self);
/* Whether anybody but the endpoint was told a token since the last time. */
gboolean stand_in_leaked (stand_in *self);

DadamHub *stand_in_hub (stand_in *self, const char *token, guint idle_seconds);
DadamHttp *stand_in_http (DadamHub *hub);

/* A tiny model of at least so many bytes, always the same. */
void stand_in_offer (stand_in *self, const char *repo, const char *file, gsize bytes);
/* The contents of a file that the Hub offers. */
GBytes *stand_in_contents (stand_in *self, const char *repo, const char *file);
