#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-blind.py WINDOW FOLDER MODEL OTHER [DUELS]: many blind duels, driven through the window. Before each vote a walk of
# the whole accessibility tree finds neither model's name, nor a speed or a device; and what each pane has is, to the
# byte, what `dadam chat` gives for the model that was revealed there, with the same seed.
import os
import random
import re
import sqlite3
import subprocess
import sys

from comparing import choose, name_models, panes, secrets_of
from window import GLib, Window, expect, name_of, run, wait

MODELS, TITLES = name_models(os.environ.get("DADAM_STARTER") or sys.argv[3], sys.argv[4])
SECRETS = secrets_of(TITLES)
DUELS = int(sys.argv[5]) if len(sys.argv) > 5 else 100
DADAM = os.path.join(os.environ["DADAM_PREFIX"], "bin", "dadam")
TOKENS = 12
SAMPLING = {"temperature": 0.9, "top_k": 0, "top_p": 1, "min_p": 0, "repeat_penalty": 1}
WORDS = "sea tea island mountain rain why how 차 바다 섬 산 비 왜 어떻게".split()


def told(window):
    """What anybody could read anywhere in the window, shown or not."""
    for node in window.nodes():
        try:
            role, texts = node.get_role_name(), (node.get_name(), node.get_description())
        except GLib.Error:  # it went away while we looked
            continue
        yield from (f"{role} “{text}”" for text in texts if SECRETS.search(text or ""))


def revealed(window):
    """The models' names, from left to right."""
    chips = [node for node in window._all("button|push button|toggle button", "Model: .*")
             if node.get_role_name() != "toggle button"] or window._all("toggle button", "Model: .*")
    return [match[1] for chip in chips if (match := re.fullmatch("Model: (.*), .*", name_of(chip)))]


def kept():
    """The answers to each question, from left to right.  The program must have let go of the file."""
    path = os.path.join(os.environ["XDG_DATA_HOME"], "dadam", "dadam.db")
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    answers = {}
    for question, *answer in base.execute("SELECT q.text, a.text, a.model_title, a.model_path, a.seed FROM message a"
                                          " JOIN message q ON q.id = a.parent ORDER BY a.pane"):
        answers.setdefault(question, []).append(answer)
    base.close()
    return answers


def alone(path, question, seed):
    options = [part for name, value in SAMPLING.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    result = subprocess.run([DADAM, "chat", path, "-p", question, "--seed", str(seed), "--max-tokens", str(TOKENS),
                             *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return result.stdout.decode()


def duel(window, number):
    question = f"{number}: " + " ".join(random.choices(WORDS, k=5))
    if number > 0:
        window.press("New Comparison")
        wait("an empty one", lambda: panes(window) == [])
    window.write(question)
    window.press("Send")
    window.find("label", "Which answer is better\\?")
    secrets = list(told(window))
    expect(f"the window tells {secrets}", not secrets)
    window.press(random.choice(["Left", "Tie", "Both Bad", "Right"]))
    return question, wait("the names", lambda: sorted(names := revealed(window)) == sorted(TITLES) and names)


def check(question, names, answers):
    expect("two answers with one seed", len(answers) == 2 and answers[0][3] == answers[1][3])
    expect("each was told to be its model's", [answer[1] for answer in answers] == names)
    for text, _, path, seed in answers:
        expect(f"{question}: “{text}”", alone(path, question, seed) in (text, text + "\n"))


def test_duels():
    choices = "{" + ", ".join(f'"{name}": {value}' for name, value in {**SAMPLING, "max_tokens": TOKENS}.items()) + "}"
    choose(compare_models=repr(MODELS), compare_choices=f"'{choices}'", compare_blind="true", window_size="(1100, 720)")
    window = Window()
    window.click("label", "Compare")
    duels = [duel(window, number) for number in range(DUELS)]
    window.close()
    answers = kept()
    for question, names in duels:
        check(question, names, answers[question])
    n_left = sum(names[0] == TITLES[0] for _, names in duels)
    print(f"{DUELS} duels, {n_left} times with {TITLES[0]} on the left")
    expect("sides are drawn", 0 < n_left < DUELS)


run(test_duels)
