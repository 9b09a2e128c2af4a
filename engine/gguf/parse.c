/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Parsing one GGUF file from memory.  Every read goes through a cursor that
 * knows the end; every size is checked before it is used.
 *
 * Layout (GGUF specification): magic, u32 version, u64 tensors, u64 keys, the
 * keys (string name, u32 kind, value), the tensor infos (string name, u32
 * n_dims, u64 dims[], u32 type, u64 offset), padding to the alignment, data.
 */
#include "gguf/parse.h"

#include <string.h>

#include "base/checked.h"
#include "quant/quant.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "GGUF is read in place, which needs a little-endian machine"
#endif

#define NAME_LIMIT 64            /* bytes of a tensor's name, as ggml has it */
#define KEY_LIMIT 65535
#define KEYS_LIMIT 65536         /* so that a small file cannot ask for much memory */
#define TENSORS_LIMIT 131072
#define DIM_LIMIT (UINT64_C (1) << 31)
#define ELEMENTS_LIMIT (UINT64_C (1) << 40)
#define ALIGNMENT_LEAST 8        /* as the specification has it; floats are read in place */
#define ALIGNMENT_LIMIT 65536

typedef struct cursor {
  const uint8_t *at;
  uint64_t left;       /* bytes to the end of the file or the metadata limit */
  const char *label;
} cursor;

static bool
cut_short (const char *label, dd_error *error)
{
  return dd_fail (error, DD_ERROR_FORMAT,
                  "%s is cut short or damaged: its header goes past the end of the file; "
                  "download it again",
                  label);
}

static bool
read_bytes (cursor *in, void *out, uint64_t size, dd_error *error)
{
  if (size > in->left)
    return cut_short (in->label, error);
  memcpy (out, in->at, size);
  in->at += size;
  in->left -= size;
  return true;
}

static bool
skip (cursor *in, uint64_t size, dd_error *error)
{
  if (size > in->left)
    return cut_short (in->label, error);
  in->at += size;
  in->left -= size;
  return true;
}

static bool
read_string (cursor *in, dd_text *out, dd_error *error)
{
  uint64_t length = 0;

  if (!read_bytes (in, &length, sizeof length, error))
    return false;
  out->data = (const char *) in->at;
  out->length = length;
  return skip (in, length, error);
}

/* Bytes of a value of a kind with a fixed size; 0 for strings, arrays and
 * numbers that are no kind. */
static uint64_t
kind_size (uint32_t kind)
{
  static const uint8_t sizes[] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };

  return kind < sizeof sizes ? sizes[kind] : 0;
}

static bool
skip_values (cursor *in, uint32_t kind, uint64_t count, dd_error *error)
{
  uint64_t bytes;

  if (kind == DD_GGUF_STRING) {
    for (uint64_t i = 0; i < count; i++) {
      dd_text text;

      if (!read_string (in, &text, error))
        return false;
    }
    return true;
  }
  if (kind_size (kind) == 0)
    return dd_fail (error, DD_ERROR_FORMAT, "%s is damaged: there is no kind of value number %u",
                    in->label, kind);
  if (!dd_mul_u64 (kind_size (kind), count, &bytes))
    return cut_short (in->label, error);
  return skip (in, bytes, error);
}

static bool
read_key (cursor *in, dd_gguf_key *key, dd_error *error)
{
  uint32_t kind = 0;
  uint32_t element = 0;

  if (!read_string (in, &key->name, error) || !read_bytes (in, &kind, sizeof kind, error))
    return false;
  if (key->name.length == 0 || key->name.length > KEY_LIMIT)
    return dd_fail (error, DD_ERROR_FORMAT, "%s is damaged: a key has a name of %zu bytes",
                    in->label, key->name.length);
  key->kind = (dd_gguf_kind) kind;
  key->element = key->kind;
  key->count = 1;
  if (kind == DD_GGUF_ARRAY) {
    if (!read_bytes (in, &element, sizeof element, error)
        || !read_bytes (in, &key->count, sizeof key->count, error))
      return false;
    key->element = (dd_gguf_kind) element;
    if (element == DD_GGUF_ARRAY)
      return dd_fail (error, DD_ERROR_FORMAT, "%s is damaged: the key “%.*s” is an array of arrays",
                      in->label, (int) key->name.length, key->name.data);
  }
  key->data = in->at;
  if (!skip_values (in, (uint32_t) key->element, key->count, error))
    return false;
  key->bytes = (uint64_t) (in->at - key->data);
  return true;
}

static bool
check_type (cursor *in, const dd_gguf_tensor *tensor, dd_error *error)
{
  const char *name = dd_type_name (tensor->type);

  if (dd_type_get (tensor->type) != NULL)
    return true;
  if (name == NULL)
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "%s holds tensors of type %u, which is newer than this program or damaged",
                    in->label, tensor->type);
  return dd_fail (error, DD_ERROR_UNSUPPORTED,
                  "%s holds tensors of type %s (“%.*s”), which Dadam does not compute with; "
                  "take the same model as Q4_K_M or Q8_0",
                  in->label, name, (int) tensor->name.length, tensor->name.data);
}

/* Checks the dims and works out how many bytes the tensor has. */
static bool
size_tensor (cursor *in, dd_gguf_tensor *tensor, dd_error *error)
{
  uint64_t elements = 1;
  uint64_t row_bytes;

  for (int i = 0; i < 4; i++)
    if (tensor->dims[i] == 0 || tensor->dims[i] > DIM_LIMIT
        || !dd_mul_u64 (elements, tensor->dims[i], &elements) || elements > ELEMENTS_LIMIT)
      return dd_fail (error, DD_ERROR_FORMAT,
                      "%s is damaged: the tensor “%.*s” has a size that "
                      "cannot be",
                      in->label, (int) tensor->name.length, tensor->name.data);
  row_bytes = dd_type_row_bytes ((dd_type) tensor->type, tensor->dims[0]);
  if (row_bytes == 0)
    return dd_fail (error, DD_ERROR_FORMAT,
                    "%s is damaged: rows of the tensor “%.*s” are not whole blocks of %s",
                    in->label, (int) tensor->name.length, tensor->name.data,
                    dd_type_name (tensor->type));
  tensor->bytes = row_bytes * (elements / tensor->dims[0]);
  return true;
}

/* `offset` gets the tensor's place relative to the data. */
static bool
read_tensor (cursor *in, dd_gguf_tensor *tensor, uint64_t *offset, dd_error *error)
{
  uint32_t n_dims = 0;

  if (!read_string (in, &tensor->name, error) || !read_bytes (in, &n_dims, sizeof n_dims, error))
    return false;
  if (tensor->name.length == 0 || tensor->name.length >= NAME_LIMIT || n_dims < 1 || n_dims > 4)
    return dd_fail (error, DD_ERROR_FORMAT,
                    "%s is damaged: a tensor has a name of %zu bytes and %u dimensions", in->label,
                    tensor->name.length, n_dims);
  tensor->n_dims = (int) n_dims;
  for (int i = 0; i < 4; i++)
    tensor->dims[i] = 1;
  if (!read_bytes (in, tensor->dims, n_dims * sizeof tensor->dims[0], error)
      || !read_bytes (in, &tensor->type, sizeof tensor->type, error)
      || !read_bytes (in, offset, sizeof *offset, error))
    return false;
  return check_type (in, tensor, error) && size_tensor (in, tensor, error);
}

/* Says what a file is that does not begin as GGUF does. */
static bool
explain_other (const dd_gguf_part *part, dd_error *error)
{
  static const char *const old[][2] = { { "lmgg", "GGML" },
                                        { "fmgg", "GGMF" },
                                        { "tjgg", "GGJT" } };

  for (size_t i = 0; i < sizeof old / sizeof old[0]; i++)
    if (part->size >= 4 && memcmp (part->bytes, old[i][0], 4) == 0)
      return dd_fail (error, DD_ERROR_UNSUPPORTED,
                      "%s is a %s file, the format before GGUF; take the model's GGUF file instead",
                      part->label, old[i][1]);
  if (part->size >= 4 && memcmp (part->bytes, "PK\3\4", 4) == 0)
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "%s is a PyTorch or ZIP file; take the model's GGUF file instead", part->label);
  if (part->size >= 9 && part->bytes[8] == '{')
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "%s looks like a safetensors file; take the model's GGUF file instead",
                    part->label);
  if (part->size >= 7 && memcmp (part->bytes, "version", 7) == 0)
    return dd_fail (error, DD_ERROR_FORMAT,
                    "%s is a Git LFS pointer, not the model; download the file itself",
                    part->label);
  return dd_fail (error, DD_ERROR_FORMAT, "%s is not a GGUF file", part->label);
}

static bool
read_version (dd_gguf_part *part, cursor *in, dd_error *error)
{
  if (part->size < 4 || memcmp (part->bytes, "GGUF", 4) != 0)
    return explain_other (part, error);
  if (!skip (in, 4, error) || !read_bytes (in, &part->version, sizeof part->version, error))
    return false;
  if (part->version == 2 || part->version == 3)
    return true;
  if (part->version == 1)
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "%s is GGUF version 1, which was in use for two weeks of 2023; "
                    "take a newer file of the model",
                    part->label);
  if ((part->version & 0xffff) == 0)
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "%s is a big-endian GGUF file; take the model's ordinary file", part->label);
  return dd_fail (error, DD_ERROR_UNSUPPORTED,
                  "%s is GGUF version %u, which is newer than this program or damaged", part->label,
                  part->version);
}

static bool
read_keys (dd_gguf_part *part, cursor *in, uint64_t count, dd_error *error)
{
  for (uint64_t i = 0; i < count; i++) {
    dd_gguf_key *key = dd_gguf_list_add (&part->keys);

    if (key == NULL)
      return dd_fail_memory (error, "a model's header");
    if (!read_key (in, key, error))
      return false;
  }
  return dd_gguf_list_index (&part->keys, part->label, "key", error);
}

static bool
read_alignment (dd_gguf_part *part, dd_error *error)
{
  const dd_gguf_key *key = dd_gguf_list_find (&part->keys, "general.alignment");
  int64_t alignment = 32;

  if (key != NULL
      && (!dd_gguf_integer (key, 0, &alignment) || alignment < ALIGNMENT_LEAST
          || alignment > ALIGNMENT_LIMIT || (alignment & (alignment - 1)) != 0))
    return dd_fail (error, DD_ERROR_FORMAT,
                    "%s is damaged: its alignment is no power of two from %d to %d", part->label,
                    ALIGNMENT_LEAST, ALIGNMENT_LIMIT);
  part->alignment = (uint32_t) alignment;
  return true;
}

/* Places a tensor whose `offset` is relative to `data_start`. */
static bool
place_tensor (const dd_gguf_part *part,
              dd_gguf_tensor *tensor,
              uint64_t data_start,
              uint64_t offset,
              dd_error *error)
{
  uint64_t start, end;

  if (offset % part->alignment != 0 || !dd_add_u64 (data_start, offset, &start)
      || !dd_add_u64 (start, tensor->bytes, &end))
    return dd_fail (error, DD_ERROR_FORMAT,
                    "%s is damaged: the tensor “%.*s” has a place that "
                    "cannot be",
                    part->label, (int) tensor->name.length, tensor->name.data);
  if (part->header_only)
    return true;
  if (end > part->size)
    return dd_fail (error, DD_ERROR_FORMAT,
                    "%s is cut short: it has %llu bytes and needs at least %llu; download it again",
                    part->label, (unsigned long long) part->size, (unsigned long long) end);
  tensor->data = part->bytes + start;
  return true;
}

/* A pass over the infos for the offsets, which need the data's start, known only
 * after the last info. */
static bool
place_tensors (dd_gguf_part *part, cursor infos, uint64_t data_start, dd_error *error)
{
  dd_gguf_tensor *tensors = part->tensors.items;

  for (size_t i = 0; i < part->tensors.count; i++) {
    dd_gguf_tensor again;
    uint64_t offset;

    if (!read_tensor (&infos, &again, &offset, error)
        || !place_tensor (part, &tensors[i], data_start, offset, error))
      return false;
  }
  return true;
}

static bool
read_tensors (dd_gguf_part *part, cursor *in, uint64_t count, dd_error *error)
{
  cursor infos = *in;
  uint64_t data_start;

  for (uint64_t i = 0; i < count; i++) {
    dd_gguf_tensor *tensor = dd_gguf_list_add (&part->tensors);
    uint64_t offset;

    if (tensor == NULL)
      return dd_fail_memory (error, "a model's header");
    if (!read_tensor (in, tensor, &offset, error))
      return false;
  }
  if (!dd_align_u64 ((uint64_t) (in->at - part->bytes), part->alignment, &data_start))
    return cut_short (part->label, error);
  return place_tensors (part, infos, data_start, error)
         && dd_gguf_list_index (&part->tensors, part->label, "tensor", error);
}

static bool
read_counts (cursor *in, uint64_t *n_tensors, uint64_t *n_keys, dd_error *error)
{
  if (!read_bytes (in, n_tensors, sizeof *n_tensors, error)
      || !read_bytes (in, n_keys, sizeof *n_keys, error))
    return false;
  return (*n_tensors <= TENSORS_LIMIT && *n_keys <= KEYS_LIMIT)
         || dd_fail (error, DD_ERROR_FORMAT,
                     "%s is damaged: it says it has %llu tensors and %llu keys", in->label,
                     (unsigned long long) *n_tensors, (unsigned long long) *n_keys);
}

bool
dd_gguf_part_parse (dd_gguf_part *part, dd_error *error)
{
  cursor in = { part->bytes, part->size, part->label };
  uint64_t n_tensors = 0;
  uint64_t n_keys = 0;

  part->keys.item_size = sizeof (dd_gguf_key);
  part->tensors.item_size = sizeof (dd_gguf_tensor);
  if (in.left > DD_GGUF_METADATA_LIMIT)
    in.left = DD_GGUF_METADATA_LIMIT;
  return read_version (part, &in, error) && read_counts (&in, &n_tensors, &n_keys, error)
         && read_keys (part, &in, n_keys, error) && read_alignment (part, error)
         && read_tensors (part, &in, n_tensors, error);
}

void
dd_gguf_part_clear (dd_gguf_part *part)
{
  dd_gguf_list_clear (&part->keys);
  dd_gguf_list_clear (&part->tensors);
}
