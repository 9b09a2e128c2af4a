/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any text as Markdown, at one go and growing by the number of bytes that the first
 * one says: both must come to the same blocks, within their bounds.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "dadam-markdown.h"

static void
check (gboolean good)
{
  if (!good)
    abort ();
}

static void
check_inline (const DadamInline *content)
{
  gsize length = strlen (content->text);
  guint at = 0;

  check (g_utf8_validate (content->text, -1, NULL));
  for (guint i = 0; i < content->spans->len; i++) {
    const DadamSpan *span = &g_array_index (content->spans, DadamSpan, i);

    check (span->start >= at && span->start < span->end && span->end <= length);
    check (g_utf8_validate_len (content->text, span->start, NULL));
    check (span->url == NULL || g_str_has_prefix (span->url, "http")
           || g_ascii_strncasecmp (span->url, "http", 4) == 0
           || g_ascii_strncasecmp (span->url, "mailto:", 7) == 0);
    at = span->end;
  }
}

static void
check_block (const DadamBlock *block)
{
  check (block->n_containers <= DADAM_MOST_CONTAINERS);
  check ((block->kind == DADAM_BLOCK_TABLE) == (block->cells != NULL));
  if (block->cells == NULL) {
    check_inline (&block->content);
    return;
  }
  check (block->n_columns > 0 && block->cells->len % block->n_columns == 0);
  for (guint i = 0; i < block->cells->len; i++)
    check_inline (&g_array_index (block->cells, DadamCell, i).content);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (DadamMarkdown) whole = dadam_markdown_new ();
  g_autoptr (DadamMarkdown) grown = dadam_markdown_new ();
  g_autofree char *text = NULL;
  gsize length, step;

  if (size < 2)
    return 0;
  text = g_utf8_make_valid ((const char *) data + 1, (gssize) size - 1);
  length = strlen (text);
  step = MAX (data[0], length / 64 + 1);
  for (gsize n = 0; n < length; n += step)
    if (g_utf8_validate_len (text, n, NULL))
      dadam_markdown_set_text (grown, text, n);
  dadam_markdown_set_text (grown, text, length);
  dadam_markdown_set_text (whole, text, length);

  check (dadam_markdown_get_n_blocks (grown) == dadam_markdown_get_n_blocks (whole));
  for (guint i = 0; i < dadam_markdown_get_n_blocks (whole); i++) {
    check_block (dadam_markdown_get_block (whole, i));
    check (dadam_block_equal (dadam_markdown_get_block (whole, i),
                              dadam_markdown_get_block (grown, i)));
  }

  return 0;
}

size_t
fuzz_seed (unsigned i, uint8_t *out, size_t room)
{
  static const char *const texts[] = {
    "# 제목\n\n글 **굵게** *기울여* `코드` ~~지움~~\n",
    "- 하나\n- 둘\n\n  더\n\n1. 일\n   - 속\n2) 이\n",
    "> 인용\n> > 속\n\n---\n```c\nint x;\n\n```\n\n뒤",
    "| a | b |\n|:-:|--:|\n| 1 | 2 |\n\n- [x] 함\n- [ ] 안\n",
    "[다담](https://a.b \"c\") <https://d.e> ![f](g) https://h.i &lt;&#44032;",
    "$\\frac{a}{\\sqrt{b}}^{2}_{ij}$ $$\\sum_{i=1}^n$$ **다담(茶談)**은",
  };
  size_t length;

  if (i >= G_N_ELEMENTS (texts))
    return 0;
  length = strlen (texts[i]);
  if (length + 1 > room)
    return 0;
  out[0] = (uint8_t) (i + 1);
  memcpy (out + 1, texts[i], length);

  return length + 1;
}
