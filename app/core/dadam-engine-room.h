/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How much memory is free on the devices of the app's engine, and how much of it models
 * would take.
 */
#pragma once

#include "dadam-engine.h"

#include "dadam/types.h"

G_BEGIN_DECLS

/* Bytes that are free. */
typedef struct {
  guint64 gpu; /* of the graphics card that would be chosen by itself */
  guint64 ram; /* of the computer */

  /* By the engine's number of the device. */
  guint64 free[DD_DEVICES];
  gboolean is_ram[DD_DEVICES]; /* it has no memory but the computer's */
} DadamRoom;

/* A model to be run, and what it would take. */
typedef struct {
  const char *path;    /* %NULL: it is loaded, and what it takes is known */
  const char *devices; /* as the engine reads them; %NULL: the best */
  gint64 context;      /* 0: as the model says */

  guint64 taken[DD_DEVICES]; /* bytes of each device; all 0 where it cannot be run at all */
  guint32 held;   /* a bit for each card that it has memory of, if it is loaded */
  guint32 wanted; /* and for each device that it may use, if its cards have no room for all of it */
} DadamNeed;

void dadam_engine_room_async (DadamEngine *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean dadam_engine_room_finish (DadamEngine *self,
                                   GAsyncResult *result,
                                   DadamRoom *room,
                                   GError **error);
DadamRoom dadam_engine_read_room (DadamEngine *self);
DadamRoom dadam_engine_measure_needs (DadamEngine *self, DadamNeed *needs, guint n);
gboolean dadam_room_has_both (const DadamRoom *room, const DadamNeed *one, const DadamNeed *other);

G_END_DECLS
