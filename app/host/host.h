/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the programs owe the engine: folders of theirs, and the judgement of
 * graphics cards, which are put to the test in a process of their own before they
 * are first used.  Plain C, so that the command line has it without GLib.
 */
#pragma once

#include "dadam/types.h"

struct dd_engine;
struct dd_engine_options;

/* Where compiled programs of graphics cards and verdicts on them are kept, made if it
 * is not there; static; NULL if it cannot be.  Any thread. */
const char *host_cache_folder (void);
/* The same for what is to be there at the next start and says what was done. */
const char *host_state_folder (void);

/* First thing in main: this process may have been started to list cards or to test one.
 * True: it was, and `*status` is what it has to exit with.  A program that does not call
 * it tests no cards. */
bool host_take_command (int argc, char **argv, int *status);

/* dd_engine_open with that folder and with host_trust(); `options` has what else is wanted,
 * and `trust_user` a host_watcher or NULL.  If the program died of a driver while it
 * listed the graphics cards the last time, this is tried in a process of its own first,
 * which may take long, and if that dies too the engine is opened without them and says why.
 * Any thread. */
DD_MUST_CHECK bool host_open_engine (const struct dd_engine_options *options,
                                     struct dd_engine **out,
                                     dd_error *error);

/* Told when a test begins and when it is over, on the thread that waits for it. */
typedef struct host_watcher {
  void (*testing) (const dd_card *card, bool begins, void *user);
  void *user;
} host_watcher;

/* A dd_trust_fn; `user` is a host_watcher or NULL.  What was found out is kept until
 * the driver, the engine's programs for the card, or their test change.  A test that
 * was interrupted, or for which the card had no memory left, says nothing and is not
 * kept. */
dd_trust host_trust (const dd_card *card, uint64_t types, bool test, dd_error *why, void *user);
/* The card is tested anew when it is next used. */
void host_forget_verdict (const char *uuid);
