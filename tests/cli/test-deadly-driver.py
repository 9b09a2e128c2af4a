#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-deadly-driver.py DADAM DRIVER MODEL: a driver that crashes whoever asks it for graphics cards ends the program
# once. From then on they are left out, which is said, and models run on the processor, until the driver is mended.
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile

DADAM, DRIVER, MODEL = map(os.path.abspath, sys.argv[1:])
HOME = tempfile.TemporaryDirectory()
DEADLY = os.path.join(HOME.name, "deadly")
MANIFEST = os.path.join(HOME.name, "driver.json")
ENVIRONMENT = {**os.environ, "HOME": HOME.name, "XDG_CACHE_HOME": HOME.name, "LC_ALL": "C.UTF-8", "DADAM_DEADLY": DEADLY,
               "VK_DRIVER_FILES": MANIFEST}
WORDS = "a driver crashed when it was asked which graphics cards there are"
PERSON = "A graphics driver crashed when it was asked which cards there are."


def dadam(*arguments):
    return subprocess.run([DADAM, *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60)


def expect(what, holds, result):
    if not holds:
        sys.exit(f"not ok: {what}: {result}")


def problems():
    """Of the devices."""
    result = dadam("devices", "--json")
    expect("devices are listed", result.returncode == 0, result)
    return {device["id"]: device["problem"] for device in json.loads(result.stdout)}


resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
with open(MANIFEST, "w", encoding="utf-8") as file:
    json.dump({"file_format_version": "1.0.1", "ICD": {"library_path": DRIVER, "api_version": "1.3.0"}}, file)
usual = problems()
open(DEADLY, "w", encoding="utf-8").close()
first = dadam("devices")
expect("the driver ends the program", first.returncode == -signal.SIGABRT, first)
for _ in range(2):
    left = problems()
    expect("cards are left out", WORDS in (left["vulkan:0"] or ""), left)
    expect("the processor is there", left["cpu"] is None, left)
plain = dadam("devices")
expect("a person reads why", PERSON in plain.stdout, plain)
answer = dadam("chat", MODEL, "-p", "hello", "--max-tokens", "4")
expect("a model answers", answer.returncode == 0 and answer.stdout.strip(), answer)
expect("that a card stands idle is said", PERSON in answer.stderr, answer)
named = dadam("chat", MODEL, "-p", "hello", "--device", "vulkan:0")
expect("a card that is named cannot be used", named.returncode == 1 and WORDS in named.stderr, named)
os.remove(DEADLY)
expect("a driver that was mended is asked again", problems() == usual, usual)
open(DEADLY, "w", encoding="utf-8").close()
again = dadam("devices")
expect("nothing stays of what was", again.returncode == -signal.SIGABRT, again)
print("ok")
