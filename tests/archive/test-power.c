/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-power [TIMES [SEED]]: the power goes while questions are written, answers grow,
 * conversations are deleted and the schema is migrated: what is left is sound, and has
 * all that had been written by then.
 */
#include "config.h"

#include <glib/gstdio.h>

#include "check.h"
#include "dadam-change.h"
#include "power-vfs.h"

#define N_CONVERSATIONS 12
#define N_TICKS 6

static char *scratch;
static GRand *chance;
static GHashTable *written; /* ids to lengths; what is on the disk for sure */
static GArray *moments;     /* of guint64: when the power goes; sorted */
static guint next_moment;
static guint n_operations;
static GPtrArray *left; /* of GHashTable, `written` at each moment */

/* ---- the losses --------------------------------------------------------- */

static char *
folder_of (guint i)
{
  g_autofree char *name = g_strdup_printf ("%u", i);

  return g_build_filename (scratch, name, NULL);
}

static void
copy_cb (gpointer id, gpointer length, gpointer to)
{
  g_hash_table_insert (to, id, length);
}

static void
before_cb (guint64 n, gpointer user_data)
{
  GHashTable *promises;
  g_autofree char *folder = NULL;

  n_operations = (guint) n;
  if (next_moment >= moments->len || g_array_index (moments, guint64, next_moment) > n)
    return;
  promises = g_hash_table_new (NULL, NULL);
  g_hash_table_foreach (written, copy_cb, promises);
  g_ptr_array_add (left, promises);
  folder = folder_of (next_moment++);
  g_mkdir (folder, 0700);
  power_vfs_leave (folder, chance);
}

/* ---- the work ----------------------------------------------------------- */

static void
write_change (DadamBase *base, DadamChange *change)
{
  g_autoptr (GError) error = NULL;

  if (!dadam_base_begin (base, &error) || !dadam_change_write (base, change, &error)
      || !dadam_base_commit (base, &error)) {
    fprintf (stderr, "%s\n", error->message);
    exit (1);
  }
  dadam_change_free (change);
}

static void
promise (gint64 id, DadamMessage *message)
{
  g_hash_table_insert (written, GINT_TO_POINTER (id),
                       GUINT_TO_POINTER (dadam_message_get_length (message)));
}

static void
grow (DadamBase *base, gint64 id, DadamMessage *answer)
{
  const DadamStats stats = { .stop = DADAM_STOP_END };

  for (guint i = 0; i < N_TICKS; i++) {
    DadamChange *change = dadam_change_new (id);

    for (guint j = 0; j < 40; j++)
      dadam_message_append (answer, "물을 끓이고 찻잎을 넣습니다. ");
    if (i + 1 == N_TICKS)
      dadam_message_end (answer, &stats);
    dadam_change_put_message (change, 0, answer);
    write_change (base, change);
    promise (id + 2, answer);
  }
}

static void
talk (DadamBase *base, gint64 id)
{
  g_autoptr (DadamMessage) question = dadam_message_new (DADAM_ROLE_USER, "차는 어떻게 우립니까?");
  g_autoptr (DadamMessage) answer = dadam_message_new (DADAM_ROLE_ASSISTANT, "");
  DadamChange *change = dadam_change_new (id);

  dadam_message_set_place (question, id + 1, 0);
  dadam_message_set_place (answer, id + 2, id + 1);
  dadam_message_set_state (answer, DADAM_MESSAGE_WAITING, 0);
  dadam_change_create (change, DADAM_KIND_CHAT, "차", id);
  dadam_change_put_message (change, 0, question);
  dadam_change_put_message (change, 0, answer);
  dadam_change_choose (change, 0, 0, id + 1);
  write_change (base, change);
  promise (id + 1, question);
  grow (base, id, answer);
}

static void
remove_conversation (DadamBase *base, gint64 id)
{
  DadamChange *change = dadam_change_new (id);

  for (gint64 i = id + 1; i <= id + 2; i++)
    g_hash_table_remove (written, GINT_TO_POINTER (i));
  dadam_change_remove (change);
  write_change (base, change);
}

/* As version 1 wrote it, and then as it is now. */
static void
work (const char *path)
{
  DadamDamage damage;
  g_autoptr (GError) error = NULL;
  DadamBase *base = dadam_base_open_at (path, 1, &damage, &error);

  for (gint64 i = 1; base != NULL && i <= 20; i++) {
    if (!dadam_base_run (base, &error,
                         "INSERT INTO conversation VALUES (?1, 0, '옛', 0, 1, NULL, NULL)", "i",
                         i * 10)
        || !dadam_base_run (base, &error, "INSERT INTO pane (conversation, number) VALUES (?1, 0)",
                            "i", i * 10)
        || !dadam_base_run (base, &error,
                            "INSERT INTO message (id, conversation, pane, role, text)"
                            " VALUES (?1 + 1, ?1, 0, 1, '옛날 이야기')",
                            "i", i * 10))
      break;
    g_hash_table_insert (written, GINT_TO_POINTER (i * 10 + 1), GUINT_TO_POINTER (16));
  }
  dadam_base_close (base);
  base = error == NULL ? dadam_base_open (path, &damage, &error) : NULL;
  if (base == NULL) {
    fprintf (stderr, "%s\n", error->message);
    exit (1);
  }
  for (gint64 i = 0; i < N_CONVERSATIONS; i++) {
    talk (base, 1000 + i * 10);
    if (i % 3 == 2)
      remove_conversation (base, 1000 + (i - 1) * 10);
  }
  dadam_base_close (base);
}

/* ---- what is left ------------------------------------------------------- */

static void
check_left (guint i, GHashTable *promises)
{
  g_autofree char *folder = folder_of (i);
  g_autofree char *path = g_build_filename (folder, "power.db", NULL);
  DadamDamage damage;
  g_autoptr (GError) error = NULL;
  DadamBase *base = dadam_base_open (path, &damage, &error);
  sqlite3_stmt *rows;

  CHECK_MSG (base != NULL && damage.name == NULL, "loss %u: %s", i,
             error != NULL ? error->message : damage.name);
  if (base == NULL)
    return;
  rows = dadam_base_ask (base, &error, "PRAGMA integrity_check", "");
  CHECK (dadam_base_next (base, rows, &error)
         && g_strcmp0 ((const char *) sqlite3_column_text (rows, 0), "ok") == 0);
  sqlite3_reset (rows);
  rows = dadam_base_ask (base, &error, "SELECT id, length (CAST (text AS BLOB)) FROM message", "");
  while (dadam_base_next (base, rows, &error)) {
    gpointer id = GINT_TO_POINTER (sqlite3_column_int (rows, 0));

    CHECK_MSG ((guint) sqlite3_column_int (rows, 1)
                   >= GPOINTER_TO_UINT (g_hash_table_lookup (promises, id)),
               "loss %u: message %d is shorter", i, GPOINTER_TO_INT (id));
    g_hash_table_remove (promises, id);
  }
  CHECK_MSG (g_hash_table_size (promises) == 0, "loss %u: %u messages are lost", i,
             g_hash_table_size (promises));
  dadam_base_close (base);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  guint64 one = *(const guint64 *) a, other = *(const guint64 *) b;

  return one < other ? -1 : one > other;
}

static void
choose_moments (guint times)
{
  g_array_set_size (moments, 0);
  for (guint i = 0; i < times; i++) {
    guint64 moment = (guint64) n_operations + 1
                     + (guint64) g_rand_double_range (chance, 0, n_operations);

    g_array_append_val (moments, moment);
  }
  g_array_sort (moments, compare);
}

static void
remove_all (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR))
      remove_all (path);
    else
      g_unlink (path);
  }
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  guint times = argc > 1 ? (guint) atoi (argv[1]) : 8;
  guint32 seed = argc > 2 ? (guint32) atoi (argv[2]) : g_random_int ();
  g_autofree char *dry = NULL;
  g_autofree char *path = NULL;

  scratch = g_dir_make_tmp ("dadam-power-XXXXXX", NULL);
  dry = g_build_filename (scratch, "dry.db", NULL);
  path = g_build_filename (scratch, "power.db", NULL);
  chance = g_rand_new_with_seed (seed);
  moments = g_array_new (FALSE, FALSE, sizeof (guint64));
  left = g_ptr_array_new_with_free_func ((GDestroyNotify) g_hash_table_unref);
  written = g_hash_table_new (NULL, NULL);
  power_vfs_register (before_cb, NULL);

  /* Once to see how much there is to be done, and once with losses of power. */
  work (dry);
  g_hash_table_remove_all (written);
  choose_moments (times);
  work (path);

  sqlite3_vfs_register (sqlite3_vfs_find ("unix"), 1);
  for (guint i = 0; i < left->len; i++)
    check_left (i, left->pdata[i]);
  printf ("%u losses of power among %u operations, seed %u\n", left->len, n_operations / 2, seed);
  CHECK (left->len == times);

  g_ptr_array_unref (left);
  g_array_unref (moments);
  g_hash_table_unref (written);
  g_rand_free (chance);
  remove_all (scratch);
  g_free (scratch);

  return check_done ();
}
