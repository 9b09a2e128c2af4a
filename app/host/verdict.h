/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The file in which a verdict on a card is kept.
 */
#pragma once

#include "dadam/types.h"

typedef struct host_verdict {
  uint64_t types;                /* with which it was sound, a mask */
  char problem[DD_ERROR_TEXT];   /* why it is not to be used; "": nothing */
} host_verdict;

/* What is known of a card with this key; nothing (all zero) where there is no file,
 * or none that fits. */
host_verdict host_verdict_read (const dd_card *card);
/* Best effort: without a cache folder nothing is kept. */
void host_verdict_write (const dd_card *card, const host_verdict *verdict);

/* For tests: how long a card may take. */
void host_set_patience (int seconds);

/* Around a test: what begins and never ends has taken the computer with it. */
void host_verdict_begin (const dd_card *card);
void host_verdict_end (const dd_card *card);
