/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sentences about a tally.
 */
#include "config.h"

#include "dadam-pair-words.h"

#include <glib/gi18n.h>
#include <math.h>

/* What comes about by chance more seldom is called a difference. */
#define SELDOM 0.05

static guint
to_percent (double share)
{
  return (guint) lround (share * 100);
}

/* The line above all: who is better, if that can be said. */
char *
dadam_pair_describe_result (DadamPair *self)
{
  const DadamTally *tally = dadam_pair_get_tally (self);

  if (!dadam_tally_is_known (tally))
    return g_strdup (_ ("Not Known Yet"));
  if (dadam_tally_get_p (tally) >= SELDOM)
    return g_strdup (_ ("No Clear Difference"));

  return g_strdup_printf (_ ("Better: %s"), dadam_pair_get_name (self, 0));
}

/* How often the first one has won, and how sure that is. */
char *
dadam_pair_describe_share (DadamPair *self)
{
  const DadamTally *tally = dadam_pair_get_tally (self);
  guint decided = dadam_tally_get_decided (tally);
  double low, high;

  if (!dadam_tally_is_known (tally))
    return g_strdup_printf (ngettext ("Ten duels that one of them wins are needed to say "
                                      "something; there is %u.",
                                      "Ten duels that one of them wins are needed to say "
                                      "something; there are %u.",
                                      decided),
                            decided);
  dadam_tally_get_interval (tally, &low, &high);

  /* Translators: a model's name, then numbers: wins, duels, per cent, per cent, per cent. */
  return g_strdup_printf (_ ("%1$s won %2$u of %3$u decided duels: %4$u%%, and with 95%% "
                             "confidence between %5$u and %6$u%%."),
                          dadam_pair_get_name (self, 0), tally->wins[0], decided,
                          to_percent (dadam_tally_get_share (tally)), to_percent (low),
                          to_percent (high));
}

/* The p value, as how often chance alone does such a thing; nothing where nothing is known. */
char *
dadam_pair_describe_chance (DadamPair *self)
{
  const DadamTally *tally = dadam_pair_get_tally (self);
  double p = dadam_tally_get_p (tally);

  if (!dadam_tally_is_known (tally))
    return g_strdup ("");
  if (p >= SELDOM)
    return g_strdup_printf (_ ("Of 100 pairs that are equally good, %u would differ as much or "
                               "more by chance (p = %.2g): it may be chance."),
                            MAX (to_percent (p), 1), p);
  if (p >= 0.0005)
    return g_strdup_printf (_ ("Of 1000 pairs that are equally good, only %u would differ as much "
                               "or more by chance (p = %.2g): it is hardly chance."),
                            (guint) lround (p * 1000), p);

  return g_strdup_printf (_ ("Of 1000 pairs that are equally good, not one would differ as much "
                             "by chance (p = %.1g): it is not chance."),
                          p);
}

/* ---- what decides nothing ------------------------------------------------ */

static void
append (GString *line, const char *text)
{
  g_string_append_printf (line, "%s%s", line->len > 0 ? " · " : "", text);
}

static void
append_number (GString *line, const char *format, guint n)
{
  g_autofree char *text = g_strdup_printf (format, n);

  append (line, text);
}

/* Ties and the like; may be empty. */
char *
dadam_pair_describe_rest (DadamPair *self)
{
  const DadamTally *tally = dadam_pair_get_tally (self);
  guint n_open = dadam_pair_get_n_open (self);
  GString *line = g_string_new (NULL);

  if (tally->ties > 0)
    append_number (line, ngettext ("%u tie", "%u ties", tally->ties), tally->ties);
  if (tally->both_bad > 0)
    append_number (line, ngettext ("both bad: %u", "both bad: %u", tally->both_bad),
                   tally->both_bad);
  if (n_open > 0)
    append_number (line,
                   ngettext ("%u vote that was not blind, not counted",
                             "%u votes that were not blind, not counted", n_open),
                   n_open);

  return g_string_free_and_steal (line);
}

/* ---- one duel ------------------------------------------------------------ */

static char *
describe_verdict (DadamPair *self, DadamDuel *duel)
{
  switch (dadam_duel_get_verdict (duel)) {
  case DADAM_VERDICT_LEFT:
    return g_strdup_printf (_ ("Better: %s"), dadam_pair_name_side (self, duel, DADAM_LEFT));
  case DADAM_VERDICT_RIGHT:
    return g_strdup_printf (_ ("Better: %s"), dadam_pair_name_side (self, duel, DADAM_RIGHT));
  case DADAM_VERDICT_BOTH_BAD: return g_strdup (_ ("Both bad"));
  case DADAM_VERDICT_TIE: return g_strdup (_ ("Tie"));
  case DADAM_VERDICT_NONE:
  default: g_return_val_if_reached (NULL);
  }
}

/* How it was judged: "Better: komt"; and that it does not count, if so. */
char *
dadam_pair_describe_vote (DadamPair *self, DadamDuel *duel)
{
  g_autofree char *verdict = describe_verdict (self, duel);

  if (dadam_duel_get_is_blind (duel))
    return g_steal_pointer (&verdict);

  return g_strdup_printf ("%s · %s", verdict, _ ("not blind, not counted"));
}
