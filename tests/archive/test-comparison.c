/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-comparison MODEL OTHER HUNGRY: two models asked the same: each pane says what its
 * model says alone, at the same time and one after the other; a blind one tells nothing,
 * by no way, until it was judged; all of it is there when it is opened again.
 */
#include "config.h"

#include "dadam-archive-private.h"
#include "dadam-comparison.h"
#include "dadam-engine-room.h"
#include "dadam-export.h"
#include "dadam-hit.h"
#include "dadam-pairing.h"
#include "dadam-settings.h"
#include "folder.h"
#include "wait.h"

#define SETTINGS "{\"temperature\":0.8,\"max_tokens\":12}"

static const char *const questions[] = { "바다는 어떤 곳입니까?", "And the mountains?" };

static char *folder;
static DadamEngine *engine;
static GSettings *settings;
static DadamArchive *archive;
static DadamModel *models[2];

static DadamMessage *
message_at (DadamConversation *conversation, guint i)
{
  g_autoptr (DadamMessage)
      message = g_list_model_get_item (dadam_conversation_get_messages (conversation), i);

  return message;
}

static guint
n_messages (DadamConversation *conversation)
{
  return g_list_model_get_n_items (dadam_conversation_get_messages (conversation));
}

static const char *
text_of (DadamComparison *comparison, guint pane, guint i)
{
  return dadam_message_get_text (message_at (dadam_comparison_get_pane (comparison, pane), i));
}

static const DadamMaker *
maker_of (DadamComparison *comparison, guint pane, guint i)
{
  return dadam_message_get_maker (message_at (dadam_comparison_get_pane (comparison, pane), i));
}

static DadamComparison *
begin (DadamModel *one, DadamModel *other)
{
  DadamComparison *self = dadam_comparison_new (archive, engine);

  for (guint i = 0; i < DADAM_N_PANES; i++) {
    dadam_conversation_set_model (dadam_comparison_get_pane (self, i), i == 0 ? one : other);
    dadam_conversation_set_settings (dadam_comparison_get_pane (self, i), SETTINGS);
  }

  return self;
}

static void
ask (DadamComparison *comparison, const char *question)
{
  dadam_comparison_send (comparison, question);
  WAIT_FOR (!dadam_comparison_is_answering (comparison));
}

/* ---- what is said ------------------------------------------------------ */

/* That each turn of a pane is what the pane's model gives alone with that seed. */
static void
check_alone (DadamComparison *comparison, guint pane, DadamModel *model)
{
  g_autoptr (DadamConversation) alone = dadam_conversation_new (archive);
  guint n = n_messages (dadam_comparison_get_pane (comparison, pane));

  CHECK (n == 2 * G_N_ELEMENTS (questions));
  dadam_conversation_set_model (alone, model);
  for (guint i = 0; i + 1 < n; i += 2) {
    const DadamMaker *maker = maker_of (comparison, pane, i + 1);
    g_autofree char *exact = g_strdup_printf ("{\"temperature\":0.8,\"max_tokens\":12,"
                                              "\"seed\":%" G_GINT64_FORMAT "}",
                                              maker->seed);

    CHECK (maker->seed == maker_of (comparison, 1 - pane, i + 1)->seed);
    CHECK (g_strcmp0 (maker->path, dadam_model_get_path (model)) == 0);
    dadam_conversation_set_settings (alone, exact);
    dadam_conversation_send (alone, text_of (comparison, pane, i));
    WAIT_FOR (!dadam_conversation_is_answering (alone));
    CHECK_MSG (g_str_equal (dadam_message_get_text (message_at (alone, i + 1)),
                            text_of (comparison, pane, i + 1)),
               "pane %u, turn %u: “%s”, alone “%s”", pane, i / 2, text_of (comparison, pane, i + 1),
               dadam_message_get_text (message_at (alone, i + 1)));
  }
}

static void
check_together (void)
{
  g_autoptr (DadamComparison) comparison = begin (models[0], models[1]);
  g_autoptr (DadamComparison) again = NULL;
  gint64 id, copy;

  CHECK (dadam_comparison_is_empty (comparison) && dadam_comparison_get_id (comparison) == 0);
  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    ask (comparison, questions[i]);
  CHECK (!dadam_comparison_takes_turns (comparison) && !dadam_comparison_is_secret (comparison));
  CHECK (!g_str_equal (text_of (comparison, 0, 1), text_of (comparison, 1, 1)));
  for (guint i = 0; i < DADAM_N_PANES; i++)
    check_alone (comparison, i, models[i]);

  id = dadam_comparison_get_id (comparison);
  CHECK (dadam_summary_get_kind (dadam_archive_find (archive, id)) == DADAM_KIND_COMPARISON);
  copy = dadam_comparison_copy_pane (comparison, 1);
  {
    g_autoptr (DadamConversation) chat = dadam_conversation_open (archive, copy);

    WAIT_FOR (!dadam_conversation_is_loading (chat));
    CHECK (n_messages (chat) == 4);
    CHECK (g_str_equal (dadam_message_get_text (message_at (chat, 3)), text_of (comparison, 1, 3)));
    CHECK (g_strcmp0 (dadam_conversation_get_model_path (chat), dadam_model_get_path (models[1]))
           == 0);
  }
  g_clear_object (&comparison);

  comparison = begin (models[0], models[1]);
  again = dadam_comparison_open (archive, engine, id);
  WAIT_FOR (!dadam_comparison_is_loading (again));
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    CHECK (n_messages (dadam_comparison_get_pane (again, i)) == 4);
    CHECK (g_str_equal (text_of (again, i, 2), questions[1]));
    CHECK (g_strcmp0 (dadam_conversation_get_settings (dadam_comparison_get_pane (again, i)),
                      SETTINGS)
           == 0);
  }
}

/* One after the other, because the user wants it. */
static void
check_turns (void)
{
  g_autoptr (DadamComparison) comparison = begin (models[0], models[1]);
  gboolean were_both = FALSE;

  dadam_comparison_set_takes_turns (comparison, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (questions); i++) {
    dadam_comparison_send (comparison, questions[i]);
    while (dadam_comparison_is_answering (comparison)) {
      DadamMessage *left = message_at (dadam_comparison_get_pane (comparison, 0), 2 * i + 1);
      DadamMessage *right = message_at (dadam_comparison_get_pane (comparison, 1), 2 * i + 1);

      were_both |= dadam_message_get_state (left) != DADAM_MESSAGE_ENDED
                   && dadam_message_get_length (right) > 0;
      g_main_context_iteration (NULL, TRUE);
    }
  }
  CHECK (!were_both);
  for (guint i = 0; i < DADAM_N_PANES; i++)
    check_alone (comparison, i, models[i]);
}

/* (transfer full) */
static DadamComparison *
reopen (DadamPairing *pairing, gint64 id)
{
  DadamComparison *self = dadam_comparison_open (archive, engine, id);

  WAIT_FOR (!dadam_comparison_is_loading (self));
  dadam_pairing_restore (pairing, self);

  return self;
}

static DadamModel *
model_of (DadamComparison *comparison, guint pane)
{
  return dadam_conversation_get_model (dadam_comparison_get_pane (comparison, pane));
}

/* A pane's own device is kept with it, and one that was chosen later as well. */
static void
check_devices (void)
{
  const char *path = dadam_model_get_path (models[1]);
  g_autoptr (DadamLibrary) library = dadam_library_new (engine, settings);
  g_autoptr (DadamPairing) pairing = dadam_pairing_new (engine, library, settings);
  g_autoptr (DadamModel) own = dadam_model_new (engine, settings, path);
  g_autoptr (DadamComparison) comparison = begin (models[0], own);
  gint64 id;

  dadam_model_set_own_device (own, "cpu");
  ask (comparison, questions[0]);
  id = dadam_comparison_get_id (comparison);
  g_clear_object (&comparison);
  comparison = reopen (pairing, id);
  CHECK (dadam_model_get_own_device (model_of (comparison, 0)) == NULL);
  CHECK (g_str_equal (dadam_model_get_path (model_of (comparison, 1)), path));
  CHECK (g_strcmp0 (dadam_model_get_own_device (model_of (comparison, 1)), "cpu") == 0);

  dadam_conversation_set_model (dadam_comparison_get_pane (comparison, 0), own);
  g_clear_object (&comparison);
  comparison = reopen (pairing, id);
  CHECK (g_strcmp0 (dadam_model_get_own_device (model_of (comparison, 0)), "cpu") == 0);
  CHECK (model_of (comparison, 0) == model_of (comparison, 1)); /* loaded once */
}

static guint64
sum_of (const DadamNeed *need)
{
  guint64 sum = 0;

  for (guint i = 0; i < DD_DEVICES; i++)
    sum += need->taken[i];

  return sum;
}

/* So much context that one of them fits into memory, and two do not.  (Where there is more than
 * some 90 GB of it, there is no such number.) */
static void
make_hungry (DadamModel *model)
{
  DadamNeed need = { .path = dadam_model_get_path (model), .devices = "cpu", .context = 1024 };
  DadamRoom room = dadam_engine_measure_needs (engine, &need, 1);
  guint64 few = sum_of (&need);
  g_autoptr (DadamChoices) choices = dadam_model_get_choices (model);

  need.context = 2048;
  dadam_engine_measure_needs (engine, &need, 1);
  CHECK (sum_of (&need) > few);
  choices->context = (gint64) ((double) room.ram * 0.65 / ((double) (sum_of (&need) - few) / 1024));
  CHECK_MSG (choices->context <= 1 << 20, "%" G_GINT64_FORMAT " tokens", choices->context);
  dadam_model_set_choices (model, choices);
}

/* One after the other, because memory has no room for both: never are both in it. */
static void
check_room (const char *path)
{
  g_autofree char *copy = g_build_filename (folder, "copy.gguf", NULL);
  g_autoptr (GFile) from = g_file_new_for_path (path);
  g_autoptr (GFile) to = g_file_new_for_path (copy);
  g_autoptr (DadamModel) one = dadam_model_new (engine, settings, path);
  g_autoptr (DadamModel) other = dadam_model_new (engine, settings, copy);
  g_autoptr (DadamComparison) comparison = begin (one, other);
  gboolean were_both = FALSE;

  CHECK (g_file_copy (from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, NULL));
  make_hungry (one);
  make_hungry (other);
  for (guint i = 0; i < DADAM_N_PANES; i++)
    dadam_conversation_set_settings (dadam_comparison_get_pane (comparison, i),
                                     "{\"max_tokens\":3}");
  dadam_comparison_send (comparison, "?");
  while (dadam_comparison_is_answering (comparison)) {
    were_both |= dadam_model_get_loaded (one) != NULL && dadam_model_get_loaded (other) != NULL;
    g_main_context_iteration (NULL, TRUE);
  }
  CHECK (dadam_comparison_takes_turns (comparison) && !were_both);
  CHECK (*text_of (comparison, 0, 1) != '\0');
  CHECK (g_str_equal (text_of (comparison, 0, 1), text_of (comparison, 1, 1)));
}

/* A large card, the processor, a small card, and a card without memory of its own. */
static void
check_needs (void)
{
  enum { LARGE, CPU, SMALL, INSIDE };
  const DadamRoom room = { .gpu = 10,
                           .ram = 20,
                           .free = { [LARGE] = 10, [CPU] = 20, [SMALL] = 5, [INSIDE] = 12 },
                           .is_ram = { [CPU] = TRUE, [INSIDE] = TRUE } };
  const DadamNeed card = { .taken = { [LARGE] = 6, [CPU] = 1 } };
  const DadamNeed little = { .taken = { [LARGE] = 4, [CPU] = 1 } };
  const DadamNeed other_card = { .taken = { [SMALL] = 5, [CPU] = 1 } };
  const DadamNeed too_much = { .taken = { [SMALL] = 6 } };
  const DadamNeed cpu = { .taken = { [CPU] = 15 } }, inside = { .taken = { [INSIDE] = 6 } };
  const DadamNeed huge = { .taken = { [CPU] = G_MAXUINT64 } }, nothing = { .path = NULL };
  const DadamNeed loaded = { .taken = { [CPU] = 1 }, .held = 1u << LARGE };
  const DadamNeed rest = { .taken = { [LARGE] = 2, [CPU] = 4 }, .wanted = 1u << LARGE | 1u << CPU };
  const DadamNeed elsewhere = { .taken = { [SMALL] = 2, [CPU] = 4 },
                                .wanted = 1u << SMALL | 1u << CPU };

  CHECK (dadam_room_has_both (&room, &card, &little) && dadam_room_has_both (&room, &card, &cpu));
  CHECK (!dadam_room_has_both (&room, &card, &card) && !dadam_room_has_both (&room, &cpu, &cpu));
  CHECK (!dadam_room_has_both (&room, &huge, &huge)
         && !dadam_room_has_both (&room, &little, &huge));
  /* Each of two cards counts for itself. */
  CHECK (dadam_room_has_both (&room, &card, &other_card));
  CHECK (!dadam_room_has_both (&room, &other_card, &other_card));
  CHECK (!dadam_room_has_both (&room, &nothing, &too_much));
  /* What has no memory of its own takes the computer's. */
  CHECK (dadam_room_has_both (&room, &inside, &inside));
  CHECK (!dadam_room_has_both (&room, &inside, &cpu));
  /* What would only be alone with the card wholly on it does not share it. */
  CHECK (dadam_room_has_both (&room, &loaded, &card) && dadam_room_has_both (&room, &card, &rest));
  CHECK (!dadam_room_has_both (&room, &loaded, &rest));
  CHECK (dadam_room_has_both (&room, &loaded, &elsewhere));
}

/* Both are stopped, and one alone while the other goes on. */
static void
check_stop (void)
{
  g_autoptr (DadamComparison) comparison = dadam_comparison_new (archive, engine);
  DadamConversation *left = dadam_comparison_get_pane (comparison, 0);
  DadamConversation *right = dadam_comparison_get_pane (comparison, 1);
  gsize length;

  dadam_conversation_set_model (left, models[0]);
  dadam_conversation_set_model (right, models[1]);
  dadam_comparison_send (comparison, questions[0]);
  WAIT_FOR (dadam_message_get_length (message_at (left, 1)) > 0
            && dadam_message_get_length (message_at (right, 1)) > 0);
  dadam_conversation_stop (left);
  WAIT_FOR (!dadam_conversation_is_answering (left));
  length = dadam_message_get_length (message_at (right, 1));
  WAIT_FOR (dadam_message_get_length (message_at (right, 1)) > length);
  dadam_comparison_stop (comparison);
  WAIT_FOR (!dadam_comparison_is_answering (comparison));
  CHECK (dadam_message_get_stats (message_at (left, 1))->stop == DADAM_STOP_CANCELLED);
  CHECK (dadam_message_get_stats (message_at (right, 1))->stop == DADAM_STOP_CANCELLED);
}

/* ---- nothing said, and gone -------------------------------------------- */

static void
returned_cb (char **returned, const char *question)
{
  g_set_str (returned, question);
}

/* As in a chat: where nobody has said a word, it was not asked. */
static void
check_taken_back (void)
{
  g_autoptr (DadamComparison) comparison = begin (models[0], models[1]);
  g_autofree char *returned = NULL;
  gint64 id;

  g_signal_connect_swapped (comparison, "returned", G_CALLBACK (returned_cb), &returned);
  dadam_comparison_set_is_blind (comparison, TRUE);
  dadam_comparison_send (comparison, questions[0]);
  id = dadam_comparison_get_id (comparison);
  dadam_comparison_stop (comparison);
  WAIT_FOR (!dadam_comparison_is_answering (comparison));
  CHECK (g_strcmp0 (returned, questions[0]) == 0);
  CHECK (dadam_comparison_is_empty (comparison) && dadam_comparison_get_id (comparison) == 0);
  CHECK (dadam_archive_find (archive, id) == NULL && !dadam_comparison_is_secret (comparison));
  for (guint i = 0; i < DADAM_N_PANES; i++)
    CHECK (dadam_conversation_get_model (dadam_comparison_get_pane (comparison, i)) == models[i]);

  ask (comparison, questions[0]);
  dadam_comparison_send (comparison, questions[1]);
  dadam_comparison_stop (comparison);
  WAIT_FOR (!dadam_comparison_is_answering (comparison));
  CHECK (g_strcmp0 (returned, questions[1]) == 0 && dadam_comparison_can_judge (comparison));
  for (guint i = 0; i < DADAM_N_PANES; i++)
    CHECK (n_messages (dadam_comparison_get_pane (comparison, i)) == 2);
}

static void
failed_cb (int *failed, const GError *error, int pane)
{
  CHECK (error != NULL);
  *failed = pane;
}

/* Where one of them has said something, the other's silence stays beside it. */
static void
check_one_failed (void)
{
  g_autofree char *none = g_build_filename (folder, "none.gguf", NULL);
  g_autoptr (DadamModel) missing = dadam_model_new (engine, settings, none);
  g_autoptr (DadamComparison) comparison = begin (models[0], missing);
  int failed = -2;

  g_signal_connect_swapped (comparison, "failed", G_CALLBACK (failed_cb), &failed);
  ask (comparison, questions[0]);
  CHECK_MSG (failed == 1, "pane %d failed", failed);
  CHECK (*text_of (comparison, 0, 1) != '\0' && *text_of (comparison, 1, 1) == '\0');
  CHECK (n_messages (dadam_comparison_get_pane (comparison, 1)) == 2);
  CHECK (dadam_message_came_to_nothing (message_at (dadam_comparison_get_pane (comparison, 1), 1)));
}

static void
gone_cb (gboolean *is_gone)
{
  *is_gone = TRUE;
}

/* From the trash it comes back as it was, its secret and its duel with it. */
static void
check_trash (void)
{
  g_autoptr (DadamComparison) comparison = begin (models[0], models[1]);
  g_autofree char *left = NULL;
  gboolean is_gone = FALSE;
  gint64 id;

  g_signal_connect_swapped (comparison, "gone", G_CALLBACK (gone_cb), &is_gone);
  dadam_comparison_set_is_blind (comparison, TRUE);
  ask (comparison, questions[0]);
  id = dadam_comparison_get_id (comparison);
  left = g_strdup (text_of (comparison, 0, 1));
  dadam_archive_trash (archive, id);
  CHECK (is_gone && dadam_summary_get_trashed (dadam_archive_find (archive, id)) != 0);
  g_clear_object (&comparison);

  dadam_archive_restore (archive, id);
  comparison = dadam_comparison_open (archive, engine, id);
  WAIT_FOR (!dadam_comparison_is_loading (comparison));
  CHECK (g_str_equal (text_of (comparison, 0, 1), left));
  CHECK (dadam_comparison_is_secret (comparison) && dadam_comparison_can_judge (comparison));
  dadam_comparison_judge (comparison, DADAM_VERDICT_LEFT);
  WAIT_FOR (!dadam_comparison_is_secret (comparison));
}

/* ---- blind ------------------------------------------------------------- */

static char *export (gint64 id, DadamExport format)
{
  g_autoptr (GFile) file = g_file_new_build_filename (folder, "export", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  char *text = NULL;

  WAIT_CALL (result, dadam_archive_export_async, archive, id, format, file, NULL);
  CHECK (dadam_archive_export_finish (archive, result, NULL));
  CHECK (g_file_load_contents (file, NULL, &text, NULL, NULL, NULL));

  return text;
}

static gboolean
tells (const char *text)
{
  static const char *const secrets[] = { "tiny",   "other", ".gguf",      "seconds",
                                         "tokens", "seed",  "\"device\"", "settings" };

  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    if (strstr (text, secrets[i]) != NULL)
      return TRUE;

  return FALSE;
}

static void
check_exports (gint64 id, gboolean is_secret)
{
  for (DadamExport format = DADAM_EXPORT_MARKDOWN; format <= DADAM_EXPORT_JSON; format++) {
    g_autofree char *text = export (id, format);

    CHECK_MSG (tells (text) == !is_secret, "%s", text);
    CHECK (strstr (text, questions[0]) != NULL);
    if (!is_secret)
      CHECK (strstr (text, "tiny") != NULL && strstr (text, "other") != NULL);
  }
}

static guint
n_found (const char *text)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GListModel) hits = NULL;

  WAIT_CALL (result, dadam_archive_search_async, archive, text, 100, NULL);
  hits = dadam_archive_search_finish (archive, result, NULL);

  return g_list_model_get_n_items (hits);
}

/* What a window may show of the last answers. */
static DadamVeil
veil_of (DadamComparison *comparison)
{
  DadamVeil veil = dadam_message_get_veil (message_at (dadam_comparison_get_pane (comparison, 0),
                                                       1));

  CHECK (veil
         == dadam_message_get_veil (message_at (dadam_comparison_get_pane (comparison, 1), 1)));

  return veil;
}

static gboolean
has_ended (DadamComparison *comparison, guint pane)
{
  return !dadam_conversation_is_answering (dadam_comparison_get_pane (comparison, pane));
}

static void
check_blind (void)
{
  g_autoptr (DadamComparison) comparison = begin (models[0], models[1]);
  gint64 id;

  dadam_comparison_set_is_blind (comparison, TRUE);
  dadam_comparison_set_takes_turns (comparison, TRUE);
  dadam_comparison_send (comparison, "누가 누구입니까 아무도모릅니다");
  CHECK (dadam_comparison_is_secret (comparison) && veil_of (comparison) == DADAM_VEIL_ALL);
  WAIT_FOR (has_ended (comparison, 0) || has_ended (comparison, 1));
  CHECK (veil_of (comparison) == DADAM_VEIL_ALL && !dadam_comparison_can_judge (comparison));
  CHECK_MSG (n_found ("아무도모릅니다") == 1, "%u hits", n_found ("아무도모릅니다"));
  WAIT_FOR (!dadam_comparison_is_answering (comparison));
  CHECK (veil_of (comparison) == DADAM_VEIL_MAKER && dadam_comparison_can_judge (comparison));
  id = dadam_comparison_get_id (comparison);
  g_clear_object (&comparison);

  comparison = dadam_comparison_open (archive, engine, id);
  WAIT_FOR (!dadam_comparison_is_loading (comparison));
  CHECK (dadam_comparison_is_secret (comparison) && veil_of (comparison) == DADAM_VEIL_MAKER);
  CHECK (dadam_comparison_can_judge (comparison));
}

static void
check_secrets (void)
{
  g_autoptr (DadamComparison) comparison = begin (models[0], models[1]);
  g_autoptr (DadamComparison) open = begin (models[0], models[1]);

  dadam_comparison_set_is_blind (comparison, TRUE);
  ask (comparison, questions[0]);
  check_exports (dadam_comparison_get_id (comparison), TRUE);
  dadam_comparison_judge (comparison, DADAM_VERDICT_TIE);
  CHECK (dadam_comparison_is_secret (comparison) && !dadam_comparison_can_judge (comparison));
  WAIT_FOR (!dadam_comparison_is_secret (comparison));
  CHECK (veil_of (comparison) == DADAM_VEIL_NONE && !dadam_comparison_can_judge (comparison));
  check_exports (dadam_comparison_get_id (comparison), FALSE);
  ask (comparison, questions[1]);
  CHECK (!dadam_comparison_is_secret (comparison));
  ask (open, questions[0]);
  check_exports (dadam_comparison_get_id (open), FALSE);
}

/* Each model is on each side now and then. */
static void
check_sides (void)
{
  guint n_left = 0;

  for (guint i = 0; i < 16; i++) {
    g_autoptr (DadamComparison) comparison = begin (models[0], models[1]);

    dadam_comparison_set_is_blind (comparison, TRUE);
    dadam_comparison_send (comparison, questions[0]);
    n_left += dadam_conversation_get_model (dadam_comparison_get_pane (comparison, 0)) == models[0];
    dadam_comparison_stop (comparison);
    WAIT_FOR (!dadam_comparison_is_answering (comparison));
    CHECK (!dadam_comparison_can_judge (comparison));
  }
  CHECK_MSG (n_left > 0 && n_left < 16, "%u of 16", n_left);
}

int
main (int argc, char **argv)
{
  g_autofree char *path = NULL;

  if (argc < 4)
    return 2;
  folder = g_dir_make_tmp ("dadam-comparison-XXXXXX", NULL);
  path = g_build_filename (folder, "dadam.db", NULL);
  engine = dadam_engine_new ();
  settings = dadam_settings_new ();
  archive = dadam_archive_new (path);
  WAIT_FOR (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN);
  for (guint i = 0; i < 2; i++)
    models[i] = dadam_model_new (engine, settings, argv[i + 1]);

  check_needs ();
  check_together ();
  check_devices ();
  check_turns ();
  check_stop ();
  check_taken_back ();
  check_one_failed ();
  check_trash ();
  check_blind ();
  check_secrets ();
  check_sides ();
  check_room (argv[3]);

  dadam_archive_close (archive);
  g_clear_object (&archive);
  for (guint i = 0; i < 2; i++)
    g_clear_object (&models[i]);
  g_clear_object (&settings);
  g_clear_object (&engine);
  folder_remove (folder);

  return check_done ();
}
