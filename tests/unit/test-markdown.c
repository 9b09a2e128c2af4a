/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Markdown as blocks: each kind of block and span, Korean emphasis, formulas, and that
 * a text which grows ends as the same text at one go.
 */
#include <time.h>

#include "check.h"

#include "dadam-markdown-private.h"
#include "dadam-markdown.h"
#include "dadam-tex.h"

/* ---- blocks as one line of text ---------------------------------------- */

static void
put_inline (GString *out, const DadamInline *content)
{
  guint at = 0;

  for (guint i = 0; i < content->spans->len; i++) {
    const DadamSpan *span = &g_array_index (content->spans, DadamSpan, i);

    g_string_append_len (out, content->text + at, span->start - at);
    g_string_append_c (out, '{');
    for (guint style = 0; style < 4; style++)
      if (span->style & (1u << style))
        g_string_append_c (out, "bisc"[style]);
    if (span->url != NULL)
      g_string_append_printf (out, "@%s", span->url);
    g_string_append_c (out, ' ');
    g_string_append_len (out, content->text + span->start, span->end - span->start);
    g_string_append_c (out, '}');
    at = span->end;
  }
  g_string_append (out, content->text + at);
}

static void
put_containers (GString *out, const DadamBlock *block)
{
  for (guint i = 0; i < block->n_containers; i++) {
    const DadamContainer *container = &block->containers[i];

    if (container->kind == DADAM_CONTAINER_QUOTE)
      g_string_append_c (out, '>');
    else if (!container->is_first)
      g_string_append_c (out, '_');
    else if (container->kind == DADAM_CONTAINER_NUMBER)
      g_string_append_printf (out, "%u.", container->number);
    else if (container->kind == DADAM_CONTAINER_TASK)
      g_string_append_c (out, container->is_done ? 'x' : 'o');
    else
      g_string_append_c (out, '-');
  }
}

static void
put_block (GString *out, const DadamBlock *block)
{
  put_containers (out, block);
  if (block->continues)
    g_string_append_c (out, '~');
  switch (block->kind) {
  case DADAM_BLOCK_HEADING: g_string_append_printf (out, "h%u", block->level); break;
  case DADAM_BLOCK_CODE:
    g_string_append_printf (out, "c:%s", block->language ? block->language : "");
    break;
  case DADAM_BLOCK_RULE: g_string_append (out, "r"); break;
  case DADAM_BLOCK_TABLE: g_string_append_printf (out, "t%u", block->n_columns); break;
  case DADAM_BLOCK_PARAGRAPH:
  default: break;
  }
  g_string_append_c (out, '(');
  if (block->kind == DADAM_BLOCK_TABLE)
    for (guint i = 0; i < block->cells->len; i++) {
      const DadamCell *cell = &g_array_index (block->cells, DadamCell, i);

      put_inline (out, &cell->content);
      g_string_append_c (out, "|^<"[cell->align]);
    }
  else
    put_inline (out, &block->content);
  g_string_append_c (out, ')');
}

static char *
describe (DadamMarkdown *markdown)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; i < dadam_markdown_get_n_blocks (markdown); i++)
    put_block (out, dadam_markdown_get_block (markdown, i));

  return g_string_free_and_steal (g_steal_pointer (&out));
}

/* ---- what becomes of a text -------------------------------------------- */

static const struct {
  const char *text;
  const char *blocks;
} cases[] = {
  { "", "" },
  { "안녕\n하세요", "(안녕\n하세요)" },
  { "하나\n\n\n둘", "(하나)(둘)" },
  { "# 제목\n### 셋\n본문", "h1(제목)h3(셋)(본문)" },
  { "**굵게** *기울여* ~~지움~~ `코드`", "({b 굵게} {i 기울여} {s 지움} {c 코드})" },
  { "***둘 다***와 **안 *속* 밖**", "({bi 둘 다}와 {b 안 }{bi 속}{b  밖})" },
  { "- 하나\n- 둘\n  - 셋", "-(하나)-(둘)_-(셋)" },
  { "3. 셋\n4. 넷\n\n   더", "3.(셋)4.(넷)_(더)" },
  { "- [x] 함\n- [ ] 안 함", "x(함)o(안 함)" },
  { "- \n- 둘", "-()-(둘)" },
  { "> 인용\n> - 항목\n\n뒤", ">(인용)>-(항목)(뒤)" },
  { "```python\nprint(1)\n\nprint(2)\n```\n끝", "c:python(print(1)\n\nprint(2))(끝)" },
  { "```\n열린", "c:(열린)" },
  { "    들여 쓴\n", "c:(들여 쓴)" },
  { "앞\n\n---\n뒤", "(앞)r()(뒤)" },
  { "|a|b|\n|:-:|--:|\n|1|**2**|\n|3|", "t2(a^b<1^{b 2}<3^<)" },
  { "<b>태그</b> &lt;&amp;&#44032;&nope;", "(<b>태그</b> <&가&nope;)" },
  { "<script>\nalert(1)\n</script>", "(<script>\nalert(1)\n</script>)" },
  { "[다담](https://example.org/a?b=1&c) [안](javascript:alert(1)) [우편](mailto:a@b.c)",
    "({@https://example.org/a?b=1&c 다담} 안 {@mailto:a@b.c 우편})" },
  { "https://example.org 와 www.example.org",
    "({@https://example.org https://example.org} 와 {@http://www.example.org www.example.org})" },
  { "![그림](https://example.org/a.png)![몰래](file:///etc/passwd)",
    "({@https://example.org/a.png 그림}몰래)" },
  /* Emphasis with a particle behind it. */
  { "**다담(茶談)**은 **“차”**를 마시며", "({b 다담(茶談)}은 {b “차”}를 마시며)" },
  { "이것이**'강조'**입니다", "(이것이{b '강조'}입니다)" },
  { "(**강조**)와 (*말*)", "(({b 강조})와 ({i 말}))" },
  { "* **첫째(1)**는\n* **둘째(2)**는", "-({b 첫째(1)}는)-({b 둘째(2)}는)" },
  { "`**코드(1)**는` 그대로", "({c **코드(1)**는} 그대로)" },
  /* Formulas. */
  { "$E = mc^2$ 그리고 $$\\frac{1}{2}$$", "(E = mc² 그리고 1/2)" },
  { "$\\begin{matrix}$ 못 함", "({c \\begin{matrix}} 못 함)" },
  { "값은 $5, 다음은 10$ 입니다", "(값은 $5, 다음은 10$ 입니다)" },
  { "5$에서 *꼭* 10$까지, $5에서 $10 사이", "(5$에서 {i 꼭} 10$까지, $5에서 $10 사이)" },
  { "값$x^2$는 $a*b*c$이다", "(값x²는 a*b*c이다)" },
  { "\\(x_1\\)은 \\( y \\)보다 \\(훨씬\\) 크다", "(x₁은 y보다 (훨씬) 크다)" },
  { "앞\n\\[\nx = 1\n+ 2\n\\]\n뒤 \\[1\\] \\[ y \\] 끝", "(앞\nx = 1 + 2\n뒤 [1] y 끝)" },
  { "$$\nx\n- 1\n$$", "(x - 1)" },
  { "\\[\n\\begin{align*}\na &= 1 \\\\\n&= 2\n\\end{align*}\n\\]", "(a = 1\n= 2)" },
  { "\\[ x\n\n1 \\]", "([ x)(1 ])" },
  { "```\n\\(x\\) $y$는\n```\n\\(x\\) `\\(y\\)`", "c:(\\(x\\) $y$는)(x {c \\(y\\)})" },
  { "값은 \\$5, \\\\(x)", "(값은 $5, \\(x))" },
};

static void
check_cases (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (DadamMarkdown) markdown = dadam_markdown_new ();
    g_autofree char *got = NULL;

    dadam_markdown_set_text (markdown, cases[i].text, strlen (cases[i].text));
    got = describe (markdown);
    CHECK_MSG (g_str_equal (got, cases[i].blocks), "“%s” became\n%s, not\n%s", cases[i].text, got,
               cases[i].blocks);
  }
}

static void
check_tex (void)
{
  static const char *const formulas[][2] = {
    { "a_{ij}^{2}", "aᵢⱼ²" },
    { "\\frac{a+b}{2}", "(a+b)/2" },
    { "\\sqrt{x}+\\sqrt[3]{x+1}", "√x+³√(x+1)" },
    { "\\alpha \\leq \\beta", "α ≤ β" },
    { "\\sum_{i=1}^{\\infty}", "∑ᵢ₌₁^∞" },
    { "\\text{속도} = \\frac{\\text{거리}}{t}", "속도 = 거리/t" },
    { "90^\\circ", "90°" },
    { "x'", "x′" },
    { "\\left( \\frac{x}{y} \\right)^{-1}", "( x/y )⁻¹" },
    { "\\boxed{x \\bmod 2}", "x mod 2" },
    { "\\begin{aligned} a &= b \\\\ &= c \\end{aligned}", "a = b\n= c" },
    { "A = \\begin{pmatrix} a & b \\\\ c & \\frac{1}{2} \\end{pmatrix}", "A = ((a, b), (c, 1/2))" },
    { "\\begin{bmatrix}1&0\\\\0&1\\\\\\end{bmatrix}^{-1}", "[[1, 0], [0, 1]]⁻¹" },
    { "\\begin{vmatrix} a & b \\\\ c & d \\end{vmatrix} = ad-bc", "|(a, b), (c, d)| = ad-bc" },
    { "\\begin{pmatrix} x \\\\ y \\end{pmatrix}", "(x, y)ᵀ" },
    { "\\begin{pmatrix} a & b \\end{pmatrix}", "(a, b)" },
    { "|x| = \\begin{cases} x, & x \\ge 0 \\\\ -x & \\text{그 밖} \\end{cases}",
      "|x| = {x, x ≥ 0; -x, 그 밖" },
    { "\\left[\\begin{array}{cc|c} 1 & 2 & 3 \\\\ \\hline 4 & 5 & 6 \\end{array}\\right]",
      "[(1, 2, 3), (4, 5, 6)]" },
    { "\\begin{aligned} v &= \\begin{pmatrix} 1 & 2 \\end{pmatrix} \\\\ &= w \\end{aligned}",
      "v = (1, 2)\n= w" },
    { "\\begin{aligned} a &= b \\\\[4pt] c &= d \\\\* [-0.5 em] e \\end{aligned}",
      "a = b\nc = d\ne" },
    { "\\begin{bmatrix} 1 & 2 \\\\[2mm] 3 & 4 \\end{bmatrix}", "[[1, 2], [3, 4]]" },
    { "\\begin{gathered} a \\\\ [b, c] \\\\ [4] \\\\[pt] \\\\[", NULL },
    { "\\begin{gathered} a \\\\ [b, c] \\\\ [4] \\\\ [4xy] \\end{gathered}",
      "a\n[b, c]\n[4]\n[4xy]" },
    { "a \\\\[4pt] b", "a   b" },
    { "\\left. x \\right|_0", "x |₀" },
    { "\\begin{pmatrix} a & b \\end{bmatrix}", NULL },
    { "\\begin{pmatrix} a & b", NULL },
    { "\\begin{pmatrix} {a & b} \\end{pmatrix}", NULL },
    { "\\begin{array}", NULL },
    { "\\begin{aligned} a", NULL },
    { "\\end{aligned}", NULL },
    { "\\unknown{x}", NULL },
    { "{", NULL },
    { "a}", NULL },
    { "x^", NULL },
    { "\\frac{1}", NULL },
    { "\\", NULL },
  };
  g_autofree char *deep = g_strnfill (5000, '{');
  g_autofree char *roots = g_strnfill (300, '^');
  g_autoptr (GString) matrices = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (formulas); i++) {
    g_autofree char *got = dadam_tex_to_unicode (formulas[i][0], strlen (formulas[i][0]));

    CHECK_MSG (g_strcmp0 (got, formulas[i][1]) == 0, "%s became %s", formulas[i][0], got);
  }
  CHECK (dadam_tex_to_unicode (deep, 5000) == NULL);
  CHECK (dadam_tex_to_unicode (deep, 2000) == NULL);
  CHECK (dadam_tex_to_unicode (roots, 300) == NULL);
  for (int i = 0; i < 200; i++)
    g_string_append (matrices, "\\begin{matrix}");
  CHECK (dadam_tex_to_unicode (matrices->str, matrices->len) == NULL);
}

/* ---- growing ----------------------------------------------------------- */

static void
check_grows (const char *text, gsize step)
{
  g_autoptr (DadamMarkdown) grown = dadam_markdown_new ();
  g_autoptr (DadamMarkdown) whole = dadam_markdown_new ();
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;
  gsize length = strlen (text);

  for (gsize n = 0; n < length; n += step)
    if (g_utf8_validate_len (text, n, NULL))
      dadam_markdown_set_text (grown, text, n);
  dadam_markdown_set_text (grown, text, length);
  dadam_markdown_set_text (whole, text, length);
  a = describe (grown);
  b = describe (whole);
  CHECK_MSG (g_str_equal (a, b), "step %zu: %s\nis not %s", step, a, b);
}

/* The pieces together are what one parse of the whole gives. */
static void
check_pieces (const char *text)
{
  g_autoptr (DadamMarkdown) pieces = dadam_markdown_new ();
  g_autoptr (GPtrArray) blocks = g_ptr_array_new_with_free_func ((GDestroyNotify) dadam_block_free);
  g_autofree char *mended = dadam_markdown_mend (text, strlen (text), NULL);
  g_autofree char *got = NULL;
  g_autoptr (GString) wanted = g_string_new (NULL);

  dadam_markdown_set_text (pieces, text, strlen (text));
  got = describe (pieces);
  dadam_markdown_parse (mended, strlen (mended), blocks);
  for (guint i = 0; i < blocks->len; i++)
    put_block (wanted, g_ptr_array_index (blocks, i));
  CHECK_MSG (g_str_equal (got, wanted->str), "“%s” in pieces:\n%s\nis not\n%s", text, got,
             wanted->str);
}

/* Documents of random lines, of the kinds that could confuse where to cut.  Not “- ```”: after an
 * item with code that is not closed md4c does not see the next fence. */
static void
check_random (void)
{
  static const char *const lines[] = {
    "",
    "",
    "",
    "글",
    "# 제목",
    "- 하나",
    "  더",
    "    깊이",
    "1. 일",
    "10. 십",
    "```",
    "```py",
    "  ```",
    "   ````",
    "~~~",
    "> 말",
    "> - 속",
    "---",
    "|a|b|",
    "|-|-|",
    "**굵(게)**는",
    "\\[",
    "$x$는 2 \\]",
    "  - 속",
    "\t탭",
    "* * *",
    "1)",
    "-",
    "+ 더하기",
    "   - 셋 칸",
    "`코드",
    "$x$",
    "[a](http://b.c)",
  };
  g_autoptr (GRand) random = g_rand_new_with_seed (20261128);

  for (guint round = 0; round < 3000; round++) {
    g_autoptr (GString) text = g_string_new (NULL);
    guint n = (guint) g_rand_int_range (random, 1, 14);

    for (guint i = 0; i < n; i++)
      g_string_append_printf (text, "%s\n",
                              lines[g_rand_int_range (random, 0, G_N_ELEMENTS (lines))]);
    check_pieces (text->str);
    if (round % 10 == 0)
      check_grows (text->str, 1 + round / 10 % 5);
    if (check_failures > 3)
      return;
  }
}

/* What was shown stays, and only the end is told to be new. */
static void
check_unchanged (void)
{
  g_autoptr (DadamMarkdown) markdown = dadam_markdown_new ();
  const char text[] = "하나\n\n- 둘\n- 셋\n\n넷 다섯";
  const DadamBlock *first;

  CHECK (dadam_markdown_set_text (markdown, text, strlen (text) - 4) == 0);
  first = dadam_markdown_get_block (markdown, 0);
  CHECK (dadam_markdown_set_text (markdown, text, strlen (text)) == 3);
  CHECK (dadam_markdown_get_block (markdown, 0) == first);
  CHECK (dadam_markdown_set_text (markdown, text, strlen (text)) == 4);
  CHECK (dadam_markdown_set_text (markdown, "새", strlen ("새")) == 0);
  CHECK (dadam_markdown_get_n_blocks (markdown) == 1);
  CHECK (dadam_markdown_set_text (markdown, "", 0) == 0
         && dadam_markdown_get_n_blocks (markdown) == 0);
}

/* ---- hostile ----------------------------------------------------------- */

/* Bounded blocks and no loss, in time that a window has. */
static void
check_large (const char *unit, gsize size)
{
  g_autoptr (DadamMarkdown) markdown = dadam_markdown_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  clock_t start; /* the program's own time: a machine may be busy */
  double seconds;

  while (text->len < size)
    g_string_append (text, unit);
  start = clock ();
  dadam_markdown_set_text (markdown, text->str, text->len);
  seconds = (double) (clock () - start) / CLOCKS_PER_SEC;
  CHECK_MSG (seconds < 4, "“%s” took %.1f s", unit, seconds);
  CHECK_MSG (dadam_markdown_get_n_blocks (markdown) < 40000, "“%s” became %u blocks", unit,
             dadam_markdown_get_n_blocks (markdown));
  for (guint i = 0; i < dadam_markdown_get_n_blocks (markdown); i++) {
    const DadamBlock *block = dadam_markdown_get_block (markdown, i);

    CHECK (block->n_containers <= DADAM_MOST_CONTAINERS && block->n_columns <= 32);
    if (block->kind == DADAM_BLOCK_PARAGRAPH && strchr (unit, ' ') != NULL)
      CHECK_MSG (strlen (block->content.text) <= 1300, "“%s”: a paragraph of %zu bytes", unit,
                 strlen (block->content.text));
    if (check_failures > 5)
      return;
  }
}

static void
check_hostile (void)
{
  static const char *const units[] = {
    "> ",         "- ",    "[",     "![",          "**a ",
    "`",          "``` ",  "|a",    "&#1;",        "1. ",
    "a ",         "<a ",   "$",     "*가(",        "[a](",
    "\\",         "- a\n", "\n",    "```\n\n",     "끝없는 이야기 ",
    "|-|\n|a|\n", "# \n",  "&amp;", "http://a.b ", "$\\frac{",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    check_large (units[i], 300 * 1000);
}

/* A block of code longer than a piece goes on as code of the same language. */
static void
check_long_code (void)
{
  g_autoptr (DadamMarkdown) markdown = dadam_markdown_new ();
  g_autoptr (GString) text = g_string_new ("```c\n");
  guint n;

  while (text->len < 150 * 1000)
    g_string_append (text, "int x = 1;\n\n");
  g_string_append (text, "```\n\n끝\n");
  dadam_markdown_set_text (markdown, text->str, text->len);
  n = dadam_markdown_get_n_blocks (markdown);
  CHECK (n == 4);
  for (guint i = 0; i + 1 < n; i++) {
    const DadamBlock *block = dadam_markdown_get_block (markdown, i);

    CHECK (block->kind == DADAM_BLOCK_CODE && g_strcmp0 (block->language, "c") == 0);
    CHECK (block->continues == (i > 0));
  }
  CHECK (g_str_equal (dadam_markdown_get_block (markdown, n - 1)->content.text, "끝"));
}

int
main (void)
{
  check_cases ();
  check_tex ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    check_grows (cases[i].text, 1);
    check_pieces (cases[i].text);
  }
  check_random ();
  check_unchanged ();
  check_hostile ();
  check_long_code ();

  return check_done ();
}
