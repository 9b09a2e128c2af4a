/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The positions of the messages that have what is in the entry, found anew whenever
 * that changes; the newest one is shown first, and Enter goes up from there.
 */
#include "config.h"

#include "dadam-find-bar.h"

#include <glib/gi18n.h>

#include "dadam-composed.h"
#include "dadam-fold.h"
#include "dadam-message.h"

struct _DadamFindBar {
  AdwBin parent_instance;

  /* Template. */
  GtkSearchBar *bar;
  GtkEditable *entry;
  GtkLabel *count;
  GtkWidget *previous;
  GtkWidget *next;

  /* Owned. */
  GListModel *messages;
  GArray *found;  /* of guint, ascending */
  char *composed; /* what an input method has not finished in the entry */

  guint shown; /* which of them */
};

G_DEFINE_FINAL_TYPE (DadamFindBar, dadam_find_bar, ADW_TYPE_BIN)

enum { FOUND, SOUGHT, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
update (DadamFindBar *self, gboolean is_looking)
{
  g_autofree char *count = NULL;

  if (is_looking && self->found->len > 0)
    count = g_strdup_printf ("%u/%u", self->shown + 1, self->found->len);
  else if (is_looking)
    count = g_strdup (_ ("None"));
  gtk_label_set_label (self->count, count != NULL ? count : "");
  gtk_widget_set_sensitive (self->previous, self->found->len > 0 && self->shown > 0);
  gtk_widget_set_sensitive (self->next, self->shown + 1 < self->found->len);
}

static void
show (DadamFindBar *self, guint i)
{
  if (i >= self->found->len)
    return;
  self->shown = i;
  update (self, TRUE);
  g_signal_emit (self, signals[FOUND], 0, g_array_index (self->found, guint, i));
}

static void
previous_cb (DadamFindBar *self)
{
  if (self->shown > 0)
    show (self, self->shown - 1);
}

static void
next_cb (DadamFindBar *self)
{
  show (self, self->shown + 1);
}

static void
find (DadamFindBar *self, DadamQuery *query)
{
  guint n = self->messages != NULL ? g_list_model_get_n_items (self->messages) : 0;

  g_array_set_size (self->found, 0);
  self->shown = 0;
  for (guint i = 0; i < n && !dadam_query_is_empty (query); i++) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (self->messages, i);

    if (dadam_message_get_veil (message) != DADAM_VEIL_ALL
        && dadam_query_matches (query, dadam_message_get_text (message)))
      g_array_append_val (self->found, i);
  }
}

static void
changed_cb (DadamFindBar *self)
{
  g_autofree char *sought = dadam_composed_join (self->entry, self->composed);
  g_autoptr (DadamQuery) query = NULL;

  if (!gtk_search_bar_get_search_mode (self->bar)) {
    g_signal_emit (self, signals[SOUGHT], 0, NULL);
    return;
  }
  g_signal_emit (self, signals[SOUGHT], 0, sought);
  query = dadam_query_new (sought);
  find (self, query);
  update (self, !dadam_query_is_empty (query));
  show (self, self->found->len - 1);
}

static void
composed_cb (DadamFindBar *self, const char *composed)
{
  g_set_str (&self->composed, composed);
  changed_cb (self);
}

/* Messages came or went: what was found stands elsewhere. */
static void
messages_changed_cb (DadamFindBar *self)
{
  g_autofree char *sought = dadam_composed_join (self->entry, self->composed);
  g_autoptr (DadamQuery) query = dadam_query_new (sought);
  guint shown = self->shown;

  if (!gtk_search_bar_get_search_mode (self->bar))
    return;
  find (self, query);
  self->shown = self->found->len > 0 ? MIN (shown, self->found->len - 1) : 0;
  update (self, !dadam_query_is_empty (query));
}

static void
release (DadamFindBar *self)
{
  if (self->messages != NULL)
    g_signal_handlers_disconnect_by_data (self->messages, self);
  g_clear_object (&self->messages);
}

static void
dadam_find_bar_dispose (GObject *object)
{
  DadamFindBar *self = DADAM_FIND_BAR (object);

  release (self);
  adw_bin_set_child (ADW_BIN (self), NULL); /* a bin does not see its template let go */
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_FIND_BAR);

  G_OBJECT_CLASS (dadam_find_bar_parent_class)->dispose (object);
}

static void
dadam_find_bar_finalize (GObject *object)
{
  DadamFindBar *self = DADAM_FIND_BAR (object);

  g_array_unref (self->found);
  g_free (self->composed);

  G_OBJECT_CLASS (dadam_find_bar_parent_class)->finalize (object);
}

static void
dadam_find_bar_class_init (DadamFindBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_find_bar_dispose;
  G_OBJECT_CLASS (klass)->finalize = dadam_find_bar_finalize;

  signals[FOUND] = g_signal_new ("found", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[SOUGHT] = g_signal_new ("sought", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-find-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamFindBar, bar);
  gtk_widget_class_bind_template_child (widget_class, DadamFindBar, entry);
  gtk_widget_class_bind_template_child (widget_class, DadamFindBar, count);
  gtk_widget_class_bind_template_child (widget_class, DadamFindBar, previous);
  gtk_widget_class_bind_template_child (widget_class, DadamFindBar, next);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, previous_cb);
  gtk_widget_class_bind_template_callback (widget_class, next_cb);
  gtk_widget_class_bind_template_callback (widget_class, dadam_find_bar_close);
}

static void
dadam_find_bar_init (DadamFindBar *self)
{
  self->found = g_array_new (FALSE, FALSE, sizeof (guint));
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_search_bar_connect_entry (self->bar, self->entry);
  g_signal_connect_object (gtk_editable_get_delegate (self->entry), "preedit-changed",
                           G_CALLBACK (composed_cb), self, G_CONNECT_SWAPPED);
  update (self, FALSE);
}

/* #DadamMessage objects, in which is found from now on. */
void
dadam_find_bar_set_messages (DadamFindBar *self, GListModel *messages)
{
  g_return_if_fail (DADAM_IS_FIND_BAR (self));

  release (self);
  self->messages = g_object_ref (messages);
  g_signal_connect_swapped (messages, "items-changed", G_CALLBACK (messages_changed_cb), self);
}

/* Lets the user write what to find. */
void
dadam_find_bar_open (DadamFindBar *self)
{
  g_return_if_fail (DADAM_IS_FIND_BAR (self));

  gtk_search_bar_set_search_mode (self->bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
}

void
dadam_find_bar_close (DadamFindBar *self)
{
  g_return_if_fail (DADAM_IS_FIND_BAR (self));

  gtk_search_bar_set_search_mode (self->bar, FALSE);
}
