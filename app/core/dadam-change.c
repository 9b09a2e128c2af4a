/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A list of orders, most of which are one statement each; these are in one table.
 */
#include "config.h"

#include "dadam-change.h"

#include "dadam-duel-rows.h"
#include "dadam-index.h"

typedef enum {
  CREATE,
  CREATE_PANE,
  REMOVE,
  KIND,
  TITLE,
  PINNED,
  TRASHED,
  CHANGED,
  DRAFT,
  SETTINGS,
  MODEL,
  DEVICE,
  PUT_MESSAGE,
  REMOVE_MESSAGE,
  CHOOSE,
  CHOOSE_FIRST,
  OPEN_DUEL,
  STATE,
} Kind;

typedef struct {
  DadamRole role;
  DadamMaker *maker; /* owned; %NULL: not known */
  GBytes *made;      /* owned */
  gboolean has_ended;
  DadamStats stats;
} Row;

typedef struct {
  Kind kind;
  gint64 a, b, c;
  char *text; /* owned, as the next two */
  char *name;
  Row *row;
} Order;

struct _DadamChange {
  gint64 conversation;
  GArray *orders; /* of Order */
};

static void
order_clear (gpointer data)
{
  Order *order = data;

  g_free (order->text);
  g_free (order->name);
  if (order->row != NULL) {
    g_clear_pointer (&order->row->maker, dadam_maker_unref);
    g_clear_pointer (&order->row->made, g_bytes_unref);
    g_free (order->row);
  }
}

/* @conversation may be 0 where none is concerned. */
DadamChange *
dadam_change_new (gint64 conversation)
{
  DadamChange *self = g_new0 (DadamChange, 1);

  self->conversation = conversation;
  self->orders = g_array_new (FALSE, TRUE, sizeof (Order));
  g_array_set_clear_func (self->orders, order_clear);

  return self;
}

void
dadam_change_free (DadamChange *self)
{
  g_array_unref (self->orders);
  g_free (self);
}

/* ---- what to write ----------------------------------------------------- */

static Order *
add (DadamChange *self, Kind kind, gint64 a, gint64 b, const char *text)
{
  Order order = { .kind = kind, .a = a, .b = b, .text = g_strdup (text) };

  g_array_append_val (self->orders, order);

  return &g_array_index (self->orders, Order, self->orders->len - 1);
}

/* The conversation itself, with one pane. */
void
dadam_change_create (DadamChange *self, DadamKind kind, const char *title, gint64 changed)
{
  add (self, CREATE, kind, changed, title);
  add (self, CREATE_PANE, 0, 0, NULL);
}

/* Another one than the first, 0. */
void
dadam_change_add_pane (DadamChange *self, int pane)
{
  add (self, CREATE_PANE, pane, 0, NULL);
}

/* For good, with all its messages. */
void
dadam_change_remove (DadamChange *self)
{
  add (self, REMOVE, 0, 0, NULL);
}

void
dadam_change_set_kind (DadamChange *self, DadamKind kind)
{
  add (self, KIND, kind, 0, NULL);
}

void
dadam_change_set_title (DadamChange *self, const char *title)
{
  add (self, TITLE, 0, 0, title);
}

void
dadam_change_set_pinned (DadamChange *self, gboolean is_pinned)
{
  add (self, PINNED, is_pinned, 0, NULL);
}

/* When it was deleted; 0: it is not. */
void
dadam_change_set_trashed (DadamChange *self, gint64 trashed)
{
  add (self, TRASHED, trashed, 0, NULL);
}

void
dadam_change_set_changed (DadamChange *self, gint64 changed)
{
  add (self, CHANGED, changed, 0, NULL);
}

void
dadam_change_set_draft (DadamChange *self, const char *draft)
{
  add (self, DRAFT, 0, 0, draft);
}

void
dadam_change_set_settings (DadamChange *self, int pane, const char *settings)
{
  add (self, SETTINGS, pane, 0, settings);
}

void
dadam_change_set_model (DadamChange *self, int pane, const char *path)
{
  add (self, MODEL, pane, 0, path);
}

/* @device: (nullable): chosen for the pane alone; %NULL: it has what all models have */
void
dadam_change_set_device (DadamChange *self, int pane, const char *device)
{
  add (self, DEVICE, pane, 0, device);
}

/* As it is now; again and again while it grows. */
void
dadam_change_put_message (DadamChange *self, int pane, DadamMessage *message)
{
  Order *order = add (self, PUT_MESSAGE, dadam_message_get_id (message),
                      dadam_message_get_parent (message), dadam_message_get_text (message));
  DadamMaker *maker = dadam_message_get_maker (message);
  GBytes *made = dadam_message_get_made (message);

  order->c = pane;
  order->row = g_new0 (Row, 1);
  order->row->role = dadam_message_get_role (message);
  order->row->maker = maker != NULL ? dadam_maker_ref (maker) : NULL;
  order->row->made = made != NULL ? g_bytes_ref (made) : NULL;
  order->row->has_ended = dadam_message_get_state (message) == DADAM_MESSAGE_ENDED;
  order->row->stats = *dadam_message_get_stats (message);
}

void
dadam_change_remove_message (DadamChange *self, gint64 id)
{
  add (self, REMOVE_MESSAGE, id, 0, NULL);
}

/* That @id is shown after @parent; 0: before the first, or nothing. */
void
dadam_change_choose (DadamChange *self, int pane, gint64 parent, gint64 id)
{
  if (parent != 0)
    add (self, CHOOSE, parent, id, NULL);
  else
    add (self, CHOOSE_FIRST, pane, id, NULL);
}

/**
 * dadam_change_open_duel:
 * @duel: of two answers that are put before, in this change or another one
 *
 * What may not be is refused: an answer that is in a duel already, answers of different
 * conversations, and a blind duel where the models have been revealed.
 */
void
dadam_change_open_duel (DadamChange *self, DadamDuel *duel)
{
  Order *order = add (self, OPEN_DUEL, dadam_duel_get_answer (duel, DADAM_LEFT),
                      dadam_duel_get_answer (duel, DADAM_RIGHT), NULL);

  order->c = dadam_duel_get_is_blind (duel);
}

/* Something that is no conversation's. */
void
dadam_change_set_state (DadamChange *self, const char *name, const char *value)
{
  add (self, STATE, 0, 0, value)->name = g_strdup (name);
}

/* ---- writing ----------------------------------------------------------- */

static gboolean
put_row (DadamBase *base, gint64 conversation, const Order *order, GError **error)
{
  static const DadamMaker nobody = { NULL };
  const Row *row = order->row;
  const DadamMaker *maker = row->maker != NULL ? row->maker : &nobody;
  const DadamStats *stats = &row->stats;

  return dadam_base_run (
      base, error,
      "INSERT INTO message (id, conversation, pane, parent, role, text, model_title, model_path,"
      "  model_sha256, device, format, settings, seed, stop, reused_tokens, prompt_tokens,"
      "  made_tokens, prompt_seconds, first_token_seconds, decode_seconds, made,"
      "  dropped_messages)"
      " VALUES (?1, ?2, ?3, nullif (?4, 0), ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
      "  nullif (?14, -1), ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)"
      " ON CONFLICT (id) DO UPDATE SET text = excluded.text, model_title = excluded.model_title,"
      "  model_path = excluded.model_path, model_sha256 = excluded.model_sha256,"
      "  device = excluded.device, format = excluded.format, settings = excluded.settings,"
      "  seed = excluded.seed, stop = excluded.stop, reused_tokens = excluded.reused_tokens,"
      "  prompt_tokens = excluded.prompt_tokens, made_tokens = excluded.made_tokens,"
      "  prompt_seconds = excluded.prompt_seconds,"
      "  first_token_seconds = excluded.first_token_seconds,"
      "  decode_seconds = excluded.decode_seconds, made = excluded.made,"
      "  dropped_messages = excluded.dropped_messages",
      "iiiiisssssssiiiiidddbi", order->a, conversation, order->c, order->b, (gint64) row->role,
      order->text, maker->title, maker->path, maker->sha256, maker->device, maker->format,
      maker->settings, maker->seed, row->has_ended ? (gint64) stats->stop : -1,
      stats->reused_tokens, stats->prompt_tokens, stats->made_tokens, stats->prompt_seconds,
      stats->first_token_seconds, stats->decode_seconds, row->made,
      (gint64) stats->dropped_messages);
}

/* What still grows is found once it has ended. */
static gboolean
put_message (DadamBase *base, gint64 conversation, const Order *order, GError **error)
{
  return put_row (base, conversation, order, error)
         && (!order->row->has_ended || dadam_index_put (base, order->a, order->text, error));
}

/* One statement each: of the conversation ?1, with the order's a ?2, its text ?3 and its b ?4. */
static const struct {
  const char *sql;
  const char *types; /* of as many of these as it has */
} statements[] = {
  [CREATE] = { "INSERT INTO conversation (id, kind, title, changed) VALUES (?1, ?2, ?3, ?4)",
               "iisi" },
  [CREATE_PANE] = { "INSERT INTO pane (conversation, number) VALUES (?1, ?2)", "ii" },
  [REMOVE] = { "DELETE FROM conversation WHERE id = ?1", "i" },
  [KIND] = { "UPDATE conversation SET kind = ?2 WHERE id = ?1", "ii" },
  [TITLE] = { "UPDATE conversation SET title = ?3 WHERE id = ?1", "iis" },
  [PINNED] = { "UPDATE conversation SET is_pinned = ?2 WHERE id = ?1", "ii" },
  [TRASHED] = { "UPDATE conversation SET trashed = nullif (?2, 0) WHERE id = ?1", "ii" },
  [CHANGED] = { "UPDATE conversation SET changed = ?2 WHERE id = ?1", "ii" },
  [DRAFT] = { "UPDATE conversation SET draft = nullif (?3, '') WHERE id = ?1", "iis" },
  [SETTINGS] = { "UPDATE pane SET settings = ?3 WHERE conversation = ?1 AND number = ?2", "iis" },
  [MODEL] = { "UPDATE pane SET model = ?3 WHERE conversation = ?1 AND number = ?2", "iis" },
  [DEVICE] = { "UPDATE pane SET device = ?3 WHERE conversation = ?1 AND number = ?2", "iis" },
  [REMOVE_MESSAGE] = { "DELETE FROM message WHERE conversation = ?1 AND id = ?2", "ii" },
  [CHOOSE] = { "UPDATE message SET chosen = nullif (?4, 0) WHERE conversation = ?1 AND id = ?2",
               "iisi" },
  [CHOOSE_FIRST] = { "UPDATE pane SET chosen = nullif (?4, 0)"
                     " WHERE conversation = ?1 AND number = ?2",
                     "iisi" },
};

static gboolean
run_statement (DadamBase *base, gint64 id, const Order *order, GError **error)
{
  return dadam_base_run (base, error, statements[order->kind].sql, statements[order->kind].types,
                         id, order->a, order->text, order->b);
}

static gboolean
put_state (DadamBase *base, const Order *order, GError **error)
{
  return dadam_base_run (base, error,
                         "INSERT INTO state (name, value) VALUES (?1, ?2)"
                         " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                         "ss", order->name, order->text);
}

static gboolean
write_order (DadamBase *base, gint64 id, const Order *order, GError **error)
{
  switch (order->kind) {
  case REMOVE:
    return dadam_index_remove_conversation (base, id, error)
           && run_statement (base, id, order, error);
  case REMOVE_MESSAGE:
    return dadam_index_remove (base, order->a, error) && run_statement (base, id, order, error);
  case PUT_MESSAGE: return put_message (base, id, order, error);
  case OPEN_DUEL: return dadam_duel_insert (base, id, order->a, order->b, order->c != 0, error);
  case STATE: return put_state (base, order, error);
  default: return run_statement (base, id, order, error);
  }
}

/* A job of the scribe's. */
gboolean
dadam_change_write (DadamBase *base, gpointer change, GError **error)
{
  DadamChange *self = change;

  for (guint i = 0; i < self->orders->len; i++)
    if (!write_order (base, self->conversation, &g_array_index (self->orders, Order, i), error))
      return FALSE;

  return TRUE;
}
