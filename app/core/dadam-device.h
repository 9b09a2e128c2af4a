/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a device of this computer is: facts to show, as they were when the list
 * of devices was made.  Owns no device.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

struct dd_engine;

#define DADAM_TYPE_DEVICE (dadam_device_get_type ())

G_DECLARE_FINAL_TYPE (DadamDevice, dadam_device, DADAM, DEVICE, GObject)

DadamDevice *dadam_device_new (struct dd_engine *engine, gsize index);
DadamDevice *dadam_device_find (GListModel *devices, const char *name);
const char *dadam_device_get_id (DadamDevice *self);
const char *dadam_device_get_key (DadamDevice *self);
const char *dadam_device_get_uuid (DadamDevice *self);
const char *dadam_device_get_name (DadamDevice *self);
char *dadam_device_get_caption (DadamDevice *self);
const char *dadam_device_get_features (DadamDevice *self);
const char *dadam_device_get_problem (DadamDevice *self);
gboolean dadam_device_is_card (DadamDevice *self);
gboolean dadam_device_is_offered (DadamDevice *self);
gboolean dadam_device_is_distrusted (DadamDevice *self);
guint64 dadam_device_get_memory (DadamDevice *self);
int dadam_device_get_threads (DadamDevice *self);

char *dadam_device_word_nvidia (const char *driver_file, const char *sandbox_file);

G_END_DECLS
