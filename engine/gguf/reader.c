/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model's GGUF as a whole: its maps, its parts put together, look-ups.
 */
#include "gguf/reader.h"

#include <stdio.h>
#include <string.h>

#include "gguf/parse.h"

#define PARTS_LIMIT 1024
#define SUFFIX_LENGTH 20 /* of "-00001-of-00003.gguf" */

struct dd_gguf {
  dd_map **maps;          /* owned; NULL entries for a GGUF in memory */
  dd_gguf_part *parts;    /* owned */
  int n_parts;
  dd_gguf_list tensors;   /* of all parts, only if there are several */
  uint64_t bytes;
};

/* The file's name without its folders, for errors. */
static const char *
base_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash != NULL ? slash + 1 : path;
}

static bool
make_parts (int count, dd_gguf **out, dd_error *error)
{
  dd_gguf *gguf = dd_alloc (DD_TAG_GGUF, sizeof *gguf);

  if (gguf == NULL)
    return dd_fail_memory (error, "a model's header");
  gguf->tensors.item_size = sizeof (dd_gguf_tensor);
  gguf->maps = dd_alloc_array (DD_TAG_GGUF, (size_t) count, sizeof *gguf->maps);
  gguf->parts = dd_alloc_array (DD_TAG_GGUF, (size_t) count, sizeof *gguf->parts);
  gguf->n_parts = count;
  if (gguf->maps == NULL || gguf->parts == NULL) {
    gguf->n_parts = 0;
    dd_gguf_close (&gguf);
    return dd_fail_memory (error, "a model's header");
  }
  *out = gguf;
  return true;
}

static bool
parse_part (dd_gguf *gguf,
            int number,
            const char *label,
            const void *bytes,
            uint64_t size,
            bool header_only,
            dd_error *error)
{
  dd_gguf_part *part = &gguf->parts[number];

  part->label = label;
  part->bytes = bytes;
  part->size = size;
  part->header_only = header_only;
  gguf->bytes += size;
  return dd_gguf_part_parse (part, error);
}

static bool
open_part (dd_gguf *gguf, int number, const char *path, dd_error *error)
{
  bool ok;

  if (!dd_map_open (path, &gguf->maps[number], error))
    return false;
  ok = parse_part (gguf, number, base_name (path), dd_map_data (gguf->maps[number]),
                   dd_map_size (gguf->maps[number]), false, error);
  gguf->parts[number].label = "a model's part"; /* `path` does not live on */
  if (ok && dd_map_broken (gguf->maps[number]))
    return dd_fail (error, DD_ERROR_IO, "%s could not be read; the disk may be failing",
                    base_name (path));
  return ok;
}

/* How many parts the file says there are: 1 if it is not split. */
static bool
split_count (const dd_gguf *gguf, const char *label, int *count, dd_error *error)
{
  const dd_gguf_key *key = dd_gguf_find (gguf, "split.count");
  int64_t value = 1;

  if (key != NULL && (!dd_gguf_integer (key, 0, &value) || value < 0 || value > PARTS_LIMIT))
    return dd_fail (error, DD_ERROR_FORMAT, "%s is damaged: it says it is one of too many parts",
                    label);
  *count = value > 1 ? (int) value : 1;
  return true;
}

/* Whether a part's keys are those of part `number` of `count`. */
static bool
check_split (const dd_gguf_part *part, const char *label, int number, int count, dd_error *error)
{
  int64_t says_number, says_count;

  if (dd_gguf_integer (dd_gguf_list_find (&part->keys, "split.no"), 0, &says_number)
      && dd_gguf_integer (dd_gguf_list_find (&part->keys, "split.count"), 0, &says_count)
      && says_number == number && says_count == count)
    return true;
  return dd_fail (error, DD_ERROR_FORMAT, "%s is not part %d of %d, as its name says", label,
                  number + 1, count);
}

/* Puts the tensors of all parts into one list. */
static bool
join_tensors (dd_gguf *gguf, const char *label, dd_error *error)
{
  for (int i = 0; i < gguf->n_parts; i++) {
    const dd_gguf_tensor *tensors = gguf->parts[i].tensors.items;

    for (size_t j = 0; j < gguf->parts[i].tensors.count; j++) {
      dd_gguf_tensor *tensor = dd_gguf_list_add (&gguf->tensors);

      if (tensor == NULL)
        return dd_fail_memory (error, "a model's header");
      *tensor = tensors[j];
    }
  }
  return dd_gguf_list_index (&gguf->tensors, label, "tensor", error);
}

static bool
open_all_parts (dd_gguf *gguf, char *path, size_t stem, dd_error *error)
{
  for (int i = 0; i < gguf->n_parts; i++) {
    char suffix[40];

    snprintf (suffix, sizeof suffix, "-%05d-of-%05d.gguf", i + 1, gguf->n_parts);
    memcpy (path + stem, suffix, SUFFIX_LENGTH);
    if (!open_part (gguf, i, path, error)
        || !check_split (&gguf->parts[i], base_name (path), i, gguf->n_parts, error))
      return false;
  }
  return join_tensors (gguf, base_name (path), error);
}

static bool
open_split (const char *path, int count, dd_gguf **out, dd_error *error)
{
  size_t length = strlen (path);
  unsigned number, of;
  char *name;
  bool ok;

  if (length <= SUFFIX_LENGTH
      || sscanf (path + length - SUFFIX_LENGTH, "-%5u-of-%5u.gguf", &number, &of) != 2
      || of != (unsigned) count)
    return dd_fail (error, DD_ERROR_FORMAT,
                    "%s is one of %d parts; give it back its name that ends in "
                    "-00001-of-%05d.gguf and put the parts into one folder",
                    base_name (path), count, count);
  name = dd_copy_string (DD_TAG_GGUF, path, length);
  if (name == NULL)
    return dd_fail_memory (error, "a model's header");
  ok = make_parts (count, out, error);
  if (ok && !open_all_parts (*out, name, length - SUFFIX_LENGTH, error)) {
    dd_gguf_close (out);
    ok = false;
  }
  dd_free (name);
  return ok;
}

bool
dd_gguf_open (const char *path, dd_gguf **out, dd_error *error)
{
  dd_gguf *gguf = NULL;
  int count = 1;

  if (!make_parts (1, &gguf, error))
    return false;
  if (!open_part (gguf, 0, path, error) || !split_count (gguf, base_name (path), &count, error)) {
    dd_gguf_close (&gguf);
    return false;
  }
  if (count > 1) {
    dd_gguf_close (&gguf);
    return open_split (path, count, out, error);
  }
  *out = gguf;
  return true;
}

bool
dd_gguf_parse (const void *bytes, uint64_t size, bool header_only, dd_gguf **out, dd_error *error)
{
  dd_gguf *gguf = NULL;

  if (!make_parts (1, &gguf, error))
    return false;
  if (!parse_part (gguf, 0, "this file", bytes, size, header_only, error)) {
    dd_gguf_close (&gguf);
    return false;
  }
  *out = gguf;
  return true;
}

void
dd_gguf_close (dd_gguf **gguf)
{
  dd_gguf *self = *gguf;

  if (self == NULL)
    return;
  for (int i = 0; i < self->n_parts; i++) {
    dd_gguf_part_clear (&self->parts[i]);
    dd_map_close (&self->maps[i]);
  }
  dd_gguf_list_clear (&self->tensors);
  dd_free (self->parts);
  dd_free (self->maps);
  dd_free (self);
  *gguf = NULL;
}

uint32_t
dd_gguf_version (const dd_gguf *gguf)
{
  return gguf->parts[0].version;
}

int
dd_gguf_parts (const dd_gguf *gguf)
{
  return gguf->n_parts;
}

uint64_t
dd_gguf_file_bytes (const dd_gguf *gguf)
{
  return gguf->bytes;
}

bool
dd_gguf_broken (const dd_gguf *gguf)
{
  for (int i = 0; i < gguf->n_parts; i++)
    if (gguf->maps[i] != NULL && dd_map_broken (gguf->maps[i]))
      return true;
  return false;
}

static const dd_gguf_list *
all_tensors (const dd_gguf *gguf)
{
  return gguf->n_parts > 1 ? &gguf->tensors : &gguf->parts[0].tensors;
}

size_t
dd_gguf_n_keys (const dd_gguf *gguf)
{
  return gguf->parts[0].keys.count;
}

const dd_gguf_key *
dd_gguf_key_at (const dd_gguf *gguf, size_t i)
{
  return (const dd_gguf_key *) gguf->parts[0].keys.items + i;
}

size_t
dd_gguf_n_tensors (const dd_gguf *gguf)
{
  return all_tensors (gguf)->count;
}

const dd_gguf_tensor *
dd_gguf_tensor_at (const dd_gguf *gguf, size_t i)
{
  return (const dd_gguf_tensor *) all_tensors (gguf)->items + i;
}

const dd_gguf_key *
dd_gguf_find (const dd_gguf *gguf, const char *name)
{
  return dd_gguf_list_find (&gguf->parts[0].keys, name);
}

const dd_gguf_tensor *
dd_gguf_find_tensor (const dd_gguf *gguf, const char *name)
{
  return dd_gguf_list_find (all_tensors (gguf), name);
}
