# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of the installed Flatpak share: Dadam in its sandbox, started and used as tests/app/window.py does with
# the window outside of one.
import glob
import os
import re
import shutil
import subprocess

from window import PATIENCE, Atspi, Failed, Window, name_of, wait

ID = "io.github.dadam_app.Dadam"
DATA = os.path.join(os.environ["HOME"], ".var", "app", ID)
QUESTION = "What is tea?"


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


def fresh(*models):
    shutil.rmtree(DATA, ignore_errors=True)
    for model in models:
        put_model(model)


def choose(**settings):
    folder = os.path.join(DATA, "config", "glib-2.0", "settings")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "keyfile"), "w", encoding="utf-8") as file:
        file.write("[io/github/dadam_app/Dadam]\n")
        file.writelines(f"{name}='{value}'\n" for name, value in settings.items())


def programs():
    """On the accessibility bus, whose process ids are those of other namespaces."""
    desktop = Atspi.get_desktop(0)
    children = [desktop.get_child_at_index(i) for i in range(desktop.get_child_count())]
    return [child for child in children if child is not None and name_of(child).startswith("dadam")]


class Sandboxed(Window):
    """Writes its conversations into its own folder."""

    def _find_root(self):
        if self.process.poll() is not None:
            raise Failed(f"the program ended: {self.complaints()}")
        return next(iter(programs()), None)

    def _x_windows(self):
        result = subprocess.run(["xdotool", "search", "--onlyvisible", "--class", "^dadam"], capture_output=True,
                                text=True, check=False)
        return result.stdout.split()

    def ask(self, text):
        """Returns the beginning of the answer, once it has ended."""
        before = self.n_turns()
        self.write(text)
        self.press("Send")
        wait("an answer", lambda: self.n_turns() == before + 2 and len(self.turns()[-1]) > 20, 3 * PATIENCE)
        self.stop()
        return re.sub(r"\s+", " ", self.turns()[-1])[:20]


class Activated(Sandboxed):
    """One that the desktop has started."""

    def __init__(self):
        self.root = wait("the program on the accessibility bus", lambda: next(iter(programs()), None))
        wait("the window", lambda: self._all("frame", showing=False))

    def close(self):
        self.focus()
        self.keys("key", "ctrl+q")
        wait("its end", lambda: not programs())


def begin_with_starter():
    window = Sandboxed()
    window.press("Try a Tiny Test Model First.*")
    return window


def chat_and_come_back(begin, device="CPU"):
    """What was said is there again, and is gone on with, on the same device."""
    window = begin()
    answer = window.ask(QUESTION)
    window.find("label", device)
    window.close()
    window = Sandboxed(keeps=True)
    window.click("label", f"{QUESTION}.*|Tea.*")
    wait("what was said", lambda: window.n_turns() == 2)
    wait(f"“{answer}” to be kept", lambda: answer in " ".join(window.turns()[-1].split()))
    window.ask("And coffee?")
    window.find("label", device)
    window.close()


def files_of_models():
    return glob.glob(os.path.join(DATA, "**", "*.gguf"), recursive=True)
