#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-sandbox.py WINDOW FOLDER STARTER: the installed Flatpak: what it may do and how large it is, how soon its window
# is there, that the starter model answers in the sandbox on the processor and on a graphics card, without a network
# too, and that what was said and which file was chosen is known again after a restart.
import configparser
import json
import os
import shutil
import subprocess
import sys
import time

from sandbox import DATA, ID, Sandboxed, choose, dadam, flatpak, put_model
from window import Failed, run, wait

STARTER = sys.argv[3]
HERE = os.path.dirname(os.path.abspath(__file__))
QUESTION = "What is tea?"


def expect(what, holds):
    if not holds:
        raise Failed(what)


def fresh(*models):
    shutil.rmtree(DATA, ignore_errors=True)
    for model in models:
        put_model(model)


def begin_with_starter():
    window = Sandboxed()
    window.press("Try a Tiny Test Model First.*")
    return window


def chat_and_come_back(begin):
    window = begin()
    answer = window.ask(QUESTION)
    window.close()
    window = Sandboxed(keeps=True)
    window.click("label", f"{QUESTION}.*|Tea.*")
    wait("what was said", lambda: len(window.turns()) == 2 and QUESTION in window.turns()[0])
    expect(f"“{answer}” is kept", answer[:20] in " ".join(window.turns()[1].split()))
    window.ask("And coffee?")
    window.close()


def test_permissions():
    metadata = configparser.ConfigParser(strict=False, interpolation=None)
    metadata.read_string(flatpak("info", "--user", "--show-metadata", ID))
    allowed = {key: set(filter(None, value.split(";"))) for key, value in metadata["Context"].items()}
    expect(f"the permissions are {allowed}", allowed == {
        "shared": {"network", "ipc"}, "sockets": {"x11", "wayland", "fallback-x11"}, "devices": {"dri"}})
    policies = [section for section in metadata.sections() if section.endswith("Policy") or section == "Environment"]
    expect(f"no other bus names, no environment: {policies}", not policies)


def test_size():
    size = int(flatpak("info", "--user", "--show-size", ID))
    print(f"installed: {size / 1e6:.1f} MB")
    expect(f"{size} bytes are at most 15 MB", size <= 15_000_000)


def test_languages():
    """A bundle has no room for translations kept apart."""
    expect("Korean without more", "창을 엽니다" in dadam_in("ko_KR.UTF-8", "help"))


def dadam_in(language, *arguments):
    return flatpak("run", "--user", f"--env=LANG={language}", f"--env=LC_ALL={language}", ID, *arguments)


def seconds_to_first_frame():
    begun = time.monotonic()
    window = subprocess.Popen(["flatpak", "run", "--user", ID])
    try:
        found = wait("the window", lambda: subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--class", "^dadam$"], stdout=subprocess.PIPE, check=False,
            text=True).stdout.split())
        wait("something to see", lambda: int(subprocess.run(
            ["import", "-window", found[0], "-format", "%k\n", "info:"], stdout=subprocess.PIPE, check=False,
            text=True).stdout or 0) > 8)
        return time.monotonic() - begun
    finally:
        flatpak("kill", ID)
        window.wait()


def test_first_frame():
    """The best of a few starts: a machine may be busy with something else."""
    fresh()
    best = seconds_to_first_frame()
    for _ in range(10):
        best = min(best, seconds_to_first_frame())
        if best <= 1:
            break
    print(f"first frame: {best:.2f} s")
    expect("the first frame within a second", best <= 1)


def test_chat():
    fresh(STARTER)
    chat_and_come_back(begin_with_starter)


def test_guide():
    window = Sandboxed()
    window.focus()
    window.keys("key", "F1")
    window.find("label", "First Steps")
    window.keys("key", "Escape")
    wait("the guide to close", lambda: not window.has("label", "First Steps"))
    window.close()


def test_without_network():
    fresh(STARTER)
    flatpak("override", "--user", "--unshare=network", ID)
    try:
        expect("no network", "eth" not in flatpak("run", "--user", "--command=cat", ID, "/proc/net/dev"))
        chat_and_come_back(begin_with_starter)
    finally:
        flatpak("override", "--user", "--reset", ID)


def test_graphics_card():
    cards = [device for device in json.loads(dadam("devices", "--json")) if device["uuid"] and not device["problem"]]
    expect("a Vulkan device in the sandbox", cards)
    fresh(STARTER)
    choose(device=cards[0]["uuid"])
    window = begin_with_starter()
    window.ask(QUESTION)
    window.find("label", "(Software|GPU).*" + cards[0]["name"].split()[0] + ".*")
    window.close()


def test_chosen_file():
    """The dialog is the portal's, which lends the sandbox the file that was chosen, for good."""
    fresh()
    chooser = subprocess.Popen([sys.executable, os.path.join(HERE, "file-chooser.py"), STARTER])
    try:
        def begin():
            window = Sandboxed()
            window.press("Open Model…")
            return window

        chat_and_come_back(begin)
        expect("nothing was copied", not os.path.exists(os.path.join(DATA, "data", "dadam", "models")) or not any(
            name.endswith(".gguf") for _, _, names in os.walk(os.path.join(DATA, "data", "dadam", "models"))
            for name in names))
    finally:
        chooser.kill()
        chooser.wait()


run(test_permissions, test_size, test_languages, test_first_frame, test_chat, test_guide, test_without_network,
    test_graphics_card)
if "DADAM_TEST_RUNTIME" in os.environ:
    run(test_chosen_file)
else:
    print("skipped test_chosen_file: the portal's files are in a runtime folder that only root can make anew")
