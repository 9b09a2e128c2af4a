# SPDX-License-Identifier: GPL-3.0-or-later
# test-options.py DADAM: how options may be written, what is said of those that are wrong, and that output which
# cannot be written is no success.
import os
import subprocess
import sys

DADAM = sys.argv[1]
ENVIRONMENT = {**os.environ, "LC_ALL": "C"}


def check(arguments, status, told="", complaint="", stdout=subprocess.PIPE, preexec_fn=None):
    result = subprocess.run([DADAM, *arguments], env=ENVIRONMENT, stdout=stdout, stderr=subprocess.PIPE, text=True,
                            check=False, preexec_fn=preexec_fn)
    if result.returncode != status or told not in (result.stdout or "") or complaint not in result.stderr:
        sys.exit(f"not ok: dadam {' '.join(arguments)} ended with {result.returncode}, saying\n{result.stdout}"
                 f"{result.stderr}")


# A number that is wrong is told of before the model is opened.
WRONG = "takes a whole number from 1 to 1048576, not “0”"
for written in (["--max-tokens", "0"], ["--max-tokens=0"], ["--max=0"], ["-n", "0"]):
    check(["chat", "model.gguf", *written], 2, complaint=f"--max-tokens {WRONG}")
check(["chat", "--t", "1"], 2, complaint="“--t” is not understood; “dadam help chat” says what is")
check(["models", "--json=1"], 2, complaint="not understood")
check(["chat", "-n"], 2, complaint="--max-tokens needs a value")
for written in (["help", "bench"], ["bench", "--help"], ["bench", "model.gguf", "-h"]):
    check(written, 0, told="\n  -t, --threads N               threads of the processor\n")
check(["chat", "model.gguf", "one", "-p", "two"], 2, complaint="twice")
check(["chat", "model.gguf", "--raw"], 2, complaint="--raw needs a text")
check(["frobnicate"], 2, complaint="no command “frobnicate”; “dadam help” lists them")
check(["ls", "--json"], 2, complaint="no command “ls”; “dadam help models” tells")
check(["chat", "--", "--help"], 1, complaint="no installed model “--help”")

with open("/dev/full", "w", encoding="utf-8") as full:
    check(["models", "--json"], 1, complaint="not all of the output could be written", stdout=full)
    for written in (["help"], ["help", "chat"], ["bench", "--help"], ["--version"]):
        check(written, 1, complaint="not all of the output could be written", stdout=full)
check(["models", "--json"], 1, complaint="not all of the output could be written", stdout=None, preexec_fn=lambda: os.close(1))
print("ok")
