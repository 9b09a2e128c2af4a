/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a program without GLib has in place of store.c: English, and models that
 * are files.
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "dadam/types.h"

void
cli_set_language (void)
{
}

const char *
cli_text (const char *text)
{
  return text;
}

char *
cli_error_words (const dd_error *error)
{
  return strdup (error->text);
}

char *
cli_device_words (const char *text)
{
  size_t length = strlen (text);
  char *words = malloc (length + 2);

  if (words != NULL) {
    memcpy (words, text, length);
    memcpy (words + length, ".", 2);
  }
  return words;
}

char *
cli_find_model (const char *name, char **repository)
{
  *repository = NULL;
  if (name == NULL) {
    cli_fail (0, "name the model's GGUF file");
    return NULL;
  }
  return strdup (name);
}
