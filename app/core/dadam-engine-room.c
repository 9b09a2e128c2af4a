/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads the memory of the devices that the engine has opened for the app anyway, and has
 * the dry run of loading say what models would take of it.
 */
#include "config.h"

#include "dadam-engine-room.h"

#include "dadam-engine-worker.h"
#include "dadam-error.h"

/* A card in the processor, or one that the processor poses as, has the computer's memory. */
static gboolean
has_ram (dd_device_kind kind)
{
  return kind != DD_DEVICE_DISCRETE && kind != DD_DEVICE_OTHER;
}

static void
add_device (DadamRoom *room, gsize i, const dd_device_info *info)
{
  guint64 *most = info->kind == DD_DEVICE_CPU ? &room->ram : &room->gpu;

  room->free[i] = info->memory_available;
  room->is_ram[i] = has_ram (info->kind);
  if (!info->hidden && info->problem == NULL)
    *most = MAX (*most, info->memory_available);
}

static DadamRoom
read_room (DadamWorker *worker)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&worker->listing);
  DadamRoom room = { 0 };

  for (gsize i = 0; i < dd_engine_n_devices (worker->engine); i++) {
    dd_device_info info;

    dd_engine_device (worker->engine, i, &info);
    add_device (&room, i, &info);
  }

  return room;
}

static void
room_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  DadamWorker *worker = dadam_engine_get_worker (source);

  if (dadam_worker_wait (worker)) {
    DadamRoom room = read_room (worker);

    g_task_return_pointer (task, g_memdup2 (&room, sizeof room), g_free);
  } else {
    g_task_return_error (task, dadam_error_new_from_engine (&worker->error));
  }
}

/**
 * dadam_engine_room_async:
 *
 * Finds out how much memory is free at the moment.  Opens the engine if nobody has
 * wanted anything of it yet.
 */
void
dadam_engine_room_async (DadamEngine *self,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (DADAM_IS_ENGINE (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, dadam_engine_room_async);
  g_task_run_in_thread (task, room_thread);
}

gboolean
dadam_engine_room_finish (DadamEngine *self, GAsyncResult *result, DadamRoom *room, GError **error)
{
  g_autofree DadamRoom *found = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  found = g_task_propagate_pointer (G_TASK (result), error);
  if (found != NULL)
    *room = *found;

  return found != NULL;
}

/* The same, at once: for tasks beside the main loop.  Nothing is free where the engine could not
 * be opened. */
DadamRoom
dadam_engine_read_room (DadamEngine *self)
{
  DadamWorker *worker = dadam_engine_get_worker (self);

  return dadam_worker_wait (worker) ? read_room (worker) : (DadamRoom) { 0 };
}

/* ---- what models take -------------------------------------------------- */

static void
measure (DadamWorker *worker, DadamNeed *need)
{
  dd_file *file = NULL;
  dd_estimate estimate;
  dd_error error;

  memset (need->taken, 0, sizeof need->taken);
  if (!dd_file_open (need->path, &file, &error))
    return;
  if (dd_file_measure (file, worker->engine, need->devices, need->context, &estimate, &error)) {
    memcpy (need->taken, estimate.taken, sizeof need->taken);
    need->wanted = estimate.card_layers < estimate.layers ? estimate.chosen : 0;
  }
  dd_file_close (&file);
}

/* What a loaded model has of a card's own memory does not count as free.  Its weights in main
 * memory do: the system could take them from it. */
static void
leave_out_cards (const DadamRoom *room, DadamNeed *need)
{
  for (guint i = 0; i < DD_DEVICES; i++)
    if (!room->is_ram[i] && need->taken[i] > 0) {
      need->taken[i] = 0;
      need->held |= 1u << i;
    }
}

/**
 * dadam_engine_measure_needs:
 *
 * What each of several models would still take if it were to be loaded alone.  For tasks
 * beside the main loop, as headers are read.
 *
 * Returns: the memory that is free
 */
DadamRoom
dadam_engine_measure_needs (DadamEngine *self, DadamNeed *needs, guint n)
{
  DadamRoom room = dadam_engine_read_room (self);
  DadamWorker *worker = dadam_engine_get_worker (self);

  for (guint i = 0; i < n; i++) {
    if (needs[i].path == NULL)
      leave_out_cards (&room, &needs[i]);
    else if (worker->engine != NULL)
      measure (worker, &needs[i]);
  }

  return room;
}

/* Takes @bytes off what is @left; whether there was so much. */
static gboolean
take (guint64 *left, guint64 bytes)
{
  if (bytes > *left)
    return FALSE;
  *left -= bytes;

  return TRUE;
}

/* Whether two models can be in memory at once, each on the devices that it would be on if it were
 * alone: what fits only in part on a card of which the other has memory does not count. */
gboolean
dadam_room_has_both (const DadamRoom *room, const DadamNeed *one, const DadamNeed *other)
{
  DadamRoom left = *room;

  if ((one->held & other->wanted) != 0 || (other->held & one->wanted) != 0)
    return FALSE;
  for (guint i = 0; i < DD_DEVICES; i++) {
    if (!take (&left.free[i], one->taken[i]) || !take (&left.free[i], other->taken[i]))
      return FALSE;
    if (room->is_ram[i] && (!take (&left.ram, one->taken[i]) || !take (&left.ram, other->taken[i])))
      return FALSE;
  }

  return TRUE;
}
