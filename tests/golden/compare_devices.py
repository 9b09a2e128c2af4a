#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares greedy answers on two devices.

usage: DADAM_STARTER=MODEL compare_devices.py OURS DEVICE OTHER
  OURS   the command that runs dadam, "build/app/cli/dadam"

Both round, so answers may part, but only where the choice was close: where the reference's
logits of both tokens are no further apart than errors of the size that whole models are
allowed (LIMIT of tests/model/test-models.c) make likely.
"""
import os
import sys

from greedy import PROMPTS, our_answer, part

LIMIT = 2e-3    # of a device, normalised mean square error of its logits
FAR = 3         # times what two devices' errors of two logits come to


def main ():
    ours, device, other_device = sys.argv[1:]
    model = os.environ.get ('DADAM_STARTER')
    equal, far = 0, 0

    if not model:
        print ('the starter model is not here')
        return 77
    for prompt in PROMPTS[:10]:
        mine = our_answer (ours, model, prompt, '--device', device).rstrip ('\n')
        other = our_answer (ours, model, prompt, '--device', other_device).rstrip ('\n')
        if mine == other:
            equal += 1
            continue
        at, gap, spread = part (ours, model, prompt, mine, other)
        most = FAR * (2 * LIMIT) ** 0.5 * spread
        far += abs (gap) > most
        print (f'{prompt!r}: part at token {at}, the reference\'s logits {gap:+.4f} apart, '
               f'{most:.4f} are allowed', flush=True)
    print (f'{equal} of 10 equal, {far} parted where the choice was not close')
    return 1 if far else 0


sys.exit (main ())
