/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One turn of a conversation: who says it, its text, and for an answer how far it
 * is and what it cost.
 */
#pragma once

#include <gio/gio.h>

#include "dadam-maker.h"

G_BEGIN_DECLS

typedef enum {
  DADAM_ROLE_SYSTEM,
  DADAM_ROLE_USER,
  DADAM_ROLE_ASSISTANT,
} DadamRole;

typedef enum {
  DADAM_MESSAGE_WAITING,   /* for the model, or for its turn */
  DADAM_MESSAGE_READING,   /* the prompt is being read */
  DADAM_MESSAGE_ANSWERING, /* text comes in */
  DADAM_MESSAGE_ENDED,     /* nothing will change any more */
} DadamMessageState;

/* What of an answer whoever shows it must not show. */
typedef enum {
  DADAM_VEIL_NONE,
  DADAM_VEIL_MAKER, /* who made it, and how fast */
  DADAM_VEIL_ALL,   /* that and what it says: it looks as if it had not begun */
} DadamVeil;

typedef enum {
  DADAM_STOP_END,
  DADAM_STOP_LENGTH,
  DADAM_STOP_CONTEXT,
  DADAM_STOP_CANCELLED,
  DADAM_STOP_ERROR,
} DadamStop;

typedef struct {
  DadamStop stop;
  gint64 reused_tokens; /* of the prompt, kept from before */
  gint64 prompt_tokens; /* read */
  gint64 made_tokens;
  double prompt_seconds;
  double first_token_seconds;
  double decode_seconds; /* of the tokens after the first */
  guint dropped_messages; /* the oldest, for which the context had no room */
} DadamStats;

#define DADAM_TYPE_MESSAGE (dadam_message_get_type ())

G_DECLARE_FINAL_TYPE (DadamMessage, dadam_message, DADAM, MESSAGE, GObject)

DadamMessage *dadam_message_new (DadamRole role, const char *text);
DadamRole dadam_message_get_role (DadamMessage *self);
const char *dadam_message_get_text (DadamMessage *self);
gsize dadam_message_get_length (DadamMessage *self);
GBytes *dadam_message_get_made (DadamMessage *self);
DadamMessageState dadam_message_get_state (DadamMessage *self);
double dadam_message_get_fraction (DadamMessage *self);
const DadamStats *dadam_message_get_stats (DadamMessage *self);
gboolean dadam_message_came_to_nothing (DadamMessage *self);

gint64 dadam_message_get_id (DadamMessage *self);
gint64 dadam_message_get_parent (DadamMessage *self);
void dadam_message_set_place (DadamMessage *self, gint64 id, gint64 parent);
guint dadam_message_get_sibling (DadamMessage *self, guint *n_siblings);
void dadam_message_set_sibling (DadamMessage *self, guint position, guint n_siblings);
DadamMaker *dadam_message_get_maker (DadamMessage *self);
void dadam_message_set_maker (DadamMessage *self, DadamMaker *maker);

DadamVeil dadam_message_get_veil (DadamMessage *self);
void dadam_message_set_veil (DadamMessage *self, DadamVeil veil);

void dadam_message_append (DadamMessage *self, const char *text);
void dadam_message_set_made (DadamMessage *self, GBytes *made);
void dadam_message_set_state (DadamMessage *self, DadamMessageState state, double fraction);
void dadam_message_end (DadamMessage *self, const DadamStats *stats);

G_END_DECLS
