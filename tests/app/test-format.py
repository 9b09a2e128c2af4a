#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-format.py WINDOW FOLDER MODEL: a model whose file does not say its prompt format: the window asks, answers
# with the one that was chosen, and remembers it. What the file is called is no markup.
import os
import sys

from window import Window, run, wait

MODEL = os.path.join(os.environ["DADAM_SCRATCH"], "tea & <b>.gguf")
os.symlink(os.path.abspath(sys.argv[3]), MODEL)


def test_cancel():
    window = Window(MODEL)
    window.find("label", "Prompt Format")
    window.find("label", "“tea & <b>” does not say which prompt format it expects.*")
    window.press("Cancel")
    wait("the dialog to close", lambda: not window.has("label", "Prompt Format"))
    window.write("hello")
    window.press("Send")
    window.find("label", "Prompt Format")
    window.press("Cancel")
    wait("the message to come back", lambda: window.draft() == "hello" and window.n_turns() == 0)
    window.close()


def test_choose():
    window = Window(MODEL)
    window.click("label", "Alpaca")
    window.press("Use")
    window.write("hello")
    window.press("Send")
    window.await_answers(1)
    window.stop()
    window.close()


def test_remember():
    window = Window(MODEL)
    window.write("hello")
    window.press("Send")
    window.await_answers(1)
    window.press("Model: .*")
    window.press("Settings")
    window.find("label", "Model Settings")
    window.focus()
    window.keys("key", "Escape")
    wait("the dialog to close", lambda: not window.has("label", "Model Settings"))
    window.close()


run(test_cancel, test_choose, test_remember)
