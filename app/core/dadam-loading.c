/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One small file for each loading that goes on, in the state folder.  What it holds
 * says which process wrote it: not a process number, which in a sandbox is the same
 * at every start.
 */
#include "config.h"

#include "dadam-loading.h"

#include <glib/gstdio.h>

/* (transfer full): the mark's file; a model is another attempt on other devices. */
static char *
get_mark (const char *path, const char *devices)
{
  g_autofree char *what = g_strjoin ("\n", path, devices, NULL);
  g_autofree char *name = g_compute_checksum_for_string (G_CHECKSUM_SHA256, what, -1);

  return g_build_filename (g_get_user_state_dir (), "dadam", "loading", name, NULL);
}

static const char *
get_process (void)
{
  static char *process = NULL;

  if (process == NULL)
    process = g_uuid_string_random ();

  return process;
}

/**
 * dadam_loading_begin:
 * @path: of the model
 * @devices: (nullable): that it is loaded onto
 *
 * Best effort: without a state folder nothing is known after a crash.
 */
void
dadam_loading_begin (const char *path, const char *devices)
{
  g_autofree char *mark = get_mark (path, devices);
  g_autofree char *folder = g_path_get_dirname (mark);

  if (g_mkdir_with_parents (folder, 0700) == 0)
    g_file_set_contents (mark, get_process (), -1, NULL);
}

/* The loading came to an end, whichever. */
void
dadam_loading_end (const char *path, const char *devices)
{
  g_autofree char *mark = get_mark (path, devices);

  g_unlink (mark);
}

/**
 * dadam_loading_take_interrupted:
 *
 * Returns: whether an earlier process began this and did not live to see its end; only
 *   once, so that who asks for it again gets it
 */
gboolean
dadam_loading_take_interrupted (const char *path, const char *devices)
{
  g_autofree char *mark = get_mark (path, devices);
  g_autofree char *process = NULL;

  if (!g_file_get_contents (mark, &process, NULL, NULL) || g_str_equal (process, get_process ()))
    return FALSE;
  g_unlink (mark);

  return TRUE;
}
