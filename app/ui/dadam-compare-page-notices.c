/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the compare page tells in passing: the banner, the note on turns, and what a
 * screen reader says.
 */
#include "config.h"

#include "dadam-compare-page-private.h"

#include <glib/gi18n.h>

#include "dadam-hangul.h"

void
dadam_compare_page_show_note (DadamComparePage *self)
{
  gboolean has_room = dadam_comparison_has_room (self->comparison);

  gtk_widget_set_visible (GTK_WIDGET (self->note), dadam_comparison_takes_turns (self->comparison));
  gtk_label_set_text (self->note,
                      has_room
                          ? _ ("The models answer one after the other.")
                          : _ ("Memory has no room for both models at once, so they answer one "
                               "after the other."));
  dadam_hangul_mend (GTK_WIDGET (self->note));
}

/* Once for both, and without a word on which was first. */
void
dadam_compare_page_announce_end (DadamComparePage *self)
{
  gboolean is_answering = dadam_comparison_is_answering (self->comparison);

  if (self->was_answering && !is_answering && dadam_comparison_is_secret (self->comparison))
    gtk_accessible_announce (GTK_ACCESSIBLE (self), _ ("Both answers are there"),
                             GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
  self->was_answering = is_answering;
}

void
dadam_compare_page_failed_cb (DadamComparePage *self, const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    dadam_banner_show (self->banner, error->message, NULL, NULL);
}

static void
revealed_cb (DadamComparePage *self)
{
  g_autofree char *text = NULL;

  text = g_strdup_printf (
      _ ("Left: %s. Right: %s."),
      dadam_model_get_title (dadam_conversation_get_model (dadam_compare_page_get_pane (self, 0))),
      dadam_model_get_title (dadam_conversation_get_model (dadam_compare_page_get_pane (self, 1))));
  gtk_accessible_announce (GTK_ACCESSIBLE (self), text, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_HIGH);
}

static void
lost_cb (DadamComparePage *self)
{
  dadam_banner_show (self->banner,
                     _ ("The device stopped answering and was started again. The answer goes on."),
                     NULL, NULL);
}

void
dadam_compare_page_unloaded_cb (DadamComparePage *self)
{
  dadam_banner_show (self->banner,
                     _ ("Memory is low, so a model was unloaded. It is loaded again with the next "
                        "message."),
                     NULL, NULL);
}

/* To the comparison that is shown from now on; until it is let go of. */
void
dadam_compare_page_listen (DadamComparePage *self)
{
  g_signal_connect_swapped (self->comparison, "failed", G_CALLBACK (dadam_compare_page_failed_cb),
                            self);
  g_signal_connect_swapped (self->comparison, "revealed", G_CALLBACK (revealed_cb), self);
  for (guint i = 0; i < DADAM_N_PANES; i++)
    g_signal_connect_swapped (dadam_compare_page_get_pane (self, i), "lost", G_CALLBACK (lost_cb),
                              self);
}
