# SPDX-License-Identifier: GPL-3.0-or-later
# test-results.py PROGRAM FOLDER [all]: what the votes say, as a screen reader tells it: pairs, their duels, one duel,
# its conversation. With all, also that there are none, and what is written to a file, whose dialog takes its time.
import json
import os
import re
import sys
import tempfile

import window as windows

BEST, WORST, OTHER = (f"komt-{name}" for name in (
    "mistral-7b-v1 · ggml-model-q4_k_m", "mistral-7b-v1 · ggml-model-q2_k", "llama2-7b-v1 · ggml-model-q4_k_m"))
SHARE = f"{BEST} won 17 of 21 decided duels: 81%, and with 95% confidence between 60 and 92%."
CHANCE = "Of 1000 pairs that are equally good, only 7 would differ as much or more by chance (p = 0.0072): it is hardly chance."
LITTLE = "Ten duels that one of them wins are needed to say something; there are 3."


def start(what):
    return windows.Window(tempfile.mkdtemp(dir=os.environ["DADAM_SCRATCH"]), what)


def votes():
    window = start("votes")
    for text in (f"Better: {BEST}", SHARE, CHANCE, "3 ties · both bad: 1", "No Clear Difference", LITTLE,
                 "Not Known Yet", "17 wins"):
        window.find("label", re.escape(text))
    there = [(node.get_role_name(), node.get_name()) for node in window.nodes()]
    labels = [name for role, name in there if role == "label"]
    if f"Better: {OTHER}" in labels or labels.count(f"Better: {BEST}") != 1:
        raise windows.Failed(f"a winner where there is none: {labels}")
    if ("list item", "Not Known Yet") not in there:
        raise windows.Failed("a row has no name")
    pictures = [name for role, name in there if role == "image"]
    if SHARE not in pictures or LITTLE not in pictures:
        raise windows.Failed(f"the bars say {pictures}")
    window.click("list item", "25 Votes")
    window.find("list item", "고려와 조선의 차이를 .*, .* · Tie")
    window.click("list item", "제주도에서 .*, .* · Both bad")
    window.find("label", "Right · CPU · Seed 7")
    for text in (f"{BEST}의 답", f"{WORST}의 답", "Left · CPU · Seed 7"):
        window.find("label", text)
    window.press("Open the Conversation")
    window.find("frame", "A conversation was opened")
    window.close()


def export():
    window = start("votes")
    path = os.path.join(os.environ["DADAM_SCRATCH"], "exported.jsonl")
    window.press("Export", "toggle button")
    window.choose(1)
    window.save_as(path, "Votes.jsonl")
    window.hears("37 votes exported · 9 left out")
    with open(path, encoding="utf-8") as file:
        if sorted({tuple(sorted(json.loads(line))) for line in file}) != [("chosen", "messages", "prompt", "rejected")]:
            raise windows.Failed("the lines are others")
    window.press("Why\\?")
    window.find("label", "To train with, .*")
    window.press("Close")
    windows.wait("it to close", lambda: not window.has("label", "To train with, .*"))
    window.close()


def none():
    window = start("none")
    window.find("label", "No Votes Yet")
    window.close()


windows.run(votes, *((none, export) if "all" in sys.argv else ()))
