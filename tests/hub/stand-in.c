/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Hub of the tests as a child process, and a client of its own for control.
 */
#include "stand-in.h"

#include <glib/gstdio.h>
#include <string.h>

#include "dadam-json.h"
#include "tiny.h"

static void
must (gboolean ok, GError *error, const char *what)
{
  if (!ok)
    g_error ("%s: %s", what, error ? error->message : "failed");
}

static void
make_certificates (stand_in *self, const char *script)
{
  g_autofree char *beside = g_path_get_dirname (script);
  g_autofree char *maker = g_build_filename (beside, "make-certificates", NULL);
  g_autofree char *ca = g_build_filename (self->folder, "ca.pem", NULL);
  g_autofree char *other = g_build_filename (self->folder, "other.pem", NULL);
  g_autoptr (GSubprocess) process = NULL;
  GError *error = NULL;

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error, maker, self->folder, NULL);
  must (process != NULL && g_subprocess_wait_check (process, NULL, &error), error, maker);
  self->tls = g_tls_file_database_new (ca, &error);
  self->wrong_tls = g_tls_file_database_new (other, &error);
  must (self->tls != NULL && self->wrong_tls != NULL, error, ca);
}

static void
read_address (stand_in *self)
{
  g_autoptr (GDataInputStream)
      out = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  g_autofree char *line = g_data_input_stream_read_line (out, NULL, NULL, NULL);
  g_autoptr (JsonNode) node = line != NULL ? dadam_json_parse (line, -1) : NULL;

  must (node != NULL, NULL, "the stand-in hub");
  self->endpoint = g_strdup (dadam_json_string (json_node_get_object (node), "endpoint"));
}

void
stand_in_start (stand_in *self, const char *script, gboolean tls)
{
  GError *error = NULL;

  memset (self, 0, sizeof *self);
  self->folder = g_dir_make_tmp ("dadam-hub-XXXXXX", &error);
  must (self->folder != NULL, error, "a folder");
  self->root = g_build_filename (self->folder, "root", NULL);
  g_mkdir (self->root, 0700);
  if (tls) {
    g_autofree char *pem = g_build_filename (self->folder, "hub.pem", NULL);
    g_autofree char *key = g_build_filename (self->folder, "hub.key", NULL);

    make_certificates (self, script);
    self->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE
                                          | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                      &error, "python3", script, self->root, "--tls", pem, key,
                                      NULL);
  } else {
    self->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE
                                          | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                      &error, "python3", script, self->root, NULL);
  }
  must (self->process != NULL, error, script);
  read_address (self);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GSubprocess)
      process = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, NULL, "rm", "-rf", path, NULL);

  g_subprocess_wait (process, NULL, NULL);
}

void
stand_in_stop (stand_in *self)
{
  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, NULL);
  g_clear_object (&self->process);
  g_clear_object (&self->tls);
  g_clear_object (&self->wrong_tls);
  remove_tree (self->folder);
  g_free (self->folder);
  g_free (self->root);
  g_free (self->endpoint);
}

static JsonNode *
control (stand_in *self, const char *path, const char *json)
{
  g_autoptr (DadamHub) hub = dadam_hub_new (self->endpoint, NULL, self->tls, NULL);
  g_autoptr (DadamHttp) http = dadam_hub_connect (hub, NULL);
  g_autoptr (GBytes) form = json != NULL ? g_bytes_new (json, strlen (json)) : NULL;
  g_autofree char *url = g_strconcat (self->endpoint, path, NULL);
  DadamHubRequest request = {
    .method = json ? "POST" : "GET", .url = url, .reason = "test", .form = form
  };
  GError *error = NULL;
  JsonNode *node = dadam_hub_get_json (hub, http, &request, NULL, &error);

  must (node != NULL, error, path);

  return node;
}

void
stand_in_fault (stand_in *self, const char *json)
{
  json_node_unref (control (self, "/_test/faults", json));
}

JsonArray *
stand_in_log (stand_in *self)
{
  g_autoptr (JsonNode) node = control (self, "/_test/log", NULL);

  return json_array_ref (json_node_get_array (node));
}

gint64
stand_in_sent (stand_in *self)
{
  g_autoptr (JsonArray) log = stand_in_log (self);
  gint64 sent = 0;

  for (guint i = 0; i < json_array_get_length (log); i++)
    sent += dadam_json_integer (dadam_json_element (log, i), "sent", 0);

  return sent;
}

gboolean
stand_in_leaked (stand_in *self)
{
  g_autoptr (JsonArray) log = stand_in_log (self);
  gboolean leaked = FALSE, told = FALSE;

  for (guint i = 0; i < json_array_get_length (log); i++) {
    JsonObject *entry = dadam_json_element (log, i);
    gboolean token = dadam_json_string (entry, "token") != NULL;

    if (g_strcmp0 (dadam_json_string (entry, "host"), "localhost") == 0)
      leaked |= token;
    else
      told |= token;
  }

  /* A test of a leak is none where no token was sent at all. */
  return leaked || !told;
}

DadamHub *
stand_in_hub (stand_in *self, const char *token, guint idle_seconds)
{
  return g_object_new (DADAM_TYPE_HUB, "endpoint", self->endpoint, "token", token, "tls-database",
                       self->tls, "idle-seconds", idle_seconds, NULL);
}

DadamHttp *
stand_in_http (DadamHub *hub)
{
  return dadam_hub_connect (hub, NULL);
}

/* Random bytes at the end do not hurt a model and make it as long as wanted. */
static void
lengthen (const char *path, gsize bytes)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  g_autofree char *text = NULL;
  g_autoptr (GByteArray) all = g_byte_array_new ();
  gsize length;

  must (g_file_get_contents (path, &text, &length, NULL), NULL, path);
  g_byte_array_append (all, (guint8 *) text, (guint) length);
  while (all->len < bytes) {
    guint32 word = g_rand_int (random);

    g_byte_array_append (all, (guint8 *) &word, sizeof word);
  }
  must (g_file_set_contents (path, (char *) all->data, all->len, NULL), NULL, path);
}

void
stand_in_offer (stand_in *self, const char *repo, const char *file, gsize bytes)
{
  g_autofree char *path = g_build_filename (self->root, repo, file, NULL);
  g_autofree char *folder = g_path_get_dirname (path);
  tiny model = { .seed = 7 };

  g_mkdir_with_parents (folder, 0700);
  tiny_write (&model, path);
  lengthen (path, bytes);
}

GBytes *
stand_in_contents (stand_in *self, const char *repo, const char *file)
{
  g_autofree char *path = g_build_filename (self->root, repo, file, NULL);
  char *text = NULL;
  gsize length = 0;

  must (g_file_get_contents (path, &text, &length, NULL), NULL, path);

  return g_bytes_new_take (text, length);
}
