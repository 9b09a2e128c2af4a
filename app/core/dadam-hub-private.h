/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Hub as a worker's thread uses it: calls that wait for their answer.  Any
 * number of threads, each with a DadamHttp of its own.
 */
#pragma once

#include "dadam-http.h"
#include "dadam-hub.h"

G_BEGIN_DECLS

/* Limits of the Hub are counted for these apart. */
typedef enum {
  DADAM_HUB_BUCKET_API,
  DADAM_HUB_BUCKET_RESOLVERS,
  DADAM_HUB_BUCKET_NONE, /* another host */
  DADAM_HUB_N_BUCKETS = DADAM_HUB_BUCKET_NONE,
} DadamHubBucket;

typedef struct {
  const char *method;   /* %NULL: GET */
  const char *url;
  const char *reason;   /* for the ledger, in words */
  GBytes *form;         /* of a POST */
  gint64 first, last;   /* the range of bytes asked for; last < first: to the end */
  gboolean ranged;
  gboolean once;        /* what fails is not tried again here */
  gboolean stay;        /* an answer that leads to another host is what is wanted */
} DadamHubRequest;

/* Where the bytes of a file are, for a while. */
typedef struct {
  char *url;
  char *commit;
  char *hash;      /* %NULL: not told */
  gint64 size;     /* -1: not told */
  gint64 resolved; /* when, monotonic */
} DadamHubPlace;

void dadam_hub_place_free (DadamHubPlace *self);

DadamHttp *dadam_hub_connect (DadamHub *self, GCancellable *cancellable);
SoupMessage *dadam_hub_send (DadamHub *self,
                             DadamHttp *http,
                             const DadamHubRequest *request,
                             GError **error);
void dadam_hub_close (DadamHub *self, DadamHttp *http, const char *url, const char *reason);
JsonNode *dadam_hub_get_json (DadamHub *self,
                              DadamHttp *http,
                              const DadamHubRequest *request,
                              char **next,
                              GError **error);
char *dadam_hub_url (DadamHub *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
char *dadam_hub_escape (const char *text, gboolean keep_slashes);
gboolean dadam_hub_is_default (DadamHub *self);
gboolean dadam_hub_is_token (const char *text);
gboolean dadam_hub_is_yes (const char *name);
double dadam_hub_get_delay (DadamHub *self, guint failures);

DadamHubRepo *dadam_hub_read_info (DadamHub *self,
                                   DadamHttp *http,
                                   const char *id,
                                   const char *revision,
                                   GError **error);
gboolean dadam_hub_read_tree (DadamHub *self, DadamHttp *http, DadamHubRepo *repo, GError **error);
GPtrArray *dadam_hub_read_paths (DadamHub *self,
                                 DadamHttp *http,
                                 DadamHubRepo *repo,
                                 const char *const *paths,
                                 GError **error);
char *dadam_hub_read_ref (DadamHub *self,
                          DadamHttp *http,
                          const char *id,
                          const char *name,
                          GError **error);
GListStore *dadam_hub_read_search (DadamHub *self,
                                   DadamHttp *http,
                                   const DadamHubQuery *query,
                                   char **next,
                                   GError **error);
DadamHubPlace *dadam_hub_resolve (DadamHub *self,
                                  DadamHttp *http,
                                  const char *id,
                                  const char *commit,
                                  const char *path,
                                  GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamHubPlace, dadam_hub_place_free)

G_END_DECLS
