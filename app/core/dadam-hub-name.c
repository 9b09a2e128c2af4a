/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names that a Hub tells.  One that could lead anywhere but below its own folder, or
 * shows something else than it is, is no name.
 */
#include "config.h"

#include "dadam-hub-name.h"

#include <string.h>

#define LONGEST_PATH 1024
#define LONGEST_NAME 200 /* bytes of a file's or folder's name; endings are added to it */

gboolean
dadam_hub_is_hex (const char *text, gsize length)
{
  if (text == NULL || strlen (text) != length)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isxdigit (text[i]) || g_ascii_isupper (text[i]))
      return FALSE;

  return TRUE;
}

static gboolean
is_repo_word (const char *word, gsize length)
{
  if (length == 0 || length > 96 || word[0] == '.' || word[0] == '-' || word[length - 1] == '.'
      || g_strstr_len (word, (gssize) length, "..") != NULL)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (word[i]) && strchr ("-_.", word[i]) == NULL)
      return FALSE;

  return TRUE;
}

/**
 * dadam_hub_id_is_safe:
 *
 * Whether it can be a repository, "owner/name".
 */
gboolean
dadam_hub_id_is_safe (const char *id)
{
  const char *slash = id != NULL ? strchr (id, '/') : NULL;

  return slash != NULL && is_repo_word (id, (gsize) (slash - id))
         && is_repo_word (slash + 1, strlen (slash + 1));
}

static gboolean
is_visible (const char *text)
{
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
    GUnicodeType type = g_unichar_type (g_utf8_get_char (at));

    if (type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_LINE_SEPARATOR
        || type == G_UNICODE_PARAGRAPH_SEPARATOR || *at == '\\')
      return FALSE;
  }

  return TRUE;
}

/**
 * dadam_hub_path_is_safe:
 *
 * Whether a path of a repository stays below the repository's folder and shows all
 * that it is made of.
 */
gboolean
dadam_hub_path_is_safe (const char *path)
{
  g_auto (GStrv) names = NULL;

  if (path == NULL || strlen (path) > LONGEST_PATH || !g_utf8_validate (path, -1, NULL)
      || !is_visible (path))
    return FALSE;
  names = g_strsplit (path, "/", -1);
  for (guint i = 0; names[i] != NULL; i++)
    if (names[i][0] == '\0' || names[i][0] == '.' || strlen (names[i]) > LONGEST_NAME)
      return FALSE;

  return names[0] != NULL;
}

/* By its name alone. */
gboolean
dadam_is_gguf (const char *path)
{
  gsize length = strlen (path), ending = strlen (".gguf");

  return length > ending && g_ascii_strcasecmp (path + length - ending, ".gguf") == 0;
}

/* The length of a quantisation's name at `text`, or 0: q4_k_m, iq3_xxs, f16, mxfp4 … */
static gsize
quant_length (const char *text)
{
  static const char *const plain[] = { "mxfp4", "nvfp4", "bf16", "f16", "f32", "fp16", "fp32" };
  gsize at = 0;

  for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
    if (g_str_has_prefix (text, plain[i]))
      return strlen (plain[i]);
  if (g_str_has_prefix (text, "iq") || g_str_has_prefix (text, "tq"))
    at = 1;
  if (text[at] != 'q' || !g_ascii_isdigit (text[at + 1]))
    return 0;
  at += 2;
  while (text[at] == '_' && g_ascii_isalnum (text[at + 1])) {
    gsize end = at + 1;

    while (g_ascii_isalnum (text[end]))
      end++;
    if (end - at > 4)
      break;
    at = end;
  }

  return at;
}

/**
 * dadam_quant_from_path:
 *
 * Returns: (transfer full): the quantisation that a file's name tells, in small
 *   letters, or ""
 */
char *
dadam_quant_from_path (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *name = g_ascii_strdown (base, -1);
  char *best = g_strdup ("");

  for (gsize i = 0; name[i] != '\0'; i++) {
    gsize length = quant_length (name + i);

    if (length == 0 || (i > 0 && g_ascii_isalnum (name[i - 1]))
        || g_ascii_isalnum (name[i + length]))
      continue;
    g_free (best);
    best = g_strndup (name + i, length);
    i += length - 1;
  }

  return best;
}
