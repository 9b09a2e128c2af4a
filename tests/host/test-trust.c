/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Verdicts on graphics cards: what drivers can do in a test, what is kept of it, and
 * what is not taken for granted.  The test of a card is a stand-in here, which behaves
 * as the card's UUID says, in a process of its own as the real one is.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "dadam/engine.h"
#include "host.h"
#include "verdict.h"

#define PATIENCE 60 /* seconds, with what does not hang; a machine may be busy */

static int told; /* tests that began, less those that ended, times 100, plus those that began */

static void
count (const dd_card *card, bool begins, void *user)
{
  told += begins ? 101 : -100;
}

static host_watcher watcher = { .testing = count };

/* In the child: a driver that tidies up at length. */
static void
linger (void)
{
  (void) nanosleep (&(struct timespec) { .tv_sec = 2, .tv_nsec = 500000000 }, NULL);
}

bool __wrap_dd_card_test (const char *uuid,
                          const char *key,
                          uint64_t types,
                          const char *cache,
                          dd_error *error);

bool
__wrap_dd_card_test (const char *uuid,
                     const char *key,
                     uint64_t types,
                     const char *cache,
                     dd_error *error)
{
  error->code = DD_ERROR_UNSUPPORTED;
  snprintf (error->text, sizeof error->text, "wrong\nnumbers of %llx, key %s",
            (unsigned long long) types, key);
  if (strcmp (uuid, "crashes") == 0) {
    signal (SIGSEGV, SIG_DFL); /* a sanitizer would exit instead */
    raise (SIGSEGV);
  } else if (strcmp (uuid, "hangs") == 0)
    pause ();
  else if (strcmp (uuid, "leaves") == 0)
    _exit (9);
  else if (strcmp (uuid, "stopped") == 0)
    raise (SIGTERM);
  else if (strcmp (uuid, "memory") == 0)
    error->code = DD_ERROR_DEVICE_MEMORY;
  else if (strcmp (uuid, "lingers") == 0)
    atexit (linger);
  else if (strcmp (uuid, "talks") == 0)
    for (int i = 0; i < 20000; i++)
      puts ("a driver that has much to say");
  return strcmp (uuid, "wrong") != 0 && strcmp (uuid, "lingers") != 0
         && strcmp (uuid, "memory") != 0;
}

static dd_card
card_of (const char *uuid)
{
  return (dd_card) { "vulkan:0", uuid, "Card", "Driver 1", "key-1", false };
}

/* Tests a card; what is remembered afterwards. */
static dd_trust
try (const char *uuid, uint64_t types, dd_trust *remembered, char *why)
{
  dd_card card = card_of (uuid);
  dd_error error = { 0 }, again = { 0 };
  dd_trust trust = host_trust (&card, types, true, &error, &watcher);

  *remembered = host_trust (&card, types, false, &again, NULL);
  memcpy (why, error.text, sizeof error.text);
  CHECK (trust != DD_TRUST_BAD || *remembered == DD_TRUST_UNKNOWN
         || strcmp (error.text, again.text) == 0);
  return trust;
}

static void
check_drivers (void)
{
  static const struct {
    const char *uuid;
    dd_trust trust, remembered;
    const char *words;
  } cases[] = {
    { "sound", DD_TRUST_GOOD, DD_TRUST_GOOD, "" },
    { "talks", DD_TRUST_GOOD, DD_TRUST_GOOD, "" },
    { "wrong", DD_TRUST_BAD, DD_TRUST_BAD, "wrong numbers of 3, key key-1" },
    { "crashes", DD_TRUST_BAD, DD_TRUST_BAD, "crashed" },
    { "hangs", DD_TRUST_BAD, DD_TRUST_BAD, "did not answer within 2 seconds" },
    { "leaves", DD_TRUST_BAD, DD_TRUST_BAD, "ended the program" },
    { "stopped", DD_TRUST_BAD, DD_TRUST_UNKNOWN, "interrupted" },
    { "memory", DD_TRUST_BAD, DD_TRUST_UNKNOWN, "wrong numbers" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char why[DD_ERROR_TEXT];
    dd_trust remembered, trust;

    told = 0;
    host_set_patience (strcmp (cases[i].uuid, "hangs") == 0 ? 2 : PATIENCE);
    trust = try (cases[i].uuid, 3, &remembered, why);
    CHECK_MSG (trust == cases[i].trust && remembered == cases[i].remembered, "%s: %d, then %d",
               cases[i].uuid, (int) trust, (int) remembered);
    CHECK_MSG (*cases[i].words == '\0' || strstr (why, cases[i].words), "%s: %s", cases[i].uuid,
               why);
    CHECK (told == 1);
    (void) try (cases[i].uuid, 3, &remembered, why);
    CHECK_MSG (told == (cases[i].remembered == DD_TRUST_UNKNOWN ? 2 : 1), "%s was tested again",
               cases[i].uuid);
  }
}

/* The time that it has is for its end, too. */
static void
check_lingering (void)
{
  char why[DD_ERROR_TEXT];
  dd_trust remembered;

  host_set_patience (60);
  CHECK (try ("lingers", 3, &remembered, why) == DD_TRUST_BAD && remembered == DD_TRUST_BAD);
  CHECK_MSG (strstr (why, "wrong numbers of 3"), "%s", why);
  host_set_patience (2);
}

/* Other types are tested alone, and known from then on; another driver is unknown. */
static void
check_types (void)
{
  dd_card card = card_of ("sound");
  dd_error error;

  CHECK (host_trust (&card, 4, false, &error, NULL) == DD_TRUST_UNKNOWN);
  CHECK (host_trust (&card, 6, true, &error, NULL) == DD_TRUST_GOOD);
  CHECK (host_trust (&card, 7, false, &error, NULL) == DD_TRUST_GOOD);
  CHECK (host_trust (&card, 0, false, &error, NULL) == DD_TRUST_GOOD);
  card.key = "key-2";
  CHECK (host_trust (&card, 1, false, &error, NULL) == DD_TRUST_UNKNOWN);
  CHECK (host_trust (&card, 0, false, &error, NULL) == DD_TRUST_UNKNOWN);
  card = card_of ("wrong");
  CHECK (host_trust (&card, 8, false, &error, NULL) == DD_TRUST_BAD);
  host_forget_verdict ("wrong");
  CHECK (host_trust (&card, 3, false, &error, NULL) == DD_TRUST_UNKNOWN);
}

static void
write_bytes (const char *path, const char *bytes, size_t size)
{
  FILE *file = fopen (path, "wb");

  CHECK (file && fwrite (bytes, 1, size, file) == size);
  if (file)
    fclose (file);
}

/* A file with any byte changed, or cut anywhere, is no verdict. */
static void
check_damage (void)
{
  dd_card card = card_of ("sound");
  char path[1200], whole[1024];
  FILE *file;
  size_t size;
  dd_error error;

  snprintf (path, sizeof path, "%s/card-sound", host_cache_folder ());
  file = fopen (path, "rb");
  size = file ? fread (whole, 1, sizeof whole, file) : 0;
  CHECK (file && size > 20 && size < sizeof whole);
  if (file)
    fclose (file);
  for (size_t at = 0; at < size; at++) {
    char damaged[1024];

    memcpy (damaged, whole, size);
    damaged[at] ^= 1;
    write_bytes (path, damaged, size);
    CHECK_MSG (host_trust (&card, 1, false, &error, NULL) == DD_TRUST_UNKNOWN, "byte %zu", at);
    write_bytes (path, whole, at);
    CHECK_MSG (host_trust (&card, 1, false, &error, NULL) == DD_TRUST_UNKNOWN, "cut at %zu", at);
  }
  CHECK (host_trust (&card, 1, true, &error, NULL) == DD_TRUST_GOOD);
}

/* A test that began before another boot has taken the computer with it. */
static void
check_went_down (void)
{
  dd_card card = card_of ("froze");
  char path[1200];
  dd_error error;
  FILE *file;

  snprintf (path, sizeof path, "%s/card-froze.testing", host_cache_folder ());
  host_verdict_begin (&card); /* of this boot: the program was merely killed */
  CHECK (access (path, R_OK) == 0);
  CHECK (host_trust (&card, 1, false, &error, NULL) == DD_TRUST_UNKNOWN);
  file = fopen (path, "wb");
  CHECK (file && fputs ("01234567-89ab-cdef-0123-456789abcdef key-1", file) >= 0);
  if (file)
    fclose (file);
  CHECK (host_trust (&card, 1, true, &error, &watcher) == DD_TRUST_BAD);
  CHECK_MSG (strstr (error.text, "went down"), "%s", error.text);
  card.key = "key-2";
  CHECK (host_trust (&card, 1, true, &error, NULL) == DD_TRUST_GOOD);
  CHECK (access (path, R_OK) != 0);
}

static void *
trust_beside (void *user)
{
  dd_card card = card_of ("shared");
  dd_error error;

  CHECK (host_trust (&card, 1, true, &error, &watcher) == DD_TRUST_GOOD);
  return NULL;
}

/* Two that want a card at once test it once. */
static void
check_threads (void)
{
  pthread_t threads[4];

  told = 0;
  for (int i = 0; i < 4; i++)
    CHECK (pthread_create (&threads[i], NULL, trust_beside, NULL) == 0);
  for (int i = 0; i < 4; i++)
    pthread_join (threads[i], NULL);
  CHECK (told == 1);
}

int
main (int argc, char **argv)
{
  char folder[] = "/tmp/dadam-trust-XXXXXX", command[64];
  dd_card card = card_of ("sound");
  dd_error error;
  int status;

  if (argc == 1) {
    CHECK (mkdtemp (folder) != NULL && setenv ("XDG_CACHE_HOME", folder, 1) == 0);
    /* Before the program has said that it knows the command. */
    CHECK (host_trust (&card, 1, true, &error, NULL) == DD_TRUST_UNKNOWN);
  }
  if (host_take_command (argc, argv, &status))
    return status;
  host_set_patience (PATIENCE);
  check_drivers ();
  check_lingering ();
  check_types ();
  check_damage ();
  check_went_down ();
  check_threads ();
  snprintf (command, sizeof command, "rm -r %s", folder);
  CHECK (system (command) == 0);
  return check_done ();
}
