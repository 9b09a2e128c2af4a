#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# broken.py: lint.py must fail where a rule is broken. Each case is a small tree with one fault in it, and the same
# tree without the fault must pass.
import subprocess
import sys
import tempfile
from pathlib import Path

LINT = Path(__file__).with_name("lint.py")
HEAD = "/* SPDX-License-Identifier: GPL-3.0-or-later\n *\n * What it owns. */\n"
SOUND = {
    "include/dadam/types.h": HEAD + "#pragma once\n#include <stdbool.h>\n",
    "include/dadam/engine.h": HEAD + '#pragma once\n#include "dadam/types.h"\n',
    "engine/base/error.h": HEAD + '#pragma once\n#include "dadam/types.h"\n',
    "engine/plan/plan.h": HEAD + '#pragma once\n#include "base/error.h"\n',
    "engine/model/model.h": HEAD + '#pragma once\n#include "plan/plan.h"\n',
    "engine/device/device.h": HEAD + '#pragma once\n#include "plan/plan.h"\n',
    "engine/base/alloc.c": HEAD + "#include <stdlib.h>\n\nvoid\ndd_free (void *memory)\n{\n  free (memory);\n}\n",
    "engine/engine.c": HEAD + '#include "dadam/engine.h"\n#include "model/model.h"\n',
    "app/core/dadam-engine.c": HEAD + '#include "dadam/engine.h"\n',
    "app/core/dadam-store.h": HEAD + "#pragma once\n",
    "app/ui/dadam-window.h": HEAD + '#pragma once\n#include "dadam-store.h"\n',
    "app/cli/main.c": HEAD + '#include "dadam-store.h"\n',
    "engine/device/cpu/dots_neon.c": HEAD + "#include <arm_neon.h>\n",
    "tool": "#!/bin/sh\n# SPDX-License-Identifier: GPL-3.0-or-later\n# tool: does nothing.\necho\n",
    ".clang-format": (LINT.parents[2] / ".clang-format").read_text(),
}
CASES = [
    ("includes", "engine/base/error.h", '#include "plan/plan.h"\n', "may not include"),
    ("includes", "engine/model/model.h", '#include "device/device.h"\n', "may not include"),
    ("includes", "engine/device/device.h", '#include "model/model.h"\n', "may not include"),
    ("includes", "engine/model/model.h", '#include "dadam/engine.h"\n', "is not for this file"),
    ("includes", "app/core/dadam-store.h", '#include "dadam/engine.h"\n', "is not for this file"),
    ("includes", "app/ui/dadam-window.h", '#include "dadam/engine.h"\n', "is not for this file"),
    ("includes", "app/core/dadam-store.h", "#include <gtk/gtk.h>\n", "only app/ui"),
    ("includes", "app/cli/main.c", '#include "dadam-window.h"\n', "may not include"),
    ("includes", "app/core/dadam-store.h", '#include "dadam-window.h"\n', "may not include"),
    ("includes", "app/core/dadam-store.h", '#include "plan/plan.h"\n', "may not include"),
    ("includes", "engine/plan/plan.h", "#include <glib.h>\n", "may not include"),
    ("includes", "include/dadam/types.h", '#include "dadam/engine.h"\n', "cycle"),
    ("engine", "engine/engine.c", 'void f (void) { printf ("x"); }\n', "does not call printf"),
    ("engine", "engine/engine.c", "void f (void *x) { free (x); }\n", "alone"),
    ("engine", "engine/engine.c", 'void f (void) { fprintf (stderr, "x"); }\n', "stderr"),
    ("engine", "engine/engine.c", "void f (void) { abort (); }\n", "does not call abort"),
    ("engine", "engine/base/alloc.c", 'char *g (void) { return getenv ("A"); }\n', "does not call getenv"),
    ("headers", "engine/plan/plan.h", "size_t dd_no_stddef;\n", "does not compile alone"),
    ("style", "engine/engine.c", "\tint tab;\n", "tab"),
    ("style", "engine/engine.c", "int space; \n", "space at its end"),
    ("style", "engine/engine.c", "int last;", "no newline"),
    ("style", "engine/engine.c", "/* \u200b */\n", "invisible"),
    ("style", "tool", "# /wo" + "rk/main\n", "path of one machine"),
    ("style", "tool", "# http://de" + "b.debian.org/\n", "registry"),
    ("style", "tool", None, "SPDX"),
    ("style", "engine/engine.c", None, "SPDX"),
    ("format", "engine/engine.c", "int f(void){return 1;}\n", "clang-format"),
    ("neon", "engine/device/cpu/dots_neon.c", "int32x4_t f (void) { return 1.5; }\n", "aarch64"),
    ("shell", "tool", "cd $1 && rm -rf $UNSET/*\nread x\n", "warning"),
]
wrong = 0


def lint(rule, tree):
    result = subprocess.run([sys.executable, LINT, rule, tree], capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


def build(folder, change=None, text=""):
    for name, content in SOUND.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == change:
            content = content + text if text is not None else content.replace("SPDX", "XDPS")
        path.write_text(content, encoding="utf-8")


for rule in sorted({case[0] for case in CASES}):
    with tempfile.TemporaryDirectory() as tree:
        build(tree)
        status, output = lint(rule, tree)
        if status not in (0, 77):
            wrong += 1
            print(f"{rule}: fails on a sound tree:\n{output}")
for rule, name, text, words in CASES:
    with tempfile.TemporaryDirectory() as tree:
        build(tree, name, text)
        status, output = lint(rule, tree)
        if status != 77 and (status != 1 or words not in output):
            wrong += 1
            print(f"{rule}: does not see {text!r} in {name} ({status}):\n{output}")
sys.exit(wrong > 0)
