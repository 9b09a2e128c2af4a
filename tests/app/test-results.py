# SPDX-License-Identifier: GPL-3.0-or-later
# test-results.py PROGRAM FOLDER: what the votes say, as a screen reader tells it: pairs, their duels, one duel, its
# conversation; and that there are none.
import os

import window as windows

BEST, WORST, OTHER = (f"komt-{name}" for name in (
    "mistral-7b-v1 · ggml-model-q4_k_m", "mistral-7b-v1 · ggml-model-q2_k", "llama2-7b-v1 · ggml-model-q4_k_m"))
SHARE = f"{BEST} won 17 of 21 decided duels: 81%, and with 95% confidence between 60 and 92%."
CHANCE = "Of 1000 pairs that are equally good, only 7 would differ as much or more by chance (p = 0.0072): it is hardly chance."
LITTLE = "Ten duels that one of them wins are needed to say something; there are 3."


def start(what):
    folder = os.path.join(os.environ["DADAM_SCRATCH"], what)
    os.makedirs(folder, exist_ok=True)
    return windows.Window(folder, what)


def votes():
    window = start("votes")
    window.find("label", f"Better: {BEST}")
    labels = window.labels()
    for text in (SHARE, CHANCE, "3 ties · both bad: 1", "No Clear Difference", LITTLE, "Not Known Yet", "17 wins"):
        if text not in labels:
            raise windows.Failed(f"“{text}” is not among {labels}")
    if f"Better: {OTHER}" in labels or labels.count(f"Better: {BEST}") != 1:
        raise windows.Failed(f"a winner where there is none: {labels}")
    pictures = [node.get_name() for node in window.nodes() if node.get_role_name() == "image" and node.get_name()]
    if SHARE not in pictures or LITTLE not in pictures:
        raise windows.Failed(f"the bars say {pictures}")
    window.click("list item", "25 Votes")
    window.find("list item", "고려와 조선의 차이를 .*, .* · Tie")
    window.click("list item", "제주도에서 .*, .* · Both bad")
    for text in (f"{BEST}의 답", f"{WORST}의 답", "Left · CPU · Seed 7", "Right · CPU · Seed 7"):
        window.find("label", text)
    window.press("Open the Conversation")
    window.find("frame", "A conversation was opened")
    window.close()


def none():
    window = start("none")
    window.find("label", "No Votes Yet")
    window.close()


windows.run(votes, none)
