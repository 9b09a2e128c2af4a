#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-blind.py WINDOW FOLDER MODEL OTHER [DUELS]: many blind duels, driven through the window. Before each vote a walk of
# the whole accessibility tree finds neither model's name, nor a speed or a device; and what each pane has is, to the
# byte, what `dadam chat` gives for the model that was revealed there, with the same seed.
import glob
import os
import random
import re
import sqlite3
import subprocess
import sys

from comparing import choose, expect, panes
from window import Window, run, wait

MODELS = [os.environ.get("DADAM_STARTER") or os.path.abspath(sys.argv[3]), os.path.abspath(sys.argv[4])]
TITLES = [os.path.basename(path).removesuffix(".gguf") for path in MODELS]
SECRETS = re.compile("|".join([re.escape(title) for title in TITLES] + ["tokens/s", "first token", "CPU", "GPU"]))
DUELS = int(sys.argv[5]) if len(sys.argv) > 5 else 100
DADAM = os.path.join(os.environ["DADAM_PREFIX"], "bin", "dadam")
TOKENS = 12
SAMPLING = {"temperature": 0.9, "top_k": 0, "top_p": 1, "min_p": 0, "repeat_penalty": 1}
WORDS = "sea tea island mountain rain why how 차 바다 섬 산 비 왜 어떻게".split()


def told(window):
    """What anybody could read anywhere in the window, shown or not."""
    for node in window.nodes():
        for text in (node.get_name(), node.get_description()):
            if SECRETS.search(text or ""):
                yield f"{node.get_role_name()} “{text}”"


def revealed(window):
    """The models' names, from left to right."""
    chips = [node for node in window._all("button|push button|toggle button", "Model: .*")
             if node.get_role_name() != "toggle button"] or window._all("toggle button", "Model: .*")
    return [re.fullmatch("Model: (.*), .*", chip.get_name())[1] for chip in chips]


def kept(question):
    path = glob.glob(os.path.join(os.environ["XDG_DATA_HOME"], "dadam", "dadam.db"))[0]
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows = base.execute("SELECT a.text, a.model_title, a.model_path, a.seed FROM message a JOIN message q ON q.id = a.parent"
                        " WHERE q.text = ? ORDER BY a.pane", (question,)).fetchall()
    base.close()
    return rows


def alone(path, question, seed):
    options = [part for name, value in SAMPLING.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    result = subprocess.run([DADAM, "chat", path, "-p", question, "--seed", str(seed), "--max-tokens", str(TOKENS),
                             *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return result.stdout.decode()


def duel(window, number):
    question = f"{number}: " + " ".join(random.choices(WORDS, k=5))
    window.press("New Comparison") if number > 0 else None
    wait("an empty one", lambda: panes(window) == [])
    window.write(question)
    window.press("Send")
    window.find("label", "Which answer is better\\?")
    secrets = list(told(window))
    expect(f"the window tells {secrets}", not secrets)
    window.press(random.choice(["Left", "Tie", "Both Bad", "Right"]))
    wait("the names", lambda: sorted(revealed(window)) == sorted(TITLES))
    rows = kept(question)
    expect("two answers are kept", len(rows) == 2 and rows[0][3] == rows[1][3])
    expect("each is told to be its model's", [row[1] for row in rows] == revealed(window))
    for text, _, path, seed in rows:
        expect(f"{question}: “{text}”", alone(path, question, seed) in (text, text + "\n"))
    return revealed(window)[0]


def test_duels():
    choices = "{" + ", ".join(f'"{name}": {value}' for name, value in {**SAMPLING, "max_tokens": TOKENS}.items()) + "}"
    choose(compare_models=repr(MODELS), compare_choices=f"'{choices}'", compare_blind="true", window_size="(1100, 720)")
    window = Window()
    window.click("label", "Compare")
    left = [duel(window, number) for number in range(DUELS)]
    print(f"{DUELS} duels, {left.count(TITLES[0])} times with {TITLES[0]} on the left")
    expect("sides are drawn", 0 < left.count(TITLES[0]) < DUELS)
    window.close()


run(test_duels)
