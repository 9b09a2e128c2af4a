/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list belongs to the main thread; notes come from any.  The file is one JSON
 * object a line, cut to its newer half when it grows too long.
 */
#include "config.h"

#include "dadam-ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "dadam-json.h"

#define MOST_ENTRIES 1000
#define MOST_BYTES (512 * 1024)

struct _DadamLedgerEntry {
  GObject parent_instance;

  /* Owned. */
  GDateTime *time;
  char *host;
  char *reason;

  guint64 bytes;
  guint requests; /* alike, one after the other, are one entry */
};

struct _DadamLedger {
  GObject parent_instance;

  /* Owned. */
  char *path; /* %NULL: nothing is kept */
  GPtrArray *entries;
  GMutex lock; /* of the file and of `pending` */
  GQueue pending;
};

enum { ENTRY_PROP_0, ENTRY_TIME, ENTRY_HOST, ENTRY_REASON, ENTRY_BYTES, ENTRY_REQUESTS };

G_DEFINE_FINAL_TYPE (DadamLedgerEntry, dadam_ledger_entry, G_TYPE_OBJECT)

static void
dadam_ledger_entry_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamLedgerEntry *self = DADAM_LEDGER_ENTRY (object);

  switch (id) {
  case ENTRY_TIME: g_value_set_boxed (value, self->time); break;
  case ENTRY_HOST: g_value_set_string (value, self->host); break;
  case ENTRY_REASON: g_value_set_string (value, self->reason); break;
  case ENTRY_BYTES: g_value_set_uint64 (value, self->bytes); break;
  case ENTRY_REQUESTS: g_value_set_uint (value, self->requests); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_ledger_entry_finalize (GObject *object)
{
  DadamLedgerEntry *self = DADAM_LEDGER_ENTRY (object);

  g_clear_pointer (&self->time, g_date_time_unref);
  g_free (self->host);
  g_free (self->reason);

  G_OBJECT_CLASS (dadam_ledger_entry_parent_class)->finalize (object);
}

static void
dadam_ledger_entry_class_init (DadamLedgerEntryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = dadam_ledger_entry_finalize;
  object_class->get_property = dadam_ledger_entry_get_property;

  g_object_class_install_property (object_class, ENTRY_TIME,
                                   g_param_spec_boxed ("time", NULL, NULL, G_TYPE_DATE_TIME,
                                                       flags));
  g_object_class_install_property (object_class, ENTRY_HOST,
                                   g_param_spec_string ("host", NULL, NULL, NULL, flags));
  g_object_class_install_property (object_class, ENTRY_REASON,
                                   g_param_spec_string ("reason", NULL, NULL, NULL, flags));
  g_object_class_install_property (object_class, ENTRY_BYTES,
                                   g_param_spec_uint64 ("bytes", NULL, NULL, 0, G_MAXUINT64, 0,
                                                        flags));
  g_object_class_install_property (object_class, ENTRY_REQUESTS,
                                   g_param_spec_uint ("requests", NULL, NULL, 0, G_MAXUINT, 0,
                                                      flags));
}

static void
dadam_ledger_entry_init (DadamLedgerEntry *self)
{
}

static DadamLedgerEntry *
entry_new (GDateTime *time, const char *host, const char *reason, guint64 bytes, guint requests)
{
  DadamLedgerEntry *self = g_object_new (DADAM_TYPE_LEDGER_ENTRY, NULL);

  self->time = g_date_time_ref (time);
  self->host = g_strdup (host);
  self->reason = g_strdup (reason);
  self->bytes = bytes;
  self->requests = requests;

  return self;
}

GDateTime *
dadam_ledger_entry_get_time (DadamLedgerEntry *self)
{
  g_return_val_if_fail (DADAM_IS_LEDGER_ENTRY (self), NULL);

  return self->time;
}

const char *
dadam_ledger_entry_get_host (DadamLedgerEntry *self)
{
  g_return_val_if_fail (DADAM_IS_LEDGER_ENTRY (self), NULL);

  return self->host;
}

const char *
dadam_ledger_entry_get_reason (DadamLedgerEntry *self)
{
  g_return_val_if_fail (DADAM_IS_LEDGER_ENTRY (self), NULL);

  return self->reason;
}

guint64
dadam_ledger_entry_get_bytes (DadamLedgerEntry *self)
{
  g_return_val_if_fail (DADAM_IS_LEDGER_ENTRY (self), 0);

  return self->bytes;
}

guint
dadam_ledger_entry_get_requests (DadamLedgerEntry *self)
{
  g_return_val_if_fail (DADAM_IS_LEDGER_ENTRY (self), 0);

  return self->requests;
}

/* ---- the list ---------------------------------------------------------- */

static GType
get_item_type (GListModel *list)
{
  return DADAM_TYPE_LEDGER_ENTRY;
}

static guint
get_n_items (GListModel *list)
{
  return DADAM_LEDGER (list)->entries->len;
}

static gpointer
get_item (GListModel *list, guint position)
{
  DadamLedger *self = DADAM_LEDGER (list);

  return position < self->entries->len ? g_object_ref (self->entries->pdata[position]) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (DadamLedger,
                               dadam_ledger,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
dadam_ledger_finalize (GObject *object)
{
  DadamLedger *self = DADAM_LEDGER (object);

  g_free (self->path);
  g_ptr_array_unref (self->entries);
  g_queue_clear_full (&self->pending, g_object_unref);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (dadam_ledger_parent_class)->finalize (object);
}

static void
dadam_ledger_class_init (DadamLedgerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dadam_ledger_finalize;
}

static void
dadam_ledger_init (DadamLedger *self)
{
  self->entries = g_ptr_array_new_with_free_func (g_object_unref);
  g_mutex_init (&self->lock);
}

/* Takes the entry, or adds it to the last one if that is of the same kind. */
static void
add_entry (DadamLedger *self, DadamLedgerEntry *entry)
{
  DadamLedgerEntry *last = self->entries->len > 0 ? self->entries->pdata[self->entries->len - 1]
                                                  : NULL;

  if (last != NULL && g_str_equal (last->host, entry->host)
      && g_str_equal (last->reason, entry->reason)) {
    last->bytes += entry->bytes;
    last->requests += entry->requests;
    g_object_notify (G_OBJECT (last), "bytes");
    g_object_notify (G_OBJECT (last), "requests");
    g_object_unref (entry);
    return;
  }
  g_ptr_array_add (self->entries, entry);
  g_list_model_items_changed (G_LIST_MODEL (self), self->entries->len - 1, 0, 1);
  if (self->entries->len > MOST_ENTRIES) {
    g_ptr_array_remove_index (self->entries, 0);
    g_list_model_items_changed (G_LIST_MODEL (self), 0, 1, 0);
  }
}

/* ---- the file ---------------------------------------------------------- */

static DadamLedgerEntry *
entry_from_line (const char *line)
{
  g_autoptr (JsonNode) root = dadam_json_parse (line, -1);
  g_autoptr (GDateTime) time = NULL;
  JsonObject *object;
  const char *host, *reason, *when;

  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  object = json_node_get_object (root);
  host = dadam_json_string (object, "host");
  reason = dadam_json_string (object, "reason");
  when = dadam_json_string (object, "time");
  time = when != NULL ? g_date_time_new_from_iso8601 (when, NULL) : NULL;
  if (host == NULL || reason == NULL || time == NULL)
    return NULL;

  return entry_new (time, host, reason, (guint64) dadam_json_integer (object, "bytes", 0), 1);
}

static char *
entry_to_line (DadamLedgerEntry *entry)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *when = g_date_time_format_iso8601 (entry->time);
  g_autofree char *text = NULL;

  json_object_set_string_member (object, "time", when);
  json_object_set_string_member (object, "host", entry->host);
  json_object_set_string_member (object, "reason", entry->reason);
  json_object_set_int_member (object, "bytes", (gint64) entry->bytes);
  json_node_set_object (root, object);
  text = json_to_string (root, FALSE);

  return g_strconcat (text, "\n", NULL);
}

static void
cut_file (const char *path)
{
  g_autofree char *text = NULL;
  GStatBuf info;
  gsize length;
  const char *half;

  if (g_stat (path, &info) != 0 || info.st_size < MOST_BYTES
      || !g_file_get_contents (path, &text, &length, NULL))
    return;
  half = strchr (text + length / 2, '\n');
  g_file_set_contents (path, half ? half + 1 : "", -1, NULL);
}

static void
load (DadamLedger *self)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  cut_file (self->path);
  if (!g_file_get_contents (self->path, &text, NULL, NULL))
    return;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    DadamLedgerEntry *entry = lines[i][0] == '{' ? entry_from_line (lines[i]) : NULL;

    if (entry != NULL)
      add_entry (self, entry);
  }
}

/**
 * dadam_ledger_new:
 * @path: (nullable): the file to keep it in; what it holds is read
 */
DadamLedger *
dadam_ledger_new (const char *path)
{
  DadamLedger *self = g_object_new (DADAM_TYPE_LEDGER, NULL);

  self->path = g_strdup (path);
  if (path != NULL)
    load (self);

  return self;
}

/* Not to be told of what it could not write is better than not to work. */
static void
append_line (DadamLedger *self, DadamLedgerEntry *entry)
{
  g_autofree char *line = entry_to_line (entry);
  g_autofree char *folder = g_path_get_dirname (self->path);
  int fd;

  g_mkdir_with_parents (folder, 0700);
  fd = g_open (self->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    return;
  if (write (fd, line, strlen (line)) < 0)
    g_debug ("%s: %s", self->path, g_strerror (errno));
  close (fd);
}

static gboolean
take_pending_cb (gpointer user_data)
{
  DadamLedger *self = DADAM_LEDGER (user_data);
  GQueue taken = G_QUEUE_INIT;
  DadamLedgerEntry *entry;

  g_mutex_lock (&self->lock);
  taken = self->pending;
  g_queue_init (&self->pending);
  g_mutex_unlock (&self->lock);
  while ((entry = g_queue_pop_head (&taken)) != NULL)
    add_entry (self, entry);

  return G_SOURCE_REMOVE;
}

/**
 * dadam_ledger_note:
 *
 * Any thread.  The list changes on the main thread.
 */
void
dadam_ledger_note (DadamLedger *self, const char *host, const char *reason, guint64 bytes)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  DadamLedgerEntry *entry;
  gboolean first;

  g_return_if_fail (DADAM_IS_LEDGER (self));

  entry = entry_new (now, host, reason, bytes, 1);
  g_mutex_lock (&self->lock);
  if (self->path != NULL)
    append_line (self, entry);
  first = g_queue_is_empty (&self->pending);
  g_queue_push_tail (&self->pending, entry);
  g_mutex_unlock (&self->lock);
  if (first)
    g_idle_add_full (G_PRIORITY_DEFAULT, take_pending_cb, g_object_ref (self), g_object_unref);
}

/* Forgets everything, the file as well. */
void
dadam_ledger_clear (DadamLedger *self)
{
  guint n;

  g_return_if_fail (DADAM_IS_LEDGER (self));

  g_mutex_lock (&self->lock);
  if (self->path != NULL)
    g_unlink (self->path);
  g_mutex_unlock (&self->lock);
  n = self->entries->len;
  g_ptr_array_set_size (self->entries, 0);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, n, 0);
}
