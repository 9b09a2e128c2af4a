/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The store as commands see it: opening it, errors, waiting, the progress line,
 * and the names of installed models wherever a MODEL is asked for.
 */
#include "store.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dadam-error.h"
#include "dadam-hub-name.h"
#include "dadam/types.h"

void
cli_set_language (void)
{
  setlocale (LC_CTYPE, "");
  setlocale (LC_MESSAGES, "");
  bindtextdomain ("dadam", DADAM_LOCALE);
  bind_textdomain_codeset ("dadam", "UTF-8");
  textdomain ("dadam");
}

const char *
cli_text (const char *text)
{
  return gettext (text);
}

/* One line: what it means and what to do, then the engine's own words, which name the
 * key, the path or the numbers. */
char *
cli_error_words (const dd_error *error)
{
  g_autoptr (GError) worded = dadam_error_new_from_engine (error);
  g_auto (GStrv) lines = g_strsplit (worded->message, "\n", 2);
  g_autofree char *both = g_strdup_printf ("%s (%s)", lines[0], error->text);

  return strdup (error->text[0] != '\0' ? both : lines[0]);
}

char *
cli_device_words (const char *text)
{
  g_autofree char *words = dadam_error_word_device (text);

  return strdup (words);
}

DadamStore *
cli_store_open (bool change)
{
  g_autoptr (DadamStore) store = dadam_store_new (NULL);
  g_autoptr (GError) error = NULL;

  if (change && !dadam_store_lock (store, &error)) {
    cli_store_fail (error);
    return NULL;
  }
  dadam_store_refresh (store);

  return g_steal_pointer (&store);
}

int
cli_store_fail (const GError *error)
{
  g_autofree char *line = g_strdup (error->message);

  return cli_fail (EXIT_FAILURE, "%s", g_strdelimit (line, "\n", ' '));
}

void
cli_wait_cb (GObject *object, GAsyncResult *result, gpointer slot)
{
  *(GAsyncResult **) slot = g_object_ref (result);
}

GAsyncResult *
cli_wait (GAsyncResult **slot)
{
  while (*slot == NULL)
    g_main_context_iteration (NULL, TRUE);

  return *slot;
}

/* ---- progress ---------------------------------------------------------- */

static char *
time_left (gint64 seconds)
{
  if (seconds < 0)
    return g_strdup ("");
  if (seconds < 60)
    return g_strdup_printf (_ (", %d s left"), (int) seconds);
  if (seconds < 6000)
    return g_strdup_printf (_ (", %d min left"), (int) ((seconds + 59) / 60));

  return g_strdup_printf (_ (", %d h left"), (int) ((seconds + 3599) / 3600));
}

void
cli_progress (const char *what, gint64 done, gint64 size, double speed, gint64 seconds_left)
{
  g_autofree char *have = g_format_size ((guint64) done);
  g_autofree char *all = g_format_size ((guint64) size);
  g_autofree char *pace = speed > 0 ? g_format_size ((guint64) speed) : NULL;
  g_autofree char *left = time_left (seconds_left);

  if (!isatty (STDERR_FILENO))
    return;
  fprintf (stderr, "\r\033[K%s %3d %%  %s / %s%s%s%s%s", what, (int) (100 * done / MAX (1, size)),
           have, all, pace ? "  " : "", pace ? pace : "", pace ? "/s" : "", left);
  fflush (stderr);
}

void
cli_progress_end (void)
{
  if (isatty (STDERR_FILENO))
    fputs ("\r\033[K", stderr);
}

/* ---- names ------------------------------------------------------------- */

static DadamInstalled *
only_one (DadamStore *store)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (store));

  if (n == 1)
    return g_list_model_get_item (G_LIST_MODEL (store), 0);
  cli_fail (0,
            n == 0
                ? N_ ("no model is installed; “dadam pull komt-mistral-7b-v1” gets one")
                : N_ ("several models are installed; name one of those that “dadam models” lists"));

  return NULL;
}

char *
cli_find_model (const char *name, char **repository)
{
  g_autoptr (DadamStore) store = NULL;
  g_autoptr (DadamInstalled) model = NULL;
  g_autoptr (GError) error = NULL;

  *repository = NULL;
  if (name != NULL && (access (name, F_OK) == 0 || dadam_is_gguf (name)))
    return strdup (name);
  store = cli_store_open (false);
  model = name != NULL ? dadam_store_find (store, name, &error) : only_one (store);
  if (error != NULL)
    cli_store_fail (error);
  if (model == NULL)
    return NULL;
  if (dadam_installed_get_repo (model) != NULL)
    *repository = strdup (dadam_installed_get_repo (model));

  return strdup (dadam_installed_get_path (model));
}
