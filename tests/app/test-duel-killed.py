#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-duel-killed.py WINDOW FOLDER MODEL OTHER [KILLS]: the window is killed before a vote, while it is stored and after
# it. At the next start the secret is kept as long as there is no vote; a vote is there once, of the answers that stood
# where the buttons were, and is told as what it was. Then what is exported tells names when the window does.
import os
import random
import re
import shutil
import sqlite3
import sys
import time

from comparing import choose, name_models, panes, secrets_of
from window import Window, expect, name_of, run, wait

MODELS, TITLES = name_models(sys.argv[3], sys.argv[4])
SECRETS = secrets_of(TITLES)
KILLS = int(sys.argv[5]) if len(sys.argv) > 5 else 8
QUESTION = "Which answer is better\\?"
LEFT = 1  # as the archive has it


def kill(window):
    window.process.kill()
    window.process.wait()


def kept():
    """The duels, with the pane, the model and the place of each answer.  Nobody has the file open."""
    folder = os.path.join(os.environ["XDG_DATA_HOME"], "dadam")
    copy = os.path.join(os.environ["DADAM_SCRATCH"], "copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    base = sqlite3.connect(os.path.join(copy, "dadam.db"))
    duels = base.execute("SELECT verdict, l.pane, r.pane, l.model_title, r.model_title, q.text FROM duel"
                         " JOIN message l ON l.id = left_answer JOIN message r ON r.id = right_answer"
                         " JOIN message q ON q.id = l.parent").fetchall()
    base.close()
    return duels


def chips(window):
    return [re.fullmatch("Model: (.*), .*", name_of(node))[1] for node in window._all("toggle button", "Model: .*")]


def told(window):
    return [name for node in window.nodes() if SECRETS.search(name := name_of(node))]


def begin(number):
    window = Window(keeps=number > 0)
    if number > 0:
        wait("what was shown", lambda: panes(window))
        window.press("New Comparison")
        wait("an empty one", lambda: panes(window) == [])
    else:
        window.click("label", "Compare")
    window.write(f"Number {number}?")
    window.press("Send")
    window.find("label", QUESTION)
    return window


def duel(number):
    window = begin(number)
    kill(window)
    window = Window(keeps=True)
    window.find("label", QUESTION)
    expect("nothing is told before the vote", not told(window))
    window.press("Left")
    time.sleep(random.uniform(0, 0.03) if number % 4 else 1)  # while it is stored, or long after
    kill(window)

    asked = [kept_duel for kept_duel in kept() if kept_duel[5] == f"Number {number}?"]
    expect(f"one duel of two panes: {asked}", len(asked) == 1 and asked[0][1:3] == (0, 1))
    window = Window(keeps=True)
    wait("the answers", lambda: [len(pane) for pane in panes(window)] == [2, 2])
    if asked[0][0] is None:
        window.find("label", QUESTION)
        expect("nothing is told without a vote", not told(window))
        window.press("Left")
    wait("the names", lambda: chips(window) == list(asked[0][3:5]))
    expect("it cannot be judged twice", not window.has("label", QUESTION))
    window.close()
    return asked[0][0] is not None


def test_killed():
    choose(compare_models=repr(MODELS), compare_blind="true", window_size="(1100, 720)",
           compare_choices="'{\"max_tokens\":4}'")
    stored = sum(duel(number) for number in range(KILLS))
    votes = [duel[0] for duel in kept()]
    print(f"{KILLS} votes, {stored} of them on the disk when the window was killed")
    expect(f"each vote is there once, as it was given: {votes}", votes == [LEFT] * KILLS)


def exported(window, name):
    path = os.path.join(os.environ["DADAM_SCRATCH"], name)
    window.press("Comparison Menu", "toggle button")
    window.press("Export", "menu item")
    window.press("Markdown.*", "menu item")
    window.save_as(path, ".*\\.md")
    wait("the file", lambda: os.path.exists(path))
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_export():
    window = begin(KILLS)
    secret = exported(window, "secret.md")
    expect("what is exported keeps the secret", f"Number {KILLS}?" in secret and not SECRETS.search(secret))
    window.press("Tie")
    wait("the names", lambda: sorted(chips(window)) == sorted(TITLES))
    text = exported(window, "told.md")
    expect("and tells it when it is told", all(title in text for title in TITLES))
    window.close()


run(test_killed, test_export)
