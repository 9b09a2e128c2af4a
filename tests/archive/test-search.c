/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-search [MEGABYTES]: what a search finds is what a plain scan finds, for random
 * queries over a corpus in Korean, English, composed, decomposed and single letters; and
 * what was written before there was a search is found too.  With MEGABYTES it measures
 * a corpus of that size instead.
 */
#include "config.h"

#include "dadam-fold.h"
#include "dadam-hit.h"
#include "dadam-index.h"
#include "folder.h"
#include "kept.h"
#include <glib/gstdio.h>

static char *folder;

/* ---- a corpus ----------------------------------------------------------- */

static const char *const words[] = {
  "학교에",     "학생들이",   "한국어로", "이야기를",   "나누었습니다.", "차를",
  "마시며",     "제주도의",   "바다는",   "아름답다",   "ㅋㅋㅋ",        "ㅠㅠ",
  "ㄳ",         "값을",       "닭이",     "The",        "quick",         "Brown",
  "straße",     "CAFÉ",       "naïve",    "İstanbul",   "Ωmega",         "가",
  "각",         "갂",         "읽다",     "\"따옴표\"", "100%",          "a*b",
  "한글은",     "대한민국의", "ﬁnd",      "①",          "漢字",          "안녕하세요",
  "고맙습니다", "모델이",     "답했다",   "토큰",       "e\u0301t",      "\u1112\u1161\u11ab",
};

static char *
random_text (GRand *random, guint n_words)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n_words; i++) {
    const char *word = words[g_rand_int_range (random, 0, G_N_ELEMENTS (words))];

    if (g_rand_int_range (random, 0, 6) == 0) {
      g_autofree char *apart = g_utf8_normalize (word, -1, G_NORMALIZE_NFD);

      g_string_append (text, apart);
    } else
      g_string_append (text, word);
    if (g_rand_int_range (random, 0, 5) > 0)
      g_string_append (text, g_rand_boolean (random) ? " " : "\n");
  }

  return g_string_free_and_steal (text);
}

/* Part of a text, so that it is found, or letters alone. */
static char *
random_query (GRand *random, const char *text)
{
  glong length = g_utf8_strlen (text, -1);
  glong from = g_rand_int_range (random, 0, (gint32) length);
  glong n = g_rand_int_range (random, 1, 7);
  g_autofree char *part = g_utf8_substring (text, from, MIN (from + n, length));

  switch (g_rand_int_range (random, 0, 4)) {
  case 0: return g_utf8_strup (part, -1);
  case 1: {
    g_autofree char *folded = dadam_fold (part);

    return dadam_fold_initials (folded);
  }
  case 2: return g_utf8_normalize (part, -1, G_NORMALIZE_NFD);
  default: return g_steal_pointer (&part);
  }
}

/* ---- the plain scan ----------------------------------------------------- */

static char *
plain_fold (const char *text)
{
  g_autofree char *composed = g_utf8_normalize (text, -1, G_NORMALIZE_NFC);
  g_autofree char *without_case = g_utf8_casefold (composed, -1);

  return g_utf8_normalize (without_case, -1, G_NORMALIZE_NFC);
}

static void
add_consonants (GString *out, gunichar c)
{
  static const char leading[] = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
  static const char *const pairs[][2] = {
    { "ㄳ", "ㄱㅅ" }, { "ㄵ", "ㄴㅈ" }, { "ㄶ", "ㄴㅎ" }, { "ㄺ", "ㄹㄱ" },
    { "ㄻ", "ㄹㅁ" }, { "ㄼ", "ㄹㅂ" }, { "ㄽ", "ㄹㅅ" }, { "ㄾ", "ㄹㅌ" },
    { "ㄿ", "ㄹㅍ" }, { "ㅀ", "ㄹㅎ" }, { "ㅄ", "ㅂㅅ" },
  };

  if (c >= 0xac00 && c <= 0xd7a3) {
    gunichar parts[4];

    g_unichar_fully_decompose (c, FALSE, parts, 4);
    g_string_append_unichar (out,
                             g_utf8_get_char (g_utf8_offset_to_pointer (leading, (glong) parts[0]
                                                                                     - 0x1100)));
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    if (g_utf8_get_char (pairs[i][0]) == c) {
      g_string_append (out, pairs[i][1]);
      return;
    }
  g_string_append_unichar (out, c >= 0x3131 && c <= 0x314e ? c : '\n');
}

static char *
plain_initials (const char *folded)
{
  GString *out = g_string_new (NULL);

  for (const char *at = folded; *at != '\0'; at = g_utf8_next_char (at))
    add_consonants (out, g_utf8_get_char (at));

  return g_string_free_and_steal (out);
}

static gboolean
scan_word (const char *text, const char *word)
{
  g_autofree char *folded = plain_fold (text);
  g_autofree char *firsts = plain_initials (folded);
  g_autofree char *wanted = plain_initials (word);
  gboolean is_initials = strchr (wanted, '\n') == NULL && g_utf8_strlen (wanted, -1) >= 2;

  for (const char *at = word; *at != '\0'; at = g_utf8_next_char (at))
    if (g_utf8_get_char (at) >= 0xac00)
      is_initials = FALSE;

  return strstr (is_initials ? firsts : folded, is_initials ? wanted : word) != NULL;
}

static gboolean
scan (const char *text, const char *query)
{
  g_autofree char *folded = plain_fold (query);
  g_auto (GStrv) parts = g_strsplit_set (folded, " \n", -1);
  gboolean is_empty = TRUE;

  for (guint i = 0; parts[i] != NULL; i++) {
    if (*parts[i] == '\0')
      continue;
    is_empty = FALSE;
    if (!scan_word (text, parts[i]))
      return FALSE;
  }

  return !is_empty;
}

/* ---- the archive -------------------------------------------------------- */

/* A conversation that begins with texts->pdata[first]; the ids of its messages are their places. */
static void
add_texts (DadamArchive *archive, GPtrArray *texts, guint first, guint n)
{
  gint64 id = 1000000 + first;
  DadamChange *change = dadam_change_new (id);

  dadam_change_create (change, DADAM_KIND_CHAT, "·", first);
  for (guint i = first; i < first + n; i++) {
    g_autoptr (DadamMessage) message = dadam_message_new (DADAM_ROLE_USER, texts->pdata[i]);

    dadam_message_set_place (message, i + 1, i > first ? i : 0);
    dadam_change_put_message (change, 0, message);
  }
  write_change (archive, change);
}

static GListModel *
search (DadamArchive *archive, const char *query, guint most)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GListModel *hits;

  WAIT_CALL (result, dadam_archive_search_async, archive, query, most, NULL);
  hits = dadam_archive_search_finish (archive, result, &error);
  CHECK_MSG (hits != NULL, "“%s”: %s", query, error != NULL ? error->message : "");

  return hits;
}

/* The hits are those of a scan, the newest first. */
static void
compare (DadamArchive *archive, GPtrArray *texts, const char *query)
{
  g_autoptr (GListModel) hits = search (archive, query, texts->len);
  guint at = 0;

  if (hits == NULL)
    return;
  for (guint i = texts->len; i-- > 0;) {
    g_autoptr (DadamHit) hit = g_list_model_get_item (hits, at);
    gboolean is_hit = hit != NULL && dadam_hit_get_message (hit) == (gint64) i + 1;

    CHECK_MSG (is_hit == scan (texts->pdata[i], query), "“%s” in “%s”: %d", query,
               (char *) texts->pdata[i], is_hit);
    at += is_hit;
  }
  CHECK_MSG (at == g_list_model_get_n_items (hits), "“%s”: %u of %u", query, at,
             g_list_model_get_n_items (hits));
}

static void
test_random (void)
{
  g_autofree char *path = g_build_filename (folder, "random.db", NULL);
  g_autoptr (DadamArchive) archive = open_archive (path);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GRand) random = g_rand_new_with_seed (11);

  for (guint i = 0; i < 120; i++)
    g_ptr_array_add (texts, random_text (random, (guint) g_rand_int_range (random, 1, 12)));
  for (guint i = 0; i < texts->len; i += 20)
    add_texts (archive, texts, i, 20);
  for (guint i = 0; i < 300; i++) {
    const char *text = texts->pdata[g_rand_int_range (random, 0, (gint32) texts->len)];
    g_autofree char *query = random_query (random, text);

    compare (archive, texts, query);
  }
}

static void
test_known (void)
{
  const struct {
    const char *text, *query;
    gboolean is_found;
  } cases[] = {
    { "우리 학교는 크다", "학", TRUE },
    { "우리 학교는 크다", "학교", TRUE },
    { "우리 학교는 크다", "교는", TRUE },
    { "우리 학교는 크다", "는 크", TRUE },
    { "우리 학교는 크다", "크다 학교", TRUE },
    { "우리 학교는 크다", "학는", FALSE },
    { "우리 학교는 크다", "ㅎㄱ", TRUE },
    { "우리 학교는 크다", "ㅎㄱㄴ", TRUE },
    { "우리 학교는 크다", "ㄴㅋ", FALSE },
    { "우리 학교는 크다", "ㅎ", FALSE },
    { "감사합니다", "ㄳ", TRUE },
    { "ㄳ합니다", "ㄱㅅ", TRUE },
    { "ㅋㅋㅋ", "ㅋㅋ", TRUE },
    { "ㅠㅠ", "ㅠ", TRUE },
    { "Straße", "STRASSE", TRUE },
    { "cafe\u0301", "CAFÉ", TRUE },
    { "\u1112\u1161\u11a8교", "학교", TRUE },
    { "학교", "\u1112\u1161\u11a8교", TRUE },
    { "ﬁnd", "fi", TRUE },
    { "①", "1", FALSE },
    { "say \"hi\"", "\"hi\"", TRUE },
    { "a*b", "*", TRUE },
    { "NOT this AND that", "not AND", TRUE },
    { "text : x", ":", TRUE },
  };
  g_autofree char *path = g_build_filename (folder, "known.db", NULL);
  g_autoptr (DadamArchive) archive = open_archive (path);
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_ptr_array_add (texts, (gpointer) cases[i].text);
  add_texts (archive, texts, 0, texts->len);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (DadamQuery) query = dadam_query_new (cases[i].query);
    g_autoptr (GListModel) hits = search (archive, cases[i].query, 1000);
    gboolean is_found = FALSE;

    for (guint j = 0; j < g_list_model_get_n_items (hits); j++) {
      g_autoptr (DadamHit) hit = g_list_model_get_item (hits, j);

      is_found = is_found || dadam_hit_get_message (hit) == (gint64) i + 1;
    }
    CHECK_MSG (is_found == cases[i].is_found, "“%s” in “%s”", cases[i].query, cases[i].text);
    CHECK (dadam_query_matches (query, cases[i].text) == cases[i].is_found);
  }
}

/* Where a hit is in the original, also where folding made it longer or shorter. */
static void
test_places (void)
{
  const struct {
    const char *text, *query, *found;
  } cases[] = {
    { "우리 학교는", "교", "교" },
    { "Die Straße lang", "STRASSE L", "Straße" },
    { "x \u1112\u1161\u11a8교 y", "학", "\u1112\u1161\u11a8" },
    { "대한 학교는", "ㅎㄱ", "학교" },
    { "ßß 끝", "ss끝", NULL },
    { "ß", "s", "ß" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (DadamQuery) query = dadam_query_new (cases[i].query);
    gsize from = 0, to = 0;
    gboolean is_found = dadam_query_find (query, cases[i].text, 0, &from, &to);
    g_autofree char *found = is_found ? g_strndup (cases[i].text + from, to - from) : NULL;

    CHECK_MSG (g_strcmp0 (found, cases[i].found) == 0, "“%s” in “%s”: “%s”", cases[i].query,
               cases[i].text, found != NULL ? found : "nothing");
    CHECK (!is_found || !dadam_query_find (query, cases[i].text, to, &from, &to)
           || from >= to - strlen (found));
  }
}

static void
test_removed (void)
{
  g_autofree char *path = g_build_filename (folder, "removed.db", NULL);
  g_autoptr (DadamArchive) archive = open_archive (path);
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();
  g_autoptr (GListModel) hits = NULL;
  DadamChange *change = dadam_change_new (1000000);

  g_ptr_array_add (texts, (gpointer) "하나뿐인 이야기");
  add_texts (archive, texts, 0, 1);
  hits = search (archive, "이야기", 10);
  CHECK (g_list_model_get_n_items (hits) == 1);
  dadam_change_set_trashed (change, 5);
  write_change (archive, change);
  g_clear_object (&hits);
  hits = search (archive, "이야기", 10);
  CHECK (g_list_model_get_n_items (hits) == 0);
  change = dadam_change_new (1000000);
  dadam_change_set_trashed (change, 0);
  dadam_change_remove_message (change, 1);
  write_change (archive, change);
  g_clear_object (&hits);
  hits = search (archive, "이야기", 10);
  CHECK (g_list_model_get_n_items (hits) == 0);
  g_clear_object (&hits);
  hits = search (archive, "·", 10);
  CHECK (g_list_model_get_n_items (hits) == 1);
}

/* ---- from the version before -------------------------------------------- */

/* As a version left it, interrupted in an answer. */
static void
write_version (const char *path, int version)
{
  DadamDamage damage;
  g_autoptr (GError) error = NULL;
  DadamBase *base = dadam_base_open_at (path, version, &damage, &error);

  CHECK_MSG (base != NULL, "%s", error != NULL ? error->message : "");
  CHECK (dadam_base_run (base, NULL,
                         "INSERT INTO conversation (id, kind, title, changed)"
                         " VALUES (7, 0, '옛날', 7)",
                         ""));
  CHECK (dadam_base_run (base, NULL,
                         "INSERT INTO pane (conversation, number, chosen) VALUES (7, 0, 8)", ""));
  CHECK (dadam_base_run (base, NULL,
                         "INSERT INTO message (id, conversation, pane, parent, role, text, chosen)"
                         " VALUES (8, 7, 0, NULL, 1, '옛날 옛적에', 9),"
                         " (9, 7, 0, 8, 2, '호랑이가 담배', NULL)",
                         ""));
  if (version >= 2)
    CHECK (dadam_index_put (base, 8, "옛날 옛적에", NULL));
  dadam_base_close (base);
}

/* Everything is there and found, and the copy is of the version before. */
static void
check_from_version (int version)
{
  g_autofree char *name = g_strdup_printf ("from-%d.db", version);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *copy = g_strdup_printf ("%s.v%d", path, version);
  g_autoptr (DadamArchive) archive = NULL;
  g_autoptr (GListModel) hits = NULL;
  g_autoptr (GListModel) first = NULL;
  g_autoptr (DadamHit) hit = NULL;
  DadamDamage damage;
  DadamBase *base;
  gint64 n_messages;

  write_version (path, version);
  archive = open_archive (path);
  first = search (archive, "옛적", 10);
  CHECK (g_list_model_get_n_items (first) == 1);
  hits = search (archive, "호랑이", 10);
  CHECK (g_list_model_get_n_items (hits) == 1);
  hit = g_list_model_get_item (hits, 0);
  CHECK (dadam_hit_get_conversation (hit) == 7 && dadam_hit_get_message (hit) == 9);

  base = dadam_base_open_at (copy, version, &damage, NULL);
  CHECK (base != NULL && damage.name == NULL);
  CHECK (dadam_base_ask_integer (base, &n_messages, NULL, "SELECT count (*) FROM message", ""));
  CHECK (n_messages == 2);
  dadam_base_close (base);
}

static void
test_from_versions (void)
{
  for (int version = 1; version < DADAM_BASE_VERSION; version++)
    check_from_version (version);
}

/* ---- measuring ---------------------------------------------------------- */

static void
fill (DadamArchive *archive, gsize bytes, GRand *random)
{
  gsize written = 0;
  guint i = 0;

  while (written < bytes) {
    g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

    for (guint j = 0; j < i; j++)
      g_ptr_array_add (texts, NULL);
    for (guint j = 0; j < 50; j++) {
      GString *text = g_string_new (NULL);

      /* Syllables by chance, with the common ones more often, as in real texts. */
      while (text->len < 2000) {
        gunichar c = 0xac00
                     + (gunichar) (11172 * g_rand_double (random) * g_rand_double (random)
                                   * g_rand_double (random));

        g_string_append_unichar (text, c);
        if (g_rand_int_range (random, 0, 4) == 0)
          g_string_append (text, words[g_rand_int_range (random, 0, G_N_ELEMENTS (words))]);
        if (g_rand_int_range (random, 0, 3) == 0)
          g_string_append_c (text, ' ');
      }
      written += text->len;
      g_ptr_array_add (texts, g_string_free_and_steal (text));
    }
    add_texts (archive, texts, i, 50);
    i += 50;
  }
}

static void
measure (gsize megabytes)
{
  const char *const queries[] = {
    "학교에",     "학",   "학교", "다", "e",          "the quick",       "ㅎㄱ",
    "ㅇㄴㅎㅅㅇ", "ㅋㅋ", "가",   "갂", "없는말이다", "제주도의 바다는", "\"따옴"
  };
  g_autofree char *path = g_build_filename (folder, "big.db", NULL);
  g_autoptr (DadamArchive) archive = open_archive (path);
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  gint64 begun = g_get_monotonic_time ();
  GStatBuf info;

  fill (archive, megabytes * 1000000, random);
  g_stat (path, &info);
  g_print ("written in %.1f s, %.0f MB on disk\n", (double) (g_get_monotonic_time () - begun) / 1e6,
           (double) info.st_size / 1e6);
  for (guint i = 0; i < 2 * G_N_ELEMENTS (queries); i++) {
    const char *query = queries[i / 2];
    g_autoptr (GListModel) hits = NULL;

    begun = g_get_monotonic_time ();
    hits = search (archive, query, 100);
    g_print ("%s: %u hits in %.1f ms\n", query, g_list_model_get_n_items (hits),
             (double) (g_get_monotonic_time () - begun) / 1e3);
  }
}

/* A line around what was found begins with a whole word, if that is not far. */
static void
test_snippets (void)
{
  static const struct {
    const char *text, *word, *snippet;
  } cases[] = {
    { "Tell me about the sea", "sea", "Tell me about the sea" },
    { "어제부터 바다에 대하여 자세히 이야기해 줘", "줘", "…바다에 대하여 자세히 이야기해 줘" },
    { "0123456789012345678901234567890123456789x", "x", "…678901234567890123456789x" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gsize at = (gsize) (strstr (cases[i].text, cases[i].word) - cases[i].text), from, to;
    g_autoptr (DadamHit)
        hit = dadam_hit_new (1, 2, "", cases[i].text, at, at + strlen (cases[i].word));
    const char *snippet = dadam_hit_get_snippet (hit, &from, &to);

    CHECK_MSG (g_str_equal (snippet, cases[i].snippet), "“%s”", snippet);
    CHECK (strncmp (snippet + from, cases[i].word, to - from) == 0);
  }
}

int
main (int argc, char **argv)
{
  folder = g_dir_make_tmp ("dadam-search-XXXXXX", NULL);
  if (argc > 1)
    measure ((gsize) atoi (argv[1]));
  else {
    test_known ();
    test_places ();
    test_random ();
    test_removed ();
    test_from_versions ();
    test_snippets ();
  }
  folder_remove (folder);
  g_free (folder);

  return check_done ();
}
