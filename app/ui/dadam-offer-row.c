/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the catalogue says, without asking anybody; a click asks the Hub.
 */
#include "config.h"

#include "dadam-offer-row.h"

#include <glib/gi18n.h>

#include "dadam-access.h"
#include "dadam-fit-pill.h"

struct _DadamOfferRow {
  AdwActionRow parent_instance;

  DadamFitPill *pill;
  GtkWidget *button;

  /* Owned. */
  DadamOffer *offer;
};

G_DEFINE_FINAL_TYPE (DadamOfferRow, dadam_offer_row, ADW_TYPE_ACTION_ROW)

static void
dadam_offer_row_dispose (GObject *object)
{
  g_clear_object (&DADAM_OFFER_ROW (object)->offer);

  G_OBJECT_CLASS (dadam_offer_row_parent_class)->dispose (object);
}

static void
dadam_offer_row_class_init (DadamOfferRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_offer_row_dispose;
}

static void
dadam_offer_row_init (DadamOfferRow *self)
{
  self->pill = DADAM_FIT_PILL (dadam_fit_pill_new ());
  self->button = gtk_button_new_with_label (_ ("Get…"));
  gtk_widget_set_valign (self->button, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix (ADW_ACTION_ROW (self), GTK_WIDGET (self->pill));
  adw_action_row_add_suffix (ADW_ACTION_ROW (self), self->button);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self), FALSE);
}

/* One line on why: the note, about how large it is, what its makers measured. */
static char *
describe (DadamOffer *offer, guint64 bytes)
{
  g_autoptr (GString) line = g_string_new (dadam_offer_get_note (offer));
  g_autofree char *size = g_format_size (bytes);

  if (dadam_offer_get_problem (offer) != NULL)
    return g_strdup_printf ("%s\n%s", line->str, dadam_offer_get_problem (offer));
  g_string_append_c (line, '\n');
  g_string_append_printf (line, _ ("About %s"), size);
  if (dadam_offer_get_score (offer) > 0)
    /* Translators: the result of the evaluation that komt's makers published. */
    g_string_append_printf (line, _ (" · komt score %.1f%%"), dadam_offer_get_score (offer));

  return g_string_free_and_steal (g_steal_pointer (&line));
}

static void
name_button (DadamOfferRow *self, guint64 bytes)
{
  g_autofree char *size = g_format_size (bytes);

  /* Translators: a button; a model's name, how large it is. */
  dadam_access_set_name (self->button, _ ("Get %s, about %s"), dadam_offer_get_title (self->offer),
                         size);
}

/* What memory is free: now it can be said where the model would run. */
void
dadam_offer_row_set_room (DadamOfferRow *self, const DadamRoom *room)
{
  g_autoptr (DadamDryRun) run = NULL;
  g_autofree char *line = NULL;
  guint64 size;

  g_return_if_fail (DADAM_IS_OFFER_ROW (self));

  run = dadam_fit_estimate (self->offer, room, &size);
  line = describe (self->offer, size);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self), line);
  dadam_fit_pill_set_run (self->pill, run);
  name_button (self, size);
}

GtkWidget *
dadam_offer_row_new (DadamOffer *offer)
{
  DadamOfferRow *self = g_object_new (DADAM_TYPE_OFFER_ROW, NULL);
  gboolean can_run = dadam_offer_get_problem (offer) == NULL;
  const char *title = dadam_offer_get_title (offer);

  self->offer = g_object_ref (offer);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self), dadam_offer_get_note (offer));
  gtk_widget_set_visible (self->button, can_run);
  /* Translators: a button; a model's name. */
  dadam_access_set_name (self->button, _ ("Get %s"), title);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->button), "s",
                                    dadam_offer_get_repo (offer));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->button), "win.show-model");
  if (can_run)
    adw_action_row_set_activatable_widget (ADW_ACTION_ROW (self), self->button);

  return GTK_WIDGET (self);
}
