#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-device.py WINDOW FOLDER MODEL OTHER: the device that a model runs on: one that was chosen and is not there is told
# of and the processor offered, the choice is kept, changing it keeps the chat, and diagnostics hold nothing private. And
# the popover in which one chooses it: it has the other models too, and does not keep the program from quitting.
import os
import re
import sys

from window import BUTTON, Failed, Window, run, wait

MODEL, OTHER = sys.argv[3], os.path.abspath(sys.argv[4])
GONE = "01234567-89ab-cdef-0123-456789abcdef"
SETTINGS = os.path.join(os.environ["HOME"], ".config", "glib-2.0", "settings")
WORDS = "The device chosen for models cannot be used.*The graphics card that was chosen is not there any more."


def choose(device):
    os.makedirs(SETTINGS, exist_ok=True)
    with open(os.path.join(SETTINGS, "keyfile"), "w", encoding="utf-8") as file:
        file.write(f"[io/github/dadam_app/Dadam]\ndevice='{device}'\nrecent-models=['{OTHER}']\n")


def chosen():
    with open(os.path.join(SETTINGS, "keyfile"), encoding="utf-8") as file:
        return next((line.split("=")[1].strip().strip("'") for line in file if line.startswith("device=")), "")


def open_popover(window):
    window.press("Model.*", "toggle button")


def choose_above(window, name):
    """With the keyboard: from the device that is chosen to the one above it."""
    open_popover(window)
    window.find("radio button", name)
    window.tab_to(name)
    window.keys("key", "Up")


def ask(window, turns):
    window.write("hello")
    window.press("Send")
    wait("an answer", lambda: window.n_turns() == turns and len(window.turns()[-1]) > 3)
    window.press("Stop.*")
    window.find("button|push button", "Send")


def test_gone():
    choose(GONE)
    window = Window(MODEL)
    window.find("label", WORDS)
    window.press("Use the CPU")
    wait("the choice to be kept", lambda: chosen() == "cpu")
    wait("no banner", lambda: not window.has("label", WORDS))
    window.close()


def test_choice():
    choose("cpu")
    window = Window(MODEL)
    window.find("label", "CPU")
    window.focus()
    ask(window, 2)
    choose_above(window, "CPU")
    wait("the choice to be kept", lambda: chosen() == "")
    window.keys("key", "Escape")
    wait("the popover to close", lambda: not window.has("radio button", "CPU"))
    ask(window, 4)
    open_popover(window)
    window.press("other")
    window.find("toggle button", "Model: other.*")
    wait("the popover to close", lambda: not window.has("radio button", "CPU"))
    open_popover(window)
    window.find(BUTTON, "tiny")
    window.close()


def escaped(window):
    window.keys("key", "Escape")
    return not window.has("label", "Dadam .*")


def test_diagnostics():
    window = Window(MODEL)
    window.find("label", "CPU")
    open_popover(window)
    window.press("Device Diagnostics…")
    text = wait("the text", lambda: [name for name in window.labels() if name.startswith("Dadam ")])[0]
    window.press("Copy")
    window.hears("Copied")
    if "cpu: " not in text or "System: " not in text:
        raise Failed(f"no diagnostics: {text}")
    if "/" in text.replace("GNU/Linux", "") or re.search(rf"\b(tiny|{re.escape(os.uname().nodename)})\b", text):
        raise Failed(f"the diagnostics tell too much: {text}")
    window.focus()
    wait("the dialog to close", lambda: escaped(window))
    window.close()


run(test_gone, test_choice, test_diagnostics)
