/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sequences over pages.
 */
#include "run/timeline.h"

#include <string.h>

static uint32_t
pages_for (size_t tokens)
{
  return (uint32_t) ((tokens + DD_PAGE_TOKENS - 1) / DD_PAGE_TOKENS);
}

static size_t
smaller (size_t a, size_t b)
{
  return a < b ? a : b;
}

bool
dd_timeline_init (dd_timeline *timeline, dd_pages *pool, size_t room, dd_error *error)
{
  memset (timeline, 0, sizeof *timeline);
  timeline->pool = pool;
  timeline->room = room;
  timeline->tokens = dd_alloc_array (DD_TAG_RUN, room, sizeof (dd_token));
  timeline->kinds = dd_alloc_array (DD_TAG_RUN, room, 1);
  timeline->pages = dd_alloc_array (DD_TAG_RUN, pages_for (room), sizeof (uint32_t));
  if (timeline->tokens != NULL && timeline->kinds != NULL && timeline->pages != NULL)
    return true;
  dd_timeline_clear (timeline);
  return dd_fail_memory (error, "a session's tokens");
}

static void
drop_pages (dd_timeline *timeline, uint32_t keep)
{
  while (timeline->n_pages > keep)
    dd_pages_release (timeline->pool, timeline->pages[--timeline->n_pages]);
}

void
dd_timeline_clear (dd_timeline *timeline)
{
  drop_pages (timeline, 0);
  dd_free (timeline->tokens);
  dd_free (timeline->kinds);
  dd_free (timeline->pages);
  memset (timeline, 0, sizeof *timeline);
}

/* The first position where the computed part differs from the new tokens. */
static size_t
common_prefix (const dd_timeline *timeline,
               const dd_token *tokens,
               const dd_span *spans,
               size_t n_spans)
{
  size_t at = 0;

  for (size_t i = 0; i < n_spans; i++)
    for (size_t j = 0; j < spans[i].count; j++, at++)
      if (at == timeline->computed || timeline->tokens[at] != tokens[at]
          || timeline->kinds[at] != spans[i].kind)
        return at;
  return at;
}

void
dd_timeline_sync (dd_timeline *timeline,
                  const dd_token *tokens,
                  const dd_span *spans,
                  size_t n_spans)
{
  size_t at = 0;

  dd_timeline_rewind (timeline, common_prefix (timeline, tokens, spans, n_spans));
  for (size_t i = 0; i < n_spans; i++) {
    memset (timeline->kinds + at, spans[i].kind, spans[i].count);
    at += spans[i].count;
  }
  if (at > 0)
    memmove (timeline->tokens, tokens, at * sizeof *tokens);
  timeline->n_tokens = at;
  dd_timeline_match (timeline);
}

/* Takes over the page that has the most of the tokens that `computed` stops in
 * or before; returns whether it is full, so that the next may follow. */
static bool
match_page (dd_timeline *timeline)
{
  uint32_t index = (uint32_t) (timeline->computed / DD_PAGE_TOKENS);
  size_t start = (size_t) index * DD_PAGE_TOKENS;
  size_t count = smaller (timeline->n_tokens - start, DD_PAGE_TOKENS);
  uint32_t own = index < timeline->n_pages ? timeline->pages[index] : DD_PAGE_NONE;
  uint32_t parent = index > 0 ? timeline->pages[index - 1] : DD_PAGE_NONE;
  uint32_t found;
  int same = dd_pages_match (timeline->pool, parent, timeline->tokens + start,
                             timeline->kinds + start, (int) count, own, &found);

  if (start + (size_t) same <= timeline->computed)
    return false;
  if (found != own) {
    dd_pages_hold (timeline->pool, found);
    drop_pages (timeline, index);
    timeline->pages[index] = found;
    timeline->n_pages = index + 1;
  }
  timeline->computed = start + (size_t) same;
  return same == DD_PAGE_TOKENS;
}

void
dd_timeline_match (dd_timeline *timeline)
{
  while (timeline->computed < timeline->n_tokens && match_page (timeline))
    ;
}

void
dd_timeline_rewind (dd_timeline *timeline, size_t position)
{
  timeline->computed = smaller (timeline->computed, position);
  drop_pages (timeline, pages_for (timeline->computed));
}

void
dd_timeline_append (dd_timeline *timeline, dd_token token, dd_kind kind)
{
  timeline->tokens[timeline->n_tokens] = token;
  timeline->kinds[timeline->n_tokens] = (uint8_t) kind;
  timeline->n_tokens++;
}

size_t
dd_timeline_next (const dd_timeline *timeline, size_t most, dd_kind *kind)
{
  size_t end = timeline->computed + smaller (most, timeline->n_tokens - timeline->computed);
  size_t at = timeline->computed;

  if (at == end)
    return 0;
  *kind = (dd_kind) timeline->kinds[at];
  while (at < end && timeline->kinds[at] == *kind)
    at++;
  return at - timeline->computed;
}

bool
dd_timeline_prepare (dd_timeline *timeline, size_t end, dd_error *error)
{
  uint32_t index = (uint32_t) (timeline->computed / DD_PAGE_TOKENS);
  int keep = (int) (timeline->computed % DD_PAGE_TOKENS);
  uint32_t needed = pages_for (end);

  if (needed > timeline->n_pages)
    dd_pages_prepare (timeline->pool, needed - timeline->n_pages + 1);
  if (index < timeline->n_pages
      && !dd_pages_own (timeline->pool, &timeline->pages[index], keep, error))
    return false;
  while (timeline->n_pages < needed) {
    if (!dd_pages_take (timeline->pool, &timeline->pages[timeline->n_pages], error))
      return false;
    timeline->n_pages++;
  }
  return true;
}

void
dd_timeline_advance (dd_timeline *timeline, size_t end)
{
  while (timeline->computed < end) {
    uint32_t index = (uint32_t) (timeline->computed / DD_PAGE_TOKENS);
    size_t next = smaller (((size_t) index + 1) * DD_PAGE_TOKENS, end);
    uint32_t parent = index > 0 ? timeline->pages[index - 1] : DD_PAGE_NONE;

    dd_pages_wrote (timeline->pool, &timeline->pages[index], parent,
                    timeline->tokens + timeline->computed, timeline->kinds + timeline->computed,
                    (int) (next - timeline->computed));
    timeline->computed = next;
  }
}

void
dd_timeline_abandon (dd_timeline *timeline)
{
  drop_pages (timeline, pages_for (timeline->computed));
}

void
dd_timeline_forget (dd_timeline *timeline)
{
  timeline->n_pages = 0;
  timeline->computed = 0;
}
