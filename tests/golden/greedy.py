# SPDX-License-Identifier: GPL-3.0-or-later
"""What comparisons of greedy answers share: prompts, the commands, and how close a choice was
where two answers part, by the logits of the reference device."""
import shlex
import struct
import subprocess
import sys
import tempfile

import numpy as np

TOKENS = 64

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


def our_answer (ours, model, prompt, *options):
    return run (ours, 'chat', model, '--raw', '-p', prompt, '--max-tokens', str (TOKENS),
                '--temperature', '0', *options)


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
    """Where two answers part, by how much the reference likes the first's token more than the
    other's, and how far its logits are from their mean, as a standard deviation."""
    a, b = (tokens_of (ours, model, prompt + answer) for answer in (mine, other))
    at = next ((i for i, (x, y) in enumerate (zip (a, b)) if x != y), min (len (a), len (b)))
    start = len (tokens_of (ours, model, prompt))
    if at in (len (a), len (b)):
        return at - start, float ('inf'), 1.0    # one stopped, the other went on
    logits = reference_logits (ours, model, prompt + mine, at)
    spread = float (np.std (logits, dtype=np.float64))
    return at - start, float (logits[a[at]]) - float (logits[b[at]]), spread
