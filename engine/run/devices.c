/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names to devices.
 */
#include "run/devices.h"

#include <string.h>

bool
dd_devices_init (dd_devices *devices, const dd_source *sources, int count, dd_error *error)
{
  memset (devices, 0, sizeof *devices);
  if (count < 1 || count > DD_SOURCES)
    return dd_fail (error, DD_ERROR_ARGUMENT, "an engine has 1 to %d devices, not %d", DD_SOURCES,
                    count);
  if (pthread_mutex_init (&devices->mutex, NULL) != 0)
    return dd_fail_memory (error, "the list of devices");
  if (pthread_rwlock_init (&devices->in_use, NULL) != 0) {
    pthread_mutex_destroy (&devices->mutex);
    return dd_fail_memory (error, "the list of devices");
  }
  memcpy (devices->sources, sources, (size_t) count * sizeof *sources);
  devices->count = count;
  return true;
}

void
dd_devices_clear (dd_devices *devices)
{
  if (devices->count == 0)
    return;
  for (int i = 0; i < devices->count; i++)
    dd_device_free (&devices->opened[i]);
  pthread_rwlock_destroy (&devices->in_use);
  pthread_mutex_destroy (&devices->mutex);
  devices->count = 0;
}

bool
dd_devices_get (dd_devices *devices, int source, dd_device **out, dd_error *error)
{
  const dd_source *from = &devices->sources[source];
  bool ok = true;

  pthread_mutex_lock (&devices->mutex);
  if (devices->opened[source] == NULL)
    ok = from->open (from->user, &devices->opened[source], error);
  *out = ok ? devices->opened[source] : NULL;
  pthread_mutex_unlock (&devices->mutex);
  return ok;
}

static bool
trusted (const dd_source *source, uint64_t types, bool test, dd_error *error)
{
  return source->trust == NULL || source->trust (source->user, types, test, error);
}

/* The first device that can be used, and the one that takes the rest; the error is
 * the last one's. */
static bool
choose_best (dd_devices *devices, uint64_t types, bool test, dd_chosen *out, dd_error *error)
{
  dd_device *device;
  dd_error problem = { 0 };
  bool tried = false;

  for (int i = 0; i < devices->count && out->count < DD_PLACES; i++) {
    const dd_source *source = &devices->sources[i];

    if (source->hidden || (out->count > 0 && !source->takes_rest))
      continue;
    tried = true;
    if (trusted (source, types, test, &problem) && dd_devices_get (devices, i, &device, &problem))
      out->sources[out->count++] = i;
    else if (out->passed_over[0] == '\0')
      memcpy (out->passed_over, problem.text, sizeof out->passed_over);
  }
  if (out->count > 0)
    return true;
  if (!tried)
    return dd_fail (error, DD_ERROR_UNSUPPORTED, "there is no device to run a model on");
  *error = problem;
  return false;
}

static bool
unknown_device (const dd_devices *devices, const char *name, size_t length, dd_error *error)
{
  char known[256] = "";

  for (int i = 0; i < devices->count; i++) {
    size_t used = strlen (known);

    if (used + strlen (devices->sources[i].id) + 3 > sizeof known)
      break;
    if (used > 0)
      strcat (known, ", ");
    strcat (known, devices->sources[i].id);
  }
  return dd_fail (error, DD_ERROR_NO_DEVICE, "no device is called “%.*s”; there is: %s",
                  (int) (length < 64 ? length : 64), name, known);
}

static bool
is_called (const char *known, const char *name, size_t length)
{
  return known != NULL && strlen (known) == length && memcmp (known, name, length) == 0;
}

static int
find_source (const dd_devices *devices, const char *name, size_t length)
{
  for (int i = 0; i < devices->count; i++)
    if (is_called (devices->sources[i].id, name, length)
        || is_called (devices->sources[i].uuid, name, length))
      return i;
  return -1;
}

/* One name of a list. */
static bool
parse_name (dd_devices *devices, const char *name, size_t length, dd_chosen *out, dd_error *error)
{
  int source;

  if (length == 0)
    return dd_fail (
        error, DD_ERROR_ARGUMENT,
        "a name is missing in the list of devices; write names with commas between them");
  source = find_source (devices, name, length);
  if (source < 0)
    return unknown_device (devices, name, length, error);
  for (int i = 0; i < out->count; i++)
    if (out->sources[i] == source)
      return dd_fail (error, DD_ERROR_ARGUMENT, "device %s is named twice; name it once",
                      devices->sources[source].id);
  if (out->count == DD_PLACES)
    return dd_fail (error, DD_ERROR_ARGUMENT, "a model runs on at most %d devices", DD_PLACES);
  out->sources[out->count++] = source;
  return true;
}

static bool
parse_list (dd_devices *devices, const char *list, dd_chosen *out, dd_error *error)
{
  for (;;) {
    size_t length = strcspn (list, ",");

    if (!parse_name (devices, list, length, out, error))
      return false;
    if (list[length] == '\0')
      return true;
    list += length + 1;
  }
}

bool
dd_devices_choose (dd_devices *devices,
                   const char *list,
                   uint64_t types,
                   bool test,
                   dd_chosen *out,
                   dd_error *error)
{
  dd_device *device;

  *out = (dd_chosen) { 0 };
  if (list == NULL || *list == '\0')
    return choose_best (devices, types, test, out, error);
  if (!parse_list (devices, list, out, error))
    return false;
  for (int i = 0; i < out->count; i++)
    if (!trusted (&devices->sources[out->sources[i]], types, test, error)
        || !dd_devices_get (devices, out->sources[i], &device, error)) {
      if (error->code == DD_ERROR_UNSUPPORTED)
        error->code = DD_ERROR_NO_DEVICE;
      return false;
    }
  return true;
}

bool
dd_devices_reopen (dd_devices *devices, int source, dd_error *error)
{
  dd_device *device;

  pthread_mutex_lock (&devices->mutex);
  dd_device_free (&devices->opened[source]);
  pthread_mutex_unlock (&devices->mutex);
  return dd_devices_get (devices, source, &device, error);
}
