/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From tokens to text as they come: whole UTF-8 characters only, stop strings
 * held back and cut off.  One per answer; not thread-safe.
 */
#pragma once

#include "text/vocab.h"

#define DD_STOPS 16         /* stop strings at most */
#define DD_STOP_BYTES 256   /* bytes of one at most */

typedef struct dd_detok dd_detok;

/* `stops` are copied; each is UTF-8 of 1 to DD_STOP_BYTES bytes.  With `first`
 * the text begins here, and SentencePiece's leading space is dropped. */
DD_MUST_CHECK bool dd_detok_new (const dd_vocab *vocab,
                                 const char *const *stops,
                                 size_t n_stops,
                                 bool first,
                                 dd_detok **out,
                                 dd_error *error);
void dd_detok_free (dd_detok **detok);

/* Takes a token.  `*text` points to `*length` bytes of valid UTF-8 that may be
 * shown now (often 0), until the next call.  `*stopped` becomes true when a stop
 * string is complete; nothing comes after.  Allocates nothing. */
void dd_detok_push (dd_detok *detok,
                    dd_token token,
                    const char **text,
                    size_t *length,
                    bool *stopped);
/* The end of the answer: what was held back, a broken rest as one U+FFFD per
 * maximal part. */
void dd_detok_flush (dd_detok *detok, const char **text, size_t *length);
