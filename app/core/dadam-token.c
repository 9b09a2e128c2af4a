/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The environment and the file that other programs of the Hub obey too, and libsecret.
 * In the keyring a token belongs to an endpoint, so that it is never given to another.
 */
#include "config.h"

#include "dadam-token.h"

#include <glib/gi18n.h>
#include <libsecret/secret.h>

#include "dadam-hub-private.h"

static const SecretSchema schema = { .name = "io.github.dadam_app.Dadam.Token",
                                     .flags = SECRET_SCHEMA_NONE,
                                     .attributes = {
                                         { "endpoint", SECRET_SCHEMA_ATTRIBUTE_STRING },
                                     } };

struct _DadamToken {
  GObject parent_instance;

  /* Owned. */
  DadamHub *hub;
  char *file;  /* of the Hub's own programs, whether it is there or not */
  char *given; /* in HF_TOKEN, or %NULL */

  DadamTokenSource source;
};

enum { PROP_0, PROP_SOURCE, N_PROPS };

static GParamSpec *props[N_PROPS];

G_DEFINE_ENUM_TYPE (DadamTokenSource,
                    dadam_token_source,
                    G_DEFINE_ENUM_VALUE (DADAM_TOKEN_VARIABLE, "variable"),
                    G_DEFINE_ENUM_VALUE (DADAM_TOKEN_KEYRING, "keyring"),
                    G_DEFINE_ENUM_VALUE (DADAM_TOKEN_MEMORY, "memory"),
                    G_DEFINE_ENUM_VALUE (DADAM_TOKEN_FILE, "file"),
                    G_DEFINE_ENUM_VALUE (DADAM_TOKEN_NONE, "none"))

G_DEFINE_FINAL_TYPE (DadamToken, dadam_token, G_TYPE_OBJECT)

static void
dadam_token_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamToken *self = DADAM_TOKEN (object);

  switch (id) {
  case PROP_SOURCE: g_value_set_enum (value, (int) self->source); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_token_finalize (GObject *object)
{
  DadamToken *self = DADAM_TOKEN (object);

  g_clear_object (&self->hub);
  g_free (self->file);
  g_free (self->given);

  G_OBJECT_CLASS (dadam_token_parent_class)->finalize (object);
}

static void
dadam_token_class_init (DadamTokenClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = dadam_token_get_property;
  object_class->finalize = dadam_token_finalize;

  props[PROP_SOURCE] = g_param_spec_enum ("source", NULL, NULL, DADAM_TYPE_TOKEN_SOURCE,
                                          DADAM_TOKEN_NONE,
                                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS
                                              | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
dadam_token_init (DadamToken *self)
{
  self->source = DADAM_TOKEN_NONE;
}

/* ---- the environment --------------------------------------------------- */

static char *
find_file (void)
{
  const char *path = g_getenv ("HF_TOKEN_PATH");
  const char *home = g_getenv ("HF_HOME");

  if (path != NULL)
    return g_strdup (path);
  if (home != NULL)
    return g_build_filename (home, "token", NULL);

  return g_build_filename (g_get_user_cache_dir (), "huggingface", "token", NULL);
}

/* A token in HF_TOKEN may go to any endpoint that was given for this run; the one that
 * lies about in a file was made for the Hub itself. */
static char *
read_file (DadamToken *self)
{
  char *text = NULL;

  if (!dadam_hub_is_default (self->hub) || dadam_hub_is_yes ("HF_HUB_DISABLE_IMPLICIT_TOKEN")
      || !g_file_get_contents (self->file, &text, NULL, NULL))
    return NULL;

  return g_strstrip (text);
}

static void
take (DadamToken *self, const char *token, DadamTokenSource source)
{
  dadam_hub_set_token (self->hub, token);
  self->source = token != NULL ? source : DADAM_TOKEN_NONE;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SOURCE]);
}

/* What counts while the user has given none here. */
static void
take_from_environment (DadamToken *self)
{
  g_autofree char *text = self->given == NULL ? read_file (self) : NULL;

  if (self->given != NULL)
    take (self, self->given, DADAM_TOKEN_VARIABLE);
  else
    take (self, text != NULL && dadam_hub_is_token (text) ? text : NULL, DADAM_TOKEN_FILE);
}

/**
 * dadam_token_new:
 *
 * Gives @hub the token that HF_TOKEN, HF_TOKEN_PATH, HF_HOME and
 * HF_HUB_DISABLE_IMPLICIT_TOKEN lead to; that of the keyring comes by
 * dadam_token_load_async().
 */
DadamToken *
dadam_token_new (DadamHub *hub)
{
  DadamToken *self = g_object_new (DADAM_TYPE_TOKEN, NULL);
  g_autofree char *given = g_strstrip (g_strdup (g_getenv ("HF_TOKEN") ? g_getenv ("HF_TOKEN")
                                                                       : ""));

  self->hub = g_object_ref (hub);
  self->file = find_file ();
  if (dadam_hub_is_token (given))
    self->given = g_steal_pointer (&given);
  take_from_environment (self);

  return self;
}

DadamTokenSource
dadam_token_get_source (DadamToken *self)
{
  g_return_val_if_fail (DADAM_IS_TOKEN (self), DADAM_TOKEN_NONE);

  return self->source;
}

/* The file that the Hub's own programs keep theirs in. */
const char *
dadam_token_get_file (DadamToken *self)
{
  g_return_val_if_fail (DADAM_IS_TOKEN (self), NULL);

  return self->file;
}

/* (transfer full): where a person makes one. */
char *
dadam_token_get_web_page (DadamToken *self)
{
  g_return_val_if_fail (DADAM_IS_TOKEN (self), NULL);

  return dadam_hub_get_web_page (self->hub, "settings/tokens");
}

/* ---- the keyring ------------------------------------------------------- */

static void
secret_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  DadamToken *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretValue)
      value = secret_retrievable_retrieve_secret_finish (SECRET_RETRIEVABLE (object), result,
                                                         &error);

  if (error != NULL)
    g_debug ("The keyring is closed: %s", error->message);
  if (value != NULL && secret_value_get_text (value) != NULL && self->given == NULL)
    take (self, secret_value_get_text (value), DADAM_TOKEN_KEYRING);
  g_task_return_boolean (task, TRUE);
}

static void
found_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  GList *items = secret_password_search_finish (result, &error);

  if (error != NULL)
    g_debug ("No keyring: %s", error->message);
  if (items != NULL)
    secret_retrievable_retrieve_secret (SECRET_RETRIEVABLE (items->data), NULL, secret_cb,
                                        g_steal_pointer (&task));
  else
    g_task_return_boolean (task, TRUE);
  g_list_free_full (items, g_object_unref);
}

/**
 * dadam_token_load_async:
 *
 * Takes the token from the keyring, if there is one and it is open: nobody is asked to
 * open it.
 */
void
dadam_token_load_async (DadamToken *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (DADAM_IS_TOKEN (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, dadam_token_load_async);
  secret_password_search (&schema, SECRET_SEARCH_NONE, NULL, found_cb, task, "endpoint",
                          dadam_hub_get_endpoint (self->hub), NULL);
}

void
dadam_token_load_finish (DadamToken *self, GAsyncResult *result)
{
  g_return_if_fail (g_task_is_valid (result, self));
}

static void
stored_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  DadamToken *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (secret_password_store_finish (result, &error)) {
    self->source = DADAM_TOKEN_KEYRING;
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SOURCE]);
    g_task_return_boolean (task, TRUE);
    return;
  }
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           _ ("There is no open keyring to keep the token in, so it is used until "
                              "Dadam is closed.\n%s"),
                           error != NULL ? error->message : "");
}

/**
 * dadam_token_keep_async:
 * @text: what the user entered
 *
 * Uses a token from now on, and keeps it in the keyring; where that fails in memory.
 */
void
dadam_token_keep_async (DadamToken *self,
                        const char *text,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task;
  g_autofree char *token = g_strstrip (g_strdup (text));
  g_autofree char *label = NULL;

  g_return_if_fail (DADAM_IS_TOKEN (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, dadam_token_keep_async);
  if (!dadam_hub_is_token (token)) {
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                             _ ("That is no access token: it is one word, such as hf_AbC…"));
    g_object_unref (task);
    return;
  }
  take (self, token, DADAM_TOKEN_MEMORY);
  label = g_strdup_printf (_ ("Dadam: access token for %s"), dadam_hub_get_endpoint (self->hub));
  secret_password_store (&schema, SECRET_COLLECTION_DEFAULT, label, token, NULL, stored_cb, task,
                         "endpoint", dadam_hub_get_endpoint (self->hub), NULL);
}

/**
 * dadam_token_keep_finish:
 * @error: %G_IO_ERROR_INVALID_ARGUMENT: it is no token, and none was changed;
 *   %G_IO_ERROR_NOT_SUPPORTED: it is in memory only
 */
gboolean
dadam_token_keep_finish (DadamToken *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
cleared_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  secret_password_clear_finish (result, &error);
  if (error == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Takes the user's token out of the keyring, and out of use. */
void
dadam_token_forget_async (DadamToken *self, GAsyncReadyCallback callback, gpointer user_data)
{
  gboolean was_kept;
  GTask *task;

  g_return_if_fail (DADAM_IS_TOKEN (self));

  was_kept = self->source == DADAM_TOKEN_KEYRING;
  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, dadam_token_forget_async);
  take_from_environment (self);
  if (was_kept) {
    secret_password_clear (&schema, NULL, cleared_cb, task, "endpoint",
                           dadam_hub_get_endpoint (self->hub), NULL);
    return;
  }
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

gboolean
dadam_token_forget_finish (DadamToken *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
