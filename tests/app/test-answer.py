#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-answer.py WINDOW FOLDER MODEL: the first start, a model opened, a question, an answer that grows and is
# stopped, a new chat, a damaged file, a model that does not say its format.
import os
import subprocess
import sys

from window import BUTTON, PROGRAM, Window, expect, run, wait

MODEL = sys.argv[3]
QUESTION = "Tell me about the sea."


def copy(name, size=None):
    path = os.path.join(os.environ["DADAM_SCRATCH"], name)
    with open(MODEL, "rb") as source, open(path, "wb") as target:
        target.write(source.read(size) if size else source.read())
    return path


def test_first_start():
    window = Window()
    window.find("label", "Welcome to Dadam")
    expect("no composer without a model", not window.has("text", "Message"))
    window.press("Open Model…")
    window.cancel_file("Open Model")
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
    wait("the composer to be empty", lambda: window.draft() == "")
    window.press("Stop")
    wait("the end of the answer", lambda: any("stopped" in text for text in window.labels()))
    window.find(BUTTON, "Send")
    stopped = window.turns()[-1]
    expect("the answer keeps what was said", len(stopped) >= len(first))

    window.write("And the mountains?")
    window.press("Send")
    wait("a second turn", lambda: window.n_turns() == 4)
    window.press("Stop")
    window.find(BUTTON, "Send")

    window.press("New Chat")
    window.find(BUTTON, "Is a cat an animal\\?")
    wait("a new chat without messages", lambda: window.n_turns() == 0)
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
    window.await_answers(1)
    window.keys("key", "Escape")
    wait("the end of the answer", lambda: any("stopped" in text for text in window.labels()))
    window.keys("key", "ctrl+n")
    window.find(BUTTON, "Is a cat an animal\\?")
    window.close()


def wrong_files():
    """What people take for a model, and the words by which each is refused."""
    with open(MODEL, "rb") as file:
        model = file.read()
    wrong = {
        "cut.gguf": (model[:2000], "damaged"),
        "short.gguf": (model[:-1000], "damaged"),
        "notes.txt": ("다담\n".encode() * 100, "damaged|cannot run"),
        "empty.gguf": (b"", "damaged"),
        "first.gguf": (model[:4] + b"\1\0\0\0" + model[8:], "cannot run"),
        "family.gguf": (model.replace(b"\5\0\0\0\0\0\0\0llama", b"\5\0\0\0\0\0\0\0mamba", 1), "cannot run"),
        "older.bin": (b"tjgg" + model[4:], "cannot run"),
    }
    for name, (data, words) in wrong.items():
        with open(os.path.join(os.environ["DADAM_SCRATCH"], name), "wb") as file:
            file.write(data)
        yield os.path.join(os.environ["DADAM_SCRATCH"], name), words
    yield os.path.join(os.environ["DADAM_SCRATCH"], "none.gguf"), "could not be read"
    yield os.environ["DADAM_SCRATCH"], "could not be read|damaged"


def test_wrong_first():
    window = Window(copy("cut.gguf", 2000))
    window.find("label", ".*damaged.*")
    window.find("label", "Welcome to Dadam")
    window.close()


def test_wrong():
    window = Window(MODEL)
    window.find("label", "CPU")
    window.write(QUESTION)
    for path, words in wrong_files():
        subprocess.run([PROGRAM, path], check=True)
        window.find("label", f".*({words}).*")
        wait(f"the model to stay after {path}", lambda: window.has("label", "CPU") and window.draft() == QUESTION)
        subprocess.run([PROGRAM, MODEL], check=True)
        wait("the banner to go", lambda: not window.has("label", f".*({words}).*"))
    window.press("Send")
    window.await_answers(1)
    window.stop()
    window.close()


def test_cut_in_use():
    """A file that is cut short under a loaded model: an error, and whole again it is loaded anew."""
    path = copy("cut-later.gguf")
    window = Window(path)
    window.find("label", "CPU")
    os.truncate(path, 4096)
    window.write(QUESTION)
    window.press("Send")
    window.find("label", ".*changed or its disk failed.*")
    window.find("label", "Loads on the first message")
    copy("cut-later.gguf")
    wait("the question to come back", lambda: window.draft() == QUESTION or window.n_turns() == 2)
    if window.draft() == "":
        window.write(QUESTION)
    window.press("Send")
    window.await_answers(1)
    window.close()


def test_announces():
    """What a screen reader says without being asked: why a file is refused, and that an answer ended."""
    window = Window(MODEL)
    window.find("label", "CPU")
    subprocess.run([PROGRAM, copy("cut.gguf", 2000)], check=True)
    window.hears("damaged")
    window.write(QUESTION)
    window.press("Send")
    window.await_answers(1)
    window.press("Stop")
    window.hears("The answer was stopped")
    window.close()


def test_remembers():
    path = copy("none.gguf")
    window = Window(path)
    window.find("label", "CPU")
    window.close()
    os.remove(path)
    window = Window()
    window.find("label", "none")
    window.find("label", ".*cannot be found.*")
    window.click("toggle button", "Model: none, .*")
    window.press("([^ ]* · )?" + os.path.splitext(os.path.basename(MODEL))[0])
    window.find("label", "CPU")
    window.close()


run(test_first_start, test_wrong_first, test_answer, test_keys, test_wrong, test_cut_in_use, test_announces,
    test_remembers)
