/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the engine says of a model's file, or of its first bytes alone: whether it
 * is a model, and whether and how this computer can run it; and of which families
 * models run at all.  Blocks; any thread.
 */
#pragma once

#include "dadam-engine.h"

G_BEGIN_DECLS

GStrv dadam_engine_list_families (void);
gboolean dadam_engine_knows_family (const char *name);

/* From best to worst. */
typedef enum {
  DADAM_RUNS_ON_GPU,
  DADAM_RUNS_ON_BOTH,
  DADAM_RUNS_ON_CPU,
  DADAM_RUNS_TOO_BIG,
  DADAM_RUNS_NOT, /* the engine does not know how */
} DadamRuns;

/* The dry run of loading. */
typedef struct {
  DadamRuns runs;
  char *problem;      /* why not, or %NULL */
  char *family;
  char *type;         /* that most weights have */
  gint64 parameters;
  gint64 context;     /* tokens it was made for */
  guint64 weights, cache, activations; /* bytes */
  guint64 available;  /* bytes that are free on the devices */
  guint64 token_bytes; /* of weights that one token reads */
  double speed;        /* tokens a second to expect; 0: unknown */
} DadamDryRun;

DadamDryRun *dadam_dry_run (DadamEngine *engine,
                            gconstpointer bytes,
                            gsize length,
                            gint64 file_size,
                            GError **error);
void dadam_dry_run_free (DadamDryRun *self);
gboolean dadam_engine_file_check (const char *path, gboolean part_of_split, GError **error);

/* A line of a table. */
typedef struct {
  char *name;
  char *text;
} DadamLine;

/* All that a file says of itself. */
typedef struct {
  char *family, *name, *type;
  char *format; /* the prompt format it is known to want, or %NULL */
  gint64 parameters, context, vocabulary;
  int layers;
  GPtrArray *keys;    /* of DadamLine: the metadata */
  GPtrArray *types;   /* of DadamLine: of the weights */
  GPtrArray *tensors; /* of DadamLine */
} DadamFileDetails;

DadamFileDetails *dadam_file_details_read (const char *path, GError **error);
void dadam_file_details_free (DadamFileDetails *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamDryRun, dadam_dry_run_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamFileDetails, dadam_file_details_free)

G_END_DECLS
