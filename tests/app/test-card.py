#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-card.py WINDOW FOLDER MODEL PROGRAM LAYERS: a model on a graphics card (the software driver's, chosen by name) that
# gets into trouble amid answers: it is tested before its first use; lost, it is started again and the answer goes on;
# lost twice, the processor is offered, in a comparison to the one of two models that needs it; without memory, the
# model leaves it. The driver is put into trouble by a layer in the folder LAYERS, which tests/kernels/trouble-layer.c
# is.
import json
import os
import subprocess
import sys

from window import Window, run, wait

MODEL, PROGRAM, LAYERS = map(os.path.abspath, sys.argv[3:6])
ORDERS = os.path.join(os.environ["DADAM_SCRATCH"], "trouble")
SETTINGS = os.path.join(os.environ["HOME"], ".config", "glib-2.0", "settings")
AGAIN = "The device stopped answering and was started again. The answer goes on."
TWICE = "The device stopped answering. Send the message again."
SHORT = r"llvmpipe.* has no memory left\. The model left it and runs elsewhere now\."


def card():
    listed = json.loads(subprocess.run([PROGRAM, "devices", "--json"], stdout=subprocess.PIPE, check=True).stdout)
    found = [device for device in listed if device["kind"] == "software" and device["problem"] is None]
    if not found:
        print("no Vulkan driver in software")
        sys.exit(77)
    return found[0]


def choose(device, **more):
    os.makedirs(SETTINGS, exist_ok=True)
    with open(os.path.join(SETTINGS, "keyfile"), "w", encoding="utf-8") as file:
        file.write(f"[io/github/dadam_app/Dadam]\ndevice='{device}'\n")
        file.writelines(f"{name.replace('_', '-')}={value!r}\n" for name, value in more.items())


def order(what, times):
    path = os.path.join(ORDERS, what)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(f"{times}\n")
    os.rename(path + ".new", path)
    wait("the order to be read", lambda: not os.path.exists(path))


def open_window(*arguments):
    return Window(*arguments, VK_INSTANCE_LAYERS="VK_LAYER_DADAM_trouble", VK_LAYER_PATH=LAYERS, DADAM_TROUBLE=ORDERS,
                  GDK_DISABLE="vulkan")


def begin(window, text):
    before = window.n_turns()
    window.write(text)
    window.press("Send")
    wait("an answer", lambda: window.n_turns() == before + 2 and len(window.turns()[-1]) > 3)


def goes_on(window):
    length = len(window.turns()[-1])
    wait("the answer to go on", lambda: len(window.turns()[-1]) > length + 3)
    window.press("Stop.*")
    window.find("button|push button", "Send")


def test_lost():
    choose(CARD["uuid"])
    hold = os.path.join(ORDERS, "hold")
    with open(hold, "w", encoding="utf-8"):
        pass
    window = open_window(MODEL)
    window.write("hello")
    window.press("Send")
    window.find("label", "Testing the graphics card…")
    os.remove(hold)
    window.find("label", "GPU · llvmpipe.*", patience=240)
    wait("an answer", lambda: window.n_turns() == 2 and len(window.turns()[-1]) > 3)
    order("lost", 1)
    window.find("label", AGAIN)
    goes_on(window)
    begin(window, "again")
    order("lost", 2)
    window.find("label", TWICE)
    wait("the turns to be as they were", lambda: window.n_turns() >= 3)
    window.press("Use the CPU")
    begin(window, "once more")
    window.find("label", "CPU")
    goes_on(window)
    window.close()


def test_short():
    choose(CARD["uuid"])
    window = open_window(MODEL)
    begin(window, "hello")
    window.find("label", "GPU · llvmpipe.*")
    window.press("Stop.*")
    window.find("button|push button", "Send")
    window.write("a " * 600)
    window.press("Send")
    order("memory", 10000)
    window.find("label", SHORT)
    goes_on(window)
    window.close()


def test_pane():
    """Of two models the one on the card gets into trouble: it is told which, the processor is offered to that one, and
    the other has its turn (a card in software counts as one without memory, so they do not answer at once)."""
    choose("cpu", compare_models=[MODEL, MODEL], compare_devices=[CARD["uuid"], ""])
    window = open_window()

    def answer(pane):
        return len(window.turns(window.conversations()[pane])[-1]) > 3

    window.click("label", "Compare")
    window.write("hello")
    window.press("Send")
    window.find("toggle button", "Model: .*, GPU · llvmpipe.*")
    wait("the left answer", lambda: window.n_turns() == 4 and answer(0))
    order("lost", 1)
    window.find("label", AGAIN)
    order("lost", 2)
    window.find("label", f"Left: {TWICE}")
    wait("the right answer", lambda: answer(1))
    window.press("Stop.*")
    window.press("Use the CPU")
    window.find("toggle button", "Model: .*, Loads on the first message")
    window.write("once more")
    window.press("Send")
    wait("both on the processor", lambda: len(window._all("toggle button", "Model: .*, CPU")) == 2)
    wait("both answers", lambda: window.n_turns() == 8 and answer(0) and answer(1))
    window.press("Stop.*")
    window.find("button|push button", "Send")
    window.close()


os.makedirs(ORDERS)
CARD = card()
run(test_lost, test_short, test_pane)
