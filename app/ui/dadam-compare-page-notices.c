/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the compare page tells in passing: the banner, the note on turns, and what a
 * screen reader says.
 */
#include "config.h"

#include "dadam-compare-page-private.h"

#include <glib/gi18n.h>

#include "dadam-error.h"
#include "dadam-hangul.h"
#include "dadam-settings.h"

/* ---- the note, and what is read out ------------------------------------ */

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

/* ---- the banner -------------------------------------------------------- */

/* Whether the processor alone would be another device for the model of a pane. */
static gboolean
may_use_card (DadamComparePage *self, DadamModel *model)
{
  const char *own = dadam_model_get_own_device (model);

  return own != NULL ? !g_str_equal (own, DADAM_DEVICE_CPU)
                     : dadam_settings_may_use_card (self->settings);
}

/* What failed in a pane, and what can be done about it there. */
static void
show_error (DadamComparePage *self, const GError *error, guint pane)
{
  DadamModel *model = dadam_conversation_get_model (dadam_compare_page_get_pane (self, pane));
  /* Translators: which of two answers failed, and why. */
  g_autofree char *text = g_strdup_printf (pane == 0 ? _ ("Left: %s") : _ ("Right: %s"),
                                           error->message);

  self->failed = pane;
  if (g_error_matches (error, DADAM_ERROR, DADAM_ERROR_CONTEXT_FULL))
    dadam_banner_show (self->banner, text, _ ("_New Comparison"), "compare.begin");
  else if (dadam_error_is_of_device (error) && model != NULL && may_use_card (self, model))
    dadam_banner_show (self->banner, text, _ ("_Use the CPU"), "compare.use-cpu");
  else
    dadam_banner_show (self->banner, text, NULL, NULL);
}

static void
failed_cb (DadamComparePage *self, const GError *error, int pane)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (pane < 0)
    dadam_banner_show (self->banner, error->message, NULL, NULL);
  else
    show_error (self, error, (guint) pane);
}

/* A better device that stands idle is never kept quiet; but a device may tell whose an answer is. */
static void
show_passed_over (DadamComparePage *self, DadamConversation *pane)
{
  DadamModel *model = dadam_conversation_get_model (pane);
  const char *words = model != NULL ? dadam_model_get_passed_over (model) : NULL;
  g_autofree char *text = NULL;

  if (words == NULL || dadam_comparison_is_secret (self->comparison))
    return;
  text = dadam_error_word_device (words);
  dadam_banner_show (self->banner, text, _ ("_Details"), "win.diagnostics");
}

/* Of models that have been loaded since this was last called. */
void
dadam_compare_page_tell_passed_over (DadamComparePage *self)
{
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    DadamConversation *pane = dadam_compare_page_get_pane (self, i);
    DadamModel *model = dadam_conversation_get_model (pane);
    DadamModelState before = self->model_states[i];

    self->model_states[i] = model != NULL ? dadam_model_get_state (model) : DADAM_MODEL_UNLOADED;
    if (before == DADAM_MODEL_LOADING && self->model_states[i] == DADAM_MODEL_LOADED)
      show_passed_over (self, pane);
  }
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
  g_signal_connect_swapped (self->comparison, "failed", G_CALLBACK (failed_cb), self);
  g_signal_connect_swapped (self->comparison, "revealed", G_CALLBACK (revealed_cb), self);
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    DadamConversation *pane = dadam_compare_page_get_pane (self, i);

    g_signal_connect_swapped (pane, "lost", G_CALLBACK (lost_cb), self);
    g_signal_connect_swapped (pane, "moved", G_CALLBACK (show_passed_over), self);
  }
}
