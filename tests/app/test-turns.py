#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-turns.py WINDOW FOLDER MODEL: a question edited and an answer made anew, with a way back to each; an answer
# that goes on; what the model is sent, and what it is set to.
import os
import re
import shutil
import subprocess
import sys

from window import PROGRAM, Atspi, Window, expect, name_of, run, wait

MODEL = sys.argv[3]


def version(window):
    return [label for label in window.labels() if label in ("1/2", "2/2", "1/3", "2/3", "3/3")]


def test_edit():
    window = Window(MODEL)
    window.find("label", "CPU")
    window.say("the first question")
    window.write("a draft")
    window.press("Edit this message")
    window.find("label", "Editing a message.*")
    wait("the question in the composer", lambda: window.draft() == "the first question")
    window.focus()
    window.keys("key", "Escape")
    wait("the draft to be back", lambda: window.draft() == "a draft")
    window.press("Edit this message")
    wait("the question in the composer", lambda: window.draft() == "the first question")
    window.write("anew: ")
    window.press("Send")
    wait("its place among two", lambda: version(window) == ["2/2"])
    window.await_answers(1)
    window.stop()
    wait("the question asked anew", lambda: window.turns()[0].startswith("anew: the first question"))
    wait("the draft after it", lambda: window.draft() == "a draft")
    window.press("Version Before")
    wait("the first question", lambda: window.turns()[0].startswith("the first question"))
    wait("its place", lambda: version(window) == ["1/2"])
    window.press("Version After")
    wait("the second one", lambda: window.turns()[0].startswith("anew: "))
    check_left(window)
    check_again(window)
    window.close()


def check_left(window):
    """What is changed in a message, and not sent, is found again with the draft; a prompt leaves a draft alone."""
    window.press("Edit this message")
    wait("the question in the composer", lambda: window.draft() == "anew: the first question")
    window.write("and ")
    window.press("New Chat")
    wait("an empty chat", lambda: window.n_turns() == 0 and window.draft() == "")
    window.click("label", "the first question")
    wait("all that was written", lambda: window.draft() == "and anew: the first question\n\na draft")
    expect("nothing is edited", not window.has("label", "Editing a message.*"))
    window.press("New Chat")
    wait("an empty chat", lambda: window.n_turns() == 0 and window.draft() == "")
    window.write("my own words")
    window.press("Is a cat an animal\\?")
    window.await_answers(1)
    window.stop()
    expect("what was written stays", window.draft() == "my own words")
    window.press("New Chat")
    wait("an empty chat", lambda: window.n_turns() == 0 and window.draft() == "")


def check_again(window):
    window.say("tea")
    window.press("Answer Again")
    wait("its place among two", lambda: version(window) == ["2/2"])
    window.await_answers(1)
    window.stop()
    wait("the question once", lambda: window.n_turns() == 2)
    window.press("Version Before")
    wait("the first answer", lambda: version(window) == ["1/2"])
    length = len(window.turns()[1])
    window.press("Go on with this answer")
    wait("more of it", lambda: len(window.turns()[1]) > length + 20)
    window.stop()
    expect("no new turn", window.n_turns() == 2)


def test_settings():
    window = Window(MODEL)
    window.find("label", "CPU")
    window.say("tea")
    window.press("Conversation Settings")
    prompt = window.find("text", "System prompt")
    prompt.get_editable_text_iface().insert_text(0, "Be brief.", 9)
    window.find("label", "What the Model Is Sent")
    window.click("label", "What the Model Is Sent")
    wait("the system prompt in what is sent",
         lambda: any("brief" in label and "Instruction" in label for label in window.labels()))
    window.keys("key", "Escape")
    wait("the dialog to close", lambda: not window.has("text", "System prompt"))
    window.close()
    window = Window(MODEL, keeps=True)
    wait("the conversation", lambda: window.turns())
    window.press("Conversation Settings")
    prompt = window.find("text", "System prompt").get_text_iface()
    expect("the system prompt to be kept", Atspi.Text.get_text(prompt, 0, -1) == "Be brief.")
    window.keys("key", "Escape")
    window.close()


def chip(window):
    """What the button with the model's name says."""
    return next((name_of(node) for node in window._all("toggle button", "Model: .*")), "")


def test_models():
    """Each conversation has its model. One whose model is gone is read, and goes on with another, which is said."""
    path = os.path.join(os.environ["DADAM_SCRATCH"], "gone.gguf")
    shutil.copy(MODEL, path)
    window = Window(path)
    window.find("label", "CPU")
    window.say("tea")
    window.press("New Chat")
    wait("an empty chat", lambda: window.n_turns() == 0)
    subprocess.run([PROGRAM, MODEL], check=True)
    wait("the other model", lambda: chip(window) == "Model: tiny, CPU")
    window.say("water")
    window.click("list item", "tea")
    wait("the first one, not loaded", lambda: chip(window) == "Model: gone, Loads on the first message")
    window.click("list item", "water")
    wait("the other one, loaded still", lambda: chip(window) == "Model: tiny, CPU")
    window.click("list item", "tea")
    wait("its turns", lambda: window.n_turns() == 2 and window.turns()[0] == "tea")
    window.say("green")
    wait("the first model", lambda: chip(window) == "Model: gone, CPU")
    answer = window.turns()[1]
    window.click("list item", "water")
    wait("the other one, unloaded", lambda: chip(window) == "Model: tiny, Loads on the first message")
    window.say("still")
    window.click("list item", "tea")
    wait("the first model", lambda: chip(window).startswith("Model: gone"))
    window.close()
    os.remove(path)
    window = Window(keeps=True)
    window.find("label", "The model of this conversation is gone: gone")
    wait("the text", lambda: window.turns()[0] == "tea" and window.turns()[1][:20] == answer[:20])
    expect("nowhere to write", not window.has("text", "Message"))
    window.press("Go On with tiny")
    window.find("label", "CPU")
    window.say("and more")
    wait("the other model's name", lambda: any(re.match("tiny · .*stopped", label) for label in window.labels()))
    wait("what was asked", lambda: "and more" in window.turns())
    window.close()


run(test_edit, test_settings, test_models)
