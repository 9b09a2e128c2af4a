/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench-pull ENDPOINT CA REPOSITORY FILE SHA256 SIZE FOLDER: how fast a download from
 * the stand-in Hub over TLS is, how long it goes on after the last byte, and how much
 * memory it takes.  measure-pull runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "dadam-download-private.h"

static double
seconds_since (gint64 start)
{
  return (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
}

/* When the last byte came. */
static gpointer
watcher_thread (gpointer user_data)
{
  DadamFetch *fetch = user_data;
  gint64 *came = g_new (gint64, 1);

  while (__atomic_load_n (&fetch->done, __ATOMIC_RELAXED) < fetch->facts->size)
    g_usleep (2000);
  *came = g_get_monotonic_time ();

  return came;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) tls = NULL;
  g_autoptr (DadamHub) hub = NULL;
  g_autoptr (DadamStore) store = NULL;
  g_autoptr (DadamFacts) facts = NULL;
  g_autofree char *commit = NULL;
  g_autofree char *place = NULL;
  g_autofree gint64 *came = NULL;
  DadamFetch *fetch;
  GThread *watcher;
  struct rusage usage;
  gint64 start;

  if (argc != 8)
    return 2;
  tls = g_tls_file_database_new (argv[2], NULL);
  hub = dadam_hub_new (argv[1], NULL, tls, NULL);
  store = dadam_store_new (argv[7]);
  commit = g_compute_checksum_for_string (G_CHECKSUM_SHA1, argv[3], -1);
  facts = dadam_facts_new (argv[3], commit, argv[4], argv[5], atoll (argv[6]));
  place = dadam_store_get_place (store, facts);
  fetch = dadam_fetch_new (hub, facts, place);
  start = g_get_monotonic_time ();
  watcher = g_thread_new ("watcher", watcher_thread, fetch);
  if (!dadam_fetch_run (fetch, NULL, &error))
    g_error ("%s", error->message);
  came = g_thread_join (watcher);
  getrusage (RUSAGE_SELF, &usage);
  printf ("%.2f s, %.2f s of it after the last byte, %ld KiB resident at most, "
          "%.2f s of processor\n",
          seconds_since (start), seconds_since (*came), usage.ru_maxrss,
          (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
              + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
  dadam_fetch_free (fetch);

  return 0;
}
