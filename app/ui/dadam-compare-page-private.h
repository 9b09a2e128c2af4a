/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the compare page share: what it shows is in dadam-compare-page.c,
 * what it tells in passing in dadam-compare-page-notices.c, what can be chosen on it in
 * dadam-compare-page-actions.c, what is being written in dadam-compare-page-writing.c.
 */
#pragma once

#include "dadam-banner.h"
#include "dadam-compare-page.h"
#include "dadam-composer.h"
#include "dadam-find-bar.h"
#include "dadam-pane-chip.h"
#include "dadam-pane.h"
#include "dadam-rest.h"
#include "dadam-scroll-link.h"
#include "dadam-vote-bar.h"

G_BEGIN_DECLS

struct _DadamComparePage {
  AdwBin parent_instance;

  /* Template. */
  AdwNavigationView *navigation;
  GtkMenuButton *menu_button;
  GtkWidget *chip_row;
  DadamPaneChip *chips[DADAM_N_PANES];
  DadamBanner *banner;
  DadamFindBar *find_bar;
  GtkStack *stack;
  AdwStatusPage *lacking;
  GtkWidget *beside;      /* the panes, where there is room for both, … */
  GtkWidget *right_half;
  GtkWidget *switcher;    /* … and where there is room for one */
  AdwViewStack *switched;
  DadamPane *panes[DADAM_N_PANES];
  GtkWidget *bottom;
  GtkLabel *note;
  DadamVoteBar *vote_bar;
  DadamComposer *composer;

  /* Owned. */
  DadamArchive *archive;
  DadamEngine *engine;
  DadamLibrary *library;
  GSettings *settings;
  DadamPairing *pairing;
  DadamComparison *comparison; /* the one that is shown */
  DadamRest *rests[DADAM_N_PANES];
  DadamScrollLink *scroll_link;
  GSimpleActionGroup *actions;

  DadamModelState model_states[DADAM_N_PANES]; /* as last heard */
  guint failed;                                /* the pane that the banner's offer is for */
  gboolean was_answering;
};

DadamConversation *dadam_compare_page_get_pane (DadamComparePage *self, guint pane);
gboolean dadam_compare_page_has_models (DadamComparePage *self);
void dadam_compare_page_update (DadamComparePage *self);

void dadam_compare_page_show_draft (DadamComparePage *self);
void dadam_compare_page_draft_changed_cb (DadamComparePage *self);
void dadam_compare_page_read_cb (DadamComparePage *self);
void dadam_compare_page_write_before (DadamComparePage *self, const char *question);
void dadam_compare_page_ask_again_cb (DadamComparePage *self, DadamMessage *message);

void dadam_compare_page_listen (DadamComparePage *self);
void dadam_compare_page_show_note (DadamComparePage *self);
void dadam_compare_page_announce_end (DadamComparePage *self);
void dadam_compare_page_tell_passed_over (DadamComparePage *self);
void dadam_compare_page_unloaded_cb (DadamComparePage *self);

void dadam_compare_page_create_actions (DadamComparePage *self);
void dadam_compare_page_allow_actions (DadamComparePage *self);
void dadam_compare_page_model_chosen_cb (DadamComparePage *self,
                                         const char *path,
                                         DadamPaneChip *chip);
void dadam_compare_page_device_chosen_cb (DadamComparePage *self,
                                          const char *device,
                                          DadamPaneChip *chip);
void dadam_compare_page_settings_cb (DadamComparePage *self, DadamPaneChip *chip);

G_END_DECLS
