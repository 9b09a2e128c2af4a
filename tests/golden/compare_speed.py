#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the speed of `dadam bench` with llama.cpp's llama-bench, in turns, each model by itself.

usage: compare_speed.py [OPTION…] OURS THEIRS MODEL…
  OURS    the command that runs dadam, "build/app/cli/dadam"
  THEIRS  the command that runs llama-bench
  --device D          what runs it here, as `dadam devices` has it (cpu); llama.cpp takes its first card for any other
  --threads N         of the processor (all)
  --prompts N[,N…]    reads so many tokens (512,64,16)
  --tokens N          makes so many (64)
  --rounds N          turns (3)

A line for each size: both medians in tokens a second, their ratio, and the least and the most ratio of one turn.
What a machine does beside it moves the numbers: let it do nothing else.
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess


def call (command, *options):
    done = subprocess.run ([*shlex.split (command), *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads (done.stdout)


def ours (to, model):
    got = call (to.ours, 'bench', model, '--device', to.device, '-t', str (to.threads), '-p', to.prompts,
                '-n', str (to.tokens), '-r', '1', '--json')
    return {**{f'prompt {n}': speed for n, speed in got['prompts'].items ()},
            f'decode {to.tokens}': got['decode_tokens_per_second']}


def theirs (to, model):
    cards = ['-ngl', '0', '-dev', 'none'] if to.device == 'cpu' else ['-ngl', '99']
    got = call (to.theirs, '-m', model, '-t', str (to.threads), '-p', to.prompts, '-n', str (to.tokens), '-r', '1',
                '-o', 'json', *cards)
    return {f'prompt {run["n_prompt"]}' if run['n_prompt'] else f'decode {run["n_gen"]}': run['avg_ts'] for run in got}


def compare (to, model):
    turns = [(ours (to, model), theirs (to, model)) for _ in range (to.rounds)]
    print (os.path.basename (model), flush=True)
    for size in turns[0][0]:
        mine, other = ([turn[side][size] for turn in turns] for side in (0, 1))
        ratios = [a / b for a, b in zip (mine, other)]
        a, b = statistics.median (mine), statistics.median (other)
        print (f'  {size:10} {a:8.2f} {b:8.2f}  {a / b:5.2f} ({min (ratios):.2f} to {max (ratios):.2f})', flush=True)


def main ():
    usage = argparse.ArgumentParser (usage=__doc__.split ('\n\n', 1)[1])
    usage.add_argument ('--device', default='cpu')
    usage.add_argument ('--threads', type=int, default=os.cpu_count ())
    usage.add_argument ('--prompts', default='512,64,16')
    usage.add_argument ('--tokens', type=int, default=64)
    usage.add_argument ('--rounds', type=int, default=3)
    usage.add_argument ('ours')
    usage.add_argument ('theirs')
    usage.add_argument ('models', nargs='+')
    to = usage.parse_args ()
    for model in to.models:
        compare (to, model)


main ()
