/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-context MODEL: what of a conversation is read when not all of it fits: the
 * system prompt and the last question always, the oldest turns never in halves, and
 * the same for several turns in a row.
 */
#include "check.h"

#include "dadam-session.h"

#define CONTEXT 1024
#define TURNS 40

typedef struct {
  GMainLoop *loop;
  DadamLoaded *loaded;
  gssize n_tokens;
  guint n_dropped;
  char *text;
} Test;

static void
loaded_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Test *test = user_data;
  g_autoptr (GError) error = NULL;

  test->loaded = dadam_engine_load_finish (DADAM_ENGINE (object), result, &error);
  CHECK_MSG (error == NULL, "%s", error->message);
  g_main_loop_quit (test->loop);
}

static void
counted_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Test *test = user_data;
  g_autoptr (GError) error = NULL;

  test->n_tokens = dadam_session_count_finish (result, &test->n_dropped, &error);
  CHECK_MSG (error == NULL, "%s", error->message);
  g_main_loop_quit (test->loop);
}

static void
previewed_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Test *test = user_data;
  g_autoptr (GError) error = NULL;
  GString *text;

  g_free (test->text);
  /* The tiny model's words are user-defined pieces, which are written as they are. */
  text = g_string_new_take (dadam_session_preview_finish (result, &error));
  g_string_replace (text, "\u2581", " ", 0);
  test->text = g_string_free_and_steal (text);
  CHECK_MSG (error == NULL, "%s", error->message);
  g_main_loop_quit (test->loop);
}

static void
add (GListStore *messages, DadamRole role, guint i)
{
  g_autofree char *text = g_strdup_printf ("(%s %u) the sea and the tea of the island",
                                           role == DADAM_ROLE_USER ? "question" : "answer", i);
  g_autoptr (DadamMessage) message = dadam_message_new (role, text);

  g_list_store_append (messages, message);
}

static void
look (Test *test, GListStore *messages, const char *draft, const DadamChoices *choices)
{
  dadam_session_count_async (test->loaded, G_LIST_MODEL (messages), draft, choices, NULL,
                             counted_cb, test);
  g_main_loop_run (test->loop);
  dadam_session_preview_async (test->loaded, G_LIST_MODEL (messages), draft, choices, NULL,
                               previewed_cb, test);
  g_main_loop_run (test->loop);
}

static gboolean
has (Test *test, const char *role, guint i)
{
  g_autofree char *text = g_strdup_printf ("(%s %u)", role, i);

  return strstr (test->text, text) != NULL;
}

static void
check_prompt (Test *test, guint turn)
{
  CHECK_MSG (test->n_tokens <= CONTEXT * 3 / 4, "turn %u: %zd tokens", turn, test->n_tokens);
  CHECK (test->n_dropped % 2 == 0);
  CHECK_MSG (strstr (test->text, "Be brief.") != NULL, "turn %u: no system prompt", turn);
  CHECK_MSG (strstr (test->text, "the last one") != NULL, "turn %u: no question", turn);
  for (guint i = 0; i < turn; i++) {
    CHECK_MSG (has (test, "question", i) == (i >= test->n_dropped / 2), "turn %u, question %u",
               turn, i);
    CHECK_MSG (has (test, "answer", i) == (i >= test->n_dropped / 2), "turn %u, answer %u", turn,
               i);
  }
}

/* As a conversation grows. */
static void
check_grows (Test *test, const DadamChoices *choices)
{
  g_autoptr (GListStore) messages = g_list_store_new (DADAM_TYPE_MESSAGE);
  guint n_changes = 0, before = 0;

  for (guint i = 0; i < TURNS; i++) {
    look (test, messages, "the last one", choices);
    check_prompt (test, i);
    CHECK_MSG (test->n_dropped >= before, "turn %u: what was left out is back", i);
    n_changes += test->n_dropped != before;
    before = test->n_dropped;
    add (messages, DADAM_ROLE_USER, i);
    add (messages, DADAM_ROLE_ASSISTANT, i);
  }
  CHECK_MSG (before > TURNS / 2, "%u left out", before);
  CHECK_MSG (n_changes > 1 && n_changes <= TURNS / 3, "%u times anew", n_changes);
}

/* A last question that fills the context by itself is left whole. */
static void
check_long_question (Test *test, const DadamChoices *choices)
{
  g_autoptr (GListStore) messages = g_list_store_new (DADAM_TYPE_MESSAGE);
  g_autoptr (GString) draft = g_string_new ("the last one");

  add (messages, DADAM_ROLE_USER, 0);
  add (messages, DADAM_ROLE_ASSISTANT, 0);
  for (guint i = 0; i < CONTEXT; i++)
    g_string_append (draft, " tea");
  look (test, messages, draft->str, choices);
  CHECK (test->n_dropped == 2 && test->n_tokens > CONTEXT);
}

int
main (int argc, char **argv)
{
  Test test = { 0 };
  g_autoptr (DadamEngine) engine = NULL;
  g_autoptr (DadamChoices) choices = dadam_choices_new ();

  if (argc < 2)
    return 2;
  test.loop = g_main_loop_new (NULL, FALSE);
  engine = dadam_engine_new ();
  dadam_engine_load_async (engine, argv[1], NULL, CONTEXT, NULL, NULL, NULL, loaded_cb, &test);
  g_main_loop_run (test.loop);
  if (test.loaded == NULL)
    return 1;
  CHECK (dadam_loaded_get_context (test.loaded) == CONTEXT);
  CHECK (dadam_loaded_get_longest_context (test.loaded) > CONTEXT);

  dadam_choices_apply (choices, "{\"system\": \"Be brief.\", \"format\": \"alpaca\"}");
  check_grows (&test, choices);
  check_long_question (&test, choices);

  g_free (test.text);
  dadam_loaded_unref (test.loaded);
  g_main_loop_unref (test.loop);

  return check_done ();
}
