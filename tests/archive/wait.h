/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Waiting for what comes by the main loop, for tests without a loop of their own.
 */
#pragma once

#include <gio/gio.h>

#include "../check.h"

/* Until the condition holds; what does not come in a minute will not come. */
#define WAIT_FOR(condition)                                                                        \
  do {                                                                                             \
    guint timer_ = g_timeout_add (60 * 1000, wait_timeout_cb, (gpointer) #condition);              \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (timer_);                                                                      \
  } while (0)

static inline gboolean
wait_timeout_cb (gpointer what)
{
  fprintf (stderr, "waited in vain for %s\n", (const char *) what);
  exit (1);
}

static inline void
wait_result_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  (void) object;
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* A call that takes a callback and its data last; then its result. */
#define WAIT_CALL(result_, call_, ...)                                                             \
  do {                                                                                             \
    result_ = NULL;                                                                                \
    call_ (__VA_ARGS__, wait_result_cb, &result_);                                                 \
    WAIT_FOR (result_ != NULL);                                                                    \
  } while (0)
