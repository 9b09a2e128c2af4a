/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The starter model's real vocabulary, where the model is here (DADAM_STARTER):
 * tokens as `tokenizers` makes them from the same file
 * (golden/compare_tokenizers.py), and its prompt format.
 */
#include "base/alloc.h"
#include "check.h"
#include "text/format.h"

static const struct {
  const char *text;
  size_t count;
  dd_token ids[24];
} cases[] = {
  { "The quick brown fox jumps over the lazy dog.",
    10,
    { 504, 2365, 6354, 16438, 27003, 690, 260, 23790, 2767, 30 } },
  { "\354\225\210\353\205\225\355\225\230\354\204\270\354\232\224, \353\213\244\353\213\264!",
    21,
    { 183, 239, 226, 182, 223,   239, 33085, 242,   183, 222, 133,
      183, 244, 238, 28,  25947, 229, 114,   41259, 129, 17 } },
  { "def f(x):\n    return x**2  # 1234",
    17,
    { 1604, 275, 24, 104, 727, 472, 1003, 1792, 828, 34, 216, 907, 216, 33, 34, 35, 36 } },
  { "  it's   5 o'clock\n\n", 9, { 216, 357, 506, 333, 37, 263, 23, 17466, 1116 } },
};

/* <|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n */
static void
check_prompt (const dd_gguf *gguf, const dd_vocab *vocab)
{
  const dd_format *format = dd_format_detect (gguf, NULL);
  dd_message message = { DD_ROLE_USER, "hi", 2, NULL, 0 };
  dd_tokens tokens;
  dd_span *spans;
  size_t n_spans;
  dd_error error;

  CHECK (format != NULL && strcmp (format->name, "chatml") == 0);
  if (format == NULL)
    return;
  REQUIRE_OK (dd_format_render (format, vocab, &message, 1, &tokens, &spans, &n_spans, &error),
              error);
  CHECK (tokens.count > 6 && tokens.items[0] == 1 && dd_vocab_is_end (vocab, 2));
  dd_tokens_clear (&tokens);
  dd_free (spans);
}

int
main (void)
{
  const char *path = getenv ("DADAM_STARTER");
  dd_gguf *gguf;
  dd_vocab *vocab;
  dd_error error;

  if (path == NULL || *path == '\0')
    return CHECK_SKIP;
  REQUIRE_OK (dd_gguf_open (path, &gguf, &error), error);
  REQUIRE_OK (dd_vocab_open (gguf, &vocab, &error), error);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    dd_tokens tokens = { 0 };

    REQUIRE_OK (dd_vocab_encode (vocab, cases[i].text, strlen (cases[i].text), 0, &tokens, &error),
                error);
    CHECK_MSG (tokens.count == cases[i].count
                   && memcmp (tokens.items, cases[i].ids, tokens.count * sizeof (dd_token)) == 0,
               "“%s”", cases[i].text);
    dd_tokens_clear (&tokens);
  }
  check_prompt (gguf, vocab);
  dd_vocab_close (&vocab);
  dd_gguf_close (&gguf);
  return check_done ();
}
