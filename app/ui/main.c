/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The window's program, which `dadam` becomes when it is called without a command.
 */
#include "config.h"

#include <locale.h>

#include <glib/gi18n.h>

#include "dadam-application.h"
#include "host.h"

int
main (int argc, char **argv)
{
  g_autoptr (DadamApplication) application = NULL;
  int status;

  if (host_take_command (argc, argv, &status))
    return status;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, DADAM_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  application = dadam_application_new ();

  return g_application_run (G_APPLICATION (application), argc, argv);
}
