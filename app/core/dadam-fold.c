/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Folding goes by segments, a character with what joins it, so that what is found in
 * folded text can be shown in the original.  It is NFC and case folding, never NFKC,
 * which would turn the consonants of a keyboard into parts of syllables.
 */
#include "config.h"

#include "dadam-fold.h"

#include <string.h>

#define SYLLABLES_FROM 0xac00
#define SYLLABLES_TO 0xd7a3
#define SYLLABLES_PER_INITIAL 588
#define CONSONANTS_FROM 0x3131
#define CONSONANTS_TO 0x314e

/* A text that was rewritten, and where each of its bytes comes from. */
typedef struct {
  GString *text;
  GArray *from; /* of guint32, the offset in what was rewritten; one more than bytes; or %NULL */
} Rewritten;

static void
rewritten_init (Rewritten *self, gboolean is_mapped)
{
  self->text = g_string_new (NULL);
  self->from = is_mapped ? g_array_new (FALSE, FALSE, sizeof (guint32)) : NULL;
}

static void
rewritten_clear (Rewritten *self)
{
  g_string_free (self->text, TRUE);
  g_clear_pointer (&self->from, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rewritten, rewritten_clear)

static void
append (Rewritten *self, const char *text, gsize length, gsize from)
{
  guint32 offset = (guint32) from;

  g_string_append_len (self->text, text, (gssize) length);
  for (gsize i = 0; self->from != NULL && i < length; i++)
    g_array_append_val (self->from, offset);
}

static void
finish (Rewritten *self, gsize length)
{
  guint32 offset = (guint32) length;

  if (self->from != NULL)
    g_array_append_val (self->from, offset);
}

/* ---- folding ----------------------------------------------------------- */

/* Whether a character may become one with those before it. */
static gboolean
joins (gunichar c)
{
  return c >= 0x300
         && ((c >= 0x1160 && c <= 0x11ff) || g_unichar_ismark (c)
             || g_unichar_combining_class (c) != 0);
}

/* Whether folding leaves a character that nothing joins as it is, but for capital ASCII. */
static gboolean
is_plain (gunichar c)
{
  return c < 0x80 || (c >= SYLLABLES_FROM && c <= SYLLABLES_TO)
         || (c >= CONSONANTS_FROM && c <= 0x318e) || (c >= 0x4e00 && c <= 0x9fff)
         || (c >= 0x3000 && c <= 0x3029);
}

static void
fold_segment (Rewritten *out, const char *segment, gsize length, gsize from)
{
  g_autofree char *composed = g_utf8_normalize (segment, (gssize) length, G_NORMALIZE_NFC);
  g_autofree char *without_case = composed != NULL ? g_utf8_casefold (composed, -1) : NULL;
  g_autofree char *folded = without_case != NULL
                                ? g_utf8_normalize (without_case, -1, G_NORMALIZE_NFC)
                                : NULL;

  if (folded != NULL)
    append (out, folded, strlen (folded), from);
}

static void
fold_into (Rewritten *out, const char *text)
{
  for (const char *at = text; *at != '\0';) {
    gunichar c = g_utf8_get_char (at);
    const char *next = g_utf8_next_char (at);
    gsize from = (gsize) (at - text);

    if (is_plain (c) && (*next == '\0' || !joins (g_utf8_get_char (next)))) {
      char small = (char) g_ascii_tolower (*at);

      append (out, c < 0x80 ? &small : at, (gsize) (next - at), from);
    } else {
      while (*next != '\0' && joins (g_utf8_get_char (next)))
        next = g_utf8_next_char (next);
      fold_segment (out, at, (gsize) (next - at), from);
    }
    at = next;
  }
  finish (out, strlen (text));
}

/**
 * dadam_fold:
 *
 * Returns: (transfer full): the text as it is compared
 */
char *
dadam_fold (const char *text)
{
  Rewritten out;

  rewritten_init (&out, FALSE);
  fold_into (&out, text);

  return g_string_free_and_steal (out.text);
}

/* ---- initials ---------------------------------------------------------- */

/* Consonants of syllables' beginnings, in their order. */
static const char *const initials[] = { "ㄱ", "ㄲ", "ㄴ", "ㄷ", "ㄸ", "ㄹ", "ㅁ", "ㅂ", "ㅃ", "ㅅ",
                                        "ㅆ", "ㅇ", "ㅈ", "ㅉ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ" };

/* Consonants of a keyboard from ㄱ to ㅎ; two that an input method has joined are two again. */
static const char *const consonants[] = {
  "ㄱ",   "ㄲ",   "ㄱㅅ", "ㄴ",   "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄸ", "ㄹ", "ㄹㄱ",
  "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ", "ㄹㅎ", "ㅁ", "ㅂ", "ㅃ", "ㅂㅅ",
  "ㅅ",   "ㅆ",   "ㅇ",   "ㅈ",   "ㅉ",   "ㅊ",   "ㅋ", "ㅌ", "ㅍ", "ㅎ",
};

/* %NULL for what has none. */
static const char *
initial_of (gunichar c)
{
  if (c >= SYLLABLES_FROM && c <= SYLLABLES_TO)
    return initials[(c - SYLLABLES_FROM) / SYLLABLES_PER_INITIAL];
  if (c >= CONSONANTS_FROM && c <= CONSONANTS_TO)
    return consonants[c - CONSONANTS_FROM];

  return NULL;
}

static void
take_initials (Rewritten *out, const char *folded)
{
  for (const char *at = folded; *at != '\0'; at = g_utf8_next_char (at)) {
    const char *initial = initial_of (g_utf8_get_char (at));

    append (out, initial != NULL ? initial : " ", initial != NULL ? strlen (initial) : 1,
            (gsize) (at - folded));
  }
  finish (out, strlen (folded));
}

/**
 * dadam_fold_initials:
 *
 * Returns: (transfer full): the initials of folded text, a space for each character
 *   that has none
 */
char *
dadam_fold_initials (const char *folded)
{
  Rewritten out;

  rewritten_init (&out, FALSE);
  take_initials (&out, folded);

  return g_string_free_and_steal (out.text);
}

/* ---- queries ----------------------------------------------------------- */

typedef struct {
  char *text;
  gboolean is_initials;
} Word;

struct _DadamQuery {
  GArray *words; /* of Word */
};

static void
word_clear (gpointer data)
{
  g_free (((Word *) data)->text);
}

static gboolean
is_initials (const char *word)
{
  for (const char *at = word; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    if (c < CONSONANTS_FROM || c > CONSONANTS_TO)
      return FALSE;
  }

  return TRUE;
}

static void
add_word (DadamQuery *self, const char *from, const char *to)
{
  Word word = { g_strndup (from, (gsize) (to - from)), FALSE };

  if (is_initials (word.text)) {
    g_autofree char *split = dadam_fold_initials (word.text);

    word.is_initials = g_utf8_strlen (split, -1) >= 2;
    if (word.is_initials)
      g_set_str (&word.text, split);
  }
  g_array_append_val (self->words, word);
}

/**
 * dadam_query_new:
 * @text: what somebody typed
 */
DadamQuery *
dadam_query_new (const char *text)
{
  DadamQuery *self = g_new0 (DadamQuery, 1);
  g_autofree char *folded = dadam_fold (text);
  const char *word = NULL;

  self->words = g_array_new (FALSE, FALSE, sizeof (Word));
  g_array_set_clear_func (self->words, word_clear);
  for (const char *at = folded;; at = g_utf8_next_char (at)) {
    gboolean is_end = *at == '\0' || g_unichar_isspace (g_utf8_get_char (at));

    if (is_end && word != NULL)
      add_word (self, word, at);
    word = is_end ? NULL : (word != NULL ? word : at);
    if (*at == '\0')
      break;
  }

  return self;
}

void
dadam_query_free (DadamQuery *self)
{
  g_array_unref (self->words);
  g_free (self);
}

gboolean
dadam_query_is_empty (DadamQuery *self)
{
  return self->words->len == 0;
}

/* Whether all words are in the text. */
gboolean
dadam_query_matches (DadamQuery *self, const char *text)
{
  g_autofree char *folded = dadam_fold (text);
  g_autofree char *firsts = NULL;

  for (guint i = 0; i < self->words->len; i++) {
    const Word *word = &g_array_index (self->words, Word, i);

    if (word->is_initials && firsts == NULL)
      firsts = dadam_fold_initials (folded);
    if (strstr (word->is_initials ? firsts : folded, word->text) == NULL)
      return FALSE;
  }

  return TRUE;
}

/* The first byte of the rewritten text that comes from @offset or later. */
static gsize
first_from (const Rewritten *rewritten, gsize offset)
{
  gsize i = 0;

  while (i < rewritten->text->len && g_array_index (rewritten->from, guint32, i) < offset)
    i++;

  return i;
}

/* The end of the segment that the byte before @i comes from. */
static gsize
end_at (const Rewritten *rewritten, gsize i)
{
  guint32 last = g_array_index (rewritten->from, guint32, i - 1);

  while (g_array_index (rewritten->from, guint32, i) == last)
    i++;

  return g_array_index (rewritten->from, guint32, i);
}

static gboolean
find_in (const Rewritten *rewritten, const char *word, gsize start, gsize *from, gsize *to)
{
  const char *text = rewritten->text->str;
  const char *found = strstr (text + first_from (rewritten, start), word);

  if (found == NULL)
    return FALSE;
  *from = g_array_index (rewritten->from, guint32, found - text);
  *to = end_at (rewritten, (gsize) (found - text) + strlen (word));

  return TRUE;
}

static gboolean
find_word (const Word *word,
           const Rewritten *folded,
           const Rewritten *firsts,
           gsize start,
           gsize *from,
           gsize *to)
{
  gsize folded_from, folded_to;

  if (!word->is_initials)
    return find_in (folded, word->text, start, from, to);
  if (!find_in (firsts, word->text, first_from (folded, start), &folded_from, &folded_to))
    return FALSE;
  *from = g_array_index (folded->from, guint32, folded_from);
  *to = end_at (folded, folded_to);

  return TRUE;
}

/**
 * dadam_query_find:
 * @start: where to begin, in bytes
 * @from: (out): where the next of its words begins
 * @to: (out): and where that ends
 *
 * Returns: whether one of the words is found
 */
gboolean
dadam_query_find (DadamQuery *self, const char *text, gsize start, gsize *from, gsize *to)
{
  g_auto (Rewritten) folded = { 0 };
  g_auto (Rewritten) firsts = { 0 };
  gboolean is_found = FALSE;

  rewritten_init (&folded, TRUE);
  rewritten_init (&firsts, TRUE);
  fold_into (&folded, text);
  take_initials (&firsts, folded.text->str);
  for (guint i = 0; i < self->words->len; i++) {
    gsize word_from, word_to;

    if (!find_word (&g_array_index (self->words, Word, i), &folded, &firsts, start, &word_from,
                    &word_to)
        || (is_found && word_from >= *from))
      continue;
    *from = word_from;
    *to = word_to;
    is_found = TRUE;
  }

  return is_found;
}

/**
 * dadam_query_to_match:
 *
 * Returns: (transfer full): the same as an expression for a full-text table with the
 *   columns “text” and “initials” and the tokenizer of dadam-tokenizer.c
 */
char *
dadam_query_to_match (DadamQuery *self)
{
  GString *match = g_string_new (NULL);

  for (guint i = 0; i < self->words->len; i++) {
    const Word *word = &g_array_index (self->words, Word, i);
    g_auto (GStrv) parts = g_strsplit (word->text, "\"", -1);
    g_autofree char *quoted = g_strjoinv ("\"\"", parts);

    g_string_append_printf (match, "%s%s : \"%s\"%s", i > 0 ? " AND " : "",
                            word->is_initials ? "initials" : "text", quoted,
                            *g_utf8_next_char (word->text) == '\0' ? " *" : "");
  }

  return g_string_free_and_steal (match);
}
