/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a model's file says of itself, as lines to show.
 */
#include "config.h"

#include "dadam-engine-file.h"

#include "dadam-error.h"

#include "dadam/engine.h"

static void
line_free (gpointer data)
{
  DadamLine *line = data;

  g_free (line->name);
  g_free (line->text);
  g_free (line);
}

/* Takes @text. */
static void
add_line (GPtrArray *lines, const char *name, char *text)
{
  DadamLine *line = g_new0 (DadamLine, 1);

  line->name = g_utf8_make_valid (name, -1);
  line->text = text;
  g_ptr_array_add (lines, line);
}

static char *
describe_tensor (const dd_tensor_info *tensor)
{
  g_autofree char *size = g_format_size (tensor->bytes);
  g_autoptr (GString) text = g_string_new (tensor->type);

  for (int i = 0; i < tensor->n_dims; i++)
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT, i == 0 ? " · " : " × ",
                            (guint64) tensor->dims[i]);
  g_string_append_printf (text, " · %s", size);

  return g_string_free_and_steal (g_steal_pointer (&text));
}

static void
add_bytes (GHashTable *table, const char *type, guint64 bytes)
{
  guint64 *sum = g_hash_table_lookup (table, type);

  if (sum == NULL) {
    sum = g_new0 (guint64, 1);
    g_hash_table_insert (table, g_strdup (type), sum);
  }
  *sum += bytes;
}

static void
read_tensors (const dd_file *file, size_t n, DadamFileDetails *self)
{
  g_autoptr (GHashTable) types = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GHashTableIter iter;
  gpointer type, bytes;

  for (size_t i = 0; i < n; i++) {
    dd_tensor_info tensor;

    dd_file_tensor (file, i, &tensor);
    add_line (self->tensors, tensor.name, describe_tensor (&tensor));
    add_bytes (types, tensor.type, tensor.bytes);
  }
  g_hash_table_iter_init (&iter, types);
  while (g_hash_table_iter_next (&iter, &type, &bytes))
    add_line (self->types, type, g_format_size (*(guint64 *) bytes));
}

static void
read_file (const dd_file *file, DadamFileDetails *self)
{
  dd_file_info info;

  dd_file_info_get (file, &info);
  self->family = g_utf8_make_valid (info.family ? info.family : "", -1);
  self->name = g_utf8_make_valid (info.name ? info.name : "", -1);
  self->type = g_strdup (info.type);
  self->format = g_strdup (info.format);
  self->parameters = (gint64) info.parameters;
  self->context = info.context;
  self->vocabulary = info.vocab;
  self->layers = info.layers;
  for (size_t i = 0; i < info.n_keys; i++) {
    dd_key_info key;

    dd_file_key (file, i, &key);
    add_line (self->keys, key.name, g_utf8_make_valid (key.value, -1));
  }
  read_tensors (file, info.n_tensors, self);
}

/**
 * dadam_file_details_read:
 *
 * Blocks while the header is read.  Any thread.
 *
 * Returns: (transfer full): what the file says; %NULL if it is no model
 */
DadamFileDetails *
dadam_file_details_read (const char *path, GError **error)
{
  DadamFileDetails *self;
  dd_file *file = NULL;
  dd_error problem;

  if (!dd_file_open (path, &file, &problem)) {
    g_propagate_error (error, dadam_error_new_from_engine (&problem));
    return NULL;
  }
  self = g_new0 (DadamFileDetails, 1);
  self->keys = g_ptr_array_new_with_free_func (line_free);
  self->types = g_ptr_array_new_with_free_func (line_free);
  self->tensors = g_ptr_array_new_with_free_func (line_free);
  read_file (file, self);
  dd_file_close (&file);

  return self;
}

void
dadam_file_details_free (DadamFileDetails *self)
{
  if (self == NULL)
    return;
  g_free (self->family);
  g_free (self->name);
  g_free (self->type);
  g_free (self->format);
  g_ptr_array_unref (self->keys);
  g_ptr_array_unref (self->types);
  g_ptr_array_unref (self->tensors);
  g_free (self);
}
