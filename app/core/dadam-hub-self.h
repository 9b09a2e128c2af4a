/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The insides of DadamHub, shared by the dadam-hub*.c files.
 */
#pragma once

#include "dadam-hub-private.h"

G_BEGIN_DECLS

struct _DadamHub {
  GObject parent_instance;

  /* Owned; set once. */
  char *endpoint; /* without a closing slash */
  GUri *origin;   /* %NULL if the endpoint is no address */
  GTlsDatabase *tls_database;
  DadamLedger *ledger;
  guint idle_seconds;
  gboolean offline;

  GMutex lock; /* of what follows */
  char *token;
  gint64 not_before[DADAM_HUB_N_BUCKETS]; /* monotonic: no request earlier */
};

G_END_DECLS
