# SPDX-License-Identifier: GPL-3.0-or-later
# What tests of the compare page share.
import os
import re

from window import name_of, wait


def name_models(*paths):
    """The same files under names that nobody says by chance."""
    names = [os.path.join(os.environ["DADAM_SCRATCH"], f"Qx{number}-model.gguf") for number in range(len(paths))]
    for path, name in zip(paths, names):
        os.symlink(os.path.abspath(path), name)
    return names, [os.path.basename(name).removesuffix(".gguf") for name in names]


def secrets_of(titles):
    """What tells whose an answer is; answers themselves may speak of processors."""
    return re.compile("|".join([re.escape(title) for title in titles] + ["tokens/s", "first token", "^CPU$", "^GPU ·"]))


def choose(**settings):
    """As a user's settings of earlier."""
    folder = os.path.join(os.environ["HOME"], ".config", "glib-2.0", "settings")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "keyfile"), "w", encoding="utf-8") as file:
        file.write("[io/github/dadam_app/Dadam]\n")
        for name, value in settings.items():
            file.write(f"{name.replace('_', '-')}={value}\n")


def panes(window):
    """The texts of the messages of each pane."""
    return [[[name_of(label) for label in window._all("label", showing=False, below=item)]
             for item in window._all("list item", showing=False, below=pane)]
            for pane in window._all("list", "Conversation")]


def ask(window, text, n_turns):
    window.write(text)
    window.press("Send")
    wait("both answers", lambda: window.has("button|push button", "Send")
         and [len(pane) for pane in panes(window)] == [2 * n_turns] * 2)
