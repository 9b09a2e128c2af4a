/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-network HUB.PY [all]: what the queue does when the network goes, comes back, and costs
 * money, and when the computer sleeps. The computer's own network and logind have no say: a
 * monitor and a system bus of ours take their place.
 */
#include "check.h"
#include "dadam-queue.h"
#include "stand-in.h"

#define REPO "davidkim205/komt-tiny-gguf"
#define FILE_NAME "ggml-model-q4_0.gguf"
#define SIZE 12000000
#define SLOW "{\"throttle\": 3000000}"

/* ---- a network that obeys ---------------------------------------------- */

#define TEST_TYPE_NETWORK (test_network_get_type ())

G_DECLARE_FINAL_TYPE (TestNetwork, test_network, TEST, NETWORK, GObject)

struct _TestNetwork {
  GObject parent_instance;

  gboolean available, metered;
};

enum { PROP_0, PROP_AVAILABLE, PROP_METERED, PROP_CONNECTIVITY };

static void
monitor_init (GNetworkMonitorInterface *iface)
{
}

static gboolean
initable_init (GInitable *initable, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

static void
initable_iface_init (GInitableIface *iface)
{
  iface->init = initable_init;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestNetwork,
                               test_network,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, initable_iface_init)
                                   G_IMPLEMENT_INTERFACE (G_TYPE_NETWORK_MONITOR, monitor_init))

static void
test_network_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TestNetwork *self = TEST_NETWORK (object);

  switch (id) {
  case PROP_AVAILABLE: g_value_set_boolean (value, self->available); break;
  case PROP_METERED: g_value_set_boolean (value, self->metered); break;
  default: g_value_set_enum (value, G_NETWORK_CONNECTIVITY_FULL);
  }
}

static void
test_network_class_init (TestNetworkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = test_network_get_property;
  g_object_class_override_property (object_class, PROP_AVAILABLE, "network-available");
  g_object_class_override_property (object_class, PROP_METERED, "network-metered");
  g_object_class_override_property (object_class, PROP_CONNECTIVITY, "connectivity");
}

static void
test_network_init (TestNetwork *self)
{
  self->available = TRUE;
}

static void
set_network (gboolean available, gboolean metered)
{
  TestNetwork *self = TEST_NETWORK (g_network_monitor_get_default ());

  self->available = available;
  self->metered = metered;
  g_signal_emit_by_name (self, "network-changed", available);
}

/* ---- a computer that sleeps -------------------------------------------- */

static GTestDBus *system_bus;
static GDBusConnection *logind;

/* Becomes the logind of a bus of its own. */
static void
logind_start (void)
{
  const char *address;
  g_autoptr (GVariant) reply = NULL;

  system_bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (system_bus);
  address = g_test_dbus_get_bus_address (system_bus);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", address, TRUE);
  logind =
      g_dbus_connection_new_for_address_sync (address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                  | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, NULL);
  reply = g_dbus_connection_call_sync (logind, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "RequestName",
                                       g_variant_new ("(su)", "org.freedesktop.login1", 0), NULL,
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  CHECK (reply != NULL);
}

static void
logind_stop (void)
{
  g_clear_object (&logind);
  g_test_dbus_stop (system_bus);
  g_clear_object (&system_bus);
}

/* Said again and again: nobody knows when the queue has begun to listen. */
static gboolean
say_sleep_cb (gpointer user_data)
{
  g_dbus_connection_emit_signal (logind, NULL, "/org/freedesktop/login1",
                                 "org.freedesktop.login1.Manager", "PrepareForSleep",
                                 g_variant_new ("(b)", *(gboolean *) user_data), NULL);

  return G_SOURCE_CONTINUE;
}

/* ---- the tests --------------------------------------------------------- */

static stand_in hub_process;

typedef struct {
  DadamHub *hub;
  DadamStore *store;
  DadamQueue *queue;
  DadamFacts *facts;
} Case;

static void
case_open (Case *self, const char *name)
{
  g_autofree char *root = g_build_filename (hub_process.folder, name, NULL);
  g_autofree char *commit = g_compute_checksum_for_string (G_CHECKSUM_SHA1, REPO, -1);
  g_autoptr (GBytes) contents = stand_in_contents (&hub_process, REPO, FILE_NAME);
  g_autofree char *hash = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, contents);

  self->hub = dadam_hub_new (hub_process.endpoint, NULL, hub_process.tls, NULL);
  self->store = dadam_store_new (root);
  CHECK (dadam_store_lock (self->store, NULL));
  self->queue = dadam_queue_new (self->hub, self->store);
  self->facts = dadam_facts_new (REPO, commit, FILE_NAME, hash, SIZE);
}

static void
case_close (Case *self)
{
  g_object_unref (self->queue);
  g_object_unref (self->store);
  g_object_unref (self->hub);
  dadam_facts_free (self->facts);
}

static void
await (DadamDownload *download, DadamDownloadState state)
{
  gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;

  while (dadam_download_get_state (download) != state && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, FALSE);
  CHECK_MSG (dadam_download_get_state (download) == state, "%d instead of %d: %s",
             dadam_download_get_state (download), state,
             dadam_download_get_error (download) ? dadam_download_get_error (download)->message
                                                 : "");
}

static void
await_bytes (DadamDownload *download, gint64 bytes)
{
  await (download, DADAM_DOWNLOAD_RUNNING);
  while (dadam_download_get_done (download) < bytes
         && dadam_download_get_state (download) == DADAM_DOWNLOAD_RUNNING)
    g_main_context_iteration (NULL, TRUE);
}

/* It stops by itself, keeps what came, and goes on by itself. */
static void
test_away (void)
{
  Case self;
  g_autoptr (DadamDownload) download = NULL;

  case_open (&self, "away");
  stand_in_fault (&hub_process, SLOW);
  json_array_unref (stand_in_log (&hub_process));
  download = dadam_queue_add (self.queue, self.facts, NULL);
  await_bytes (download, 1500000);
  set_network (FALSE, FALSE);
  await (download, DADAM_DOWNLOAD_WAITING);
  CHECK (dadam_queue_get_hold (self.queue) == DADAM_QUEUE_HOLD_NETWORK
         && !dadam_queue_is_active (self.queue));
  stand_in_fault (&hub_process, "{}");
  set_network (TRUE, FALSE);
  await (download, DADAM_DOWNLOAD_DONE);
  CHECK (stand_in_sent (&hub_process) < SIZE + (8 << 20));
  case_close (&self);
}

/* It stops before the computer sleeps, and goes on when that is awake. */
static void
test_sleep (void)
{
  Case self;
  g_autoptr (DadamDownload) download = NULL;
  gboolean sleeps = TRUE;
  guint source;

  case_open (&self, "sleep");
  stand_in_fault (&hub_process, "{\"throttle\": 2000000}");
  json_array_unref (stand_in_log (&hub_process));
  download = dadam_queue_add (self.queue, self.facts, NULL);
  await_bytes (download, 1000000);
  source = g_timeout_add (20, say_sleep_cb, &sleeps);
  await (download, DADAM_DOWNLOAD_WAITING);
  CHECK (dadam_queue_get_hold (self.queue) == DADAM_QUEUE_HOLD_SLEEP
         && !dadam_queue_is_active (self.queue));
  stand_in_fault (&hub_process, "{}");
  sleeps = FALSE;
  await (download, DADAM_DOWNLOAD_DONE);
  g_source_remove (source);
  CHECK (stand_in_sent (&hub_process) < SIZE + (8 << 20));
  case_close (&self);
}

/* Nothing is spent before the user allows it, in the middle of a file or before it. */
static void
test_metered (void)
{
  Case self;
  g_autoptr (DadamDownload) download = NULL;

  case_open (&self, "metered");
  set_network (TRUE, TRUE);
  json_array_unref (stand_in_log (&hub_process));
  download = dadam_queue_add (self.queue, self.facts, NULL);
  CHECK (dadam_download_get_state (download) == DADAM_DOWNLOAD_WAITING);
  CHECK (dadam_queue_get_hold (self.queue) == DADAM_QUEUE_HOLD_METERED
         && stand_in_sent (&hub_process) == 0);

  stand_in_fault (&hub_process, SLOW);
  set_network (TRUE, FALSE);
  await_bytes (download, 1500000);
  set_network (TRUE, TRUE);
  await (download, DADAM_DOWNLOAD_WAITING);
  CHECK (dadam_queue_get_hold (self.queue) == DADAM_QUEUE_HOLD_METERED);

  stand_in_fault (&hub_process, "{}");
  dadam_queue_set_metered_allowed (self.queue, TRUE);
  await (download, DADAM_DOWNLOAD_DONE);
  set_network (TRUE, FALSE);
  case_close (&self);
}

/* What failed while the network was bad has another chance with the next one. */
static void
test_another_network (void)
{
  Case self;
  g_autoptr (DadamDownload) download = NULL;

  case_open (&self, "another");
  stand_in_fault (&hub_process, "{\"store-broken\": 1000}");
  download = dadam_queue_add (self.queue, self.facts, NULL);
  await (download, DADAM_DOWNLOAD_FAILED);
  stand_in_fault (&hub_process, "{}");
  set_network (TRUE, FALSE);
  await (download, DADAM_DOWNLOAD_DONE);
  case_close (&self);
}

int
main (int argc, char **argv)
{
  GIOExtensionPoint *point = g_io_extension_point_register (G_NETWORK_MONITOR_EXTENSION_POINT_NAME);

  g_io_extension_point_set_required_type (point, G_TYPE_NETWORK_MONITOR);
  g_io_extension_point_implement (G_NETWORK_MONITOR_EXTENSION_POINT_NAME, TEST_TYPE_NETWORK, "test",
                                  1000);
  /* Names that are not known to be this computer, though they are. */
  g_setenv ("HUB_NAMES", "hub.localhost files.localhost", TRUE);
  stand_in_start (&hub_process, argv[1], TRUE);
  stand_in_offer (&hub_process, REPO, FILE_NAME, SIZE);

  logind_start ();
  test_away ();
  test_sleep ();
  test_metered ();
  if (argc > 2)
    test_another_network ();
  logind_stop ();
  stand_in_stop (&hub_process);

  return check_done ();
}
