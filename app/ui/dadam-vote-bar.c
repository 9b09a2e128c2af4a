/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Four buttons from left to right, as the answers stand; then under each pane the name
 * of its model and what it got.
 */
#include "config.h"

#include "dadam-vote-bar.h"

#include <glib/gi18n.h>

#include "dadam-hangul.h"
#include "dadam-tooltip.h"

struct _DadamVoteBar {
  AdwBin parent_instance;

  /* Template. */
  GtkStack *stack;
  GtkLabel *question;
  GtkBox *choices;
  GtkBox *answers;

  GtkLabel *titles[DADAM_N_PANES]; /* borrowed: in the answers, as the next */
  GtkLabel *results[DADAM_N_PANES];
};

G_DEFINE_FINAL_TYPE (DadamVoteBar, dadam_vote_bar, ADW_TYPE_BIN)

enum { VOTED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* In the order of the keys 1 to 4. */
static const struct {
  DadamVerdict verdict;
  const char *label, *tooltip;
} choices[] = {
  { DADAM_VERDICT_LEFT, N_ ("Left"), N_ ("The left answer is better: 1, while writing Alt+1") },
  { DADAM_VERDICT_TIE, N_ ("Tie"), N_ ("Both are equally good: 2, while writing Alt+2") },
  { DADAM_VERDICT_BOTH_BAD, N_ ("Both Bad"), N_ ("Neither is good: 3, while writing Alt+3") },
  { DADAM_VERDICT_RIGHT, N_ ("Right"), N_ ("The right answer is better: 4, while writing Alt+4") },
};

/* What a verdict says of the left and of the right answer. */
static const char *const results[][DADAM_N_PANES] = {
  [DADAM_VERDICT_NONE] = { "", "" },
  [DADAM_VERDICT_LEFT] = { N_ ("Better"), N_ ("Worse") },
  [DADAM_VERDICT_RIGHT] = { N_ ("Worse"), N_ ("Better") },
  [DADAM_VERDICT_TIE] = { N_ ("Tie"), N_ ("Tie") },
  [DADAM_VERDICT_BOTH_BAD] = { N_ ("Bad"), N_ ("Bad") },
};

/* ---- voting ------------------------------------------------------------ */

/* Whether there was anything to judge. */
static gboolean
vote (DadamVoteBar *self, guint choice)
{
  if (!gtk_widget_get_mapped (GTK_WIDGET (self->choices))
      || !gtk_widget_is_sensitive (GTK_WIDGET (self->choices)))
    return FALSE;
  g_signal_emit (self, signals[VOTED], 0, (int) choices[choice].verdict);

  return TRUE;
}

/* A digit that nobody else wanted: where text is written it is text. */
static gboolean
digit_cb (GtkWidget *widget, GVariant *args, gpointer user_data)
{
  return vote (DADAM_VOTE_BAR (widget), (guint) g_variant_get_int32 (args));
}

static void
clicked_cb (GtkButton *button, gpointer user_data)
{
  DadamVoteBar *self = DADAM_VOTE_BAR (gtk_widget_get_ancestor (GTK_WIDGET (button),
                                                                DADAM_TYPE_VOTE_BAR));

  vote (self, GPOINTER_TO_UINT (user_data));
}

static void
create_choices (DadamVoteBar *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++) {
    GtkWidget *button = gtk_button_new ();
    GtkWidget *label = gtk_label_new (_ (choices[i].label));

    gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
    gtk_button_set_child (GTK_BUTTON (button), label);
    gtk_widget_set_hexpand (button, TRUE);
    gtk_widget_set_tooltip_text (button, _ (choices[i].tooltip));
    gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    _ (choices[i].label), -1);
    g_signal_connect (button, "clicked", G_CALLBACK (clicked_cb), GUINT_TO_POINTER (i));
    gtk_box_append (self->choices, button);
  }
}

static void
create_answers (DadamVoteBar *self)
{
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

    self->titles[i] = GTK_LABEL (gtk_label_new (NULL));
    gtk_label_set_ellipsize (self->titles[i], PANGO_ELLIPSIZE_MIDDLE);
    dadam_tooltip_show_cut (self->titles[i]);
    gtk_widget_add_css_class (GTK_WIDGET (self->titles[i]), "heading");
    self->results[i] = GTK_LABEL (gtk_label_new (NULL));
    gtk_widget_add_css_class (GTK_WIDGET (self->results[i]), "caption");
    gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->titles[i]));
    gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->results[i]));
    gtk_box_append (self->answers, box);
  }
}

/* The digits wherever nothing is written, with Alt there as well. */
static void
add_digits (DadamVoteBar *self)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_set_scope (GTK_SHORTCUT_CONTROLLER (controller),
                                     GTK_SHORTCUT_SCOPE_GLOBAL);
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++)
    for (guint j = 0; j < 2; j++) {
      GtkShortcut *shortcut = gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_1 + i,
                                                                        j == 0 ? 0 : GDK_ALT_MASK),
                                                gtk_callback_action_new (digit_cb, NULL, NULL));

      gtk_shortcut_set_arguments (shortcut, g_variant_new_int32 ((gint32) i));
      gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller), shortcut);
    }
  gtk_widget_add_controller (GTK_WIDGET (self), controller);
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_vote_bar_dispose (GObject *object)
{
  adw_bin_set_child (ADW_BIN (object), NULL); /* a bin does not see its template let go */
  gtk_widget_dispose_template (GTK_WIDGET (object), DADAM_TYPE_VOTE_BAR);

  G_OBJECT_CLASS (dadam_vote_bar_parent_class)->dispose (object);
}

static void
dadam_vote_bar_class_init (DadamVoteBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_vote_bar_dispose;

  signals[VOTED] = g_signal_new ("voted", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-vote-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamVoteBar, stack);
  gtk_widget_class_bind_template_child (widget_class, DadamVoteBar, question);
  gtk_widget_class_bind_template_child (widget_class, DadamVoteBar, choices);
  gtk_widget_class_bind_template_child (widget_class, DadamVoteBar, answers);
}

static void
dadam_vote_bar_init (DadamVoteBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  create_choices (self);
  create_answers (self);
  /* In every language, as the answers stand. */
  gtk_widget_set_direction (GTK_WIDGET (self->choices), GTK_TEXT_DIR_LTR);
  gtk_widget_set_direction (GTK_WIDGET (self->answers), GTK_TEXT_DIR_LTR);
  add_digits (self);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

static void
show_answers (DadamVoteBar *self, DadamComparison *comparison)
{
  DadamVerdict verdict = dadam_comparison_get_verdict (comparison);

  for (guint i = 0; i < DADAM_N_PANES; i++) {
    DadamModel *model = dadam_conversation_get_model (dadam_comparison_get_pane (comparison, i));

    gtk_label_set_text (self->titles[i], model != NULL ? dadam_model_get_title (model) : "");
    gtk_label_set_text (self->results[i], *results[verdict][i] ? _ (results[verdict][i]) : "");
  }
}

static void
forget_answers (DadamVoteBar *self)
{
  for (guint i = 0; i < DADAM_N_PANES; i++)
    gtk_label_set_text (self->titles[i], "");
}

/**
 * dadam_vote_bar_show:
 *
 * Shows how far the judging of a comparison is; nothing of one that is not blind, or has
 * no answers yet.
 */
void
dadam_vote_bar_show (DadamVoteBar *self, DadamComparison *comparison)
{
  gboolean is_secret, can_judge, has_verdict, was_judged;

  g_return_if_fail (DADAM_IS_VOTE_BAR (self));

  is_secret = dadam_comparison_is_secret (comparison);
  can_judge = dadam_comparison_can_judge (comparison);
  has_verdict = dadam_comparison_get_verdict (comparison) != DADAM_VERDICT_NONE;
  was_judged = has_verdict && !is_secret; /* else the vote is on its way to the disk */
  gtk_widget_set_visible (GTK_WIDGET (self),
                          was_judged
                              || (is_secret && !dadam_comparison_is_answering (comparison)
                                  && !dadam_comparison_is_loading (comparison)));
  gtk_stack_set_visible_child_name (self->stack, was_judged ? "answer" : "question");
  gtk_label_set_text (self->question,
                      can_judge || has_verdict
                          ? _ ("Which answer is better?")
                          : _ ("Only two whole answers can be judged. Ask something more."));
  dadam_hangul_mend (GTK_WIDGET (self->question));
  gtk_widget_set_sensitive (GTK_WIDGET (self->choices), can_judge);
  if (was_judged)
    show_answers (self, comparison);
  else
    forget_answers (self);
}
