#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-compare.py WINDOW FOLDER MODEL OTHER: two models side by side: asked twice; then blind, where nothing in the
# window tells a name, a speed or a device before the vote; judged by a key; and all of it there after a new start.
import os
import re
import sys

from comparing import ask, choose, name_models, panes, secrets_of
from window import Window, expect, name_of, run, wait

MODELS, TITLES = name_models(os.environ.get("DADAM_STARTER") or sys.argv[3], sys.argv[4])
SECRETS = secrets_of(TITLES)


def test_compare():
    choose(compare_models=repr(MODELS), compare_choices="'{\"max_tokens\":6}'", window_size="(1100, 720)")
    window = Window()
    window.click("label", "Compare")
    for title in TITLES:
        window.find("button|push button|toggle button", f"Model: {re.escape(title)}, .*")
    ask(window, "What is the sea?", 1)
    ask(window, "And the mountains?", 2)
    left, right = panes(window)
    expect("each pane has the question", left[0] == right[0] == ["What is the sea?"])
    expect("each pane has an answer of its own", left[1] != right[1] and left[3] != right[3])
    wait("what each cost", lambda: all(any("tokens/s" in text for text in pane[3]) for pane in panes(window)))
    wait("its title", lambda: window.titles() == ["What is the sea?"])

    window.press("New Comparison")
    wait("an empty one", lambda: panes(window) == [])
    window.focus()  # from here to the vote without a mouse
    window.tab_to("Blind")
    window.keys("key", "space")
    window.tab_to("Message")
    window.keys("type", "Who are you?")
    window.keys("key", "Return")
    window.find("label", "Which answer is better\\?")
    told = [name for node in window._all() if SECRETS.search(name := name_of(node))]
    expect(f"the window tells {told}", not told)
    window.keys("key", "alt+2")
    for title in TITLES:
        window.find("label", re.escape(title))
        window.find("button|push button|toggle button", f"Model: {re.escape(title)}, .*")
    wait("it to be a tie", lambda: len(window._all("label", "Tie")) == 2)
    wait("what each cost", lambda: all(any("tokens/s" in text for text in pane[1]) for pane in panes(window)))
    window.write("And when the window is closed meanwhile?")
    window.press("Send")
    window.close()


def test_restart():
    window = Window(keeps=True)
    wait("what was shown", lambda: [pane[0] for pane in panes(window)] == [["Who are you?"]] * 2)
    wait("both in the list", lambda: window.titles() == ["Who are you?", "What is the sea?"])
    for title in TITLES:
        window.find("button|push button|toggle button", f"Model: {re.escape(title)}, .*")
    expect("it was judged", not window.has("label", "Which answer is better\\?"))
    window.click("list item", "What is the sea\\?")
    wait("the other one", lambda: [len(pane) for pane in panes(window)] == [4, 4])
    window.press("Results")
    window.find("list item", "1 Vote")
    window.close()


run(test_compare, test_restart)
