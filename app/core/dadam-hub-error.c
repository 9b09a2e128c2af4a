/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One table of texts by code, and the reading of status lines, headers and system
 * errors into those codes.
 */
#include "config.h"

#include "dadam-hub-error.h"

#include <glib/gi18n.h>
#include <string.h>

G_DEFINE_QUARK (dadam - hub - error - quark, dadam_hub_error)

static const char *const texts[] = {
  [DADAM_HUB_ERROR_OFFLINE] = N_ ("Offline mode is on, so nothing was asked of the network."),
  [DADAM_HUB_ERROR_UNREACHABLE] =
      N_ ("The server could not be reached. Check the connection and try again."),
  [DADAM_HUB_ERROR_INTERRUPTED] = N_ ("The connection was interrupted. Try again."),
  [DADAM_HUB_ERROR_TLS] =
      N_ ("The server could not prove who it is, so nothing was fetched. Check the date of this "
          "computer, and whether this network asks for a sign-in page."),
  [DADAM_HUB_ERROR_NO_HUB] = N_ (
      "Something other than the model hub answered. If this network has a sign-in page, open it in "
      "a browser first."),
  [DADAM_HUB_ERROR_BAD_ADDRESS] =
      N_ ("This name cannot be used. A repository is written owner/name."),
  [DADAM_HUB_ERROR_REDIRECT] =
      N_ ("The server sends us on to a place that is not trusted, or round in circles."),
  [DADAM_HUB_ERROR_NO_REPOSITORY] =
      N_ ("There is no such repository, or your token may not see it. Check the name."),
  [DADAM_HUB_ERROR_HIDDEN] =
      N_ ("There is no such repository, or it is private. Check the name; for a private repository "
          "enter an access token in the preferences, or set HF_TOKEN."),
  [DADAM_HUB_ERROR_NO_REVISION] = N_ ("The repository has no such version."),
  [DADAM_HUB_ERROR_NO_FILE] = N_ ("The repository has no such file."),
  [DADAM_HUB_ERROR_GATED_NO_TOKEN] = N_ (
      "This model asks for its terms to be accepted. Accept them on its web page, then enter an "
      "access token in the preferences, or set HF_TOKEN."),
  [DADAM_HUB_ERROR_GATED] =
      N_ ("The terms of this model have not been accepted with this account. Open its web page and "
          "accept them, then try again."),
  [DADAM_HUB_ERROR_BAD_TOKEN] =
      N_ ("The access token is not valid. Enter a new one in the preferences, or remove it there."),
  [DADAM_HUB_ERROR_DISABLED] = N_ ("The hub has disabled this repository."),
  [DADAM_HUB_ERROR_FORBIDDEN] = N_ ("The server refused."),
  [DADAM_HUB_ERROR_EXPIRED] = N_ ("The server refused the download link. Try again later."),
  [DADAM_HUB_ERROR_RATE_LIMITED] = N_ ("Too many requests from this connection. Try again later."),
  [DADAM_HUB_ERROR_SERVER] = N_ ("The server has a problem of its own. Try again later."),
  [DADAM_HUB_ERROR_CHANGED] = N_ (
      "The file on the hub is no longer the one that was agreed on. Look at the repository again."),
  [DADAM_HUB_ERROR_NO_RANGES] = N_ (
      "The server cannot continue a download, only send the whole file again. Start it again if "
      "that is all right."),
};

/**
 * dadam_hub_error_new:
 * @what: (nullable): a detail for a second line
 */
GError *
dadam_hub_error_new (DadamHubError code, const char *what)
{
  g_autofree char *detail = what != NULL ? g_utf8_make_valid (what, -1) : NULL;

  if (detail == NULL || detail[0] == '\0')
    return g_error_new_literal (DADAM_HUB_ERROR, (int) code, _ (texts[code]));

  return g_error_new (DADAM_HUB_ERROR, (int) code, "%s\n%s", _ (texts[code]), detail);
}

static gboolean
is (const char *text, const char *wanted)
{
  return text != NULL && g_ascii_strcasecmp (text, wanted) == 0;
}

static DadamHubError
code_of_denial (const char *name, const char *said, gboolean had_token, guint status)
{
  if (is (name, "GatedRepo"))
    return had_token && status == 403 ? DADAM_HUB_ERROR_GATED : DADAM_HUB_ERROR_GATED_NO_TOKEN;
  if (said != NULL && strstr (said, "Access to this resource is disabled") != NULL)
    return DADAM_HUB_ERROR_DISABLED;
  if (is (name, "RepoNotFound"))
    return had_token ? DADAM_HUB_ERROR_NO_REPOSITORY : DADAM_HUB_ERROR_HIDDEN;
  if (status == 401)
    return had_token ? DADAM_HUB_ERROR_BAD_TOKEN : DADAM_HUB_ERROR_HIDDEN;

  return DADAM_HUB_ERROR_FORBIDDEN;
}

static DadamHubError
code_of_hub (guint status, const char *name, const char *said, gboolean had_token)
{
  if (is (name, "RevisionNotFound"))
    return DADAM_HUB_ERROR_NO_REVISION;
  if (is (name, "EntryNotFound"))
    return DADAM_HUB_ERROR_NO_FILE;
  if (status == 401 || status == 403)
    return code_of_denial (name, said, had_token, status);
  if (is (name, "RepoNotFound") || status == 404 || status == 410)
    return had_token ? DADAM_HUB_ERROR_NO_REPOSITORY : DADAM_HUB_ERROR_HIDDEN;
  if (status == 429)
    return DADAM_HUB_ERROR_RATE_LIMITED;
  if (status >= 500 || status == 408)
    return DADAM_HUB_ERROR_SERVER;
  if (status == 511)
    return DADAM_HUB_ERROR_NO_HUB;

  return DADAM_HUB_ERROR_FORBIDDEN;
}

/* A link that ran out is refused with any of these. */
static DadamHubError
code_of_store (guint status)
{
  if (status == 400 || status == 401 || status == 403 || status == 404 || status == 410)
    return DADAM_HUB_ERROR_EXPIRED;
  if (status == 429)
    return DADAM_HUB_ERROR_RATE_LIMITED;
  if (status >= 500 || status == 408)
    return DADAM_HUB_ERROR_SERVER;

  return DADAM_HUB_ERROR_FORBIDDEN;
}

/**
 * dadam_hub_error_from_status:
 * @at_hub: the endpoint answered, not the host that it sent us to
 *
 * Returns: (transfer full): why an answer is none
 */
GError *
dadam_hub_error_from_status (SoupMessage *message, gboolean had_token, gboolean at_hub)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  guint status = soup_message_get_status (message);
  const char *name = soup_message_headers_get_one (headers, "X-Error-Code");
  const char *said = soup_message_headers_get_one (headers, "X-Error-Message");
  DadamHubError code;

  if (status == 511)
    code = DADAM_HUB_ERROR_NO_HUB;
  else
    code = at_hub ? code_of_hub (status, name, said, had_token) : code_of_store (status);
  if (code == DADAM_HUB_ERROR_FORBIDDEN || code == DADAM_HUB_ERROR_SERVER) {
    g_autofree char *detail = g_strdup_printf ("HTTP %u%s%.200s", status, said ? ": " : "",
                                               said ? said : "");

    return dadam_hub_error_new (code, detail);
  }

  return dadam_hub_error_new (code, NULL);
}

static gboolean
is_unreachable (const GError *error)
{
  static const int codes[] = { G_IO_ERROR_HOST_UNREACHABLE, G_IO_ERROR_NETWORK_UNREACHABLE,
                               G_IO_ERROR_CONNECTION_REFUSED, G_IO_ERROR_HOST_NOT_FOUND,
                               G_IO_ERROR_PROXY_FAILED };

  if (error->domain == G_RESOLVER_ERROR)
    return TRUE;
  for (guint i = 0; error->domain == G_IO_ERROR && i < G_N_ELEMENTS (codes); i++)
    if (error->code == codes[i])
      return TRUE;

  return FALSE;
}

/* A handshake that was cut off proves nothing about the server; another try may do. */
static gboolean
is_distrust (const GError *error)
{
  return error->domain == G_TLS_ERROR && error->code != G_TLS_ERROR_EOF
         && error->code != G_TLS_ERROR_MISC;
}

/**
 * dadam_hub_error_from_io:
 *
 * Puts an error of ours in place of one of the system or of libsoup; a
 * cancellation stays one.  An address's query, which may be a signature, is left
 * out of the words.
 */
void
dadam_hub_error_from_io (GError **error, const char *host)
{
  g_autoptr (GError) cause = *error;
  g_autofree char *detail = NULL;
  DadamHubError code = DADAM_HUB_ERROR_INTERRUPTED;

  if (cause == NULL || cause->domain == DADAM_HUB_ERROR
      || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_steal_pointer (&cause);
    return;
  }
  if (is_distrust (cause))
    code = DADAM_HUB_ERROR_TLS;
  else if (is_unreachable (cause))
    code = DADAM_HUB_ERROR_UNREACHABLE;
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE))
    code = DADAM_HUB_ERROR_NO_HUB;
  detail = g_strdup_printf ("%.*s: %s", (int) strcspn (host, "?"), host, cause->message);
  *error = dadam_hub_error_new (code, detail);
}

/**
 * dadam_hub_error_is_passing:
 *
 * Whether trying again soon may help.
 */
gboolean
dadam_hub_error_is_passing (const GError *error)
{
  return g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_INTERRUPTED)
         || g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_UNREACHABLE)
         || g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_SERVER);
}

/* Whether the terms of the repository may have to be accepted, on its web page. */
gboolean
dadam_hub_error_wants_terms (const GError *error)
{
  return g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_GATED)
         || g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_GATED_NO_TOKEN)
         || g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_HIDDEN);
}

/* Whether an access token, or another one, may help. */
gboolean
dadam_hub_error_wants_token (const GError *error)
{
  return g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_GATED_NO_TOKEN)
         || g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_HIDDEN)
         || g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_BAD_TOKEN);
}
