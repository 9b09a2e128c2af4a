#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-conversations.py WINDOW FOLDER MODEL: the list of conversations: begun, shown again, renamed, pinned, deleted
# and brought back; and a new start that opens what was open, with the draft.
import sys

from window import Atspi, Window, act, name_of, run, wait

MODEL = sys.argv[3]


COMMANDS = ["Rename", "Pin", "Export", "Delete"]  # in the order of the menu


def choose(window, title, command):
    wait(f"the button of “{title}”", lambda: act(window._all(
        "toggle button", showing=False, below=window._all("list item", title)[0])[0]))
    window.choose(COMMANDS.index(command))


def test_list():
    window = Window(MODEL)
    window.find("label", "CPU")
    window.find("label", "Your conversations will be here")
    window.say("Tell me about the sea.")
    wait("its title", lambda: window.titles() == ["Tell me about the sea."])
    window.find("label", "Today")
    window.press("New Chat")
    wait("an empty chat", lambda: window.turns() == [])
    window.say("And the mountains?")
    wait("two titles", lambda: window.titles() == ["And the mountains?", "Tell me about the sea."])

    window.click("list item", "Tell me about the sea.")
    wait("the first one", lambda: window.turns() and window.turns()[0] == "Tell me about the sea.")
    choose(window, "Tell me about the sea.", "Pin")
    window.find("label", "Pinned")
    wait("it at the top", lambda: window.titles() == ["Tell me about the sea.", "And the mountains?"])

    choose(window, "And the mountains\\?", "Rename")
    entry = window.find("text", "Title")
    Atspi.EditableText.set_text_contents(entry.get_editable_text_iface(), "High places")
    window.press("Rename")
    wait("the new title", lambda: window.titles() == ["Tell me about the sea.", "High places"])

    choose(window, "Tell me about the sea.", "Delete")
    wait("it gone", lambda: window.titles() == ["High places"] and window.turns() == [])
    window.press("Undo")
    wait("it back", lambda: window.titles() == ["Tell me about the sea.", "High places"])
    wait("it shown", lambda: window.turns() and window.turns()[0] == "Tell me about the sea.")
    window.write("Something begun")
    window.close()


def test_restart():
    window = Window(keeps=True)
    wait("what was shown", lambda: window.turns() and window.turns()[0] == "Tell me about the sea.")
    wait("the draft", lambda: window.draft() == "Something begun")
    wait("the list as it was", lambda: window.titles() == ["Tell me about the sea.", "High places"])
    window.click("list item", "High places")
    wait("the other one", lambda: window.turns() and window.turns()[0] == "And the mountains?")
    wait("its own draft", lambda: window.draft() == "")
    window.click("list item", "Tell me about the sea.")
    wait("the draft again", lambda: window.draft() == "Something begun")
    window.close()


def hits(window):
    lists = window._all("list", "Search Results")
    return [name_of(node) for node in window._all("list item", showing=False, below=lists[0])] if lists else []


def test_search():
    window = Window(keeps=True)
    wait("what was shown", lambda: window.turns() and window.turns()[0] == "Tell me about the sea.")
    window.focus()
    window.keys("key", "ctrl+f")
    entry = window.find("text|entry|search box", "Search titles and messages")
    Atspi.EditableText.set_text_contents(entry.get_editable_text_iface(), "MOUNT")
    wait("the message", lambda: hits(window) == ["High places"])
    window.click("list item", "High places")
    wait("its conversation", lambda: window.turns() and window.turns()[0] == "And the mountains?")
    window.keys("key", "ctrl+shift+f")
    found = window.find("text|entry|search box", "Find in this conversation")
    Atspi.EditableText.set_text_contents(found.get_editable_text_iface(), "mountains")
    window.find("label", "1/1")
    Atspi.EditableText.set_text_contents(found.get_editable_text_iface(), "no such words")
    window.find("label", "None")
    Atspi.EditableText.set_text_contents(entry.get_editable_text_iface(), "no such words")
    window.find("label", "Nothing Found")
    Atspi.EditableText.set_text_contents(entry.get_editable_text_iface(), "")
    wait("the list again", lambda: window.titles() == ["Tell me about the sea.", "High places"])
    window.close()


run(test_list, test_restart, test_search)
