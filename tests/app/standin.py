# SPDX-License-Identifier: GPL-3.0-or-later
# The stand-in Hub (tests/hub/hub.py) of a test of the window.
import json
import os
import subprocess
import sys
import urllib.request

REPO = "davidkim205/komt-mistral-7b-v1-gguf"
SLOW = 500_000  # bytes a second: not there before somebody was seen waiting for it


class Hub:
    def __init__(self, program):
        """Offers what will be in its folder."""
        self.root = os.path.join(os.environ["DADAM_SCRATCH"], "hub")
        os.makedirs(self.root)
        self.process = subprocess.Popen([sys.executable, program, self.root], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.endpoint = json.loads(self.process.stdout.readline())["endpoint"]

    def place(self, repo, name):
        path = os.path.join(self.root, repo, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def fault(self, **faults):
        """From now on; none: it is as it should be."""
        urllib.request.urlopen(self.endpoint + "/_test/faults", json.dumps(faults).encode()).read()

    def asked(self):
        """Since the last time."""
        return json.load(urllib.request.urlopen(self.endpoint + "/_test/log"))

    def close(self):
        self.process.kill()
        self.process.wait()
