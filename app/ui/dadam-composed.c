/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The syllable is no part of the text yet, and stands at the cursor.
 */
#include "config.h"

#include "dadam-composed.h"

/**
 * dadam_composed_join:
 * @composed: (nullable): as "preedit-changed" told it last
 *
 * Returns: (transfer full): what is to be looked for, without spaces around it
 */
char *
dadam_composed_join (GtkEditable *entry, const char *composed)
{
  const char *text = gtk_editable_get_text (entry);
  const char *cursor = g_utf8_offset_to_pointer (text, gtk_editable_get_position (entry));
  GString *joined = g_string_new_len (text, cursor - text);

  if (composed != NULL)
    g_string_append (joined, composed);
  g_string_append (joined, cursor);

  return g_strstrip (g_string_free_and_steal (joined));
}
