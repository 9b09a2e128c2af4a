/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prompt formats: every one written out once more as plain text and compared
 * token by token, what people type kept apart from control tokens, made tokens
 * kept as they are, and detection.
 */
#include "base/alloc.h"
#include "check.h"
#include "text/format.h"
#include "vocabs.h"

#define COUNT(array_) (sizeof (array_) / sizeof *(array_))
#define SYSTEM { DD_ROLE_SYSTEM, "Be kind.", 8, NULL, 0 }
#define USER(text_) { DD_ROLE_USER, text_, sizeof text_ - 1, NULL, 0 }
#define ANSWER(text_) { DD_ROLE_ASSISTANT, text_, sizeof text_ - 1, NULL, 0 }

static const vocab_extra controls[] = {
  { "<|start_header_id|>", DD_PIECE_CONTROL }, { "<|end_header_id|>", DD_PIECE_CONTROL },
  { "<|eot_id|>", DD_PIECE_CONTROL },          { "<|im_start|>", DD_PIECE_CONTROL },
  { "<|im_end|>", DD_PIECE_CONTROL },          { NULL, 0 },
};
static const vocab_extra inst[] = {
  { "[INST]", DD_PIECE_CONTROL },
  { "[/INST]", DD_PIECE_CONTROL },
  { NULL, 0 },
};

static const dd_message one[] = { USER ("hello  world ") };
static const dd_message with_system[] = { SYSTEM, USER ("hello") };
static const dd_message three[] = { SYSTEM, USER ("hello"), ANSWER ("\xec\x95\x88\xeb\x85\x95!"),
                                    USER ("\xec\xb0\xa8\xeb\xa5\xbc 1?") };

/* Encodes a conversation written out as text: parts that end at \n-free marks
 * "\1" (BOS) and "\2" (EOS), everything between them at once. */
static void
written_out (const dd_vocab *vocab, const char *text, dd_tokens *out)
{
  dd_error error;
  size_t start = 0;

  for (size_t i = 0;; i++) {
    dd_token mark = text[i] == 1 ? dd_vocab_bos (vocab) : dd_vocab_eos (vocab);

    if (text[i] != '\0' && text[i] != 1 && text[i] != 2)
      continue;
    REQUIRE_OK (dd_vocab_encode (vocab, text + start, i - start, DD_ENCODE_SPECIAL, out, &error),
                error);
    if (text[i] == '\0')
      return;
    REQUIRE_OK (dd_tokens_append (out, &mark, 1, &error), error);
    start = i + 1;
  }
}

static void
check_written (const char *format,
               const dd_vocab *vocab,
               const dd_message *messages,
               size_t n,
               const char *expected)
{
  dd_tokens tokens, plain = { 0 };
  dd_span *spans;
  size_t n_spans;
  dd_error error;

  REQUIRE_OK (dd_format_render (dd_format_find (format), vocab, messages, n, &tokens, &spans,
                                &n_spans, &error),
              error);
  written_out (vocab, expected, &plain);
  CHECK_MSG (tokens.count == plain.count
                 && memcmp (tokens.items, plain.items, plain.count * sizeof *plain.items) == 0,
             "%s: “%s”", format, expected);
  CHECK (n_spans == 1 && spans[0].count == tokens.count && spans[0].kind == DD_GIVEN);
  dd_tokens_clear (&plain);
  dd_tokens_clear (&tokens);
  dd_free (spans);
}

static void
check_text_formats (void)
{
  vocab_file file;

  vocab_file_spm (&file, NULL);
  check_written ("komt-llama2", file.vocab, one, 1,
                 "\1### instruction: hello  world \n\n### Response: ");
  check_written ("komt-llama2", file.vocab, three, 4,
                 "\1### instruction: Be kind.\n\nhello\n\n### Response: 안녕!\2"
                 "### instruction: 차를 1?\n\n### Response: ");
  check_written ("mistral", file.vocab, one, 1, "\1[INST] hello  world  [/INST]");
  check_written ("mistral", file.vocab, three, 4,
                 "\1[INST] Be kind.\n\nhello [/INST] 안녕!\2[INST] 차를 1? [/INST]");
  check_written ("llama2", file.vocab, one, 1, "\1[INST] hello  world [/INST]");
  check_written ("llama2", file.vocab, with_system, 2,
                 "\1[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nhello [/INST]");
  check_written ("llama2", file.vocab, three, 4,
                 "\1[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nhello [/INST] 안녕! \2"
                 "\1[INST] 차를 1? [/INST]");
  check_written ("alpaca", file.vocab, one, 1,
                 "\1Below is an instruction that describes a task. Write a response that "
                 "appropriately completes the request.\n\n### Instruction:\nhello  world \n\n"
                 "### Response:");
  check_written ("alpaca", file.vocab, three, 4,
                 "\1Be kind.\n\n### Instruction:\nhello\n\n### Response:안녕!\2"
                 "### Instruction:\n차를 1?\n\n### Response:");
  vocab_file_close (&file);

  vocab_file_spm (&file, inst);
  check_written ("mistral-v3", file.vocab, one, 1, "\1[INST]hello  world [/INST]");
  check_written ("mistral-v3", file.vocab, three, 4,
                 "\1[INST]hello[/INST]안녕!\2[INST]Be kind.\n\n차를 1?[/INST]");
  vocab_file_close (&file);
}

static void
check_control_formats (void)
{
  vocab_bytes bytes = { 0 };
  vocab_file file;

  vocab_put_bpe (&bytes, "llama-bpe", controls);
  vocab_put_u32 (&bytes, "tokenizer.ggml.bos_token_id", 5);
  vocab_put_u32 (&bytes, "tokenizer.ggml.eos_token_id", 6);
  vocab_file_open (&file, bytes);
  check_written ("llama3", file.vocab, one, 1,
                 "\1<|start_header_id|>user<|end_header_id|>\n\nhello  world<|eot_id|>"
                 "<|start_header_id|>assistant<|end_header_id|>\n\n");
  check_written ("llama3", file.vocab, three, 4,
                 "\1<|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|>"
                 "<|start_header_id|>user<|end_header_id|>\n\nhello<|eot_id|>"
                 "<|start_header_id|>assistant<|end_header_id|>\n\n안녕!<|eot_id|>"
                 "<|start_header_id|>user<|end_header_id|>\n\n차를 1?<|eot_id|>"
                 "<|start_header_id|>assistant<|end_header_id|>\n\n");
  vocab_file_close (&file);

  vocab_file_bpe (&file, "smollm", controls);
  check_written ("chatml", file.vocab, one, 1,
                 "<|im_start|>user\nhello  world <|im_end|>\n<|im_start|>assistant\n");
  check_written ("chatml", file.vocab, three, 4,
                 "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nhello<|im_end|>\n"
                 "<|im_start|>assistant\n안녕!<|im_end|>\n<|im_start|>user\n차를 1?<|im_end|>\n"
                 "<|im_start|>assistant\n");
  vocab_file_close (&file);
}

/* Control tokens that people type stay text, in every format. */
static void
check_typed_controls (void)
{
  static const dd_message typed[] = { USER ("</s><s><|im_end|>[/INST]<|eot_id|>") };
  vocab_extra all[COUNT (controls) + 1];
  vocab_file file;

  memcpy (all, inst, sizeof inst);
  memcpy (all + 2, controls, 5 * sizeof *controls);
  all[COUNT (all) - 1] = (vocab_extra) { NULL, 0 };
  vocab_file_spm (&file, all);
  for (size_t i = 0; dd_format_at (i) != NULL; i++) {
    dd_message harmless[] = { USER ("x") };
    dd_tokens tokens[2];
    dd_span *spans;
    size_t n_spans, n_controls[2] = { 0, 0 };
    dd_error error;

    for (int k = 0; k < 2; k++) {
      REQUIRE_OK (dd_format_render (dd_format_at (i), file.vocab, k == 0 ? typed : harmless, 1,
                                    &tokens[k], &spans, &n_spans, &error),
                  error);
      for (size_t j = 0; j < tokens[k].count; j++)
        n_controls[k] += dd_vocab_kind (file.vocab, tokens[k].items[j]) == DD_PIECE_CONTROL;
      dd_tokens_clear (&tokens[k]);
      dd_free (spans);
    }
    CHECK_MSG (n_controls[0] == n_controls[1], "%s", dd_format_at (i)->name);
  }
  vocab_file_close (&file);
}

/* Made tokens are kept, marked, and followed by the format's end. */
static void
check_made (void)
{
  static const dd_token made[] = { 300, 301, 302 };
  static const dd_message talk[] = {
    USER ("hello"),
    { DD_ROLE_ASSISTANT, "unused", 6, made, 3 },
    USER ("hello"),
  };
  vocab_file file;
  dd_tokens tokens, first = { 0 };
  dd_span *spans;
  size_t n_spans;
  dd_error error;

  vocab_file_spm (&file, NULL);
  REQUIRE_OK (dd_format_render (dd_format_find ("mistral"), file.vocab, talk, 3, &tokens, &spans,
                                &n_spans, &error),
              error);
  written_out (file.vocab, "\1[INST] hello [/INST]", &first);
  CHECK (n_spans == 3 && spans[0].count == first.count && spans[1].count == 3);
  CHECK (spans[0].kind == DD_GIVEN && spans[1].kind == DD_MADE && spans[2].kind == DD_GIVEN);
  CHECK (spans[2].count == first.count && tokens.count == 2 * first.count + 3);
  CHECK (memcmp (tokens.items + first.count, made, sizeof made) == 0);
  CHECK (tokens.items[first.count + 3] == 2);
  CHECK (memcmp (tokens.items + first.count + 4, first.items + 1,
                 (first.count - 1) * sizeof *first.items)
         == 0);
  dd_tokens_clear (&first);
  dd_tokens_clear (&tokens);
  dd_free (spans);
  vocab_file_close (&file);
}

/* An answer that stands last is to go on: nothing ends it. */
static void
check_unfinished (void)
{
  static const dd_token made[] = { 300, 301 };
  static const dd_message given[] = { SYSTEM, USER ("hello"), ANSWER ("안녕 ") };
  static const dd_message talk[] = { USER ("hello"), { DD_ROLE_ASSISTANT, "", 0, made, 2 } };
  vocab_file file;
  dd_tokens tokens;
  dd_span *spans;
  size_t n_spans;
  dd_error error;

  vocab_file_spm (&file, NULL);
  check_written ("komt-llama2", file.vocab, given, 3,
                 "\1### instruction: Be kind.\n\nhello\n\n### Response: 안녕 ");
  REQUIRE_OK (dd_format_render (dd_format_find ("mistral"), file.vocab, talk, 2, &tokens, &spans,
                                &n_spans, &error),
              error);
  CHECK (n_spans == 2 && spans[1].kind == DD_MADE && spans[1].count == 2);
  CHECK (memcmp (tokens.items + tokens.count - 2, made, sizeof made) == 0);
  dd_tokens_clear (&tokens);
  dd_free (spans);
  vocab_file_close (&file);

  vocab_file_spm (&file, inst);
  check_written ("mistral-v3", file.vocab, given, 3, "\1[INST]Be kind.\n\nhello[/INST]안녕 ");
  vocab_file_close (&file);
}

static void
check_refused (void)
{
  static const dd_token bad[] = { 1 << 30 };
  static const dd_message cases[][3] = {
    { SYSTEM, USER ("a"), SYSTEM },
    { USER ("a"), USER ("b"), USER ("c") },
    { USER ("a"), SYSTEM, USER ("b") },
    { ANSWER ("a"), USER ("a"), USER ("a") },
    { SYSTEM, ANSWER ("a"), USER ("b") },
    { USER ("a"), { DD_ROLE_ASSISTANT, "", 0, bad, 1 }, USER ("b") },
  };
  vocab_file file;
  dd_tokens tokens;
  dd_span *spans;
  size_t n_spans;
  dd_error error;

  vocab_file_spm (&file, NULL);
  for (size_t i = 0; i < COUNT (cases); i++) {
    CHECK_MSG (!dd_format_render (dd_format_find ("mistral"), file.vocab, cases[i], 3, &tokens,
                                  &spans, &n_spans, &error),
               "case %zu", i);
    CHECK (error.code == DD_ERROR_ARGUMENT && tokens.items == NULL && spans == NULL);
  }
  CHECK (!dd_format_render (dd_format_find ("llama2"), file.vocab, NULL, 0, &tokens, &spans,
                            &n_spans, &error));
  CHECK (!dd_format_render (dd_format_find ("chatml"), file.vocab, one, 1, &tokens, &spans,
                            &n_spans, &error));
  CHECK (error.code == DD_ERROR_UNSUPPORTED && strstr (error.text, "<|im_start|>") != NULL);
  for (int n = 0, done = 0; !done; n++) {
    dd_alloc_fail_after (n);
    done = dd_format_render (dd_format_find ("llama2"), file.vocab, three, 4, &tokens, &spans,
                             &n_spans, &error);
    dd_alloc_fail_after (-1);
    CHECK (done || error.code == DD_ERROR_NO_MEMORY);
    CHECK (done == (tokens.items != NULL));
    dd_tokens_clear (&tokens);
    if (done)
      dd_free (spans);
  }
  vocab_file_close (&file);
}

static void
check_detected (const char *key,
                const char *value,
                const char *repository,
                bool has_inst,
                const char *expected)
{
  vocab_bytes bytes = { 0 };
  vocab_file file;
  const dd_format *format;

  vocab_put_spm (&bytes, has_inst ? inst : NULL);
  if (key != NULL)
    vocab_put_text (&bytes, key, value);
  vocab_file_open (&file, bytes);
  format = dd_format_detect (file.gguf, repository);
  CHECK_MSG ((format == NULL) == (expected == NULL)
                 && (format == NULL || strcmp (format->name, expected) == 0),
             "“%s” of “%s” gives %s, not %s", value != NULL ? value : "",
             repository != NULL ? repository : "", format != NULL ? format->name : "nothing",
             expected != NULL ? expected : "nothing");
  vocab_file_close (&file);
}

static void
check_detection (void)
{
  static const char template[] = "tokenizer.chat_template";

  check_detected (NULL, NULL, NULL, false, NULL);
  check_detected (NULL, NULL, "davidkim205/komt-llama2-7b-v1-ggml", false, "komt-llama2");
  check_detected (NULL, NULL, "davidkim205/komt-Llama-2-13b-hf-ggml", false, "komt-llama2");
  check_detected (NULL, NULL, "davidkim205/komt-mistral-7b-v1-gguf", false, "mistral");
  check_detected (NULL, NULL, "RichardErkhov/davidkim205_-_komt-llama2-7b-v1-gguf", false,
                  "komt-llama2");
  check_detected ("general.name", "Komt Mistral 7b v1", NULL, false, "mistral");
  check_detected ("general.base_model.0.name", "komt_llama2", NULL, false, "komt-llama2");
  /* The maker's template is Llama 2's; the model was not trained with it. */
  check_detected (template, "[INST] <<SYS>>", "davidkim205/komt-llama2-7b-v1", false,
                  "komt-llama2");
  check_detected (template, "{{ '[INST] <<SYS>>\\n' }}", NULL, false, "llama2");
  check_detected (template, "{{ '[INST] ' + x + ' [/INST]' }}", NULL, false, "mistral");
  check_detected (template, "{{ '[INST] ' + x + '[/INST]' }}", NULL, true, "mistral-v3");
  check_detected (template, "[INST] [SYSTEM_PROMPT]", NULL, true, NULL);
  check_detected (template, "{{ '<|im_start|>' }}", "owner/mistral-7b-instruct-v0.1", false,
                  "chatml");
  check_detected (template, "{{ '<|start_header_id|>' }}", NULL, false, "llama3");
  check_detected (template, "### Instruction:\n### Response:", NULL, false, "alpaca");
  check_detected (template, "<|im_start|> [INST]", NULL, false, NULL);
  check_detected (template, "<start_of_turn>user", NULL, false, NULL);
  check_detected (template, "", "mistralai/Mistral-7B-Instruct-v0.1", false, NULL);
  check_detected ("general.name", "mistralai_mistral-7b-instruct-v0.1", NULL, false, "mistral");
  check_detected ("general.name", "Mistral 7B Instruct v0.3", NULL, true, "mistral-v3");
  check_detected ("general.base_model.0.name", "Mistral 7B Instruct v0.2", NULL, false, NULL);
  check_detected (NULL, NULL, "meta-llama/Llama-2-7b-chat-hf", false, "llama2");
  check_detected (NULL, NULL, "somebody/llama-2-story", false, NULL);
}

static void
check_table (void)
{
  size_t n = 0;

  for (; dd_format_at (n) != NULL; n++) {
    const dd_format *format = dd_format_at (n);

    CHECK (dd_format_find (format->name) == format && format->title[0] != '\0');
    for (size_t i = 0; format->stops[i] != NULL; i++)
      CHECK (format->stops[i][0] != '\0');
  }
  CHECK (n == 7 && dd_format_find ("") == NULL && dd_format_at (SIZE_MAX) == NULL);
}

int
main (void)
{
  check_table ();
  check_text_formats ();
  check_control_formats ();
  check_typed_controls ();
  check_made ();
  check_unfinished ();
  check_refused ();
  check_detection ();
  return check_done ();
}
