/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the Hub to a verified file, as one straight line with one loop: resolve,
 * ask for the rest, take what comes; and again when that ends early.
 */
#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#include "dadam-disk.h"
#include "dadam-download-private.h"
#include "dadam-engine-file.h"

#define MOST_TRIES 6              /* that bring next to nothing */
#define PROGRESS ((gint64) 256 << 10) /* so much is worth another try at once */
#define LINK_AGE (10 * 60)        /* seconds after which a link is asked for anew */
#define SPACE_CHECK ((gint64) 64 << 20)

typedef struct {
  DadamFetch *fetch;
  DadamHttp *http;
  DadamPart *part;
  DadamHubPlace *place;
  guint tries;
  gint64 tried_at; /* offset of the last progress */
  gint64 space_at; /* where to look again whether there is room */
} Run;

DadamFetch *
dadam_fetch_new (DadamHub *hub, const DadamFacts *facts, const char *place)
{
  DadamFetch *self = g_new0 (DadamFetch, 1);

  self->hub = g_object_ref (hub);
  self->facts = dadam_facts_copy (facts);
  self->place = g_strdup (place);
  self->state = DADAM_DOWNLOAD_CHECKING;

  return self;
}

void
dadam_fetch_free (DadamFetch *self)
{
  g_object_unref (self->hub);
  dadam_facts_free (self->facts);
  g_free (self->place);
  g_free (self);
}

static void
tell (DadamFetch *self, DadamDownloadState state)
{
  g_atomic_int_set (&self->state, (int) state);
}

/* What is there, and so much more that is not taken yet. */
static void
tell_done (Run *run, gsize more)
{
  gint64 done = dadam_part_get_offset (run->part) + (gint64) more;

  __atomic_store_n (&run->fetch->done, done, __ATOMIC_RELAXED);
}

/* ---- room -------------------------------------------------------------- */

/* Space that is reserved is gone from what is free already. */
static gboolean
check_space (Run *run, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (run->fetch->place);
  gint64 offset = dadam_part_get_offset (run->part);
  gint64 left;

  if (offset < run->space_at)
    return TRUE;
  run->space_at = offset + SPACE_CHECK;
  left = dadam_disk_get_free (folder);
  if (left < 0 || left >= DADAM_DISK_KEEP_FREE / 4)
    return TRUE;
  g_set_error_literal (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NO_SPACE,
                       _ ("The disk is nearly full. Make room, then continue."));

  return FALSE;
}

static gboolean
check_room_for_all (Run *run, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (run->fetch->place);
  gint64 needed = dadam_part_get_missing (run->fetch->place, run->fetch->facts->size);

  return needed == 0 || !dadam_disk_make_folder (folder, NULL)
         || dadam_disk_has_room (folder, needed, error);
}

/* ---- asking ------------------------------------------------------------ */

static gboolean
fail (GError **error, DadamHubError code, const char *what)
{
  g_propagate_error (error, dadam_hub_error_new (code, what));

  return FALSE;
}

/* A place that is fresh enough, of the very content that was agreed on. */
static gboolean
resolve (Run *run, GError **error)
{
  const DadamFacts *facts = run->fetch->facts;

  if (run->place != NULL
      && g_get_monotonic_time () - run->place->resolved < LINK_AGE * (gint64) G_USEC_PER_SEC)
    return TRUE;
  g_clear_pointer (&run->place, dadam_hub_place_free);
  run->place = dadam_hub_resolve (run->fetch->hub, run->http, facts->repo, facts->commit,
                                  facts->path, error);
  if (run->place == NULL)
    return FALSE;
  if ((run->place->size >= 0 && run->place->size != facts->size)
      || (run->place->hash != NULL && strlen (run->place->hash) == strlen (facts->hash)
          && !g_str_equal (run->place->hash, facts->hash)))
    return fail (error, DADAM_HUB_ERROR_CHANGED, NULL);

  return TRUE;
}

/* Whether what comes is what was asked for, before a byte of it is taken. */
static gboolean
check_answer (Run *run, SoupMessage *message, GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  gint64 offset = dadam_part_get_offset (run->part);
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  goffset first, last, total;

  if (soup_message_headers_get_one (headers, "Content-Encoding") != NULL
      || (type != NULL && g_str_equal (type, "text/html")))
    return fail (error, DADAM_HUB_ERROR_NO_HUB, NULL);
  if (soup_message_get_status (message) == 416)
    return fail (error, DADAM_HUB_ERROR_CHANGED, NULL);
  if (soup_message_get_status (message) != 206) {
    if (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CONTENT_LENGTH
        && soup_message_headers_get_content_length (headers) != run->fetch->facts->size)
      return fail (error, DADAM_HUB_ERROR_NO_HUB, NULL);
    if (offset == 0)
      return TRUE;
    return run->fetch->restart_allowed ? dadam_part_restart (run->part, error)
                                       : fail (error, DADAM_HUB_ERROR_NO_RANGES, NULL);
  }
  if (!soup_message_headers_get_content_range (headers, &first, &last, &total) || first != offset
      || (total >= 0 && total != run->fetch->facts->size))
    return fail (error, DADAM_HUB_ERROR_NO_HUB, "Content-Range");

  return TRUE;
}

/* ---- taking ------------------------------------------------------------ */

/* A sign-in page or an old GGML file is told by its first bytes. */
static gboolean
check_beginning (Run *run, const guint8 *bytes, gsize length, GError **error)
{
  if (dadam_part_get_offset (run->part) != 0 || length < 4 || memcmp (bytes, "GGUF", 4) == 0)
    return TRUE;
  g_set_error_literal (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NOT_A_MODEL,
                       _ ("What the server sends is no GGUF model."));

  return FALSE;
}

/* Fills the room as far as the stream goes; what came before an error is kept. */
static gboolean
take_piece (Run *run, gboolean *more, GError **error)
{
  gsize room, filled = 0;
  guint8 *bytes = dadam_part_get_room (run->part, &room);
  gssize got = 1;
  g_autoptr (GError) problem = NULL;

  while (filled < room
         && (got = dadam_http_read (run->http, bytes + filled, room - filled, &problem)) > 0) {
    filled += (gsize) got;
    tell_done (run, filled);
  }
  if (!check_beginning (run, bytes, filled, error) || !dadam_part_append (run->part, filled, error))
    return FALSE;
  if (dadam_part_get_offset (run->part) - run->tried_at >= PROGRESS) {
    run->tried_at = dadam_part_get_offset (run->part);
    run->tries = 0;
  }
  *more = got > 0 && dadam_part_get_offset (run->part) < run->fetch->facts->size;
  if (problem == NULL)
    return TRUE;
  dadam_hub_error_from_io (&problem, run->place->url);
  g_propagate_error (error, g_steal_pointer (&problem));

  return FALSE;
}

static gboolean
take_body (Run *run, GError **error)
{
  gboolean more = TRUE;

  while (more)
    if (!check_space (run, error) || !take_piece (run, &more, error))
      return FALSE;
  if (dadam_part_get_offset (run->part) < run->fetch->facts->size)
    return fail (error, DADAM_HUB_ERROR_INTERRUPTED, NULL);

  return TRUE;
}

/* One request for the rest of the file and all that comes of it. */
static gboolean
attempt (Run *run, GError **error)
{
  g_autoptr (SoupMessage) message = NULL;
  DadamHubRequest request = { .reason = _ ("download"), .last = -1, .once = TRUE };
  g_autofree char *url = NULL;
  gboolean ok;

  request.url = url = g_strdup (run->place->url);
  request.first = dadam_part_get_offset (run->part);
  request.ranged = request.first > 0;
  if (!request.ranged)
    request.first = 0;
  message = dadam_hub_send (run->fetch->hub, run->http, &request, error);
  if (message == NULL)
    return FALSE;
  ok = check_answer (run, message, error) && take_body (run, error);
  dadam_hub_close (run->fetch->hub, run->http, url, request.reason);

  return ok;
}

/* ---- again ------------------------------------------------------------- */

static gboolean
may_pass (const GError *error)
{
  return dadam_hub_error_is_passing (error)
         || g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_EXPIRED)
         || g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_RATE_LIMITED);
}

static gboolean
is_ours (const GError *error)
{
  return error->domain == DADAM_STORE_ERROR || error->domain == DADAM_HUB_ERROR;
}

/* Attempts until all is there, or nothing came for too many of them. */
static gboolean
fetch_all (Run *run, GError **error)
{
  while (dadam_part_get_offset (run->part) < run->fetch->facts->size) {
    g_autoptr (GError) problem = NULL;

    tell (run->fetch, DADAM_DOWNLOAD_RUNNING);
    if (!resolve (run, error))
      return FALSE;
    if (attempt (run, &problem))
      continue;
    if (!may_pass (problem) || ++run->tries >= MOST_TRIES || !is_ours (problem)) {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
    /* A new link each time: the old one may have been the trouble. */
    if (run->tries > 1 || g_error_matches (problem, DADAM_HUB_ERROR, DADAM_HUB_ERROR_EXPIRED))
      g_clear_pointer (&run->place, dadam_hub_place_free);
    if (run->tries > 1
        && !dadam_http_sleep (run->http, dadam_hub_get_delay (run->fetch->hub, run->tries - 2),
                              error))
      return FALSE;
  }

  return TRUE;
}

/* ---- the end ----------------------------------------------------------- */

static gboolean
is_split (const char *path)
{
  unsigned number, of;
  gsize length = strlen (path);

  return length > 20 && sscanf (path + length - 20, "-%5u-of-%5u.gguf", &number, &of) == 2
         && of > 1;
}

/* Size, hash and header, in this order; what is wrong is not kept. */
static gboolean
check_whole (Run *run, GError **error)
{
  const DadamFacts *facts = run->fetch->facts;
  g_autofree char *part = g_strconcat (run->fetch->place, ".part", NULL);
  g_autofree char *found = NULL;

  tell (run->fetch, DADAM_DOWNLOAD_VERIFYING);
  found = dadam_part_finish (run->part, error);
  if (found == NULL)
    return FALSE;
  if (!g_str_equal (found, facts->hash)) {
    g_set_error (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_MISMATCH,
                 _ ("What came is not the file that the hub lists: its content should be %s and is "
                    "%s. Nothing of it was kept."),
                 facts->hash, found);
    dadam_part_discard (run->fetch->place);
    return FALSE;
  }
  if (!dadam_engine_file_check (part, is_split (facts->path), error)) {
    dadam_part_discard (run->fetch->place);
    return FALSE;
  }

  return dadam_part_publish (run->part, error);
}

static gboolean
run_all (Run *run, GCancellable *cancellable, GError **error)
{
  DadamFetch *fetch = run->fetch;

  if (fetch->facts->hash == NULL) {
    g_set_error_literal (
        error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_UNKNOWN,
        _ ("The hub does not tell this file's content, so it could not be verified."));
    return FALSE;
  }
  if (!check_room_for_all (run, error))
    return FALSE;
  run->part = dadam_part_open (fetch->place, fetch->facts, &fetch->done, cancellable, error);
  if (run->part == NULL)
    return FALSE;
  run->tried_at = dadam_part_get_offset (run->part);
  tell_done (run, 0);
  run->http = dadam_hub_connect (fetch->hub, cancellable);

  return fetch_all (run, error) && check_whole (run, error);
}

/**
 * dadam_fetch_run:
 *
 * Blocks until the file is in its place, verified; what came before an error or a
 * cancellation is kept for the next time.
 */
gboolean
dadam_fetch_run (DadamFetch *self, GCancellable *cancellable, GError **error)
{
  Run run = { .fetch = self };
  g_autoptr (GError) problem = NULL;
  gboolean ok = run_all (&run, cancellable, &problem);

  dadam_part_free (run.part);
  dadam_http_free (run.http);
  dadam_hub_place_free (run.place);
  /* Nothing that is not a model stays as the beginning of one. */
  if (g_error_matches (problem, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NOT_A_MODEL))
    dadam_part_discard (self->place);
  if (!ok)
    g_propagate_error (error, g_steal_pointer (&problem));

  return ok;
}
