#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-kill.py WORKER MODEL [TIMES]: the program is killed in the middle of streaming, editing, deleting and migrating:
# the database is sound each time, no question is lost that was sent, and of an answer no more than a second.
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

WORKER, MODEL = sys.argv[1], sys.argv[2]
TIMES = int(sys.argv[3]) if len(sys.argv) > 3 else 3
SEED = int(os.environ.get("DADAM_SEED", random.randrange(1 << 30)))


class Promises:
    """What must be there: messages with the length that they must have, and what has been deleted."""

    def __init__(self):
        self.lengths, self.homes, self.going, self.gone = {}, {}, set(), set()

    def hear(self, line):
        word, *numbers = line.split()
        numbers = [int(number) for number in numbers]
        if word in ("sent", "said"):
            message, home, length = numbers
            self.lengths[message] = max(self.lengths.get(message, 0), length)
            self.homes[message] = home
        elif word == "going":
            self.going.add(numbers[0])
        else:
            self.gone.add(numbers[0])

    def check(self, found):
        for message, home in self.homes.items():
            if home in self.gone and message in found:
                sys.exit(f"message {message} of a conversation that was deleted is there (seed {SEED})")
            if home in self.going:
                continue
            if message not in found:
                sys.exit(f"message {message} is lost (seed {SEED})")
            if found[message][0] < self.lengths[message]:
                sys.exit(f"of answer {message} {found[message][0]} of {self.lengths[message]} bytes are left (seed {SEED})")


def look(path):
    result = subprocess.run([WORKER, "look", path], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"not sound: {result.stderr} (seed {SEED})")
    return {int(line.split()[1]): (int(line.split()[3]), int(line.split()[4])) for line in result.stdout.splitlines()}


def kill_while_living(folder, times):
    path, promises = os.path.join(folder, "live.db"), Promises()
    for _ in range(times):
        worker = subprocess.Popen([WORKER, "live", path, MODEL], stdout=subprocess.PIPE, text=True)
        first = worker.stdout.readline()
        if first == "":
            sys.exit(f"the worker ended with {worker.wait()}")
        promises.hear(first)
        time.sleep(random.uniform(0, 4))
        worker.send_signal(signal.SIGKILL)
        for line in worker.stdout:
            if line.endswith("\n"):
                promises.hear(line)
        worker.wait()
        promises.check(look(path))
    print(f"{len(promises.homes)} messages, {len(promises.gone)} conversations deleted, {times} times killed")


def kill_while_migrating(folder, times):
    old, path = os.path.join(folder, "old.db"), os.path.join(folder, "new.db")
    subprocess.run([WORKER, "old", old], check=True)
    before = time.monotonic()
    shutil.copy(old, path)
    whole = look(path)
    seconds = time.monotonic() - before
    for i in range(times):
        for name in os.listdir(folder):
            if name.startswith("new.db"):
                os.remove(os.path.join(folder, name))
        shutil.copy(old, path)
        worker = subprocess.Popen([WORKER, "look", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0, seconds))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        if look(path) != whole or len(whole) != 2000:
            sys.exit(f"migrating lost something the {i}th time (seed {SEED})")
    print(f"{times} times killed while migrating ({seconds:.2f} s)")


random.seed(SEED)
with tempfile.TemporaryDirectory() as scratch:
    kill_while_living(scratch, TIMES)
    kill_while_migrating(scratch, TIMES)
