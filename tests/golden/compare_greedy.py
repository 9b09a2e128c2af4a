#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares greedy answers of `dadam chat` with llama.cpp's, word for word.

usage: compare_greedy.py MODEL OURS THEIRS
  OURS    the command that runs dadam, "build/app/cli/dadam"
  THEIRS  the command that runs llama.cpp's llama-completion

Twenty English prompts as they are, 64 tokens each.  Where two answers part, the
logits of both tokens on the reference device say how close the choice was.
Fails where fewer than 15 are equal or a choice was not close.
"""
import sys

from greedy import PROMPTS, TOKENS, our_answer, part, run

EQUAL = 15        # of the prompts
CLOSE = 0.1       # between the logits of two tokens that part


def their_answer (theirs, model, prompt):
    text = run (theirs, '-m', model, '-p', prompt, '-n', str (TOKENS), '--temp', '0', '-no-cnv',
                '--no-display-prompt', '--simple-io')
    return text.rstrip ('\n').removesuffix (' [end of text]')


def main ():
    model, ours, theirs = sys.argv[1:]
    equal, far = 0, 0
    for prompt in PROMPTS:
        mine = our_answer (ours, model, prompt).rstrip ('\n')
        other = their_answer (theirs, model, prompt)
        if mine == other:
            equal += 1
            continue
        at, gap, _ = part (ours, model, prompt, mine, other)
        far += abs (gap) > CLOSE
        print (f'{prompt!r}: part at token {at}, the reference\'s logit of ours {gap:+.4f} above theirs',
               flush=True)
    print (f'{equal} of {len (PROMPTS)} equal, {far} parted where the choice was not close')
    return 0 if equal >= EQUAL and far == 0 else 1


sys.exit (main ())
