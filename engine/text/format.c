/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of prompt formats and how to tell which one a file wants.  A format
 * is known by evidence (who made the model, the template in the file), or it is
 * not known.
 */
#include "text/format_private.h"

#include <string.h>

static const char *const komt_stops[] = { "### instruction", "### Instruction", "### Response",
                                          "</s>", NULL };
static const char *const mistral_stops[] = { "[INST]", "</s>", NULL };
static const char *const llama3_stops[] = { "<|start_header_id|>", "<|eot_id|>", NULL };
static const char *const chatml_stops[] = { "<|im_start|>", "<|im_end|>", NULL };
static const char *const alpaca_stops[] = { "### Instruction:", "### Response:", "</s>", NULL };

/* Source: komt's usage scripts (README, vLLM sample).  The space at the end is
 * theirs and becomes a token of its own.  The models were trained on single
 * turns; a second turn follows the first answer's end token. */
static const dd_format_text komt_llama2 = {
  .user_before = "### instruction: ",
  .user_after = "\n\n### Response: ",
  .answer_after = DD_FORMAT_EOS,
  .made_after = DD_FORMAT_EOS,
};

/* Mistral 7B Instruct v0.1 and v0.2, komt-mistral.  Source: mistral-common's
 * tokenizer v1, which is also how komt's card writes it: the words are text, the
 * system text goes to the first user's, every turn but the last ends with EOS. */
static const dd_format_text mistral = {
  .user_before = "[INST] ",
  .user_after = " [/INST]",
  .answer_before = " ",
  .answer_after = DD_FORMAT_EOS,
  .made_after = DD_FORMAT_EOS,
};

/* Mistral 7B Instruct v0.3.  Source: mistral-common's tokenizers v2 and v3:
 * [INST] and [/INST] are control tokens, the system text goes to the last user's. */
static const dd_format_text mistral_v3 = {
  .needs = "[INST]",
  .user_before = "[INST]",
  .user_after = "[/INST]",
  .answer_after = DD_FORMAT_EOS,
  .made_after = DD_FORMAT_EOS,
  .system_in_last = true,
};

/* Llama 2 Chat.  Source: chat_completion of Meta's llama repository: texts are
 * trimmed, the system text stands inside the first [INST], and every turn is a
 * sequence of its own with BOS and EOS. */
static const dd_format_text llama2 = {
  .start = "[INST] ",
  .system_before = "[INST] <<SYS>>\n",
  .system_after = "\n<</SYS>>\n\n",
  .again = DD_FORMAT_BOS "[INST] ",
  .user_after = " [/INST]",
  .answer_before = " ",
  .answer_after = " " DD_FORMAT_EOS,
  .made_after = DD_FORMAT_EOS,
  .trims = true,
};

/* Llama 3 and later.  Source: the models' chat template. */
static const dd_format_text llama3 = {
  .needs = "<|start_header_id|>",
  .system_before = "<|start_header_id|>system<|end_header_id|>\n\n",
  .system_after = "<|eot_id|>",
  .user_before = "<|start_header_id|>user<|end_header_id|>\n\n",
  .user_after = "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
  .answer_after = "<|eot_id|>",
  .made_after = "<|eot_id|>",
  .trims = true,
};

/* Qwen, SmolLM and many others.  Source: OpenAI's chat markup as in the models'
 * chat templates, without the system text that some put in unasked. */
static const dd_format_text chatml = {
  .needs = "<|im_start|>",
  .system_before = "<|im_start|>system\n",
  .system_after = "<|im_end|>\n",
  .user_before = "<|im_start|>user\n",
  .user_after = "<|im_end|>\n<|im_start|>assistant\n",
  .answer_after = "<|im_end|>\n",
  .made_after = "<|im_end|>\n",
};

/* Source: Stanford Alpaca's prompt without input.  A system text takes the place
 * of the opening sentences. */
static const dd_format_text alpaca = {
  .start = "Below is an instruction that describes a task. Write a response that appropriately "
           "completes the request.\n\n",
  .system_before = "",
  .system_after = "\n\n",
  .user_before = "### Instruction:\n",
  .user_after = "\n\n### Response:",
  .answer_after = DD_FORMAT_EOS,
  .made_after = DD_FORMAT_EOS,
};

static const dd_format formats[] = {
  { "komt-llama2", "KoMT Llama 2", komt_stops, &komt_llama2 },
  { "mistral", "Mistral Instruct v0.1 and v0.2, KoMT Mistral", mistral_stops, &mistral },
  { "mistral-v3", "Mistral Instruct v0.3", mistral_stops, &mistral_v3 },
  { "llama2", "Llama 2 Chat", mistral_stops, &llama2 },
  { "llama3", "Llama 3", llama3_stops, &llama3 },
  { "chatml", "ChatML (Qwen, SmolLM)", chatml_stops, &chatml },
  { "alpaca", "Alpaca", alpaca_stops, &alpaca },
};

const dd_format *
dd_format_at (size_t i)
{
  return i < sizeof formats / sizeof *formats ? &formats[i] : NULL;
}

const dd_format *
dd_format_find (const char *name)
{
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
    if (strcmp (formats[i].name, name) == 0)
      return &formats[i];
  return NULL;
}

/* ---- detection ---------------------------------------------------------- */

static char
plain (char c)
{
  if (c >= 'A' && c <= 'Z')
    return (char) (c | 32);
  return c == '_' || c == ' ' ? '-' : c;
}

/* Whether `part` (lower case, hyphens) is in `text`, whatever its case and
 * whether its words are joined by hyphens, underscores or spaces. */
static bool
names (dd_text text, const char *part)
{
  size_t length = strlen (part);

  for (size_t i = 0; i + length <= text.length; i++) {
    size_t n = 0;

    while (n < length && plain (text.data[i + n]) == part[n])
      n++;
    if (n == length)
      return true;
  }
  return false;
}

/* A komt model's name says more than the template in its file, which may be that
 * of the model it was made from. */
static const dd_format *
detect_komt (dd_text name)
{
  if (!names (name, "komt"))
    return NULL;
  if (names (name, "mistral"))
    return dd_format_find ("mistral");
  return names (name, "llama") ? dd_format_find ("komt-llama2") : NULL;
}

/* Names that only these models and copies of them have. */
static const dd_format *
detect_origin (dd_text name)
{
  if (names (name, "mistral-7b-instruct-v0.1") || names (name, "mistral-7b-instruct-v0.2"))
    return dd_format_find ("mistral");
  if (names (name, "mistral-7b-instruct-v0.3"))
    return dd_format_find ("mistral-v3");
  if (names (name, "meta-llama/llama-2-") && names (name, "-chat"))
    return dd_format_find ("llama2");
  return NULL;
}

static bool
contains (dd_text text, const char *part)
{
  return memmem (text.data, text.length, part, strlen (part)) != NULL;
}

/* Whether the list of tokens has this one. */
static bool
has_token (const dd_gguf *gguf, const char *token)
{
  const dd_gguf_key *key = dd_gguf_find (gguf, "tokenizer.ggml.tokens");
  const uint8_t *cursor;
  dd_text text;

  if (key == NULL || key->kind != DD_GGUF_ARRAY || key->element != DD_GGUF_STRING)
    return false;
  cursor = key->data;
  for (uint64_t i = 0; i < key->count && dd_gguf_next_string (key, &cursor, &text); i++)
    if (text.length == strlen (token) && memcmp (text.data, token, text.length) == 0)
      return true;
  return false;
}

/* Mistral's later formats write [INST] otherwise than these two. */
static const dd_format *
detect_inst (const dd_gguf *gguf, dd_text template)
{
  dd_text model = { "", 0 };

  if (contains (template, "<<SYS>>"))
    return dd_format_find ("llama2");
  if (contains (template, "[SYSTEM_PROMPT]")
      || !dd_gguf_string (dd_gguf_find (gguf, "tokenizer.ggml.model"), &model) || model.length != 5
      || memcmp (model.data, "llama", 5) != 0)
    return NULL;
  return dd_format_find (has_token (gguf, "[INST]") ? "mistral-v3" : "mistral");
}

/* Marks of one format in a chat template; of two, nothing is known. */
static const dd_format *
detect_template (const dd_gguf *gguf, dd_text template)
{
  static const struct {
    const char *mark, *format;
  } marks[] = {
    { "<|im_start|>", "chatml" },
    { "<|start_header_id|>", "llama3" },
    { "### Instruction:\n", "alpaca" },
    { "### Instruction:\\n", "alpaca" },
    { "### instruction: ", "komt-llama2" },
    { "[INST]", "" },
    { "<start_of_turn>", NULL },
    { "<|user|>", NULL },
    { "<|start_of_role|>", NULL },
    { "<|START_OF_TURN_TOKEN|>", NULL },
  };
  const char *found = NULL;

  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    if (!contains (template, marks[i].mark))
      continue;
    if (marks[i].format == NULL || (found != NULL && strcmp (found, marks[i].format) != 0))
      return NULL;
    found = marks[i].format;
  }
  if (found == NULL)
    return NULL;
  return *found == '\0' ? detect_inst (gguf, template) : dd_format_find (found);
}

/* Asks `detect` for the repository's name and each of the file's names. */
static const dd_format *
detect_names (const dd_gguf *gguf, const char *repository, const dd_format *(*detect) (dd_text))
{
  static const char *const keys[] = {
    "general.name",     "general.basename",          "general.finetune",
    "general.repo_url", "general.source.repo_url",   "general.source.huggingface.repository",
    "general.url",      "general.base_model.0.name", "general.base_model.0.repo_url",
  };
  /* A fine-tune's base says nothing sure about the fine-tune, unless it is komt's. */
  size_t n = sizeof keys / sizeof *keys - (detect == detect_komt ? 0 : 2);
  const dd_format *format = repository != NULL
                                ? detect ((dd_text) { repository, strlen (repository) })
                                : NULL;

  for (size_t i = 0; i < n && format == NULL; i++) {
    dd_text name;

    if (dd_gguf_string (dd_gguf_find (gguf, keys[i]), &name))
      format = detect (name);
  }
  return format;
}

const dd_format *
dd_format_detect (const dd_gguf *gguf, const char *repository)
{
  const dd_format *format = detect_names (gguf, repository, detect_komt);
  dd_text template;

  if (format != NULL)
    return format;
  if (dd_gguf_string (dd_gguf_find (gguf, "tokenizer.chat_template"), &template))
    return detect_template (gguf, template);
  return detect_names (gguf, repository, detect_origin);
}
