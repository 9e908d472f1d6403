"""Attacks on `tokenizer.json`: what it does to texts, its expressions, its tokens, and the files that add some."""

import base64
import json
import struct

from inputs import MEGABYTE, SIZE, SMALL_MODEL, Attack, compact, json_zeros, memory_attack, writes_with_model, zeros

GIVEN = json.loads((SMALL_MODEL / "tokenizer.json").read_text())
TEXT = ("tokenize", "@", "--text", "a")


def tokenizer(**changes):
    return compact(GIVEN | changes)


def normalizer(*steps):
    return tokenizer(normalizer={"type": "Sequence", "normalizers": list(steps)})


def splitter(*steps):
    return tokenizer(pre_tokenizer={"type": "Sequence", "pretokenizers": [*steps, {"type": "ByteLevel"}]})


def split(expression):
    return {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False}


def replace(old, new, kind="String"):
    return {"type": "Replace", "pattern": {kind: old}, "content": new}


def nested(depth):
    step = replace("a", "b")
    for _ in range(depth):
        step = {"type": "Sequence", "normalizers": [step]}
    return step


def metaspace(mark):
    return {"type": "Metaspace", "replacement": mark, "prepend_scheme": "always", "split": False}


def pairs(vocabulary, merges=(), **changes):
    model = {"type": "BPE", "vocab": vocabulary, "merges": list(merges)} | changes
    return tokenizer(model=model, added_tokens=[])


def unigram(*tokens):
    model = {"type": "Unigram", "unk_id": 0, "vocab": [[token, -1.0] for token in ("?", *tokens)]}
    return tokenizer(model=model, pre_tokenizer=None, normalizer=None, added_tokens=[])


def added(*tokens):
    return tokenizer(added_tokens=list(tokens))


def trimming(index, content, *, single_word, normalized):
    return {"id": index, "content": content, "special": False, "single_word": single_word, "lstrip": True,
            "rstrip": True, "normalized": normalized}


def character_map(units, texts):
    """Returns a map of characters as SentencePiece has it: a trie in an array, and the texts that it leads to."""
    return struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + texts


CIRCULAR_MAP = character_map([1 << 10 | 0] + [0x61 | 0x61 << 10] * 511, b"x\0")
LONG_MAP = character_map([1 << 10 | 0, 0x61 | 1 << 8 | 2 << 10] * 100, b"y" * 50_000 + b"\0")


def mapped(characters):
    encoded = base64.b64encode(characters).decode()
    return tokenizer(normalizer={"type": "Precompiled", "precompiled_charsmap": encoded})


def special_template():
    steps = [{"SpecialToken": {"id": "<s>", "type_id": 0}}] * 2000 + [{"Sequence": {"id": "A", "type_id": 0}}]
    tokens = {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"] * 2000}}
    return tokenizer(post_processor={"type": "TemplateProcessing", "single": steps, "special_tokens": tokens})


# From a name to a text and to the tokenizer that reads it.
NORMALIZERS = {
    "replacements that double": ("a" * 100, normalizer(*[replace("a", "aa")] * 40)),
    "replacements by regex": ("a" * 100, normalizer(*[replace(".", "aaaaaaaa", "Regex")] * 12)),
    "a long replacement": ("a" * 50_000, tokenizer(normalizer=replace("a", "b" * 50_000))),
    "spaces become long": (" " * 50_000, tokenizer(normalizer=replace(" ", "b" * 50_000))),
    "many replacements": ("a" * SIZE, normalizer(*[replace("b", "c")] * 1500)),
    "many normal forms": ("é" * 50_000, normalizer(*[{"type": "NFD"}] * 5000)),
    "many prefixes": ("a " * 50_000, normalizer(*[{"type": "Prepend", "prepend": "b" * 20}] * 2000)),
    "many splits": ("ab" * 50_000, splitter(*[split("x")] * 1200)),
    "many splits of characters": ("ab" * 50_000, splitter(*[split(".")] * 1200)),
    "many metaspaces": ("a b" * 30_000, tokenizer(pre_tokenizer={
        "type": "Sequence", "pretokenizers": [metaspace(mark) for mark in "xy" * 500]})),
    "nested sequences": ("ab", tokenizer(normalizer=nested(60))),
    "a map in circles": ("a" * 50_000, mapped(CIRCULAR_MAP)),
    "a map to long texts": ("a" * 50_000, mapped(LONG_MAP)),
    "template: many special tokens": ("abc", special_template()),
    "terminal in a name": ("abc", tokenizer(normalizer={"type": "\u001b[31mX"})),
    "long unknown type": ("abc", tokenizer(normalizer={"type": "X" * SIZE})),
}

EXPRESSIONS = {
    "expression against runs": "a+b|a+c|a+d|.",
    "nested repetitions": "(?:a+){1,8}b|.",
    "counted repetitions": "(?:a{1,99}){1,9}b|.",
    "bounded runs": "a{1,4000}b|.",
    "lazy runs": "a+?b|a*?c|.",
    "look ahead over runs": "a(?=a*b)|.",
    "no look ahead over runs": "a(?!a*b)",
    "look ahead at groups": "a(?=(?:a|aa)*b)|.",
    "atomic runs": "(?>a*)b|a*+c|.",
    "atomic groups": "(?>(?:a|b)*)c|.",
    "optional characters": "a?" * 500 + "a" * 500 + "|.",
    "optional groups": "(?:a|b)?" * 200 + "c|.",
    "many alternatives": "|".join(["a*b"] * 300) + "|.",
}

TOKENS = {
    "alternatives of words": ("ab" * 50_000, tokenizer(pre_tokenizer=split(
        "|".join(f"ab{{1,{index}}}x" for index in range(2, 200)) + "|."))),
    "one long word": ("a" * SIZE, tokenizer(pre_tokenizer=None)),
    "one long word of marks": ("a" + "\u0301\u0316" * 24_000, tokenizer()),
    "joined characters": ("\u200d\U0001f469" * 14_000, tokenizer()),
    "flags": ("\U0001f1e6" * 25_000, tokenizer()),
    "unigrams: a long token": ("a" * 50_000, unigram("a" * 50_000)),
    "unigrams: long tokens": ("a" * SIZE, unigram(*["a" * index for index in range(1, 440)])),
    "unigrams: a long token that fails": ("a" * 50_000, unigram("a" * 49_000 + "b")),
    "unknown characters": ("é" * 50_000, unigram("a")),
    "a long token": ("a" * 50_000, pairs({"a": 0, "b": 1, "a" * 50_000: 2}, ignore_merges=True)),
    "merges of runs": ("a" * SIZE, pairs({"a" * index: index - 1 for index in range(1, 300)},
                                         [["a" * index, "a"] for index in range(1, 299)])),
    "merges that double": ("a" * SIZE, pairs({"a" * (1 << index): index for index in range(15)},
                                             [["a" * (1 << index)] * 2 for index in range(14)])),
    "added tokens in one another": ("a" * SIZE, added(*[
        trimming(index, "a" * (index + 1) + "b", single_word=False, normalized=bool(index % 2))
        for index in range(250)])),
    "added tokens that trim": (" " * SIZE, added(trimming(0, "a", single_word=True, normalized=False))),
    "added tokens of words": ("aa " * 30_000, added(trimming(0, "a", single_word=True, normalized=False))),
    "ids at the limit": ("abc", added(*[
        {"id": (1 << 20) - 1 - index, "content": f"<{index}>", "special": False} for index in range(100)])),
    "ids beyond": ("abc", added({"id": 1 << 62, "content": "x"})),
    "ids below": ("abc", added({"id": -1, "content": "x"})),
}


def attacks():
    expressions = {name: ("a" * SIZE, tokenizer(pre_tokenizer=split(text))) for name, text in EXPRESSIONS.items()}
    return [*[tokenizer_attack(name, text, content)
              for name, (text, content) in (NORMALIZERS | expressions | TOKENS).items()],
            *beside_attacks(), *tokenizer_memory_attacks()]


def tokenizer_attack(name, text, content, beside={}, seconds=1.0):
    return Attack(f"tokenizer: {name}", ("tokenize", "@", "--file", "@/text.txt", "--summary"),
                  writes_with_model({"tokenizer.json": content, "text.txt": text, **beside}), seconds)


def beside_attacks():
    """Returns attacks by the files that add tokens to those of `tokenizer.json`."""
    file = compact({f"<{index}>": index + 12 for index in range(100_000)})
    configuration = compact({"added_tokens_decoder": {
        str(index + 12): {"content": f"<{index}>"} for index in range(60_000)}})
    return [
        tokenizer_attack("many added tokens", "abc", tokenizer(), {"added_tokens.json": file}),
        tokenizer_attack("many tokens of the configuration", "abc", tokenizer(),
                         {"tokenizer_config.json": configuration}, seconds=2.0),
    ]


def tokenizer_memory_attacks():
    return [
        memory_attack("zeros in tokenizer.json", TEXT, "tokenizer.json", json_zeros),
        memory_attack("zeros in a normalizer", TEXT, "tokenizer.json", lambda: '{"normalizer":[' + zeros() + "]}"),
        memory_attack("zeros in tokenizer_config.json", TEXT, "tokenizer_config.json", json_zeros),
        memory_attack("one long token", TEXT, "tokenizer.json", lambda: tokenizer(
            model={"type": "Unigram", "unk_id": 0, "vocab": [["?", 0.0], ["a" * (10 * MEGABYTE), -1.0]]})),
        memory_attack("many tokens", TEXT, "tokenizer.json", lambda: tokenizer(
            model={"type": "BPE", "merges": [], "vocab": {f"{index:x}": index for index in range(1 << 20)}})),
    ]
