/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The names of the settings, and where their schema is.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DADAM_SETTING_WINDOW_SIZE "window-size"
#define DADAM_SETTING_WINDOW_MAXIMIZED "window-maximized"
#define DADAM_SETTING_LAST_MODEL "last-model"
#define DADAM_SETTING_RECENT_MODELS "recent-models"
#define DADAM_SETTING_FORMATS "formats"
#define DADAM_SETTING_CHOICES "choices"
#define DADAM_SETTING_DEVICE "device"
#define DADAM_SETTING_TEXT_ZOOM "text-zoom"
#define DADAM_SETTING_ENTER_SENDS "enter-sends"
#define DADAM_SETTING_UNLOAD_AFTER "unload-after"
#define DADAM_SETTING_COMPARE_MODELS "compare-models"
#define DADAM_SETTING_COMPARE_DEVICES "compare-devices"
#define DADAM_SETTING_COMPARE_CHOICES "compare-choices"
#define DADAM_SETTING_COMPARE_BLIND "compare-blind"
#define DADAM_SETTING_COMPARE_IN_TURNS "compare-in-turns"
#define DADAM_SETTING_COMPARE_SCROLL "compare-scroll-together"

#define DADAM_DEVICE_CPU "cpu" /* a value of the setting; "": the best; else a card's UUID */

GSettings *dadam_settings_new (void);
gboolean dadam_settings_may_use_card (GSettings *settings);
char *dadam_settings_word_devices (const char *device);
char *dadam_settings_get_devices (GSettings *settings);
char *dadam_settings_get_format (GSettings *settings, const char *path);
void dadam_settings_set_format (GSettings *settings, const char *path, const char *format);
char *dadam_settings_get_choices (GSettings *settings, const char *path);
void dadam_settings_set_choices (GSettings *settings, const char *path, const char *choices);

G_END_DECLS
