#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-settings.py WINDOW FOLDER MODEL SCHEMA: settings that something else has written: no text of the right kind, or
# values that nobody can choose. Each key of the schema has both. The window comes and answers all the same.
import os
import sys
import xml.etree.ElementTree

from window import BUTTON, Window, expect, run, wait

MODEL = os.path.abspath(sys.argv[3])
KEYFILE = os.path.join(os.environ["HOME"], ".config", "glib-2.0", "settings", "keyfile")
KEYS = {key.get("name"): key.get("type") for key in xml.etree.ElementTree.parse(sys.argv[4]).iter("key")}
NOT_JSON = '{"temperature":"hot","max_tokens":-1e999,"system":[],"format":"none'
WRONG = '{"temperature":-7,"top_k":99999999,"seed":1e300,"context":-1,"format":"none","system":7}'
# Of their types, but what no dialog would write.
STRANGE = {
    "window-size": "(-20, 100000)",
    "window-maximized": "false",
    "last-model": f"'{MODEL}'",
    "recent-models": f"['', '..', '{MODEL}', '{MODEL}', '/none.gguf', '/proc/self/mem']",
    "formats": f"{{'{MODEL}': 'none', '': ''}}",
    "choices": f"{{'{MODEL}': '{WRONG}', '': '{NOT_JSON}'}}",
    "device": "'vulkan:99,cuda:-1'",
    "text-zoom": "-2147483648",
    "unload-after": "2147483647",
    "enter-sends": "true",
    "compare-models": f"['..', '{MODEL}', '{MODEL}']",
    "compare-devices": "[]",
    "compare-choices": f"'{NOT_JSON}'",
    "compare-blind": "true",
    "compare-in-turns": "true",
    "compare-scroll-together": "true",
}


def write(values):
    os.makedirs(os.path.dirname(KEYFILE), exist_ok=True)
    with open(KEYFILE, "w", encoding="utf-8") as file:
        file.write("[io/github/dadam_app/Dadam]\n")
        file.writelines(f"{name}={value}\n" for name, value in values.items())


def use(window):
    """Both pages; and an answer, if need be on another device and in another format than were chosen."""
    window.find("label", "CPU")
    window.click("label", "Compare")
    window.find(BUTTON, "New Comparison")
    window.press("New Chat")
    wait("the other page", lambda: not window.has(BUTTON, "New Comparison"))
    window.say("hello")


def test_no_values():
    write({name: text for name, text in zip(KEYS, ["", "?", "[", "'", "(1, 2", "{'a': }", "\\", "garbage"] * len(KEYS))})
    window = Window(MODEL)
    use(window)
    window.close()


def test_other_types():
    write({name: "'text'" if kind != "s" else "17" for name, kind in KEYS.items()})
    window = Window(MODEL)
    window.press("Use the CPU")
    use(window)
    window.close()


def test_strange_values():
    expect(f"a strange value for each of {set(KEYS) - set(STRANGE)}", set(KEYS) == set(STRANGE))
    write(STRANGE)
    window = Window(MODEL)
    window.press("Use the CPU")
    use(window)
    window.close()


run(test_no_values, test_other_types, test_strange_values)
