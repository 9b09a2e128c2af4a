# SPDX-License-Identifier: GPL-3.0-or-later
# The desktop of a test of the portals: what stands behind them (portal.py), and a browser.
import json
import os
import subprocess
import sys

from window import wait

HERE = os.path.dirname(os.path.abspath(__file__))
SCRATCH = os.environ["DADAM_SCRATCH"]
BROWSER = """[Desktop Entry]
Type=Application
Name=Browser
Exec={} %u
MimeType=x-scheme-handler/http;x-scheme-handler/https;
"""


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


class Desktop:
    def __init__(self, file):
        """Its file dialog always chooses that one."""
        self.log, self.pages = os.path.join(SCRATCH, "portal.log"), os.path.join(SCRATCH, "pages")
        program = os.path.join(SCRATCH, "browser")
        write(program, f'#!/bin/sh\necho "$1" >>{self.pages}\n', 0o755)
        write(os.path.join(os.environ["XDG_DATA_HOME"], "applications", "browser.desktop"), BROWSER.format(program))
        write(os.path.join(os.environ["HOME"], ".config", "mimeapps.list"), "[Default Applications]\n"
              "x-scheme-handler/http=browser.desktop\nx-scheme-handler/https=browser.desktop\n")
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "portal.py"), self.log, file],
                                        stdin=subprocess.PIPE, text=True)
        self.asked("ready")

    def asked(self, what, **details):
        """What came that is so; the last of them."""
        def find():
            with open(self.log, encoding="utf-8") as file:
                lines = [json.loads(line) for line in file if line.endswith("\n")]
            return next((line for line in reversed(lines) if line["what"] == what
                         and all(line[key] == value for key, value in details.items())), None)

        open(self.log, "a", encoding="utf-8").close()
        return wait(f"the desktop to be asked: {what} {details}", find)

    def click(self, notification):
        self.process.stdin.write(notification + "\n")
        self.process.stdin.flush()

    def opened(self, page):
        open(self.pages, "a", encoding="utf-8").close()

        def find():
            with open(self.pages, encoding="utf-8") as file:
                return page in file.read().split()

        wait(f"the browser to open {page}", find)

    def close(self):
        self.process.kill()
        self.process.wait()
