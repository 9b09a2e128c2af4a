#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-drop.py WINDOW FOLDER MODEL: files dragged with the mouse onto the composer: a model is opened, a text
# attached, another file refused, and no name is written into the message.
import os
import shutil
import subprocess
import sys

from window import Failed, Window, run, wait

MODEL = sys.argv[3]
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "drag-source.py")


def find_source():
    result = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "^files$"], capture_output=True, text=True,
                            check=False)
    return result.stdout.split()


def drag_once(window, path):
    """Each step once the one before was seen by both programs. Returns whether it was dropped."""
    said = os.path.join(os.environ["DADAM_SCRATCH"], "said")
    with open(said, "w", encoding="utf-8") as file:
        source = subprocess.Popen([sys.executable, SOURCE, path], stdout=file)

    def says(word):
        with open(said, encoding="utf-8") as file:
            return word in file.read().split()

    def moves(word, x, y):
        """To and fro about a place until the other window has seen enough of it."""
        for shift in (0, 20):
            window.keys("mousemove", str(x + shift), str(y))
        return says(word)

    try:
        wait("the other window", lambda: says("shown"))
        window.keys("windowmove", "--sync", wait("its X window", find_source)[0], "1050", "50")
        window.keys("mousemove", "1150", "130", "mousedown", "1")
        wait("the drag", lambda: moves("begun", 1110, 130))
        box = window.entry().get_component_iface().get_extents(0)
        wait("the composer to take it", lambda: moves("accepted", box.x + box.width // 2, box.y + box.height // 2))
        window.keys("mouseup", "1")
        wait("the end of it", lambda: says("ended"))
        return says("dropped") and not says("cancelled")
    finally:
        source.kill()
        source.wait()


def drag(window, path):
    """X drops only where the last move has been answered; the hand of a machine can be quicker than that."""
    wait(f"{path} to be dropped", lambda: drag_once(window, path))


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
    window.hears("picture.png.*has no text")
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
