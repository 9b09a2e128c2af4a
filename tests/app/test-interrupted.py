#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-interrupted.py WINDOW FOLDER MODEL: a model that was being loaded when the program was killed is not loaded again
# before somebody said so; one start of the program is all there is, the second hands over its file and raises the
# window; and the desktop starts it over the session bus.
import glob
import json
import os
import shutil
import subprocess
import sys

from window import PROGRAM, Atspi, Failed, Window, name_of, run, wait

MODEL = os.path.abspath(sys.argv[3])
ID = "io.github.dadam_app.Dadam"
# By the length of their names, which what is going to be renamed to one has not.
MARKS = os.path.join(os.environ["HOME"], ".local", "state", "dadam", "loading", "?" * 64)
SETTINGS = os.path.join(os.environ["HOME"], ".config", "glib-2.0", "settings")
WORDS = "Dadam ended the last time while it was loading this model.*"


def find_card():
    """One that was never used, so that it is tested first: the loading takes its time."""
    dadam = os.path.join(os.environ["DADAM_PREFIX"], "bin", "dadam")
    devices = json.loads(subprocess.run([dadam, "devices", "--json"], check=True, stdout=subprocess.PIPE).stdout)
    return next((device["uuid"] for device in devices if device["uuid"] and not device["problem"]), None)


def choose(card):
    os.makedirs(SETTINGS, exist_ok=True)
    with open(os.path.join(SETTINGS, "keyfile"), "w", encoding="utf-8") as file:
        file.write("[io/github/dadam_app/Dadam]\n"
                   f"device='{card}'\nlast-model='{MODEL}'\nrecent-models=['{MODEL}']\n")


def ask():
    window = Window()
    window.write("hello")
    window.press("Send")
    return window


def test_killed():
    card = find_card()
    if card is None:
        print("there is no Vulkan device here")
        sys.exit(77)
    choose(card)
    window = ask()
    wait("the loading", lambda: glob.glob(MARKS))
    window.process.kill()
    window.process.wait()

    window = ask()
    window.find("label", WORDS)
    if glob.glob(MARKS):
        raise Failed("it is being loaded without having been asked for")
    window.press("Load Again")
    wait("the loading", lambda: glob.glob(MARKS))
    wait("no banner", lambda: not window.has("label", WORDS))
    window.process.kill()
    window.process.wait()


def test_second_start():
    shutil.rmtree(SETTINGS)
    for mark in glob.glob(MARKS):
        os.remove(mark)
    other = os.path.join(os.environ["DADAM_SCRATCH"], "other.gguf")
    shutil.copy(MODEL, other)
    window = Window(MODEL)
    window.find("toggle button", "Model.*tiny.*")
    window.find("label", "CPU")
    wait("the end of the loading", lambda: not glob.glob(MARKS))
    subprocess.run([PROGRAM, other], check=True, timeout=60)
    window.find("toggle button", "Model.*other.*")
    frames = len(window._all("frame"))
    if frames != 1:
        raise Failed(f"there are {frames} windows")
    window.close()


def names():
    desktop = Atspi.get_desktop(0)
    children = [desktop.get_child_at_index(i) for i in range(desktop.get_child_count())]
    return [name_of(child) for child in children if child is not None]


def test_activation():
    subprocess.run(["gapplication", "launch", ID, MODEL], check=True, timeout=60)
    wait("the program", lambda: any(name.startswith("dadam") for name in names()))
    subprocess.run(["gapplication", "action", ID, "quit"], check=True, timeout=60)
    wait("its end", lambda: not any(name.startswith("dadam") for name in names()))


run(test_killed, test_second_start, test_activation)
