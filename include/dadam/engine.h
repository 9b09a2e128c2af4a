/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine's one public door.  Four nouns: an engine owns threads and devices,
 * a file is an opened GGUF, a model is a file made ready on devices, a session
 * is one timeline of tokens over a model.
 *
 * Threads: all sessions of an engine are worked on by whichever single thread
 * calls dd_engine_work ("the engine thread"), and everything that takes a
 * session or closes something is called on it.  Exceptions are marked "any
 * thread".  The engine never prints, exits or reads the environment.
 */
#pragma once

#include "dadam/types.h"

typedef struct dd_engine dd_engine;
typedef struct dd_file dd_file;
typedef struct dd_model dd_model;

/* ---- engine and devices ------------------------------------------------ */

typedef struct dd_engine_options {
  int threads;          /* 0: the performance cores */
  const char *without;  /* instruction sets not to use, "avx512,avx-vnni"; NULL: none */
  bool low_priority;    /* compute threads yield to everything else */
  const char *cache;    /* an existing folder to keep compiled programs of graphics cards in;
                           NULL: they are compiled at every start */
  dd_trust_fn trust;    /* asked before a graphics card is used; NULL: all are trusted */
  void *trust_user;
  const char *no_cards; /* why graphics cards are left out, copied: their drivers are not even
                           asked which there are; NULL: they are */
} dd_engine_options;

typedef enum dd_device_kind {
  DD_DEVICE_CPU,
  DD_DEVICE_DISCRETE,   /* a graphics card with memory of its own */
  DD_DEVICE_INTEGRATED,
  DD_DEVICE_OTHER,      /* of a virtual machine, say */
  DD_DEVICE_SOFTWARE,   /* a processor that poses as a graphics card */
  DD_DEVICE_REFERENCE,
} dd_device_kind;

typedef struct dd_device_info {
  const char *id;       /* "cpu", what people type */
  const char *name;     /* the processor's name */
  const char *features;
  const char *driver;   /* name and version; "": none */
  const char *uuid;     /* of a graphics card, may be typed for its id; "": none */
  const char *problem;  /* why it cannot be used; NULL if it can */
  dd_device_kind kind;
  dd_trust trust;       /* in a graphics card, as far as is remembered */
  bool hidden;          /* never chosen unless named: a rasteriser, the reference */
  uint64_t memory_total;
  uint64_t memory_available;
} dd_device_info;

DD_MUST_CHECK bool dd_engine_open (const dd_engine_options *options,
                                   dd_engine **out,
                                   dd_error *error);
/* Every model and session of it is closed before. */
void dd_engine_close (dd_engine **engine);
size_t dd_engine_n_devices (const dd_engine *engine);
/* Strings live as long as the engine.  Memory is read anew.  One thread at a time. */
void dd_engine_device (dd_engine *engine, size_t i, dd_device_info *out);
int dd_engine_threads (const dd_engine *engine);
/* Whether device `i` can be used with weights of every type; asks for trust, which may
 * take long. */
DD_MUST_CHECK bool dd_engine_try_device (dd_engine *engine, size_t i, dd_error *error);

/* What was measured so far on graphics card `i`, to be shown: how long products took in each
 * way, and which is taken.  Returns how many there are, of which the first `room` are written;
 * none of what is no card.  Strings are static. */
size_t dd_engine_trials (dd_engine *engine, size_t i, dd_trial *out, size_t room);

/* Puts the graphics card of that UUID and key to the test, with weights of these types
 * (a mask as dd_trust_fn has it; 0: all).  For a process of its own, as a driver may
 * crash it or never return.  False says what is wrong.  `cache` as above. */
DD_MUST_CHECK bool dd_card_test (const char *uuid,
                                 const char *key,
                                 uint64_t types,
                                 const char *cache,
                                 dd_error *error);

/* ---- files ------------------------------------------------------------- */

/* Opens and checks a GGUF without loading it.  Any thread. */
DD_MUST_CHECK bool dd_file_open (const char *path, dd_file **out, dd_error *error);
/* The same of a file that is somewhere else: its first `size` bytes, which outlive
 * the result, of `file_bytes`.  It can be told of and measured, not run. */
DD_MUST_CHECK bool dd_file_open_header (const void *bytes,
                                        size_t size,
                                        uint64_t file_bytes,
                                        dd_file **out,
                                        dd_error *error);
void dd_file_close (dd_file **file);

typedef struct dd_file_info {
  int version;             /* of GGUF */
  int parts;
  uint64_t bytes;          /* of all parts */
  size_t n_keys, n_tensors;
  const char *family;      /* general.architecture */
  const char *name;        /* general.name, or "" */
  const char *type;        /* the type most weights have, "Q4_K" */
  const char *format;      /* the prompt format detected, or NULL */
  uint64_t parameters;
  int64_t context, vocab, width;
  int layers, heads, kv_heads;
} dd_file_info;

typedef struct dd_key_info {
  char name[128];
  char value[256];         /* as text, long ones cut with "…" */
} dd_key_info;

typedef struct dd_tensor_info {
  char name[80];
  const char *type;
  int n_dims;
  uint64_t dims[4];        /* the contiguous one first */
  uint64_t bytes;
} dd_tensor_info;

/* Strings live as long as the file; unknown facts are 0, NULL or "", and so is everything of a
 * key or tensor that is not there.  Any thread. */
void dd_file_info_get (const dd_file *file, dd_file_info *out);
void dd_file_key (const dd_file *file, size_t i, dd_key_info *out);
void dd_file_tensor (const dd_file *file, size_t i, dd_tensor_info *out);

/* Whether and how the file would run: the dry run of dd_model_open.  `devices`
 * as there; a graphics card that was not tested yet counts as one that will pass.
 * False says why it cannot.  Any thread. */
DD_MUST_CHECK bool dd_file_measure (const dd_file *file,
                                    dd_engine *engine,
                                    const char *devices,
                                    int64_t context,
                                    dd_estimate *out,
                                    dd_error *error);

/* A family of models that runs. */
typedef struct dd_family {
  const char *name;        /* as files call it, in general.architecture */
  const char *also;        /* what hubs call models of it beside that, "mistral"; NULL */
} dd_family;

/* The families, by number; false after the last.  Any thread. */
bool dd_family_get (size_t i, dd_family *out);

/* ---- models ------------------------------------------------------------ */

typedef struct dd_model_options {
  const char *devices;     /* "cpu", "vulkan:0,cpu", a list of ids or UUIDs; NULL: the best */
  int64_t context;         /* most tokens of a session; 0: the model's own, at most 8192 */
  dd_cache_type cache;
  const char *repository;  /* "owner/name" where known, for the prompt format; NULL */
  dd_progress progress;    /* of loading, in bytes; may cancel */
} dd_model_options;

typedef struct dd_model_info {
  const char *name, *family, *type;
  const char *device;      /* what it runs on, as people read it */
  const char *passed_over; /* a better device that is not used, or for less than it was, and why;
                              NULL: none */
  int layers;              /* of the model */
  int card_layers;         /* of them on graphics cards */
  const char *format;      /* prompt format detected; NULL: unknown, to be asked for */
  int64_t context;         /* of a session */
  int64_t trained_context;
  int64_t vocab;
  uint64_t file_bytes;
  dd_memory memory;
  uint64_t taken[DD_DEVICES]; /* bytes of each device, by its number */
} dd_model_info;

/* Any thread; sessions already running go on. */
DD_MUST_CHECK bool dd_model_open (dd_engine *engine,
                                  const char *path,
                                  const dd_model_options *options,
                                  dd_model **out,
                                  dd_error *error);
/* Every session of it is closed before. */
void dd_model_close (dd_model **model);
/* What it runs on may change at a DD_EVENT_MOVED; of a device that was lost for good there is
 * nothing any more.  Any thread until the first session is opened. */
void dd_model_info_get (dd_model *model, dd_model_info *out);

/* Text.  Any thread.  Arrays are freed with dd_engine_free. */

void dd_engine_free (void *memory);

/* With `special`, control tokens written in the text are recognised; with
 * `begin`, BOS is put in front if the model wants it. */
DD_MUST_CHECK bool dd_model_tokenize (const dd_model *model,
                                      const char *text,
                                      size_t length,
                                      bool special,
                                      bool begin,
                                      dd_token **tokens,
                                      size_t *n_tokens,
                                      dd_error *error);
/* The same from a file that is not loaded. */
DD_MUST_CHECK bool dd_file_tokenize (const dd_file *file,
                                     const char *text,
                                     size_t length,
                                     bool special,
                                     bool begin,
                                     dd_token **tokens,
                                     size_t *n_tokens,
                                     dd_error *error);
/* The bytes of a token, control tokens by name; returns how many there are. */
size_t dd_model_piece (const dd_model *model, dd_token token, char *out, size_t room);
bool dd_model_is_end (const dd_model *model, dd_token token);
/* -1: none, or not added. */
dd_token dd_model_begin_token (const dd_model *model);

/* Prompt formats: name and title, NULL past the last. */
const char *dd_format_name (size_t i, const char **title);

typedef struct dd_prompt {
  dd_token *tokens;        /* owned, as the rest; free with dd_prompt_clear */
  size_t n_tokens;
  dd_span *spans;
  size_t n_spans;
  const char *const *stops; /* of the format, NULL-terminated; static */
} dd_prompt;

/* A conversation that ends with the user's message, or with an answer that is to go
 * on, written for the model in the format of that name. */
DD_MUST_CHECK bool dd_model_prompt (const dd_model *model,
                                    const char *format,
                                    const dd_message *messages,
                                    size_t n_messages,
                                    dd_prompt *out,
                                    dd_error *error);
void dd_prompt_clear (dd_prompt *prompt);

/* ---- sessions ---------------------------------------------------------- */

dd_sampling dd_sampling_default (void);

DD_MUST_CHECK bool dd_session_open (dd_model *model, dd_session **out, dd_error *error);
void dd_session_close (dd_session **session);

/* Makes the session's timeline these tokens: the common prefix is kept, also
 * what other sessions of the model have computed; the rest is computed by the
 * next dd_session_generate or dd_session_score. */
DD_MUST_CHECK bool dd_session_sync (dd_session *session,
                                    const dd_token *tokens,
                                    const dd_span *spans,
                                    size_t n_spans,
                                    dd_error *error);
/* The timeline, made tokens included; borrowed until the session changes. */
const dd_token *dd_session_tokens (const dd_session *session, size_t *n_tokens);

/* Starts an answer.  It is worked on by dd_engine_work and ends with an event. */
DD_MUST_CHECK bool dd_session_generate (dd_session *session,
                                        const dd_generation *generation,
                                        dd_error *error);
/* Any thread.  The answer ends with DD_STOP_CANCELLED within half a second. */
void dd_session_cancel (dd_session *session);

/* Blocks: computes the timeline's rows from `first` on and hands over the logits
 * that follow each (row i: what comes after token i).  False from `row` stops. */
typedef bool (*dd_logits_fn) (size_t row, const float *logits, int64_t n_vocab, void *user);
DD_MUST_CHECK bool dd_session_score (dd_session *session,
                                     size_t first,
                                     dd_logits_fn row,
                                     void *user,
                                     dd_error *error);

/* One slice of work over all running sessions.  `*more` says whether any is
 * still running.  Sessions fail one by one, by their events; false is for what
 * no session can be blamed for. */
DD_MUST_CHECK bool dd_engine_work (dd_engine *engine, bool *more, dd_error *error);

/* Bytes per second, the best of a few: what decode is measured against (bench).  Plain vector
 * reads of the model's mapping by all threads, or where one graphics card has all layers what a
 * plain copy in its memory reads and writes: `*copied`. */
double dd_model_read_limit (dd_model *model, bool *copied);
/* Bytes of weights that one decoded token reads. */
uint64_t dd_model_token_bytes (const dd_model *model);
