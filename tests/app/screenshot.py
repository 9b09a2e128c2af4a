# SPDX-License-Identifier: GPL-3.0-or-later
# screenshot.py WINDOW FOLDER STARTER: FOLDER/answer.png, the window in the middle of an answer; the inside of
# take-screenshot.
import os
import sys

from window import Window, wait

QUESTION = "What is tea, and how do I make a good cup of it?"


def choose_font():
    folder = os.path.join(os.environ["HOME"], ".config", "gtk-4.0")
    os.makedirs(folder)
    with open(os.path.join(folder, "settings.ini"), "w", encoding="utf-8") as file:
        file.write("[Settings]\ngtk-font-name=Cantarell 11\ngtk-hint-font-metrics=0\n")


choose_font()
window = Window(sys.argv[3])
window.find("label", "CPU")
window.write(QUESTION)
window.press("보내기")
wait("a good part of an answer", lambda: len(window.turns()) == 2 and len(window.turns()[1]) > 600)
window.focus()
window.picture("answer.png")
window.close()
