/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The insides of the public nouns, shared by the engine*.c files, and two more
 * doors that tests use: an engine with devices of their own, and a file in
 * memory.
 */
#pragma once

#include "dadam/engine.h"
#include "device/cpu/cpu.h"
#include "device/vulkan/vulkan.h"
#include "gguf/reader.h"
#include "run/scheduler.h"
#include "text/format.h"

/* How a Vulkan device is opened. */
typedef struct dd_vulkan_source {
  const struct dd_engine *engine; /* borrowed */
  dd_vulkan *vulkan; /* borrowed; NULL: there is none … */
  dd_error problem;  /* … for this reason */
  int number;
  dd_vulkan_info info;
} dd_vulkan_source;

struct dd_engine {
  /* owned */
  dd_vulkan *vulkan;            /* NULL where there is no loader */
  dd_devices devices;
  dd_runner runner;
  /* state */
  dd_vulkan_source gpus[DD_VULKAN_DEVICES];
  int n_gpus;
  dd_trust_fn trust;            /* NULL: every card is trusted */
  void *trust_user;
  dd_cpu_options cpu;           /* with which the CPU is opened */
  dd_caps caps[DD_SOURCES];     /* as last shown */
  dd_error problems[DD_SOURCES];
};

struct dd_file {
  /* owned */
  dd_gguf *gguf;
  char *family, *name;
  dd_vocab *vocab;              /* opened by the first who tokenises */
  pthread_mutex_t mutex;        /* guards `vocab` */
  /* state */
  dd_file_info info;
};

struct dd_model {
  /* borrowed */
  dd_engine *engine;
  /* owned */
  dd_file *file;
  dd_vocab *vocab;
  dd_plan *plan;
  dd_ready *ready;
  char device[256];
  /* state */
  dd_model_info info;
};

/* The graphics cards (engine_cards.c): fills `engine->gpus`, at least one, so that
 * whoever names one is told why it is not there; appends those of the kinds from
 * `first` to `last` as sources; whether source `i` is one; and what it is. */
void dd_cards_list (dd_engine *engine, const dd_engine_options *options);
int dd_cards_add (dd_engine *engine,
                  dd_source *out,
                  int n,
                  dd_vulkan_kind first,
                  dd_vulkan_kind last);
bool dd_cards_has (const dd_engine *engine, size_t i);
/* False: it cannot be used, and engine->problems[i] says why. */
bool dd_cards_describe (dd_engine *engine, size_t i, dd_device_info *out);

/* An engine with these devices in place of the machine's. */
DD_MUST_CHECK bool dd_engine_open_with (const dd_engine_options *options,
                                        const dd_source *sources,
                                        int n_sources,
                                        dd_engine **out,
                                        dd_error *error);

/* A file of what has been read already and is now its own, also on failure. */
DD_MUST_CHECK bool dd_file_new (dd_gguf *gguf, dd_file **out, dd_error *error);

/* Tokens of a text, BOS in front if wanted and the vocabulary adds one. */
DD_MUST_CHECK bool dd_engine_encode (const dd_vocab *vocab,
                                     const char *text,
                                     size_t length,
                                     bool special,
                                     bool begin,
                                     dd_token **tokens,
                                     size_t *n_tokens,
                                     dd_error *error);

/* The tokens of a session that nobody has chosen a length for. */
#define DD_DEFAULT_CONTEXT 8192

/* Fills in the context where it is 0 and checks it against what the model was
 * made for. */
DD_MUST_CHECK bool dd_engine_context (const dd_plan *plan, int64_t *context, dd_error *error);
