/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench-pull ENDPOINT CA REPOSITORY FILE SHA256 SIZE FOLDER: how fast a download from
 * the stand-in Hub over TLS is, and how much memory it takes.  Run by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "dadam-download-private.h"

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
  DadamFetch *fetch;
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
  if (!dadam_fetch_run (fetch, NULL, &error))
    g_error ("%s", error->message);
  getrusage (RUSAGE_SELF, &usage);
  printf ("%.2f s, %ld KiB resident at most, %.2f s of processor\n",
          (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC, usage.ru_maxrss,
          (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
              + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
  dadam_fetch_free (fetch);

  return 0;
}
