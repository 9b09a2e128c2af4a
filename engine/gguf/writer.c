/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing GGUF: keys and tensor infos are collected as the bytes they will be,
 * tensor data is borrowed until the file is saved.
 */
#include "gguf/writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "gguf/parse.h"
#include "quant/quant.h"

/* Bytes that grow. */
typedef struct buffer {
  char *bytes;
  size_t size, room;
} buffer;

typedef struct pending {
  const void *data; /* borrowed */
  uint64_t bytes;
} pending;

struct dd_gguf_writer {
  buffer keys;
  buffer infos;
  dd_gguf_list tensors; /* pending */
  uint64_t n_keys;
  uint64_t offset;      /* of the next tensor */
  uint32_t version;
  uint32_t alignment;
  dd_error first;       /* the first failure; DD_OK while there is none */
};

static void
append (dd_gguf_writer *writer, buffer *out, const void *bytes, size_t size)
{
  if (writer->first.code != DD_OK)
    return;
  if (out->room - out->size < size) {
    size_t room = 2 * (out->size + size) + 256;

    if (!dd_grow (DD_TAG_GGUF, (void **) &out->bytes, out->room, room)) {
      dd_fail_memory (&writer->first, "a model's header");
      return;
    }
    out->room = room;
  }
  if (size > 0)
    memcpy (out->bytes + out->size, bytes, size);
  out->size += size;
}

static void
append_string (dd_gguf_writer *writer, buffer *out, const char *text, size_t length)
{
  uint64_t count = length;

  append (writer, out, &count, sizeof count);
  append (writer, out, text, length);
}

static void
begin_key (dd_gguf_writer *writer, const char *name, size_t length, dd_gguf_kind kind)
{
  uint32_t number = kind;

  append_string (writer, &writer->keys, name, length);
  append (writer, &writer->keys, &number, sizeof number);
  writer->n_keys++;
}

static void
put_fixed (dd_gguf_writer *writer,
           const char *name,
           dd_gguf_kind kind,
           const void *value,
           size_t size)
{
  begin_key (writer, name, strlen (name), kind);
  append (writer, &writer->keys, value, size);
}

bool
dd_gguf_writer_new (dd_gguf_writer **out, dd_error *error)
{
  dd_gguf_writer *writer = dd_alloc (DD_TAG_GGUF, sizeof *writer);

  if (writer == NULL)
    return dd_fail_memory (error, "a model's header");
  writer->tensors.item_size = sizeof (pending);
  writer->version = 3;
  writer->alignment = 32;
  *out = writer;
  return true;
}

void
dd_gguf_writer_free (dd_gguf_writer **writer)
{
  if (*writer == NULL)
    return;
  dd_free ((*writer)->keys.bytes);
  dd_free ((*writer)->infos.bytes);
  dd_gguf_list_clear (&(*writer)->tensors);
  dd_free (*writer);
  *writer = NULL;
}

void
dd_gguf_put_u32 (dd_gguf_writer *writer, const char *name, uint32_t value)
{
  put_fixed (writer, name, DD_GGUF_U32, &value, sizeof value);
}

void
dd_gguf_put_u64 (dd_gguf_writer *writer, const char *name, uint64_t value)
{
  put_fixed (writer, name, DD_GGUF_U64, &value, sizeof value);
}

void
dd_gguf_put_i32 (dd_gguf_writer *writer, const char *name, int32_t value)
{
  put_fixed (writer, name, DD_GGUF_I32, &value, sizeof value);
}

void
dd_gguf_put_f32 (dd_gguf_writer *writer, const char *name, float value)
{
  put_fixed (writer, name, DD_GGUF_F32, &value, sizeof value);
}

void
dd_gguf_put_bool (dd_gguf_writer *writer, const char *name, bool value)
{
  uint8_t byte = value;

  put_fixed (writer, name, DD_GGUF_BOOL, &byte, sizeof byte);
}

void
dd_gguf_put_string (dd_gguf_writer *writer, const char *name, const char *text, size_t length)
{
  begin_key (writer, name, strlen (name), DD_GGUF_STRING);
  append_string (writer, &writer->keys, text, length);
}

static void
begin_array (dd_gguf_writer *writer,
             const char *name,
             size_t length,
             dd_gguf_kind element,
             uint64_t count)
{
  uint32_t number = element;

  begin_key (writer, name, length, DD_GGUF_ARRAY);
  append (writer, &writer->keys, &number, sizeof number);
  append (writer, &writer->keys, &count, sizeof count);
}

void
dd_gguf_put_strings (dd_gguf_writer *writer, const char *name, const dd_text *texts, size_t count)
{
  begin_array (writer, name, strlen (name), DD_GGUF_STRING, count);
  for (size_t i = 0; i < count; i++)
    append_string (writer, &writer->keys, texts[i].data, texts[i].length);
}

static size_t
element_size (dd_gguf_kind kind)
{
  switch (kind) {
  case DD_GGUF_U8:
  case DD_GGUF_I8:
  case DD_GGUF_BOOL: return 1;
  case DD_GGUF_U16:
  case DD_GGUF_I16: return 2;
  case DD_GGUF_U32:
  case DD_GGUF_I32:
  case DD_GGUF_F32: return 4;
  case DD_GGUF_U64:
  case DD_GGUF_I64:
  case DD_GGUF_F64: return 8;
  case DD_GGUF_STRING:
  case DD_GGUF_ARRAY: break;
  }
  return 0;
}

void
dd_gguf_put_array (dd_gguf_writer *writer,
                   const char *name,
                   dd_gguf_kind element,
                   const void *values,
                   size_t count)
{
  begin_array (writer, name, strlen (name), element, count);
  append (writer, &writer->keys, values, count * element_size (element));
}

void
dd_gguf_put_key (dd_gguf_writer *writer, const dd_gguf_key *key)
{
  if (key->kind == DD_GGUF_ARRAY)
    begin_array (writer, key->name.data, key->name.length, key->element, key->count);
  else
    begin_key (writer, key->name.data, key->name.length, key->kind);
  append (writer, &writer->keys, key->data, key->bytes);
}

void
dd_gguf_put_tensor (dd_gguf_writer *writer,
                    const char *name,
                    uint32_t type,
                    int n_dims,
                    const uint64_t *dims,
                    const void *data)
{
  uint32_t count = (uint32_t) n_dims;
  uint64_t bytes = dd_type_row_bytes ((dd_type) type, dims[0]);
  pending *tensor = dd_gguf_list_add (&writer->tensors);

  if (tensor == NULL) {
    dd_fail_memory (&writer->first, "a model's header");
    return;
  }
  for (int i = 1; i < n_dims; i++)
    bytes *= dims[i];
  if (bytes == 0 && writer->first.code == DD_OK)
    dd_fail (&writer->first, DD_ERROR_ARGUMENT, "the tensor “%s” has no whole blocks", name);
  append_string (writer, &writer->infos, name, strlen (name));
  append (writer, &writer->infos, &count, sizeof count);
  append (writer, &writer->infos, dims, (size_t) n_dims * sizeof dims[0]);
  append (writer, &writer->infos, &type, sizeof type);
  append (writer, &writer->infos, &writer->offset, sizeof writer->offset);
  tensor->data = data;
  tensor->bytes = bytes;
  if (!dd_align_u64 (writer->offset + bytes, writer->alignment, &writer->offset))
    dd_fail (&writer->first, DD_ERROR_ARGUMENT, "the tensors are too large for a file");
}

void
dd_gguf_set_version (dd_gguf_writer *writer, uint32_t version)
{
  writer->version = version;
}

void
dd_gguf_set_alignment (dd_gguf_writer *writer, uint32_t alignment)
{
  writer->alignment = alignment;
  dd_gguf_put_u32 (writer, "general.alignment", alignment);
}

/* Writes zeros up to the next multiple of the alignment. */
static bool
pad (FILE *file, uint32_t alignment)
{
  long at = ftell (file);

  while (at >= 0 && at % (long) alignment != 0) {
    if (fputc (0, file) == EOF)
      return false;
    at++;
  }
  return at >= 0;
}

static bool
write_all (const dd_gguf_writer *writer, FILE *file)
{
  const pending *tensors = writer->tensors.items;
  uint64_t counts[2] = { writer->tensors.count, writer->n_keys };

  if (fwrite ("GGUF", 1, 4, file) != 4 || fwrite (&writer->version, 4, 1, file) != 1
      || fwrite (counts, sizeof counts, 1, file) != 1
      || fwrite (writer->keys.bytes, 1, writer->keys.size, file) != writer->keys.size
      || fwrite (writer->infos.bytes, 1, writer->infos.size, file) != writer->infos.size)
    return false;
  for (size_t i = 0; i < writer->tensors.count; i++)
    if (!pad (file, writer->alignment)
        || fwrite (tensors[i].data, 1, tensors[i].bytes, file) != tensors[i].bytes)
      return false;
  return pad (file, writer->alignment) && fflush (file) == 0 && fsync (fileno (file)) == 0;
}

static bool
save_as (const dd_gguf_writer *writer, const char *temporary, const char *path, dd_error *error)
{
  FILE *file = fopen (temporary, "wbe");
  bool ok;
  int reason;

  if (file == NULL)
    return dd_fail_errno (error, errno, "cannot write", path);
  ok = write_all (writer, file);
  reason = errno;
  if (fclose (file) != 0 && ok) {
    ok = false;
    reason = errno;
  }
  if (ok && rename (temporary, path) == 0)
    return true;
  if (ok)
    reason = errno;
  unlink (temporary);
  return dd_fail_errno (error, reason, "cannot write", path);
}

bool
dd_gguf_writer_save (dd_gguf_writer *writer, const char *path, dd_error *error)
{
  size_t length = strlen (path);
  char *temporary;
  bool ok;

  if (writer->first.code != DD_OK) {
    *error = writer->first;
    return false;
  }
  temporary = dd_alloc (DD_TAG_GGUF, length + 6);
  if (temporary == NULL)
    return dd_fail_memory (error, "a model's header");
  snprintf (temporary, length + 6, "%s.part", path);
  ok = save_as (writer, temporary, path, error);
  dd_free (temporary);
  return ok;
}
