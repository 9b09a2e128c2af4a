/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starts the next when one ends; pauses by itself where the network is away or
 * costs money, and while the computer sleeps.
 */
#include "config.h"

#include "dadam-queue.h"

#include "dadam-disk.h"
#include "dadam-sleep.h"

struct _DadamQueue {
  GObject parent_instance;

  /* Owned. */
  DadamHub *hub;
  DadamStore *store;
  GListStore *downloads;
  GNetworkMonitor *monitor;
  DadamSleep *sleep;

  gboolean metered_allowed;
  gboolean stopped;
  DadamQueueHold hold;
  guint n_untold; /* that came whole, and nobody was told of yet */
};

enum { PROP_0, PROP_ACTIVE, PROP_HOLD, N_PROPS };

static GParamSpec *props[N_PROPS];

enum { FINISHED, N_SIGNALS };

static guint signals[N_SIGNALS];

static GType
get_item_type (GListModel *list)
{
  return DADAM_TYPE_DOWNLOAD;
}

static guint
get_n_items (GListModel *list)
{
  return g_list_model_get_n_items (G_LIST_MODEL (DADAM_QUEUE (list)->downloads));
}

static gpointer
get_item (GListModel *list, guint position)
{
  return g_list_model_get_item (G_LIST_MODEL (DADAM_QUEUE (list)->downloads), position);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

G_DEFINE_ENUM_TYPE (DadamQueueHold,
                    dadam_queue_hold,
                    G_DEFINE_ENUM_VALUE (DADAM_QUEUE_HOLD_NONE, "none"),
                    G_DEFINE_ENUM_VALUE (DADAM_QUEUE_HOLD_NETWORK, "network"),
                    G_DEFINE_ENUM_VALUE (DADAM_QUEUE_HOLD_METERED, "metered"),
                    G_DEFINE_ENUM_VALUE (DADAM_QUEUE_HOLD_SLEEP, "sleep"))

G_DEFINE_FINAL_TYPE_WITH_CODE (DadamQueue,
                               dadam_queue,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
dadam_queue_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamQueue *self = DADAM_QUEUE (object);

  switch (id) {
  case PROP_ACTIVE: g_value_set_boolean (value, dadam_queue_is_active (self)); break;
  case PROP_HOLD: g_value_set_enum (value, (int) self->hold); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_queue_dispose (GObject *object)
{
  DadamQueue *self = DADAM_QUEUE (object);

  if (self->downloads != NULL)
    dadam_queue_stop (self);
  g_clear_object (&self->downloads);
  g_clear_object (&self->hub);
  g_clear_object (&self->store);
  g_clear_object (&self->monitor);
  g_clear_object (&self->sleep);

  G_OBJECT_CLASS (dadam_queue_parent_class)->dispose (object);
}

static void
dadam_queue_class_init (DadamQueueClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = dadam_queue_dispose;
  object_class->get_property = dadam_queue_get_property;

  props[PROP_ACTIVE] = g_param_spec_boolean ("active", NULL, NULL, FALSE, flags);
  props[PROP_HOLD] = g_param_spec_enum ("hold", NULL, NULL, DADAM_TYPE_QUEUE_HOLD,
                                        DADAM_QUEUE_HOLD_NONE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /* A download is DONE, and in the list of the store, or it FAILED. */
  signals[FINISHED] = g_signal_new ("finished", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                    NULL, NULL, NULL, G_TYPE_NONE, 1, DADAM_TYPE_DOWNLOAD);
}

static void
dadam_queue_init (DadamQueue *self)
{
  self->downloads = g_list_store_new (DADAM_TYPE_DOWNLOAD);
  g_signal_connect_object (self->downloads, "items-changed",
                           G_CALLBACK (g_list_model_items_changed), self, G_CONNECT_SWAPPED);
}

/* ---- what goes on ------------------------------------------------------ */

static DadamDownload *
find_state (DadamQueue *self, DadamDownloadState state)
{
  guint n = get_n_items (G_LIST_MODEL (self));

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamDownload) download = get_item (G_LIST_MODEL (self), i);

    if (!dadam_download_is_active (download) && dadam_download_get_state (download) == state)
      return g_steal_pointer (&download);
  }

  return NULL;
}

static gboolean
is_downloading (DadamQueue *self)
{
  guint n = get_n_items (G_LIST_MODEL (self));

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamDownload) download = get_item (G_LIST_MODEL (self), i);

    if (dadam_download_is_active (download))
      return TRUE;
  }

  return FALSE;
}

/* Whether a download works at the moment, or came just now and is about to be told of. */
gboolean
dadam_queue_is_active (DadamQueue *self)
{
  g_return_val_if_fail (DADAM_IS_QUEUE (self), FALSE);

  return self->n_untold > 0 || is_downloading (self);
}

/* Whether nothing goes on by itself: all that there is was paused, or failed. */
gboolean
dadam_queue_is_at_rest (DadamQueue *self)
{
  g_autoptr (DadamDownload) waiting = NULL;

  g_return_val_if_fail (DADAM_IS_QUEUE (self), TRUE);

  waiting = find_state (self, DADAM_DOWNLOAD_WAITING);

  return waiting == NULL && !dadam_queue_is_active (self);
}

/* The hub of the tests, or of one's own house, needs no network. */
static DadamQueueHold
find_network_hold (DadamQueue *self)
{
  g_autoptr (GUri) uri = g_uri_parse (dadam_hub_get_endpoint (self->hub), G_URI_FLAGS_NONE, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;

  if (self->monitor == NULL || g_strcmp0 (host, "127.0.0.1") == 0
      || g_strcmp0 (host, "localhost") == 0)
    return DADAM_QUEUE_HOLD_NONE;
  if (!g_network_monitor_get_network_available (self->monitor))
    return DADAM_QUEUE_HOLD_NETWORK;

  return g_network_monitor_get_network_metered (self->monitor) && !self->metered_allowed
             ? DADAM_QUEUE_HOLD_METERED
             : DADAM_QUEUE_HOLD_NONE;
}

static void
start_next (DadamQueue *self)
{
  g_autoptr (DadamDownload) next = NULL;

  if (!self->stopped && self->hold == DADAM_QUEUE_HOLD_NONE && !is_downloading (self)) {
    next = find_state (self, DADAM_DOWNLOAD_WAITING);
    if (next != NULL)
      dadam_download_start (next);
  }
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ACTIVE]);
}

typedef struct {
  DadamQueue *self;
  DadamDownload *download;
} Done;

static void
refreshed_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autofree Done *done = user_data;
  g_autoptr (DadamQueue) self = done->self;
  g_autoptr (DadamDownload) download = done->download;

  dadam_store_refresh_finish (DADAM_STORE (object), result, NULL);
  g_signal_emit (self, signals[FINISHED], 0, download);
  self->n_untold--;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ACTIVE]);
}

/* The model that came is listed before anybody is told of it. */
static void
refresh_store (DadamQueue *self, DadamDownload *download)
{
  Done *done = g_new0 (Done, 1);

  done->self = g_object_ref (self);
  done->download = g_object_ref (download);
  self->n_untold++;
  dadam_store_refresh_async (self->store, NULL, refreshed_cb, done);
}

static void
state_cb (DadamQueue *self, GParamSpec *pspec, DadamDownload *download)
{
  DadamDownloadState state = dadam_download_get_state (download);
  guint position;

  if (dadam_download_is_active (download))
    return;
  if (state == DADAM_DOWNLOAD_DONE)
    refresh_store (self, download);
  else if (state == DADAM_DOWNLOAD_FAILED)
    g_signal_emit (self, signals[FINISHED], 0, download);
  if ((state == DADAM_DOWNLOAD_DONE || state == DADAM_DOWNLOAD_CANCELLED)
      && g_list_store_find (self->downloads, download, &position))
    g_list_store_remove (self->downloads, position);
  start_next (self);
}

static void
hold_all (DadamQueue *self)
{
  guint n = get_n_items (G_LIST_MODEL (self));

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamDownload) download = get_item (G_LIST_MODEL (self), i);

    dadam_download_suspend (download);
  }
}

/* What failed for want of a network has another chance with the next one. */
static void
forgive_all (DadamQueue *self)
{
  guint n = get_n_items (G_LIST_MODEL (self));

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamDownload) download = get_item (G_LIST_MODEL (self), i);

    if (dadam_hub_error_is_passing (dadam_download_get_error (download)))
      dadam_download_wait (download);
  }
}

/* Asked of both whenever one of them changes.  What came is on the disk before the computer
 * sleeps, and no dead connection is waited for when it wakes. */
static void
hold_cb (DadamQueue *self)
{
  DadamQueueHold hold = dadam_sleep_is_near (self->sleep) ? DADAM_QUEUE_HOLD_SLEEP
                                                          : find_network_hold (self);

  if (hold == DADAM_QUEUE_HOLD_NONE)
    forgive_all (self);
  if (hold == self->hold)
    return;
  self->hold = hold;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_HOLD]);
  if (hold != DADAM_QUEUE_HOLD_NONE)
    hold_all (self);
  else
    start_next (self);
}

static DadamDownload *
append (DadamQueue *self, const DadamFacts *facts)
{
  DadamDownload *download = dadam_download_new (self->hub, self->store, facts);

  g_signal_connect_object (download, "notify::state", G_CALLBACK (state_cb), self,
                           G_CONNECT_SWAPPED);
  g_list_store_append (self->downloads, download);

  return download;
}

/* ---- from outside ------------------------------------------------------ */

/**
 * dadam_queue_new:
 *
 * An empty queue over a store that is locked by us.
 */
DadamQueue *
dadam_queue_new (DadamHub *hub, DadamStore *store)
{
  DadamQueue *self = g_object_new (DADAM_TYPE_QUEUE, NULL);

  self->hub = g_object_ref (hub);
  self->store = g_object_ref (store);
  self->monitor = g_object_ref (g_network_monitor_get_default ());
  g_signal_connect_object (self->monitor, "network-changed", G_CALLBACK (hold_cb), self,
                           G_CONNECT_SWAPPED);
  self->sleep = dadam_sleep_new ();
  g_signal_connect_object (self->sleep, "notify::near", G_CALLBACK (hold_cb), self,
                           G_CONNECT_SWAPPED);
  self->hold = find_network_hold (self);

  return self;
}

/* Bytes that all downloads together still have to find room for. */
static gint64
get_missing (DadamQueue *self)
{
  gint64 missing = 0;
  guint n = get_n_items (G_LIST_MODEL (self));

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamDownload) download = get_item (G_LIST_MODEL (self), i);
    g_autofree char *place = dadam_download_get_place (download);

    missing += dadam_part_get_missing (place, dadam_download_get_size (download));
  }

  return missing;
}

static DadamDownload *
find_facts (DadamQueue *self, const DadamFacts *facts)
{
  guint n = get_n_items (G_LIST_MODEL (self));

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamDownload) download = get_item (G_LIST_MODEL (self), i);
    const DadamFacts *have = dadam_download_get_facts (download);

    if (g_str_equal (have->repo, facts->repo) && g_str_equal (have->commit, facts->commit)
        && g_str_equal (have->path, facts->path))
      return g_steal_pointer (&download);
  }

  return NULL;
}

/* Takes up what the last time, or another program, left. */
void
dadam_queue_restore (DadamQueue *self)
{
  g_autoptr (GPtrArray) unfinished = NULL;

  g_return_if_fail (DADAM_IS_QUEUE (self));

  unfinished = dadam_store_get_unfinished (self->store);
  for (guint i = 0; i < unfinished->len; i++) {
    g_autoptr (DadamDownload) known = find_facts (self, unfinished->pdata[i]);

    if (known == NULL)
      g_object_unref (append (self, unfinished->pdata[i]));
  }
  start_next (self);
}

/**
 * dadam_queue_add:
 *
 * Puts a file at the end of the queue, if there is room on the disk for it and for
 * all that is before it.
 *
 * Returns: (transfer full): its download, the one there was if it was there
 */
DadamDownload *
dadam_queue_add (DadamQueue *self, const DadamFacts *facts, GError **error)
{
  DadamDownload *download;
  g_autofree char *place = NULL;

  g_return_val_if_fail (DADAM_IS_QUEUE (self), NULL);

  download = find_facts (self, facts);
  if (download != NULL) {
    dadam_queue_resume (self, download);
    return download;
  }
  place = dadam_store_get_place (self->store, facts);
  if (!dadam_disk_has_room (dadam_store_get_root (self->store),
                            get_missing (self) + dadam_part_get_missing (place, facts->size), error)
      || !dadam_part_announce (place, facts, error))
    return NULL;
  download = append (self, facts);
  start_next (self);

  return download;
}

/* Cancels a download and forgets what came of it, unless another program is at it. */
gboolean
dadam_queue_remove (DadamQueue *self, DadamDownload *download, GError **error)
{
  g_return_val_if_fail (DADAM_IS_QUEUE (self), FALSE);

  if (!dadam_store_lock (self->store, error))
    return FALSE;
  dadam_download_cancel (download);

  return TRUE;
}

/* Goes on with one that was paused or failed, as soon as it is its turn. */
void
dadam_queue_resume (DadamQueue *self, DadamDownload *download)
{
  g_return_if_fail (DADAM_IS_QUEUE (self));

  self->stopped = FALSE;
  dadam_download_wait (download);
  start_next (self);
}

/* The program ends: all stop where they are, and go on the next time. */
void
dadam_queue_stop (DadamQueue *self)
{
  g_return_if_fail (DADAM_IS_QUEUE (self));

  self->stopped = TRUE;
  hold_all (self);
}

/* Why nothing is fetched at the moment, whatever waits. */
DadamQueueHold
dadam_queue_get_hold (DadamQueue *self)
{
  g_return_val_if_fail (DADAM_IS_QUEUE (self), DADAM_QUEUE_HOLD_NONE);

  return self->hold;
}

/* Whether to download where that may cost money. */
void
dadam_queue_set_metered_allowed (DadamQueue *self, gboolean allowed)
{
  g_return_if_fail (DADAM_IS_QUEUE (self));

  self->metered_allowed = allowed;
  hold_cb (self);
}
