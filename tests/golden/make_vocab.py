#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""make_vocab.py tokenizer.model OUT.gguf: a GGUF with nothing but the vocabulary
of a SentencePiece model, as llama.cpp's converter writes it.  Needs: pip install
gguf sentencepiece.  A model for it is in the package mistral-common
(data/tokenizer.model.v1 is Mistral 7B v0.1's)."""
import sys

import gguf
import sentencepiece


def kind(model, i):
    if model.is_unknown(i):
        return 2
    if model.is_control(i):
        return 3
    if model.is_unused(i):
        return 5
    return 6 if model.is_byte(i) else 1


def main():
    model = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1])
    ids = range(model.vocab_size())
    out = gguf.GGUFWriter(sys.argv[2], "llama")
    out.add_tokenizer_model("llama")
    out.add_token_list([model.id_to_piece(i).encode() for i in ids])
    out.add_token_scores([model.get_score(i) for i in ids])
    out.add_token_types([kind(model, i) for i in ids])
    out.add_bos_token_id(model.bos_id())
    out.add_eos_token_id(model.eos_id())
    out.add_unk_token_id(model.unk_id())
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.close()


main()
