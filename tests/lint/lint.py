#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# lint.py RULE [TREE]: the rules of the house which a machine can hold. Each RULE below prints what breaks it as
# `file:line: what` and exits 1; 77 where its tool is missing. TREE is the source tree (default: this one).
# broken.py beside it shows each rule a tree that breaks it.
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TREE = Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parents[2]).resolve()
C_FILES = (".c", ".h")
SHADERS = (".comp", ".glsl", ".cu")
TEXT = C_FILES + SHADERS + (".py", ".sh", ".build", ".options", ".ui", ".css", ".md", ".xml", ".in", ".svg")

# Which room may include which; what those may include is allowed as well. Nothing else is.
ROOMS = {
    "engine/base": [],
    "engine/quant": ["engine/base"],
    "engine/gguf": ["engine/quant"],
    "engine/text": ["engine/gguf"],
    "engine/plan": ["engine/quant"],
    "engine/model": ["engine/gguf", "engine/plan"],
    "shaders": [],
    "engine/device": ["engine/plan", "shaders"],
    "engine/run": ["engine/text", "engine/model", "engine/device"],
    "engine": ["engine/run"],
    "app/host": [],
    "app/core": ["app/host"],
    "app/ui": ["app/core"],
    "app/cli": ["app/core"],
}
TYPES = "include/dadam/types.h"
DOOR = "include/dadam/engine.h"
DOOR_USERS = re.compile(
    r"engine/engine(_[a-z]+)?\.[ch]|app/core/dadam-(engine(-details|-file|-load|-model|-room|-worker)?|session(-count|-prompt)?|device|error)(-private)?\.[ch]|app/(cli|host)/[^/]+\.[ch]")
SEARCH = ("", "include", "engine", "app", "app/host", "app/core", "app/ui", "app/cli", "shaders")
TOOLKIT = re.compile(r"(gtk|gdk|gsk|adwaita|gtksourceview)[/.]")
GLIB = re.compile(r"(glib|gio|gobject|gmodule|libsoup|json-glib|sqlite3|md4c|libsecret|gcrypt|pango|cairo)[/.\-]")

GLIB_FOLDERS = ("app/", "tests/app/", "tests/hub/", "tests/archive/")

# Calls that the engine leaves to base/alloc.c, and calls it never makes.
MEMORY = "malloc calloc realloc free strdup strndup posix_memalign aligned_alloc memalign asprintf vasprintf getline"
NEVER = "printf vprintf puts putchar putchar_unlocked perror psignal exit _exit _Exit quick_exit abort getenv " \
        "secure_getenv setenv putenv system"

complaints = []


def complain(path, line, what):
    complaints.append(f"{path}:{line}: {what}")


def skip(why):
    print(why)
    sys.exit(77)


def files(*suffixes, under=("",)):
    """Paths relative to the tree, build folders left out."""
    for start in under:
        for folder, names, leaves in os.walk(TREE / start):
            names[:] = sorted(n for n in names if n not in (".git", "build", "__pycache__", "subprojects")
                              and not (Path(folder) / n / "meson-info").exists())
            for leaf in sorted(set(leaves) - {".git"}): # a work tree's is a file
                path = (Path(folder) / leaf).relative_to(TREE)
                if (not suffixes or path.suffix in suffixes) and (TREE / path).is_file():
                    yield path


def read(path):
    return (TREE / path).read_text(encoding="utf-8", errors="replace")


def is_script(path):
    with open(TREE / path, "rb") as file:
        return file.read(2) == b"#!"


def code_of(text):
    """C without its comments and strings, lines kept."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(\\.|[^"\\\n])*"|\'(\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def room_of(path):
    path = str(path)
    if path.startswith("engine/") and path.count("/") == 1:
        return "engine"
    return next((room for room in ROOMS if room != "engine" and path.startswith(room + "/")), None)


def closure(room):
    allowed = {room}
    for other in ROOMS[room]:
        allowed |= closure(other)
    return allowed


def target_of(path, name):
    """The file of this tree that `#include "name"` in `path` means, or None."""
    for folder in (str(path.parent),) + SEARCH:
        candidate = os.path.normpath(os.path.join(folder, name))
        if (TREE / candidate).is_file():
            return candidate
    return None


def rule_includes():
    graph = {}
    for path in files(*C_FILES, under=("include", "engine", "app")):
        room = room_of(path)
        graph[str(path)] = []
        for number, line in enumerate(read(path).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            target = target_of(path, match[2])
            if target is None or (match[1] == "<" and not match[2].startswith("dadam/")):
                if TOOLKIT.match(match[2]) and room != "app/ui":
                    complain(path, number, f"only app/ui may include {match[2]}")
                elif GLIB.match(match[2]) and not str(path).startswith("app/"):
                    complain(path, number, f"the engine may not include {match[2]}")
                continue
            graph[str(path)].append((number, target))
            if target == TYPES:
                continue
            if target == DOOR:
                if not DOOR_USERS.fullmatch(str(path)):
                    complain(path, number, f"{DOOR} is not for this file")
            elif room is None:
                complain(path, number, f"a public header may not include {target}")
            elif room_of(target) not in closure(room):
                complain(path, number, f"{room} may not include {target}")
    done = set()

    def walk(path, trail):
        if path in trail:
            complain(path, 1, "an include cycle: " + " -> ".join(trail[trail.index(path):] + [path]))
        elif path not in done:
            for _, target in graph.get(path, []):
                walk(target, trail + [path])
            done.add(path)

    for path in sorted(graph):
        walk(path, [])


def rule_engine():
    memory = MEMORY.split()
    never = NEVER.split()
    call = re.compile(r"(?<![\w.>])(" + "|".join(memory + never) + r")\s*\(")
    for path in files(*C_FILES, under=("engine",)):
        for number, line in enumerate(code_of(read(path)).splitlines(), 1):
            for name in call.findall(line):
                if name in never:
                    complain(path, number, f"the engine does not call {name}")
                elif str(path) != "engine/base/alloc.c":
                    complain(path, number, f"{name} is for engine/base/alloc.c alone; use dd_alloc, dd_free")
            for stream in re.findall(r"\b(?:stdout|stderr|stdin)\b", line):
                complain(path, number, f"the engine does not use {stream}")


# What the first comment of a header says which is the body of other files and not a header of its own.
MADE = re.compile(r"Made by \S+ .*do not edit", re.S)
BODY = re.compile(MADE.pattern + r"|defines\s+(\*\s+)?before|which\s+(\*\s+)?has\s+(\*\s+)?defined", re.S)


# Headers that a build makes and others include, in a form that compiles.
BUILT = {"shader_list.h": "#define VK_SHADER_LIST(X) X (some)\n"}


def rule_headers():
    with tempfile.TemporaryDirectory() as built:
        for name, text in BUILT.items():
            (Path(built) / name).write_text(text, encoding="utf-8")
        compile_headers(built)


def compile_headers(built):
    cc = shutil.which("cc") or shutil.which("gcc") or skip("no C compiler")
    flags = "-std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only".split()
    here = [f"-I{TREE / folder}" for folder in SEARCH if folder] + [f"-I{built}"]
    vulkan = subprocess.run([cc, "-fsyntax-only", "-x", "c", "-"], input="#include <vulkan/vulkan_core.h>\n",
                            capture_output=True, text=True, check=False).returncode == 0
    wants = "gtk4 libadwaita-1 gtksourceview-5 libsoup-3.0 json-glib-1.0 sqlite3 libsecret-1 gio-unix-2.0".split()
    app = subprocess.run(["pkg-config", "--cflags", *wants], capture_output=True, text=True, check=False) \
        if shutil.which("pkg-config") else None
    has_app = app is not None and app.returncode == 0

    def compile_alone(path):
        more = app.stdout.split() if str(path).startswith(GLIB_FOLDERS) else []
        twice = f'#include "{TREE / path}"\n' * 2 + "typedef int not_empty;\n"
        result = subprocess.run([cc, *flags, *here, *more, "-x", "c", "-"], input=twice,
                                capture_output=True, text=True, check=False)
        if result.returncode != 0:
            complain(path, 1, "does not compile alone\n" + result.stderr)

    def proved_by_build(path):
        """The build compiles it alone where the file of the same name includes it before all that declares."""
        source = path.with_suffix(".c")
        names = re.findall(r'^#include [<"](.*)[>"]', read(source), re.M) if (TREE / source).exists() else []
        return [name for name in names if name != "config.h"][:1] == [path.name] and "#pragma once\n" in read(path)

    def is_body(path):
        """Written for one kind of includer, and says so in its first comment."""
        return BODY.search(read(path).split("*/")[0])

    headers = [path for path in files(".h", under=("include", "engine", "app", "tests"))
               if not is_body(path) and not proved_by_build(path) and (vulkan or not path.name.startswith("vk_"))
               and (has_app or not str(path).startswith(GLIB_FOLDERS)) and path.parts[1] != "golden"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        list(workers.map(compile_alone, headers))


# The patterns escape their dots, so that this file does not break its own rule.
HOSTS = re.compile(r"\b(pypi\.org|files\.pythonhosted\.org|(deb|ftp|security|snapshot)(\.\w+)?\.debian\.org|"
                   r"archive\.ubuntu\.com|registry\.npmjs\.org|static\.crates\.io|proxy\.golang\.org)\b")
PLACES = re.compile(r"(?<![\w.])/(work|farm)/[\w.]")
EMOJI = re.compile("(?<=[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2600-\u27bf\U0001f000-\U0001faff])")
INVISIBLE = re.compile("[\u00ad\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]")


def opening(path, lines):
    """SPDX first, and then in the same comment what the file owns."""
    if lines and lines[0].startswith(("#!", "<?xml")):
        lines = lines[1:]
    if not any("SPDX-License-Identifier: GPL-3.0-or-later" in line for line in lines[:1]):
        complain(path, 1, "does not open with the SPDX line")
    elif path.suffix in C_FILES + SHADERS and "*/" in lines[0]:
        complain(path, 1, "does not say what it owns in its first comment")
    elif path.suffix not in (".build", ".options", ".ui", ".xml", ".svg", ".in", ".css"):
        if not any(re.search(r"\w", line) for line in lines[1:3]) or len(lines) < 3 or \
                (path.suffix not in C_FILES + SHADERS and not lines[1].startswith(("#", '"""'))):
            complain(path, 1, "does not say what it owns in its first comment")


def rule_style():
    for path in files():
        data = (TREE / path).read_bytes()
        if b"\0" in data[:65536] or path.suffix in (".gguf", ".png", ".gz", ".bin"):
            continue
        text = data.decode("utf-8", "replace")
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            if HOSTS.search(line):
                complain(path, number, "names the host of a package registry")
            if PLACES.search(line):
                complain(path, number, "names a path of one machine")
        source = path.suffix in TEXT or is_script(path)
        if not source or path.name == "COPYING":
            continue
        for number, line in enumerate(lines, 1):
            if "\t" in line:
                complain(path, number, "has a tab")
            if line != line.rstrip():
                complain(path, number, "has space at its end")
            if INVISIBLE.search(EMOJI.sub("", line)):
                complain(path, number, "has invisible Unicode; write an escape")
        if text and not text.endswith("\n"):
            complain(path, len(lines), "has no newline at its end")
        elif text.endswith("\n\n"):
            complain(path, len(lines), "ends with empty lines")
        if path.suffix in C_FILES + SHADERS + (".py", ".sh", ".build", ".options", ".ui") or is_script(path):
            opening(path, lines)


def rule_format():
    tool = shutil.which("clang-format") or skip("no clang-format")
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.search(r"version (\d+)", version)[1]) < 19:
        skip("clang-format 19 or newer is needed")
    paths = [str(path) for path in files(*C_FILES, under=("include", "engine", "app", "tests"))
             if "golden" not in path.parts and not MADE.search(read(path).split("*/")[0])]
    if not paths:
        return
    result = subprocess.run([tool, "--dry-run", "-Werror", *paths], cwd=TREE, capture_output=True, text=True, check=False)
    first = {}
    for path, line in re.findall(r"^([^:\n]+):(\d+):\d+: error:", result.stderr, re.M):
        first.setdefault(path, line)
    for path, line in first.items():
        complain(path, line, "clang-format would write it otherwise; build-aux/format mends it")


def rule_neon():
    cc = shutil.which("aarch64-linux-gnu-gcc") or skip("no aarch64-linux-gnu-gcc")
    paths = [path for path in files(".c", under=("engine/device/cpu",)) if path.stem.endswith("_neon")]
    if not paths:
        skip("no NEON kernels")
    flags = "-std=c11 -D_GNU_SOURCE -O2 -march=armv8.2-a+dotprod+fp16 -ffp-contract=off -Wall -Wextra -Wno-unused-parameter -Werror".split()
    with tempfile.TemporaryDirectory() as scratch:
        for path in paths:
            result = subprocess.run([cc, *flags, f"-I{TREE}/engine", f"-I{TREE}/include", "-c", str(TREE / path),
                                     "-o", scratch + "/out.o"], capture_output=True, text=True, check=False)
            if result.returncode != 0:
                complain(path, 1, "does not compile for aarch64\n" + result.stderr)


def rule_shell():
    tool = shutil.which("shellcheck") or skip("no shellcheck")
    paths = [str(path) for path in files() if is_script(path) and re.match(r"#!/bin/sh", read(path))]
    result = subprocess.run([tool, "--severity=warning", "--format=gcc", *paths], cwd=TREE, capture_output=True,
                            text=True, check=False)
    complaints.extend(result.stdout.splitlines())


RULES = {name[5:]: rule for name, rule in globals().items() if name.startswith("rule_")}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in RULES:
        sys.exit("usage: lint.py " + "|".join(RULES) + " [TREE]")
    RULES[sys.argv[1]]()
    print("\n".join(complaints[:100]))
    if len(complaints) > 100:
        print(f"and {len(complaints) - 100} more")
    sys.exit(1 if complaints else 0)
