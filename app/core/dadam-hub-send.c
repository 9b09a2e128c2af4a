/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One request from its address to its answer: where it may go, who is told the
 * token, how long to wait, how often to try, where redirects may lead.
 */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dadam-hub-self.h"
#include "dadam-json.h"

#define MOST_HOPS 10
#define MOST_TRIES 5
#define FIRST_DELAY (1 / 60.0) /* of the patience: half a second, doubled each time */
#define MOST_PATIENCE 330 /* seconds: a whole window of the Hub's limits */
#define MOST_JSON (16 << 20)

/* ---- addresses --------------------------------------------------------- */

/* (transfer full): the endpoint followed by what the format says. */
char *
dadam_hub_url (DadamHub *self, const char *format, ...)
{
  g_autofree char *path = NULL;
  va_list arguments;

  va_start (arguments, format);
  path = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  return g_strconcat (self->endpoint, path, NULL);
}

/* (transfer full): @text as a part of an address. */
char *
dadam_hub_escape (const char *text, gboolean keep_slashes)
{
  return g_uri_escape_string (text, keep_slashes ? "/" : NULL, FALSE);
}

static int
port_of (GUri *uri)
{
  int port = g_uri_get_port (uri);

  if (port > 0)
    return port;

  return g_str_equal (g_uri_get_scheme (uri), "http") ? 80 : 443;
}

static gboolean
same_origin (GUri *one, GUri *two)
{
  return g_str_equal (g_uri_get_scheme (one), g_uri_get_scheme (two))
         && g_ascii_strcasecmp (g_uri_get_host (one), g_uri_get_host (two)) == 0
         && port_of (one) == port_of (two);
}

static gboolean
is_loopback (GUri *uri)
{
  const char *host = g_uri_get_host (uri);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  if (address != NULL)
    return g_inet_address_get_is_loopback (address);

  return g_ascii_strcasecmp (host, "localhost") == 0;
}

static gboolean
is_below (const char *host, const char *domain)
{
  gsize length = strlen (host), tail = strlen (domain);

  if (length < tail || g_ascii_strcasecmp (host + length - tail, domain) != 0)
    return FALSE;

  return length == tail || host[length - tail - 1] == '.';
}

/* Encrypted, or on this very machine. */
static gboolean
is_private (GUri *uri)
{
  if (g_str_equal (g_uri_get_scheme (uri), "https"))
    return TRUE;

  return g_str_equal (g_uri_get_scheme (uri), "http") && is_loopback (uri);
}

/* Whether we go there: the endpoint itself, and where it may send us.  The Hub
 * keeps its files on hosts of its own; another endpoint was chosen by the user,
 * and may keep them where it likes, but not lead us into this machine. */
static gboolean
is_allowed (DadamHub *self, GUri *uri)
{
  const char *host = g_uri_get_host (uri);

  if (host == NULL || host[0] == '\0' || g_uri_get_userinfo (uri) != NULL || !is_private (uri))
    return FALSE;
  if (same_origin (uri, self->origin))
    return TRUE;
  if (dadam_hub_is_default (self))
    return is_below (host, "hf.co") || is_below (host, "huggingface.co");

  return !is_loopback (uri) || is_loopback (self->origin);
}

static GUri *
parse_url (DadamHub *self, const char *url, GError **error)
{
  g_autoptr (GUri)
      uri = g_uri_parse (url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);

  if (self->origin == NULL || uri == NULL || !is_allowed (self, uri)) {
    g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_BAD_ADDRESS, url));
    return NULL;
  }

  return g_steal_pointer (&uri);
}

/* (transfer full): host, and port where it is not the usual one. */
static char *
host_of (GUri *uri)
{
  if (g_uri_get_port (uri) <= 0)
    return g_strdup (g_uri_get_host (uri));

  return g_strdup_printf ("%s:%d", g_uri_get_host (uri), g_uri_get_port (uri));
}

/* ---- limits ------------------------------------------------------------ */

static DadamHubBucket
bucket_of (DadamHub *self, GUri *uri)
{
  if (!same_origin (uri, self->origin))
    return DADAM_HUB_BUCKET_NONE;

  return strstr (g_uri_get_path (uri), "/resolve") != NULL ? DADAM_HUB_BUCKET_RESOLVERS
                                                           : DADAM_HUB_BUCKET_API;
}

static gint64
field_of (const char *header, const char *name)
{
  g_auto (GStrv) fields = g_strsplit_set (header, ";,", -1);

  for (guint i = 0; fields[i] != NULL; i++) {
    const char *field = g_strstrip (fields[i]);

    if (g_str_has_prefix (field, name) && field[strlen (name)] == '=')
      return g_ascii_strtoll (field + strlen (name) + 1, NULL, 10);
  }

  return -1;
}

static gint64
seconds_of_retry_after (const char *text)
{
  g_autoptr (GDateTime) then = NULL;
  g_autoptr (GDateTime) now = NULL;

  if (text == NULL)
    return -1;
  if (g_ascii_isdigit (text[0]))
    return g_ascii_strtoll (text, NULL, 10);
  then = soup_date_time_new_from_http_string (text);
  now = g_date_time_new_now_utc ();

  return then != NULL ? MAX (0, g_date_time_difference (then, now) / G_USEC_PER_SEC) : -1;
}

/* Seconds that an answer tells us to wait; -1: nothing of the kind. */
static gint64
wait_of_answer (SoupMessage *message)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  const char *limit = soup_message_headers_get_one (headers, "RateLimit");
  gint64 seconds = -1;

  if (limit != NULL && field_of (limit, "r") == 0)
    seconds = field_of (limit, "t");
  if (soup_message_get_status (message) == 429 && seconds < 0)
    seconds = seconds_of_retry_after (soup_message_headers_get_one (headers, "Retry-After"));

  return seconds;
}

static void
note_limit (DadamHub *self, DadamHubBucket bucket, gint64 seconds)
{
  if (bucket == DADAM_HUB_BUCKET_NONE || seconds < 0)
    return;
  g_mutex_lock (&self->lock);
  self->not_before[bucket] = g_get_monotonic_time () + (seconds + 1) * G_USEC_PER_SEC;
  g_mutex_unlock (&self->lock);
}

static gboolean
wait_turn (DadamHub *self, DadamHttp *http, DadamHubBucket bucket, GError **error)
{
  gint64 wait = 0;

  if (bucket != DADAM_HUB_BUCKET_NONE) {
    g_mutex_lock (&self->lock);
    wait = self->not_before[bucket] - g_get_monotonic_time ();
    g_mutex_unlock (&self->lock);
  }
  if (wait <= 0)
    return TRUE;
  if (wait > (gint64) MOST_PATIENCE * G_USEC_PER_SEC) {
    g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_RATE_LIMITED, NULL));
    return FALSE;
  }

  return dadam_http_sleep (http, (double) wait / G_USEC_PER_SEC, error);
}

/* ---- one exchange ------------------------------------------------------ */

static SoupMessage *
make_message (DadamHub *self, GUri *uri, const DadamHubRequest *request, gboolean *had_token)
{
  SoupMessage *message = soup_message_new_from_uri (request->method ? request->method : "GET", uri);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  g_autofree char *token = dadam_hub_get_token (self);

  *had_token = token != NULL && same_origin (uri, self->origin);
  if (*had_token) {
    g_autofree char *bearer = g_strconcat ("Bearer ", token, NULL);

    soup_message_headers_replace (headers, "Authorization", bearer);
  }
  soup_message_headers_replace (headers, "Accept-Encoding", "identity");
  if (request->ranged && request->last < request->first)
    soup_message_headers_set_range (headers, request->first, -1);
  else if (request->ranged)
    soup_message_headers_set_range (headers, request->first, request->last);
  if (request->form != NULL)
    soup_message_set_request_body_from_bytes (message, "application/x-www-form-urlencoded",
                                              request->form);

  return message;
}

/* Reads what is left of an answer that is no use, so that the connection can serve
 * again, and notes the request. */
static void
discard (DadamHub *self, DadamHttp *http, GUri *uri, const char *reason)
{
  g_autoptr (GBytes) rest = dadam_http_read_all (http, 65536, NULL);
  g_autofree char *host = host_of (uri);

  dadam_ledger_note (self->ledger, host, reason, dadam_http_close (http));
}

/**
 * dadam_hub_close:
 *
 * Ends the reading of an answer and notes it in the ledger.
 */
void
dadam_hub_close (DadamHub *self, DadamHttp *http, const char *url, const char *reason)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  g_autofree char *host = uri != NULL ? host_of (uri) : g_strdup (url);

  dadam_ledger_note (self->ledger, host, reason, dadam_http_close (http));
}

static gboolean
is_redirect (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static gboolean
is_answer (guint status)
{
  return (status >= 200 && status < 300) || is_redirect (status) || status == 416;
}

/* One exchange; an answer that is an error of the server's becomes one of ours. */
static SoupMessage *
exchange (DadamHub *self,
          DadamHttp *http,
          GUri *uri,
          const DadamHubRequest *request,
          GError **error)
{
  DadamHubBucket bucket = bucket_of (self, uri);
  g_autoptr (SoupMessage) message = NULL;
  g_autofree char *host = host_of (uri);
  gboolean had_token;

  if (!wait_turn (self, http, bucket, error))
    return NULL;
  message = make_message (self, uri, request, &had_token);
  if (!dadam_http_send (http, message, error)) {
    dadam_ledger_note (self->ledger, host, request->reason, 0);
    dadam_hub_error_from_io (error, host);
    return NULL;
  }
  note_limit (self, bucket, wait_of_answer (message));
  if (is_answer (soup_message_get_status (message)))
    return g_steal_pointer (&message);

  discard (self, http, uri, request->reason);
  g_propagate_error (error, dadam_hub_error_from_status (message, had_token,
                                                         same_origin (uri, self->origin)));
  if (soup_message_get_status (message) == 429 && wait_of_answer (message) < 0)
    note_limit (self, bucket, 10);

  return NULL;
}

/* Seconds to wait after so many failures and one: longer each time, and not in step
 * with everybody else who failed. */
double
dadam_hub_get_delay (DadamHub *self, guint failures)
{
  return FIRST_DELAY * self->idle_seconds * (1 << MIN (failures, 6))
         * g_random_double_range (0.7, 1.3);
}

/* Tries again what may pass: cut connections, servers in trouble, limits. */
static SoupMessage *
persist (DadamHub *self, DadamHttp *http, GUri *uri, const DadamHubRequest *request, GError **error)
{
  for (guint try = 1;; try++) {
    g_autoptr (GError) problem = NULL;
    SoupMessage *message = exchange (self, http, uri, request, &problem);
    gboolean limited = g_error_matches (problem, DADAM_HUB_ERROR, DADAM_HUB_ERROR_RATE_LIMITED);

    if (message != NULL)
      return message;
    if (request->once || try == MOST_TRIES || !(limited || dadam_hub_error_is_passing (problem))
        || g_error_matches (problem, DADAM_HUB_ERROR, DADAM_HUB_ERROR_UNREACHABLE)) {
      g_propagate_error (error, g_steal_pointer (&problem));
      return NULL;
    }
    if (!limited && !dadam_http_sleep (http, dadam_hub_get_delay (self, try - 1), error))
      return NULL;
  }
}

static GUri *
next_hop (DadamHub *self, GUri *uri, SoupMessage *message, GError **error)
{
  const char *location = soup_message_headers_get_one (soup_message_get_response_headers (message),
                                                       "Location");
  g_autoptr (GUri) next = NULL;

  if (location != NULL)
    next = g_uri_parse_relative (uri, location, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE,
                                 NULL);
  if (next == NULL || !is_allowed (self, next)) {
    g_autofree char *host = next != NULL && g_uri_get_host (next) ? host_of (next) : NULL;

    g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_REDIRECT, host));
    return NULL;
  }

  return g_steal_pointer (&next);
}

/**
 * dadam_hub_send:
 *
 * Sends a request, and again where a redirect leads or a failure passes.  The
 * answer is a success, 416, or with `stay` a redirect that leaves the endpoint;
 * its body is then read from @http and ended with dadam_hub_close.
 *
 * Returns: (transfer full): the answer; its address is that of the last hop
 */
SoupMessage *
dadam_hub_send (DadamHub *self, DadamHttp *http, const DadamHubRequest *request, GError **error)
{
  g_autoptr (GUri) uri = NULL;

  if (self->offline) {
    g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_OFFLINE, NULL));
    return NULL;
  }
  uri = parse_url (self, request->url, error);
  if (uri == NULL)
    return NULL;
  for (guint hop = 0; hop < MOST_HOPS; hop++) {
    g_autoptr (SoupMessage) message = persist (self, http, uri, request, error);
    g_autoptr (GUri) next = NULL;

    if (message == NULL || !is_redirect (soup_message_get_status (message)))
      return g_steal_pointer (&message);
    next = next_hop (self, uri, message, error);
    if (next == NULL || (request->stay && !same_origin (next, self->origin))) {
      discard (self, http, uri, request->reason);
      return next != NULL ? g_steal_pointer (&message) : NULL;
    }
    discard (self, http, uri, request->reason);
    g_uri_unref (uri);
    uri = g_steal_pointer (&next);
  }
  g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_REDIRECT, NULL));

  return NULL;
}

/* ---- JSON -------------------------------------------------------------- */

/* (transfer full) (nullable): the address that a Link header calls the next. */
static char *
next_of_link (DadamHub *self, SoupMessage *message)
{
  const char *link = soup_message_headers_get_list (soup_message_get_response_headers (message),
                                                    "Link");
  g_auto (GStrv) links = g_strsplit (link ? link : "", ",", -1);

  for (guint i = 0; links[i] != NULL; i++) {
    const char *open = strchr (links[i], '<');
    const char *close = open != NULL ? strchr (open, '>') : NULL;
    g_autofree char *address = NULL;

    if (close == NULL || strstr (close, "rel=\"next\"") == NULL)
      continue;
    address = g_strndup (open + 1, (gsize) (close - open - 1));
    if (g_str_has_prefix (address, DADAM_HUB_ENDPOINT "/"))
      return g_strconcat (self->endpoint, address + strlen (DADAM_HUB_ENDPOINT), NULL);
    return g_uri_resolve_relative (self->endpoint, address, G_URI_FLAGS_ENCODED, NULL);
  }

  return NULL;
}

/**
 * dadam_hub_get_json:
 * @next: (out) (optional) (nullable): the address of the next page
 *
 * Returns: (transfer full): what the Hub answers
 */
JsonNode *
dadam_hub_get_json (DadamHub *self,
                    DadamHttp *http,
                    const DadamHubRequest *request,
                    char **next,
                    GError **error)
{
  g_autoptr (SoupMessage) message = dadam_hub_send (self, http, request, error);
  g_autoptr (GBytes) body = NULL;
  JsonNode *node = NULL;

  if (message == NULL)
    return NULL;
  body = dadam_http_read_all (http, MOST_JSON, error);
  dadam_hub_close (self, http, request->url, request->reason);
  if (body == NULL) {
    dadam_hub_error_from_io (error, g_uri_get_host (self->origin));
    return NULL;
  }
  if (g_bytes_get_size (body) > 0)
    node = dadam_json_parse (g_bytes_get_data (body, NULL), (gssize) g_bytes_get_size (body));
  if (node == NULL)
    g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_NO_HUB, NULL));
  else if (next != NULL)
    *next = next_of_link (self, message);

  return node;
}
