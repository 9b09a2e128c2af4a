#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-left-out.py WINDOW FOLDER MODEL DRIVER: a driver that has crashed the program when it was asked for graphics cards
# does not do so again: the window opens and answers, says why there is no card, and has them back once it is mended.
import json
import os
import sys

from window import Window, expect, name_of, run, wait

MODEL, DRIVER = map(os.path.abspath, sys.argv[3:5])
DEADLY = os.path.join(os.environ["DADAM_SCRATCH"], "deadly")
MANIFEST = os.path.join(os.environ["DADAM_SCRATCH"], "driver.json")
WORDS = "A graphics driver crashed when it was asked which cards there are.*"


def start():
    return Window(MODEL, VK_DRIVER_FILES=MANIFEST, DADAM_DEADLY=DEADLY)


def test_left_out():
    """As the start before left it, which died of the driver."""
    cache = os.path.join(os.environ["HOME"], ".cache", "dadam")
    os.makedirs(cache)
    with open(os.path.join(cache, "listing"), "w", encoding="utf-8") as file:
        file.write("cards\n")
    open(DEADLY, "w", encoding="utf-8").close()
    with open(MANIFEST, "w", encoding="utf-8") as file:
        json.dump({"file_format_version": "1.0.1", "ICD": {"library_path": DRIVER, "api_version": "1.3.0"}}, file)
    window = start()
    window.find("label", WORDS)
    window.press("Model.*", "toggle button")
    wait("the devices", lambda: [name_of(node) for node in window._all("radio button")] == ["Automatic", "GPU", "CPU"])
    window.focus()
    window.keys("key", "Escape")
    window.say("hello")
    window.close()


def test_mended():
    os.remove(DEADLY)
    window = start()
    window.find("label", "CPU")
    expect("nothing is said", not window.has("label", WORDS))
    window.close()


run(test_left_out, test_mended)
