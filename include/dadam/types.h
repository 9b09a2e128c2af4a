/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The plain types that the engine and everyone above it share: errors, tokens,
 * sampling, progress, events.  No functions but the one that words an error; any
 * folder of the engine may include it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define DD_MUST_CHECK __attribute__ ((warn_unused_result))
#define DD_PRINTF(text_, first_) __attribute__ ((__format__ (__printf__, text_, first_)))
#else
#define DD_MUST_CHECK
#define DD_PRINTF(text_, first_)
#endif

/* What went wrong, as far as a program wants to tell cases apart. */
typedef enum dd_code {
  DD_OK = 0,
  DD_ERROR_ARGUMENT,      /* the caller asked for something that cannot be */
  DD_ERROR_NO_MEMORY,     /* an allocation failed; the engine is still usable */
  DD_ERROR_IO,            /* the system could not open, read or write */
  DD_ERROR_FORMAT,        /* a file is damaged, cut short or lying */
  DD_ERROR_UNSUPPORTED,   /* a sound file or request that this engine cannot serve */
  DD_ERROR_CANCELLED,     /* the caller cancelled */
  DD_ERROR_CONTEXT_FULL,  /* more tokens than the context holds */
  DD_ERROR_DEVICE_MEMORY, /* a device has no room; fewer layers may fit */
  DD_ERROR_DEVICE_LOST,   /* a device stopped answering */
  DD_ERROR_BROKEN_MODEL,  /* the model's file could not be read while in use */
  DD_ERROR_NO_DEVICE,     /* a device that was asked for is not there or cannot be used */
} dd_code;

#define DD_ERROR_TEXT 512

/* Filled by the function that returns false.  `text` is one English line, UTF-8,
 * without a full stop: what is wrong and, where there is one, what to do. */
typedef struct dd_error {
  dd_code code;
  char text[DD_ERROR_TEXT];
} dd_error;

typedef int32_t dd_token;

/* Who made a token.  It decides the token's path through the devices (prompt or
 * decode), also when it is computed again, so it stays with the token. */
typedef enum dd_kind {
  DD_GIVEN = 0, /* by the user or a prompt format */
  DD_MADE = 1,  /* by the model */
} dd_kind;

/* `count` tokens of one kind. */
typedef struct dd_span {
  size_t count;
  dd_kind kind;
} dd_span;

/* Called from the thread that does the work; `done` of `total` in units of the
 * work.  Returning false cancels. */
typedef bool (*dd_progress_fn) (uint64_t done, uint64_t total, void *user);

typedef struct dd_progress {
  dd_progress_fn report; /* may be NULL */
  void *user;
} dd_progress;

/* How the next token is drawn.  Applied in this order: penalties, top-k, top-p,
 * min-p, temperature, draw.  `dd_sampling_default` gives the neutral values. */
typedef struct dd_sampling {
  float temperature;       /* 0: greedy, everything below is then unused but the penalties */
  int top_k;               /* 0: off */
  float top_p;             /* 1: off */
  float min_p;             /* 0: off */
  float repeat_penalty;    /* 1: off */
  float frequency_penalty; /* 0: off */
  float presence_penalty;  /* 0: off */
  int penalty_window;      /* how many last tokens the penalties see; -1: all */
  uint64_t seed;           /* with the token's position keys the generator */
} dd_sampling;

typedef enum dd_stop_reason {
  DD_STOP_NONE = 0, /* still running */
  DD_STOP_END,      /* the model ended its turn; that token is neither told nor kept */
  DD_STOP_STRING,   /* a stop string appeared; it is not part of the text */
  DD_STOP_LENGTH,   /* max_tokens */
  DD_STOP_CONTEXT,  /* the context is full */
  DD_STOP_CANCELLED,
  DD_STOP_ERROR,
} dd_stop_reason;

/* A token and the natural logarithm of its probability before sampling. */
typedef struct dd_choice {
  dd_token token;
  float logprob;
} dd_choice;

/* Element type of the keys and values kept between tokens. */
typedef enum dd_cache_type {
  DD_CACHE_F16 = 0,
  DD_CACHE_F32 = 1,
} dd_cache_type;

/* Bytes that a set of steps needs on one device. */
typedef struct dd_memory {
  uint64_t weights;     /* read from the file; page cache where it is used in place */
  uint64_t cache;       /* pages for the whole context of one session */
  uint64_t activations; /* between steps, and scratch */
} dd_memory;

#define DD_DEVICES 16 /* of an engine, at most */

/* Where a model would run, and on what it would need how much. */
typedef struct dd_estimate {
  dd_memory memory;     /* of all devices together */
  int layers;           /* of the model */
  int card_layers;      /* of them on graphics cards */
  uint64_t taken[DD_DEVICES]; /* bytes of each device, by its number */
  uint32_t chosen;      /* the devices it may use, a bit for each number */
} dd_estimate;

/* ---- graphics cards (engine.h) ------------------------------------------ */

/* A graphics card with its driver.  All borrowed. */
typedef struct dd_card {
  const char *id;     /* "vulkan:0" */
  const char *uuid;   /* of the card, the same at every start */
  const char *name;
  const char *driver; /* name and version */
  const char *key;    /* changes when the driver does, or the programs that run on the card */
  bool software;      /* a processor that poses as a card: slow to compile for */
} dd_card;

typedef enum dd_trust {
  DD_TRUST_UNKNOWN = 0, /* not tested */
  DD_TRUST_GOOD,
  DD_TRUST_BAD,
} dd_trust;

/* Whether a card computed right when it was tested with weights of `types` (a mask
 * of 1 << the type's number in GGUF; 0: of any).  With `test` it may be tested now,
 * which takes seconds; without, only what is remembered counts.  Where the answer is
 * not DD_TRUST_GOOD, `why` is filled.  On the thread that wants to use the card; for
 * several threads at once. */
typedef dd_trust (*dd_trust_fn) (const dd_card *card,
                                 uint64_t types,
                                 bool test,
                                 dd_error *why,
                                 void *user);

/* Who says a message of a conversation. */
typedef enum dd_role {
  DD_ROLE_SYSTEM,
  DD_ROLE_USER,
  DD_ROLE_ASSISTANT,
} dd_role;

/* All borrowed. */
typedef struct dd_message {
  dd_role role;
  const char *text;       /* UTF-8 */
  size_t length;
  const dd_token
      *made;   /* an answer's tokens as the model made them (without the end token), or NULL */
  size_t n_made;
} dd_message;

/* ---- events of a session (engine.h) ------------------------------------ */

typedef struct dd_session dd_session;

typedef enum dd_event_kind {
  DD_EVENT_READING, /* prompt progress: done of total tokens */
  DD_EVENT_TOKEN,   /* a token was made; text that may be shown, often empty */
  DD_EVENT_LOST,    /* the device stopped answering and was opened anew: the answer goes on once
                       what was read and made has been computed again; `error` says which */
  DD_EVENT_MOVED,   /* the same after a card had no memory left and the model was loaded anew
                       with fewer layers there */
  DD_EVENT_END,     /* the answer is over; the last text, reason, statistics */
} dd_event_kind;

/* How long one product with a matrix took on a graphics card in one way of multiplying, as
 * measured when a matrix of that type and shape was first loaded. */
typedef struct dd_trial {
  const char *type;      /* of the weights, "Q4_0" */
  int64_t rows, columns;
  int at_once;           /* vectors that it was multiplied with */
  const char *way;       /* "bytes" */
  bool chosen;           /* it is multiplied so */
  double seconds;
} dd_trial;

typedef struct dd_stats {
  int64_t reused_tokens;   /* of the prompt, kept from before */
  int64_t prompt_tokens;   /* computed */
  int64_t made_tokens;
  double prompt_seconds;
  double first_token_seconds; /* from dd_session_generate to the first token */
  double decode_seconds;      /* of the tokens after the first */
} dd_stats;

/* Borrowed for the length of the call. */
typedef struct dd_event {
  dd_event_kind kind;
  uint64_t done, total;
  dd_token token;
  const char *text;        /* valid UTF-8 */
  size_t length;
  const dd_choice *best;   /* the n_best likeliest tokens before sampling, likeliest first */
  int n_best;
  dd_stop_reason reason;
  const dd_error *error;   /* of DD_STOP_ERROR, DD_EVENT_LOST and DD_EVENT_MOVED */
  dd_stats stats;
} dd_event;

/* On the engine thread, inside dd_engine_work.  May start or cancel sessions,
 * may not close any. */
typedef void (*dd_event_fn) (dd_session *session, const dd_event *event, void *user);

typedef struct dd_generation {
  dd_sampling sampling;
  int64_t max_tokens;        /* -1: until the context is full */
  const char *const *stops;  /* NULL-terminated, copied; may be NULL */
  int n_best;                /* log-probabilities wanted per token, at most 20 */
  bool ignore_end;           /* go on after an end token (bench) */
  dd_event_fn event;
  void *user;
} dd_generation;
