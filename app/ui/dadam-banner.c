/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Says what is the matter and offers one thing to do about it.  Errors of answers have
 * their offers here, so that every page makes the same ones, as has the archive.
 */
#include "config.h"

#include "dadam-banner.h"

#include <glib/gi18n.h>

#include "dadam-error.h"
#include "dadam-hangul.h"

struct _DadamBanner {
  AdwBin parent_instance;

  AdwBanner *banner; /* the child */
  char *action;      /* what its button does */
};

G_DEFINE_FINAL_TYPE (DadamBanner, dadam_banner, ADW_TYPE_BIN)

static void
clicked_cb (DadamBanner *self)
{
  if (self->action != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), self->action, NULL);
  else
    adw_banner_set_revealed (self->banner, FALSE);
}

static void
dadam_banner_finalize (GObject *object)
{
  g_free (DADAM_BANNER (object)->action);

  G_OBJECT_CLASS (dadam_banner_parent_class)->finalize (object);
}

static void
dadam_banner_class_init (DadamBannerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dadam_banner_finalize;
}

static void
dadam_banner_init (DadamBanner *self)
{
  self->banner = ADW_BANNER (adw_banner_new (""));
  adw_banner_set_use_markup (self->banner, FALSE);
  g_signal_connect_swapped (self->banner, "button-clicked", G_CALLBACK (clicked_cb), self);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->banner));
}

/**
 * dadam_banner_show:
 * @title: what is the matter; it is also read out
 * @button: (nullable): what to call the way out
 * @action: (nullable): the name of an action that takes it; %NULL: the button closes the banner
 */
void
dadam_banner_show (DadamBanner *self, const char *title, const char *button, const char *action)
{
  g_return_if_fail (DADAM_IS_BANNER (self));

  adw_banner_set_title (self->banner, title);
  dadam_hangul_mend (GTK_WIDGET (self->banner));
  adw_banner_set_button_label (self->banner, button);
  g_set_str (&self->action, action);
  adw_banner_set_revealed (self->banner, TRUE);
  gtk_accessible_announce (GTK_ACCESSIBLE (self), title,
                           GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

/**
 * dadam_banner_show_error:
 * @error: why there is no model or no answer; one that was cancelled is not shown
 * @anew: (nullable): the action that begins anew when the context is full
 * @may_use_card: whether the processor alone would be another device
 */
void
dadam_banner_show_error (DadamBanner *self,
                         const GError *error,
                         const char *anew,
                         gboolean may_use_card)
{
  g_return_if_fail (DADAM_IS_BANNER (self));

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (g_error_matches (error, DADAM_ERROR, DADAM_ERROR_CONTEXT_FULL))
    dadam_banner_show (self, error->message, anew != NULL ? _ ("_New Chat") : NULL, anew);
  else if (dadam_error_is_of_device (error) && may_use_card)
    dadam_banner_show (self, error->message, _ ("_Use the CPU"), "win.use-cpu");
  else if (g_error_matches (error, DADAM_ERROR, DADAM_ERROR_DEVICE_LOST))
    dadam_banner_show (self, error->message, NULL, NULL);
  else
    dadam_banner_show (self, error->message, _ ("_Open Model…"), "win.open");
}

/* (transfer full). */
static char *
word_damage (const char *set_aside, gint64 n_saved)
{
  g_autofree char *kept = NULL;
  g_autofree char *saved = NULL;

  /* Translators: a file's name. */
  kept = g_strdup_printf (_ ("The file with your conversations was damaged. It is kept as “%s”."),
                          set_aside);
  if (n_saved == 0)
    return g_strdup_printf ("%s %s", kept,
                            _ ("Nothing of it could be read, so a new one was begun."));
  saved = g_strdup_printf (ngettext ("What could be read of it is here: %d message.",
                                     "What could be read of it is here: %d messages.",
                                     (gulong) n_saved),
                           (int) n_saved);

  return g_strdup_printf ("%s %s", kept, saved);
}

/* Says if what was said before could not be opened, which lasts, or not as it was. */
void
dadam_banner_show_archive (DadamBanner *self, DadamArchive *archive)
{
  const GError *error = dadam_archive_get_error (archive);
  gint64 n_saved;
  const char *set_aside = dadam_archive_get_set_aside (archive, &n_saved);
  g_autofree char *text = NULL;

  g_return_if_fail (DADAM_IS_BANNER (self));

  if (error != NULL)
    text = g_strdup_printf ("%s %s", error->message, _ ("What you write now is not kept."));
  else if (set_aside != NULL)
    text = word_damage (set_aside, n_saved);
  if (text != NULL)
    dadam_banner_show (self, text, error == NULL ? _ ("_Close") : NULL, NULL);
}

/* What is there when nothing is the matter: nothing, where Korean can be shown. */
void
dadam_banner_reset (DadamBanner *self)
{
  g_return_if_fail (DADAM_IS_BANNER (self));

  if (dadam_hangul_has_font (gtk_widget_get_pango_context (GTK_WIDGET (self))))
    adw_banner_set_revealed (self->banner, FALSE);
  else
    dadam_banner_show (self,
                       _ ("No font on this computer can show Korean. Install “fonts-noto-cjk” "
                          "(Fedora: “google-noto-sans-cjk-fonts”) and start Dadam again."),
                       NULL, NULL);
}
