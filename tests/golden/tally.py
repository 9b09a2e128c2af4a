#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/golden/tally.h: what scipy makes of wins among decided duels: Wilson's
interval at 95 % and the exact two-sided binomial test.  Needs: pip install scipy.  Run
it from this folder's parent:

    python3 golden/tally.py > golden/tally.h
"""
import random

import scipy
from scipy.stats import binomtest


def cases():
    for n in range(1, 13):
        for wins in range(n + 1):
            yield wins, n
    for n in (20, 21, 37, 50, 99, 100, 101, 500, 1000, 4999, 5000, 10000, 100000):
        for wins in sorted({0, 1, n // 3, n * 45 // 100, n // 2, (n + 1) // 2, n * 53 // 100, n - 1, n}):
            yield wins, n
    random.seed(6)
    for _ in range(60):
        n = random.randrange(1, 5000)
        yield random.randrange(n + 1), n


print(f"""/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Made by golden/tally.py with scipy {scipy.__version__}: do not edit.
 */
static const struct {{
  unsigned wins, n;
  double low, high, p;
}} golden_tallies[] = {{""")
for wins, n in cases():
    test = binomtest(wins, n)
    interval = test.proportion_ci(method="wilson")
    print(f"  {{ {wins}, {n}, {float(interval.low)!r}, {float(interval.high)!r}, {float(test.pvalue)!r} }},")
print("};")
