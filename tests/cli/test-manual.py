# SPDX-License-Identifier: GPL-3.0-or-later
# test-manual.py DADAM DATA: the manual page and bash's completion know each command and each option that the
# program itself tells of, and no others.
import os
import re
import subprocess
import sys

DADAM, DATA = sys.argv[1], sys.argv[2]
ENVIRONMENT = {**os.environ, "LC_ALL": "C", "PATH": os.path.dirname(DADAM) + ":" + os.environ["PATH"]}
# What bash-completion lends to a completion.
LENT = """
_init_completion () { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${words[cword]}; }
__ltrim_colon_completions () { :; }
"""


def dadam(*arguments):
    return subprocess.run([DADAM, *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout


def completed(*words):
    script = LENT + f'. "{DATA}/completions/dadam.bash"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ' \
        '_dadam; printf "%s\\n" "${COMPREPLY[@]}"'
    result = subprocess.run(["bash", "-c", script, "bash", *words], env=ENVIRONMENT, capture_output=True, text=True,
                            check=True)
    return result.stdout.split()


def need(what, there):
    if not there:
        sys.exit(f"not ok: {what}")


with open(os.path.join(DATA, "man", "dadam.1"), encoding="utf-8") as page:
    manual = page.read().replace("\\-", "-")
commands = re.findall(r"^(?:usage:|      ) dadam ([a-z]+) ", dadam("help"), re.M)
need(f"few commands: {commands}", len(commands) > 6 and "help" in commands)
need(f"bash completes the commands, not {completed('dadam', '')}", sorted(completed("dadam", "")) == sorted(commands))
need("bash completes a beginning", completed("dadam", "tok") == ["tokenize"])
for command in commands:
    section = re.search(rf'^\.BR "dadam {command}".*?(?=^\.BR "dadam |^\.SH)', manual, re.M | re.S)
    need(f"the manual has dadam {command}", section)
    if command == "help":
        continue
    options = set(re.findall(r"[\[ |](--?[a-z][a-z-]*)", dadam("help", command)))
    for option in options:
        need(f"the manual has {option} of dadam {command}", re.search(rf"{option}(?![a-z-])", section.group()))
    told = set(re.findall(r"(?<![a-z0-9-])--?[a-z][a-z-]*", re.sub(r"\\\w[\w(]?", "", section.group())))
    need(f"dadam {command} has what the manual tells of: {told}", told <= options)
    need(f"bash completes the options of dadam {command}", set(completed("dadam", command, "-")) == options)
print("ok", len(commands), "commands")
