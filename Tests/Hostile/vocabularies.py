"""Attacks on the vocabularies of other makers (SentencePiece, tiktoken, tekken), and by texts on good tokenizers."""

import base64
import struct

from inputs import MEGABYTE, ROOT, SIZE, Attack, compact, memory_attack, writes, writes_with_model
from tokenizers import CIRCULAR_MAP, LONG_MAP

FILE = ("tokenize", "@", "--file", "@/text.txt", "--summary")
SHORT = ("tokenize", "@", "--text", "abc")

# The kinds of pieces of SentencePiece.
NORMAL, UNKNOWN, CONTROL, USER_DEFINED = 1, 2, 3, 4


def varint(value):
    """Returns a number as protocol buffers write it, seven bits a byte."""
    result = b""
    while value > 127:
        result += bytes([value & 127 | 128])
        value >>= 7
    return result + bytes([value])


def field(tag, content):
    return tag + varint(len(content)) + content


def pieces(words, kind=NORMAL):
    def piece(word):
        return field(b"\x0a", word.encode()) + b"\x15" + struct.pack("<f", -1.0) + b"\x18" + bytes([kind])
    return b"".join(field(b"\x0a", piece(word)) for word in words)


def rules(character_map):
    return field(b"\x1a", field(b"\x12", character_map))


HEAD = pieces(["<unk>"], UNKNOWN) + pieces(["<s>", "</s>"], CONTROL)
ALGORITHMS = {"unigram": b"\x12\x02\x18\x01", "pairs": b"\x12\x02\x18\x02"}

# From a name to a text, to pieces, and to what stands behind the algorithm.
SENTENCEPIECE = {
    "a long piece": ("a" * 50_000, pieces(["a", "a" * 50_000]), b""),
    "runs": ("a" * SIZE, pieces(["a" * index for index in range(1, 430)]), b""),
    "marks": (" " * SIZE, pieces(["▁", "a▁", "▁▁"]), b""),
    "unknown": ("é" * 50_000, pieces(["a"]), b""),
    "user's own pieces": ("ab" * 50_000, pieces(
        [f"ab{'a' * (index % 90)}{index}" for index in range(900)], USER_DEFINED), b""),
    "a map in circles": ("a" * 50_000, pieces(["a", "b"]), rules(CIRCULAR_MAP)),
    "a map to long texts": ("a" * 50_000, pieces(["a", "y"]), rules(LONG_MAP)),
}


def rank(token, number):
    return f"{base64.b64encode(token).decode()} {number}\n"


def tekken(vocabulary_size, special_count):
    config = {"pattern": ".", "default_vocab_size": vocabulary_size, "default_num_special_tokens": special_count}
    return compact({"config": config, "vocab": []})


TEXTS = {
    "a": "a" * SIZE,
    "spaces": " " * SIZE,
    "lines": "\n" * SIZE,
    "carriage returns": "\r\n" * 50_000,
    "digits": "1" * SIZE,
    "marks": "e" + "\u0301\u0327\u0316" * 16_000,
    "zero bytes": "\0" * SIZE,
    "hangul": "\u1100\u1161" * 16_000,
    "joiners": "\U0001f468\u200d" * 14_000,
    "special tokens": "<|im_start|>" * 8_000,
    "half of one": "<|im_start" * 10_000,
    "apostrophes": "'" * SIZE,
    "capitals": "aB" * 50_000,
    "ligatures": "\ufdfa" * 33_000,
    "tabs": "\t " * 50_000,
}
TEXT_MODELS = ("tiny-llama", "tiny-qwen2", "tiny-quantised/model.gguf")


def attacks():
    return [*sentencepiece_attacks(), *tiktoken_attacks(), *tekken_attacks(), *text_attacks(),
            *vocabulary_memory_attacks()]


def sentencepiece_attacks():
    return [
        *[sentencepiece_attack(f"{algorithm}: {name}", text, HEAD + content + trainer + rest)
          for algorithm, trainer in ALGORITHMS.items() for name, (text, content, rest) in SENTENCEPIECE.items()],
        sentencepiece_attack("many fields", "a", HEAD + b"\x08\x01" * 50_000 + ALGORITHMS["unigram"]),
        sentencepiece_attack("a field of 2^63 bytes", "a", HEAD + b"\x0a" + b"\xff" * 9 + b"\x01"),
    ]


def sentencepiece_attack(name, text, content):
    return Attack(f"sentencepiece: {name}", FILE, writes_with_model({"tokenizer.model": content, "text.txt": text}))


def tiktoken_attacks():
    sparse = rank(b"a", 0) + rank(b"aa", 1) + rank(b"a" * 70_000, 151642)
    ranks = {
        "100 kB of ranks": "".join(rank(b"%d" % index, index) for index in range(8000)),
        "rank near the limit": rank(b"a", 151642) + rank(b"b", (1 << 63) - 1),
    }
    return [
        *[Attack(f"tiktoken: {name}", SHORT, writes_with_model({"qwen.tiktoken": content}))
          for name, content in ranks.items()],
        Attack("tiktoken: sparse ranks", FILE, writes_with_model({"qwen.tiktoken": sparse, "text.txt": "a" * SIZE})),
    ]


def tekken_attacks():
    contents = {"counts": tekken(1 << 62, 1 << 62), "special tokens of the same name": tekken(1 << 20, 1 << 20)}
    return [Attack(f"tekken: {name}", SHORT, writes_with_model({"tekken.json": content}))
            for name, content in contents.items()]


def text_attacks():
    return [Attack(f"text: {kind} by {model}",
                   ("tokenize", str(ROOT / "Models" / model), "--file", "@/t.txt", "--summary"),
                   writes({"t.txt": text}))
            for kind, text in TEXTS.items() for model in TEXT_MODELS]


def vocabulary_memory_attacks():
    words = ("tokenize", "@", "--text", "a")
    return [
        memory_attack("empty pieces", words, "tokenizer.model", lambda: b"\x0a\x00" * (4 * MEGABYTE)),
        memory_attack("fields of pieces", words, "tokenizer.model", lambda: b"\x08\x01" * (4 * MEGABYTE)),
        memory_attack("empty lines of ranks", words, "qwen.tiktoken", lambda: "\n" * (20 * MEGABYTE)),
    ]
