/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The thread that owns the base: it does one job after the other, each in a
 * transaction, so what is asked for later sees what was written before.
 */
#pragma once

#include "dadam-base.h"

G_BEGIN_DECLS

typedef struct _DadamScribe DadamScribe;

/* On the scribe's thread, within a transaction, which a failure rolls back. */
typedef gboolean (*DadamJobFunc) (DadamBase *base, gpointer data, GError **error);

DadamScribe *dadam_scribe_new (const char *path);
void dadam_scribe_free (DadamScribe *self);
void dadam_scribe_push (DadamScribe *self,
                        DadamJobFunc func,
                        gpointer data,
                        GDestroyNotify free_data,
                        GTask *task);
void dadam_scribe_push_plain (DadamScribe *self,
                              DadamJobFunc func,
                              gpointer data,
                              GDestroyNotify free_data,
                              GTask *task);
const DadamDamage *dadam_scribe_get_damage (DadamScribe *self);

G_END_DECLS
