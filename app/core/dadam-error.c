/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One table by code.  The engine's own line (English, naming the key, the type or
 * the path) follows where only it says what is wrong with this very file.
 */
#include "config.h"

#include "dadam-error.h"

#include <gio/gio.h>
#include <glib/gi18n.h>

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
  { DD_ERROR_BROKEN_MODEL, DADAM_ERROR_BROKEN_MODEL,
    N_ ("The model file changed or its disk failed while it was in use. Open the model again."),
    FALSE },
};

/**
 * dadam_error_new_from_engine:
 *
 * Words an error of the engine for a person, in the language of the program.  A
 * cancellation becomes %G_IO_ERROR_CANCELLED, which callers do not show.
 */
GError *
dadam_error_new_from_engine (const dd_error *error)
{
  if (error->code == DD_ERROR_CANCELLED)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    if (texts[i].code != error->code)
      continue;
    if (!texts[i].detail || error->text[0] == '\0')
      return g_error_new_literal (DADAM_ERROR, (int) texts[i].to, _ (texts[i].text));
    return g_error_new (DADAM_ERROR, (int) texts[i].to, "%s\n%s", _ (texts[i].text), error->text);
  }

  return g_error_new_literal (DADAM_ERROR, DADAM_ERROR_FAILED, error->text);
}
