/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a user chose as JSON, laid over what is usual; and text files in a message.
 */
#include "check.h"

#include "dadam-attachment.h"
#include "dadam-choices.h"

#include <glib/gstdio.h>

static void
check_choices (void)
{
  g_autoptr (DadamChoices) model = dadam_choices_new ();
  g_autoptr (DadamChoices) usual = dadam_choices_new ();
  g_autoptr (DadamChoices) conversation = NULL;
  g_autoptr (DadamChoices) again = NULL;
  g_autofree char *json = NULL;
  g_autofree char *nothing = NULL;
  g_autofree char *whole = NULL;

  dadam_choices_apply (model, "{\"temperature\": 0, \"system\": \"짧게.\", \"top_k\": 7}");
  CHECK (model->temperature == 0 && model->top_k == 7 && g_str_equal (model->system, "짧게."));
  CHECK (model->top_p == usual->top_p);

  /* A conversation's lie over its model's; an empty text takes one away. */
  conversation = dadam_choices_copy (model);
  dadam_choices_apply (conversation, "{\"system\": \"\", \"seed\": 42}");
  CHECK (conversation->system == NULL && conversation->seed == 42 && conversation->top_k == 7);
  json = dadam_choices_to_json (conversation, model);
  again = dadam_choices_copy (model);
  dadam_choices_apply (again, json);
  CHECK (again->system == NULL && again->seed == 42);
  nothing = dadam_choices_to_json (again, conversation);
  CHECK_MSG (g_str_equal (nothing, "{}"), "%s", nothing);
  whole = dadam_choices_to_json (conversation, NULL);
  CHECK (strstr (whole, "\"temperature\"") != NULL && strstr (whole, "\"max_tokens\"") != NULL);
}

/* What is chosen otherwise, and nothing else. */
static void
check_words (void)
{
  g_autoptr (DadamChoices) usual = dadam_choices_new ();
  g_autoptr (DadamChoices) choices = dadam_choices_copy (usual);
  g_autofree char *same = dadam_choices_describe (choices, usual);
  g_autofree char *words = NULL;
  g_autofree char *back = NULL;

  CHECK_MSG (g_str_equal (same, ""), "%s", same);
  dadam_choices_apply (choices, "{\"temperature\": 0.2, \"top_k\": 10, \"system\": \"짧게.\"}");
  words = dadam_choices_describe (choices, usual);
  CHECK_MSG (g_str_equal (words, "System Prompt “짧게.” · Temperature 0.2 · Top K 10"), "%s",
             words);
  back = dadam_choices_describe (usual, choices);
  CHECK_MSG (g_str_equal (back, "System Prompt – · Temperature 0.7 · Top K 40"), "%s", back);
}

static void
check_hostile (void)
{
  static const char *const texts[] = {
    "",
    "{",
    "[]",
    "7",
    "null",
    "{\"temperature\": \"hot\", \"system\": 7, \"top_k\": [1]}",
    "{\"temperature\": null, \"seed\": {}}",
  };
  g_autoptr (DadamChoices) usual = dadam_choices_new ();
  g_autoptr (DadamChoices) choices = dadam_choices_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *json = NULL;

    dadam_choices_apply (choices, texts[i]);
    json = dadam_choices_to_json (choices, usual);
    CHECK_MSG (g_str_equal (json, "{}"), "“%s” became %s", texts[i], json);
  }
  dadam_choices_apply (choices, NULL);
  dadam_choices_apply (choices, "{\"temperature\": 1e300, \"top_p\": -4, \"top_k\": -1, "
                                "\"max_tokens\": 99999999999, \"seed\": -7}");
  CHECK (choices->temperature == 5 && choices->top_p > 0 && choices->top_p < 0.1);
  CHECK (choices->top_k == 0 && choices->max_tokens == 1 << 20 && choices->seed == -1);
}

static void
check_attachments (void)
{
  static const char *const files[][2] = {
    { "차.txt", "녹차\n홍차\n" },
    { "no end.md", "```c\nint x;\n```" },
    { "evil\n`name", "````\n`````\n\n" },
  };
  g_autoptr (GListStore) store = g_list_store_new (DADAM_TYPE_ATTACHMENT);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *message = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (DadamAttachment) attachment = dadam_attachment_new (files[i][0], files[i][1]);

    g_list_store_append (store, attachment);
  }
  message = dadam_attachments_join (G_LIST_MODEL (store), "요약해 줘.\n\n```\n끝\n```");
  CHECK (g_str_equal (dadam_attachments_split (message, found), "요약해 줘.\n\n```\n끝\n```"));
  CHECK (found->len == 3);
  for (guint i = 0; i < found->len; i++) {
    g_autofree char *text = g_strchomp (g_strdup (files[i][1]));
    g_autofree char *got =
        g_strchomp (g_strdup (dadam_attachment_get_text (g_ptr_array_index (found, i))));

    CHECK_MSG (g_str_equal (got, text), "“%s” is not “%s”", got, text);
  }
  CHECK (g_str_equal (dadam_attachment_get_name (g_ptr_array_index (found, 0)), "차.txt"));
  CHECK (strpbrk (dadam_attachment_get_name (g_ptr_array_index (found, 2)), "`\n") == NULL);
}

/* What only looks like an attachment is text. */
static void
check_no_attachments (void)
{
  static const char *const texts[] = {
    "",
    "````",
    "```` file=a",
    "```` file=a\n",
    "```` file=a\nb\n````",
    "``` file=a\nb\n```\n\nc",
    "글 ```` file=a\nb\n````\n\n",
    "````c\nb\n````\n\nc",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_object_unref);

    CHECK_MSG (dadam_attachments_split (texts[i], found) == texts[i] && found->len == 0, "“%s”",
               texts[i]);
  }
}

static void
loaded_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static DadamAttachment *
load (const char *folder, const char *bytes, gsize length, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "file.txt", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GAsyncResult) result = NULL;

  CHECK (g_file_set_contents (path, bytes, (gssize) length, NULL));
  dadam_attachment_load_async (file, NULL, loaded_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return dadam_attachment_load_finish (result, error);
}

static void
check_load (const char *folder)
{
  static const struct {
    const char *bytes;
    gsize length;
    const char *text;
  } files[] = {
    { "차\n", 4, "차\n" },
    { "\xef\xbb\xbf차", 6, "차" },
    { "\xc2\xf7 \xb4\xd9", 5, "차 다" }, /* CP949 */
    { "\xff\xfe\x28\xcc", 4, "차" },     /* UTF-16 */
    { "a\0b", 3, NULL },
    { "", 0, NULL },
    { "\xff\xff\xff", 3, NULL },
  };
  g_autofree char *large = g_strnfill (DADAM_ATTACHMENT_LIMIT + 1, 'a');
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GError) why = NULL;
    g_autoptr (DadamAttachment) got = load (folder, files[i].bytes, files[i].length, &why);

    CHECK_MSG (got == NULL || why == NULL, "file %zu", i);
    CHECK_MSG (g_strcmp0 (got ? dadam_attachment_get_text (got) : NULL, files[i].text) == 0,
               "file %zu", i);
    CHECK (got != NULL || strstr (why->message, "file.txt") != NULL);
  }
  CHECK (load (folder, large, DADAM_ATTACHMENT_LIMIT + 1, &error) == NULL);
  CHECK (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE));
}

int
main (void)
{
  g_autofree char *folder = g_dir_make_tmp ("dadam-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "file.txt", NULL);

  check_choices ();
  check_words ();
  check_hostile ();
  check_attachments ();
  check_no_attachments ();
  check_load (folder);
  g_remove (path);
  g_rmdir (folder);

  return check_done ();
}
