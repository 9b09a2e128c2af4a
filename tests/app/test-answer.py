#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-answer.py WINDOW FOLDER MODEL: the first start, a model opened, a question, an answer that grows and is
# stopped, a new chat, a damaged file, a model that does not say its format; and names for all that has only an icon.
import os
import subprocess
import sys

from window import PROGRAM, Failed, Window, run, wait

MODEL = sys.argv[3]
QUESTION = "Tell me about the sea."


def expect(what, holds):
    if not holds:
        raise Failed(what)


def copy(name, size=None):
    path = os.path.join(os.environ["DADAM_SCRATCH"], name)
    with open(MODEL, "rb") as source, open(path, "wb") as target:
        target.write(source.read(size) if size else source.read())
    return path


def test_first_start():
    window = Window()
    window.find("label", "Welcome to Dadam")
    expect("no composer without a model", not window.has("text", "Message"))
    window.press("Open File…")
    window.close()


def test_names():
    window = Window(MODEL)
    window.find("button|push button", "Send")
    nameless = [node.get_role_name() for node in window.nodes()
                if node.get_role_name() in ("button", "push button", "toggle button", "text", "progress bar", "list")
                and not node.get_name() and not node.get_parent().get_name()]
    expect(f"without a name: {nameless}", not nameless)
    window.close()


def test_answer():
    window = Window(MODEL)
    window.find("label", "CPU")
    window.write(QUESTION)
    wait("the count of tokens", lambda: any("tokens · 22 characters" in text for text in window.labels()))
    window.press("Send")
    wait("the question in the list", lambda: QUESTION in window.turns())
    wait("an answer", lambda: len(window.turns()[-1]) > 3)
    first = window.turns()[-1]
    wait("more of the answer", lambda: len(window.turns()[-1]) > len(first))
    expect("the composer is empty", window.draft() == "")
    window.press("Stop")
    wait("the end of the answer", lambda: any("stopped" in text for text in window.labels()), 2)
    window.find("button|push button", "Send")
    stopped = window.turns()[-1]
    expect("the answer keeps what was said", len(stopped) >= len(first))

    window.write("And the mountains?")
    window.press("Send")
    wait("a second turn", lambda: len(window.turns()) == 4)
    window.press("Stop")
    wait("its end", lambda: window.has("button|push button", "Send"))

    window.press("New Chat")
    window.find("button|push button", "Is a cat an animal\\?")
    expect("a new chat has no messages", window.turns() == [])
    window.close()


def test_keys():
    window = Window(MODEL)
    window.find("label", "CPU")
    window.focus()
    window.keys("type", "--delay", "20", "one")
    window.keys("key", "shift+Return")
    window.keys("type", "--delay", "20", "two")
    wait("two lines", lambda: window.draft() == "one\ntwo")
    window.keys("key", "Return")
    wait("the message", lambda: "one\ntwo" in window.turns()[:1])
    wait("an answer", lambda: len(window.turns()) == 2 and len(window.turns()[1]) > 3)
    window.keys("key", "Escape")
    wait("the end of the answer", lambda: any("stopped" in text for text in window.labels()), 2)
    window.keys("key", "ctrl+n")
    window.find("button|push button", "Is a cat an animal\\?")
    window.close()


def test_damaged():
    window = Window(MODEL)
    window.find("label", "CPU")
    subprocess.run([PROGRAM, copy("cut.gguf", 2000)], check=True)
    window.find("label", ".*damaged.*")
    window.find("label", "Cannot be loaded")
    subprocess.run([PROGRAM, os.path.join(os.environ["DADAM_SCRATCH"], "none.gguf")], check=True)
    window.find("label", ".*could not be read.*")
    window.close()


def test_remembers():
    window = Window()
    window.find("label", "none")
    window.find("label", ".*is gone.*")
    window.click("toggle button", "Model: none, .*")
    window.press("([^ ]* · )?" + os.path.splitext(os.path.basename(MODEL))[0])
    window.find("label", "CPU")
    window.close()


run(test_first_start, test_names, test_answer, test_keys, test_damaged, test_remembers)
