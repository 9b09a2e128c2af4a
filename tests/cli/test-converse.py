# SPDX-License-Identifier: GPL-3.0-or-later
# test-converse.py DADAM MODEL: a conversation in a terminal: a line is a message, pasted lines are one, Ctrl+C stops
# an answer and not the program, commands are obeyed.
import os
import pty
import select
import sys

DADAM, MODEL = sys.argv[1:]
PATIENCE = 60  # seconds; a machine may be busy
PROMPT, STATISTICS = b"\r\n> ", b"tokens made"


class Terminal:
    def __init__(self, *arguments):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.environ.update(LC_ALL="C.UTF-8")
            os.execv(DADAM, [DADAM, "chat", MODEL, "--device", "cpu", *arguments])
        self.text = self.all = b""  # what nobody has waited for yet; from the beginning

    def read(self):
        """Returns whether it says more."""
        if not select.select([self.file], [], [], PATIENCE)[0]:
            sys.exit(f"not ok: nothing more after {self.all!r}")
        try:
            more = os.read(self.file, 65536)
        except OSError:  # it has ended
            more = b""
        self.text += more
        self.all += more
        return more != b""

    def expect(self, what):
        """Returns what stands before it."""
        while what not in self.text:
            if not self.read():
                sys.exit(f"not ok: no {what!r} in {self.all!r}")
        before, _, self.text = self.text.partition(what)
        return before

    def write(self, text):
        os.write(self.file, text.encode())

    def end(self):
        """Returns its status."""
        while self.read():
            pass
        return os.waitpid(self.pid, 0)[1]


def need(what, there):
    if not there:
        sys.exit(f"not ok: {what}")


terminal = Terminal("--max-tokens", "4")
terminal.expect(PROMPT)
terminal.write("hello\n")
terminal.expect(STATISTICS)
terminal.expect(PROMPT)
terminal.write("one\ntwo\n\nthree\n")
terminal.expect(STATISTICS)
terminal.expect(PROMPT)
terminal.write("/new\n")
terminal.expect(PROMPT)
terminal.write("/exit\n")
need("it ends well", terminal.end() == 0)
need(f"two messages, pasted lines being one: {terminal.all!r}", terminal.all.count(STATISTICS) == 2)

terminal = Terminal()
terminal.expect(PROMPT)
terminal.write("hello\n")
terminal.expect(b"hello\r\n")
terminal.read()  # the answer has begun
terminal.write("\x03")
need("an answer is stopped", b"stopped" in terminal.expect(PROMPT))
terminal.write("\x04")
need("the end of input ends it", terminal.end() == 0)
print("ok")
