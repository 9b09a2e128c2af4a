#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# spirv.py GLSLANG SHADER OUT.c SYMBOL [-DNAME=VALUE…]: compiles one variant of a shader and writes its SPIR-V as a
# C array `dd_spirv_SYMBOL` and its size in bytes. meson calls it.
import os
import subprocess
import sys
import tempfile
from array import array

glslang, shader, out, symbol, *defines = sys.argv[1:]
folder = os.path.dirname(os.path.abspath(shader))
with tempfile.TemporaryDirectory() as scratch:
    spirv = os.path.join(scratch, "out.spv")
    result = subprocess.run([glslang, "--quiet", "-V", "--target-env", "vulkan1.3", f"-I{folder}", *defines, "-o", spirv, shader],
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{shader} {' '.join(defines)}:\n{result.stdout}{result.stderr}")
    words = array("I")
    with open(spirv, "rb") as file:
        words.frombytes(file.read())
if sys.byteorder == "big":
    words.byteswap()
rows = [", ".join(f"0x{word:x}" for word in words[i:i + 12]) for i in range(0, len(words), 12)]
body = ",\n  ".join(rows)
with open(out, "w", encoding="ascii") as file:
    file.write(f"/* Made by build-aux/spirv.py from {os.path.basename(shader)}; do not edit. */\n#include <stdint.h>\n\n"
               f"extern const uint32_t dd_spirv_{symbol}[];\nextern const uint32_t dd_spirv_{symbol}_bytes;\n"
               f"const uint32_t dd_spirv_{symbol}[] = {{\n  {body}\n}};\n"
               f"const uint32_t dd_spirv_{symbol}_bytes = {4 * len(words)};\n")
