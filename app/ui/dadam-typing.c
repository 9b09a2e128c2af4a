/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whoever has clicked on a conversation or read an answer types on and expects to write.  Keys that
 * mean something where the focus is never come here: the window hears of them last.
 */
#include "config.h"

#include "dadam-typing.h"

/* On the view's window while the view is shown there; the view has it, the window owns it. */
#define CONTROLLER "dadam-typing"

/* A space presses what has the focus. */
static gboolean
is_text (guint keyval, GdkModifierType state)
{
  gunichar character = gdk_keyval_to_unicode (keyval);

  return (state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK | GDK_META_MASK)) == 0
         && g_unichar_isgraph (character);
}

/* Not so over a menu, which has a surface of its own, or in a dialog. */
static gboolean
is_free (GtkWidget *view)
{
  GtkRoot *root = gtk_widget_get_root (view);
  GtkWidget *focus = gtk_root_get_focus (root);

  return gtk_widget_is_sensitive (view) && gtk_widget_get_can_focus (view)
         && (focus == NULL
             || (focus != view && gtk_widget_get_native (focus) == GTK_NATIVE (root)
                 && gtk_widget_get_ancestor (focus, ADW_TYPE_DIALOG) == NULL));
}

static gboolean
key_cb (GtkWidget *view,
        guint keyval,
        guint keycode,
        GdkModifierType state,
        GtkEventControllerKey *keys)
{
  if (!is_text (keyval, state) || !is_free (view))
    return FALSE;
  gtk_widget_grab_focus (view);

  return gtk_event_controller_key_forward (keys, view);
}

static void
map_cb (GtkWidget *view)
{
  GtkEventController *keys = gtk_event_controller_key_new ();

  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (key_cb), view);
  g_object_set_data (G_OBJECT (view), CONTROLLER, keys);
  gtk_widget_add_controller (GTK_WIDGET (gtk_widget_get_root (view)), keys);
}

static void
unmap_cb (GtkWidget *view)
{
  GtkEventController *keys = g_object_steal_data (G_OBJECT (view), CONTROLLER);

  gtk_widget_remove_controller (GTK_WIDGET (gtk_widget_get_root (view)), keys);
}

/**
 * dadam_typing_catch:
 *
 * While it is shown, the view gets the focus and the key when a letter is typed in its window that
 * nothing there has taken.
 */
void
dadam_typing_catch (GtkTextView *view)
{
  g_return_if_fail (GTK_IS_TEXT_VIEW (view));

  g_signal_connect (view, "map", G_CALLBACK (map_cb), NULL);
  g_signal_connect (view, "unmap", G_CALLBACK (unmap_cb), NULL);
}
