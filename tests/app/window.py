# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of the window share: starting it, and using it as a screen reader's user does, by the names of
# things. A test fails by an exception; what the program complained of on stderr fails it too.
import glob
import os
import re
import subprocess
import sys
import time

try:
    import gi

    gi.require_version("Atspi", "2.0")
    from gi.repository import Atspi, GLib
except (ImportError, ValueError) as why:
    print(f"python3-gi with the Atspi typelib is not installed ({why})")
    sys.exit(77)

PROGRAM, FOLDER = sys.argv[1], sys.argv[2]
PATIENCE = 60  # seconds; a machine may be busy
COMPLAINT = re.compile(r"(dadam|G[a-z]*|Adwaita|Pango)-(WARNING|CRITICAL|ERROR)|Sanitizer")


class Failed(Exception):
    pass


def wait(what, check, patience=PATIENCE):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            found = check()
        except (GLib.Error, IndexError):  # it went away while we looked
            found = None
        if found:
            return found
        time.sleep(0.02)
    raise Failed(f"waited in vain for {what}")


def expect(what, holds):
    if not holds:
        raise Failed(what)


class Window:
    def __init__(self, *arguments, keeps=False, **environment):
        """Begins without conversations unless it keeps those there are."""
        for path in [] if keeps else glob.glob(os.path.join(os.environ["XDG_DATA_HOME"], "dadam", "dadam.db*")):
            os.remove(path)
        self.log = open(os.path.join(os.environ["DADAM_SCRATCH"], "stderr"), "w+", encoding="utf-8")
        self.process = subprocess.Popen([PROGRAM, *arguments], stderr=self.log, env={**os.environ, **environment})
        self.root = wait("the program on the accessibility bus", self._find_root)
        wait("the window", lambda: self._all("frame", showing=False))

    def _find_root(self):
        if self.process.poll() is not None:
            raise Failed(f"the program ended: {self.complaints()}")
        desktop = Atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(i)
            if child is not None and child.get_process_id() == self.process.pid:
                return child
        return None

    def _walk(self, node):
        yield node
        for i in range(node.get_child_count()):
            child = node.get_child_at_index(i)
            if child is not None:
                yield from self._walk(child)

    def _all(self, role=None, name=None, showing=True):
        found = []
        for node in self._walk(self.root):
            if role is not None and node.get_role_name() not in role.split("|"):
                continue
            if name is not None and not re.fullmatch(name, node.get_name() or "", re.S):
                continue
            if showing and not node.get_state_set().contains(Atspi.StateType.SHOWING):
                continue
            found.append(node)
        return found

    def nodes(self):
        return list(self._walk(self.root))

    def has(self, role, name):
        try:
            return bool(self._all(role, name))
        except GLib.Error:
            return False

    def find(self, role, name, patience=PATIENCE):
        try:
            return wait(f"{role} “{name}”", lambda: self._all(role, name), patience)[0]
        except Failed as failed:
            raise Failed(f"{failed}; there are {self.labels()}") from None

    def press(self, name):
        button = self.find("button|push button|toggle button", name)
        wait(f"“{name}” to press", lambda: button.get_state_set().contains(Atspi.StateType.SENSITIVE))
        button.get_action_iface().do_action(0)

    def press_if_there(self, name):
        """At this moment: what may go away by itself is not waited for."""
        try:
            for button in self._all("button|push button|toggle button", name)[:1]:
                button.get_action_iface().do_action(0)
        except GLib.Error:  # it went away while we looked
            pass

    def click(self, role, name):
        """With the mouse, for what has no action."""
        box = self.find(role, name).get_component_iface().get_extents(Atspi.CoordType.WINDOW)
        self.focus()
        self.keys("mousemove", "--window", self._x_windows()[0], str(box.x + box.width // 2),
                  str(box.y + box.height // 2), "click", "1")

    def focused(self):
        """The innermost that has the focus, of what shows."""
        found, below = None, [self.root]
        while below:
            node = below.pop()
            states = node.get_state_set()
            if states.contains(Atspi.StateType.FOCUSED) and states.contains(Atspi.StateType.SHOWING):
                found = node
            below += [child for i in range(node.get_child_count()) if (child := node.get_child_at_index(i))]
        return found

    def tab_to(self, name, presses=40):
        """As one does without a mouse: Tab until the focus is there."""
        seen = []
        for _ in range(presses):
            node = self.focused()
            seen.append(node.get_name() if node is not None else None)
            if node is not None and re.fullmatch(name, node.get_name() or "", re.S):
                return
            self.keys("key", "Tab")
        raise Failed(f"Tab does not come to “{name}”, only to {list(dict.fromkeys(seen))}")

    def labels(self):
        return [node.get_name() for node in self._all("label")]

    def entry(self):
        return self.find("text", "Message|메시지")

    def draft(self):
        text = self.entry().get_text_iface()
        return Atspi.Text.get_text(text, 0, Atspi.Text.get_character_count(text))

    def write(self, text):
        Atspi.EditableText.insert_text(self.entry().get_editable_text_iface(), 0, text, len(text.encode()))

    def turns(self):
        """The texts of each message, the oldest first; that a prompt is being read is none."""
        result = []
        for item in self._all("list item", "You|Answer|나|답변"):
            names = [node.get_name() for node in self._walk(item) if node.get_role_name() == "label"]
            result.append("\n".join(name for name in names if not name.startswith("Reading ")))
        return result

    def await_answers(self, n):
        """Until there are as many, the last one begun: one that is stopped before takes its question back."""
        wait(f"answer {n}", lambda: len(turns := self.turns()) == 2 * n and len(turns[-1]) > 3)

    def stop(self):
        """Ends the answer, which may have come to its end by itself."""
        self.press_if_there("Stop")
        self.find("button|push button", "Send")

    def say(self, text):
        """Sends it, and stops the answer once it has begun."""
        n = len(self.turns()) // 2
        self.write(text)
        self.press("Send")
        self.await_answers(n + 1)
        self.stop()

    def titles(self):
        """Of the conversations in the list, the first one first."""
        return [node.get_name() for found in self._all("list", "Conversations") for node in self._walk(found)
                if node.get_role_name() == "list item"]

    def screenshot(self, name):
        path = os.path.join(FOLDER, name)
        subprocess.run(["import", "-window", "root", path], check=True)
        return path

    def picture(self, name):
        """The window alone."""
        path = os.path.join(FOLDER, name)
        subprocess.run(["import", "-window", wait("the X window", self._x_windows)[0], path], check=True)
        return path

    def keys(self, *arguments):
        subprocess.run(["xdotool", *arguments], check=True)

    def focus(self):
        windows = wait("the X window", self._x_windows)
        self.keys("windowfocus", windows[0])

    def _x_windows(self):
        result = subprocess.run(["xdotool", "search", "--onlyvisible", "--pid", str(self.process.pid)],
                                capture_output=True, text=True, check=False)
        return result.stdout.split()

    def complaints(self):
        self.log.flush()
        self.log.seek(0)
        return [line.strip() for line in self.log if COMPLAINT.search(line)]

    def close(self):
        self.focus()
        self.keys("key", "ctrl+q")
        status = self.process.wait(PATIENCE)
        complaints = self.complaints()
        if status != 0 or complaints:
            raise Failed(f"ended with {status}, saying {complaints}")


def run(*tests):
    """Each test is a function without arguments."""
    for test in tests:
        try:
            test()
            print("ok", test.__name__)
        except Failed as failed:
            print("not ok", test.__name__, "-", failed)
            sys.exit(1)
