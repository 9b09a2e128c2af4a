/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model file that the app knows: what to call it, and whether it is loaded.
 * "changed" is emitted whenever anything here does.
 */
#pragma once

#include "dadam-choices.h"
#include "dadam-engine.h"

G_BEGIN_DECLS

typedef enum {
  DADAM_MODEL_UNLOADED,
  DADAM_MODEL_LOADING,
  DADAM_MODEL_LOADED,
  DADAM_MODEL_FAILED,
} DadamModelState;

#define DADAM_TYPE_MODEL (dadam_model_get_type ())

G_DECLARE_FINAL_TYPE (DadamModel, dadam_model, DADAM, MODEL, GObject)

DadamModel *dadam_model_new (DadamEngine *engine, GSettings *settings, const char *path);
const char *dadam_model_get_path (DadamModel *self);
const char *dadam_model_get_title (DadamModel *self);
const char *dadam_model_get_sha256 (DadamModel *self);
DadamModelState dadam_model_get_state (DadamModel *self);
double dadam_model_get_fraction (DadamModel *self);
const GError *dadam_model_get_error (DadamModel *self);
DadamLoaded *dadam_model_get_loaded (DadamModel *self);
const char *dadam_model_get_device (DadamModel *self);
const char *dadam_model_get_passed_over (DadamModel *self);
void dadam_model_tell_moved (DadamModel *self);
gint64 dadam_model_get_context (DadamModel *self);
const char *dadam_model_get_format (DadamModel *self);
void dadam_model_set_format (DadamModel *self, const char *format);
DadamChoices *dadam_model_get_choices (DadamModel *self);
void dadam_model_set_choices (DadamModel *self, const DadamChoices *choices);
const char *dadam_model_get_own_device (DadamModel *self);
void dadam_model_set_own_device (DadamModel *self, const char *device);
char *dadam_model_get_devices (DadamModel *self);
void dadam_model_begin_use (DadamModel *self);
void dadam_model_end_use (DadamModel *self);
gboolean dadam_model_is_used (DadamModel *self);
void dadam_model_load (DadamModel *self);
void dadam_model_unload (DadamModel *self);

G_END_DECLS
