/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * “abc d” is ab, bc, c, d: the last character of a word stands alone, so that a
 * query for one character is a query for a prefix, and phrases end with words.  In
 * queries it does not, unless it is all there is.  The text is folded before.
 */
#include "config.h"

#include "dadam-tokenizer.h"

typedef int (*TokenFunc) (void *context,
                          int flags,
                          const char *token,
                          int length,
                          int from,
                          int to);

typedef struct {
  TokenFunc func;
  void *context;
  const char *text;
  gboolean is_query;
} Run;

static int
create (void *user_data, const char **arguments, int n_arguments, Fts5Tokenizer **out)
{
  *out = user_data; /* there is nothing to remember, but %NULL would mean failure */

  return SQLITE_OK;
}

static void
destroy (Fts5Tokenizer *tokenizer)
{
}

static int
give (const Run *run, const char *from, const char *to)
{
  return run->func (run->context, 0, from, (int) (to - from), (int) (from - run->text),
                    (int) (to - run->text));
}

/* A word, which has at least one character. */
static int
give_word (const Run *run, const char *word, const char *end)
{
  const char *at = word;
  int code = SQLITE_OK;

  for (const char *next = g_utf8_next_char (at); code == SQLITE_OK && next < end;
       at = next, next = g_utf8_next_char (next))
    code = give (run, at, g_utf8_next_char (next));
  if (code == SQLITE_OK && (!run->is_query || at == word))
    code = give (run, at, end);

  return code;
}

static const char *
skip (const char *at, const char *end, gboolean spaces)
{
  while (at < end && !!g_unichar_isspace (g_utf8_get_char (at)) == spaces)
    at = g_utf8_next_char (at);

  return at;
}

static int
tokenize (Fts5Tokenizer *tokenizer,
          void *context,
          int flags,
          const char *text,
          int length,
          TokenFunc func)
{
  const Run run = { func, context, text, (flags & FTS5_TOKENIZE_QUERY) != 0 };
  const char *end = text + length;
  int code = SQLITE_OK;

  /* Nobody else gives it texts; a damaged file might. */
  if (!g_utf8_validate_len (text, (gsize) length, NULL))
    return SQLITE_OK;
  for (const char *at = skip (text, end, TRUE); code == SQLITE_OK && at < end;) {
    const char *word_end = skip (at, end, FALSE);

    code = give_word (&run, at, word_end);
    at = skip (word_end, end, TRUE);
  }

  return code;
}

static fts5_api *
get_api (sqlite3 *db)
{
  fts5_api *api = NULL;
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (db, "SELECT fts5 (?1)", -1, &statement, NULL) == SQLITE_OK) {
    sqlite3_bind_pointer (statement, 1, (void *) &api, "fts5_api_ptr", NULL);
    sqlite3_step (statement);
  }
  sqlite3_finalize (statement);

  return api;
}

/* Whether this SQLite has full-text tables. */
gboolean
dadam_tokenizer_register (sqlite3 *db)
{
  static int nothing;
  fts5_tokenizer tokenizer = { create, destroy, tokenize };
  fts5_api *api = get_api (db);

  return api != NULL
         && api->xCreateTokenizer (api, "dadam", &nothing, &tokenizer, NULL) == SQLITE_OK;
}
