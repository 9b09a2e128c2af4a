/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tokens that are recognised as a whole where they are written in a text:
 * control and unknown tokens (only where the caller allows it) and user-defined
 * ones.  They are kept sorted by their bytes, so that matching costs a few steps
 * per byte however many there are.
 */
#include "text/vocab_private.h"

#include <string.h>

/* By bytes; of equal texts by number. */
static bool
before (const dd_vocab *vocab, dd_token a, dd_token b)
{
  dd_text x = vocab->texts[a], y = vocab->texts[b];
  int order = memcmp (x.data, y.data, x.length < y.length ? x.length : y.length);

  if (order != 0)
    return order < 0;
  return x.length != y.length ? x.length < y.length : a < b;
}

static void
sift (const dd_vocab *vocab, dd_token *items, size_t root, size_t n)
{
  dd_token moving = items[root];

  for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
    if (child + 1 < n && before (vocab, items[child], items[child + 1]))
      child++;
    if (!before (vocab, moving, items[child]))
      break;
    items[root] = items[child];
    root = child;
  }
  items[root] = moving;
}

/* Heapsort: in place, and no order of tokens makes it slow. */
static void
sort (const dd_vocab *vocab, dd_token *items, size_t n)
{
  for (size_t i = n / 2; i-- > 0;)
    sift (vocab, items, i, n);
  for (size_t i = n; i-- > 1;) {
    dd_token last = items[i];

    items[i] = items[0];
    items[0] = last;
    sift (vocab, items, 0, i);
  }
}

static bool
is_special (const dd_vocab *vocab, size_t i)
{
  uint8_t kind = vocab->kinds[i];

  return vocab->texts[i].length > 0
         && (kind == DD_PIECE_CONTROL || kind == DD_PIECE_UNKNOWN || kind == DD_PIECE_USER);
}

bool
dd_specials_collect (dd_vocab *vocab)
{
  size_t n = 0;

  for (size_t i = 0; i < vocab->n; i++)
    n += is_special (vocab, i);
  vocab->specials = dd_arena_array (&vocab->arena, n, sizeof *vocab->specials);
  if (vocab->specials == NULL)
    return false;
  for (size_t i = 0; i < vocab->n; i++)
    if (is_special (vocab, i)) {
      vocab->specials[vocab->n_specials++] = (dd_token) i;
      vocab->begins_special[(uint8_t) vocab->texts[i].data[0]] = true;
    }
  sort (vocab, vocab->specials, n);
  return true;
}

/* The first of the specials [low, high), equal in their first `depth` bytes,
 * whose next byte is at least `byte` (an ended text is below every byte). */
static size_t
bound (const dd_vocab *vocab, size_t low, size_t high, size_t depth, int byte)
{
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    dd_text text = vocab->texts[vocab->specials[middle]];
    int there = depth < text.length ? (uint8_t) text.data[depth] : -1;

    if (there < byte)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

dd_token
dd_specials_match (const dd_vocab *vocab, const char *text, size_t length, bool control)
{
  size_t low = 0, high = vocab->n_specials;
  dd_token best = -1;

  if (!vocab->begins_special[(uint8_t) text[0]])
    return -1;
  for (size_t depth = 0; depth < length && low < high; depth++) {
    int byte = (uint8_t) text[depth];

    low = bound (vocab, low, high, depth, byte);
    high = bound (vocab, low, high, depth, byte + 1);
    /* The texts that end here come first; the last of them counts. */
    for (size_t i = low; i < high; i++) {
      dd_token token = vocab->specials[i];

      if (vocab->texts[token].length != depth + 1)
        break;
      if (control || vocab->kinds[token] == DD_PIECE_USER)
        best = token;
    }
  }
  return best;
}
