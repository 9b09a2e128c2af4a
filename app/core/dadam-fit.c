/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads the beginning of a file from the Hub, as much as its header takes, and
 * asks the engine for the dry run of loading it: what is shown before and what
 * happens after cannot disagree.
 */
#include "config.h"

#include "dadam-fit.h"

#include <glib/gi18n.h>
#include <string.h>

#include "dadam-error.h"
#include "dadam-hub-private.h"

#define FIRST_PIECE ((gsize) 2 << 20)
#define MOST_HEADER ((gsize) 64 << 20)
#define SPARE ((guint64) 2 << 30) /* what a recommended file leaves free */
#define SAMPLE ((gsize) 64 << 20) /* larger than caches */

#define USUAL_CONTEXT 4096
#define USUAL_BITS 5 /* that a weight takes */
#define USUAL_CACHE ((guint64) 512 << 20)
#define COMPUTING ((guint64) 128 << 20) /* about what a pass takes beside weights and cache */

/* Which file, and how would it run? */
typedef struct {
  DadamHub *hub;   /* borrowed, as the next */
  DadamHttp *http; /* of the thread that answers it */

  /* Owned. */
  DadamEngine *engine;
  DadamHubRepo *repo;
  DadamHubFile *file; /* %NULL: to be chosen */
  DadamDryRun *run;
} Question;

static void
question_free (Question *question)
{
  g_object_unref (question->engine);
  g_object_unref (question->repo);
  g_clear_object (&question->file);
  dadam_dry_run_free (question->run);
  g_free (question);
}

/* Whether other programs have room beside it: what is recommended does. */
gboolean
dadam_fit_leaves_room (const DadamDryRun *run)
{
  guint64 needs = run->weights + run->cache + run->activations;

  return run->runs == DADAM_RUNS_ON_GPU
         || (run->runs < DADAM_RUNS_TOO_BIG && run->available >= needs + SPARE);
}

/* ---- before anybody is asked ------------------------------------------- */

static DadamRuns
guess_runs (guint64 needs, const DadamRoom *room, guint64 *available)
{
  *available = room->ram;
  if (room->gpu == 0)
    return needs <= room->ram ? DADAM_RUNS_ON_CPU : DADAM_RUNS_TOO_BIG;
  *available = room->gpu;
  if (needs <= room->gpu)
    return DADAM_RUNS_ON_GPU;
  *available = room->gpu + room->ram;

  return needs <= *available ? DADAM_RUNS_ON_BOTH : DADAM_RUNS_TOO_BIG;
}

/**
 * dadam_fit_estimate:
 * @size: (out): about how large the file is
 *
 * What is known of an offer without the network: the first of its usual files that
 * leaves enough memory free, or the last.  The file's own header has the last word.
 *
 * Returns: (transfer full): how it would run
 */
DadamDryRun *
dadam_fit_estimate (DadamOffer *offer, const DadamRoom *room, guint64 *size)
{
  DadamDryRun *run = g_new0 (DadamDryRun, 1);
  gint64 context = dadam_offer_get_context (offer);
  const char *quant;

  *size = 0;
  run->runs = DADAM_RUNS_NOT;
  run->problem = g_strdup (dadam_offer_get_problem (offer));
  run->context = context > 0 ? context : USUAL_CONTEXT;
  run->cache = (guint64) run->context * dadam_offer_get_token_bytes (offer);
  run->activations = COMPUTING;
  for (guint i = 0; run->problem == NULL && dadam_offer_get_size (offer, i, &quant) > 0; i++) {
    *size = run->weights = dadam_offer_get_size (offer, i, &quant);
    run->runs = guess_runs (*size + run->cache + run->activations, room, &run->available);
    if (dadam_fit_leaves_room (run))
      break;
  }

  return run;
}

/**
 * dadam_fit_estimate_repo:
 *
 * What the Hub's search tells of a repository is enough for a guess: a file of the usual
 * quantisation and a conversation of the usual length.
 *
 * Returns: (transfer full) (nullable): how it would run; %NULL: not enough is known
 */
DadamDryRun *
dadam_fit_estimate_repo (DadamHubRepo *repo, const DadamRoom *room)
{
  const char *family = dadam_hub_repo_get_family (repo);
  guint64 parameters = (guint64) dadam_hub_repo_get_parameters (repo);
  DadamDryRun *run;

  if (family == NULL)
    return NULL;
  run = g_new0 (DadamDryRun, 1);
  run->runs = DADAM_RUNS_NOT;
  if (!dadam_engine_knows_family (family)) {
    run->problem = g_strdup_printf (_ ("it does not know the family “%s”"), family);
    return run;
  }
  run->weights = parameters * USUAL_BITS / 8;
  run->cache = USUAL_CACHE;
  run->activations = COMPUTING;
  run->runs = guess_runs (run->weights + run->cache + run->activations, room, &run->available);

  return run;
}

/* A split model's tensors are told of part by part: its size is enough for a guess. */
static DadamDryRun *
estimate_parts (const Question *question, DadamHubFile *first)
{
  DadamRoom room = dadam_engine_read_room (question->engine);
  DadamDryRun *run = g_new0 (DadamDryRun, 1);

  run->weights = (guint64) dadam_hub_repo_get_size_of (question->repo, first);
  run->cache = USUAL_CACHE;
  run->activations = COMPUTING;
  run->context = USUAL_CONTEXT;
  run->runs = guess_runs (run->weights + run->cache + run->activations, &room, &run->available);

  return run;
}

/* ---- a header from afar ------------------------------------------------ */

static gboolean
read_more (const Question *question,
           const char *url,
           gsize until,
           GByteArray *bytes,
           GError **error)
{
  DadamHubRequest request = { .url = url,
                              .reason = _ ("will it run here?"),
                              .ranged = TRUE,
                              .first = bytes->len,
                              .last = (gint64) until - 1 };
  g_autoptr (SoupMessage) message = dadam_hub_send (question->hub, question->http, &request, error);
  g_autofree guint8 *piece = g_malloc (65536);
  gssize got = 0;

  if (message == NULL)
    return FALSE;
  /* A server without ranges sends all from the beginning. */
  if (soup_message_get_status (message) != 206)
    g_byte_array_set_size (bytes, 0);
  while (bytes->len < until && (got = dadam_http_read (question->http, piece, 65536, error)) > 0)
    g_byte_array_append (bytes, piece, (guint) got);
  dadam_hub_close (question->hub, question->http, url, request.reason);
  if (got < 0)
    dadam_hub_error_from_io (error, url);
  else if (bytes->len < until)
    g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_INTERRUPTED, NULL));

  return bytes->len >= until;
}

static DadamDryRun *
fit_whole (const Question *question, DadamHubFile *file, GError **error)
{
  gint64 size = dadam_hub_file_get_size (file);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (DadamHubPlace) place = dadam_hub_resolve (question->hub, question->http,
                                                       dadam_hub_repo_get_id (question->repo),
                                                       dadam_hub_repo_get_commit (question->repo),
                                                       dadam_hub_file_get_path (file), error);
  gsize most = (gsize) MIN (size, (gint64) MOST_HEADER);

  if (place == NULL)
    return NULL;
  for (gsize until = MIN (FIRST_PIECE, most);; until = MIN (until * 4, most)) {
    g_autoptr (GError) problem = NULL;
    DadamDryRun *run;

    if (!read_more (question, place->url, until, bytes, error))
      return NULL;
    run = dadam_dry_run (question->engine, bytes->data, bytes->len, size, &problem);
    if (run != NULL)
      return run;
    if (until == most || !g_error_matches (problem, DADAM_ERROR, DADAM_ERROR_DAMAGED)) {
      g_propagate_error (error, g_steal_pointer (&problem));
      return NULL;
    }
  }
}

static DadamDryRun *
fit_file (const Question *question, DadamHubFile *file, GError **error)
{
  guint n_parts;

  dadam_hub_file_get_part (file, &n_parts);

  return n_parts > 1 ? estimate_parts (question, file) : fit_whole (question, file, error);
}

/* ---- the one for this computer ----------------------------------------- */

static DadamHubFile *
find_quant (DadamHubRepo *repo, const char *quant)
{
  g_autoptr (GPtrArray) found = dadam_hub_repo_find (repo, quant);

  return found->len == 1 ? g_object_ref (found->pdata[0]) : NULL;
}

/* The first of these that runs as wanted.  A failure to find out ends it. */
static DadamHubFile *
try_quants (const Question *question,
            const char *const *quants,
            gboolean only_gpu,
            DadamDryRun **run,
            GError **error)
{
  for (guint i = 0; quants[i] != NULL; i++) {
    g_autoptr (DadamHubFile) file = find_quant (question->repo, quants[i]);
    g_autoptr (DadamDryRun) dry = NULL;

    if (file == NULL)
      continue;
    dry = fit_file (question, file, error);
    if (dry == NULL)
      return NULL;
    if (dadam_fit_leaves_room (dry) && (!only_gpu || dry->runs == DADAM_RUNS_ON_GPU)) {
      *run = g_steal_pointer (&dry);
      return g_steal_pointer (&file);
    }
  }

  return NULL;
}

static DadamHubFile *
choose (const Question *question, DadamDryRun **run, GError **error)
{
  static const char *const usual[] = { "q4_k_m", "q3_k_m", "q2_k", NULL };
  static const char *const large[] = { "q8_0", "q5_k_m", NULL };
  g_autoptr (GError) problem = NULL;
  g_autoptr (DadamHubFile) file = try_quants (question, usual, FALSE, run, &problem);

  if (file != NULL && (*run)->runs == DADAM_RUNS_ON_GPU) {
    DadamDryRun *better = NULL;
    DadamHubFile *larger = try_quants (question, large, TRUE, &better, &problem);

    if (larger != NULL) {
      dadam_dry_run_free (*run);
      *run = better;
      return larger;
    }
    g_clear_error (&problem);
  }
  if (problem != NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  else if (file == NULL)
    g_set_error_literal (error, DADAM_ERROR, DADAM_ERROR_NO_MEMORY,
                         _ ("None of the usual files of this model leaves enough memory free on "
                            "this computer. Choose a smaller model, or name a file."));

  return g_steal_pointer (&file);
}

/* ---- speed ------------------------------------------------------------- */

typedef struct {
  const guint64 *words;
  gsize n;
} Share;

static gpointer
read_share (gpointer data)
{
  const Share *share = data;
  guint64 sum[8] = { 0 };

  for (gsize i = 0; i + 8 <= share->n; i += 8)
    for (guint j = 0; j < 8; j++)
      sum[j] += share->words[i + j];
  for (guint j = 1; j < 8; j++)
    sum[0] ^= sum[j];

  return GSIZE_TO_POINTER ((gsize) sum[0]);
}

/* Bytes a second of the memory, by all processors together: the best of three. */
static double
measure_bandwidth (void)
{
  guint n = CLAMP (g_get_num_processors (), 1, 16);
  g_autofree guint64 *words = g_try_malloc (SAMPLE);
  gsize each = SAMPLE / sizeof *words / n;
  double best = 0;

  if (words == NULL)
    return 0;
  memset (words, 1, SAMPLE);
  for (guint round = 0; round < 3; round++) {
    gint64 start = g_get_monotonic_time ();
    GThread *threads[16];
    Share shares[16];

    for (guint i = 0; i < n; i++) {
      shares[i] = (Share) { words + i * each, each };
      threads[i] = g_thread_new ("bandwidth", read_share, &shares[i]);
    }
    for (guint i = 0; i < n; i++)
      g_thread_join (threads[i]);
    best = MAX (best, (double) (each * n * sizeof *words)
                          / (double) MAX (1, g_get_monotonic_time () - start) * G_USEC_PER_SEC);
  }

  return best;
}

/* Tokens a second to expect of the processor, at most.  Blocks for some hundredths of
 * a second, once. */
static double
expect_speed (const DadamDryRun *run)
{
  static GMutex lock;
  static double bandwidth;
  double measured;

  if (run->runs != DADAM_RUNS_ON_CPU || run->token_bytes == 0)
    return 0;
  g_mutex_lock (&lock);
  if (bandwidth <= 0)
    bandwidth = measure_bandwidth ();
  measured = bandwidth;
  g_mutex_unlock (&lock);

  return measured / (double) run->token_bytes;
}

/* ---- words ------------------------------------------------------------- */

/* One word or two for a pill. */
const char *
dadam_fit_get_pill (const DadamDryRun *run)
{
  switch (run->runs) {
  case DADAM_RUNS_ON_GPU: return _ ("GPU");
  case DADAM_RUNS_ON_BOTH: return _ ("GPU + CPU");
  case DADAM_RUNS_ON_CPU: return _ ("CPU");
  case DADAM_RUNS_TOO_BIG: return _ ("Too big");
  case DADAM_RUNS_NOT: break;
  }

  return _ ("Cannot run");
}

/* (transfer full): why this file, in a line. */
char *
dadam_fit_get_words (const DadamDryRun *run, gint64 size)
{
  g_autofree char *bytes = g_format_size ((guint64) size);
  g_autofree char *needs = g_format_size (run->weights + run->cache + run->activations);
  g_autofree char *has = g_format_size (run->available);

  if (run->runs == DADAM_RUNS_NOT)
    return g_strdup_printf (_ ("Dadam cannot run it: %s"), run->problem ? run->problem : "");
  if (run->runs == DADAM_RUNS_TOO_BIG)
    return g_strdup_printf (_ ("Too big for this computer: it needs %s of memory, %s are free"),
                            needs, has);
  if (run->speed <= 0)
    return g_strdup_printf (_ ("Right for this computer: %s"), bytes);
  if (run->speed < 10)
    return g_strdup_printf (_ ("Right for this computer: %s, about %.1f tokens a second"), bytes,
                            run->speed);

  return g_strdup_printf (_ ("Right for this computer: %s, about %.0f tokens a second"), bytes,
                          run->speed);
}

/* ---- beside the main loop ---------------------------------------------- */

static void
fit_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Question *question = data;
  g_autoptr (DadamHttp) http = dadam_hub_connect (source, cancellable);
  GError *error = NULL;

  question->hub = source;
  question->http = http;
  if (question->file != NULL)
    question->run = fit_file (question, question->file, &error);
  else
    question->file = choose (question, &question->run, &error);
  if (question->run != NULL)
    question->run->speed = expect_speed (question->run);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
ask (DadamHub *hub,
     DadamEngine *engine,
     DadamHubRepo *repo,
     DadamHubFile *file,
     GCancellable *cancellable,
     GAsyncReadyCallback callback,
     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (hub, cancellable, callback, user_data);
  Question *question = g_new0 (Question, 1);

  question->engine = g_object_ref (engine);
  question->repo = g_object_ref (repo);
  question->file = file != NULL ? g_object_ref (file) : NULL;
  g_task_set_source_tag (task, ask);
  g_task_set_task_data (task, question, (GDestroyNotify) question_free);
  g_task_run_in_thread (task, fit_thread);
}

/* Finds out how a file would run; reads a few MB of it. */
void
dadam_fit_file_async (DadamHub *hub,
                      DadamEngine *engine,
                      DadamHubRepo *repo,
                      DadamHubFile *file,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  ask (hub, engine, repo, file, cancellable, callback, user_data);
}

DadamDryRun *
dadam_fit_file_finish (DadamHub *hub, GAsyncResult *result, GError **error)
{
  Question *question;

  g_return_val_if_fail (g_task_is_valid (result, hub), NULL);

  question = g_task_get_task_data (G_TASK (result));
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;

  return g_steal_pointer (&question->run);
}

/**
 * dadam_fit_choose_async:
 *
 * Finds the recommended file: the first of Q4_K_M, Q3_K_M, Q2_K that leaves 2 GiB
 * free; Q8_0 and Q5_K_M only if wholly on a GPU.
 */
void
dadam_fit_choose_async (DadamHub *hub,
                        DadamEngine *engine,
                        DadamHubRepo *repo,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  ask (hub, engine, repo, NULL, cancellable, callback, user_data);
}

/**
 * dadam_fit_choose_finish:
 * @run: (out): how it would run
 *
 * Returns: (transfer full): the file
 */
DadamHubFile *
dadam_fit_choose_finish (DadamHub *hub, GAsyncResult *result, DadamDryRun **run, GError **error)
{
  Question *question;

  g_return_val_if_fail (g_task_is_valid (result, hub), NULL);

  question = g_task_get_task_data (G_TASK (result));
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  *run = g_steal_pointer (&question->run);

  return g_steal_pointer (&question->file);
}
