/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The work of a download, which blocks, and what it tells while it does.
 */
#pragma once

#include "dadam-download.h"
#include "dadam-hub-private.h"

G_BEGIN_DECLS

typedef struct {
  /* Owned; constant. */
  DadamHub *hub;
  DadamFacts *facts;
  char *place;
  gboolean restart_allowed; /* a server that cannot continue may send all again */

  /* Written by the work, read by anyone: atomic. */
  gint64 done;
  int state;
} DadamFetch;

DadamFetch *dadam_fetch_new (DadamHub *hub, const DadamFacts *facts, const char *place);
void dadam_fetch_free (DadamFetch *self);
gboolean dadam_fetch_run (DadamFetch *self, GCancellable *cancellable, GError **error);

G_END_DECLS
