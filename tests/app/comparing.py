# SPDX-License-Identifier: GPL-3.0-or-later
# What tests of the compare page share.
import os

from window import Failed, wait


def choose(**settings):
    """As a user's settings of earlier."""
    folder = os.path.join(os.environ["HOME"], ".config", "glib-2.0", "settings")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "keyfile"), "w", encoding="utf-8") as file:
        file.write("[io/github/dadam_app/Dadam]\n")
        for name, value in settings.items():
            file.write(f"{name.replace('_', '-')}={value}\n")


def expect(what, holds):
    if not holds:
        raise Failed(what)


def panes(window):
    """The texts of the messages of each pane."""
    found = []
    for pane in window._all("list", "Conversation"):
        items = [node for node in window._walk(pane) if node.get_role_name() == "list item"]
        found.append([[node.get_name() for node in window._walk(item) if node.get_role_name() == "label"]
                      for item in items])
    return found


def ask(window, text, n_turns):
    window.write(text)
    window.press("Send")
    wait("both answers", lambda: window.has("button|push button", "Send")
         and [len(pane) for pane in panes(window)] == [2 * n_turns] * 2)
