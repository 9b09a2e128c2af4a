/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recommends one model: komt's, or the small one where memory is little.  It asks
 * nobody; what it says of sizes is the catalogue's.
 */
#include "config.h"

#include "dadam-welcome.h"

#include <glib/gi18n.h>

#include "dadam-fit.h"
#include "dadam-hangul.h"
#include "dadam-library.h"

struct _DadamWelcome {
  AdwBin parent_instance;

  /* Template. */
  GtkWidget *get_button;
  GtkLabel *get_label;
  GtkLabel *reason;
  GtkWidget *starter_button;
  GtkLabel *starter_label;

  /* Owned. */
  DadamManager *manager;
};

G_DEFINE_FINAL_TYPE (DadamWelcome, dadam_welcome, ADW_TYPE_BIN)

static void
dadam_welcome_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), DADAM_TYPE_WELCOME);
  g_clear_object (&DADAM_WELCOME (object)->manager);

  G_OBJECT_CLASS (dadam_welcome_parent_class)->dispose (object);
}

/* The starter where it is, or the way to it. */
static void
show_starter (DadamWelcome *self)
{
  DadamCatalogue *catalogue = dadam_manager_get_catalogue (self->manager);
  g_autoptr (DadamOffer) starter = dadam_catalogue_get_starter (catalogue);
  g_autofree char *path = dadam_library_get_starter ();
  const char *quant;
  g_autofree char *size = g_format_size (dadam_offer_get_size (starter, 0, &quant));
  g_autofree char *label = g_strdup_printf (_ ("_Try a Tiny Test Model First (%s, English Only)"),
                                            size);

  gtk_label_set_label (self->starter_label, label);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->starter_button), NULL);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->starter_button), "s",
                                    path ? path : dadam_offer_get_repo (starter));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->starter_button),
                                  path ? "win.open-path" : "win.show-model");
}

static void
show_offer (DadamWelcome *self, DadamOffer *offer, guint64 bytes, const char *reason)
{
  g_autofree char *size = g_format_size (bytes);
  /* Translators: a model's name, about how large it is. */
  g_autofree char *label = g_strdup_printf (_ ("Get %s (%s)"), dadam_offer_get_title (offer), size);

  gtk_label_set_text (self->get_label, label);
  gtk_label_set_text (self->reason, reason);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->get_button), "s",
                                    dadam_offer_get_repo (offer));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->get_button), "win.show-model");
  dadam_hangul_mend (GTK_WIDGET (self));
}

static void
room_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamWelcome) self = DADAM_WELCOME (user_data);
  g_autoptr (DadamOffer) offer = NULL;
  g_autoptr (DadamOffer) small = NULL;
  g_autoptr (DadamDryRun) run = NULL;
  DadamCatalogue *catalogue;
  DadamRoom room;
  guint64 bytes;

  if (!dadam_engine_room_finish (DADAM_ENGINE (object), result, &room, NULL)
      || self->manager == NULL)
    return;
  catalogue = dadam_manager_get_catalogue (self->manager);
  offer = dadam_catalogue_get_recommended (catalogue);
  small = dadam_catalogue_get_small (catalogue);
  run = dadam_fit_estimate (offer, &room, &bytes);
  if (dadam_fit_leaves_room (run)) {
    show_offer (self, offer, bytes, _ ("Answers in Korean, and suits this computer’s memory."));
    return;
  }
  dadam_dry_run_free (g_steal_pointer (&run));
  run = dadam_fit_estimate (small, &room, &bytes);
  show_offer (self, small, bytes,
              _ ("A smaller model, because little memory is free on this computer at the moment."));
}

static gboolean
read_room_cb (gpointer user_data)
{
  DadamWelcome *self = user_data;

  if (self->manager != NULL)
    dadam_engine_room_async (dadam_manager_get_engine (self->manager), NULL, room_cb,
                             g_object_ref (self));

  return G_SOURCE_REMOVE;
}

static void
dadam_welcome_map (GtkWidget *widget)
{
  DadamWelcome *self = DADAM_WELCOME (widget);

  GTK_WIDGET_CLASS (dadam_welcome_parent_class)->map (widget);

  show_starter (self);
  /* It opens graphics drivers, which may wait until something is to be seen. */
  g_idle_add_full (G_PRIORITY_LOW, read_room_cb, g_object_ref (self), g_object_unref);
}

static void
dadam_welcome_class_init (DadamWelcomeClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_welcome_dispose;
  widget_class->map = dadam_welcome_map;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-welcome.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamWelcome, get_button);
  gtk_widget_class_bind_template_child (widget_class, DadamWelcome, get_label);
  gtk_widget_class_bind_template_child (widget_class, DadamWelcome, reason);
  gtk_widget_class_bind_template_child (widget_class, DadamWelcome, starter_button);
  gtk_widget_class_bind_template_child (widget_class, DadamWelcome, starter_label);
}

static void
dadam_welcome_init (DadamWelcome *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* Once, before it is shown. */
void
dadam_welcome_set_up (DadamWelcome *self, DadamManager *manager)
{
  g_autoptr (DadamOffer) offer = NULL;
  const char *quant;

  g_return_if_fail (DADAM_IS_WELCOME (self));

  self->manager = g_object_ref (manager);
  offer = dadam_catalogue_get_recommended (dadam_manager_get_catalogue (manager));
  show_offer (self, offer, dadam_offer_get_size (offer, 0, &quant), "");
}
