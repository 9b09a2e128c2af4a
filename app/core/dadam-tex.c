/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * TeX into Unicode: Greek letters, signs, sub- and superscripts, fractions as a/b, equations in rows,
 * matrices with their rows in brackets.  A formula with anything else in it is left to be shown as
 * it was written.
 */
#include "config.h"

#include "dadam-tex.h"

#include <string.h>

#include "dadam-tex-private.h"

/* Commands that only say in which letters their argument is set. */
static const char *const fonts[] = { "boldsymbol", "boxed",  "mathbb", "mathbf",
                                     "mathcal",    "mathit", "mathrm", "operatorname",
                                     "text",       "textbf", "textit", "textrm" };

/* Environments that are rows of formulas.  What & aligns in them is left where it comes. */
static const char *const rows[] = { "align",  "align*",  "aligned",  "equation", "equation*",
                                    "gather", "gather*", "gathered", "split" };

static const char raised_from[] = "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW′* ";
static const char *const raised_to[] = {
  "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹", "⁺", "⁻", "⁼", "⁽", "⁾", "ᵃ",
  "ᵇ", "ᶜ", "ᵈ", "ᵉ", "ᶠ", "ᵍ", "ʰ", "ⁱ", "ʲ", "ᵏ", "ˡ", "ᵐ", "ⁿ", "ᵒ", "ᵖ", "ʳ",
  "ˢ", "ᵗ", "ᵘ", "ᵛ", "ʷ", "ˣ", "ʸ", "ᶻ", "ᴬ", "ᴮ", "ᴰ", "ᴱ", "ᴳ", "ᴴ", "ᴵ", "ᴶ",
  "ᴷ", "ᴸ", "ᴹ", "ᴺ", "ᴼ", "ᴾ", "ᴿ", "ᵀ", "ᵁ", "ⱽ", "ᵂ", "′", "*", "",
};
static const char lowered_from[] = "0123456789+-=()aehijklmnoprstuvxβγρφχ, ";
static const char *const lowered_to[] = {
  "₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉", "₊", "₋", "₌",
  "₍", "₎", "ₐ", "ₑ", "ₕ", "ᵢ", "ⱼ", "ₖ", "ₗ", "ₘ", "ₙ", "ₒ", "ₚ",
  "ᵣ", "ₛ", "ₜ", "ᵤ", "ᵥ", "ₓ", "ᵦ", "ᵧ", "ᵨ", "ᵩ", "ᵪ", ",", "",
};

static gboolean read_all (DadamTexReader *reader, char closer, GString *out);

/* Each character of @text as @to has it at the place where @from has the character. */
static gboolean
append_mapped (GString *out, const char *text, const char *from, const char *const *to)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    const char *found = g_utf8_strchr (from, -1, g_utf8_get_char (p));

    if (found == NULL)
      return FALSE;
    g_string_append (out, to[g_utf8_pointer_to_offset (from, found)]);
  }

  return TRUE;
}

static gboolean
is_simple (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (!g_unichar_isalnum (g_utf8_get_char (p)))
      return g_utf8_strlen (text, -1) == 1;

  return TRUE;
}

/* In brackets, unless it is one word, number or sign. */
static void
append_apart (GString *out, const char *text)
{
  if (is_simple (text))
    g_string_append (out, text);
  else
    g_string_append_printf (out, "(%s)", text);
}

/* As small letters where there are such, else as ^(…) and _(…). */
static gboolean
read_script (DadamTexReader *reader, char kind, GString *out)
{
  g_autoptr (GString) script = g_string_new (NULL);
  gsize before = out->len;

  if (!dadam_tex_read_argument (reader, script))
    return FALSE;
  if (kind == '^' && g_str_equal (script->str, "∘"))
    g_string_append (out, "°");
  else if (!append_mapped (out, script->str, kind == '^' ? raised_from : lowered_from,
                           kind == '^' ? raised_to : lowered_to)) {
    g_string_truncate (out, before);
    g_string_append_c (out, kind);
    append_apart (out, script->str);
  }

  return TRUE;
}

static gboolean
read_fraction (DadamTexReader *reader, GString *out)
{
  g_autoptr (GString) over = g_string_new (NULL);
  g_autoptr (GString) under = g_string_new (NULL);

  if (!dadam_tex_read_argument (reader, over) || !dadam_tex_read_argument (reader, under))
    return FALSE;
  append_apart (out, over->str);
  g_string_append_c (out, '/');
  append_apart (out, under->str);

  return TRUE;
}

static gboolean
read_root (DadamTexReader *reader, GString *out)
{
  g_autoptr (GString) argument = g_string_new (NULL);
  g_autoptr (GString) degree = g_string_new (NULL);

  if (reader->p < reader->end && *reader->p == '[') {
    reader->p++;
    if (!read_all (reader, ']', degree)
        || !append_mapped (out, degree->str, raised_from, raised_to))
      return FALSE;
  }
  if (!dadam_tex_read_argument (reader, argument))
    return FALSE;
  g_string_append (out, "√");
  append_apart (out, argument->str);

  return TRUE;
}

/* \begin{…} and \end{…}; a table is read with its end. */
static gboolean
read_environment (DadamTexReader *reader, gboolean begins, GString *out)
{
  g_autoptr (GString) name = g_string_new (NULL);
  gboolean is_known = FALSE;

  if (!dadam_tex_read_argument (reader, name))
    return FALSE;
  if (begins && dadam_tex_is_table (name->str))
    return dadam_tex_read_table (reader, name->str, out);
  if (!begins && reader->n_rows == 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    is_known |= g_str_equal (rows[i], name->str);
  if (begins)
    reader->n_rows++;
  else
    reader->n_rows--;

  return is_known;
}

/* Past a length in brackets, "[4pt]"; where none is, @p.  A row can begin with a bracket, too. */
static const char *
skip_length (const char *p, const char *end)
{
  static const char units[] = "bp cm em ex in mm mu pc pt px sp";
  const char *q = p;
  gboolean is_number = FALSE;
  char unit[3] = "";

  while (q < end && *q == ' ')
    q++;
  if (q == end || *q != '[')
    return p;
  q++;
  while (q < end && strchr ("+-. 0123456789", *q) != NULL)
    is_number |= g_ascii_isdigit (*q++);
  if (end - q < 3 || !is_number || q[2] != ']')
    return p;
  memcpy (unit, q, 2);

  return strchr (unit, ' ') == NULL && strstr (units, unit) != NULL ? q + 3 : p;
}

/* What may stand behind the end of a row: a star, and how far down the next one is. */
void
dadam_tex_skip_row_gap (DadamTexReader *reader)
{
  if (reader->p < reader->end && *reader->p == '*')
    reader->p++;
  reader->p = skip_length (reader->p, reader->end);
}

static void
end_row (DadamTexReader *reader, GString *out)
{
  dadam_tex_skip_row_gap (reader);
  while (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate (out, out->len - 1);
  g_string_append_c (out, '\n');
  while (reader->p < reader->end && g_ascii_isspace (*reader->p))
    reader->p++;
}

static char *
read_name (DadamTexReader *reader)
{
  const char *start = reader->p;

  while (reader->p < reader->end && g_ascii_isalpha (*reader->p))
    reader->p++;
  if (reader->p == start && reader->p < reader->end && (guchar) *reader->p < 0x80)
    reader->p++;

  return g_strndup (start, (gsize) (reader->p - start));
}

/* A bracket that is needed on one side only has a point on the other, which is not seen. */
static void
skip_no_bracket (DadamTexReader *reader, const char *name)
{
  if ((g_str_equal (name, "left") || g_str_equal (name, "right")) && reader->p < reader->end
      && *reader->p == '.')
    reader->p++;
}

static gboolean
read_command (DadamTexReader *reader, GString *out)
{
  g_autofree char *name = read_name (reader);
  const char *sign = dadam_tex_find_sign (name);

  if (sign != NULL) {
    g_string_append (out, sign);
    skip_no_bracket (reader, name);
    return TRUE;
  }
  if (g_str_equal (name, "\\") && reader->n_rows > 0) {
    end_row (reader, out);
    return TRUE;
  }
  if (g_str_equal (name, "begin") || g_str_equal (name, "end"))
    return read_environment (reader, g_str_equal (name, "begin"), out);
  if (g_str_equal (name, "\\") || g_str_equal (name, " ")) {
    if (*name == '\\')
      dadam_tex_skip_row_gap (reader);
    g_string_append_c (out, ' ');
    return TRUE;
  }
  if (g_str_equal (name, "frac") || g_str_equal (name, "dfrac") || g_str_equal (name, "tfrac"))
    return read_fraction (reader, out);
  if (g_str_equal (name, "sqrt"))
    return read_root (reader, out);
  for (gsize i = 0; i < G_N_ELEMENTS (fonts); i++)
    if (g_str_equal (fonts[i], name))
      return dadam_tex_read_argument (reader, out);

  return FALSE;
}

/* One thing: a group, a command, a script or a character. */
gboolean
dadam_tex_read_one (DadamTexReader *reader, GString *out)
{
  const char *next;

  if (*reader->p == '{') {
    reader->p++;
    return read_all (reader, '}', out);
  }
  if (*reader->p == '\\') {
    reader->p++;
    return reader->p < reader->end && read_command (reader, out);
  }
  if (*reader->p == '^' || *reader->p == '_')
    return read_script (reader, *reader->p++, out);
  if (*reader->p == '&' && reader->n_rows > 0) {
    reader->p++;
    return TRUE;
  }
  if (*reader->p == '}' || *reader->p == '&')
    return FALSE;

  next = g_utf8_next_char (reader->p);
  if (*reader->p == '\'')
    g_string_append (out, "′");
  else if (*reader->p == '~' || *reader->p == '\n')
    g_string_append_c (out, ' ');
  else
    g_string_append_len (out, reader->p, next - reader->p);
  reader->p = next;

  return TRUE;
}

gboolean
dadam_tex_read_argument (DadamTexReader *reader, GString *out)
{
  gboolean ok;

  while (reader->p < reader->end && *reader->p == ' ')
    reader->p++;
  if (reader->p >= reader->end || reader->depth >= DADAM_TEX_MOST_DEPTH)
    return FALSE;
  reader->depth++;
  ok = dadam_tex_read_one (reader, out);
  reader->depth--;

  return ok;
}

/* Up to @closer, which must come; to the end where it is 0. */
static gboolean
read_all (DadamTexReader *reader, char closer, GString *out)
{
  if (reader->depth >= DADAM_TEX_MOST_DEPTH)
    return FALSE;
  reader->depth++;
  while (reader->p < reader->end && (closer == '\0' || *reader->p != closer))
    if (!dadam_tex_read_one (reader, out))
      return FALSE;
  reader->depth--;
  if (closer == '\0')
    return TRUE;
  if (reader->p >= reader->end)
    return FALSE;
  reader->p++;

  return TRUE;
}

/* Between two prices in a Korean sentence, and two brackets in one, there is no formula. */
gboolean
dadam_tex_is_prose (const char *tex, gsize length)
{
  const char *end = tex + length;

  for (const char *p = tex; p < end; p++)
    if (strchr ("\\^_", *p) != NULL)
      return FALSE;
  for (const char *p = tex; p < end; p = g_utf8_next_char (p))
    if (g_unichar_get_script (g_utf8_get_char (p)) == G_UNICODE_SCRIPT_HANGUL)
      return TRUE;

  return FALSE;
}

/**
 * dadam_tex_to_unicode:
 * @tex: UTF-8, without the dollars
 *
 * Returns: (transfer full) (nullable): the formula as text; %NULL: it is more than a
 *   line of text can show
 */
char *
dadam_tex_to_unicode (const char *tex, gsize length)
{
  g_autoptr (GString) out = g_string_new (NULL);
  DadamTexReader reader = { tex, tex + length, 0, 0 };

  if (length > DADAM_TEX_MOST_BYTES || !read_all (&reader, '\0', out) || reader.n_rows > 0)
    return NULL;
  g_strstrip (out->str);

  return g_strdup (out->str);
}
