/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Something that a search found: a conversation by its title, or a message.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DADAM_TYPE_HIT (dadam_hit_get_type ())

G_DECLARE_FINAL_TYPE (DadamHit, dadam_hit, DADAM, HIT, GObject)

DadamHit *dadam_hit_new (gint64 conversation,
                         gint64 message,
                         const char *title,
                         const char *text,
                         gsize from,
                         gsize to);
gint64 dadam_hit_get_conversation (DadamHit *self);
gint64 dadam_hit_get_message (DadamHit *self);
const char *dadam_hit_get_title (DadamHit *self);
const char *dadam_hit_get_snippet (DadamHit *self, gsize *from, gsize *to);

G_END_DECLS
