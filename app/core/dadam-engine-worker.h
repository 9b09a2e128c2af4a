/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine thread's state, which outlives the DadamEngine for as long as a model is
 * held somewhere: whoever lets go last, the closing happens there.  Only the files of
 * DadamEngine.
 */
#pragma once

#include "dadam-engine-private.h"

#include "dadam/engine.h"
#include "host.h"

G_BEGIN_DECLS

struct _DadamWorker {
  gatomicrefcount refs;
  GAsyncQueue *commands; /* of Command */

  GMutex lock;
  GCond settled; /* opened or failed */
  gboolean is_settled;
  dd_engine *engine; /* %NULL: failed */
  dd_error error;

  GMutex listing; /* held while dd_engine_device() is called, and what it told is read */

  GWeakRef owner; /* the DadamEngine, to tell it things */
  host_watcher watcher;

  int n_users; /* atomic: loads going on and models open, which forbid closing the engine */

  /* The engine thread's own. */
  GHashTable *running; /* session → DadamFailure */
  bool busy;
  gboolean quit;
};

typedef void (*DadamTold) (const dd_card *card, bool begins, void *worker);

DadamWorker *dadam_worker_new (DadamTold told);
DadamWorker *dadam_worker_ref (DadamWorker *worker);
void dadam_worker_unref (DadamWorker *worker);
void dadam_worker_push (DadamWorker *worker, DadamCommand run, gpointer data);
gboolean dadam_worker_wait (DadamWorker *worker);
gpointer dadam_worker_run (gpointer data);
void dadam_worker_quit (DadamWorker *worker);
void dadam_worker_post (GMainContext *context,
                        GSourceFunc func,
                        gpointer data,
                        GDestroyNotify notify);

DadamWorker *dadam_engine_get_worker (DadamEngine *self);
void dadam_engine_list_devices (DadamWorker *worker);
DadamLoaded *dadam_loaded_new (DadamWorker *worker, dd_model *model);

G_END_DECLS
