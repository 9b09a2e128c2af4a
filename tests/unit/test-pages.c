/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pages and timelines over a pool whose content is tracked here token by token:
 * whatever sessions do, every position that counts as computed holds what was
 * written for exactly those tokens.
 */
#include "check.h"
#include "run/timeline.h"

#define POOL 64
#define ROOM 700
#define SESSIONS 4

/* What a device would have: for each slot a hash of the tokens up to it. */
static uint64_t store[POOL][DD_PAGE_TOKENS];
static uint32_t size;
static int fail_resize_at = -1;
static int copies, resizes;

static bool
resize (void *user, uint32_t count, dd_error *error)
{
  resizes++;
  if (count > POOL || (fail_resize_at >= 0 && count > (uint32_t) fail_resize_at))
    return dd_fail (error, DD_ERROR_DEVICE_MEMORY, "no room");
  size = count;
  return true;
}

static bool
copy (void *user, uint32_t from, uint32_t to, int tokens, dd_error *error)
{
  CHECK (from < size && to < size && from != to);
  memcpy (store[to], store[from], (size_t) tokens * sizeof store[0][0]);
  copies++;
  return true;
}

static const dd_pages_fns fns = { resize, copy };

static uint64_t
hash (const dd_timeline *t, size_t end)
{
  uint64_t h = 1469598103934665603u;

  for (size_t i = 0; i < end; i++)
    h = (h ^ (uint64_t) (t->tokens[i] * 2 + t->kinds[i])) * 1099511628211u;
  return h;
}

/* As a device would compute the positions up to `end`. */
static void
compute (dd_timeline *t, size_t end)
{
  dd_error error;

  REQUIRE_OK (dd_timeline_prepare (t, end, &error), error);
  for (size_t i = t->computed; i < end; i++) {
    CHECK (dd_pages_holders (t->pool, t->pages[i / DD_PAGE_TOKENS]) == 1);
    store[t->pages[i / DD_PAGE_TOKENS]][i % DD_PAGE_TOKENS] = hash (t, i + 1);
  }
  dd_timeline_advance (t, end);
}

static void
check_content (const dd_timeline *t)
{
  CHECK (t->computed <= t->n_tokens && t->n_pages * DD_PAGE_TOKENS >= t->computed);
  for (size_t i = 0; i < t->computed; i++)
    if (store[t->pages[i / DD_PAGE_TOKENS]][i % DD_PAGE_TOKENS] != hash (t, i + 1)) {
      CHECK_MSG (false, "position %zu of %zu has another's content", i, t->computed);
      return;
    }
}

static void
sync_given (dd_timeline *t, const dd_token *tokens, size_t count)
{
  dd_span span = { count, DD_GIVEN };

  dd_timeline_sync (t, tokens, &span, 1);
}

static void
numbers (dd_token *tokens, size_t count, int from)
{
  for (size_t i = 0; i < count; i++)
    tokens[i] = from + (dd_token) i;
}

static void
open_pool (dd_pages **pool, uint32_t limit)
{
  dd_error error;

  size = 0;
  copies = resizes = 0;
  REQUIRE_OK (dd_pages_new (&fns, NULL, pool, &error), error);
  REQUIRE_OK (dd_pages_raise (*pool, limit, &error), error);
}

/* Two sessions with a common beginning share its pages, to the token. */
static void
test_share (void)
{
  dd_token a[300], b[300];
  dd_pages_state state;
  dd_timeline x, y;
  dd_pages *pool;
  dd_error error;

  open_pool (&pool, 32);
  REQUIRE_OK (dd_timeline_init (&x, pool, ROOM, &error), error);
  REQUIRE_OK (dd_timeline_init (&y, pool, ROOM, &error), error);
  numbers (a, 300, 0);
  numbers (b, 300, 0);
  b[150] = 9999;
  sync_given (&x, a, 300);
  CHECK (x.computed == 0);
  compute (&x, 300);
  sync_given (&y, b, 300);
  CHECK_MSG (y.computed == 150, "%zu", y.computed);
  CHECK (y.pages[0] == x.pages[0] && y.pages[1] == x.pages[1] && y.pages[2] == x.pages[2]);
  compute (&y, 300);
  CHECK (copies == 1 && y.pages[2] != x.pages[2]);
  check_content (&x);
  check_content (&y);
  CHECK (dd_pages_sound (pool));
  /* Kinds are part of what a page is. */
  dd_timeline_sync (&y, a, (dd_span[]) { { 100, DD_GIVEN }, { 200, DD_MADE } }, 2);
  CHECK_MSG (y.computed == 100, "%zu", y.computed);
  dd_timeline_clear (&x);
  dd_pages_describe (pool, &state);
  CHECK (state.held == 2 && state.cached > 0);
  dd_timeline_clear (&y);
  CHECK (dd_pages_sound (pool));
  dd_pages_free (&pool);
}

/* Rewinding keeps what was there for whoever wants it back. */
static void
test_rewind (void)
{
  dd_token a[300];
  dd_timeline x;
  dd_pages *pool;
  dd_error error;

  open_pool (&pool, 32);
  REQUIRE_OK (dd_timeline_init (&x, pool, ROOM, &error), error);
  numbers (a, 300, 0);
  sync_given (&x, a, 200);
  compute (&x, 200);
  a[170] = 7777;
  sync_given (&x, a, 300);
  CHECK (x.computed == 170);
  compute (&x, 300);
  check_content (&x);
  a[170] = 170;
  sync_given (&x, a, 300);
  CHECK_MSG (x.computed == 200, "%zu", x.computed);
  check_content (&x);
  sync_given (&x, a, 0);
  CHECK (x.computed == 0 && x.n_pages == 0);
  sync_given (&x, a, 64);
  CHECK (x.computed == 64 && x.n_pages == 1);
  dd_timeline_rewind (&x, 63);
  compute (&x, 64); /* equals the full page that is there already */
  check_content (&x);
  dd_timeline_clear (&x);
  CHECK (dd_pages_sound (pool));
  dd_pages_free (&pool);
}

/* The page released longest ago goes first, and a later page of a sequence
 * before an earlier one. */
static void
test_eviction (void)
{
  dd_token a[128], b[128], c[192];
  dd_pages_state state;
  dd_timeline x;
  dd_pages *pool;
  dd_error error;

  open_pool (&pool, 5);
  REQUIRE_OK (dd_timeline_init (&x, pool, ROOM, &error), error);
  numbers (a, 128, 0);
  numbers (b, 128, 1000);
  numbers (c, 192, 2000);
  sync_given (&x, a, 128);
  compute (&x, 128);
  sync_given (&x, b, 128);
  compute (&x, 128);
  dd_pages_describe (pool, &state);
  CHECK (state.size == 5 && state.cached == 2 && state.held == 2 && state.free == 1);
  sync_given (&x, c, 192); /* takes the free one, then both of a's */
  compute (&x, 192);
  dd_pages_describe (pool, &state);
  CHECK (state.size == 5 && state.cached == 2 && state.held == 3);
  sync_given (&x, b, 128);
  CHECK (x.computed == 128);
  sync_given (&x, a, 128);
  CHECK (x.computed == 0);
  dd_timeline_clear (&x);
  dd_pages_lower (pool, 2);
  dd_pages_describe (pool, &state);
  CHECK (state.size == 2 && size == 2 && dd_pages_sound (pool));
  dd_pages_free (&pool);
}

/* A device without room: what is cached goes first, then there is an error and
 * everything is as it was. */
static void
test_no_room (void)
{
  dd_token a[400];
  dd_timeline x, y;
  dd_pages *pool;
  dd_error error;

  open_pool (&pool, 32);
  REQUIRE_OK (dd_timeline_init (&x, pool, ROOM, &error), error);
  REQUIRE_OK (dd_timeline_init (&y, pool, ROOM, &error), error);
  numbers (a, 400, 0);
  fail_resize_at = 4;
  sync_given (&y, a, 64);
  compute (&y, 64);
  dd_timeline_clear (&y);
  a[0] = 5;
  sync_given (&x, a, 256);
  compute (&x, 256); /* evicts y's */
  sync_given (&x, a, 400);
  CHECK (x.computed == 256);
  CHECK (!dd_timeline_prepare (&x, 400, &error) && error.code == DD_ERROR_DEVICE_MEMORY);
  dd_timeline_abandon (&x);
  check_content (&x);
  CHECK (dd_pages_sound (pool));
  a[200] = 4; /* no page for a copy: the only holder's page is shortened */
  sync_given (&x, a, 256);
  CHECK (x.computed == 200);
  compute (&x, 256);
  check_content (&x);
  fail_resize_at = -1;
  dd_timeline_clear (&x);
  CHECK (dd_pages_sound (pool));
  dd_pages_free (&pool);
}

/* A page ahead is there before it is needed, so that a token never waits. */
static void
test_ahead (void)
{
  dd_timeline x;
  dd_pages *pool;
  dd_error error;

  open_pool (&pool, 32);
  REQUIRE_OK (dd_timeline_init (&x, pool, ROOM, &error), error);
  for (int i = 0; i < 300; i++) {
    dd_pages_state state;

    dd_timeline_append (&x, i, DD_MADE);
    compute (&x, x.n_tokens);
    dd_pages_describe (pool, &state);
    CHECK (state.free == 1);
  }
  CHECK_MSG (resizes == 5, "%d", resizes);
  dd_timeline_clear (&x);
  dd_pages_free (&pool);
}

static uint64_t random_state = 1;

static uint32_t
roll (uint32_t below)
{
  random_state = random_state * UINT64_C (6364136223846793005) + UINT64_C (1442695040888963407);
  return (uint32_t) (random_state >> 33) % below;
}

/* A random change of a session: cut, go on with one of few tokens, compute. */
static void
random_step (dd_timeline *t)
{
  dd_token tokens[ROOM];
  dd_span spans[2];
  size_t keep = t->n_tokens > 0 ? roll ((uint32_t) t->n_tokens + 1) : 0;
  size_t more = roll (90), room = ROOM - 200;

  if (roll (3) == 0)
    keep = t->n_tokens;
  if (keep > room)
    keep = room;
  if (keep + more > room)
    more = room - keep;
  memcpy (tokens, t->tokens, keep * sizeof *tokens);
  for (size_t i = keep; i < keep + more; i++)
    tokens[i] = i % 5 == 0 ? (dd_token) roll (3) : 0;
  spans[0] = (dd_span) { keep / 2, DD_GIVEN };
  spans[1] = (dd_span) { keep + more - keep / 2, roll (5) == 0 ? DD_MADE : DD_GIVEN };
  dd_timeline_sync (t, tokens, spans, 2);
  check_content (t);
  if (t->n_tokens > t->computed && roll (4) > 0)
    compute (t, t->computed + 1 + roll ((uint32_t) (t->n_tokens - t->computed)));
  for (uint32_t i = roll (20); i > 0 && t->computed == t->n_tokens && t->n_tokens < room; i--) {
    dd_timeline_append (t, (dd_token) roll (3), DD_MADE);
    compute (t, t->n_tokens);
  }
}

static void
test_random (void)
{
  dd_timeline sessions[SESSIONS];
  dd_pages *pool;
  dd_error error;

  open_pool (&pool, POOL - 8);
  for (int i = 0; i < SESSIONS; i++)
    REQUIRE_OK (dd_timeline_init (&sessions[i], pool, ROOM, &error), error);
  for (int step = 0; step < 6000 && check_failures == 0; step++) {
    dd_timeline *t = &sessions[roll (SESSIONS)];
    dd_pages_state state;
    uint32_t holds = 0, held = 0;

    random_step (t);
    for (int i = 0; i < SESSIONS; i++)
      check_content (&sessions[i]);
    CHECK (dd_pages_sound (pool));
    dd_pages_describe (pool, &state);
    for (uint32_t i = 0; i < state.size; i++)
      held += dd_pages_holders (pool, i);
    for (int i = 0; i < SESSIONS; i++)
      holds += sessions[i].n_pages;
    CHECK (held == holds && state.size <= state.limit);
  }
  for (int i = 0; i < SESSIONS; i++)
    dd_timeline_clear (&sessions[i]);
  CHECK (dd_pages_sound (pool));
  dd_pages_free (&pool);
}

int
main (void)
{
  test_share ();
  test_rewind ();
  test_eviction ();
  test_no_room ();
  test_ahead ();
  test_random ();
  return check_done ();
}
