#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-drop.py WINDOW FOLDER MODEL: files dragged with the mouse onto the composer: a model is opened, a text
# attached, another file refused, and no name is written into the message.
import os
import shutil
import subprocess
import sys
import time

from window import Failed, Window, run, wait

MODEL = sys.argv[3]
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "drag-source.py")


def find_source():
    result = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "^files$"], capture_output=True, text=True,
                            check=False)
    return result.stdout.split()


def drag(window, path):
    box = window.entry().get_component_iface().get_extents(0)
    target = (box.x + box.width // 2, box.y + box.height // 2)
    source = subprocess.Popen([sys.executable, SOURCE, path])
    try:
        window.keys("windowmove", "--sync", wait("the other window", find_source)[0], "1050", "50")
        time.sleep(0.5)
        window.keys("mousemove", "1150", "130", "mousedown", "1")
        for step in range(1, 21):
            window.keys("mousemove", str(1150 + (target[0] - 1150) * step // 20),
                        str(130 + (target[1] - 130) * step // 20))
            time.sleep(0.03)
        time.sleep(0.3)
        window.keys("mouseup", "1")
        time.sleep(0.5)
    finally:
        source.kill()
        source.wait()


def test_drop():
    scratch = os.environ["DADAM_SCRATCH"]
    with open(os.path.join(scratch, "notes.txt"), "w", encoding="utf-8") as file:
        file.write("다담")
    shutil.copy(MODEL, os.path.join(scratch, "dropped.gguf"))
    window = Window(MODEL)
    window.find("label", "CPU")
    drag(window, os.path.join(scratch, "notes.txt"))
    window.find("label", "notes.txt")
    with open(os.path.join(scratch, "picture.png"), "wb") as file:
        file.write(bytes(range(256)))
    drag(window, os.path.join(scratch, "picture.png"))
    window.find("label", ".*picture.png.*has no text.*")
    drag(window, os.path.join(scratch, "dropped.gguf"))
    window.find("label", "dropped")
    if window.draft() != "":
        raise Failed(f"the composer has “{window.draft()}”")
    window.write("Sum it up")
    window.press("Send")
    wait("the file as a chip of what was sent", lambda: window.turns()
         and "notes.txt" in window.turns()[0] and "Sum it up" in window.turns()[0])
    window.find("label", "Sum it up")
    fences = [label for label in window.labels() if "file=" in label]
    if fences:
        raise Failed(f"shows {fences}")
    window.close()


run(test_drop)
