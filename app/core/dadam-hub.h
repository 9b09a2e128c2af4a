/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The model hub: where it is, who we are to it, and questions to it.  It connects
 * only when one of these is called.  The token goes to the endpoint and nowhere
 * else.
 */
#pragma once

#include "dadam-hub-error.h"
#include "dadam-hub-repo.h"
#include "dadam-ledger.h"

G_BEGIN_DECLS

#define DADAM_TYPE_HUB (dadam_hub_get_type ())

G_DECLARE_FINAL_TYPE (DadamHub, dadam_hub, DADAM, HUB, GObject)

#define DADAM_HUB_ENDPOINT "https://huggingface.co"

/* What to look for; %NULL and 0 are "any". */
typedef struct {
  const char *text;   /* part of the name */
  const char *author;
  const char *const *tags; /* "gguf", "ko" */
  const char *parameters; /* "min:3B,max:9B" */
  guint limit;        /* a page; 0: 30 */
  const char *next;   /* of the page before */
} DadamHubQuery;

DadamHub *dadam_hub_new_from_environment (DadamLedger *ledger);
DadamHub *dadam_hub_new (const char *endpoint,
                         const char *token,
                         GTlsDatabase *tls_database,
                         DadamLedger *ledger);
const char *dadam_hub_get_endpoint (DadamHub *self);
char *dadam_hub_get_token (DadamHub *self);
void dadam_hub_set_token (DadamHub *self, const char *token);
gboolean dadam_hub_is_offline (DadamHub *self);
gint64 dadam_hub_get_wait (DadamHub *self);
char *dadam_hub_get_web_page (DadamHub *self, const char *id);
char *dadam_hub_parse_id (DadamHub *self, const char *text, char **file);

void dadam_hub_repo_async (DadamHub *self,
                           const char *id,
                           const char *revision,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
DadamHubRepo *dadam_hub_repo_finish (DadamHub *self, GAsyncResult *result, GError **error);

void dadam_hub_search_async (DadamHub *self,
                             const DadamHubQuery *query,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
GListModel *dadam_hub_search_finish (DadamHub *self,
                                     GAsyncResult *result,
                                     char **next,
                                     GError **error);

G_END_DECLS
