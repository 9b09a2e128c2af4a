/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pill.  Its colour repeats what its words say.
 */
#include "config.h"

#include "dadam-fit-pill.h"

#include <glib/gi18n.h>

struct _DadamFitPill {
  AdwBin parent_instance;

  GtkLabel *label; /* the child */
};

G_DEFINE_FINAL_TYPE (DadamFitPill, dadam_fit_pill, ADW_TYPE_BIN)

static void
dadam_fit_pill_class_init (DadamFitPillClass *klass)
{
}

static void
dadam_fit_pill_init (DadamFitPill *self)
{
  self->label = GTK_LABEL (gtk_label_new (NULL));
  gtk_widget_add_css_class (GTK_WIDGET (self->label), "fit-pill");
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->label));
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

/* Nothing is to be seen of it before it knows. */
GtkWidget *
dadam_fit_pill_new (void)
{
  return g_object_new (DADAM_TYPE_FIT_PILL, NULL);
}

static void
show (DadamFitPill *self, const char *text, const char *style, const char *tooltip)
{
  const char *classes[] = { "fit-pill", style, NULL };

  gtk_label_set_text (self->label, text);
  gtk_widget_set_css_classes (GTK_WIDGET (self->label), classes);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), tooltip);
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
}

void
dadam_fit_pill_set_run (DadamFitPill *self, const DadamDryRun *run)
{
  static const char *const styles[] = {
    [DADAM_RUNS_ON_GPU] = "success", [DADAM_RUNS_ON_BOTH] = "success",
    [DADAM_RUNS_ON_CPU] = "accent",  [DADAM_RUNS_TOO_BIG] = "warning",
    [DADAM_RUNS_NOT] = "error",
  };
  g_autofree char *words = NULL;

  g_return_if_fail (DADAM_IS_FIT_PILL (self));

  words = dadam_fit_get_words (run, (gint64) run->weights);
  show (self, dadam_fit_get_pill (run), styles[run->runs], words);
}

/* It could not be found out. */
void
dadam_fit_pill_set_problem (DadamFitPill *self, const char *problem)
{
  g_return_if_fail (DADAM_IS_FIT_PILL (self));

  show (self, _ ("Unknown"), "dimmed", problem);
}
