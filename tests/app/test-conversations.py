#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-conversations.py WINDOW FOLDER MODEL: the list of conversations: begun, shown again, renamed, pinned, deleted
# and brought back; and a new start that opens what was open, with the draft.
import sys

from window import BUTTON, Atspi, Failed, Window, name_of, run, wait

MODEL = sys.argv[3]


def check_toast(window):
    """It stays while the mouse is there, and lies above the composer: nothing of that is covered."""
    def bottom(role, name):
        box = window.find(role, name).get_component_iface().get_extents(Atspi.CoordType.WINDOW)
        return box.y + box.height

    window.point_at(BUTTON, "Undo")
    wait("the toast to stand above the composer", lambda: 0 < bottom(BUTTON, "Undo") < min(
        node.get_component_iface().get_extents(Atspi.CoordType.WINDOW).y
        for node in (window.entry(), window.find(BUTTON, "Attach Text Files"))))


def test_list():
    window = Window(MODEL)
    window.find("label", "CPU")
    window.find("label", "Your conversations will be here")
    window.say("Tell me about the sea.")
    wait("its title", lambda: window.titles() == ["Tell me about the sea."])
    window.find("label", "Today")
    window.press("New Chat")
    wait("an empty chat", lambda: window.n_turns() == 0)
    window.say("And the mountains?")
    wait("two titles", lambda: window.titles() == ["And the mountains?", "Tell me about the sea."])

    window.click("list item", "Tell me about the sea.")
    wait("the first one", lambda: window.turns() and window.turns()[0] == "Tell me about the sea.")
    window.command("Tell me about the sea.", "Pin")
    window.find("label", "Pinned")
    wait("it at the top", lambda: window.titles() == ["Tell me about the sea.", "And the mountains?"])

    window.command("And the mountains\\?", "Rename…")
    window.set_text("Title", "High places")
    window.press("Rename")
    wait("the new title", lambda: window.titles() == ["Tell me about the sea.", "High places"])

    window.command("Tell me about the sea.", "Delete")
    check_toast(window)
    wait("it gone", lambda: window.titles() == ["High places"] and window.n_turns() == 0)
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
    window.keys("type", "peaks")
    wait("what is typed after a click on the conversation", lambda: window.draft() == "peaks")
    window.click("list item", "Tell me about the sea.")
    wait("the draft again", lambda: window.draft() == "Something begun")
    check_typing(window)
    check_search(window)
    window.close()


def check_typing(window):
    """Where nothing takes it, it is written: not in a dialog, nor over a menu."""
    window.focus()
    window.keys("key", "ctrl+comma")
    window.find("label", "Preferences")
    window.keys("key", "q", "key", "Escape")
    wait("the dialog to close", lambda: not window.has("label", "Preferences"))
    window.press("Main Menu")
    wait("the menu", lambda: window._all("menu item"))
    window.keys("key", "z", "key", "Escape")
    wait("it to close", lambda: not window._all("menu item"))
    window.tab_to("Attach Text Files")
    window.keys("key", "x")
    try:
        wait("what is typed beside the composer", lambda: window.draft() == "Something begunx")
    except Failed as failed:
        raise Failed(f"{failed}, but “{window.draft()}”") from failed
    window.keys("key", "BackSpace")
    wait("the draft as it was", lambda: window.draft() == "Something begun")


def hits(window):
    lists = window._all("list", "Search Results")
    return [name_of(node) for node in window._all("list item", showing=False, below=lists[0])] if lists else []


def check_search(window):
    window.focus()
    window.keys("key", "ctrl+f")
    window.set_text("Search titles and messages", "MOUNT")
    wait("the message", lambda: hits(window) == ["High places"])
    window.click("list item", "High places")
    wait("its conversation", lambda: window.turns() and window.turns()[0] == "And the mountains?")
    window.keys("key", "ctrl+shift+f")
    window.set_text("Find in this conversation", "mountains")
    window.find("label", "1/1")
    window.set_text("Find in this conversation", "no such words")
    window.find("label", "None")
    window.set_text("Search titles and messages", "no such words")
    window.find("label", "Nothing Found")
    window.set_text("Search titles and messages", "")
    wait("the list again", lambda: window.titles() == ["Tell me about the sea.", "High places"])


run(test_list, test_restart)
