#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-kept.py WINDOW FOLDER MODEL: what goes into a conversation and comes out of it again. Ctrl+Enter where that
# sends; files attached by the dialog and pasted; what will be left out is told before it is sent; exports. Then a
# damaged file with a model that is gone; the trash, a copy of all, and an end of all.
import glob
import json
import os
import shutil
import sqlite3
import subprocess
import sys

from window import BUTTON, Atspi, Failed, Window, act, expect, run, wait

SCRATCH = os.environ["DADAM_SCRATCH"]
BASE = os.path.join(os.environ["XDG_DATA_HOME"], "dadam", "dadam.db")
REPO = "somebody/tiny-gguf"
MODEL = os.path.join(os.environ["XDG_DATA_HOME"], "dadam", "models", REPO, "main", "tiny.gguf")


def write(name, text):
    path = os.path.join(SCRATCH, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def close_preferences(window):
    wait("the preferences", lambda: act(window._all(BUTTON, "Close", below=window._all("dialog", "Preferences")[0])[0]))
    wait("the preferences to close", lambda: not window._all("dialog"))


def check_ctrl_enter(window):
    window.focus()
    window.keys("key", "ctrl+comma")
    window.click("label", "Send With Enter")
    close_preferences(window)
    window.click("text", "Message")
    window.keys("type", "--delay", "20", "one")
    window.keys("key", "Return")
    window.keys("type", "--delay", "20", "two")
    wait("Enter to begin a line", lambda: window.draft() == "one\ntwo")
    window.keys("key", "ctrl+Return")
    window.await_answers(1)
    expect("what Ctrl+Enter sent", window.turns()[0] == "one\ntwo")
    window.stop()


def paste(window):
    """Whether a file was: the window may not know yet what has been copied."""
    window.keys("key", "ctrl+v")
    try:
        return window.find("label", "pasted.txt", 5)
    except Failed:
        return False


def check_attachments(window):
    chosen, pasted = write("chosen.txt", "the first file"), write("pasted.txt", "the second file")
    window.press("Attach Text Files")
    window.open_file("Attach Text Files", chosen)
    window.find("label", "chosen.txt")
    manager = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                                             "drag-source.py"), pasted])
    try:
        wait("the file manager", lambda: subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "^files$"],
                                                        capture_output=True, check=False).stdout)
        window.focus()
        window.click("text", "Message")
        wait("the file to be pasted", lambda: paste(window))
    finally:
        manager.kill()
        manager.wait()
    expect("no name was pasted", window.draft() == "")
    window.say("both")


def check_overflow(window):
    window.write("the sea and the tea " * 380)
    window.find("label", "The conversation is longer than the model can read: .* will be left out.")
    Atspi.EditableText.set_text_contents(window.entry().get_editable_text_iface(), "")
    wait("no more of it", lambda: not window.has("label", "The conversation is longer.*"))


def export(window, command, name):
    """Returns where all that was asked is written to."""
    path = os.path.join(SCRATCH, name)
    window.command("one", "Export", command)
    window.save_as(path)
    wait(f"both questions in {path}", lambda: os.path.exists(path) and "both" in read(path) and "two" in read(path))
    return path


def check_exports(window):
    for command, suffix in (("Markdown", "md"), ("Web Page", "html"), ("JSON", "json")):
        path = export(window, command, "exported." + suffix)
    window.hears("Conversation exported")
    expect("what is JSON", [message["role"] for message in json.loads(read(path))["messages"]][:2] == ["user", "assistant"])


def test_made():
    os.makedirs(os.path.dirname(MODEL))
    shutil.copy(sys.argv[3], MODEL)
    window = Window(MODEL)
    window.find("label", "CPU")
    check_ctrl_enter(window)
    check_attachments(window)
    check_overflow(window)
    check_exports(window)
    window.press("New Chat")
    wait("an empty chat", lambda: window.n_turns() == 0)
    window.say("another")
    window.close()


def damage():
    """The table of conversations is lost, all that was said is there."""
    os.remove(MODEL)
    with sqlite3.connect(BASE) as base:
        page = base.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'conversation'").fetchone()[0]
    base.close()
    with open(BASE, "r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)


def check_salvage(window):
    window.find("label", "The file with your conversations was damaged. It is kept as .* 6 messages.")
    window.click("label", "Compare")
    window.find("label", "Choose Two Models")
    window.find("label", "The file with your conversations was damaged.*")
    window.press("Close")  # the first such button is the notice's, not the window's
    wait("it to be closed", lambda: not window.has("label", "The file with your conversations was damaged.*"))
    expect("the file is kept", len(glob.glob(BASE + ".damaged-*[0-9]")) == 1)
    wait("all conversations", lambda: window.titles() == ["another", "one"])
    window.click("list item", "one")
    wait("what was said", lambda: window.n_turns() == 4 and all(window.turns()))
    export(window, "Markdown", "salvaged.md")  # the first question may be too far up to have a row


def check_gone(window):
    window.find("label", "The model of this conversation is gone: tiny")
    window.press("Get It Again")
    window.find("label", REPO)
    window.click("list item", "one")


def check_trash(window):
    window.command("another", "Delete")
    window.point_at(BUTTON, "Undo")  # it stays for as long
    wait("it gone", lambda: window.titles() == ["one"])
    window.press("Undo")
    wait("it back", lambda: window.titles() == ["another", "one"])
    window.command("another", "Delete")
    window.command("one", "Delete")
    window.find("label", "Your conversations will be here")
    window.focus()
    window.keys("key", "ctrl+comma")
    window.click("label", "Deleted Conversations")
    wait("both", lambda: len(window._all("button", "Restore")) == 2)
    window.press("Restore")
    wait("one of them", lambda: len(window._all("button", "Restore")) == 1)
    window.click("label", "Delete All for Good…")
    window.press("Delete")
    window.find("label", "Nothing Deleted")
    window.press("Back")


def check_back_up(window):
    path = os.path.join(SCRATCH, "copy.db")
    window.click("label", "Back Up to a File…")
    window.save_as(path)
    window.hears("All conversations were copied")
    expect(f"{path} among {glob.glob(SCRATCH + '/**/*.db', recursive=True)}", os.path.exists(path))
    base = sqlite3.connect(path)
    expect("one conversation in the copy", base.execute("SELECT count(*) FROM conversation").fetchone() == (1,))
    base.close()


def check_end(window):
    window.click("label", "Delete All Conversations…")
    window.press("Delete All")
    window.hears("All conversations were deleted")
    wait("the question to close", lambda: not window._all("label", "Delete All Conversations\\?"))
    close_preferences(window)
    window.find("label", "Your conversations will be here")
    wait("an empty chat", lambda: window.n_turns() == 0)


def test_damaged():
    damage()
    window = Window(keeps=True, HF_ENDPOINT="http://127.0.0.1:9", GIO_USE_PROXY_RESOLVER="dummy")
    check_salvage(window)
    check_gone(window)
    check_trash(window)
    check_back_up(window)
    check_end(window)
    window.close()


run(test_made, test_damaged)
