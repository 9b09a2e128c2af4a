#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-sandbox.py WINDOW FOLDER STARTER: the installed Flatpak: what it may do and how large it is, how soon its window
# is there, that the starter model answers in the sandbox on the processor and on a graphics card, without a network
# too, and that what was said is known again after a restart.
import configparser
import json
import os
import subprocess
import sys
import time

from sandbox import ID, Sandboxed, begin_with_starter, chat_and_come_back, choose, dadam, flatpak, fresh
from window import expect, run, wait

STARTER = sys.argv[3]


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


def window_ids():
    return subprocess.run(["xdotool", "search", "--onlyvisible", "--class", "^dadam"], stdout=subprocess.PIPE,
                          check=False, text=True).stdout.split()


def n_colours(window):
    """None, if it has just gone."""
    return int(subprocess.run(["import", "-window", window, "-format", "%k\n", "info:"], stdout=subprocess.PIPE,
                              check=False, text=True).stdout or 0)


def numbers_of(process, name):
    """In a file that the kernel has on it: those behind its program's name, if that is there; none if it has ended."""
    try:
        with open(f"/proc/{process}/{name}", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def seconds_in_queue(process):
    """That it and all it has started were ready and others had the processors; 0 where the kernel does not tell."""
    parents = {int(pid): int(stat[1]) for pid in os.listdir("/proc") if pid.isdigit()
               and (stat := numbers_of(pid, "stat"))}
    family = {process}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(int(numbers[1]) for pid in family if (numbers := numbers_of(pid, "schedstat"))) / 1e9


def seconds_to_first_frame():
    begun = time.monotonic()
    window = subprocess.Popen(["flatpak", "run", "--user", ID])
    try:
        wait("something to see", lambda: n_colours(window_ids()[0]) > 8)
        took = time.monotonic() - begun
        return took - seconds_in_queue(window.pid)
    finally:
        flatpak("kill", ID)
        window.wait()
        wait("the window to go", lambda: not window_ids())


def test_first_frame():
    """The best of some starts: a machine may be busy with something else, and is not so all the time. What they waited
    for a processor is not theirs."""
    fresh()
    best = seconds_to_first_frame()
    for _ in range(40):
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
        devices = flatpak("run", "--user", "--command=cat", ID, "/proc/net/dev")
        expect(f"no network: {devices}", {line.split(":")[0].strip() for line in devices.splitlines()[2:]} <= {"lo"})
        chat_and_come_back(begin_with_starter)
    finally:
        flatpak("override", "--user", "--reset", ID)


def test_graphics_card():
    cards = [device for device in json.loads(dadam("devices", "--json")) if device["uuid"] and not device["problem"]]
    expect("a Vulkan device in the sandbox", cards)
    fresh(STARTER)
    choose(device=cards[0]["uuid"])
    chat_and_come_back(begin_with_starter, "(Software|GPU).*" + cards[0]["name"].split()[0] + ".*")


run(test_permissions, test_size, test_languages, test_first_frame, test_chat, test_guide, test_without_network,
    test_graphics_card)
