/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The insides of the store, shared by the dadam-store*.c files.
 */
#pragma once

#include "dadam-store.h"

G_BEGIN_DECLS

#define DADAM_IMPORTS ".imported" /* no owner's name begins with a dot */
#define DADAM_REMOVED ".removed"  /* the ending of what can still be brought back */

struct _DadamInstalled {
  GObject parent_instance;

  /* Owned. */
  char *name; /* what people type; given when all are known */
  char *path;
  char *facts_path; /* %NULL: nothing is written down */
  char *repo;       /* %NULL: imported */
  char *commit;     /* as far as known */
  char *hash;
  char *licence;
  GDateTime *verified;

  gint64 size;
  DadamOrigin origin;
  gboolean missing;
};

struct _DadamStore {
  GObject parent_instance;

  /* Owned. */
  char *root;
  GPtrArray *models; /* of DadamInstalled */

  int lock_fd; /* -1: not ours */
};

void dadam_store_take (DadamStore *self, GPtrArray *found);
gboolean dadam_installed_is_same (DadamInstalled *self, DadamInstalled *other);
GPtrArray *dadam_store_scan (const char *root);
char *dadam_store_scan_repo (const char *root, const char *path);
GPtrArray *dadam_store_scan_unfinished (const char *root);
void dadam_store_scan_shared (GPtrArray *found);
void dadam_store_give_names (GPtrArray *all);
DadamInstalled *dadam_installed_new (const char *path,
                                     const char *repo,
                                     const char *commit,
                                     DadamOrigin origin);

G_END_DECLS
