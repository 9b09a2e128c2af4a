/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Models: from a file to something that sessions run on, and its text.
 */
#include "engine_private.h"

#include <string.h>

#include "model/model.h"

/* ---- opening ----------------------------------------------------------- */

bool
dd_engine_context (const dd_plan *plan, int64_t *context, dd_error *error)
{
  if (*context == 0)
    *context = plan->context < DD_DEFAULT_CONTEXT ? plan->context : DD_DEFAULT_CONTEXT;
  if (*context >= 1 && *context <= plan->context)
    return true;
  return dd_fail (error, DD_ERROR_ARGUMENT,
                  "a context of %lld tokens is wanted and the model was made for %lld; choose one "
                  "from 1 to that",
                  (long long) *context, (long long) plan->context);
}

#define AND " + "

/* Whether one of the names in a list is this; it may also be the beginning of another's. */
static bool
has_name (const char *list, const char *name)
{
  size_t length = strlen (name);

  for (const char *at = list; at != NULL; at = strstr (at, AND)) {
    at += at == list ? 0 : strlen (AND);
    if (strncmp (at, name, length) == 0
        && (at[length] == '\0' || strncmp (at + length, AND, strlen (AND)) == 0))
      return true;
  }
  return false;
}

static void
add_name (dd_model *model, const char *name)
{
  size_t used = strlen (model->device), length = strlen (name);

  if (has_name (model->device, name) || used + length + strlen (AND) + 1 > sizeof model->device)
    return;
  if (used > 0) {
    memcpy (model->device + used, AND, strlen (AND));
    used += strlen (AND);
  }
  memcpy (model->device + used, name, length + 1);
}

/* "Radeon + Ryzen 7": what its layers run on.  What has the table of tokens alone is
 * not named. */
static void
name_devices (dd_model *model)
{
  const dd_places *places = &model->ready->places;
  dd_caps caps;

  model->device[0] = '\0';
  for (int i = 0; i < places->count; i++) {
    if (places->items[i].device == NULL
        || (dd_place_layers (&places->items[i], model->plan) == 0 && model->plan->n_layers > 0))
      continue;
    dd_device_caps (places->items[i].device, &caps);
    add_name (model, caps.name);
  }
}

/* Where it is now. */
static void
read_places (dd_model *model)
{
  const dd_ready *ready = model->ready;

  name_devices (model);
  model->info.device = model->device;
  model->info.passed_over = ready->chosen.passed_over[0] ? ready->chosen.passed_over : NULL;
  model->info.card_layers = dd_places_card_layers (&ready->places, model->plan);
  model->info.memory = dd_places_memory (&ready->places);
  dd_ready_taken (ready, model->info.taken);
}

static void
read_info (dd_model *model, const char *repository)
{
  const dd_format *format = dd_format_detect (model->file->gguf, repository);

  model->info = (dd_model_info) {
    .name = model->file->info.name,
    .family = model->file->info.family,
    .type = model->file->info.type,
    .layers = model->plan->n_layers,
    .format = format != NULL ? format->name : NULL,
    .context = model->ready->request.context,
    .trained_context = model->plan->context,
    .vocab = model->plan->n_vocab,
    .file_bytes = model->file->info.bytes,
  };
}

static bool
check_cancelled (const dd_progress *progress, dd_error *error)
{
  if (progress->report == NULL || progress->report (0, 1, progress->user))
    return true;
  return dd_fail (error, DD_ERROR_CANCELLED, "loading was cancelled");
}

static bool
open_parts (dd_model *model, const char *path, const dd_model_options *options, dd_error *error)
{
  dd_ready_options wanted = {
    .devices = options->devices,
    .context = options->context,
    .cache = options->cache,
    .progress = options->progress,
  };

  if (options->cache != DD_CACHE_F16 && options->cache != DD_CACHE_F32)
    return dd_fail (error, DD_ERROR_ARGUMENT, "there is no cache type %d", (int) options->cache);
  return check_cancelled (&options->progress, error) && dd_file_open (path, &model->file, error)
         && dd_model_plan (model->file->gguf, &model->plan, error)
         && dd_engine_context (model->plan, &wanted.context, error)
         && dd_vocab_open (model->file->gguf, &model->vocab, error)
         && dd_ready_new (&model->engine->runner, model->plan, model->vocab, &wanted, &model->ready,
                          error);
}

bool
dd_model_open (dd_engine *engine,
               const char *path,
               const dd_model_options *options,
               dd_model **out,
               dd_error *error)
{
  const dd_model_options defaults = { 0 };
  dd_model *model = dd_alloc (DD_TAG_ENGINE, sizeof *model);

  *out = NULL;
  if (model == NULL)
    return dd_fail_memory (error, "a model");
  if (options == NULL)
    options = &defaults;
  model->engine = engine;
  if (!open_parts (model, path, options, error)) {
    dd_model_close (&model);
    return false;
  }
  read_info (model, options->repository);
  *out = model;
  return true;
}

void
dd_model_close (dd_model **model)
{
  dd_model *self = *model;

  if (self == NULL)
    return;
  dd_ready_free (&self->ready);
  dd_plan_free (&self->plan);
  dd_vocab_close (&self->vocab);
  dd_file_close (&self->file);
  dd_free (self);
  *model = NULL;
}

void
dd_model_info_get (dd_model *model, dd_model_info *out)
{
  dd_devices *devices = &model->engine->devices;

  /* Before its first session it may be asked by another thread than the one that replaces a
   * lost device. */
  pthread_rwlock_rdlock (&devices->in_use);
  read_places (model);
  *out = model->info;
  pthread_rwlock_unlock (&devices->in_use);
}

/* ---- text -------------------------------------------------------------- */

bool
dd_engine_encode (const dd_vocab *vocab,
                  const char *text,
                  size_t length,
                  bool special,
                  bool begin,
                  dd_token **tokens,
                  size_t *n_tokens,
                  dd_error *error)
{
  unsigned flags = special ? DD_ENCODE_SPECIAL : DD_ENCODE_TEXT;
  dd_token bos = dd_vocab_bos (vocab);
  dd_tokens list = { 0 };

  *tokens = NULL;
  *n_tokens = 0;
  if ((begin && dd_vocab_adds_bos (vocab) && bos >= 0 && !dd_tokens_append (&list, &bos, 1, error))
      || !dd_vocab_encode (vocab, text, length, flags, &list, error)) {
    dd_tokens_clear (&list);
    return false;
  }
  *tokens = list.items;
  *n_tokens = list.count;
  return true;
}

bool
dd_model_tokenize (const dd_model *model,
                   const char *text,
                   size_t length,
                   bool special,
                   bool begin,
                   dd_token **tokens,
                   size_t *n_tokens,
                   dd_error *error)
{
  return dd_engine_encode (model->vocab, text, length, special, begin, tokens, n_tokens, error);
}

size_t
dd_model_piece (const dd_model *model, dd_token token, char *out, size_t room)
{
  if (token < 0 || (size_t) token >= dd_vocab_size (model->vocab))
    return 0;
  return dd_vocab_piece (model->vocab, token, true, out, room);
}

bool
dd_model_is_end (const dd_model *model, dd_token token)
{
  return dd_vocab_is_end (model->vocab, token);
}

dd_token
dd_model_begin_token (const dd_model *model)
{
  return dd_vocab_adds_bos (model->vocab) ? dd_vocab_bos (model->vocab) : -1;
}

const char *
dd_format_name (size_t i, const char **title)
{
  const dd_format *format = dd_format_at (i);

  if (title != NULL)
    *title = format != NULL ? format->title : NULL;
  return format != NULL ? format->name : NULL;
}

bool
dd_model_prompt (const dd_model *model,
                 const char *format,
                 const dd_message *messages,
                 size_t n_messages,
                 dd_prompt *out,
                 dd_error *error)
{
  const dd_format *found = format != NULL ? dd_format_find (format) : NULL;
  dd_tokens tokens = { 0 };

  memset (out, 0, sizeof *out);
  if (found == NULL)
    return dd_fail (error, DD_ERROR_ARGUMENT,
                    "no prompt format is called “%s”; choose one of the list",
                    format != NULL ? format : "");
  if (!dd_format_render (found, model->vocab, messages, n_messages, &tokens, &out->spans,
                         &out->n_spans, error)) {
    dd_tokens_clear (&tokens);
    memset (out, 0, sizeof *out);
    return false;
  }
  out->tokens = tokens.items;
  out->n_tokens = tokens.count;
  out->stops = found->stops;
  return true;
}

void
dd_prompt_clear (dd_prompt *prompt)
{
  dd_free (prompt->tokens);
  dd_free (prompt->spans);
  memset (prompt, 0, sizeof *prompt);
}
