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
BUTTON = "button|push button|toggle button"
Atspi.set_timeout(30_000, 30_000)  # milliseconds for one question to the program
HEARD = []  # what a screen reader says of the program that was started last, without being asked
LISTENER = Atspi.EventListener.new(lambda event: HEARD.append(event.any_data or ""))
LISTENER.register("object:announcement")
# GTK's text view asks Pango this now and then while a syllable is composed; the program itself never does.
NOT_OURS = "pango_layout_get_cursor_pos: assertion"
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


def name_of(node):
    """Nothing, if it has gone away."""
    try:
        return node.get_name() or ""
    except GLib.Error:
        return ""


def act(node):
    """Returns whether it did; what has gone away does not. A menu's button has the button that acts inside."""
    action = node.get_action_iface()
    if action is not None and action.get_n_actions() > 0:
        return action.do_action(0)
    child = node.get_child_at_index(0) if node.get_child_count() > 0 else None
    return child is not None and act(child)


def text_of(node):
    """What stands in an entry; nothing where there is none."""
    text = node.get_text_iface() if node is not None else None
    return Atspi.Text.get_text(text, 0, Atspi.Text.get_character_count(text)) if text is not None else ""


class Window:
    def __init__(self, *arguments, keeps=False, **environment):
        """Begins without conversations unless it keeps those there are."""
        for path in [] if keeps else glob.glob(os.path.join(os.environ["XDG_DATA_HOME"], "dadam", "dadam.db*")):
            os.remove(path)
        HEARD.clear()
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
        """It and what is below; what goes away meanwhile is left out."""
        yield node
        try:
            n_children = node.get_child_count()
        except GLib.Error:
            n_children = 0
        for i in range(n_children):
            try:
                child = node.get_child_at_index(i)
            except GLib.Error:
                child = None
            if child is not None:
                yield from self._walk(child)

    def _is(self, node, role, name, showing):
        try:
            return (role is None or node.get_role_name() in role.split("|")) \
                and (name is None or re.fullmatch(name, node.get_name() or "", re.S) is not None) \
                and (not showing or node.get_state_set().contains(Atspi.StateType.SHOWING))
        except GLib.Error:
            return False

    def _matches(self, role=None, name=None, showing=True, below=None):
        return (node for node in self._walk(below or self.root) if self._is(node, role, name, showing))

    def _all(self, role=None, name=None, showing=True, below=None):
        return list(self._matches(role, name, showing, below))

    def _first(self, role, name):
        """None, if there is none. Each node takes several questions to the program: no more are asked than needed."""
        return next(self._matches(role, name), None)

    def nodes(self):
        return list(self._walk(self.root))

    def has(self, role, name):
        return self._first(role, name) is not None

    def hears(self, words):
        """What is said in passing, as by a toast: it may be gone from sight by now. The words are a part of it."""
        wait(f"“{words}” to be said", lambda: GLib.MainContext.default().iteration(False) or any(
            re.search(words, said, re.S) for said in HEARD))

    def find(self, role, name, patience=PATIENCE):
        try:
            return wait(f"{role} “{name}”", lambda: self._first(role, name), patience)
        except Failed as failed:
            raise Failed(f"{failed}; there are {self.labels()}") from None

    def press(self, name, role=BUTTON):
        """Once it is there and can be pressed; what is made anew meanwhile is looked for again. It is down for a
        quarter of a second before it does something."""
        try:
            wait(f"“{name}” to press", lambda: (node := self._first(role, name)) is not None
                 and node.get_state_set().contains(Atspi.StateType.SENSITIVE) and act(node))
        except Failed as failed:
            raise Failed(f"{failed}; there are {self.labels()}") from None

    def press_if_there(self, name):
        """At this moment: what may go away by itself is not waited for. Returns whether it was."""
        try:
            button = self._first(BUTTON, name)
            return button is not None and act(button)
        except GLib.Error:  # it went away while we looked
            return False

    def choose(self, index):
        """An item of the menu that is open, whose items have no names on the bus."""
        wait("the menu", lambda: act(self._all("menu item")[index]))
        wait("it to close", lambda: not self._all("menu item"))

    def point_at(self, role, name, *then):
        """With the mouse, once it stands still.  A toast stays for as long."""
        def place(node):
            box = node.get_component_iface().get_extents(Atspi.CoordType.WINDOW)
            return box.x + box.width // 2, box.y + box.height // 2

        def rest():
            node = self.find(role, name)
            before = place(node)
            time.sleep(0.05)
            return before if place(node) == before else None

        x, y = wait(f"{role} “{name}” to stand still", rest)
        self.keys("mousemove", "--window", self.focus(), str(x), str(y), *then)

    def click(self, role, name):
        """For what has no action."""
        self.point_at(role, name, "click", "1")

    def focused(self):
        """The innermost that has the focus, of what shows."""
        found, below = None, [self.root]
        while below:
            node = below.pop()
            try:
                states = node.get_state_set()
                if states.contains(Atspi.StateType.FOCUSED) and states.contains(Atspi.StateType.SHOWING):
                    found = node
                below += [child for i in range(node.get_child_count()) if (child := node.get_child_at_index(i))]
            except GLib.Error:  # it went away while we looked
                pass
        return found

    def tab(self, patience=10):
        """To the next that takes the focus.  Where there is only one, or none, it stays."""
        before = self.focused()
        self.keys("key", "Tab")
        try:
            wait("the focus to move", lambda: self.focused() not in (before, None), patience)
        except Failed:
            pass

    def tab_to(self, name, presses=40):
        """As one does without a mouse: Tab until the focus is there."""
        seen = []
        for _ in range(presses):
            node = self.focused()
            seen.append(name_of(node) if node is not None else None)
            if node is not None and re.fullmatch(name, seen[-1], re.S):
                return
            self.tab()
        raise Failed(f"Tab does not come to “{name}”, only to {list(dict.fromkeys(seen))}")

    def labels(self):
        return [name_of(node) for node in self._all("label")]

    def entry(self):
        """While one page makes room for another, both are there."""
        try:
            return wait("the composer", lambda: len(found := self._all("text", "Message|메시지")) == 1 and found)[0]
        except Failed as failed:
            raise Failed(f"{failed}; there are {self.labels()}") from None

    def draft(self):
        return text_of(self.entry())

    def write(self, text):
        Atspi.EditableText.insert_text(self.entry().get_editable_text_iface(), 0, text, len(text.encode()))

    def conversations(self):
        """The lists of messages: of a comparison there are two."""
        return self._all("list", "Conversation|대화 내용")

    def n_turns(self):
        """How many messages there are; fewer may have a row."""
        return sum(int("".join(re.findall("[0-9]", node.get_description())) or 0) for node in self.conversations())

    def turns(self, below=None):
        """The texts of the messages that have a row, the oldest first: those far out of sight have none. That a
        prompt is being read is no text."""
        result = []
        for item in self._all("list item", "You|Answer|나|답변", below=below):
            names = [name_of(node) for node in self._all("label", showing=False, below=item)]
            result.append("\n".join(name for name in names if not name.startswith("Reading ")))
        return result

    def await_answers(self, n):
        """Until there are as many, the last one begun: one that is stopped before takes its question back."""
        try:
            wait(f"answer {n}", lambda: self.n_turns() == 2 * n and len(self.turns()[-1]) > 3)
        except Failed as failed:
            raise Failed(f"{failed}; there are {self.labels()} and “{self.draft()}” is written") from None

    def stop(self):
        """Ends the answer, which may have come to its end by itself. Pressed twice, the button may be another one."""
        wait("the button", lambda: self.has(BUTTON, "Send|보내기") or self.press_if_there("Stop|멈추기"))
        self.find(BUTTON, "Send|보내기")

    def say(self, text):
        """Sends it, and stops the answer once it has begun."""
        n = self.n_turns() // 2
        self.write(text)
        self.press("Send")
        self.await_answers(n + 1)
        self.stop()

    def titles(self):
        """Of the conversations in the list, the first one first."""
        return [name_of(node) for found in self._all("list", "Conversations")
                for node in self._all("list item", showing=False, below=found)]

    def command(self, title, *names):
        """From the menu of a conversation in the list."""
        wait(f"the menu of “{title}”", lambda: act(self._all(
            "toggle button", showing=False, below=self._all("list item", title)[0])[0]))
        for name in names:
            self.press(name, "menu item")
        wait("it to close", lambda: not self._all("menu item"))

    def set_text(self, name, text):
        entry = self.find("text|entry|search box", name)
        Atspi.EditableText.set_text_contents(entry.get_editable_text_iface(), text)

    def save_as(self, path, suggested=".+"):
        """In the dialog that asks for a file's name, once it has suggested one like that: which it may do again
        over what has been written."""
        def names():
            return [text_of(node) for node in self._all("text", "Name:")]

        def stands():
            if names() == [path]:
                time.sleep(0.5)  # nothing tells that the dialog has suggested its last
                return names() == [path]
            self.set_text("Name:", path)
            return False

        wait(f"a name like {suggested}", lambda: any(re.fullmatch(suggested, name) for name in names()))
        wait("the name to stand", stands)
        self.press("Save")
        wait("the dialog to close", lambda: not names())

    def _press_in_dialog(self, title, key):
        """Where a file is asked for: that is a window of its own."""
        self.find("dialog", title)
        dialog = wait("the dialog's X window", lambda: subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", f"^{title}$"], capture_output=True, text=True,
            check=False).stdout.split())
        self.keys("windowfocus", "--sync", dialog[0], "key", key)

    def cancel_file(self, title):
        """In the dialog that asks for a file."""
        self._press_in_dialog(title, "Escape")
        wait("the dialog to close", lambda: not self._all("dialog", title))

    def open_file(self, title, path):
        """In the dialog that asks for a file, as with a keyboard."""
        self._press_in_dialog(title, "slash")
        self.set_text("", path)
        self.press("Open")
        wait("the dialog to close", lambda: not self._all("dialog", title))

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
        """Returns the X window."""
        window = wait("the X window", self._x_windows)[0]
        self.keys("windowfocus", window)
        return window

    def _x_windows(self):
        result = subprocess.run(["xdotool", "search", "--onlyvisible", "--pid", str(self.process.pid)],
                                capture_output=True, text=True, check=False)
        return result.stdout.split()

    def complaints(self):
        self.log.flush()
        self.log.seek(0)
        return [line.strip() for line in self.log if COMPLAINT.search(line) and NOT_OURS not in line]

    def close(self):
        self.focus()
        self.keys("key", "ctrl+q")
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f"Ctrl+Q does not end it; there are {self.labels()}") from None
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
