/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One table by code, and one of reasons against a device.  The engine's own line
 * (English, naming the key, the type or the path) follows where only it says what is
 * wrong with this very file.
 */
#include "config.h"

#include "dadam-error.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#include "dadam/types.h"

G_DEFINE_QUARK (dadam - error - quark, dadam_error)

static const struct {
  dd_code code;
  DadamError to;
  const char *text;
  gboolean detail; /* the engine's line follows */
} texts[] = {
  { DD_ERROR_ARGUMENT, DADAM_ERROR_FAILED, N_ ("This could not be done."), TRUE },
  { DD_ERROR_NO_MEMORY, DADAM_ERROR_NO_MEMORY,
    N_ ("There is not enough memory. Close other programs, or choose a smaller model."), FALSE },
  { DD_ERROR_IO, DADAM_ERROR_IO,
    N_ ("The model file could not be read. Check that it still exists and that you may read it."),
    TRUE },
  { DD_ERROR_FORMAT, DADAM_ERROR_DAMAGED,
    N_ ("This file is damaged or not a complete model. Download it again, or choose another file."),
    TRUE },
  { DD_ERROR_UNSUPPORTED, DADAM_ERROR_UNSUPPORTED,
    N_ ("Dadam cannot run this model. Choose a GGUF file of a supported model family."), TRUE },
  { DD_ERROR_CONTEXT_FULL, DADAM_ERROR_CONTEXT_FULL,
    N_ ("The conversation is longer than the model can read. Shorten the message, or start a new chat."),
    FALSE },
  { DD_ERROR_DEVICE_MEMORY, DADAM_ERROR_DEVICE_MEMORY,
    N_ ("The device does not have enough memory for this model. Choose a smaller model."), FALSE },
  { DD_ERROR_DEVICE_LOST, DADAM_ERROR_DEVICE_LOST,
    N_ ("The device stopped answering. Send the message again."), FALSE },
  { DD_ERROR_NO_DEVICE, DADAM_ERROR_NO_DEVICE,
    N_ ("The device chosen for models cannot be used. Choose another one, such as the CPU."),
    TRUE },
  { DD_ERROR_BROKEN_MODEL, DADAM_ERROR_BROKEN_MODEL,
    N_ ("The model file changed or its disk failed while it was in use. Open the model again."),
    FALSE },
};

/* ---- devices ----------------------------------------------------------- */

/* How a reason against a card begins in the engine's words, and what it is called here. */
static const struct {
  const char *prefix;
  const char *text;
} problems[] = {
  { "its driver computes", N_ ("Its driver computes wrong numbers. A newer driver may help.") },
  { "its driver crashed", N_ ("Its driver crashed when it was tested. A newer driver may help.") },
  { "its driver ended", N_ ("Its driver crashed when it was tested. A newer driver may help.") },
  { "its driver did not answer",
    N_ ("Its driver did not answer when it was tested. A newer driver may help.") },
  { "the computer went down", N_ ("The computer went down while its driver was being tested.") },
  { "the test of its driver",
    N_ ("The test of its driver was interrupted. It is tested again the next time.") },
  { "a driver crashed",
    N_ ("A graphics driver crashed when it was asked which cards there are. A newer one may help; "
        "the next start tries it again.") },
  { "a driver ended",
    N_ ("A graphics driver crashed when it was asked which cards there are. A newer one may help; "
        "the next start tries it again.") },
  { "a driver did not answer",
    N_ ("A graphics driver did not answer when it was asked which cards there are. A newer one may "
        "help; the next start tries it again.") },
  { "its driver has not been tested", N_ ("Its driver has not been tested yet.") },
  { "its driver knows Vulkan", N_ ("Its driver is too old: Vulkan 1.3 is needed.") },
  { "its driver lacks the feature",
    N_ ("Its driver lacks a feature that is needed. A newer driver may help.") },
  { "it cannot compute", N_ ("It cannot compute what models need.") },
  { "its workgroups", N_ ("It cannot compute what models need.") },
  { "the Vulkan loader",
    N_ ("Vulkan is not installed. Install the package “libvulkan1” (Fedora: “vulkan-loader”).") },
  { "no device is called", N_ ("The graphics card that was chosen is not there any more.") },
  { "no Vulkan driver", N_ ("No graphics card with a Vulkan driver was found.") },
  { "no graphics card", N_ ("No graphics card with a Vulkan driver was found.") },
};

/**
 * dadam_error_word_problem:
 * @problem: why a device cannot be used, in the engine's words
 *
 * Returns: the same for a person; @problem itself where nothing better is known
 */
const char *
dadam_error_word_problem (const char *problem)
{
  for (guint i = 0; i < G_N_ELEMENTS (problems); i++)
    if (g_str_has_prefix (problem, problems[i].prefix))
      return _ (problems[i].text);

  return problem;
}

/* (transfer full): what stands before @link in @text, which goes on at @rest; %NULL: @link is not
 * in it. */
static char *
name_before (const char *text, const char *link, const char **rest)
{
  const char *found = strstr (text, link);

  if (found == NULL)
    return NULL;
  *rest = found + strlen (link);

  return g_strndup (text, (gsize) (found - text));
}

/* A card that is not used at all. */
static char *
word_unused (const char *text)
{
  static const char *const links[] = { " is not used: ", " cannot be used: " };
  g_autofree char *roomless = NULL;
  const char *rest;

  for (guint i = 0; i < G_N_ELEMENTS (links); i++) {
    g_autofree char *name = name_before (text, links[i], &rest);

    /* Translators: a graphics card, and a sentence that says why. */
    if (name != NULL)
      return g_strdup_printf (_ ("%s is not used. %s"), name, dadam_error_word_problem (rest));
  }
  roomless = name_before (text, " has no room for a layer", &rest);
  if (roomless == NULL)
    return NULL;

  /* Translators: a graphics card. */
  return g_strdup_printf (_ ("%s is not used. It has no room for any part of this model."),
                          roomless);
}

/* What befell one that is used. */
static char *
word_trouble (const char *text)
{
  g_autofree char *lost = NULL, *moved = NULL;
  const char *rest;
  int left, all;

  lost = name_before (text, " stopped answering and was opened anew", &rest);
  /* Translators: a graphics card. */
  if (lost != NULL)
    return g_strdup_printf (_ ("%s stopped answering and was started again."), lost);
  moved = name_before (text, " has no memory left; ", &rest);
  if (moved == NULL || sscanf (rest, "%d of the model's %d layers", &left, &all) != 2)
    return NULL;
  /* Translators: a graphics card. */
  if (left == 0)
    return g_strdup_printf (_ ("%s has no memory left. The model left it and runs elsewhere now."),
                            moved);

  /* Translators: a graphics card, and how many of the layers of a model are on it. */
  return g_strdup_printf (_ ("%s has no memory left. %d of the model’s %d layers run on it now."),
                          moved, left, all);
}

/**
 * dadam_error_word_device:
 * @text: the engine's line on a device that is not used, or on what befell one
 *
 * Returns: (transfer full): the same for a person
 */
char *
dadam_error_word_device (const char *text)
{
  char *words = word_unused (text);

  if (words == NULL)
    words = word_trouble (text);

  return words != NULL ? words : g_strdup (dadam_error_word_problem (text));
}

/* ---- errors ------------------------------------------------------------ */

/**
 * dadam_error_new_from_engine:
 *
 * Words an error of the engine for a person, in the language of the program.  A
 * cancellation becomes %G_IO_ERROR_CANCELLED, which callers do not show.
 */
GError *
dadam_error_new_from_engine (const dd_error *error)
{
  g_autofree char *detail = NULL;

  if (error->code == DD_ERROR_CANCELLED)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    if (texts[i].code != error->code)
      continue;
    if (!texts[i].detail || error->text[0] == '\0')
      return g_error_new_literal (DADAM_ERROR, (int) texts[i].to, _ (texts[i].text));
    detail = error->code == DD_ERROR_NO_DEVICE ? dadam_error_word_device (error->text)
                                               : g_strdup (error->text);
    return g_error_new (DADAM_ERROR, (int) texts[i].to, "%s\n%s", _ (texts[i].text), detail);
  }

  return g_error_new_literal (DADAM_ERROR, DADAM_ERROR_FAILED, error->text);
}

/* Whether another device might do better. */
gboolean
dadam_error_is_of_device (const GError *error)
{
  return g_error_matches (error, DADAM_ERROR, DADAM_ERROR_DEVICE_LOST)
         || g_error_matches (error, DADAM_ERROR, DADAM_ERROR_DEVICE_MEMORY)
         || g_error_matches (error, DADAM_ERROR, DADAM_ERROR_NO_DEVICE);
}
