/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What it offers depends on what is known: the repository by the file's place, the other
 * model by the library.
 */
#include "config.h"

#include "dadam-gone-bar.h"

#include <glib/gi18n.h>

#include "dadam-hangul.h"

struct _DadamGoneBar {
  AdwBin parent_instance;

  /* Template. */
  GtkLabel *text;
  GtkWidget *get_button;
  GtkWidget *other_button;
  GtkLabel *other_label;
  GtkWidget *open_button;
};

G_DEFINE_FINAL_TYPE (DadamGoneBar, dadam_gone_bar, ADW_TYPE_BIN)

static void
dadam_gone_bar_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), DADAM_TYPE_GONE_BAR);

  G_OBJECT_CLASS (dadam_gone_bar_parent_class)->dispose (object);
}

static void
dadam_gone_bar_class_init (DadamGoneBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_gone_bar_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-gone-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamGoneBar, text);
  gtk_widget_class_bind_template_child (widget_class, DadamGoneBar, get_button);
  gtk_widget_class_bind_template_child (widget_class, DadamGoneBar, other_button);
  gtk_widget_class_bind_template_child (widget_class, DadamGoneBar, other_label);
  gtk_widget_class_bind_template_child (widget_class, DadamGoneBar, open_button);
}

static void
dadam_gone_bar_init (DadamGoneBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* Offers what @target stands for, if there is such a thing. */
static void
offer (GtkWidget *button, const char *action, const char *target)
{
  gtk_widget_set_visible (button, target != NULL);
  if (target == NULL)
    return;
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", target);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);
}

static void
offer_other (DadamGoneBar *self, DadamModel *other)
{
  g_autofree char *label = NULL;
  const char *path = other != NULL ? dadam_model_get_path (other) : NULL;

  if (path != NULL && !g_file_test (path, G_FILE_TEST_EXISTS))
    path = NULL;
  offer (self->other_button, "win.open-path", path);
  gtk_widget_set_visible (self->open_button, path == NULL);
  if (path == NULL)
    return;
  /* Translators: a model's name. */
  label = g_strdup_printf (_ ("Go On with %s"), dadam_model_get_title (other));
  gtk_label_set_text (self->other_label, label);
}

/**
 * dadam_gone_bar_show:
 * @path: of the file that is gone
 *
 * Looks anew at what can be offered.
 */
void
dadam_gone_bar_show (DadamGoneBar *self, const char *path, DadamLibrary *library, DadamStore *store)
{
  g_autoptr (DadamModel) model = NULL;
  g_autoptr (DadamModel) other = NULL;
  g_autofree char *repo = NULL;
  g_autofree char *text = NULL;

  g_return_if_fail (DADAM_IS_GONE_BAR (self));

  model = dadam_library_get (library, path);
  /* Translators: a model's name. */
  text = g_strdup_printf (_ ("The model of this conversation is gone: %s"),
                          dadam_model_get_title (model));
  gtk_label_set_text (self->text, text);
  repo = dadam_store_find_repo (store, path);
  offer (self->get_button, "win.show-model", repo);
  other = dadam_library_get_last (library);
  offer_other (self, other);
  dadam_hangul_mend (GTK_WIDGET (self));
}
