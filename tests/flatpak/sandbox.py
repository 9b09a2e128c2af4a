# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of the installed Flatpak share: Dadam in its sandbox, started and used as tests/app/window.py does with
# the window outside of one.
import os
import re
import shutil
import subprocess

from window import PATIENCE, Atspi, Failed, Window, wait

ID = "io.github.dadam_app.Dadam"
DATA = os.path.join(os.environ["HOME"], ".var", "app", ID)


def flatpak(*arguments):
    return subprocess.run(["flatpak", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def dadam(*arguments):
    """What the command prints in the sandbox."""
    return flatpak("run", "--user", ID, *arguments)


def put_model(path):
    """Into the sandbox's model store, at the place that the path has in the one it comes from."""
    _, _, place = path.partition("/dadam/models/")
    target = os.path.join(DATA, "data", "dadam", "models", place)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy(path, target)


def choose(**settings):
    folder = os.path.join(DATA, "config", "glib-2.0", "settings")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "keyfile"), "w", encoding="utf-8") as file:
        file.write("[io/github/dadam_app/Dadam]\n")
        file.writelines(f"{name}='{value}'\n" for name, value in settings.items())


class Sandboxed(Window):
    """Its process is another one here than on the accessibility bus and at the X server, and writes its conversations
    into its own folder."""

    def _find_root(self):
        if self.process.poll() is not None:
            raise Failed(f"the program ended: {self.complaints()}")
        desktop = Atspi.get_desktop(0)
        children = [desktop.get_child_at_index(i) for i in range(desktop.get_child_count())]
        return next((child for child in children if child is not None and child.get_name() == "dadam"), None)

    def _x_windows(self):
        result = subprocess.run(["xdotool", "search", "--onlyvisible", "--class", "^dadam$"], capture_output=True,
                                text=True, check=False)
        return result.stdout.split()

    def ask(self, text):
        """Returns the beginning of the answer."""
        before = len(self.turns())
        self.write(text)
        self.press("Send")
        wait("an answer", lambda: len(self.turns()) == before + 2 and len(self.turns()[-1]) > 20, 3 * PATIENCE)
        answer = self.turns()[-1]
        self.press_if_there("Stop.*")  # a short answer ends by itself
        self.find("button|push button", "Send")
        return re.sub(r"\s+", " ", answer)
