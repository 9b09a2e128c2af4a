# SPDX-License-Identifier: GPL-3.0-or-later
# screenshot.py WINDOW FOLDER STARTER [SUFFIX]: FOLDER/{answer,compare,models}SUFFIX.png: the window in the middle of an
# answer, two answers that wait for a vote, and the models there are; the inside of take-screenshots.
import os
import subprocess
import sys

from window import BUTTON, Window, wait

STARTER, SUFFIX = sys.argv[3], (sys.argv[4:] or [""])[0]
QUESTION = "What is tea, and how do I make a good cup of it?"
BORDER, RADIUS, SHADOW = 5, 12, 24  # pixels: of a window that nothing composes, and what a desktop draws in its place


def choose(**settings):
    """Fonts and settings as they are on a desktop."""
    folder = os.path.join(os.environ["HOME"], ".config", "gtk-4.0")
    os.makedirs(folder)
    with open(os.path.join(folder, "settings.ini"), "w", encoding="utf-8") as file:
        file.write("[Settings]\ngtk-font-name=Cantarell 11\ngtk-hint-font-metrics=0\n")
    folder = os.path.join(os.environ["HOME"], ".config", "glib-2.0", "settings")
    os.makedirs(folder)
    with open(os.path.join(folder, "keyfile"), "w", encoding="utf-8") as file:
        file.write("[io/github/dadam_app/Dadam]\n")
        file.writelines(f"{name.replace('_', '-')}={value}\n" for name, value in settings.items())


def picture(window, name):
    """Round corners and a shadow are the compositor's on a desktop; there is none here."""
    path = window.picture(name + SUFFIX + ".png")
    size = subprocess.run(["identify", "-format", "%w %h", path], capture_output=True, text=True, check=True).stdout
    width, height = (int(number) - 2 * BORDER for number in size.split())
    subprocess.run(["convert", path, "-shave", f"{BORDER}x{BORDER}", "+repage", "(", "-size", f"{width}x{height}",
                    "xc:none", "-fill", "white", "-draw",
                    f"roundrectangle 0,0 {width - 1},{height - 1} {RADIUS},{RADIUS}", ")", "-compose", "CopyOpacity",
                    "-composite", "(", "+clone", "-background", "black", "-shadow", f"35x{SHADOW // 3}+0+4", ")",
                    "+swap", "-background", "none", "-compose", "over", "-layers", "merge", "+repage",
                    "-define", "png:exclude-chunks=date,time", path], check=True)


def park(window):
    """The pointer is not where it would light something up."""
    window.keys("mousemove", "1270", "1010")


def other_model():
    """The starter once more, which is asked in another format and so says something else. Blind, no name is shown."""
    path = os.path.join(os.environ["DADAM_SCRATCH"], "other.gguf")
    os.symlink(STARTER, path)
    return path


OTHER = other_model()
choose(window_size="(1010, 720)", compare_models=repr([STARTER, OTHER]), compare_blind="true",
       compare_choices="""'{"max_tokens":90,"temperature":0,"repeat_penalty":1}'""",
       formats=repr({OTHER: "komt-llama2"}),
       choices=repr({STARTER: '{"temperature":0}'}))
show = Window(STARTER)
show.find("label", "CPU")
park(show)
show.write(QUESTION)
show.press("Send|보내기")
wait("a good part of an answer", lambda: show.n_turns() == 2 and len(show.turns()[1]) > 600)
show.focus()
picture(show, "answer")
show.stop()

show.click("label", "Compare|비교")
show.find(BUTTON, "New Comparison|새 비교")
park(show)
show.write("What is a good breakfast?")
show.press("Send|보내기")
show.find("label", "Which answer is better\\?|어느 답변이 더 낫습니까\\?")
show.focus()
picture(show, "compare")

show.click("label", "Models|모델")
show.find("label", "Models for Dadam|다담에서 쓸 수 있는 모델")
park(show)
show.focus()
picture(show, "models")
show.close()
