/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads text files, in the encodings that Korean ones have, and writes and reads the
 * form they have in a message.
 */
#include "config.h"

#include "dadam-attachment.h"

#include <glib/gi18n.h>
#include <string.h>

#define MOST_ATTACHMENTS 32 /* that are taken apart */
#define INFO " file="
#define LEAST_FENCE 4

struct _DadamAttachment {
  GObject parent_instance;

  /* Owned. */
  char *name;
  char *text;
};

G_DEFINE_FINAL_TYPE (DadamAttachment, dadam_attachment, G_TYPE_OBJECT)

static void
dadam_attachment_finalize (GObject *object)
{
  DadamAttachment *self = DADAM_ATTACHMENT (object);

  g_free (self->name);
  g_free (self->text);

  G_OBJECT_CLASS (dadam_attachment_parent_class)->finalize (object);
}

static void
dadam_attachment_class_init (DadamAttachmentClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dadam_attachment_finalize;
}

static void
dadam_attachment_init (DadamAttachment *self)
{
}

DadamAttachment *
dadam_attachment_new (const char *name, const char *text)
{
  DadamAttachment *self = g_object_new (DADAM_TYPE_ATTACHMENT, NULL);

  /* One line, without what would end the info string of a fence. */
  self->name = g_strdelimit (g_strdup (name), "`\n\r\t", '_');
  self->text = g_strdup (text);

  return self;
}

const char *
dadam_attachment_get_name (DadamAttachment *self)
{
  g_return_val_if_fail (DADAM_IS_ATTACHMENT (self), NULL);

  return self->name;
}

const char *
dadam_attachment_get_text (DadamAttachment *self)
{
  g_return_val_if_fail (DADAM_IS_ATTACHMENT (self), NULL);

  return self->text;
}

/* ---- reading files ----------------------------------------------------- */

/* (transfer full) (nullable): UTF-8; Korean files of Windows are often CP949. */
static char *
decode (const char *bytes, gsize length)
{
  if (length >= 3 && memcmp (bytes, "\xef\xbb\xbf", 3) == 0) {
    bytes += 3;
    length -= 3;
  }
  if (length >= 2 && (memcmp (bytes, "\xff\xfe", 2) == 0 || memcmp (bytes, "\xfe\xff", 2) == 0))
    return g_convert (bytes, (gssize) length, "UTF-8", "UTF-16", NULL, NULL, NULL);
  if (memchr (bytes, '\0', length) != NULL)
    return NULL;
  if (g_utf8_validate (bytes, (gssize) length, NULL))
    return g_strndup (bytes, length);

  return g_convert (bytes, (gssize) length, "UTF-8", "CP949", NULL, NULL, NULL);
}

static DadamAttachment *
load (GFile *file, GCancellable *cancellable, GError **error)
{
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, error);
  g_autofree char *bytes = g_malloc (DADAM_ATTACHMENT_LIMIT + 1);
  g_autofree char *base = g_file_get_basename (file);
  g_autofree char *name = g_filename_display_name (base);
  g_autofree char *text = NULL;
  gsize length;

  if (stream == NULL
      || !g_input_stream_read_all (G_INPUT_STREAM (stream), bytes, DADAM_ATTACHMENT_LIMIT + 1,
                                   &length, cancellable, error))
    return NULL;
  if (length > DADAM_ATTACHMENT_LIMIT) {
    /* Translators: a file's name. */
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                 _ ("“%s” is too large. Text files of up to 512 kB can be attached."), name);
    return NULL;
  }
  text = decode (bytes, length);
  if (text == NULL || strlen (text) == 0) {
    /* Translators: a file's name. */
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 _ ("“%s” has no text. Only text files can be attached."), name);
    return NULL;
  }

  return dadam_attachment_new (name, text);
}

static void
load_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;
  DadamAttachment *attachment = load (task_data, cancellable, &error);

  if (attachment != NULL)
    g_task_return_pointer (task, attachment, g_object_unref);
  else
    g_task_return_error (task, error);
}

/* Reads a text file, off the main loop. */
void
dadam_attachment_load_async (GFile *file,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, dadam_attachment_load_async);
  g_task_set_task_data (task, g_object_ref (file), g_object_unref);
  g_task_run_in_thread (task, load_thread);
}

/* (transfer full): or %NULL with an error that can be shown. */
DadamAttachment *
dadam_attachment_load_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- in a message ------------------------------------------------------ */

static gsize
longest_fence (const char *text)
{
  gsize longest = 0;

  for (const char *p = strchr (text, '`'); p != NULL; p = strchr (p, '`')) {
    gsize n = strspn (p, "`");

    longest = MAX (longest, n);
    p += n;
  }

  return longest;
}

static void
append (GString *message, DadamAttachment *attachment)
{
  gsize n = MAX (LEAST_FENCE, longest_fence (attachment->text) + 1);
  g_autofree char *fence = g_strnfill (n, '`');

  g_string_append_printf (message, "%s" INFO "%s\n%s", fence, attachment->name, attachment->text);
  if (!g_str_has_suffix (attachment->text, "\n"))
    g_string_append_c (message, '\n');
  g_string_append_printf (message, "%s\n\n", fence);
}

/**
 * dadam_attachments_join:
 * @attachments: #DadamAttachment objects
 *
 * Returns: (transfer full): a message with all of them and the text
 */
char *
dadam_attachments_join (GListModel *attachments, const char *text)
{
  GString *message = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (attachments); i++) {
    g_autoptr (DadamAttachment) attachment = g_list_model_get_item (attachments, i);

    append (message, attachment);
  }
  g_string_append (message, text);

  return g_string_free_and_steal (message);
}

/* What follows the attachment that @message begins with, or %NULL: it begins with none. */
static const char *
split_one (const char *message, DadamAttachment **attachment)
{
  gsize n = strspn (message, "`");
  const char *name = message + n + strlen (INFO);
  const char *body, *end;
  g_autofree char *closing = NULL;
  g_autofree char *copy = NULL;
  g_autofree char *text = NULL;

  if (n < LEAST_FENCE || strncmp (message + n, INFO, strlen (INFO)) != 0)
    return NULL;
  body = strchr (name, '\n');
  closing = g_strdup_printf ("\n%.*s\n\n", (int) n, message);
  end = body != NULL ? strstr (body, closing) : NULL;
  if (end == NULL)
    return NULL;
  copy = g_strndup (name, (gsize) (body - name));
  text = g_strndup (body + 1, (gsize) (end - body));
  *attachment = dadam_attachment_new (copy, text);

  return end + strlen (closing);
}

/**
 * dadam_attachments_split:
 * @attachments: gets #DadamAttachment objects
 *
 * Returns: the text in @message that follows the attachments
 */
const char *
dadam_attachments_split (const char *message, GPtrArray *attachments)
{
  const char *rest;
  DadamAttachment *attachment = NULL;

  while (attachments->len < MOST_ATTACHMENTS && (rest = split_one (message, &attachment)) != NULL) {
    g_ptr_array_add (attachments, attachment);
    message = rest;
  }

  return message;
}

/**
 * dadam_attachments_merge:
 *
 * Returns: (transfer full): one message of two: the files of both, then what is said in them,
 *   in paragraphs of their own
 */
char *
dadam_attachments_merge (const char *before, const char *after)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  const char *first = dadam_attachments_split (before, files);
  const char *second = dadam_attachments_split (after, files);
  const char *between = *first != '\0' && *second != '\0' ? "\n\n" : "";
  g_autofree char *text = g_strconcat (first, between, second, NULL);
  g_autoptr (GListStore) list = g_list_store_new (DADAM_TYPE_ATTACHMENT);

  g_list_store_splice (list, 0, 0, files->pdata, files->len);

  return dadam_attachments_join (G_LIST_MODEL (list), text);
}

/* (transfer full): what is said in a message, without the files that go with it; of nothing but
 * files the name of the first. */
char *
dadam_attachments_make_said (const char *message)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  const char *said = dadam_attachments_split (message, files);

  if (*said == '\0' && files->len > 0)
    said = dadam_attachment_get_name (g_ptr_array_index (files, 0));

  return g_strdup (said);
}
