#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares our tokenizers with the ones that models were made with, id by id, on
more than 100,000 texts.

    compare_tokenizers.py ENCODE_LINES FILE.gguf sentencepiece TOKENIZER.model
    compare_tokenizers.py ENCODE_LINES FILE.gguf sentencepiece-from-gguf
    compare_tokenizers.py ENCODE_LINES FILE.gguf smollm|gpt-2|llama-bpe|qwen2

ENCODE_LINES is tests/unit/encode-lines, built.  With the first form the judge is
the SentencePiece model; with the second the same is built from the file's pieces
and scores; with the third `tokenizers` with the file's tokens and merges and the
expression of that name.  Needs: pip install gguf sentencepiece tokenizers.
"""
import random
import struct
import subprocess
import sys
import unicodedata

import gguf

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"{1,3}", "")

KOREAN = ("다담은 차를 마시며 나누는 이야기입니다. 한국어 언어 모델을 내 컴퓨터에서 바로 돌려 보세요! 값이 얼마예요? 왜 안 되죠… "
          "“괜찮아요,” 하고 그가 말했다. 뷁 쀍 꿹 닭 값 앉다 읽고 없다 ㅋㅋㅋ ㅠㅠ ㄱㄴㄷ 1988년 5월 17일 3,141원 ").split(" ")
ENGLISH = ("The quick brown fox doesn't jump; it's over the LAZY dog's back -- we'll see, I'd say you've won. "
           "def main(argv): return 0x1F + 3.14e-10 # comment\tTab").split(" ")
HANJA = "大韓民國 茶談 對話 漢字混用文 日本語 カタカナ ひらがな 简体中文 繁體中文".split(" ")
OTHER = "Ünïcödé naïve Ελληνικά русский עברית العربية हिन्दी ไทย ქართული አማርኛ 𝔘𝔫𝔦 ① ½ Ⅷ ٣ ५ ﬁ ſ 'ſ 'S 'LL 'rE İ ß".split(" ")
EMOJI = ["😀", "👩‍👩‍👧‍👦", "🇰🇷", "🏳️‍🌈", "👍🏽", "❤️", "☕", "🫖", "1️⃣", "\u200d", "\ufe0f"]
BLANKS = [" ", "  ", "   ", "    ", " " * 17, "\n", "\n\n", "\r\n", "\t", "\t\t ", " \n ", "\u3000", "\xa0", "\u2003 ",
          "\u2028", "\x0b", "\x85", "\u200b", "\ufeff", "▁", "▁▁"]
MARKUP = ["<s>", "</s>", "<unk>", "<0x0A>", "<0xEA>", "[INST]", "[/INST]", "<<SYS>>", "### Response:", "<|im_start|>",
          "<|im_end|>", "<|endoftext|>", "'", "''", "'s", "...", "!!!", "--", "http://a.b/c?d=e&f", "_", "\\", "{", "}"]


def random_text(rng):
    """Any characters but surrogates, denser where text usually is."""
    blocks = [(0x20, 0x7F), (0xA0, 0x250), (0x300, 0x600), (0x1100, 0x1200), (0x3000, 0x3400), (0x4E00, 0xA000),
              (0xAC00, 0xD7A4), (0x1F300, 0x1FB00), (0x1, 0xD800), (0xE000, 0x110000)]
    out = []
    for _ in range(rng.randint(1, 24)):
        low, high = rng.choice(blocks)
        out.append(chr(rng.randrange(low, high)))
    return "".join(out)


def mixed_text(rng):
    pools = [KOREAN, ENGLISH, HANJA, OTHER, EMOJI, BLANKS, MARKUP, [" "], [" "]]
    return "".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(1, 14)))


def texts():
    rng = random.Random(20261123)
    syllables = [chr(c) for c in range(0xAC00, 0xD7A4)]
    yield from syllables
    yield from (unicodedata.normalize("NFD", s) for s in syllables)
    yield from (chr(c) for c in [*range(0x1100, 0x1200), *range(0x3130, 0x3190), *range(0xA960, 0xA980), *range(0xD7B0, 0xD800)])
    yield from (chr(c) for c in range(1, 0x3000))
    yield from ("한자 " + chr(c) for c in range(0x4E00, 0xA000, 3))
    yield from ("a" * n + " " * n for n in range(60))
    for _ in range(6000):
        yield " ".join(rng.choice(KOREAN + ENGLISH + HANJA) for _ in range(rng.randint(3, 40)))
        yield unicodedata.normalize("NFD", " ".join(rng.choice(KOREAN) for _ in range(rng.randint(1, 8))))
        yield "".join(rng.choice(syllables) for _ in range(rng.randint(1, 40)))
    for _ in range(30000):
        yield mixed_text(rng)
    for _ in range(20000):
        yield random_text(rng)


def field(reader, name):
    return reader.fields[name].contents() if name in reader.fields else None


def sentencepiece_judge(path):
    import sentencepiece
    model = sentencepiece.SentencePieceProcessor(model_file=path)
    return model.encode


def sentencepiece_from_gguf(reader):
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2 as pb
    proto = pb.ModelProto()
    proto.trainer_spec.model_type = 2
    proto.trainer_spec.byte_fallback = True
    proto.normalizer_spec.name = "identity"
    proto.normalizer_spec.remove_extra_whitespaces = False
    proto.normalizer_spec.add_dummy_prefix = True
    proto.normalizer_spec.escape_whitespaces = True
    for text, score, kind in zip(field(reader, "tokenizer.ggml.tokens"), field(reader, "tokenizer.ggml.scores"),
                                 field(reader, "tokenizer.ggml.token_type")):
        piece = proto.pieces.add()
        piece.piece, piece.score, piece.type = text, score, kind
    model = sentencepiece.SentencePieceProcessor(model_proto=proto.SerializeToString())
    return model.encode


def bpe_judge(reader, name):
    import tokenizers
    from tokenizers import Regex, pre_tokenizers as pre
    tokens = field(reader, "tokenizer.ggml.tokens")
    vocab = {token: i for i, token in enumerate(tokens)}
    merges = [tuple(m.split(" ", 1)) for m in field(reader, "tokenizer.ggml.merges")]
    model = tokenizers.models.BPE(vocab=vocab, merges=merges, ignore_merges=name == "llama-bpe")
    judge = tokenizers.Tokenizer(model)
    bare = pre.ByteLevel(add_prefix_space=False, use_regex=False)
    judge.pre_tokenizer = {
        "gpt-2": pre.ByteLevel(add_prefix_space=False, use_regex=True),
        "smollm": pre.Sequence([pre.Digits(individual_digits=True),
                                pre.ByteLevel(add_prefix_space=False, use_regex=True)]),
        "llama-bpe": pre.Sequence([pre.Split(Regex(LLAMA3), "isolated"), bare]),
        "qwen2": pre.Sequence([pre.Split(Regex(QWEN2), "isolated"), bare]),
    }[name]
    return lambda text: judge.encode(text, add_special_tokens=False).ids


def ours(program, path, all_texts):
    request = b"".join(struct.pack("<I", len(t)) + t for t in (text.encode() for text in all_texts))
    reply = subprocess.run([program, path], input=request, stdout=subprocess.PIPE, check=True).stdout
    at = 0
    for _ in all_texts:
        count, = struct.unpack_from("<I", reply, at)
        yield list(struct.unpack_from("<%di" % count, reply, at + 4))
        at += 4 + 4 * count


def main():
    program, path, kind = sys.argv[1:4]
    reader = gguf.GGUFReader(path)
    if kind == "sentencepiece":
        judge = sentencepiece_judge(sys.argv[4])
    elif kind == "sentencepiece-from-gguf":
        judge = sentencepiece_from_gguf(reader)
    else:
        judge = bpe_judge(reader, kind)
    all_texts = list(texts())
    wrong = tokens = 0
    for text, got in zip(all_texts, ours(program, path, all_texts)):
        expected = judge(text)
        tokens += len(expected)
        if got != expected:
            wrong += 1
            if wrong <= 10:
                print("%r\n  expected %s\n  got      %s" % (text, expected, got))
    print("%s: %d texts, %d tokens, %d texts differ" % (kind, len(all_texts), tokens, wrong))
    sys.exit(wrong > 0)


main()
