/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Shows choices and takes them as they are changed.  Those of a conversation lie over
 * those of its model: what is as there is not kept.  Under the prompt format is the
 * very text that the model would be sent.
 */
#include "config.h"

#include "dadam-choices-dialog.h"

#include <glib/gi18n.h>

#include "dadam-hangul.h"
#include "dadam-session.h"

#define PREVIEW_DELAY_MS 300
#define LONGEST_PREVIEW 8000 /* bytes; the end is what matters */

typedef struct {
  const char *title;
  const char *subtitle;
  gsize offset; /* in DadamChoices */
  double least;
  double most;
  double step;
  guint digits; /* 0: a gint64 */
  gboolean of_model; /* alone */
} Row;

static const Row rows[] = {
  { N_ ("Temperature"), N_ ("Higher is livelier; 0 always takes the likeliest word"),
    G_STRUCT_OFFSET (DadamChoices, temperature), 0, 2, 0.05, 2, FALSE },
  { N_ ("Top K"), N_ ("Draws from so many of the likeliest words; 0 is off"),
    G_STRUCT_OFFSET (DadamChoices, top_k), 0, 1000, 1, 0, FALSE },
  { N_ ("Top P"), N_ ("Draws from the likeliest words that together have this share; 1 is off"),
    G_STRUCT_OFFSET (DadamChoices, top_p), 0.05, 1, 0.05, 2, FALSE },
  { N_ ("Min P"), N_ ("Leaves out words less likely than this share of the likeliest; 0 is off"),
    G_STRUCT_OFFSET (DadamChoices, min_p), 0, 1, 0.01, 2, FALSE },
  { N_ ("Repeat Penalty"), N_ ("Makes words said before less likely; 1 is off"),
    G_STRUCT_OFFSET (DadamChoices, repeat_penalty), 0.5, 2, 0.05, 2, FALSE },
  { N_ ("Frequency Penalty"), N_ ("The same, the more often a word was said; 0 is off"),
    G_STRUCT_OFFSET (DadamChoices, frequency_penalty), -2, 2, 0.05, 2, FALSE },
  { N_ ("Presence Penalty"), N_ ("The same, however often; 0 is off"),
    G_STRUCT_OFFSET (DadamChoices, presence_penalty), -2, 2, 0.05, 2, FALSE },
  { N_ ("Seed"), N_ ("The same one gives the same answer; −1 takes another each time"),
    G_STRUCT_OFFSET (DadamChoices, seed), -1, 4294967295.0, 1, 0, FALSE },
  { N_ ("Longest Answer"), N_ ("In tokens; 0 goes on until the context is full"),
    G_STRUCT_OFFSET (DadamChoices, max_tokens), 0, 131072, 64, 0, FALSE },
  { N_ ("Context Length"),
    N_ ("In tokens, from the next loading on; 0 is what the model was made for, at most 8192"),
    G_STRUCT_OFFSET (DadamChoices, context), 0, 131072, 1024, 0, TRUE },
};

struct _DadamChoicesDialog {
  AdwDialog parent_instance;

  /* Template. */
  GtkTextBuffer *system;
  AdwPreferencesGroup *system_group;
  AdwComboRow *format;
  GtkLabel *preview;
  AdwPreferencesGroup *numbers;
  GtkWidget *spins[G_N_ELEMENTS (rows)]; /* borrowed; %NULL: not shown */

  /* Owned. */
  DadamModel *model;
  DadamConversation *conversation; /* %NULL: the settings are the model's */
  DadamChoices *base;
  DadamChoices *choices;
  GCancellable *cancellable; /* of the preview that is being made */
  char *draft;

  guint preview_source;
  gboolean is_showing; /* widgets are filled, not changed */
};

G_DEFINE_FINAL_TYPE (DadamChoicesDialog, dadam_choices_dialog, ADW_TYPE_DIALOG)

/* ---- the preview ------------------------------------------------------- */

static void
show_preview (DadamChoicesDialog *self, const char *text)
{
  const char *end = text;

  if (strlen (text) > LONGEST_PREVIEW) {
    end = text + strlen (text) - LONGEST_PREVIEW;
    end = g_utf8_find_next_char (end, NULL);
  }
  gtk_label_set_text (self->preview, end);
}

static void
previewed_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamChoicesDialog) self = DADAM_CHOICES_DIALOG (user_data);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = dadam_session_preview_finish (result, &error);

  if (g_task_get_cancellable (G_TASK (result)) != self->cancellable)
    return;
  g_clear_object (&self->cancellable);
  show_preview (self, text != NULL ? text : error->message);
}

static gboolean
preview_cb (gpointer user_data)
{
  DadamChoicesDialog *self = DADAM_CHOICES_DIALOG (user_data);
  DadamLoaded *loaded = dadam_model_get_loaded (self->model);
  g_autoptr (GListStore) nothing = g_list_store_new (DADAM_TYPE_MESSAGE);
  GListModel *messages = G_LIST_MODEL (nothing);

  self->preview_source = 0;
  if (loaded == NULL || self->choices->format == NULL) {
    show_preview (self, loaded == NULL ? _ ("It can be shown once the model has been loaded.")
                                       : _ ("Choose a prompt format to see it."));
    return G_SOURCE_REMOVE;
  }
  if (self->conversation != NULL && !dadam_conversation_is_answering (self->conversation))
    messages = dadam_conversation_get_messages (self->conversation);
  self->cancellable = g_cancellable_new ();
  dadam_session_preview_async (loaded, messages, self->draft, self->choices, self->cancellable,
                               previewed_cb, g_object_ref (self));

  return G_SOURCE_REMOVE;
}

static void
stop_preview (DadamChoicesDialog *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->preview_source, g_source_remove);
}

static void
preview_soon (DadamChoicesDialog *self)
{
  stop_preview (self);
  self->preview_source = g_timeout_add (PREVIEW_DELAY_MS, preview_cb, self);
}

/* ---- taking what was changed ------------------------------------------- */

static void
keep (DadamChoicesDialog *self)
{
  g_autofree char *json = NULL;

  if (self->is_showing)
    return;
  if (self->conversation != NULL) {
    json = dadam_choices_to_json (self->choices, self->base);
    dadam_conversation_set_settings (self->conversation, g_str_equal (json, "{}") ? NULL : json);
  } else {
    if (self->choices->format != NULL
        && g_strcmp0 (self->choices->format, dadam_model_get_format (self->model)) != 0)
      dadam_model_set_format (self->model, self->choices->format);
    dadam_model_set_choices (self->model, self->choices);
  }
  preview_soon (self);
}

static void
system_changed_cb (DadamChoicesDialog *self)
{
  GtkTextIter start, end;
  g_autofree char *text = NULL;

  gtk_text_buffer_get_bounds (self->system, &start, &end);
  text = g_strstrip (gtk_text_buffer_get_text (self->system, &start, &end, FALSE));
  g_set_str (&self->choices->system, *text != '\0' ? text : NULL);
  keep (self);
}

/* The first row is what the model says, or nothing where it says nothing. */
static void
format_changed_cb (DadamChoicesDialog *self)
{
  guint selected = adw_combo_row_get_selected (self->format);
  const char *format = self->base->format;

  if (self->is_showing)
    return;
  if (selected > 0)
    format = dadam_engine_get_format (selected - 1, NULL);
  g_set_str (&self->choices->format, format);
  keep (self);
}

static void
number_changed_cb (AdwSpinRow *spin, GParamSpec *pspec, gpointer user_data)
{
  DadamChoicesDialog *self = DADAM_CHOICES_DIALOG (user_data);
  const Row *row = g_object_get_data (G_OBJECT (spin), "row");
  double value = adw_spin_row_get_value (spin);

  if (self->is_showing)
    return;
  if (row->digits == 0)
    G_STRUCT_MEMBER (gint64, self->choices, row->offset) = (gint64) value;
  else
    G_STRUCT_MEMBER (double, self->choices, row->offset) = value;
  keep (self);
}

/* ---- showing ----------------------------------------------------------- */

static guint
find_format (const char *name)
{
  const char *other;

  for (guint i = 0; (other = dadam_engine_get_format (i, NULL)) != NULL; i++)
    if (g_strcmp0 (name, other) == 0)
      return i + 1;

  return 0;
}

static void
show_choices (DadamChoicesDialog *self)
{
  const char *system = self->choices->system;
  gboolean is_base = g_strcmp0 (self->choices->format, self->base->format) == 0;

  self->is_showing = TRUE;
  gtk_text_buffer_set_text (self->system, system != NULL ? system : "", -1);
  adw_combo_row_set_selected (self->format, is_base ? 0 : find_format (self->choices->format));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    double value;

    if (self->spins[i] == NULL)
      continue;
    value = rows[i].digits == 0 ? (double) G_STRUCT_MEMBER (gint64, self->choices, rows[i].offset)
                                : G_STRUCT_MEMBER (double, self->choices, rows[i].offset);
    adw_spin_row_set_value (ADW_SPIN_ROW (self->spins[i]), value);
  }
  self->is_showing = FALSE;
  preview_soon (self);
}

static void
reset_cb (DadamChoicesDialog *self)
{
  dadam_choices_free (self->choices);
  self->choices = dadam_choices_copy (self->base);
  show_choices (self);
  keep (self);
}

static void
list_formats (DadamChoicesDialog *self)
{
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);
  g_autofree char *first = NULL;
  const char *title = NULL;

  if (self->base->format != NULL) {
    dadam_engine_get_format (find_format (self->base->format) - 1, &title);
    /* Translators: a prompt format, which is the one of the model. */
    first = g_strdup_printf (_ ("As the model says (%s)"), title);
  }
  gtk_string_list_append (list, first != NULL ? first : _ ("Not chosen"));
  for (guint i = 0; dadam_engine_get_format (i, &title) != NULL; i++)
    gtk_string_list_append (list, title);
  self->is_showing = TRUE;
  adw_combo_row_set_model (self->format, G_LIST_MODEL (list));
  self->is_showing = FALSE;
}

static void
add_number (DadamChoicesDialog *self, guint i)
{
  const Row *row = &rows[i];
  GtkAdjustment *adjustment = gtk_adjustment_new (0, row->least, row->most, row->step,
                                                  row->step * 10, 0);
  GtkWidget *spin = adw_spin_row_new (adjustment, row->step, row->digits);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (spin), _ (row->title));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (spin), _ (row->subtitle));
  gtk_editable_set_width_chars (GTK_EDITABLE (spin), 6); /* and not of its largest number */
  g_object_set_data (G_OBJECT (spin), "row", (gpointer) row);
  g_signal_connect_object (spin, "notify::value", G_CALLBACK (number_changed_cb), self,
                           G_CONNECT_DEFAULT);
  adw_preferences_group_add (self->numbers, spin);
  dadam_hangul_mend (spin);
  self->spins[i] = spin;
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_choices_dialog_dispose (GObject *object)
{
  DadamChoicesDialog *self = DADAM_CHOICES_DIALOG (object);

  stop_preview (self);
  self->is_showing = TRUE;
  gtk_widget_dispose_template (GTK_WIDGET (object), DADAM_TYPE_CHOICES_DIALOG);
  g_clear_object (&self->model);
  g_clear_object (&self->conversation);
  g_clear_pointer (&self->base, dadam_choices_free);
  g_clear_pointer (&self->choices, dadam_choices_free);
  g_clear_pointer (&self->draft, g_free);

  G_OBJECT_CLASS (dadam_choices_dialog_parent_class)->dispose (object);
}

static void
dadam_choices_dialog_class_init (DadamChoicesDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_choices_dialog_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-choices-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamChoicesDialog, system);
  gtk_widget_class_bind_template_child (widget_class, DadamChoicesDialog, system_group);
  gtk_widget_class_bind_template_child (widget_class, DadamChoicesDialog, format);
  gtk_widget_class_bind_template_child (widget_class, DadamChoicesDialog, preview);
  gtk_widget_class_bind_template_child (widget_class, DadamChoicesDialog, numbers);
  gtk_widget_class_bind_template_callback (widget_class, system_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, format_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, reset_cb);
}

static void
dadam_choices_dialog_init (DadamChoicesDialog *self)
{
  self->is_showing = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
set_up (DadamChoicesDialog *self)
{
  list_formats (self);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (!rows[i].of_model || self->conversation == NULL)
      add_number (self, i);
  dadam_hangul_mend (GTK_WIDGET (self->system_group));
  show_choices (self);
}

/* For all conversations with it that say nothing else. */
DadamChoicesDialog *
dadam_choices_dialog_new_for_model (DadamModel *model)
{
  DadamChoicesDialog *self = g_object_new (DADAM_TYPE_CHOICES_DIALOG, NULL);
  g_autofree char *title = g_markup_escape_text (dadam_model_get_title (model), -1);

  self->model = g_object_ref (model);
  self->choices = dadam_model_get_choices (model);
  self->base = dadam_choices_new ();
  g_set_str (&self->base->format, self->choices->format);
  self->draft = g_strdup (_ ("Hello!"));
  adw_dialog_set_title (ADW_DIALOG (self), _ ("Model Settings"));
  adw_preferences_group_set_description (self->system_group, title);
  set_up (self);

  return self;
}

/**
 * dadam_choices_dialog_new_for_conversation:
 * @conversation: one with a model
 * @draft: what is being written in it
 */
DadamChoicesDialog *
dadam_choices_dialog_new_for_conversation (DadamConversation *conversation, const char *draft)
{
  DadamChoicesDialog *self = g_object_new (DADAM_TYPE_CHOICES_DIALOG, NULL);

  self->conversation = g_object_ref (conversation);
  self->model = g_object_ref (dadam_conversation_get_model (conversation));
  self->choices = dadam_conversation_get_choices (conversation);
  self->base = dadam_conversation_get_usual (conversation);
  self->draft = g_strdup (*draft != '\0' ? draft : _ ("Hello!"));
  adw_preferences_group_set_description (
      self->system_group, _ ("For this conversation alone. What is not changed here is as for the "
                             "model."));
  set_up (self);

  return self;
}
