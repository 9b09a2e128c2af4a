/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who we are and where the Hub is: the environment that other programs of the Hub
 * obey too, names that people paste.
 */
#include "config.h"

#include "dadam-hub-private.h"

#include <string.h>

#include "dadam-hub-name.h"
#include "dadam-hub-self.h"

enum {
  PROP_0,
  PROP_ENDPOINT,
  PROP_TOKEN,
  PROP_TLS_DATABASE,
  PROP_OFFLINE,
  PROP_IDLE_SECONDS,
  PROP_LEDGER
};

G_DEFINE_FINAL_TYPE (DadamHub, dadam_hub, G_TYPE_OBJECT)

static void
dadam_hub_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamHub *self = DADAM_HUB (object);

  switch (id) {
  case PROP_ENDPOINT: g_value_set_string (value, self->endpoint); break;
  case PROP_TOKEN: g_value_take_string (value, dadam_hub_get_token (self)); break;
  case PROP_TLS_DATABASE: g_value_set_object (value, self->tls_database); break;
  case PROP_OFFLINE: g_value_set_boolean (value, self->offline); break;
  case PROP_IDLE_SECONDS: g_value_set_uint (value, self->idle_seconds); break;
  case PROP_LEDGER: g_value_set_object (value, self->ledger); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_hub_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  DadamHub *self = DADAM_HUB (object);

  switch (id) {
  case PROP_ENDPOINT: self->endpoint = g_value_dup_string (value); break;
  case PROP_TOKEN: dadam_hub_set_token (self, g_value_get_string (value)); break;
  case PROP_TLS_DATABASE: self->tls_database = g_value_dup_object (value); break;
  case PROP_OFFLINE: self->offline = g_value_get_boolean (value); break;
  case PROP_IDLE_SECONDS: self->idle_seconds = g_value_get_uint (value); break;
  case PROP_LEDGER: self->ledger = g_value_dup_object (value); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_hub_constructed (GObject *object)
{
  DadamHub *self = DADAM_HUB (object);
  gsize length;

  G_OBJECT_CLASS (dadam_hub_parent_class)->constructed (object);

  if (self->endpoint == NULL)
    self->endpoint = g_strdup (DADAM_HUB_ENDPOINT);
  length = strlen (self->endpoint);
  while (length > 0 && self->endpoint[length - 1] == '/')
    self->endpoint[--length] = '\0';
  self->origin = g_uri_parse (self->endpoint, G_URI_FLAGS_ENCODED, NULL);
  if (self->ledger == NULL)
    self->ledger = dadam_ledger_new (NULL);
}

static void
dadam_hub_finalize (GObject *object)
{
  DadamHub *self = DADAM_HUB (object);

  g_free (self->endpoint);
  g_free (self->token);
  g_clear_pointer (&self->origin, g_uri_unref);
  g_clear_object (&self->tls_database);
  g_clear_object (&self->ledger);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (dadam_hub_parent_class)->finalize (object);
}

static void
dadam_hub_class_init (DadamHubClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  GParamFlags at_birth = flags | G_PARAM_CONSTRUCT_ONLY;

  object_class->constructed = dadam_hub_constructed;
  object_class->finalize = dadam_hub_finalize;
  object_class->get_property = dadam_hub_get_property;
  object_class->set_property = dadam_hub_set_property;

  g_object_class_install_property (object_class, PROP_ENDPOINT,
                                   g_param_spec_string ("endpoint", NULL, NULL, NULL, at_birth));
  g_object_class_install_property (object_class, PROP_TOKEN,
                                   g_param_spec_string ("token", NULL, NULL, NULL,
                                                        flags | G_PARAM_CONSTRUCT));
  g_object_class_install_property (object_class, PROP_TLS_DATABASE,
                                   g_param_spec_object ("tls-database", NULL, NULL,
                                                        G_TYPE_TLS_DATABASE, at_birth));
  g_object_class_install_property (object_class, PROP_OFFLINE,
                                   g_param_spec_boolean ("offline", NULL, NULL, FALSE,
                                                         flags | G_PARAM_CONSTRUCT));
  g_object_class_install_property (object_class, PROP_IDLE_SECONDS,
                                   g_param_spec_uint ("idle-seconds", NULL, NULL, 1, 600, 30,
                                                      at_birth));
  g_object_class_install_property (object_class, PROP_LEDGER,
                                   g_param_spec_object ("ledger", NULL, NULL, DADAM_TYPE_LEDGER,
                                                        at_birth));
}

static void
dadam_hub_init (DadamHub *self)
{
  g_mutex_init (&self->lock);
}

/**
 * dadam_hub_new:
 * @endpoint: (nullable): %NULL: the Hub itself
 * @token: (nullable): who we are
 * @tls_database: (nullable): whom to trust, %NULL: whom the system trusts
 * @ledger: (nullable): where requests are noted
 */
DadamHub *
dadam_hub_new (const char *endpoint,
               const char *token,
               GTlsDatabase *tls_database,
               DadamLedger *ledger)
{
  return g_object_new (DADAM_TYPE_HUB, "endpoint", endpoint, "token", token, "tls-database",
                       tls_database, "ledger", ledger, NULL);
}

/* ---- the environment --------------------------------------------------- */

/* Whether a variable of the environment is set to yes, as the Hub's own programs read it. */
gboolean
dadam_hub_is_yes (const char *name)
{
  const char *value = g_getenv (name);

  return value != NULL
         && (g_str_equal (value, "1") || g_ascii_strcasecmp (value, "yes") == 0
             || g_ascii_strcasecmp (value, "true") == 0 || g_ascii_strcasecmp (value, "on") == 0);
}

/**
 * dadam_hub_new_from_environment:
 * @ledger: (nullable): where requests are noted
 *
 * The Hub as HF_ENDPOINT, HF_HUB_OFFLINE and HF_HUB_DOWNLOAD_TIMEOUT say, without a
 * token.
 */
DadamHub *
dadam_hub_new_from_environment (DadamLedger *ledger)
{
  const char *endpoint = g_getenv ("HF_ENDPOINT");
  const char *patience = g_getenv ("HF_HUB_DOWNLOAD_TIMEOUT");
  guint64 seconds = patience != NULL ? g_ascii_strtoull (patience, NULL, 10) : 0;

  if (endpoint != NULL && endpoint[0] == '\0')
    endpoint = NULL;
  return g_object_new (DADAM_TYPE_HUB, "endpoint", endpoint, "offline",
                       dadam_hub_is_yes ("HF_HUB_OFFLINE"), "idle-seconds",
                       seconds >= 1 && seconds <= 600 ? (guint) seconds : 30, "ledger", ledger,
                       NULL);
}

/* ---- facts ------------------------------------------------------------- */

const char *
dadam_hub_get_endpoint (DadamHub *self)
{
  g_return_val_if_fail (DADAM_IS_HUB (self), NULL);

  return self->endpoint;
}

gboolean
dadam_hub_is_default (DadamHub *self)
{
  return g_str_equal (self->endpoint, DADAM_HUB_ENDPOINT);
}

/* (transfer full) (nullable).  Any thread. */
char *
dadam_hub_get_token (DadamHub *self)
{
  char *token;

  g_return_val_if_fail (DADAM_IS_HUB (self), NULL);

  g_mutex_lock (&self->lock);
  token = g_strdup (self->token);
  g_mutex_unlock (&self->lock);

  return token;
}

/* Something else than a token in the token's place, a whole file perhaps, is kept
 * to ourselves. */
gboolean
dadam_hub_is_token (const char *text)
{
  gsize length = text != NULL ? strlen (text) : 0;

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (text[i]) && strchr ("_-.", text[i]) == NULL)
      return FALSE;

  return length >= 8 && length <= 256;
}

void
dadam_hub_set_token (DadamHub *self, const char *token)
{
  g_return_if_fail (DADAM_IS_HUB (self));

  g_mutex_lock (&self->lock);
  g_set_str (&self->token, dadam_hub_is_token (token) ? token : NULL);
  g_mutex_unlock (&self->lock);
  g_object_notify (G_OBJECT (self), "token");
}

gboolean
dadam_hub_is_offline (DadamHub *self)
{
  g_return_val_if_fail (DADAM_IS_HUB (self), TRUE);

  return self->offline;
}

/* Seconds that the next request to the Hub has to wait, because there were many. */
gint64
dadam_hub_get_wait (DadamHub *self)
{
  gint64 until = 0, now = g_get_monotonic_time ();

  g_return_val_if_fail (DADAM_IS_HUB (self), 0);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < DADAM_HUB_N_BUCKETS; i++)
    until = MAX (until, self->not_before[i]);
  g_mutex_unlock (&self->lock);

  return until > now ? (until - now + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC : 0;
}

/* (transfer full): where a person accepts terms and reads a model's card. */
char *
dadam_hub_get_web_page (DadamHub *self, const char *id)
{
  g_return_val_if_fail (DADAM_IS_HUB (self), NULL);

  return g_strdup_printf ("%s/%s", self->endpoint, id);
}

/**
 * dadam_hub_parse_id:
 * @file: (out) (nullable): the file that the text names as well
 *
 * Understands what people paste: "owner/name", "hf.co/owner/name", the address of
 * a repository's page or of a file in it.
 *
 * Returns: (transfer full) (nullable): "owner/name"; %NULL if it is none
 */
char *
dadam_hub_parse_id (DadamHub *self, const char *text, char **file)
{
  const char *fronts[] = { self->endpoint, DADAM_HUB_ENDPOINT, "huggingface.co", "https://hf.co",
                           "hf.co" };
  g_auto (GStrv) words = NULL;
  g_autofree char *id = NULL;

  *file = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (fronts); i++)
    if (g_str_has_prefix (text, fronts[i]) && text[strlen (fronts[i])] == '/') {
      text += strlen (fronts[i]) + 1;
      break;
    }
  words = g_strsplit (text, "/", 5);
  if (g_strv_length (words) < 2)
    return NULL;
  id = g_strdup_printf ("%s/%s", words[0], words[1]);
  if (!dadam_hub_id_is_safe (id))
    return NULL;
  if (g_strv_length (words) == 5
      && (g_str_equal (words[2], "blob") || g_str_equal (words[2], "resolve"))) {
    words[4][strcspn (words[4], "?#")] = '\0';
    *file = g_uri_unescape_string (words[4], NULL);
  } else if (words[2] != NULL && !g_str_equal (words[2], "tree") && words[2][0] != '\0') {
    return NULL;
  }

  return g_steal_pointer (&id);
}
