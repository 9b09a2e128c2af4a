/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files as people see them: facts, keys and tensors as text, and whether this
 * machine can run one.  Bytes from a file become valid UTF-8 here.
 */
#include "engine_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "model/model.h"

/* ---- text from outside ------------------------------------------------- */

/* A text that is built up in a buffer of `room` bytes and ends with "…" where it
 * was too long. */
typedef struct line {
  char *out;
  size_t used, room;
  bool full;
  bool breaks; /* line ends and tabs may stay */
} line;

static void
line_put (line *self, const char *text, size_t length)
{
  const size_t ellipsis = strlen ("…");

  if (self->full)
    return;
  if (self->used + length + ellipsis + 1 > self->room) {
    text = "…";
    length = ellipsis;
    self->full = true;
  }
  memcpy (self->out + self->used, text, length);
  self->used += length;
  self->out[self->used] = '\0';
}

static bool
is_break (uint32_t character)
{
  return character == '\n' || character == '\t';
}

/* Bytes of any encoding: broken parts and control characters become U+FFFD. */
static void
line_put_bytes (line *self, dd_text text)
{
  const uint8_t *at = (const uint8_t *) text.data;
  size_t left = text.length;

  while (left > 0 && !self->full) {
    uint8_t character[4];
    uint32_t value;
    int used = dd_utf8_next (at, left, &value);
    size_t step = used > 0 ? (size_t) used : used < 0 ? (size_t) -used : left;

    if (used <= 0 || (dd_utf8_is_control (value) && !(self->breaks && is_break (value))))
      value = DD_REPLACEMENT;
    line_put (self, (const char *) character, (size_t) dd_utf8_put (value, character));
    at += step;
    left -= step;
  }
}

static void
line_put_number (line *self, const dd_gguf_key *key, uint64_t index)
{
  char text[40];
  int64_t integer;
  double number = 0;
  bool truth;

  if (key->element == DD_GGUF_BOOL || key->kind == DD_GGUF_BOOL)
    snprintf (text, sizeof text, "%s",
              (key->count == 1 && dd_gguf_bool (key, &truth) ? truth : key->data[index] != 0)
                  ? "true"
                  : "false");
  else if (dd_gguf_integer (key, index, &integer))
    snprintf (text, sizeof text, "%" PRId64, integer);
  else if (dd_gguf_number (key, index, &number))
    snprintf (text, sizeof text, "%.9g", number);
  else
    snprintf (text, sizeof text, "?");
  line_put (self, text, strlen (text));
}

static void
line_put_array (line *self, const dd_gguf_key *key)
{
  const uint8_t *cursor = key->data;
  char count[40];
  dd_text text;

  snprintf (count, sizeof count, "%" PRIu64 ": ", key->count);
  line_put (self, count, strlen (count));
  for (uint64_t i = 0; i < key->count && !self->full; i++) {
    if (i > 0)
      line_put (self, ", ", 2);
    if (key->element != DD_GGUF_STRING)
      line_put_number (self, key, i);
    else if (dd_gguf_next_string (key, &cursor, &text))
      line_put_bytes (self, text);
  }
}

/* ---- facts ------------------------------------------------------------- */

static int64_t
fact (const dd_file *file, const char *name)
{
  char key[160];
  int64_t value = 0;

  snprintf (key, sizeof key, "%s.%s", file->info.family, name);
  if (!dd_gguf_integer (dd_gguf_find (file->gguf, key), 0, &value) || value < 0)
    return 0;
  return value;
}

static int
small_fact (const dd_file *file, const char *name)
{
  int64_t value = fact (file, name);

  return value <= INT32_MAX ? (int) value : 0;
}

/* A string key as valid UTF-8, "" without it; NULL without memory. */
static char *
copy_key (const dd_gguf *gguf, const char *name)
{
  char text[128] = "";
  line into = { text, 0, sizeof text, false, false };
  dd_text value;

  if (dd_gguf_string (dd_gguf_find (gguf, name), &value))
    line_put_bytes (&into, value);
  return dd_copy_string (DD_TAG_ENGINE, text, into.used);
}

/* The type that most weights have, by elements; NULL without tensors. */
static const char *
most_used_type (const dd_gguf *gguf, uint64_t *parameters)
{
  uint64_t elements[DD_TYPE_LIMIT] = { 0 };
  size_t n = dd_gguf_n_tensors (gguf);
  uint32_t most = 0;

  *parameters = 0;
  for (size_t i = 0; i < n; i++) {
    const dd_gguf_tensor *tensor = dd_gguf_tensor_at (gguf, i);
    uint64_t count = tensor->dims[0] * tensor->dims[1] * tensor->dims[2] * tensor->dims[3];

    *parameters += count;
    if (tensor->type < DD_TYPE_LIMIT)
      elements[tensor->type] += count;
  }
  for (uint32_t type = 1; type < DD_TYPE_LIMIT; type++)
    if (elements[type] > elements[most])
      most = type;
  return n > 0 ? dd_type_name (most) : NULL;
}

static void
read_facts (dd_file *file)
{
  const dd_gguf_key *tokens = dd_gguf_find (file->gguf, "tokenizer.ggml.tokens");
  const dd_format *format = dd_format_detect (file->gguf, NULL);
  dd_file_info *info = &file->info;

  info->version = (int) dd_gguf_version (file->gguf);
  info->parts = dd_gguf_parts (file->gguf);
  info->bytes = dd_gguf_file_bytes (file->gguf);
  info->n_keys = dd_gguf_n_keys (file->gguf);
  info->n_tensors = dd_gguf_n_tensors (file->gguf);
  info->family = file->family;
  info->name = file->name;
  info->type = most_used_type (file->gguf, &info->parameters);
  info->format = format != NULL ? format->name : NULL;
  info->context = fact (file, "context_length");
  info->vocab = fact (file, "vocab_size");
  if (tokens != NULL && tokens->kind == DD_GGUF_ARRAY && tokens->count <= INT64_MAX)
    info->vocab = (int64_t) tokens->count;
  info->width = fact (file, "embedding_length");
  info->layers = small_fact (file, "block_count");
  info->heads = small_fact (file, "attention.head_count");
  info->kv_heads = small_fact (file, "attention.head_count_kv");
  if (info->kv_heads == 0)
    info->kv_heads = info->heads;
}

bool
dd_file_new (dd_gguf *gguf, dd_file **out, dd_error *error)
{
  dd_file *file = dd_alloc (DD_TAG_ENGINE, sizeof *file);

  *out = NULL;
  if (file == NULL || pthread_mutex_init (&file->mutex, NULL) != 0) {
    dd_free (file);
    dd_gguf_close (&gguf);
    return dd_fail_memory (error, "a file");
  }
  file->gguf = gguf;
  file->family = copy_key (gguf, "general.architecture");
  file->name = copy_key (gguf, "general.name");
  if (file->family == NULL || file->name == NULL) {
    dd_file_close (&file);
    return dd_fail_memory (error, "a file");
  }
  read_facts (file);
  *out = file;
  return true;
}

bool
dd_file_open (const char *path, dd_file **out, dd_error *error)
{
  dd_gguf *gguf;

  *out = NULL;
  if (path == NULL || *path == '\0')
    return dd_fail (error, DD_ERROR_ARGUMENT, "no file was named");
  return dd_gguf_open (path, &gguf, error) && dd_file_new (gguf, out, error);
}

bool
dd_file_open_header (const void *bytes,
                     size_t size,
                     uint64_t file_bytes,
                     dd_file **out,
                     dd_error *error)
{
  dd_gguf *gguf;

  *out = NULL;
  if (!dd_gguf_parse (bytes, size, true, &gguf, error) || !dd_file_new (gguf, out, error))
    return false;
  (*out)->info.bytes = file_bytes;
  return true;
}

void
dd_file_close (dd_file **file)
{
  dd_file *self = *file;

  if (self == NULL)
    return;
  dd_vocab_close (&self->vocab);
  dd_gguf_close (&self->gguf);
  dd_free (self->family);
  dd_free (self->name);
  pthread_mutex_destroy (&self->mutex);
  dd_free (self);
  *file = NULL;
}

void
dd_file_info_get (const dd_file *file, dd_file_info *out)
{
  *out = file->info;
}

void
dd_file_key (const dd_file *file, size_t i, dd_key_info *out)
{
  line name = { out->name, 0, sizeof out->name, false, false };
  line value = { out->value, 0, sizeof out->value, false, true };
  const dd_gguf_key *key;
  dd_text text;

  memset (out, 0, sizeof *out);
  if (i >= file->info.n_keys)
    return;
  key = dd_gguf_key_at (file->gguf, i);
  line_put_bytes (&name, key->name);
  if (key->kind == DD_GGUF_ARRAY)
    line_put_array (&value, key);
  else if (dd_gguf_string (key, &text))
    line_put_bytes (&value, text);
  else
    line_put_number (&value, key, 0);
}

void
dd_file_tensor (const dd_file *file, size_t i, dd_tensor_info *out)
{
  line name = { out->name, 0, sizeof out->name, false, false };
  const dd_gguf_tensor *tensor;

  memset (out, 0, sizeof *out);
  if (i >= file->info.n_tensors)
    return;
  tensor = dd_gguf_tensor_at (file->gguf, i);
  line_put_bytes (&name, tensor->name);
  out->type = dd_type_name (tensor->type);
  out->n_dims = tensor->n_dims;
  memcpy (out->dims, tensor->dims, sizeof out->dims);
  out->bytes = tensor->bytes;
}

/* ---- what would be ----------------------------------------------------- */

bool
dd_family_get (size_t i, dd_family *out)
{
  const dd_arch *family = dd_model_family (i);

  *out = (dd_family) { NULL, NULL };
  if (family != NULL)
    *out = (dd_family) { family->name, family->also };
  return family != NULL;
}

bool
dd_file_measure (const dd_file *file,
                 dd_engine *engine,
                 const char *devices,
                 int64_t context,
                 dd_estimate *out,
                 dd_error *error)
{
  dd_ready_options options = { .devices = devices, .context = context };
  dd_plan *plan;
  bool ok;

  memset (out, 0, sizeof *out);
  if (!dd_model_plan (file->gguf, &plan, error))
    return false;
  ok = dd_engine_context (plan, &options.context, error)
       && dd_ready_measure (&engine->devices, plan, &options, out, error);
  dd_plan_free (&plan);
  return ok;
}

bool
dd_file_tokenize (const dd_file *file,
                  const char *text,
                  size_t length,
                  bool special,
                  bool begin,
                  dd_token **tokens,
                  size_t *n_tokens,
                  dd_error *error)
{
  /* The file is const to its readers; opening its vocabulary once is its own. */
  dd_file *self = (dd_file *) file;
  bool ok = true;

  pthread_mutex_lock (&self->mutex);
  if (self->vocab == NULL)
    ok = dd_vocab_open (self->gguf, &self->vocab, error);
  pthread_mutex_unlock (&self->mutex);
  return ok
         && dd_engine_encode (self->vocab, text, length, special, begin, tokens, n_tokens, error);
}
