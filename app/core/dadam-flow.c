/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Text as it comes from md4c, piece by piece, and the looks and links that hold for
 * each piece.  Of links those are kept that no program could be started with, and
 * formulas become what Unicode has for them.
 */
#include "config.h"

#include "dadam-flow.h"

#include <string.h>

#include "dadam-markdown-private.h"
#include "dadam-tex.h"

/* Bytes of a paragraph: what a toolkit needs to lay one out grows with the square of them. */
#define LONG_PARAGRAPH 800
#define LONGEST_PARAGRAPH 1200

#define LONGEST_URL 2048

struct _DadamFlow {
  GString *text;
  GArray *spans; /* of DadamSpan, of that text */
  GString *tex;  /* the formula that is read */
  char *url;     /* of the link that is read, or %NULL */

  guint styles[4]; /* how many spans of each style are open */
  gboolean is_tex;
};

static void
span_clear (gpointer data)
{
  g_free (((DadamSpan *) data)->url);
}

static GArray *
spans_new (void)
{
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (DadamSpan));

  g_array_set_clear_func (spans, span_clear);

  return spans;
}

DadamFlow *
dadam_flow_new (void)
{
  DadamFlow *self = g_new0 (DadamFlow, 1);

  self->text = g_string_new (NULL);
  self->tex = g_string_new (NULL);
  self->spans = spans_new ();

  return self;
}

void
dadam_flow_free (DadamFlow *self)
{
  g_string_free (self->text, TRUE);
  g_string_free (self->tex, TRUE);
  g_array_unref (self->spans);
  g_free (self->url);
  g_free (self);
}

/* ---- text -------------------------------------------------------------- */

static DadamStyle
style_of (const DadamFlow *self)
{
  guint style = 0;

  for (guint i = 0; i < G_N_ELEMENTS (self->styles); i++)
    if (self->styles[i] > 0)
      style |= 1u << i;

  return (DadamStyle) style;
}

/* @length more bytes with the looks of now. */
static void
add_span (DadamFlow *self, gsize length, DadamStyle style)
{
  DadamSpan *last = self->spans->len > 0
                        ? &g_array_index (self->spans, DadamSpan, self->spans->len - 1)
                        : NULL;
  guint start = (guint) self->text->len;
  DadamSpan span = { start, start + (guint) length, style, NULL };

  if (style == 0 && self->url == NULL)
    return;
  if (last != NULL && last->end == start && last->style == style
      && g_strcmp0 (last->url, self->url) == 0) {
    last->end = span.end;
    return;
  }
  span.url = g_strdup (self->url);
  g_array_append_val (self->spans, span);
}

static void
append_styled (DadamFlow *self, const char *text, gsize length, DadamStyle style)
{
  if (length == 0)
    return;
  add_span (self, length, style);
  g_string_append_len (self->text, text, (gssize) length);
}

/* Without the marks that were put beside emphasis. */
static void
append (DadamFlow *self, const char *text, gsize length)
{
  const gsize mark = strlen (DADAM_EMPHASIS_MARK);
  const char *end = text + length;
  const char *found;

  while ((found = memmem (text, (gsize) (end - text), DADAM_EMPHASIS_MARK, mark)) != NULL) {
    append_styled (self, text, (gsize) (found - text), style_of (self));
    text = found + mark;
  }
  append_styled (self, text, (gsize) (end - text), style_of (self));
}

/* "&lt;", "&#44032;"; a name that is not known here is shown as it is. */
static char *
entity_to_text (const char *entity, gsize length)
{
  static const struct {
    const char *name;
    const char *text;
  } names[] = {
    { "&amp;", "&" },    { "&apos;", "'" },  { "&copy;", "©" },   { "&gt;", ">" },
    { "&hellip;", "…" }, { "&laquo;", "«" }, { "&ldquo;", "“" },  { "&lsquo;", "‘" },
    { "&lt;", "<" },     { "&mdash;", "—" }, { "&middot;", "·" }, { "&nbsp;", "\xc2\xa0" },
    { "&ndash;", "–" },  { "&quot;", "\"" }, { "&raquo;", "»" },  { "&rdquo;", "”" },
    { "&rsquo;", "’" },  { "&times;", "×" },
  };
  g_autofree char *name = g_strndup (entity, length);
  char utf8[7] = { 0 };
  guint64 c;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i].name, name))
      return g_strdup (names[i].text);
  if (name[0] != '&' || name[1] != '#')
    return g_steal_pointer (&name);
  if (name[2] == 'x' || name[2] == 'X')
    c = g_ascii_strtoull (name + 3, NULL, 16);
  else
    c = g_ascii_strtoull (name + 2, NULL, 10);
  if (c == 0 || c > 0x10FFFF || !g_unichar_validate ((gunichar) c))
    return g_strdup ("\xef\xbf\xbd");
  g_unichar_to_utf8 ((gunichar) c, utf8);

  return g_strdup (utf8);
}

/* (transfer full): what an attribute of md4c says. */
char *
dadam_flow_attribute_to_text (const MD_ATTRIBUTE *attribute)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; attribute->text != NULL && attribute->substr_offsets[i] < attribute->size;
       i++) {
    const char *part = attribute->text + attribute->substr_offsets[i];
    gsize length = attribute->substr_offsets[i + 1] - attribute->substr_offsets[i];

    if (attribute->substr_types[i] == MD_TEXT_ENTITY) {
      g_autofree char *entity = entity_to_text (part, length);

      g_string_append (text, entity);
    } else
      g_string_append_len (text, part, (gssize) length);
  }
  g_string_replace (text, DADAM_EMPHASIS_MARK, "", 0);

  return g_string_free_and_steal (g_steal_pointer (&text));
}

/* ---- looks and links ---------------------------------------------------- */

/* Pages of the web and addresses of mail; a program's own schemes could do anything. */
static char *
url_or_null (const MD_ATTRIBUTE *attribute)
{
  g_autofree char *url = NULL;
  g_autofree char *scheme = NULL;

  if (attribute->size > LONGEST_URL)
    return NULL;
  url = dadam_flow_attribute_to_text (attribute);
  scheme = g_uri_parse_scheme (url);
  if (g_strcmp0 (scheme, "http") != 0 && g_strcmp0 (scheme, "https") != 0
      && g_strcmp0 (scheme, "mailto") != 0)
    return NULL;

  return g_steal_pointer (&url);
}

static int
style_index (MD_SPANTYPE type)
{
  switch (type) {
  case MD_SPAN_STRONG: return 0;
  case MD_SPAN_EM: return 1;
  case MD_SPAN_DEL: return 2;
  case MD_SPAN_CODE: return 3;
  default: return -1;
  }
}

static void
enter_link (DadamFlow *self, const MD_ATTRIBUTE *address)
{
  g_free (self->url);
  self->url = url_or_null (address);
}

/* @detail: md4c's, of the kind of span. */
void
dadam_flow_enter (DadamFlow *self, MD_SPANTYPE type, const void *detail)
{
  int style = style_index (type);

  if (style >= 0)
    self->styles[style]++;
  else if (type == MD_SPAN_A)
    enter_link (self, &((const MD_SPAN_A_DETAIL *) detail)->href);
  else if (type == MD_SPAN_IMG)
    enter_link (self, &((const MD_SPAN_IMG_DETAIL *) detail)->src);
  else if (type == MD_SPAN_LATEXMATH || type == MD_SPAN_LATEXMATH_DISPLAY) {
    self->is_tex = TRUE;
    g_string_truncate (self->tex, 0);
  }
}

static void
end_tex (DadamFlow *self, const char *dollars)
{
  g_autofree char *text = dadam_tex_to_unicode (self->tex->str, self->tex->len);

  self->is_tex = FALSE;
  if (dadam_tex_is_prose (self->tex->str, self->tex->len)) {
    append (self, dollars, strlen (dollars));
    append (self, self->tex->str, self->tex->len);
    append (self, dollars, strlen (dollars));
  } else if (text != NULL)
    append (self, text, strlen (text));
  else
    append_styled (self, self->tex->str, self->tex->len, style_of (self) | DADAM_STYLE_CODE);
}

void
dadam_flow_leave (DadamFlow *self, MD_SPANTYPE type)
{
  int style = style_index (type);

  if (style >= 0)
    self->styles[style]--;
  else if (type == MD_SPAN_A || type == MD_SPAN_IMG)
    g_clear_pointer (&self->url, g_free);
  else if (self->is_tex)
    end_tex (self, type == MD_SPAN_LATEXMATH ? "$" : "$$");
}

/* @line_break: what stands for the end of a line. */
void
dadam_flow_add (DadamFlow *self,
                MD_TEXTTYPE type,
                const char *text,
                gsize length,
                const char *line_break)
{
  g_autofree char *entity = NULL;

  if (self->is_tex) {
    g_string_append_len (self->tex, text, (gssize) length);
    return;
  }
  switch (type) {
  case MD_TEXT_BR:
  case MD_TEXT_SOFTBR: append (self, line_break, strlen (line_break)); break;
  case MD_TEXT_ENTITY:
    entity = entity_to_text (text, length);
    append (self, entity, strlen (entity));
    break;
  case MD_TEXT_NULLCHAR: append (self, "\xef\xbf\xbd", 3); break;
  default: append (self, text, length); break;
  }
}

/* ---- taking it --------------------------------------------------------- */

static void
trim_spans (DadamInline *content)
{
  guint length = (guint) strlen (content->text);

  for (guint i = content->spans->len; i > 0; i--) {
    DadamSpan *span = &g_array_index (content->spans, DadamSpan, i - 1);

    span->end = MIN (span->end, length);
    if (span->start >= span->end)
      g_array_remove_index (content->spans, i - 1);
  }
}

static void
finish (DadamInline *content)
{
  g_strchomp (content->text);
  trim_spans (content);
}

/* Puts all that came into @content. */
void
dadam_flow_take (DadamFlow *self, DadamInline *content)
{
  g_free (content->text);
  g_array_unref (content->spans);
  content->text = g_strndup (self->text->str, self->text->len);
  content->spans = g_steal_pointer (&self->spans);
  g_string_truncate (self->text, 0);
  self->spans = spans_new ();
  finish (content);
}

/* (transfer full): the same, letter for letter but for the last end of a line, and plain. */
char *
dadam_flow_take_verbatim (DadamFlow *self)
{
  gsize length = self->text->len;
  char *text;

  if (length > 0 && self->text->str[length - 1] == '\n')
    length--;
  text = g_strndup (self->text->str, length);
  dadam_flow_drop (self);

  return text;
}

void
dadam_flow_drop (DadamFlow *self)
{
  g_string_truncate (self->text, 0);
  g_array_set_size (self->spans, 0);
}

/* Where to divide a paragraph that is too long, or 0. */
static gsize
find_division (const char *text, gsize length)
{
  const char *space = NULL;

  for (const char *p = text; p < text + length; p++) {
    gsize at = (gsize) (p - text);

    if (*p == '\n' && at >= LONG_PARAGRAPH)
      return at + 1;
    if (*p == ' ')
      space = p;
    if (at >= LONGEST_PARAGRAPH && space != NULL)
      return (gsize) (space - text) + 1;
  }

  return 0;
}

/* The spans of the first @at bytes go to @first, those of the rest stay. */
static void
divide_spans (GArray *spans, guint at, GArray *first)
{
  guint i = 0;

  while (i < spans->len) {
    DadamSpan *span = &g_array_index (spans, DadamSpan, i);

    if (span->start < at) {
      DadamSpan part = { span->start, MIN (span->end, at), span->style, g_strdup (span->url) };

      g_array_append_val (first, part);
    }
    if (span->end <= at) {
      g_array_remove_index (spans, i);
      continue;
    }
    span->start = span->start > at ? span->start - at : 0;
    span->end -= at;
    i++;
  }
}

/* If more came than one paragraph should have, puts the first of it into @content. */
gboolean
dadam_flow_take_part (DadamFlow *self, DadamInline *content)
{
  gsize at = find_division (self->text->str, self->text->len);

  if (at == 0)
    return FALSE;
  g_free (content->text);
  content->text = g_strndup (self->text->str, at);
  divide_spans (self->spans, (guint) at, content->spans);
  g_string_erase (self->text, 0, (gssize) at);
  finish (content);

  return TRUE;
}
