#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the logits of `dadam perplexity` with llama.cpp's on the same windows.

usage: compare_llama.py OURS THEIRS
  OURS    written by: dadam perplexity MODEL TEXT --ctx 512 --logits OURS
  THEIRS  written by: llama-perplexity -m MODEL -f TEXT -c 512 --kl-divergence-base THEIRS

Prints both perplexities, the mean Kullback-Leibler divergence of ours from
theirs and how often the likeliest token is the same.  llama.cpp stores
log-probabilities in 16 bits with a scale per row, which alone is worth about
1e-5 of divergence, and lifts all below e^-16 to that; those are left out, as
llama.cpp leaves them out itself: together they would count for more than the
whole divergence.
"""
import struct
import sys

import numpy as np


def read_ours (path):
    """Rows of float32 logits after "DDLOGITS" and the shape."""
    with open (path, 'rb') as file:
        assert file.read (8) == b'DDLOGITS', 'not written by dadam perplexity'
        rows, columns = struct.unpack ('<QQ', file.read (16))
    return np.memmap (path, np.float32, 'r', 24, (rows, columns))


def read_theirs (path):
    """Their file: header, tokens, then per scored token scale, offset, levels."""
    with open (path, 'rb') as file:
        assert file.read (8) == b'_logits_', 'not written by llama-perplexity'
        context, = struct.unpack ('<I', file.read (4))
        vocabulary, chunks = struct.unpack ('<ii', file.read (8))
        tokens = np.fromfile (file, np.int32, context * chunks).reshape (chunks, context)
        start = file.tell ()
    width = 2 * ((vocabulary + 1) // 2) + 4
    per_chunk = context - 1 - context // 2
    levels = np.memmap (path, np.uint16, 'r', start, (chunks * per_chunk, width))
    return context, vocabulary, tokens, levels


def log_softmax (logits):
    shifted = logits.astype (np.float64) - logits.max ()
    return shifted - np.log (np.exp (shifted).sum ())


def main ():
    ours = read_ours (sys.argv[1])
    context, vocabulary, tokens, levels = read_theirs (sys.argv[2])
    first = context // 2
    per_chunk = context - 1 - first
    rows = min (len (ours), len (levels))
    divergence, same, our_loss, their_loss = [], 0, 0.0, 0.0
    for row in range (rows):
        scale, offset = levels[row, :4].view (np.float32)
        theirs = levels[row, 4:4 + vocabulary] * np.float64 (scale) + offset
        mine = log_softmax (ours[row])
        target = tokens[row // per_chunk, first + row % per_chunk + 1]
        kept = levels[row, 4:4 + vocabulary] > 0
        divergence.append ((np.exp (theirs) * (theirs - mine))[kept].sum ())
        same += int (theirs.argmax () == mine.argmax ())
        our_loss -= mine[target]
        their_loss -= theirs[target]
    our_loss, their_loss = np.exp (our_loss / rows), np.exp (their_loss / rows)
    print (f'{rows} tokens: perplexity {our_loss:.4f}, theirs {their_loss:.4f} '
           f'({100 * (our_loss / their_loss - 1):+.3f} %)')
    print (f'mean divergence {np.mean (divergence):.2e}, same likeliest token {100 * same / rows:.2f} %')


main ()
