/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The answers stand as they stood then, left and right; where there is no room, the left
 * one above.
 */
#include "config.h"

#include "dadam-duel-page.h"

#include <glib/gi18n.h>

#include "dadam-attachment-chip.h"
#include "dadam-blocks.h"
#include "dadam-hangul.h"
#include "dadam-pair-words.h"
#include "dadam-text-blocks.h"

/* (transfer full): when it was judged, here. */
char *
dadam_duel_page_format_time (DadamDuel *duel)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc_usec (dadam_duel_get_voted (duel));
  g_autoptr (GDateTime) here = time != NULL ? g_date_time_to_local (time) : NULL;

  return here != NULL ? g_date_time_format (here, "%x %H:%M") : g_strdup ("–");
}

/* ---- an answer ----------------------------------------------------------- */

static GtkWidget *
create_label (const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, css_class);

  return label;
}

static gboolean
is_better (DadamDuel *duel, DadamSide side)
{
  DadamVerdict verdict = dadam_duel_get_verdict (duel);

  return verdict == (side == DADAM_LEFT ? DADAM_VERDICT_LEFT : DADAM_VERDICT_RIGHT);
}

static void
append (GString *line, const char *text)
{
  if (text != NULL && *text != '\0')
    g_string_append_printf (line, " · %s", text);
}

/* "Left · CPU · Seed 1234 · Temperature 0.2 · Better" */
static char *
describe_side (DadamPair *pair, DadamDuel *duel, DadamSide side)
{
  const DadamMaker *maker = dadam_duel_get_maker (duel, side);
  g_autofree char *seed = g_strdup_printf ("%s %" G_GUINT64_FORMAT, _ ("Seed"),
                                           (guint64) maker->seed);
  g_autofree char *settings = dadam_pair_describe_settings (pair, duel, side);
  GString *line = g_string_new (side == DADAM_LEFT ? _ ("Left") : _ ("Right"));

  append (line, maker->device);
  append (line, seed);
  append (line, settings);
  append (line, is_better (duel, side) ? _ ("Better") : NULL);

  return g_string_free_and_steal (line);
}

static GtkWidget *
create_answer (DadamPair *pair, DadamDuel *duel, DadamSide side)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *blocks = g_object_new (DADAM_TYPE_BLOCKS, NULL);
  const char *text = dadam_duel_get_text (duel, side);
  const char *name = dadam_pair_name_side (pair, duel, side);
  g_autofree char *line = describe_side (pair, duel, side);
  GtkWidget *caption = create_label (line, "caption");

  gtk_widget_add_css_class (caption, "dimmed");
  gtk_widget_add_css_class (blocks, "turn");
  dadam_blocks_set_text (DADAM_BLOCKS (blocks), text, strlen (text));
  gtk_box_append (GTK_BOX (box), create_label (name, "heading"));
  gtk_box_append (GTK_BOX (box), caption);
  gtk_box_append (GTK_BOX (box), blocks);
  gtk_widget_set_hexpand (box, TRUE);

  return box;
}

static GtkWidget *
create_answers (DadamPair *pair, DadamDuel *duel)
{
  GtkWidget *answers = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 24);

  gtk_box_set_homogeneous (GTK_BOX (answers), TRUE);
  gtk_widget_set_direction (answers, GTK_TEXT_DIR_LTR); /* they are called left and right */
  gtk_box_append (GTK_BOX (answers), create_answer (pair, duel, DADAM_LEFT));
  gtk_box_append (GTK_BOX (answers), create_answer (pair, duel, DADAM_RIGHT));

  return answers;
}

/* ---- the page ------------------------------------------------------------ */

static GtkWidget *
create_chips (GPtrArray *files)
{
  GtkWidget *chips = adw_wrap_box_new ();

  adw_wrap_box_set_child_spacing (ADW_WRAP_BOX (chips), 6);
  adw_wrap_box_set_line_spacing (ADW_WRAP_BOX (chips), 6);
  adw_wrap_box_set_align (ADW_WRAP_BOX (chips), 1);
  for (guint i = 0; i < files->len; i++)
    adw_wrap_box_append (ADW_WRAP_BOX (chips), dadam_attachment_chip_new (files->pdata[i]));

  return chips;
}

static GtkWidget *
create_bubble (const char *text)
{
  GtkWidget *bubble = g_object_new (DADAM_TYPE_TEXT_BLOCKS, NULL);

  dadam_text_blocks_set_text (DADAM_TEXT_BLOCKS (bubble), text, strlen (text));
  gtk_widget_add_css_class (bubble, "bubble");
  gtk_widget_set_halign (bubble, GTK_ALIGN_END);

  return bubble;
}

static GtkWidget *
create_question (DadamDuel *duel)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  const char *said = dadam_attachments_split (dadam_duel_get_question (duel), files);

  gtk_widget_add_css_class (box, "turn");
  if (files->len > 0)
    gtk_box_append (GTK_BOX (box), create_chips (files));
  if (*said != '\0')
    gtk_box_append (GTK_BOX (box), create_bubble (said));

  return box;
}

static GtkWidget *
create_button (DadamDuel *duel)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (_ ("Open the _Conversation"));
  GtkWidget *label = gtk_button_get_child (GTK_BUTTON (button));

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_justify (GTK_LABEL (label), GTK_JUSTIFY_CENTER);
  gtk_widget_add_css_class (button, "pill");
  gtk_widget_set_halign (button, GTK_ALIGN_CENTER);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "win.show-conversation");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "x",
                                    dadam_duel_get_conversation (duel));

  return button;
}

static GtkWidget *
create_content (DadamPair *pair, DadamDuel *duel, GtkWidget *answers)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 24);
  GtkWidget *clamp = adw_clamp_new ();
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  g_autofree char *when = dadam_duel_page_format_time (duel);
  g_autofree char *vote = dadam_pair_describe_vote (pair, duel);
  g_autofree char *line = g_strdup_printf ("%s · %s", when, vote);
  GtkWidget *caption = create_label (line, "dimmed");

  gtk_widget_add_css_class (box, "duel");
  gtk_box_append (GTK_BOX (box), caption);
  gtk_box_append (GTK_BOX (box), create_question (duel));
  gtk_box_append (GTK_BOX (box), answers);
  gtk_box_append (GTK_BOX (box), create_button (duel));
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), 1000);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (clamp), 760);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), clamp);

  return scrolled;
}

/* Where it is narrow the answers stand one above the other. */
static void
add_breakpoint (AdwBreakpointBin *bin, GtkWidget *answers)
{
  AdwBreakpoint *narrow = adw_breakpoint_new (adw_breakpoint_condition_parse ("max-width: 600sp"));
  GValue orientation = G_VALUE_INIT;
  GValue homogeneous = G_VALUE_INIT;

  g_value_init (&orientation, GTK_TYPE_ORIENTATION);
  g_value_set_enum (&orientation, GTK_ORIENTATION_VERTICAL);
  adw_breakpoint_add_setter (narrow, G_OBJECT (answers), "orientation", &orientation);
  g_value_init (&homogeneous, G_TYPE_BOOLEAN);
  adw_breakpoint_add_setter (narrow, G_OBJECT (answers), "homogeneous", &homogeneous);
  adw_breakpoint_bin_add_breakpoint (bin, narrow);
}

static void
shown_cb (AdwNavigationPage *page, GtkWidget *content)
{
  gtk_widget_set_can_focus (content, TRUE);
}

/* (transfer full). */
AdwNavigationPage *
dadam_duel_page_new (DadamPair *pair, DadamDuel *duel)
{
  GtkWidget *view = adw_toolbar_view_new ();
  GtkWidget *bin = adw_breakpoint_bin_new ();
  GtkWidget *answers = create_answers (pair, duel);
  AdwNavigationPage *page;

  gtk_widget_set_size_request (bin, 300, 200);
  adw_breakpoint_bin_set_child (ADW_BREAKPOINT_BIN (bin), create_content (pair, duel, answers));
  add_breakpoint (ADW_BREAKPOINT_BIN (bin), answers);
  adw_toolbar_view_add_top_bar (ADW_TOOLBAR_VIEW (view), adw_header_bar_new ());
  adw_toolbar_view_set_content (ADW_TOOLBAR_VIEW (view), bin);
  dadam_hangul_mend (view);

  page = adw_navigation_page_new (view, _ ("Vote"));
  /* The focus goes to the button back: a text that gets it would be selected. */
  gtk_widget_set_can_focus (bin, FALSE);
  g_signal_connect (page, "shown", G_CALLBACK (shown_cb), bin);

  return page;
}
