/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds the settings also in a private prefix that no environment names.
 */
#include "config.h"

#include "dadam-settings.h"

/**
 * dadam_settings_new:
 *
 * Returns: (transfer full): the settings of the program
 */
GSettings *
dadam_settings_new (void)
{
  g_autoptr (GSettingsSchemaSource) source = NULL;
  g_autoptr (GSettingsSchema) schema = NULL;
  GSettingsSchemaSource *parent = g_settings_schema_source_get_default ();

  source = g_settings_schema_source_new_from_directory (DADAM_SCHEMA_DIR, parent, FALSE, NULL);
  if (source == NULL && parent != NULL)
    source = g_settings_schema_source_ref (parent);
  if (source != NULL)
    schema = g_settings_schema_source_lookup (source, DADAM_SCHEMA_ID, TRUE);
  if (schema == NULL)
    g_error ("The settings schema %s is not installed", DADAM_SCHEMA_ID);

  return g_settings_new_full (schema, NULL, NULL);
}

/* Whether models may run on a graphics card: all but the processor were not ruled out. */
gboolean
dadam_settings_may_use_card (GSettings *settings)
{
  g_autofree char *device = g_settings_get_string (settings, DADAM_SETTING_DEVICE);

  return !g_str_equal (device, DADAM_DEVICE_CPU);
}

/* (transfer full): a device as the setting has it, as the engine wants it: a card shares
 * with the processor what does not fit on it.  %NULL: the best. */
char *
dadam_settings_word_devices (const char *device)
{
  if (*device == '\0')
    return NULL;
  if (g_str_equal (device, DADAM_DEVICE_CPU))
    return g_strdup (device);

  return g_strconcat (device, "," DADAM_DEVICE_CPU, NULL);
}

/* The same of the one that the user chose. */
char *
dadam_settings_get_devices (GSettings *settings)
{
  g_autofree char *device = g_settings_get_string (settings, DADAM_SETTING_DEVICE);

  return dadam_settings_word_devices (device);
}

/* What the setting has for a file, or %NULL. */
static char *
get_of_file (GSettings *settings, const char *name, const char *path)
{
  g_autoptr (GVariant) values = g_settings_get_value (settings, name);
  char *value = NULL;

  if (g_variant_lookup (values, path, "s", &value))
    return value;

  return NULL;
}

/* %NULL takes it away. */
static void
set_of_file (GSettings *settings, const char *name, const char *path, const char *new_value)
{
  g_autoptr (GVariant) values = g_settings_get_value (settings, name);
  GVariantBuilder builder;
  GVariantIter iter;
  const char *key, *value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_variant_iter_init (&iter, values);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    if (!g_str_equal (key, path))
      g_variant_builder_add (&builder, "{ss}", key, value);
  if (new_value != NULL)
    g_variant_builder_add (&builder, "{ss}", path, new_value);
  g_settings_set_value (settings, name, g_variant_builder_end (&builder));
}

/* The prompt format that the user chose for a file, or %NULL. */
char *
dadam_settings_get_format (GSettings *settings, const char *path)
{
  return get_of_file (settings, DADAM_SETTING_FORMATS, path);
}

void
dadam_settings_set_format (GSettings *settings, const char *path, const char *format)
{
  set_of_file (settings, DADAM_SETTING_FORMATS, path, format);
}

/* What else the user chose for a file, as dadam_choices_apply() takes it, or %NULL. */
char *
dadam_settings_get_choices (GSettings *settings, const char *path)
{
  return get_of_file (settings, DADAM_SETTING_CHOICES, path);
}

void
dadam_settings_set_choices (GSettings *settings, const char *path, const char *choices)
{
  set_of_file (settings, DADAM_SETTING_CHOICES, path, choices);
}
