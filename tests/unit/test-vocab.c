/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Vocabularies and tokenizers: ids equal to SentencePiece's and tokenizers' on
 * the texts of golden/text.h, special tokens, broken text, hostile files, memory
 * that runs out.
 */
#define GOLDEN_CASES
#include "base/alloc.h"
#include "check.h"
#include "golden/text.h"
#include "vocabs.h"

#define COUNT(array_) (sizeof (array_) / sizeof *(array_))

/* Compares the tokens of a text with a list that ends with -1. */
static void
check_ids (const dd_vocab *vocab, const char *text, unsigned flags, const dd_token *expected)
{
  dd_tokens tokens = { 0 };
  dd_error error;
  size_t n = 0;

  REQUIRE_OK (dd_vocab_encode (vocab, text, strlen (text), flags, &tokens, &error), error);
  for (; n < tokens.count && tokens.items[n] == expected[n]; n++)
    ;
  CHECK_MSG (n == tokens.count && expected[n] == -1, "“%s” differs at token %zu", text, n);
  dd_tokens_clear (&tokens);
}

/* The same tokens from two texts. */
static bool
same_ids (const dd_vocab *vocab, const char *a, const char *b)
{
  dd_tokens x = { 0 }, y = { 0 };
  dd_error error;
  bool same;

  REQUIRE_OK (dd_vocab_encode (vocab, a, strlen (a), 0, &x, &error), error);
  REQUIRE_OK (dd_vocab_encode (vocab, b, strlen (b), 0, &y, &error), error);
  same = x.count == y.count
         && (x.count == 0 || memcmp (x.items, y.items, x.count * sizeof *x.items) == 0);
  dd_tokens_clear (&x);
  dd_tokens_clear (&y);
  return same;
}

/* The tokens' bytes must be the text again, after the space that SentencePiece
 * puts in front. */
static void
check_round_trip (const dd_vocab *vocab,
                  const golden_case *golden,
                  const dd_tokens *tokens,
                  bool spm)
{
  char back[4096];
  size_t n = 0;

  for (size_t i = 0; i < tokens->count; i++)
    n += dd_vocab_piece (vocab, tokens->items[i], false, back + n, sizeof back - n);
  if (spm && golden->length > 0) {
    CHECK (n > 0 && back[0] == ' ');
    memmove (back, back + 1, --n);
  }
  /* The character that stands for a space becomes one. */
  if (memmem (golden->text, golden->length, "\xe2\x96\x81", 3) == NULL || !spm)
    CHECK_MSG (n == golden->length && memcmp (back, golden->text, n) == 0,
               "“%s” comes back as “%.*s”", golden->text, (int) n, back);
}

static void
check_golden (const char *name,
              const dd_vocab *vocab,
              const golden_case *cases,
              size_t n_cases,
              bool spm)
{
  for (size_t i = 0; i < n_cases; i++) {
    dd_tokens tokens = { 0 };
    dd_error error;
    bool equal;

    REQUIRE_OK (dd_vocab_encode (vocab, cases[i].text, cases[i].length, 0, &tokens, &error), error);
    equal = tokens.count == cases[i].count;
    for (size_t j = 0; equal && j < tokens.count; j++)
      equal = tokens.items[j] == cases[i].ids[j];
    CHECK_MSG (equal, "%s: text %zu, “%s”", name, i, cases[i].text);
    check_round_trip (vocab, &cases[i], &tokens, spm);
    dd_tokens_clear (&tokens);
  }
}

static void
check_goldens (void)
{
  vocab_file file;

  vocab_file_spm (&file, NULL);
  check_golden ("llama", file.vocab, golden_spm_cases, COUNT (golden_spm_cases), true);
  vocab_file_close (&file);
  vocab_file_bpe (&file, "gpt-2", NULL);
  check_golden ("gpt-2", file.vocab, golden_gpt_2_cases, COUNT (golden_gpt_2_cases), false);
  vocab_file_close (&file);
  vocab_file_bpe (&file, "smollm", NULL);
  check_golden ("smollm", file.vocab, golden_smollm_cases, COUNT (golden_smollm_cases), false);
  vocab_file_close (&file);
  vocab_file_bpe (&file, "llama-bpe", NULL);
  check_golden ("llama-bpe", file.vocab, golden_llama_bpe_cases, COUNT (golden_llama_bpe_cases),
                false);
  vocab_file_close (&file);
  vocab_file_bpe (&file, "qwen2", NULL);
  check_golden ("qwen2", file.vocab, golden_qwen2_cases, COUNT (golden_qwen2_cases), false);
  vocab_file_close (&file);
}

static void
check_special (void)
{
  static const vocab_extra extras[] = {
    { "<|user|>", DD_PIECE_USER },     { "<|us", DD_PIECE_CONTROL },
    { "<|im_end|>", DD_PIECE_NORMAL }, { "", DD_PIECE_NORMAL },
    { "twice", DD_PIECE_CONTROL },     { "twice", DD_PIECE_CONTROL },
    { "[PAD]", DD_PIECE_UNUSED },      { NULL, 0 },
  };
  vocab_file file;
  dd_token user, control, hello, twice;
  char name[8];

  vocab_file_spm (&file, extras);
  user = (dd_token) COUNT (golden_spm);
  control = user + 1;
  twice = user + 5;
  hello = dd_vocab_find (file.vocab, "\xe2\x96\x81hello", 8);
  CHECK (hello > 0 && dd_vocab_find (file.vocab, "<|user|>", 8) == user);
  CHECK (dd_vocab_find (file.vocab, "twice", 5) == twice);
  CHECK (dd_vocab_find (file.vocab, "", 0) == -1);

  check_ids (file.vocab, "hello<|user|>hello", DD_ENCODE_TEXT,
             (dd_token[]) { hello, user, hello, -1 });
  /* The longest wins; without it the shorter. */
  check_ids (file.vocab, "<|user|><|us", DD_ENCODE_SPECIAL, (dd_token[]) { user, control, -1 });
  check_ids (file.vocab, "<s>hello</s>twice", DD_ENCODE_SPECIAL,
             (dd_token[]) { 1, hello, 2, twice, -1 });
  check_ids (file.vocab, "hello", DD_ENCODE_CONTINUE,
             (dd_token[]) { dd_vocab_find (file.vocab, "he", 2),
                            dd_vocab_find (file.vocab, "llo", 3), -1 });
  /* After a token of its own a text begins anew. */
  check_ids (file.vocab, "he<|user|>hello", DD_ENCODE_CONTINUE,
             (dd_token[]) { dd_vocab_find (file.vocab, "he", 2), user, hello, -1 });
  /* What people type never becomes a control token, nor one that ends the turn. */
  CHECK (!same_ids (file.vocab, "<s>", "")
         && dd_vocab_kind (file.vocab, user + 2) == DD_PIECE_CONTROL);
  CHECK (dd_vocab_is_end (file.vocab, user + 2) && dd_vocab_is_end (file.vocab, 2));
  CHECK (!dd_vocab_is_end (file.vocab, 1) && !dd_vocab_is_end (file.vocab, -1));
  CHECK (!dd_vocab_is_end (file.vocab, 1 << 30));

  CHECK (dd_vocab_piece (file.vocab, control, false, name, sizeof name) == 0);
  CHECK (dd_vocab_piece (file.vocab, control, true, name, 2) == 4 && memcmp (name, "<|", 2) == 0);
  CHECK (dd_vocab_piece (file.vocab, user, false, name, sizeof name) == 8);
  CHECK (dd_vocab_piece (file.vocab, user + 6, false, name, sizeof name) == 0);
  CHECK (dd_vocab_piece (file.vocab, -5, true, name, sizeof name) == 0);
  CHECK (dd_vocab_piece (file.vocab, 4 + '\n', false, name, sizeof name) == 1 && name[0] == '\n');
  vocab_file_close (&file);
}

static void
check_defaults (void)
{
  vocab_file file;
  vocab_bytes bytes = { 0 };

  vocab_file_spm (&file, NULL);
  CHECK (dd_vocab_bos (file.vocab) == 1 && dd_vocab_eos (file.vocab) == 2);
  CHECK (dd_vocab_adds_bos (file.vocab) && dd_vocab_size (file.vocab) == COUNT (golden_spm));
  vocab_file_close (&file);

  vocab_file_bpe (&file, "gpt-2", NULL);
  CHECK (dd_vocab_bos (file.vocab) == -1 && !dd_vocab_adds_bos (file.vocab));
  vocab_file_close (&file);

  vocab_put_bpe (&bytes, "llama-bpe", NULL);
  vocab_put_u32 (&bytes, "tokenizer.ggml.bos_token_id", 7);
  vocab_file_open (&file, bytes);
  CHECK (dd_vocab_bos (file.vocab) == 7 && dd_vocab_adds_bos (file.vocab));
  vocab_file_close (&file);

  bytes = (vocab_bytes) { 0 };
  vocab_put_spm (&bytes, NULL);
  vocab_put_bool (&bytes, "tokenizer.ggml.add_bos_token", false);
  vocab_put_bool (&bytes, "tokenizer.ggml.add_space_prefix", false);
  vocab_put_u32 (&bytes, "tokenizer.ggml.eot_token_id", 9);
  vocab_file_open (&file, bytes);
  CHECK (!dd_vocab_adds_bos (file.vocab) && dd_vocab_is_end (file.vocab, 9));
  check_ids (file.vocab, "he", DD_ENCODE_TEXT,
             (dd_token[]) { dd_vocab_find (file.vocab, "he", 2), -1 });
  vocab_file_close (&file);
}

/* Every broken part is one U+FFFD. */
static void
check_broken_text (void)
{
  static const char *const pairs[][2] = {
    { "a\xff"
      "b",
      "a\xef\xbf\xbd"
      "b" },
    { "\xea\xb0", "\xef\xbf\xbd" },
    { "\xea\xb0"
      "A\x80",
      "\xef\xbf\xbd"
      "A\xef\xbf\xbd" },
    { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xf0\x9f\x98 \xc0\xaf", "\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd" },
  };
  vocab_file spm, bpe;

  vocab_file_spm (&spm, NULL);
  vocab_file_bpe (&bpe, "llama-bpe", NULL);
  for (size_t i = 0; i < COUNT (pairs); i++) {
    CHECK_MSG (same_ids (spm.vocab, pairs[i][0], pairs[i][1]), "pair %zu", i);
    CHECK_MSG (same_ids (bpe.vocab, pairs[i][0], pairs[i][1]), "pair %zu", i);
  }
  vocab_file_close (&bpe);
  vocab_file_close (&spm);
}

/* A word of a million letters takes no square time; the test would not end. */
static void
check_long_words (void)
{
  enum { N = 1 << 20 };
  char *text = malloc (N + 1);
  vocab_file files[2];

  memset (text, 'l', N);
  text[N] = '\0';
  vocab_file_spm (&files[0], NULL);
  vocab_file_bpe (&files[1], "gpt-2", NULL);
  for (int i = 0; i < 2; i++) {
    dd_tokens tokens = { 0 };
    dd_error error;

    REQUIRE_OK (dd_vocab_encode (files[i].vocab, text, N, 0, &tokens, &error), error);
    CHECK_MSG (tokens.count >= N / 8 && tokens.count <= N, "%zu tokens", tokens.count);
    dd_tokens_clear (&tokens);
    vocab_file_close (&files[i]);
  }
  free (text);
}

/* Opens a file that must be refused, with these words in the error. */
static void
check_refused (vocab_bytes bytes, dd_code code, const char *words)
{
  dd_gguf *gguf;
  dd_vocab *vocab = (dd_vocab *) &gguf;
  dd_error error;

  REQUIRE_OK (dd_gguf_parse (bytes.data, bytes.count, true, &gguf, &error), error);
  error.text[0] = '\0';
  CHECK_MSG (!dd_vocab_open (gguf, &vocab, &error), "accepted: %s", words);
  CHECK (vocab == NULL);
  CHECK_MSG (error.code == code && strstr (error.text, words) != NULL, "“%s” lacks “%s”",
             error.text, words);
  dd_gguf_close (&gguf);
  vocab_bytes_clear (&bytes);
}

/* Three tokens, scores and kinds, each list of the given length. */
static vocab_bytes
three (const char *third, float score, int32_t kind, size_t n_scores, size_t n_kinds)
{
  const float scores[4] = { 0, 0, score, 0 };
  const int32_t kinds[4] = { 2, 3, kind, 1 };
  vocab_bytes bytes = { 0 };

  vocab_put_text (&bytes, "tokenizer.ggml.model", "llama");
  vocab_put_list (&bytes, "tokenizer.ggml.tokens", 3);
  vocab_put_item (&bytes, "<unk>", 5);
  vocab_put_item (&bytes, "<s>", 3);
  vocab_put_item (&bytes, third, strlen (third));
  vocab_put_array (&bytes, "tokenizer.ggml.scores", DD_GGUF_F32, scores, n_scores);
  vocab_put_array (&bytes, "tokenizer.ggml.token_type", DD_GGUF_I32, kinds, n_kinds);
  return bytes;
}

static vocab_bytes
with_merge (const char *model, const char *pre, const char *merge)
{
  vocab_bytes bytes = { 0 };

  vocab_put_text (&bytes, "tokenizer.ggml.model", model);
  vocab_put_text (&bytes, "tokenizer.ggml.pre", pre);
  vocab_put_list (&bytes, "tokenizer.ggml.tokens", 2);
  vocab_put_item (&bytes, "a", 1);
  vocab_put_item (&bytes, "aa", 2);
  if (merge != NULL) {
    vocab_put_list (&bytes, "tokenizer.ggml.merges", 1);
    vocab_put_item (&bytes, merge, strlen (merge));
  }
  return bytes;
}

static void
check_hostile (void)
{
  static const char *const bad_bytes[] = { "<0x-1>", "<0xG0>", "<0x0A> ", "0x0A", "", "<0X0A>" };
  static const char *const merges[] = { "", "a", "a ", " a", "a b", "a aa", "aa a a" };
  vocab_bytes bytes = { 0 };

  vocab_put_u32 (&bytes, "general.x", 1);
  check_refused (bytes, DD_ERROR_FORMAT, "does not name its tokenizer");
  bytes = (vocab_bytes) { 0 };
  vocab_put_text (&bytes, "tokenizer.ggml.model", "llama");
  check_refused (bytes, DD_ERROR_FORMAT, "no list of tokens");
  bytes = (vocab_bytes) { 0 };
  vocab_put_text (&bytes, "tokenizer.ggml.model", "llama");
  vocab_put_list (&bytes, "tokenizer.ggml.tokens", 0);
  check_refused (bytes, DD_ERROR_FORMAT, "0 entries");
  bytes = three ("a", 0, 1, 3, 3);
  vocab_put_u32 (&bytes, "tokenizer.ggml.bos_token_id", 3);
  check_refused (bytes, DD_ERROR_FORMAT, "tokenizer.ggml.bos_token_id is not one of the 3 tokens");

  check_refused (three ("a", 0, 1, 2, 3), DD_ERROR_FORMAT, "scores is no list of 3");
  check_refused (three ("a", 0, 1, 3, 4), DD_ERROR_FORMAT, "token_type is no list of 3");
  check_refused (three ("a", 0, 7, 3, 3), DD_ERROR_FORMAT, "Token 2 is of no known kind");
  check_refused (three ("a", 0, -1, 3, 3), DD_ERROR_FORMAT, "Token 2 is of no known kind");
  check_refused (three ("a", (float) (0.0 / 0.0), 1, 3, 3), DD_ERROR_FORMAT, "score of token 2");
  for (size_t i = 0; i < COUNT (bad_bytes); i++)
    check_refused (three (bad_bytes[i], 0, DD_PIECE_BYTE, 3, 3), DD_ERROR_FORMAT,
                   "Token 2 is a byte");

  check_refused (with_merge ("bert", "x", NULL), DD_ERROR_UNSUPPORTED, "“bert”");
  check_refused (with_merge ("gpt2", "tekken", NULL), DD_ERROR_UNSUPPORTED, "“tekken”");
  check_refused (with_merge ("gpt2", "gpt-2", NULL), DD_ERROR_FORMAT, "merges");
  for (size_t i = 0; i < COUNT (merges); i++)
    check_refused (with_merge ("gpt2", "gpt-2", merges[i]), DD_ERROR_FORMAT, "Merge 0");
}

/* A file without kinds, bytes and merges' worth of tokens still encodes. */
static void
check_poor (void)
{
  vocab_bytes bytes = with_merge ("gpt2", "gpt-2", "a a");
  vocab_file file;

  vocab_file_open (&file, bytes);
  check_ids (file.vocab, "aaa", 0, (dd_token[]) { 1, 0, -1 });
  check_ids (file.vocab, "abaz\n", 0, (dd_token[]) { 1, -1 }); /* unknown bytes are left out */
  check_ids (file.vocab, "zz", 0, (dd_token[]) { -1 });
  vocab_file_close (&file);

  vocab_file_open (&file, three ("a", 1e38f, 1, 3, 3));
  check_ids (file.vocab, "a", DD_ENCODE_CONTINUE, (dd_token[]) { 2, -1 });
  check_ids (file.vocab, "ab", 0, (dd_token[]) { 0, 2, 0, -1 }); /* one unknown a character */
  vocab_file_close (&file);
}

/* A character that has neither a token nor bytes is an error where the unknown
 * token is a control token, such as the one that ends the turn. */
static void
check_control_unknown (void)
{
  vocab_bytes bytes = three ("a", 0, 1, 3, 3);
  dd_tokens tokens = { 0 };
  dd_error error;
  vocab_file file;

  vocab_put_u32 (&bytes, "tokenizer.ggml.unknown_token_id", 1);
  vocab_file_open (&file, bytes);
  CHECK (!dd_vocab_encode (file.vocab, "ab", 2, 0, &tokens, &error));
  CHECK (tokens.count == 0 && strstr (error.text, "no token for the byte") != NULL);
  dd_tokens_clear (&tokens);
  vocab_file_close (&file);
}

/* Every allocation fails once: an error each time, and nothing left behind. */
static void
check_no_memory (void)
{
  static const char text[] = "안녕 hello <|user|> 뷁";
  vocab_bytes bytes[2] = { { 0 }, { 0 } };

  vocab_put_spm (&bytes[0], NULL);
  vocab_put_bpe (&bytes[1], "smollm", NULL);
  for (int i = 0; i < 2; i++) {
    uint64_t before = dd_alloc_bytes (DD_TAG_TEXT);
    dd_gguf *gguf;
    dd_error error;
    bool done = false;

    REQUIRE_OK (dd_gguf_parse (bytes[i].data, bytes[i].count, true, &gguf, &error), error);
    for (int n = 0; !done && n < 1000; n++) {
      dd_tokens tokens = { 0 };
      dd_vocab *vocab;

      error.code = DD_OK;
      dd_alloc_fail_after (n);
      done = dd_vocab_open (gguf, &vocab, &error)
             && dd_vocab_encode (vocab, text, strlen (text), 0, &tokens, &error);
      dd_alloc_fail_after (-1);
      CHECK (done || error.code == DD_ERROR_NO_MEMORY);
      CHECK (done == (tokens.count > 0));
      dd_tokens_clear (&tokens);
      dd_vocab_close (&vocab);
      CHECK (dd_alloc_bytes (DD_TAG_TEXT) == before);
    }
    CHECK (done);
    dd_gguf_close (&gguf);
    vocab_bytes_clear (&bytes[i]);
  }
}

int
main (void)
{
  check_goldens ();
  check_special ();
  check_defaults ();
  check_broken_text ();
  check_long_words ();
  check_hostile ();
  check_poor ();
  check_control_unknown ();
  check_no_memory ();
  return check_done ();
}
