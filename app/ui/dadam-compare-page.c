/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The compare page: which comparison is shown, with which two models the next one
 * begins, and what is asked.  The messages are DadamPane's, judging is DadamVoteBar's.
 *
 * "changed" tells that something was said, or another comparison is shown.
 */
#include "config.h"

#include "dadam-compare-page-private.h"

#include <glib/gi18n.h>

#include "dadam-greeting.h"
#include "dadam-hangul.h"
#include "dadam-settings.h"
#include "dadam-sidebar-button.h"

G_DEFINE_FINAL_TYPE (DadamComparePage, dadam_compare_page, ADW_TYPE_BIN)

enum { CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- what is shown ----------------------------------------------------- */

DadamConversation *
dadam_compare_page_get_pane (DadamComparePage *self, guint pane)
{
  return dadam_comparison_get_pane (self->comparison, pane);
}

gboolean
dadam_compare_page_has_models (DadamComparePage *self)
{
  return dadam_conversation_get_model (dadam_compare_page_get_pane (self, 0)) != NULL
         && dadam_conversation_get_model (dadam_compare_page_get_pane (self, 1)) != NULL;
}

static void
show_child (DadamComparePage *self)
{
  g_autoptr (GPtrArray) paths = dadam_pairing_list_models (self->pairing);
  gboolean is_empty = dadam_compare_page_is_empty (self);

  adw_status_page_set_description (
      self->lacking,
      paths->len > 1 ? _ ("Choose above which two models are asked the same.")
      : paths->len == 1
          ? _ ("Only one model is installed. Get another one to compare it with, or choose the same "
               "one twice and give each its own settings.")
          : _ ("No model is installed yet. Comparing takes two."));
  dadam_hangul_mend (GTK_WIDGET (self->lacking));
  gtk_widget_set_visible (self->bottom, !is_empty || dadam_compare_page_has_models (self));
  gtk_stack_set_visible_child_name (self->stack, !is_empty ? "panes"
                                                 : dadam_compare_page_has_models (self)
                                                     ? "greeting"
                                                     : "lacking");
}

static void
show_chips (DadamComparePage *self)
{
  const char *const names[] = { _ ("Left"), _ ("Right") };
  gboolean is_secret = dadam_comparison_is_secret (self->comparison);

  for (guint i = 0; i < DADAM_N_PANES; i++) {
    dadam_pane_chip_set_model (
        self->chips[i],
        is_secret ? NULL : dadam_conversation_get_model (dadam_compare_page_get_pane (self, i)));
    dadam_pane_chip_set_secret (self->chips[i], is_secret ? names[i] : NULL);
    dadam_pane_set_is_secret (self->panes[i], is_secret);
  }
}

void
dadam_compare_page_update (DadamComparePage *self)
{
  if (!dadam_comparison_is_loading (self->comparison))
    dadam_pairing_restore (self->pairing, self->comparison);
  dadam_composer_set_is_answering (self->composer,
                                   dadam_comparison_is_answering (self->comparison));
  show_child (self);
  show_chips (self);
  dadam_compare_page_show_note (self);
  dadam_vote_bar_show (self->vote_bar, self->comparison);
  dadam_compare_page_allow_actions (self);
  dadam_compare_page_tell_passed_over (self);
  dadam_compare_page_announce_end (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

/* ---- what the user does ------------------------------------------------ */

static void
send (DadamComparePage *self, const char *text)
{
  if (!dadam_comparison_can_send (self->comparison))
    return;

  dadam_banner_reset (self->banner);
  dadam_pairing_make_room (self->pairing, self->comparison);
  for (guint i = 0; i < DADAM_N_PANES; i++)
    dadam_pane_follow (self->panes[i]);
  dadam_composer_set_message (self->composer, "");
  dadam_comparison_send (self->comparison, text);
  dadam_composer_focus (self->composer);
}

static void
stop (DadamComparePage *self)
{
  dadam_comparison_stop (self->comparison);
}

static gboolean
escape_cb (GtkWidget *widget, GVariant *args, gpointer user_data)
{
  DadamComparePage *self = DADAM_COMPARE_PAGE (widget);

  if (!dadam_comparison_is_answering (self->comparison))
    return FALSE;
  stop (self);

  return TRUE;
}

/* What has been written stays. */
static void
prompt_cb (DadamComparePage *self, const char *text)
{
  g_autofree char *draft = dadam_composer_get_draft (self->composer);

  send (self, text);
  dadam_composer_set_message (self->composer, draft);
}

static void
attach_failed_cb (DadamComparePage *self, const GError *error)
{
  dadam_banner_show (self->banner, error->message, NULL, NULL);
}

static void
voted_cb (DadamComparePage *self, int verdict)
{
  dadam_comparison_judge (self->comparison, (DadamVerdict) verdict);
}

static void
in_turns_changed_cb (DadamComparePage *self)
{
  dadam_comparison_set_takes_turns (self->comparison,
                                    g_settings_get_boolean (self->settings,
                                                            DADAM_SETTING_COMPARE_IN_TURNS));
  dadam_compare_page_show_note (self);
}

/* ---- finding ----------------------------------------------------------- */

static guint
n_messages (DadamComparePage *self, guint pane)
{
  return g_list_model_get_n_items (
      dadam_conversation_get_messages (dadam_compare_page_get_pane (self, pane)));
}

/* The messages of both panes stand one after the other. */
static void
found_cb (DadamComparePage *self, guint position)
{
  guint n_left = n_messages (self, 0);
  guint pane = position < n_left ? 0 : 1;

  adw_view_stack_set_visible_child_name (self->switched, pane == 0 ? "left" : "right");
  dadam_pane_show_position (self->panes[pane], pane == 0 ? position : position - n_left);
}

static void
sought_cb (DadamComparePage *self, const char *sought)
{
  for (guint i = 0; i < DADAM_N_PANES; i++)
    dadam_pane_set_sought (self->panes[i], sought);
}

static void
set_findable (DadamComparePage *self)
{
  GListStore *both = g_list_store_new (G_TYPE_LIST_MODEL);
  g_autoptr (GtkFlattenListModel) messages = gtk_flatten_list_model_new (G_LIST_MODEL (both));

  for (guint i = 0; i < DADAM_N_PANES; i++)
    g_list_store_append (both,
                         dadam_conversation_get_messages (dadam_compare_page_get_pane (self, i)));
  dadam_find_bar_set_messages (self->find_bar, G_LIST_MODEL (messages));
  dadam_find_bar_close (self->find_bar);
}

/* ---- the comparison ---------------------------------------------------- */

static void
release_comparison (DadamComparePage *self)
{
  if (self->comparison == NULL)
    return;
  for (guint i = 0; i < DADAM_N_PANES; i++)
    g_signal_handlers_disconnect_by_data (dadam_compare_page_get_pane (self, i), self);
  g_signal_handlers_disconnect_by_data (self->comparison, self);
  g_clear_object (&self->comparison);
}

static void
gone_cb (DadamComparePage *self)
{
  dadam_compare_page_begin (self);
}

static void
set_comparison (DadamComparePage *self, DadamComparison *comparison)
{
  release_comparison (self);
  self->comparison = g_object_ref (comparison);
  self->was_answering = FALSE;
  if (dadam_comparison_is_loading (comparison))
    g_signal_connect_swapped (comparison, "changed", G_CALLBACK (dadam_compare_page_read_cb), self);
  g_signal_connect_swapped (comparison, "changed", G_CALLBACK (dadam_compare_page_update), self);
  dadam_compare_page_listen (self);
  g_signal_connect_swapped (comparison, "returned", G_CALLBACK (dadam_compare_page_show_draft),
                            self);
  g_signal_connect_swapped (comparison, "gone", G_CALLBACK (gone_cb), self);
  show_chips (self);
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    dadam_pane_set_conversation (self->panes[i], dadam_compare_page_get_pane (self, i));
    dadam_rest_watch (self->rests[i], dadam_compare_page_get_pane (self, i));
  }
  set_findable (self);
  in_turns_changed_cb (self);
  dadam_compare_page_show_draft (self);
  dadam_compare_page_update (self);
}

static void
pairing_changed_cb (DadamComparePage *self)
{
  if (dadam_comparison_get_id (self->comparison) != 0)
    return;
  dadam_pairing_apply (self->pairing, self->comparison);
  dadam_compare_page_update (self);
}

/* A model came or went. */
static void
choices_changed_cb (DadamComparePage *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    dadam_pairing_suggest (self->pairing);
  show_child (self);
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_compare_page_dispose (GObject *object)
{
  DadamComparePage *self = DADAM_COMPARE_PAGE (object);

  release_comparison (self);
  for (guint i = 0; i < DADAM_N_PANES; i++)
    g_clear_object (&self->rests[i]);
  adw_bin_set_child (ADW_BIN (self), NULL); /* a bin does not see its template let go */
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_COMPARE_PAGE);
  g_clear_object (&self->actions);
  g_clear_object (&self->scroll_link);
  g_clear_object (&self->pairing);
  g_clear_object (&self->archive);
  g_clear_object (&self->engine);
  g_clear_object (&self->library);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (dadam_compare_page_parent_class)->dispose (object);
}

static gboolean
dadam_compare_page_grab_focus (GtkWidget *widget)
{
  DadamComparePage *self = DADAM_COMPARE_PAGE (widget);

  if (!gtk_widget_get_visible (self->bottom))
    return GTK_WIDGET_CLASS (dadam_compare_page_parent_class)->grab_focus (widget);
  dadam_composer_focus (self->composer);

  return TRUE;
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-compare-page.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, navigation);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, menu_button);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, chip_row);
  gtk_widget_class_bind_template_child_full (widget_class, "left_chip", FALSE,
                                             G_STRUCT_OFFSET (DadamComparePage, chips[0]));
  gtk_widget_class_bind_template_child_full (widget_class, "right_chip", FALSE,
                                             G_STRUCT_OFFSET (DadamComparePage, chips[1]));
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, banner);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, find_bar);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, stack);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, beside);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, right_half);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, switcher);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, switched);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, lacking);
  gtk_widget_class_bind_template_child_full (widget_class, "left_pane", FALSE,
                                             G_STRUCT_OFFSET (DadamComparePage, panes[0]));
  gtk_widget_class_bind_template_child_full (widget_class, "right_pane", FALSE,
                                             G_STRUCT_OFFSET (DadamComparePage, panes[1]));
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, bottom);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, note);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, vote_bar);
  gtk_widget_class_bind_template_child (widget_class, DadamComparePage, composer);
  gtk_widget_class_bind_template_callback_full (widget_class, "model_chosen_cb",
                                                G_CALLBACK (dadam_compare_page_model_chosen_cb));
  gtk_widget_class_bind_template_callback_full (widget_class, "device_chosen_cb",
                                                G_CALLBACK (dadam_compare_page_device_chosen_cb));
  gtk_widget_class_bind_template_callback_full (widget_class, "settings_cb",
                                                G_CALLBACK (dadam_compare_page_settings_cb));
  gtk_widget_class_bind_template_callback_full (widget_class, "ask_again_cb",
                                                G_CALLBACK (dadam_compare_page_ask_again_cb));
  gtk_widget_class_bind_template_callback (widget_class, prompt_cb);
  gtk_widget_class_bind_template_callback (widget_class, voted_cb);
  gtk_widget_class_bind_template_callback (widget_class, send);
  gtk_widget_class_bind_template_callback (widget_class, stop);
  gtk_widget_class_bind_template_callback_full (widget_class, "draft_changed_cb",
                                                G_CALLBACK (dadam_compare_page_draft_changed_cb));
  gtk_widget_class_bind_template_callback (widget_class, attach_failed_cb);
  gtk_widget_class_bind_template_callback (widget_class, found_cb);
  gtk_widget_class_bind_template_callback (widget_class, sought_cb);
}

static void
dadam_compare_page_class_init (DadamComparePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_compare_page_dispose;
  widget_class->grab_focus = dadam_compare_page_grab_focus;

  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (DADAM_TYPE_BANNER);
  g_type_ensure (DADAM_TYPE_COMPOSER);
  g_type_ensure (DADAM_TYPE_FIND_BAR);
  g_type_ensure (DADAM_TYPE_GREETING);
  g_type_ensure (DADAM_TYPE_PANE);
  g_type_ensure (DADAM_TYPE_PANE_CHIP);
  g_type_ensure (DADAM_TYPE_SIDEBAR_BUTTON);
  g_type_ensure (DADAM_TYPE_VOTE_BAR);
  bind_template (widget_class);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Escape, 0, escape_cb, NULL);
}

/* The panes are called left and right, and stand there in every language.  What is in them
 * has the direction of its own. */
static void
keep_sides (DadamComparePage *self)
{
  GtkWidget *const rows[] = { self->chip_row, self->beside, self->right_half,
                              gtk_widget_get_first_child (self->switcher) };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    gtk_widget_set_direction (rows[i], GTK_TEXT_DIR_LTR);
}

static void
dadam_compare_page_init (DadamComparePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  keep_sides (self);
  self->actions = g_simple_action_group_new ();
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    self->rests[i] = dadam_rest_new ();
    g_signal_connect_object (self->rests[i], "unloaded",
                             G_CALLBACK (dadam_compare_page_unloaded_cb), self, G_CONNECT_SWAPPED);
  }
}

/* ---- what is set for all pages ----------------------------------------- */

static void
enter_sends_changed_cb (DadamComparePage *self)
{
  dadam_composer_set_enter_sends (self->composer,
                                  g_settings_get_boolean (self->settings,
                                                          DADAM_SETTING_ENTER_SENDS));
}

static void
unload_after_changed_cb (DadamComparePage *self)
{
  guint minutes = (guint) g_settings_get_int (self->settings, DADAM_SETTING_UNLOAD_AFTER);

  for (guint i = 0; i < DADAM_N_PANES; i++)
    dadam_rest_set_seconds (self->rests[i], minutes * 60);
}

static void
follow_settings (DadamComparePage *self)
{
  g_signal_connect_object (self->settings, "changed::" DADAM_SETTING_ENTER_SENDS,
                           G_CALLBACK (enter_sends_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::" DADAM_SETTING_UNLOAD_AFTER,
                           G_CALLBACK (unload_after_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::" DADAM_SETTING_COMPARE_IN_TURNS,
                           G_CALLBACK (in_turns_changed_cb), self, G_CONNECT_SWAPPED);
  enter_sends_changed_cb (self);
  unload_after_changed_cb (self);
}

/* Once, before the page is shown. */
void
dadam_compare_page_set_up (DadamComparePage *self,
                           DadamEngine *engine,
                           DadamLibrary *library,
                           DadamArchive *archive,
                           GSettings *settings)
{
  g_autoptr (DadamComparison) comparison = NULL;

  g_return_if_fail (DADAM_IS_COMPARE_PAGE (self));

  self->engine = g_object_ref (engine);
  self->library = g_object_ref (library);
  self->archive = g_object_ref (archive);
  self->settings = g_object_ref (settings);
  self->scroll_link = dadam_scroll_link_new (dadam_pane_get_adjustment (self->panes[0]),
                                             dadam_pane_get_adjustment (self->panes[1]));
  g_settings_bind (settings, DADAM_SETTING_COMPARE_SCROLL, self->scroll_link, "is-active",
                   G_SETTINGS_BIND_GET);
  self->pairing = dadam_pairing_new (engine, library, settings);
  g_signal_connect_object (self->pairing, "changed", G_CALLBACK (pairing_changed_cb), self,
                           G_CONNECT_SWAPPED);
  for (guint i = 0; i < DADAM_N_PANES; i++)
    dadam_pane_chip_set_up (self->chips[i], engine, self->pairing);
  dadam_compare_page_create_actions (self);
  follow_settings (self);
  comparison = dadam_comparison_new (archive, engine);
  dadam_comparison_set_is_blind (comparison,
                                 g_settings_get_boolean (settings, DADAM_SETTING_COMPARE_BLIND));
  set_comparison (self, comparison);
  g_signal_connect_object (library, "choices", G_CALLBACK (choices_changed_cb), self,
                           G_CONNECT_SWAPPED);
}

/* The id of the comparison that is shown; 0: one that is not kept yet. */
gint64
dadam_compare_page_get_shown (DadamComparePage *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARE_PAGE (self), 0);

  return self->comparison != NULL ? dadam_comparison_get_id (self->comparison) : 0;
}

/* Whether nothing was said in it. */
gboolean
dadam_compare_page_is_empty (DadamComparePage *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARE_PAGE (self), TRUE);

  return self->comparison == NULL
         || (dadam_comparison_is_empty (self->comparison)
             && !dadam_comparison_is_loading (self->comparison));
}

/* Shows a comparison that is kept. */
void
dadam_compare_page_show (DadamComparePage *self, gint64 id)
{
  g_autoptr (DadamComparison) comparison = NULL;

  g_return_if_fail (DADAM_IS_COMPARE_PAGE (self));

  adw_navigation_view_pop_to_tag (self->navigation, "panes");
  if (dadam_comparison_get_id (self->comparison) == id)
    return;
  dadam_banner_reset (self->banner);
  comparison = dadam_comparison_open (self->archive, self->engine, id);
  set_comparison (self, comparison);
}

/* Brings a message of the comparison that is shown into sight, whichever pane it is in. */
void
dadam_compare_page_show_message (DadamComparePage *self, gint64 message, const char *sought)
{
  g_return_if_fail (DADAM_IS_COMPARE_PAGE (self));

  for (guint i = 0; i < DADAM_N_PANES; i++) {
    dadam_pane_set_sought (self->panes[i], sought);
    dadam_pane_show_message (self->panes[i], message);
  }
}

/* Lets the user find something in what both have said. */
void
dadam_compare_page_find (DadamComparePage *self)
{
  g_return_if_fail (DADAM_IS_COMPARE_PAGE (self));

  adw_navigation_view_pop_to_tag (self->navigation, "panes");
  if (!dadam_compare_page_is_empty (self))
    dadam_find_bar_open (self->find_bar);
}

/* Puts a text file to what is being written. */
void
dadam_compare_page_attach (DadamComparePage *self, GFile *file)
{
  g_return_if_fail (DADAM_IS_COMPARE_PAGE (self));

  dadam_banner_reset (self->banner);
  dadam_composer_attach (self->composer, file);
}

/* Begins a new one, or goes on with one that is empty. */
void
dadam_compare_page_begin (DadamComparePage *self)
{
  g_autoptr (DadamComparison) comparison = NULL;

  g_return_if_fail (DADAM_IS_COMPARE_PAGE (self));

  adw_navigation_view_pop_to_tag (self->navigation, "panes");
  dadam_banner_reset (self->banner);
  if (dadam_comparison_get_id (self->comparison) == 0) {
    comparison = g_object_ref (self->comparison);
  } else {
    comparison = dadam_comparison_new (self->archive, self->engine);
    dadam_comparison_set_is_blind (comparison,
                                   g_settings_get_boolean (self->settings,
                                                           DADAM_SETTING_COMPARE_BLIND));
    set_comparison (self, comparison);
  }
  dadam_pairing_suggest (self->pairing);
  dadam_pairing_apply (self->pairing, comparison);
  dadam_compare_page_update (self);
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

/**
 * dadam_compare_page_begin_with:
 * @path: the model of the left pane
 * @text: what to ask; written, not sent
 */
void
dadam_compare_page_begin_with (DadamComparePage *self, const char *path, const char *text)
{
  g_return_if_fail (DADAM_IS_COMPARE_PAGE (self));

  dadam_pairing_choose_model (self->pairing, 0, path);
  dadam_compare_page_begin (self);
  dadam_compare_page_write_before (self, text);
}
