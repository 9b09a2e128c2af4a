#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-votes.py VOTER [TIMES]: the program is killed between answer, vote and reveal: every vote that was stored is there
# once, for the answers it was given to, and none that was not given. Then the votes are exported, and read by others.
import collections
import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

VOTER = sys.argv[1]
TIMES = int(sys.argv[2]) if len(sys.argv) > 2 else 4
SEED = int(os.environ.get("DADAM_SEED", random.randrange(1 << 30)))
VERDICTS = {1: "left", 2: "right", 3: "tie", 4: "both_bad"}
MODELS = ["=1+2", "나\"만, 두\n줄"]
FIRST, SECOND = "-1이 =\"무엇\"입니까,\r\n예?", "'=그럼?"


def fail(what):
    sys.exit(f"{what} (seed {SEED})")


def look(path):
    result = subprocess.run([VOTER, "look", path], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        fail(result.stderr)
    return [line for line in result.stdout.splitlines() if line.startswith("voted ")]


def kill_while_voting(path):
    """So often, and as often again on a machine so busy that there is no vote yet."""
    given, stored, found, times = set(), set(), [], 0
    while times < TIMES or (not found and times < 20 * TIMES):
        times += 1
        voter = subprocess.Popen([VOTER, "vote", path], stdout=subprocess.PIPE, text=True)
        if voter.stdout.readline() != "open\n":
            fail(f"the voter ended with {voter.wait()}")
        time.sleep(random.uniform(0.005, 0.15))
        voter.send_signal(signal.SIGKILL)
        for line in voter.stdout:
            if line.endswith("\n"):
                word, *vote = line.split()
                (given if word == "voting" else stored).add(" ".join(["voted", *vote]))
        if voter.wait() != -signal.SIGKILL:
            fail(f"the voter ended with {voter.returncode}")
        found = look(path)
        if len(found) != len(set(found)):
            fail("a vote is there twice")
        if not stored <= set(found) <= given:
            fail(f"lost: {stored - set(found)}, invented: {set(found) - given}")
    print(f"{times} times killed, {len(found)} votes, {len(given - stored)} of them in between")
    if not found:
        fail("nothing was voted")
    return [line.split() for line in found]


def plain(cell):
    """A text without the apostrophe that keeps spreadsheets from calculating it."""
    rest = cell.lstrip("'")
    return cell[1:] if cell.startswith("'") and rest[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def check_table(path, votes):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    if not text.startswith("\ufeff") or "\n\"=" in text or ",\"=" in text or ",\"-" in text:
        fail("a spreadsheet would calculate a cell, or take the table for something else")
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    if [row["verdict"] for row in rows] != [VERDICTS[int(vote[3])] for vote in votes]:
        fail("the table has other votes")
    for row in rows:
        models = {side: plain(row[f"{side}_model"]) for side in ("left", "right")}
        if sorted(models.values()) != sorted(MODELS) or row["blind"] != "yes":
            fail(f"another row: {row}")
        if any(plain(row[f"{side}_answer"]) != f"{models[side]}의 답" for side in models):
            fail(f"an answer of another model: {row}")
        if plain(row["winner"]) != models.get(row["verdict"], "") or plain(row["question"]) not in (FIRST, SECOND):
            fail(f"another winner or question: {row}")
    return rows


def check_lines(path, rows, told):
    decided = [row for row in rows if row["verdict"] in ("left", "right")]
    same = [row for row in decided if plain(row["question"]) == FIRST]
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    if (len(lines), told) != (len(same), [str(len(same)), str(len(rows) - len(same))]):
        fail(f"{len(lines)} lines of {len(same)}, {told} were told")
    for row, line in zip(same, lines):
        better, worse = ("left", "right") if row["verdict"] == "left" else ("right", "left")
        expected = {"prompt": FIRST, "chosen": plain(row[f"{better}_answer"]), "rejected": plain(row[f"{worse}_answer"]),
                    "messages": [{"role": "user", "content": FIRST}]}
        if line != expected:
            fail(f"{line} instead of {expected}")


random.seed(SEED)
with tempfile.TemporaryDirectory() as scratch:
    names = [os.path.join(scratch, name) for name in ("votes.db", "votes.csv", "votes.jsonl")]
    all_votes = kill_while_voting(names[0])
    output = subprocess.run([VOTER, "export", *names], capture_output=True, text=True, check=True).stdout
    counts = collections.OrderedDict((line.split()[0], line.split()[1:]) for line in output.splitlines())
    check_lines(names[2], check_table(names[1], all_votes), counts["jsonl"])
