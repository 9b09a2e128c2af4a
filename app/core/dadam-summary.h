/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a list shows of a kept conversation.  Main thread, once it is in a list.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum {
  DADAM_KIND_CHAT,
  DADAM_KIND_COMPARISON,       /* of two models, each in a pane of its own */
  DADAM_KIND_BLIND_COMPARISON, /* whose models are secret until the user has judged */
} DadamKind;

#define DADAM_TYPE_SUMMARY (dadam_summary_get_type ())

G_DECLARE_FINAL_TYPE (DadamSummary, dadam_summary, DADAM, SUMMARY, GObject)

DadamSummary *dadam_summary_new (gint64 id, DadamKind kind, const char *title, gint64 changed);
gint64 dadam_summary_get_id (DadamSummary *self);
DadamKind dadam_summary_get_kind (DadamSummary *self);
void dadam_summary_set_kind (DadamSummary *self, DadamKind kind);
const char *dadam_summary_get_title (DadamSummary *self);
void dadam_summary_set_title (DadamSummary *self, const char *title);
gint64 dadam_summary_get_changed (DadamSummary *self);
void dadam_summary_set_changed (DadamSummary *self, gint64 changed);
gboolean dadam_summary_get_is_pinned (DadamSummary *self);
void dadam_summary_set_is_pinned (DadamSummary *self, gboolean is_pinned);
gint64 dadam_summary_get_trashed (DadamSummary *self);
void dadam_summary_set_trashed (DadamSummary *self, gint64 trashed);
char *dadam_summary_make_title (const char *text);
int dadam_summary_compare (gconstpointer a, gconstpointer b, gpointer user_data);

G_END_DECLS
