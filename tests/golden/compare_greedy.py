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
import shlex
import struct
import subprocess
import sys
import tempfile

import numpy as np

TOKENS = 64
EQUAL = 15        # of the prompts
CLOSE = 0.1       # between the logits of two tokens that part

PROMPTS = [
    'The capital of France is',
    'Once upon a time, in a small village by the sea,',
    'The three states of matter are',
    'To make a cup of tea, first',
    'In 1969, the first people',
    'Water boils at',
    'def fibonacci(n):\n',
    'The largest planet in our solar system is',
    'A good friend is someone who',
    'The difference between a lake and a river is',
    'My favorite season is autumn because',
    'Photosynthesis is the process by which',
    'The recipe calls for two eggs, a cup of flour and',
    'Dear Sir or Madam,\n\nI am writing to',
    'The quick brown fox jumps over the lazy dog. The dog',
    'Shakespeare wrote many plays, among them',
    'If you want to learn a new language, you should',
    'Computers store information as',
    'Q: What is the tallest mountain on Earth?\nA:',
    'The train left the station at noon and',
]


def run (command, *arguments):
    done = subprocess.run ([*shlex.split (command), *arguments], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        sys.exit (f'{command} {" ".join (arguments)}:\n{done.stderr.decode (errors="replace")}')
    return done.stdout.decode ()


def our_answer (ours, model, prompt):
    return run (ours, 'chat', model, '--raw', '-p', prompt, '--max-tokens', str (TOKENS),
                '--temperature', '0')


def their_answer (theirs, model, prompt):
    text = run (theirs, '-m', model, '-p', prompt, '-n', str (TOKENS), '--temp', '0', '-no-cnv',
                '--no-display-prompt', '--simple-io')
    return text.rstrip ('\n').removesuffix (' [end of text]')


def tokens_of (ours, model, text):
    return [int (token) for token in run (ours, 'tokenize', model, text).split ()]


def reference_logits (ours, model, text, position):
    """What the reference device gives after the first `position` tokens of the text."""
    with tempfile.NamedTemporaryFile (dir='.') as file, tempfile.NamedTemporaryFile (dir='.') as out:
        file.write (text.encode ())
        file.flush ()
        window = position + 1
        run (ours, 'perplexity', model, file.name, '--ctx', str (window), '--device', 'reference',
             '--logits', out.name)
        assert out.read (8) == b'DDLOGITS'
        _, columns = struct.unpack ('<QQ', out.read (16))
        row = window - 1 - window // 2 - 1  # the last of the first window
        return np.memmap (out.name, np.float32, 'r', 24 + 4 * columns * row, (columns,))


def part (ours, model, prompt, mine, other):
    """Where two answers part, and by how much the reference likes our token more than theirs."""
    a, b = (tokens_of (ours, model, prompt + answer) for answer in (mine, other))
    at = next ((i for i, (x, y) in enumerate (zip (a, b)) if x != y), min (len (a), len (b)))
    start = len (tokens_of (ours, model, prompt))
    if at in (len (a), len (b)):
        return at - start, float ('inf')    # one stopped, the other went on
    logits = reference_logits (ours, model, prompt + mine, at)
    return at - start, float (logits[a[at]]) - float (logits[b[at]])


def main ():
    model, ours, theirs = sys.argv[1:]
    equal, far = 0, 0
    for prompt in PROMPTS:
        mine = our_answer (ours, model, prompt).rstrip ('\n')
        other = their_answer (theirs, model, prompt)
        if mine == other:
            equal += 1
            continue
        at, gap = part (ours, model, prompt, mine, other)
        far += abs (gap) > CLOSE
        print (f'{prompt!r}: part at token {at}, the reference\'s logit of ours {gap:+.4f} above theirs',
               flush=True)
    print (f'{equal} of {len (PROMPTS)} equal, {far} parted where the choice was not close')
    return 0 if equal >= EQUAL and far == 0 else 1


sys.exit (main ())
