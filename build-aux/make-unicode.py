#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes engine/text/unicode_table.h: which characters are \\p{L}, \\p{N} and \\s
in the expressions that split text for byte-level BPE.

Unicode 16.0.0: what the `tokenizers` package (0.23) has, found by asking it for
every character.  Needs Python 3.14 or `pip install unicodedata2==16.0.0`:

    python3 build-aux/make-unicode.py > engine/text/unicode_table.h
"""
try:
    import unicodedata2 as unicodedata
except ImportError:
    import unicodedata

VERSION = "16.0.0"
# The property White_Space; the module does not tell it.
SPACES = {*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
          0x2028, 0x2029, 0x202F, 0x205F, 0x3000}


def kind(character):
    if character in SPACES:
        return 3
    return {"L": 1, "N": 2}.get(unicodedata.category(chr(character))[0], 0)


def main():
    assert unicodedata.unidata_version == VERSION, unicodedata.unidata_version
    starts = []
    last = None
    for character in range(0x110000):
        now = kind(character)
        if now != last:
            starts.append(character << 2 | now)
        last = now
    print("/* SPDX-License-Identifier: GPL-3.0-or-later")
    print(" *")
    print(" * Made by build-aux/make-unicode.py from Unicode %s: do not edit." % VERSION)
    print(" * Where a class begins: the first character << 2 | dd_class.")
    print(" */")
    print("static const uint32_t class_starts[%d] = {" % len(starts))
    for i in range(0, len(starts), 9):
        print("  " + " ".join("0x%06x," % s for s in starts[i:i + 9]))
    print("};")


main()
