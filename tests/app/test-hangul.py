#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-hangul.py WINDOW FOLDER MODEL [entries|NAME…]: real keys through ibus-hangul: one Enter sends a syllable that is
# still being composed, whole; Shift+Enter begins a line; the button sends what is being composed too; a click, Stop
# and editing lose and double no syllable. With "entries": the same of everything else that is written in.
import os
import shutil
import subprocess
import sys

from comparing import choose, name_models, panes
from window import BUTTON, Atspi, Failed, Window, expect, run, text_of, wait

MODEL = sys.argv[3]


def start_ibus():
    for tool in ("ibus-daemon", "ibus", "gsettings"):
        if shutil.which(tool) is None:
            print(f"{tool} is not installed")
            sys.exit(77)
    if not os.path.exists("/usr/share/ibus/component/hangul.xml"):
        print("ibus-hangul is not installed")
        sys.exit(77)
    # One engine serves all windows, one after the other: Escape would leave it in Latin for the next test.
    for key, value in (("initial-input-mode", "'hangul'"), ("off-keys", "''")):
        subprocess.run(["gsettings", "set", "org.freedesktop.ibus.engine.hangul", key, value], check=True)
    os.environ.update(IBUS_ENABLE_SYNC_MODE="1", GTK_IM_MODULE="ibus")
    daemon = subprocess.Popen(["ibus-daemon", "--replace", "--panel=disable", "--emoji-extension=disable"],
                              stderr=subprocess.DEVNULL)
    wait("ibus-hangul", lambda: subprocess.run(["ibus", "engine", "hangul"], capture_output=True,
                                               check=False).returncode == 0)
    return daemon


def type_keys(window, keys):
    window.keys("type", "--delay", "60", keys)


def sent(window, count, words):
    """That these were, and nothing else is left."""
    try:
        wait(f"message {count}, “{words}”", lambda: window.n_turns() == 2 * count and window.turns()[-2] == words)
        wait("nothing to be left", lambda: window.draft() == "")
    except Failed as failed:
        raise Failed(f"{failed}: sent {window.turns()}, left “{window.draft()}”") from failed


def test_enter():
    window = Window(MODEL)
    window.find("label", "CPU")
    window.focus()
    type_keys(window, "dkssudgktpdy")
    window.keys("key", "Return")
    sent(window, 1, "안녕하세요")
    window.await_answers(1)
    window.stop()

    type_keys(window, "rk")
    window.keys("key", "shift+Return")
    type_keys(window, "sk")
    window.keys("key", "space")
    try:
        wait("two lines", lambda: window.draft().rstrip(" ") == "가\n나")
    except Failed as failed:
        raise Failed(f"wrote “{window.draft()}”") from failed
    window.keys("key", "KP_Enter")
    sent(window, 2, "가\n나")
    window.await_answers(2)
    window.stop()

    # The second syllable is being composed, no part of the text yet that could be asked for: the mouse comes after
    # the keys in any case.
    type_keys(window, "gksrmf")
    wait("the first syllable", lambda: window.draft() == "한")
    window.click(BUTTON, "Send")
    sent(window, 3, "한글")
    window.close()


def test_composing():
    """A click, Stop and editing in the middle of a syllable: none is lost or doubled."""
    window = Window(MODEL)
    window.find("label", "CPU")
    window.focus()
    type_keys(window, "ck")
    window.keys("key", "Return")
    sent(window, 1, "차")

    # While the answer is made the next question is composed; Escape stops the answer.
    window.await_answers(1)
    type_keys(window, "shrck")
    wait("the first syllable", lambda: window.draft().startswith("녹"))
    window.stop()
    type_keys(window, "fmf")
    window.keys("key", "space")
    wait("no syllable lost", lambda: window.draft().rstrip(" ") in ("녹차를", "녹차ㄹ를"))
    if window.draft().rstrip(" ") != "녹차를":
        raise Failed(f"wrote “{window.draft()}”")

    type_keys(window, "gk")
    window.click("text", "Message")
    wait("the syllable after a click", lambda: window.draft().replace(" ", "") == "녹차를하")

    window.press("Edit this message")
    wait("the question", lambda: window.draft() == "차")
    window.focus()
    window.keys("key", "ctrl+End")
    type_keys(window, "sms")
    window.keys("key", "Return")
    wait("the question asked anew", lambda: window.turns() and window.turns()[0].startswith("차는"))
    window.await_answers(1)
    window.stop()
    wait("the draft after it", lambda: window.draft().replace(" ", "") == "녹차를하")
    window.close()


def test_search():
    """What is typed beside the composer is composed in it from the first key on; the syllable that is still being
    composed is looked for too."""
    window = Window(MODEL)
    window.find("label", "CPU")
    window.say("우리 학교는 크다")
    window.focus()
    window.tab_to("Main Menu")
    type_keys(window, "gksrmf")
    window.keys("key", "space")
    wait("all that was typed", lambda: window.draft().rstrip(" ") == "한글")
    window.keys("key", "ctrl+f")
    window.find("text|entry|search box", "Search titles and messages")
    type_keys(window, "gkr")
    wait("what is found by half a word", lambda: len(window._all(
        "list item", showing=False, below=window._all("list", "Search Results")[0])) == 2)
    type_keys(window, "rydk")
    window.find("label", "Nothing Found")
    window.close()


def test_find():
    """What is being composed is found in the conversation too, at the cursor."""
    window = Window(MODEL)
    window.find("label", "CPU")
    window.say("우리 학교는 크다")
    window.focus()
    window.keys("key", "ctrl+shift+f")
    entry = window.find("text|entry|search box", "Find in this conversation")
    type_keys(window, "gkr")
    window.find("label", "1/1")
    type_keys(window, "rydk")
    window.find("label", "None")
    window.keys("key", "BackSpace", "key", "BackSpace")
    window.find("label", "1/1")
    window.click("text", "Message")
    try:
        wait("the word after a click", lambda: text_of(entry) == "학교")
    except Failed as failed:
        raise Failed(f"left “{text_of(entry)}”") from failed
    window.close()


def test_rename():
    """Enter in the middle of a syllable renames, and loses nothing."""
    window = Window(MODEL)
    window.find("label", "CPU")
    window.say("우리 학교는 크다")
    window.command("우리 학교는 크다", "Rename…")
    window.find("text", "Title")
    window.focus()
    window.keys("key", "ctrl+a")
    type_keys(window, "tlstlr")
    window.keys("key", "Return")
    window.find("list item", "신식")
    window.close()


def test_system_prompt():
    """The dialog closed in the middle of a syllable keeps it."""
    window = Window(MODEL)
    window.find("label", "CPU")
    window.press("Conversation Settings")
    prompt = window.find("text", "System prompt")
    window.click("text", "System prompt")
    type_keys(window, "Wkfqrp")
    wait("the first syllable", lambda: text_of(prompt).startswith("짧"))
    window.press("Close")
    wait("the dialog to close", lambda: not window.has("text", "System prompt"))
    window.press("Conversation Settings")
    prompt = window.find("text", "System prompt")
    if text_of(prompt) != "짧게":
        raise Failed(f"kept “{text_of(prompt)}”")
    window.keys("key", "Escape")
    window.close()


def test_compare():
    """Enter in the middle of a syllable asks both, whole."""
    window = Window()
    window.click("label", "Compare")
    window.click("text", "Message")
    type_keys(window, "gksrmf")
    window.keys("key", "Return")
    wait("both panes", lambda: [pane[:1] for pane in panes(window)] == [[["한글"]]] * 2)
    expect("nothing stays", window.draft() == "")
    window.close()


def test_models_search():
    """Enter in the middle of a syllable asks the Hub, for all that was written; a click loses none of it."""
    window = Window(HF_ENDPOINT="http://127.0.0.1:9", GIO_USE_PROXY_RESOLVER="dummy")
    window.click("label", "Models")
    window.press("Search All of the Hub")
    entry = window.find("text|entry|search box", "Part of a model’s name")
    window.click("text|entry|search box", "Part of a model’s name")
    type_keys(window, "gksrnr")
    window.keys("key", "Return")
    window.find("label", "The Hub Cannot Be Asked")
    wait("the whole word", lambda: text_of(entry) == "한국")
    type_keys(window, "dj")
    window.click("button|push button", "Search")
    wait("the syllable after it", lambda: text_of(entry) == "한국어")
    window.close()


def test_token():
    """A token has no Hangul: the keys are the letters on them, as in every password."""
    window = Window()
    window.focus()
    window.keys("key", "ctrl+comma")
    entry = window.find("text|entry|password text", "Access Token")
    window.click("text|entry|password text", "Access Token")
    type_keys(window, "gks")
    wait("three characters", lambda: Atspi.Text.get_character_count(entry.get_text_iface()) == 3)
    window.keys("key", "Escape")
    window.close()


MAIN = (test_enter, test_composing, test_search)
ENTRIES = (test_compare, test_models_search, test_find, test_rename, test_system_prompt, test_token)

# Before ibus begins, which reads the same file of settings.
choose(compare_models=repr(name_models(MODEL, MODEL)[0]), compare_choices="'{\"max_tokens\":6}'",
       window_size="(1100, 720)")
ibus = start_ibus()
try:
    run(*(ENTRIES if sys.argv[4:] == ["entries"] else [globals()[f"test_{name}"] for name in sys.argv[4:]] or MAIN))
finally:
    ibus.terminate()
