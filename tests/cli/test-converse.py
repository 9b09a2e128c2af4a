# SPDX-License-Identifier: GPL-3.0-or-later
# test-converse.py DADAM MODEL EDITED: a conversation in a terminal: a line is a message, pasted lines are one, lines
# typed ahead are not, Ctrl+C stops an answer and not the program, commands are obeyed; the one answer to -p ends with
# Ctrl+C. EDITED (yes or no): whether lines can be edited and are kept.
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import tempfile

DADAM, MODEL, EDITED = sys.argv[1], sys.argv[2], sys.argv[3] == "yes"
PATIENCE = 60  # seconds; a machine may be busy
PROMPT, STATISTICS = b"\r\n> ", b"tokens made"
STATE = tempfile.TemporaryDirectory()
KEPT = os.path.join(STATE.name, "new", "dadam", "typed")


class Stream:
    def __init__(self, file):
        self.file = file
        self.text = self.all = b""  # what nobody has waited for yet; from the beginning

    def read(self):
        """Returns whether it says more."""
        if not select.select([self.file], [], [], PATIENCE)[0]:
            sys.exit(f"not ok: nothing more after {self.all!r}")
        try:
            more = os.read(self.file, 65536)
        except OSError:  # it has ended
            more = b""
        # How pasting is told from typing is between the program and its terminal.
        self.text = re.sub(rb"\x1b\[\?2004(h|l\r)", b"", self.text + more)
        self.all += more
        return more != b""

    def expect(self, what):
        """Returns what stands before it."""
        while what not in self.text:
            if not self.read():
                sys.exit(f"not ok: no {what!r} in {self.all!r}")
        before, _, self.text = self.text.partition(what)
        return before


class Terminal(Stream):
    def __init__(self, *arguments, piped=False):
        """piped: standard output is no terminal but `output`, so that lines are as the terminal gives them."""
        ends = os.pipe() if piped else None
        self.pid, file = pty.fork()
        if self.pid == 0:
            os.environ.update(LC_ALL="C.UTF-8", TERM="xterm", XDG_STATE_HOME=os.path.dirname(os.path.dirname(KEPT)))
            if piped:
                os.dup2(ends[1], 1)
            os.execv(DADAM, [DADAM, "chat", MODEL, "--device", "cpu", *arguments])
        super().__init__(file)
        if piped:
            os.close(ends[1])
            self.output = Stream(ends[0])

    def write(self, text):
        os.write(self.file, text.encode())

    def end(self):
        """Returns its status."""
        while self.read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def need(what, there):
    if not there:
        sys.exit(f"not ok: {what}")


def answers(terminal, count):
    for _ in range(count):
        terminal.expect(STATISTICS)


def stop_answer(terminal):
    """Ctrl+C, as soon as Enter is obeyed: a long question is still being read."""
    terminal.write("word " * 600 + "end\n")
    terminal.expect(b"end\r\n")
    terminal.write("\x03")
    need("an answer is stopped", b"stopped" in terminal.expect(PROMPT))


def check_edited():
    terminal = Terminal("--max-tokens", "4")
    terminal.expect(PROMPT)
    terminal.write("가나\x1b[D\x7f다\n")  # a syllable is taken away and another put in before the last
    answers(terminal, 1)
    terminal.expect(PROMPT)
    terminal.write("\x1b[200~one\ntwo\n\nthree\n\x1b[201~\n")
    answers(terminal, 1)
    terminal.expect(PROMPT)
    terminal.write("/new\n/nothing\n/set top-k 0\n/regenerate\n/etc/fstab\n")
    terminal.expect("no command “/nothing”".encode())
    terminal.expect(b"no answer yet")
    answers(terminal, 1)
    terminal.expect(PROMPT)
    terminal.write("/regen\n/set top-k -1\n")
    answers(terminal, 1)
    terminal.expect(b"a whole number")
    terminal.write("/set top-k 1e3\n/set\n")
    terminal.expect(b"top-k" + 16 * b" " + b"1000\r\n")
    terminal.expect(PROMPT)
    terminal.write("nothing")
    terminal.expect(b"nothing")
    terminal.write("\x03")
    terminal.expect(b"^C\r\n")
    terminal.expect(b"> ")
    terminal.write("\x03")
    terminal.expect(b"/exit ends")
    terminal.write("/exit\n")
    need("it ends well", terminal.end() == 0)
    need("what was typed is private", stat.S_IMODE(os.stat(KEPT).st_mode) == 0o600)

    terminal = Terminal("--private")
    terminal.expect(PROMPT)
    terminal.write("\x1b[A")
    need("the history of another start is not read", b"exit" not in terminal.text)
    stop_answer(terminal)
    terminal.write("again\n")
    terminal.expect(b"again\r\n")
    terminal.read()  # the answer has begun
    terminal.write("ahead\n")
    os.kill(terminal.pid, signal.SIGINT)
    terminal.expect(b"stopped")
    terminal.expect(b"ahead\r\n")
    os.kill(terminal.pid, signal.SIGTERM)
    need("it ends with the signal", terminal.end() == 128 + signal.SIGTERM)
    need("the terminal is not given control characters of the model's",
         not re.search(rb"[\x00-\x06\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]", terminal.all))
    with open(KEPT, encoding="utf-8") as kept:
        need("what was typed is kept", re.fullmatch(
            "(\x01\\d+\n)다나\n(\x01\\d+\n)one\ntwo\n\nthree\n(\x01\\d+\n)/new\n.*/exit\n", kept.read(), re.S))


def check_plain():
    terminal = Terminal("--temperature", "0", piped=True)
    terminal.output.expect(b"\n> ")
    terminal.write("hello\n")
    terminal.output.read()  # the answer has begun
    terminal.write("/set max-tokens 2\na\nb\n")
    os.kill(terminal.pid, signal.SIGINT)
    answers(terminal, 3)
    for _ in range(4):
        terminal.output.expect(b"\n> ")
    terminal.write("one\ntwo\n\nthree\n")
    answers(terminal, 1)
    terminal.write('"""b\n')
    terminal.write('c"""\n/exit\n')
    need("it ends well", terminal.end() == 0)
    need("lines that are pasted or quoted are one message", terminal.all.count(STATISTICS) == 5)


def check_once():
    """One answer has no conversation to go back to."""
    terminal = Terminal("-p", "hello", piped=True)
    terminal.output.read()  # the answer has begun
    terminal.write("\x03")
    need("it ends with the signal", terminal.end() == 128 + signal.SIGINT)
    need("the answer is stopped", b"stopped" in terminal.all)


def run(*arguments, said=None):
    """The same answers each time."""
    return subprocess.run([DADAM, "chat", MODEL, "--device", "cpu", "--temperature", "0", "-n", "12", *arguments],
                          input=said, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=True)


def second_prompt(stop):
    """How many tokens the second message is, with what stands before it, where `stop` ends the first answer."""
    told = run("--stop", stop, said="hello\nagain\n").stderr
    need("the first answer is stopped", "stop string" in told)
    return re.findall(r"prompt tokens: (\d+)", told)[1]


def check_stops():
    """A stop string is no part of the answer that the next prompt has, however many tokens it is."""
    words = run("-p", "hello").stdout.split()
    need("the answer has several words", len(words) > 2)
    need("a stop string leaves nothing behind", second_prompt(words[0]) == second_prompt(" ".join(words[:3])))


if EDITED:
    check_edited()
check_plain()
check_once()
check_stops()
print("ok")
