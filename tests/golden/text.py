#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/golden/text.h: a small SentencePiece vocabulary and a small
byte-level BPE vocabulary, trained here, and what the `sentencepiece` and
`tokenizers` packages make of some texts with them.  Needs: pip install
sentencepiece tokenizers.

    python3 golden/text.py > golden/text.h
"""
import importlib.metadata
import io
import random
import unicodedata

import sentencepiece
import tokenizers
from tokenizers import Regex, pre_tokenizers as pre

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
CORPUS = [
    "다담은 차를 마시며 나누는 이야기입니다.", "안녕하세요, 무엇을 도와 드릴까요?", "한국어 언어 모델을 내 컴퓨터에서 돌려 보세요.",
    "차를 마시는 이야기와 나누는 이야기는 다릅니다.", "안녕, 다담! 이야기를 들려 주세요.", "오늘 날씨가 어때요? 비가 옵니다.",
    "The quick brown fox jumps over the lazy dog.", "hello world, hello there", "It's what they'd say; we'll see 1234 things.",
    "[INST] hello [/INST]", "### instruction: hello\n\n### Response: ", "Below is an instruction that describes a task.",
    "<<SYS>>\nBe kind.\n<</SYS>>\n\n", "for i in range (10):\n    print (i)", "大韓民國 茶談", "    four   spaces  ",
]
TEXTS = [
    "", " ", "  ", "   a", "a ", "hello", " hello world", "hello  world   ", "안녕하세요", "안녕 하세요, 다담!", "이야기입니다. 뷁쀍",
    unicodedata.normalize("NFD", "이야기 값"), "ㄱㄴㄷ ㅋㅋㅋ ㅠㅠ", "大韓民國 漢字", "👩‍👩‍👧‍👦 🇰🇷 ☕", "it's IT'S we'Ll 'ſ 'S", "1234567 12 ٣٤ ⅷ½", "a1b22c333",
    "\n", "\n\n", " \n ", "\t\ttab", "line\r\nline\n\n  next", "x \n\n y", "!!! ... --", "#!/bin/sh\n\n", "\u3000wide\u3000space\xa0nbsp",
    "\u2028\x85\x0b", "<s></s><unk>", "<0x0A>", "[CTRL]hello[CTRL]", "a<|user|>b <|user|>", "▁under▁score▁▁", "naïve Ünïcödé ﬁ", "\u200b\ufeff\ufffd",
    "\U0010ffff\U000e0041", "[INST] hello [/INST]", "### instruction: hello\n\n### Response: ", "aaaaaaaaaaaaaaaaaaaaaaaaa", "thethethethethe",
    "The quick brown fox jumps over the lazy dog. 차를 마시며!", "    print (i)", "don't  'tis", " 're", "''s", "\x01\x7f\x00end",
]


def c_string(data):
    """Bytes as a C string; octal escapes, which end by themselves."""
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in (34, 92, 63) else "\\%03o" % b for b in data) + '"'


def train_spm():
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 4), model_writer=out, model_type="bpe", vocab_size=560, byte_fallback=True,
        character_coverage=0.98, normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=True,
        split_digits=True, allow_whitespace_only_pieces=True, control_symbols=["[CTRL]"], unk_id=0, bos_id=1, eos_id=2,
        pad_id=-1, num_threads=1, minloglevel=2)
    return sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())


def spm_kind(model, i):
    if model.is_unknown(i):
        return 2
    if model.is_control(i):
        return 3
    return 6 if model.is_byte(i) else 1


def train_bpe():
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = pre.ByteLevel(add_prefix_space=False, use_regex=True)
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=480, min_frequency=1, show_progress=False,
                                             initial_alphabet=pre.ByteLevel.alphabet())
    model.train_from_iterator(CORPUS, trainer)
    import json
    saved = json.loads(model.to_str())["model"]
    tokens = sorted(saved["vocab"], key=saved["vocab"].get)
    return tokens, [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in saved["merges"]]


def bpe(tokens, merges, name):
    judge = tokenizers.Tokenizer(tokenizers.models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges,
                                                       ignore_merges=name == "llama-bpe"))
    bare = pre.ByteLevel(add_prefix_space=False, use_regex=False)
    words = pre.ByteLevel(add_prefix_space=False, use_regex=True)
    judge.pre_tokenizer = {
        "gpt-2": words,
        "smollm": pre.Sequence([pre.Digits(individual_digits=True), words]),
        "llama-bpe": pre.Sequence([pre.Split(Regex(LLAMA3), "isolated"), bare]),
        "qwen2": pre.Sequence([pre.Split(Regex(LLAMA3.replace("{1,3}", "")), "isolated"), bare]),
    }[name]
    return lambda text: judge.encode(text, add_special_tokens=False).ids


def print_cases(name, judge, texts):
    print("static const golden_case %s[] = {" % name)
    for text in texts:
        ids = judge(text)
        data = text.encode()
        print("  { %s, %d, %d,\n    (const int32_t[]) { %s } }," % (c_string(data), len(data), len(ids),
                                                            ", ".join(map(str, ids or [0]))))
    print("};\n")


def main():
    rng = random.Random(5)
    pools = "".join(CORPUS) + " \n" * 20 + "뷁꿹漢①é'\t1"
    texts = TEXTS + ["".join(rng.choice(pools) for _ in range(rng.randint(2, 40))) for _ in range(24)]
    spm = train_spm()
    tokens, merges = train_bpe()
    print("/* SPDX-License-Identifier: GPL-3.0-or-later")
    print(" *")
    print(" * Made by golden/text.py with sentencepiece %s and tokenizers %s: do not edit."
          % tuple(importlib.metadata.version(p) for p in ("sentencepiece", "tokenizers")))
    print(" */")
    print("#include <stddef.h>\n#include <stdint.h>\n")
    print("typedef struct golden_case {\n  const char *text;\n  size_t length, count;\n  const int32_t *ids;\n} golden_case;\n")
    print("static const struct { const char *text; float score; int32_t kind; } golden_spm[] = {")
    for i in range(spm.vocab_size()):
        print("  { %s, %g, %d }," % (c_string(spm.id_to_piece(i).encode()), spm.get_score(i), spm_kind(spm, i)))
    print("};\n\nstatic const char *const golden_bpe[] = {")
    for token in tokens:
        print("  %s," % c_string(token.encode()))
    print("};\n\nstatic const char *const golden_merges[] = {")
    for left, right in merges:
        print("  %s," % c_string((left + " " + right).encode()))
    print("};\n")
    print("#ifdef GOLDEN_CASES")
    print_cases("golden_spm_cases", spm.encode, texts)
    for name in ("gpt-2", "smollm", "llama-bpe", "qwen2"):
        print_cases("golden_%s_cases" % name.replace("-", "_"), bpe(tokens, merges, name), texts)
    print("#endif")


main()
