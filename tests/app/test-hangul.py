#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-hangul.py WINDOW FOLDER MODEL: real keys through ibus-hangul: one Enter sends a syllable that is still being
# composed, whole; Shift+Enter begins a line; the button sends what is being composed too; a click, Stop and editing
# lose and double no syllable.
import os
import shutil
import subprocess
import sys
import time

from window import Failed, Window, run, wait

MODEL = sys.argv[3]


def start_ibus():
    for tool in ("ibus-daemon", "ibus", "gsettings"):
        if shutil.which(tool) is None:
            print(f"{tool} is not installed")
            sys.exit(77)
    if not os.path.exists("/usr/share/ibus/component/hangul.xml"):
        print("ibus-hangul is not installed")
        sys.exit(77)
    subprocess.run(["gsettings", "set", "org.freedesktop.ibus.engine.hangul", "initial-input-mode", "hangul"],
                   check=True)
    os.environ.update(IBUS_ENABLE_SYNC_MODE="1", GTK_IM_MODULE="ibus")
    daemon = subprocess.Popen(["ibus-daemon", "--replace", "--panel=disable", "--emoji-extension=disable"],
                              stderr=subprocess.DEVNULL)
    wait("ibus-hangul", lambda: subprocess.run(["ibus", "engine", "hangul"], capture_output=True,
                                               check=False).returncode == 0)
    return daemon


def type_keys(window, keys):
    window.keys("type", "--delay", "60", keys)


def sent(window, count):
    wait(f"message {count}", lambda: len(window.turns()) == 2 * count)
    return window.turns()[2 * count - 2]


def stop(window):
    """Once something was said: a question without an answer would come back."""
    wait("an answer", lambda: len(window.turns()[-1]) > 3)
    window.press("Stop")
    window.find("button|push button", "Send")


def test_enter():
    window = Window(MODEL)
    window.find("label", "CPU")
    window.focus()
    type_keys(window, "dkssudgktpdy")
    window.keys("key", "Return")
    message = sent(window, 1)
    if message != "안녕하세요" or window.draft() != "":
        raise Failed(f"sent “{message}”, left “{window.draft()}”")
    stop(window)

    type_keys(window, "rk")
    window.keys("key", "shift+Return")
    type_keys(window, "sk")
    window.keys("key", "space")
    try:
        wait("two lines", lambda: window.draft().rstrip(" ") == "가\n나")
    except Failed as failed:
        raise Failed(f"wrote “{window.draft()}”") from failed
    window.keys("key", "KP_Enter")
    message = sent(window, 2)
    if message != "가\n나":
        raise Failed(f"sent “{message}”")
    stop(window)

    type_keys(window, "gksrmf")
    wait("the first syllable", lambda: window.draft() == "한")
    time.sleep(0.5)  # the second one is composed: no part of the text yet that could be asked for
    window.press("Send")
    message = sent(window, 3)
    if message != "한글" or window.draft() != "":
        raise Failed(f"the button sent “{message}”, left “{window.draft()}”")
    window.close()


def test_composing():
    """A click, Stop and editing in the middle of a syllable: none is lost or doubled."""
    window = Window(MODEL)
    window.find("label", "CPU")
    window.focus()
    type_keys(window, "ck")
    window.keys("key", "Return")
    if sent(window, 1) != "차":
        raise Failed(f"sent “{window.turns()[0]}”")

    # While the answer is made the next question is composed; Escape stops the answer.
    wait("an answer", lambda: len(window.turns()[-1]) > 3)
    type_keys(window, "shrck")
    wait("the first syllable", lambda: window.draft().startswith("녹"))
    window.press("Stop")
    window.find("button|push button", "Send")
    type_keys(window, "fmf")
    window.keys("key", "space")
    wait("no syllable lost", lambda: window.draft().rstrip(" ") in ("녹차를", "녹차ㄹ를"))
    if window.draft().rstrip(" ") != "녹차를":
        raise Failed(f"wrote “{window.draft()}”")

    type_keys(window, "gk")
    time.sleep(0.5)
    window.click("text", "Message")
    wait("the syllable after a click", lambda: window.draft().replace(" ", "") == "녹차를하")

    window.press("Edit this message")
    wait("the question", lambda: window.draft() == "차")
    window.focus()
    window.keys("key", "ctrl+End")
    type_keys(window, "sms")
    window.keys("key", "Return")
    wait("the question asked anew", lambda: window.turns() and window.turns()[0].startswith("차는"))
    stop(window)
    wait("the draft after it", lambda: window.draft().replace(" ", "") == "녹차를하")
    window.close()


def test_search():
    """The syllable that is still being composed is looked for too."""
    window = Window(MODEL)
    window.find("label", "CPU")
    window.write("우리 학교는 크다")
    window.press("Send")
    wait("an answer", lambda: len(window.turns()) == 2)
    stop(window)
    window.focus()
    window.keys("key", "ctrl+f")
    window.find("text|entry|search box", "Search titles and messages")
    type_keys(window, "gkr")
    hits = lambda: [node for found in window._all("list", "Search Results") for node in window._walk(found)
                    if node.get_role_name() == "list item"]
    wait("what is found by half a word", lambda: len(hits()) == 2)
    type_keys(window, "rydk")
    window.find("label", "Nothing Found")
    window.close()


ibus = start_ibus()
try:
    run(test_enter, test_composing, test_search)
finally:
    ibus.terminate()
