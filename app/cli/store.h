/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the commands of the model store share.  Only where the program is built
 * with GLib.
 */
#pragma once

#include <glib/gi18n.h>

#include "cli.h"
#include "dadam-store.h"

/* The user's store, its models known; with `change`, ours alone.  NULL after
 * telling why. */
DadamStore *cli_store_open (bool change);

/* Tells an error on standard error, each line of it; returns EXIT_FAILURE. */
int cli_store_fail (const GError *error);

/* Waits in a main loop for a callback of GAsyncReadyCallback's form. */
void cli_wait_cb (GObject *object, GAsyncResult *result, gpointer slot);
GAsyncResult *cli_wait (GAsyncResult **slot);

/* A line on a terminal that is written over; nothing elsewhere. */
void cli_progress (const char *what, gint64 done, gint64 size, double speed, gint64 seconds_left);
void cli_progress_end (void);
