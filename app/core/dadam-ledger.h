/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What went over the network: every request with its host, its bytes and its
 * reason, as a list for people, newest last, and as a file.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DADAM_TYPE_LEDGER_ENTRY (dadam_ledger_entry_get_type ())

G_DECLARE_FINAL_TYPE (DadamLedgerEntry, dadam_ledger_entry, DADAM, LEDGER_ENTRY, GObject)

#define DADAM_TYPE_LEDGER (dadam_ledger_get_type ())

G_DECLARE_FINAL_TYPE (DadamLedger, dadam_ledger, DADAM, LEDGER, GObject)

DadamLedger *dadam_ledger_new (const char *path);
void dadam_ledger_note (DadamLedger *self, const char *host, const char *reason, guint64 bytes);
void dadam_ledger_clear (DadamLedger *self);

GDateTime *dadam_ledger_entry_get_time (DadamLedgerEntry *self);
const char *dadam_ledger_entry_get_host (DadamLedgerEntry *self);
const char *dadam_ledger_entry_get_reason (DadamLedgerEntry *self);
guint64 dadam_ledger_entry_get_bytes (DadamLedgerEntry *self);
guint dadam_ledger_entry_get_requests (DadamLedgerEntry *self);

G_END_DECLS
