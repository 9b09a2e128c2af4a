/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The downloads, in their order, one at a time: a list of DadamDownload.  It is
 * what the store's folder says of files that are not whole, so it survives
 * everything that the folder survives.
 */
#pragma once

#include "dadam-download.h"

G_BEGIN_DECLS

typedef enum {
  DADAM_QUEUE_HOLD_NONE,
  DADAM_QUEUE_HOLD_NETWORK, /* is away */
  DADAM_QUEUE_HOLD_METERED, /* the network is there, but may cost money */
  DADAM_QUEUE_HOLD_SLEEP,   /* of the computer, which is near */
} DadamQueueHold;

GType dadam_queue_hold_get_type (void);
#define DADAM_TYPE_QUEUE_HOLD (dadam_queue_hold_get_type ())

#define DADAM_TYPE_QUEUE (dadam_queue_get_type ())

G_DECLARE_FINAL_TYPE (DadamQueue, dadam_queue, DADAM, QUEUE, GObject)

DadamQueue *dadam_queue_new (DadamHub *hub, DadamStore *store);
void dadam_queue_restore (DadamQueue *self);
DadamDownload *dadam_queue_add (DadamQueue *self, const DadamFacts *facts, GError **error);
gboolean dadam_queue_remove (DadamQueue *self, DadamDownload *download, GError **error);
gboolean dadam_queue_is_at_rest (DadamQueue *self);
void dadam_queue_resume (DadamQueue *self, DadamDownload *download);
void dadam_queue_stop (DadamQueue *self);
gboolean dadam_queue_is_active (DadamQueue *self);
DadamQueueHold dadam_queue_get_hold (DadamQueue *self);
void dadam_queue_set_metered_allowed (DadamQueue *self, gboolean allowed);

G_END_DECLS
