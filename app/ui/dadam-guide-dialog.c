/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A list of the guide's chapters, each a page of its own.  The guide is one Markdown
 * file for each language (data/guide); its second-level headings begin the chapters.
 */
#include "config.h"

#include "dadam-guide-dialog.h"

#include <glib/gi18n.h>
#include <string.h>

#include "dadam-blocks.h"
#include "dadam-hangul.h"

#define HEADING "\n## "
#define READING_WIDTH 640

/* Of the first of the user's languages that has a guide; English is always there. */
static GBytes *
load (void)
{
  const char *const *languages = g_get_language_names ();
  GBytes *bytes = NULL;

  for (guint i = 0; languages[i] != NULL && bytes == NULL; i++) {
    g_autofree char *path = g_strdup_printf (DADAM_RESOURCE_PATH "/guide.%s.md", languages[i]);

    if (g_str_equal (languages[i], "C") || g_str_equal (languages[i], "en"))
      break;
    bytes = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  }
  if (bytes == NULL)
    bytes = g_resources_lookup_data (DADAM_RESOURCE_PATH "/guide.md", G_RESOURCE_LOOKUP_FLAGS_NONE,
                                     NULL);

  return bytes;
}

static GtkWidget *
create_text (const char *text)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *clamp = adw_clamp_new ();
  GtkWidget *blocks = g_object_new (DADAM_TYPE_BLOCKS, "margin-start", 18, "margin-end", 18,
                                    "margin-top", 12, "margin-bottom", 24, NULL);

  dadam_blocks_set_text (DADAM_BLOCKS (blocks), text, strlen (text));
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), READING_WIDTH);
  adw_clamp_set_child (ADW_CLAMP (clamp), blocks);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), clamp);
  gtk_widget_set_focusable (scroller, TRUE);

  return scroller;
}

/* The keys scroll the text at once. */
static AdwNavigationPage *
create_page (const char *title, GtkWidget *content)
{
  GtkWidget *view = adw_toolbar_view_new ();
  AdwNavigationPage *page = adw_navigation_page_new (view, title);

  adw_toolbar_view_add_top_bar (ADW_TOOLBAR_VIEW (view), adw_header_bar_new ());
  adw_toolbar_view_set_content (ADW_TOOLBAR_VIEW (view), content);
  g_signal_connect_object (page, "shown", G_CALLBACK (gtk_widget_grab_focus), content,
                           G_CONNECT_SWAPPED);

  return page;
}

/* The row's chapter is its data. */
static void
activated_cb (AdwActionRow *row)
{
  GtkWidget *view = gtk_widget_get_ancestor (GTK_WIDGET (row), ADW_TYPE_NAVIGATION_VIEW);

  adw_navigation_view_push (ADW_NAVIGATION_VIEW (view),
                            create_page (adw_preferences_row_get_title (ADW_PREFERENCES_ROW (row)),
                                         create_text (g_object_get_data (G_OBJECT (row), "text"))));
}

/* @chapter begins with its title's line, and is taken. */
static GtkWidget *
create_row (char *chapter)
{
  GtkWidget *row = adw_action_row_new ();
  char *text = strchr (chapter, '\n');

  if (text != NULL)
    *text++ = '\0';
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), chapter);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row),
                             gtk_image_new_from_icon_name ("go-next-symbolic"));
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  g_object_set_data_full (G_OBJECT (row), "text", g_strdup (text ? text : ""), g_free);
  g_signal_connect (row, "activated", G_CALLBACK (activated_cb), NULL);
  g_free (chapter);

  return row;
}

static GtkWidget *
create_chapters (void)
{
  GtkWidget *page = adw_preferences_page_new ();
  AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());
  g_autoptr (GBytes) guide = load ();
  g_autofree char *text = g_strndup (g_bytes_get_data (guide, NULL), g_bytes_get_size (guide));
  const char *chapter = strstr (text, HEADING);

  while (chapter != NULL) {
    const char *next = strstr (chapter += strlen (HEADING), HEADING);
    gsize length = next != NULL ? (gsize) (next - chapter) : strlen (chapter);

    adw_preferences_group_add (group, create_row (g_strndup (chapter, length)));
    chapter = next;
  }
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page), group);
  dadam_hangul_mend (page);

  return page;
}

/**
 * dadam_guide_dialog_new:
 *
 * Returns: (transfer floating): the dialog
 */
AdwDialog *
dadam_guide_dialog_new (void)
{
  AdwDialog *dialog = adw_dialog_new ();
  GtkWidget *view = adw_navigation_view_new ();

  adw_navigation_view_push (ADW_NAVIGATION_VIEW (view),
                            create_page (_ ("User Guide"), create_chapters ()));
  adw_dialog_set_title (dialog, _ ("User Guide"));
  adw_dialog_set_content_width (dialog, 560);
  adw_dialog_set_content_height (dialog, 680);
  adw_dialog_set_child (dialog, view);

  return dialog;
}
