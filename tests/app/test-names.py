#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-names.py WINDOW FOLDER MODEL: every page and dialog, walked as a screen reader does: what can be operated and
# what shows something has a name, and in a Korean session the name has Hangul in it, unless it is one of those that
# have no other form. And there are pixels to show it, that is, a font for Hangul.
import os
import re
import subprocess
import sys

from comparing import choose
from window import BUTTON, Atspi, Failed, Window, run, wait

MODEL = sys.argv[3]
KOREAN = os.environ["LANG"].startswith("ko")
NAMED = {"push button", "button", "toggle button", "check box", "radio button", "switch", "slider", "spin button",
         "combo box", "entry", "text", "password text", "menu item", "link", "list item", "page tab", "progress bar",
         "dialog", "frame"}
# What has no other form: numbers, sizes, keys, names of models, devices, programs and formats.
FOREIGN = re.compile(r"[\W\d]*|tiny|Dadam|CPU|GPU.*|Alpaca|komt.*|Qwen.*|SmolLM.*|Llama.*|[0-9.]+ ?([KMG]i?)?B.*|Python|"
                     r"(Ctrl|Shift|Alt|Enter|Escape|F\d+|[A-Z0-9+−=?,/-])|/.*|"
                     r"Close")  # libadwaita's own, whose translations a build root does not have
faults = []


def nodes(node):
    """Those that show, without what a model has said."""
    if node.get_role_name() == "list item" and node.get_name() in ("Answer", "답변"):
        return
    if node.get_state_set().contains(Atspi.StateType.SHOWING):
        yield node
    for i in range(node.get_child_count()):
        child = node.get_child_at_index(i)
        if child is not None:
            yield from nodes(child)


def path(node):
    names = []
    while node is not None and node.get_role_name() != "application":
        names.append(f"{node.get_role_name()} “{(node.get_name() or '')[:40]}”")
        node = node.get_parent()
    return " < ".join(names[:5])


def faults_of(window, page):
    for node in nodes(window.root):
        name, role = node.get_name() or "", node.get_role_name()
        if role in NAMED and not name.strip():
            yield f"{page}: without a name: {path(node)}"
        elif KOREAN and name and role in NAMED | {"label"} and not re.search("[가-힣]", name) \
                and not FOREIGN.fullmatch(name):
            yield f"{page}: not Korean: {role} “{name[:60]}”"


def walk(window, page):
    """What is being made anew while it is looked at has a name the next time."""
    found = []

    def look():
        found[:] = faults_of(window, page)
        return not found

    try:
        wait("names", look, 10)
    except Failed:
        faults.extend(found)


def dialog(window, page, key):
    window.keys("key", key)
    wait(f"the {page}", lambda: window._all("dialog"))
    walk(window, page)
    window.keys("key", "Escape")
    wait(f"the {page} to close", lambda: not window._all("dialog"))


def menu(window, page, key):
    window.keys("key", key)
    wait(f"the menu of the {page}", lambda: window._all("menu item"))
    walk(window, f"menu of the {page}")
    window.keys("key", "Escape")
    wait("the menu to close", lambda: not window._all("menu item"))


def check_pixels(window):
    result = subprocess.run(["identify", "-format", "%k", window.screenshot("first-start.png")], capture_output=True,
                            text=True, check=True)
    if int(result.stdout) < 50:
        raise Failed("the screenshot is empty")


def test_first_start():
    window = Window()
    window.find("label", "Welcome to Dadam|다담에 오신 것을 환영합니다")
    check_pixels(window)
    window.focus()
    walk(window, "first start")
    menu(window, "window", "F10")
    dialog(window, "preferences", "ctrl+comma")
    dialog(window, "shortcuts", "ctrl+shift+slash")
    dialog(window, "guide", "F1")
    window.click("list item", "Models|모델")
    window.find("label", "Models for Dadam|다담에서 쓸 수 있는 모델")
    walk(window, "models")
    window.click("list item", "Compare|비교")
    window.find("label", "Choose Two Models|모델 두 개를.*")
    walk(window, "comparison without models")
    window.press("Results|결과.*")
    window.find("label", "No Votes Yet|아직 .*")
    walk(window, "results")
    window.close()


def test_chat():
    window = Window(MODEL)
    window.find(BUTTON, "Is a cat an animal\\?|고양이는 동물이야\\?")
    window.focus()
    walk(window, "empty chat")
    window.press("Is a cat an animal\\?|고양이는 동물이야\\?")
    wait("an answer", lambda: window.n_turns() == 2 and len(window.turns()[1]) > 3)
    walk(window, "answering")
    window.stop()
    walk(window, "conversation")
    window.keys("key", "ctrl+f")
    walk(window, "search")
    window.keys("key", "ctrl+shift+f")
    walk(window, "finding")
    window.close()


def test_comparison():
    choose(compare_models=repr([os.path.abspath(MODEL)] * 2), compare_blind="true", compare_choices="'{\"max_tokens\":4}'")
    window = Window()
    window.click("list item", "Compare|비교")
    window.press("Is a cat an animal\\?|고양이는 동물이야\\?")
    window.find("button|push button", "Both Bad|둘 다 .*")
    walk(window, "judging")
    window.press("Tie|비김")
    window.find("label", "Tie|비김")
    walk(window, "judged")
    window.focus()
    window.keys("key", "ctrl+shift+f")
    walk(window, "finding in both")
    window.close()


def test_verdict():
    if faults:
        raise Failed("\n  " + "\n  ".join(dict.fromkeys(faults)))


run(test_first_start, test_chat, test_comparison, test_verdict)
