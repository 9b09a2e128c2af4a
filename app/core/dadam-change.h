/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is to be written about a conversation, in one piece or not at all.  Collected
 * on the main thread, where it copies what it needs; written on the scribe's.
 */
#pragma once

#include "dadam-base.h"
#include "dadam-duel.h"
#include "dadam-message.h"
#include "dadam-summary.h"

G_BEGIN_DECLS

typedef struct _DadamChange DadamChange;

DadamChange *dadam_change_new (gint64 conversation);
void dadam_change_free (DadamChange *self);
void dadam_change_create (DadamChange *self, DadamKind kind, const char *title, gint64 changed);
void dadam_change_add_pane (DadamChange *self, int pane);
void dadam_change_remove (DadamChange *self);
void dadam_change_add_pane (DadamChange *self, int pane);
void dadam_change_set_kind (DadamChange *self, DadamKind kind);
void dadam_change_set_title (DadamChange *self, const char *title);
void dadam_change_set_pinned (DadamChange *self, gboolean is_pinned);
void dadam_change_set_trashed (DadamChange *self, gint64 trashed);
void dadam_change_set_changed (DadamChange *self, gint64 changed);
void dadam_change_set_draft (DadamChange *self, const char *draft);
void dadam_change_set_settings (DadamChange *self, int pane, const char *settings);
void dadam_change_set_model (DadamChange *self, int pane, const char *path);
void dadam_change_set_device (DadamChange *self, int pane, const char *device);
void dadam_change_put_message (DadamChange *self, int pane, DadamMessage *message);
void dadam_change_remove_message (DadamChange *self, gint64 id);
void dadam_change_choose (DadamChange *self, int pane, gint64 parent, gint64 id);
void dadam_change_open_duel (DadamChange *self, DadamDuel *duel);
void dadam_change_set_state (DadamChange *self, const char *name, const char *value);
gboolean dadam_change_write (DadamBase *base, gpointer change, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamChange, dadam_change_free)

G_END_DECLS
