/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What one answer needs, for `chat -p` and the conversation in the terminal alike.
 */
#pragma once

#include <stdio.h>

#include "cli.h"
#include "dadam/engine.h"

typedef struct chat_request {
  const char *model;
  const char *prompt;      /* NULL: a conversation */
  const char *system;
  const char *format;      /* NULL: the one detected */
  const char *device;
  bool raw, private;
  int64_t threads, context, max_tokens, seed;
  double temperature, top_p, min_p, repeat_penalty, frequency_penalty, presence_penalty;
  int64_t top_k;
  cli_texts stops;
} chat_request;

typedef struct chat {
  chat_request *asked;
  const cli_option *options; /* their targets are in `asked` */
  dd_engine *engine;
  dd_model *model;
  dd_session *session;
  const char *format;
  /* the answer being made */
  dd_stats stats;
  dd_stop_reason reason;
  dd_error error;
  size_t prompt_tokens;
  char *text;     /* all that was shown; owned, as what it is written by */
  size_t length;
  FILE *writer;
  bool line_open; /* the last character shown was no newline */
} chat;

/* From now on SIGINT (Ctrl+C) stops an answer, not the program, and SIGTERM and SIGHUP stop it before
 * they end the program, which is for the caller to do. */
void chat_catch_signals (void);
/* The one that came since, or 0.  Of them SIGINT is forgotten by chat_forget_interrupt; an answer that
 * is begun before that is stopped at once. */
int chat_signal (void);
void chat_forget_interrupt (void);

/* Answers the session's timeline, which is `prompt`, showing the text as it comes, with a newline
 * after it, and keeping it for the next. */
bool chat_answer (chat *self, const dd_prompt *prompt, dd_error *error);
/* Speed and reason of the last answer, on standard error. */
void chat_print_stats (const chat *self);

/* A conversation until the end of input; returns the exit status. */
int chat_converse (chat *self);
