/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Code is a plain label until it comes near the part of the list that is seen; then
 * it becomes a source view, which is dear to make but highlights, and takes what is
 * appended without laying out the rest anew.
 */
#include "config.h"

#include "dadam-code-block.h"

#include <adwaita.h>
#include <gtksourceview/gtksource.h>

struct _DadamCodeBlock {
  GtkBox parent_instance;

  /* Template. */
  GtkLabel *language;
  GtkScrolledWindow *scroller;
  GtkLabel *label; /* %NULL once there is a view */

  char *name;              /* owned: of the language, or %NULL */
  GtkSourceBuffer *buffer; /* owned; %NULL: the label shows the code */
  GtkAdjustment *seen;     /* owned: of the list around, while there is no view */
  guint look_source;
};

G_DEFINE_FINAL_TYPE (DadamCodeBlock, dadam_code_block, GTK_TYPE_BOX)

/* ---- the source view --------------------------------------------------- */

/* What people write behind the fence where the highlighter calls it otherwise. */
static const char *
usual_name (const char *name)
{
  static const char *const names[][2] = {
    { "bash", "sh" },          { "c#", "c-sharp" }, { "c++", "cpp" },
    { "csharp", "c-sharp" },   { "golang", "go" },  { "javascript", "js" },
    { "objective-c", "objc" }, { "py", "python3" }, { "python", "python3" },
    { "shell", "sh" },         { "zsh", "sh" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (names[i][0], name) == 0)
      return names[i][1];

  return name;
}

static GtkSourceLanguage *
find_language (const char *name)
{
  GtkSourceLanguageManager *manager = gtk_source_language_manager_get_default ();
  g_autofree char *lower = NULL;
  g_autofree char *file = NULL;
  GtkSourceLanguage *language;

  if (name == NULL)
    return NULL;
  lower = g_ascii_strdown (usual_name (name), -1);
  language = gtk_source_language_manager_get_language (manager, lower);
  if (language != NULL)
    return language;
  file = g_strdup_printf ("a.%s", lower);

  return gtk_source_language_manager_guess_language (manager, file, NULL);
}

static void
follow_style (DadamCodeBlock *self)
{
  gboolean is_dark = adw_style_manager_get_dark (adw_style_manager_get_default ());

  gtk_source_buffer_set_style_scheme (
      self->buffer,
      gtk_source_style_scheme_manager_get_scheme (gtk_source_style_scheme_manager_get_default (),
                                                  is_dark ? "Adwaita-dark" : "Adwaita"));
}

static void
create_view (DadamCodeBlock *self)
{
  g_autofree char *text = g_strdup (gtk_label_get_text (self->label));
  GtkWidget *view;

  self->buffer = gtk_source_buffer_new (NULL);
  gtk_text_buffer_set_enable_undo (GTK_TEXT_BUFFER (self->buffer), FALSE);
  gtk_source_buffer_set_highlight_matching_brackets (self->buffer, FALSE);
  gtk_source_buffer_set_language (self->buffer, find_language (self->name));
  gtk_text_buffer_set_text (GTK_TEXT_BUFFER (self->buffer), text, -1);
  follow_style (self);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark",
                           G_CALLBACK (follow_style), self, G_CONNECT_SWAPPED);

  view = gtk_source_view_new_with_buffer (self->buffer);
  gtk_text_view_set_editable (GTK_TEXT_VIEW (view), FALSE);
  gtk_text_view_set_cursor_visible (GTK_TEXT_VIEW (view), FALSE);
  gtk_text_view_set_monospace (GTK_TEXT_VIEW (view), TRUE);
  gtk_text_view_set_top_margin (GTK_TEXT_VIEW (view), 3);
  gtk_text_view_set_bottom_margin (GTK_TEXT_VIEW (view), 12);
  gtk_text_view_set_left_margin (GTK_TEXT_VIEW (view), 12);
  gtk_text_view_set_right_margin (GTK_TEXT_VIEW (view), 12);
  gtk_text_view_set_pixels_below_lines (GTK_TEXT_VIEW (view), 3);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  gtk_label_get_text (self->language), -1);
  self->label = NULL;
  gtk_scrolled_window_set_child (self->scroller, view);
}

/* ---- being near what is seen ------------------------------------------- */

static gboolean
is_near (DadamCodeBlock *self)
{
  GtkWidget *list = gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_SCROLLED_WINDOW);
  graphene_rect_t bounds;
  float page;

  if (list == NULL || !gtk_widget_compute_bounds (GTK_WIDGET (self), list, &bounds))
    return list == NULL;
  page = (float) gtk_widget_get_height (list);

  return bounds.size.height > 0 && bounds.origin.y < 2 * page
         && bounds.origin.y + bounds.size.height > -page;
}

static void
stop_looking (DadamCodeBlock *self)
{
  if (self->seen != NULL)
    g_signal_handlers_disconnect_by_data (self->seen, self);
  g_clear_object (&self->seen);
  g_clear_handle_id (&self->look_source, g_source_remove);
}

static gboolean
look_cb (gpointer user_data)
{
  DadamCodeBlock *self = DADAM_CODE_BLOCK (user_data);

  self->look_source = 0;
  if (is_near (self)) {
    stop_looking (self);
    create_view (self);
  }

  return G_SOURCE_REMOVE;
}

/* After the list has been laid out; it moves in the middle of that. */
static void
look_soon (DadamCodeBlock *self)
{
  if (self->look_source == 0)
    self->look_source = g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, look_cb, self, NULL);
}

static void
dadam_code_block_map (GtkWidget *widget)
{
  DadamCodeBlock *self = DADAM_CODE_BLOCK (widget);
  GtkWidget *list = gtk_widget_get_ancestor (widget, GTK_TYPE_SCROLLED_WINDOW);

  GTK_WIDGET_CLASS (dadam_code_block_parent_class)->map (widget);

  if (self->buffer != NULL)
    return;
  if (list != NULL) {
    g_set_object (&self->seen, gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (list)));
    g_signal_connect_swapped (self->seen, "value-changed", G_CALLBACK (look_soon), self);
    g_signal_connect_swapped (self->seen, "changed", G_CALLBACK (look_soon), self);
  }
  look_soon (self);
}

static void
dadam_code_block_unmap (GtkWidget *widget)
{
  stop_looking (DADAM_CODE_BLOCK (widget));

  GTK_WIDGET_CLASS (dadam_code_block_parent_class)->unmap (widget);
}

/* ---- the class --------------------------------------------------------- */

static char *
get_text (DadamCodeBlock *self)
{
  GtkTextIter start, end;

  if (self->buffer == NULL)
    return g_strdup (gtk_label_get_text (self->label));
  gtk_text_buffer_get_bounds (GTK_TEXT_BUFFER (self->buffer), &start, &end);

  return gtk_text_buffer_get_text (GTK_TEXT_BUFFER (self->buffer), &start, &end, TRUE);
}

static void
copy_cb (DadamCodeBlock *self)
{
  g_autofree char *text = get_text (self);

  gtk_widget_activate_action (GTK_WIDGET (self), "win.copy", "s", text);
}

static void
dadam_code_block_dispose (GObject *object)
{
  DadamCodeBlock *self = DADAM_CODE_BLOCK (object);

  stop_looking (self);
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_CODE_BLOCK);
  g_clear_object (&self->buffer);
  g_clear_pointer (&self->name, g_free);

  G_OBJECT_CLASS (dadam_code_block_parent_class)->dispose (object);
}

static void
dadam_code_block_class_init (DadamCodeBlockClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_code_block_dispose;
  widget_class->map = dadam_code_block_map;
  widget_class->unmap = dadam_code_block_unmap;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-code-block.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamCodeBlock, language);
  gtk_widget_class_bind_template_child (widget_class, DadamCodeBlock, scroller);
  gtk_widget_class_bind_template_child (widget_class, DadamCodeBlock, label);
  gtk_widget_class_bind_template_callback (widget_class, copy_cb);
}

static void
dadam_code_block_init (DadamCodeBlock *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* What a language is called; by its own name where the highlighter knows it. */
static const char *
language_title (const char *name)
{
  GtkSourceLanguage *language = find_language (name);

  return language != NULL ? gtk_source_language_get_name (language) : name;
}

/**
 * dadam_code_block_new:
 * @language: (nullable): as it was written behind the fence
 */
DadamCodeBlock *
dadam_code_block_new (const char *language)
{
  DadamCodeBlock *self = g_object_new (DADAM_TYPE_CODE_BLOCK, NULL);

  self->name = g_strdup (language);
  if (language != NULL)
    gtk_label_set_text (self->language, language_title (language));

  return self;
}

/* What was set before usually goes on: then only the rest is put in. */
void
dadam_code_block_set_text (DadamCodeBlock *self, const char *text)
{
  g_autofree char *before = NULL;
  GtkTextIter end;

  g_return_if_fail (DADAM_IS_CODE_BLOCK (self));

  if (self->buffer == NULL) {
    gtk_label_set_text (self->label, text);
    return;
  }
  before = get_text (self);
  if (!g_str_has_prefix (text, before)) {
    gtk_text_buffer_set_text (GTK_TEXT_BUFFER (self->buffer), text, -1);
    return;
  }
  gtk_text_buffer_get_end_iter (GTK_TEXT_BUFFER (self->buffer), &end);
  gtk_text_buffer_insert (GTK_TEXT_BUFFER (self->buffer), &end, text + strlen (before), -1);
}
