#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-korean.py WINDOW FOLDER: the first start in Korean: every text shown has Hangul in it, and pixels to show it.
import re
import subprocess

from window import Failed, Window, run

FOREIGN_NAMES = ("Dadam", "")


def colours(path):
    result = subprocess.run(["identify", "-format", "%k", path], capture_output=True, text=True, check=True)
    return int(result.stdout)


def test_welcome():
    window = Window()
    window.find("label", "다담에 오신 것을 환영합니다")
    english = [text for text in window.labels() if text not in FOREIGN_NAMES and not re.search("[가-힣]", text)]
    if english:
        raise Failed(f"not in Korean: {english}")
    if colours(window.screenshot("korean.png")) < 50:
        raise Failed("the screenshot is empty")
    window.close()


run(test_welcome)
