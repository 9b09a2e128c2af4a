/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads data/catalogue.json, which is built into the program.
 */
#include "config.h"

#include "dadam-catalogue.h"

#include <string.h>

#include "dadam-core-resources.h"
#include "dadam-facts.h"
#include "dadam-hub-name.h"
#include "dadam-json.h"

#define RESOURCE "/io/github/dadam_app/Dadam/catalogue.json"

struct _DadamOffer {
  GObject parent_instance;

  /* Owned. */
  JsonObject *facts;
};

enum { PROP_0, PROP_ID, PROP_REPO, PROP_TITLE, PROP_NOTE, PROP_PROBLEM, PROP_LICENCE, PROP_SCORE };

G_DEFINE_FINAL_TYPE (DadamOffer, dadam_offer, G_TYPE_OBJECT)

static void
dadam_offer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamOffer *self = DADAM_OFFER (object);

  switch (id) {
  case PROP_ID: g_value_set_string (value, dadam_offer_get_id (self)); break;
  case PROP_REPO: g_value_set_string (value, dadam_offer_get_repo (self)); break;
  case PROP_TITLE: g_value_set_string (value, dadam_offer_get_title (self)); break;
  case PROP_NOTE: g_value_set_string (value, dadam_offer_get_note (self)); break;
  case PROP_PROBLEM: g_value_set_string (value, dadam_offer_get_problem (self)); break;
  case PROP_LICENCE: g_value_set_string (value, dadam_offer_get_licence (self)); break;
  case PROP_SCORE: g_value_set_double (value, dadam_offer_get_score (self)); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_offer_finalize (GObject *object)
{
  json_object_unref (DADAM_OFFER (object)->facts);

  G_OBJECT_CLASS (dadam_offer_parent_class)->finalize (object);
}

static void
dadam_offer_class_init (DadamOfferClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  static const struct {
    guint id;
    const char *name;
  } texts[] = { { PROP_ID, "id" },     { PROP_REPO, "repo" },       { PROP_TITLE, "title" },
                { PROP_NOTE, "note" }, { PROP_PROBLEM, "problem" }, { PROP_LICENCE, "licence" } };

  object_class->finalize = dadam_offer_finalize;
  object_class->get_property = dadam_offer_get_property;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_object_class_install_property (object_class, texts[i].id,
                                     g_param_spec_string (texts[i].name, NULL, NULL, NULL, flags));
  g_object_class_install_property (object_class, PROP_SCORE,
                                   g_param_spec_double ("score", NULL, NULL, 0, 100, 0, flags));
}

static void
dadam_offer_init (DadamOffer *self)
{
}

const char *
dadam_offer_get_id (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), NULL);

  return dadam_json_string (self->facts, "id");
}

const char *
dadam_offer_get_repo (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), NULL);

  return dadam_json_string (self->facts, "repository");
}

/* A text in the language of the program; %NULL where there is none. */
static const char *
text (DadamOffer *self, const char *name)
{
  JsonObject *texts = dadam_json_object (self->facts, name);
  const char *const *languages = g_get_language_names ();

  for (guint i = 0; texts != NULL && languages[i] != NULL; i++)
    if (dadam_json_string (texts, languages[i]) != NULL)
      return dadam_json_string (texts, languages[i]);

  return dadam_json_string (texts, "en");
}

const char *
dadam_offer_get_title (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), NULL);

  return text (self, "name");
}

/* One line on what it is good for. */
const char *
dadam_offer_get_note (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), NULL);

  return text (self, "note");
}

/* The model that it was made from. */
const char *
dadam_offer_get_base (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), NULL);

  return dadam_json_string (self->facts, "base");
}

/* As its author states it, or %NULL. */
const char *
dadam_offer_get_licence (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), NULL);

  return dadam_json_string (self->facts, "licence");
}

/* What else to know of it, or %NULL. */
const char *
dadam_offer_get_licence_note (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), NULL);

  return text (self, "licence_note");
}

/* The prompt format that it was trained with. */
const char *
dadam_offer_get_format (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), NULL);

  return dadam_json_string (self->facts, "format");
}

/* Why it cannot be used, or %NULL. */
const char *
dadam_offer_get_problem (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), NULL);

  return text (self, "problem");
}

static JsonObject *
find_file (DadamOffer *self, const char *file)
{
  JsonArray *files = dadam_json_array (self->facts, "files");

  for (guint i = 0; files != NULL && i < json_array_get_length (files); i++) {
    JsonObject *entry = dadam_json_element (files, i);

    if (file == NULL || g_strcmp0 (dadam_json_string (entry, "file"), file) == 0)
      return entry;
  }

  return NULL;
}

/* The SHA-256 that a file is known to have, or %NULL. */
const char *
dadam_offer_get_pinned (DadamOffer *self, const char *file)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), NULL);

  return dadam_json_string (find_file (self, file), "sha256");
}

/* The first file that is known by name, or %NULL; the starter has one. */
const char *
dadam_offer_get_first_file (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), NULL);

  return dadam_json_string (find_file (self, NULL), "file");
}

/**
 * dadam_offer_get_size:
 * @i: which of the usual files; the first is the best
 * @quant: (out): its quantisation
 *
 * Returns: about how many bytes it has; 0: there is none
 */
guint64
dadam_offer_get_size (DadamOffer *self, guint i, const char **quant)
{
  JsonArray *sizes;
  JsonObject *entry;

  g_return_val_if_fail (DADAM_IS_OFFER (self), 0);

  sizes = dadam_json_array (self->facts, "sizes");
  if (sizes == NULL || i >= json_array_get_length (sizes))
    return 0;
  entry = dadam_json_element (sizes, i);
  *quant = dadam_json_string (entry, "quant");

  return (guint64) dadam_json_integer (entry, "bytes", 0);
}

/* What a token of a conversation takes in memory. */
guint64
dadam_offer_get_token_bytes (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), 0);

  return (guint64) dadam_json_integer (self->facts, "token_bytes", 0);
}

/* Per cent in the evaluation that its makers published; 0: none. */
double
dadam_offer_get_score (DadamOffer *self)
{
  JsonObject *score;
  JsonNode *percent;

  g_return_val_if_fail (DADAM_IS_OFFER (self), 0);

  score = dadam_json_object (self->facts, "score");
  percent = score != NULL ? json_object_get_member (score, "percent") : NULL;

  return percent != NULL ? json_node_get_double (percent) : 0;
}

/* Tokens that it is good for; 0: as its file says. */
gint64
dadam_offer_get_context (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), 0);

  return dadam_json_integer (self->facts, "context", 0);
}

gboolean
dadam_offer_is_recommended (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), FALSE);

  return dadam_json_boolean (self->facts, "recommended");
}

/* What to offer where the recommended one does not fit. */
gboolean
dadam_offer_is_small (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), FALSE);

  return dadam_json_boolean (self->facts, "small");
}

gboolean
dadam_offer_is_starter (DadamOffer *self)
{
  g_return_val_if_fail (DADAM_IS_OFFER (self), FALSE);

  return dadam_json_boolean (self->facts, "starter");
}

/* ---- the list ---------------------------------------------------------- */

struct _DadamCatalogue {
  GObject parent_instance;

  /* Owned. */
  GPtrArray *offers;
};

static GType
get_item_type (GListModel *list)
{
  return DADAM_TYPE_OFFER;
}

static guint
get_n_items (GListModel *list)
{
  return DADAM_CATALOGUE (list)->offers->len;
}

static gpointer
get_item (GListModel *list, guint position)
{
  DadamCatalogue *self = DADAM_CATALOGUE (list);

  return position < self->offers->len ? g_object_ref (self->offers->pdata[position]) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (DadamCatalogue,
                               dadam_catalogue,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
dadam_catalogue_finalize (GObject *object)
{
  g_ptr_array_unref (DADAM_CATALOGUE (object)->offers);

  G_OBJECT_CLASS (dadam_catalogue_parent_class)->finalize (object);
}

static void
dadam_catalogue_class_init (DadamCatalogueClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dadam_catalogue_finalize;
}

static void
add (JsonArray *models, guint i, JsonNode *node, gpointer user_data)
{
  GPtrArray *offers = user_data;
  DadamOffer *offer = g_object_new (DADAM_TYPE_OFFER, NULL);

  offer->facts = json_node_dup_object (node);
  g_ptr_array_add (offers, offer);
}

static GPtrArray *
read_offers (void)
{
  GPtrArray *offers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (JsonNode) node = NULL;

  dadam_core_get_resource (); /* so that it is linked */
  bytes = g_resources_lookup_data (RESOURCE, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  node = dadam_json_parse (g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
  json_array_foreach_element (json_object_get_array_member (json_node_get_object (node), "models"),
                              add, offers);

  return offers;
}

/* They never change, so all catalogues share what was read once. */
static void
dadam_catalogue_init (DadamCatalogue *self)
{
  static GPtrArray *all;

  if (g_once_init_enter_pointer (&all))
    g_once_init_leave_pointer (&all, read_offers ());
  self->offers = g_ptr_array_ref (all);
}

DadamCatalogue *
dadam_catalogue_new (void)
{
  return g_object_new (DADAM_TYPE_CATALOGUE, NULL);
}

/**
 * dadam_catalogue_find:
 * @name: an id, a repository, or a repository's name without its owner
 *
 * Returns: (transfer full) (nullable): the model offered
 */
DadamOffer *
dadam_catalogue_find (DadamCatalogue *self, const char *name)
{
  g_return_val_if_fail (DADAM_IS_CATALOGUE (self), NULL);

  for (guint i = 0; i < self->offers->len; i++) {
    DadamOffer *offer = self->offers->pdata[i];
    const char *repo = dadam_offer_get_repo (offer);

    if (g_ascii_strcasecmp (dadam_offer_get_id (offer), name) == 0
        || g_ascii_strcasecmp (repo, name) == 0
        || g_ascii_strcasecmp (strchr (repo, '/') + 1, name) == 0)
      return g_object_ref (offer);
  }

  return NULL;
}

static DadamOffer *
find_first (DadamCatalogue *self, gboolean (*is) (DadamOffer *))
{
  for (guint i = 0; i < self->offers->len; i++)
    if (is (self->offers->pdata[i]))
      return g_object_ref (self->offers->pdata[i]);

  return NULL;
}

/* (transfer full): the one to begin with. */
DadamOffer *
dadam_catalogue_get_recommended (DadamCatalogue *self)
{
  g_return_val_if_fail (DADAM_IS_CATALOGUE (self), NULL);

  return find_first (self, dadam_offer_is_recommended);
}

/* (transfer full): the one to begin with where memory is little. */
DadamOffer *
dadam_catalogue_get_small (DadamCatalogue *self)
{
  g_return_val_if_fail (DADAM_IS_CATALOGUE (self), NULL);

  return find_first (self, dadam_offer_is_small);
}

/* (transfer full): the tiny one. */
DadamOffer *
dadam_catalogue_get_starter (DadamCatalogue *self)
{
  g_return_val_if_fail (DADAM_IS_CATALOGUE (self), NULL);

  return find_first (self, dadam_offer_is_starter);
}

/* ---- names ------------------------------------------------------------- */

/* A file's name without its ending.  Every komt repository calls its files
 * "ggml-model-…", so there the repository's name comes in front. */
static char *
name_from_path (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *commit = g_path_get_basename (folder);
  g_autofree char *shown = NULL;

  if (g_str_has_suffix (name, ".gguf"))
    name[strlen (name) - strlen (".gguf")] = '\0';
  shown = g_filename_display_name (name);
  if (!g_str_has_prefix (shown, "ggml-model"))
    return g_steal_pointer (&shown);
  if (strlen (commit) == 12) {
    g_autofree char *above = g_path_get_dirname (folder);

    g_free (commit);
    commit = g_path_get_basename (above);
  }

  return g_strdup_printf ("%s · %s", commit, shown);
}

/**
 * dadam_catalogue_name_file:
 * @repo: (nullable): the repository a file is from
 *
 * Returns: (transfer full): what to call a file where people read: "komt Mistral 7B ·
 *   Q4_K_M"
 */
char *
dadam_catalogue_name_file (DadamCatalogue *self, const char *repo, const char *path)
{
  g_autoptr (DadamOffer) offer = NULL;
  g_autofree char *quant = NULL;
  g_autofree char *upper = NULL;
  const char *title;

  g_return_val_if_fail (DADAM_IS_CATALOGUE (self), NULL);

  if (repo == NULL)
    return name_from_path (path);
  offer = dadam_catalogue_find (self, repo);
  title = offer != NULL ? dadam_offer_get_title (offer) : strchr (repo, '/') + 1;
  quant = dadam_quant_from_path (path);
  upper = g_ascii_strup (quant, -1);

  return quant[0] != '\0' ? g_strdup_printf ("%s · %s", title, upper) : g_strdup (title);
}

/**
 * dadam_catalogue_name_path:
 * @path: a model's file on this computer, from a repository or not
 *
 * Reads what is written down beside the file.
 *
 * Returns: (transfer full): what to call it, the same everywhere
 */
char *
dadam_catalogue_name_path (const char *path)
{
  g_autoptr (DadamCatalogue) catalogue = dadam_catalogue_new ();
  g_autofree char *repo = dadam_facts_find_repo (path);

  return dadam_catalogue_name_file (catalogue, repo, path);
}
