#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/golden/quant.h: what the `gguf` Python package makes of random
blocks and of random floats, as one hash per type, and one block of each type in
full.  Needs: pip install gguf numpy.  Run it from this folder's parent:

    python3 golden/quant.py > golden/quant.h

The generator (splitmix64) and the hash (FNV-1a of 32-bit words or bytes) are
written again in unit/test-quant.c.
"""
import importlib.metadata

import gguf
import numpy as np

MASK = (1 << 64) - 1
Q = gguf.GGMLQuantizationType

# Offsets of the 16-bit floats of a block, as in engine/quant/blocks.h.
HALVES = {
    Q.F32: [], Q.F16: [0], Q.BF16: [],
    Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0], Q.Q5_1: [0, 2], Q.Q8_0: [0],
    Q.Q2_K: [80, 82], Q.Q3_K: [108], Q.Q4_K: [0, 2], Q.Q5_K: [0, 2], Q.Q6_K: [208],
    Q.IQ4_NL: [0], Q.IQ4_XS: [0],
}
ROUNDED = [Q.F16, Q.BF16, Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0]
BLOCKS = 1024


def random_words(seed, count):
    state = seed
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def fnv(values, prime=0x100000001B3):
    state = 0xCBF29CE484222325
    for v in values:
        state = ((state ^ int(v)) * prime) & MASK
    return state


def random_blocks(qtype, n_blocks):
    """Random bytes; scales that would be infinite or NaN become subnormal, and
    every fourth block gets subnormal scales."""
    _, size = gguf.GGML_QUANT_SIZES[qtype]
    data = bytearray(w & 255 for w in random_words(int(qtype), n_blocks * size))
    for block in range(n_blocks):
        for offset in HALVES[qtype]:
            high = block * size + offset + 1
            if data[high] & 0x7C == 0x7C or block % 4 == 3:
                data[high] &= 0x83
    if qtype in (Q.F32, Q.BF16):  # no infinities or NaN here either
        for high in range(size - 1, len(data), size):
            if data[high] & 0x7F == 0x7F:
                data[high] &= 0xBF
    return np.frombuffer(bytes(data), dtype=np.uint8)


def random_floats(seed, n_blocks, block):
    """24-bit fractions times a power of two per block, 2^-14 to 2^9; every
    eleventh block is zero, every thirteenth one value."""
    words = list(random_words(seed, n_blocks * block))
    out = np.zeros((n_blocks, block), dtype=np.float32)
    for i in range(n_blocks):
        for j in range(block):
            word = words[i * block + (0 if i % 13 == 12 else j)]
            value = ((word >> 40) - (1 << 23)) / (1 << 23)
            out[i, j] = 0 if i % 11 == 10 else value * 2.0 ** (i % 24 - 14)
    return out


def main():
    print("/* SPDX-License-Identifier: GPL-3.0-or-later")
    print(" *")
    print(" * Made by golden/quant.py with gguf %s: do not edit." % importlib.metadata.version("gguf"))
    print(" */")
    print("#define GOLDEN_BLOCKS %d" % BLOCKS)
    print()
    print("/* Hashes of the bits of the values of random blocks. */")
    print("static const struct { uint32_t type; uint64_t hash; } golden_values[] = {")
    for qtype in HALVES:
        values = gguf.dequantize(random_blocks(qtype, BLOCKS), qtype)
        print("  { %d, 0x%016xu }, /* %s */" % (qtype, fnv(values.view(np.uint32)), qtype.name))
    print("};")
    print()
    print("/* Hashes of the bytes of quantised random floats. */")
    print("static const struct { uint32_t type; uint64_t hash; } golden_blocks[] = {")
    for qtype in ROUNDED:
        floats = random_floats(1000 + int(qtype), BLOCKS, 32)
        data = gguf.quantize(floats, qtype).view(np.uint8).ravel()
        print("  { %d, 0x%016xu }, /* %s */" % (qtype, fnv(data), qtype.name))
    print("};")
    print()
    print("/* The first 32 values of the first random block of every block type, as bits. */")
    print("static const struct { uint32_t type; uint32_t bits[32]; } golden_first[] = {")
    for qtype in HALVES:
        if gguf.GGML_QUANT_SIZES[qtype][0] == 1:
            continue
        bits = gguf.dequantize(random_blocks(qtype, 1), qtype).view(np.uint32)[:32]
        print("  { %d, { /* %s */" % (qtype, qtype.name))
        for row in range(0, 32, 8):
            print("      " + " ".join("0x%08x," % b for b in bits[row:row + 8]))
        print("  } },")
    print("};")


main()
