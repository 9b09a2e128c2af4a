#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/golden/models.h: logits of the specimens (model/specimens.c) as
this program computes them, an implementation of its own in doubles, from the
bytes of the GGUF file to the logits, without a line of the engine.  Needs
Python alone and takes ten seconds:

    BUILD/tests/model/write-specimens FOLDER >FOLDER/texts
    python3 models.py FOLDER >models.h

Sources: the GGUF specification; Touvron et al., arXiv 2302.13971 (llama); Su et
al., arXiv 2104.09864 (rotation); Peng et al., arXiv 2309.00071 (YaRN).
"""
import math
import operator
import struct
import sys
from pathlib import Path

ROWS = (0, 40, 65, 66, 71)  # of the text, whose logits are written
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
IQ4 = (-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)


class File:
    """A GGUF file: keys, and tensors as (type, dims, bytes)."""

    def __init__(self, path):
        self.data = path.read_bytes()
        self.at = 0
        magic, version, n_tensors, n_keys = self.take("4sIQQ")
        assert magic == b"GGUF" and version == 3
        self.keys = {}
        for _ in range(n_keys):
            name = self.string()
            self.keys[name] = self.value(self.take("I")[0])
        infos = []
        for _ in range(n_tensors):
            name = self.string()
            dims = self.take(f"{self.take('I')[0]}Q")
            infos.append((name, dims, *self.take("IQ")))
        start = (self.at + 31) // 32 * 32
        self.tensors = {}
        for name, dims, kind, offset in infos:
            self.tensors[name] = (kind, dims, start + offset)

    def take(self, layout):
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def string(self):
        return self.take(f"{self.take('Q')[0]}s")[0].decode()

    def value(self, kind):
        if kind == 8:
            return self.string()
        if kind == 9:
            element, count = self.take("IQ")
            return [self.value(element) for _ in range(count)]
        return self.take(SCALARS[kind])[0]

    def rows(self, name):
        """A tensor as a list of rows of floats; None if it is not there."""
        if name not in self.tensors:
            return None
        kind, dims, offset = self.tensors[name]
        elements, size, decode = DECODERS[kind]
        columns = dims[0]
        n_rows = dims[1] if len(dims) > 1 else 1
        out = []
        for _ in range(n_rows):
            row = []
            for _ in range(columns // elements):
                row.extend(decode(self.data[offset:offset + size]))
                offset += size
            out.append(row)
        return out

    def vector(self, name):
        rows = self.rows(name)
        return rows and rows[0]


def half(b, at):
    return struct.unpack_from("<e", b, at)[0]


def nibbles(b):
    return [x & 15 for x in b] + [x >> 4 for x in b]


def fifth_bits(b):
    bits = int.from_bytes(b, "little")
    return [(bits >> i & 1) << 4 for i in range(32)]


def q4_0(b):
    return [half(b, 0) * (q - 8) for q in nibbles(b[2:])]


def q4_1(b):
    return [half(b, 0) * q + half(b, 2) for q in nibbles(b[4:])]


def q5_0(b):
    return [half(b, 0) * ((q | h) - 16) for q, h in zip(nibbles(b[6:]), fifth_bits(b[2:6]))]


def q5_1(b):
    return [half(b, 0) * (q | h) + half(b, 2) for q, h in zip(nibbles(b[8:]), fifth_bits(b[4:8]))]


def q8_0(b):
    return [half(b, 0) * q for q in struct.unpack_from("32b", b, 2)]


def q2_k(b):
    out = []
    for i in range(256):
        q = b[16 + i // 128 * 32 + i % 32] >> i % 128 // 32 * 2 & 3
        scale = b[i // 16]
        out.append(half(b, 80) * (scale & 15) * q - half(b, 82) * (scale >> 4))
    return out


def q3_k(b):
    out = []
    for i in range(256):
        q = b[32 + i // 128 * 32 + i % 32] >> i % 128 // 32 * 2 & 3
        q -= 0 if b[i % 32] >> i // 32 & 1 else 4
        s = i // 16
        low = b[96 + s % 8] >> s // 8 * 4 & 15
        high = b[104 + s % 4] >> s // 4 * 2 & 3
        out.append(half(b, 108) * ((low | high << 4) - 32) * q)
    return out


def k4_scales(b):
    """Eight pairs of six bits; the last four have their high bits in the first eight bytes."""
    first = [(b[j] & 63, b[j + 4] & 63) for j in range(4)]
    last = [(b[j + 8] & 15 | b[j] >> 6 << 4, b[j + 8] >> 4 | b[j + 4] >> 6 << 4) for j in range(4)]
    return first + last


def q4_k(b):
    pairs = k4_scales(b[4:16])
    out = []
    for i in range(256):
        q = b[16 + i // 64 * 32 + i % 32] >> i % 64 // 32 * 4 & 15
        scale, low = pairs[i // 32]
        out.append(half(b, 0) * scale * q - half(b, 2) * low)
    return out


def q5_k(b):
    pairs = k4_scales(b[4:16])
    out = []
    for i in range(256):
        q = b[48 + i // 64 * 32 + i % 32] >> i % 64 // 32 * 4 & 15
        q |= (b[16 + i % 32] >> i // 32 & 1) << 4
        scale, low = pairs[i // 32]
        out.append(half(b, 0) * scale * q - half(b, 2) * low)
    return out


def q6_k(b):
    scales = struct.unpack_from("16b", b, 192)
    out = []
    for i in range(256):
        part, lane = i % 128 // 32, i % 32
        low = b[i // 128 * 64 + part % 2 * 32 + lane] >> part // 2 * 4 & 15
        high = b[128 + i // 128 * 32 + lane] >> part * 2 & 3
        out.append(half(b, 208) * scales[i // 16] * ((low | high << 4) - 32))
    return out


def iq4_nl(b):
    return [half(b, 0) * IQ4[q] for q in nibbles(b[2:])]


def iq4_xs(b):
    high = struct.unpack_from("<H", b, 2)[0]
    out = []
    for s in range(8):
        scale = (b[4 + s // 2] >> s % 2 * 4 & 15 | (high >> 2 * s & 3) << 4) - 32
        out.extend(half(b, 0) * scale * IQ4[q] for q in nibbles(b[8 + 16 * s:24 + 16 * s]))
    return out


def f32(b):
    return struct.unpack("<f", b)


def bf16(b):
    return struct.unpack("<f", b"\0\0" + b)


# Elements and bytes of a block by type number.
DECODERS = {
    0: (1, 4, f32), 1: (1, 2, lambda b: [half(b, 0)]), 30: (1, 2, bf16),
    2: (32, 18, q4_0), 3: (32, 20, q4_1), 6: (32, 22, q5_0), 7: (32, 24, q5_1), 8: (32, 34, q8_0),
    10: (256, 84, q2_k), 11: (256, 110, q3_k), 12: (256, 144, q4_k), 13: (256, 176, q5_k),
    14: (256, 210, q6_k), 20: (32, 18, iq4_nl), 23: (256, 136, iq4_xs),
}


def norm(x, weight, eps):
    scale = 1 / math.sqrt(sum(map(operator.mul, x, x)) / len(x) + eps)
    return [a * scale * w for a, w in zip(x, weight)]


def times(matrix, x, bias=None):
    y = [sum(map(operator.mul, row, x)) for row in matrix]
    return [a + b for a, b in zip(y, bias)] if bias else y


def add(x, y):
    return list(map(operator.add, x, y))


class Model:
    def __init__(self, file):
        self.file = file
        self.family = file.keys["general.architecture"]
        self.layers = self.key("block_count")
        self.heads = self.key("attention.head_count")
        self.kv_heads = self.key("attention.head_count_kv")
        self.dim = self.key("attention.key_length")
        self.eps = self.key("attention.layer_norm_rms_epsilon")
        self.window = self.key("attention.sliding_window", 0)
        self.rope_dims = self.key("rope.dimension_count", self.dim)
        self.frequencies, self.magnitude = self.rotation()
        names = ("attn_norm.weight", "attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_output.bias",
                 "ffn_norm.weight", "ffn_down.bias")
        matrices = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
        self.blocks = []
        for i in range(self.layers):
            block = {name: file.vector(f"blk.{i}.{name}") for name in names}
            block |= {name: file.rows(f"blk.{i}.{name}.weight") for name in matrices}
            block["keys"], block["values"] = [], []
            self.blocks.append(block)
        self.embedding = file.rows("token_embd.weight")
        self.output = file.rows("output.weight") or self.embedding
        self.output_norm = file.vector("output_norm.weight")

    def key(self, name, default=None):
        return self.file.keys.get(f"{self.family}.{name}", default)

    def rotation(self):
        d, base = self.rope_dims, self.key("rope.freq_base")
        kind, factor = self.key("rope.scaling.type"), self.key("rope.scaling.factor", 1)
        divisors = self.file.vector("rope_freqs.weight") or [1] * (d // 2)
        plain = [base ** (-2 * i / d) / divisors[i] for i in range(d // 2)]
        if kind != "yarn":
            return [f / factor for f in plain], 1
        original = self.key("rope.scaling.original_context_length")

        def pair(turns):
            return d * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))

        low, high = max(math.floor(pair(32)), 0), min(math.ceil(pair(1)), d - 1)
        slow = [min(max((i - low) / max(high - low, 0.001), 0), 1) for i in range(d // 2)]
        return ([f * (1 - s) + f / factor * s for f, s in zip(plain, slow)], 1 + 0.1 * math.log(factor))

    def rotate(self, x, position):
        x = list(x)
        half_dims = self.rope_dims // 2
        for start in range(0, len(x), self.dim):
            for i, frequency in enumerate(self.frequencies):
                # The llama family turns neighbours, qwen2 an element and the one half a head away.
                a, b = (2 * i, 2 * i + 1) if self.family == "llama" else (i, i + half_dims)
                turned = complex(x[start + a], x[start + b]) * complex(
                    math.cos(position * frequency), math.sin(position * frequency)) * self.magnitude
                x[start + a], x[start + b] = turned.real, turned.imag
        return x

    def attend(self, block, q, position):
        first = max(0, position - self.window + 1) if self.window else 0
        out = []
        for head in range(self.heads):
            at = head // (self.heads // self.kv_heads) * self.dim
            query = q[head * self.dim:(head + 1) * self.dim]
            scores = [sum(map(operator.mul, query, k[at:at + self.dim])) / math.sqrt(self.dim)
                      for k in block["keys"][first:]]
            weights = [math.exp(s - max(scores)) for s in scores]
            total = sum(weights)
            columns = zip(*(v[at:at + self.dim] for v in block["values"][first:]))
            out.extend(sum(map(operator.mul, weights, column)) / total for column in columns)
        return out

    def step(self, token, position):
        """The logits after one more token."""
        x = self.embedding[token]
        for block in self.blocks:
            n = norm(x, block["attn_norm.weight"], self.eps)
            q = self.rotate(times(block["attn_q"], n, block["attn_q.bias"]), position)
            block["keys"].append(self.rotate(times(block["attn_k"], n, block["attn_k.bias"]), position))
            block["values"].append(times(block["attn_v"], n, block["attn_v.bias"]))
            x = add(x, times(block["attn_output"], self.attend(block, q, position),
                             block["attn_output.bias"]))
            n = norm(x, block["ffn_norm.weight"], self.eps)
            gate, up = times(block["ffn_gate"], n), times(block["ffn_up"], n)
            hidden = [g / (1 + math.exp(-g)) * u for g, u in zip(gate, up)]
            x = add(x, times(block["ffn_down"], hidden, block["ffn_down.bias"]))
        return times(self.output, norm(x, self.output_norm, self.eps)) if position in ROWS else None


def main(folder):
    print("/* SPDX-License-Identifier: GPL-3.0-or-later\n *\n"
          " * Made by models.py: logits of the specimens after the tokens at golden_rows,\n"
          " * as the bits of floats.\n */")
    print("#pragma once\n\n#include <stdint.h>\n")
    print(f"static const int golden_rows[{len(ROWS)}] = {{ {', '.join(map(str, ROWS))} }};\n")
    texts = [line.split() for line in (folder / "texts").read_text().splitlines()]
    print(f"static const uint32_t golden_logits[{len(texts)}][{len(ROWS)}][96] = {{")
    for name, *tokens in texts:
        model = Model(File(folder / f"{name}.gguf"))
        print(f"  { '{' } /* {name} */")
        for position, token in enumerate(tokens):
            logits = model.step(int(token), position)
            if logits is None:
                continue
            words = [f"0x{struct.unpack('<I', struct.pack('<f', z))[0]:08x}," for z in logits]
            print("    {")
            for i in range(0, len(words), 8):
                print("      " + " ".join(words[i:i + 8]))
            print("    },")
        print("  },")
    print("};")


main(Path(sys.argv[1]))
