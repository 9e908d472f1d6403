"""Attacks on every place where JSON stands, and on every file that may be a link or a pipe in its place."""

import os

from inputs import MEGABYTE, SIZE, Attack, json_zeros, memory_attack, writes_prepared, zeros

CODES = (0, 1, 64)
RESUME = ("simulate", "--resume", "@/run", "--rounds", "3")
AT_STEP = ("kseed", "at", "@/t.kseed", "--step", "1", "--out", "@/o.kseed")
WITH_PARTITION = ("simulate", "@", "--data", "@/good.jsonl", "--template", "raw", "--partition",
                  "file:@/partition.json", "--clients", "2", "--rounds", "1", "--out", "@/out")

JSON = {
    "nested": "[" * (SIZE // 2) + "]" * (SIZE // 2),
    "nested objects": '{"a":' * (SIZE // 6) + "1" + "}" * (SIZE // 6),
    "never closed": '{"a":[' * (SIZE // 6),
    "zeros": '{"a":[' + zeros(SIZE // 2) + "]}",
    "many keys": "{" + ",".join(f'"k{index}":0' for index in range(SIZE // 10)) + "}",
    "one key again": "{" + ",".join(['"k":0'] * (SIZE // 6)) + "}",
    "long number": '{"a":' + "9" * SIZE + "}",
    "long fraction": '{"a":0.' + "3" * SIZE + "}",
    "huge exponent": '{"a":1e' + "9" * SIZE + "}",
    "long string": '{"a":"' + "a" * SIZE + '"}',
    "long key": '{"' + "a" * SIZE + '":1,"' + "a" * SIZE + '":2}',
    "escapes": '{"a":"' + "\\u00e9" * (SIZE // 6) + '"}',
    "marks": '{"a' + "\u0301\u0316" * (SIZE // 4) + '":1,"a' + "\u0316\u0301" * (SIZE // 4) + '":1}',
    "terminal": '{"\\u001b[31m\u009b31m\u202e":"\\u001b]0;x\\u0007"}',
    "deep string": '{"a":"' + "[" * SIZE + '"}',
    "spaces": " " * SIZE,
    "lines": "\n" * SIZE,
    "zero bytes": "\0" * SIZE,
    "mark only": "\ufeff",
    "empty": "",
}

# From a place's name to its file and to a command that reads it.
JSON_PLACES = {
    "config": ("config.json", ("inspect", "@")),
    "estimate": ("config.json", ("estimate", "@/config.json")),
    "index": ("model.safetensors.index.json", ("inspect", "@")),
    "tokenizer": ("tokenizer.json", ("tokenize", "@", "--text", "abc")),
    "tokenizer config": ("tokenizer_config.json", ("tokenize", "@", "--text", "abc", "--template", "model")),
    "added tokens": ("added_tokens.json", ("tokenize", "@", "--text", "abc")),
    "special tokens": ("special_tokens_map.json", ("tokenize", "@", "--text", "abc")),
    "generation config": ("generation_config.json", ("tokenize", "@", "--text", "abc")),
    "tekken": ("tekken.json", ("tokenize", "@", "--text", "abc")),
    "vocab": ("vocab.json", ("tokenize", "@", "--text", "abc")),
    "json data": ("data.json", ("score", "@", "--data", "@/data.json", "--template", "raw")),
    "lines data": ("data.jsonl", ("score", "@", "--data", "@/data.jsonl", "--template", "raw")),
    "partition": ("partition.json", WITH_PARTITION),
    "state": ("run/state.json", RESUME),
    "compared state": ("run/state.json", ("compare", "@/run")),
    "rounds": ("run/rounds.jsonl", ("kseed", "at", "@/run", "--round", "1", "--out", "@/o.kseed")),
    "results": ("run/results.json", ("compare", "@/run")),
    "tune state": ("t.state.json", ("tune", "--resume", "@/t.kseed", "--steps", "3")),
    "steps": ("t.steps.jsonl", AT_STEP),
}
LINK_PLACES = JSON_PLACES | {
    "weights": ("model.safetensors", ("inspect", "@")),
    "sentencepiece": ("tokenizer.model", ("tokenize", "@", "--text", "abc")),
    "template": ("chat_template.jinja", ("tokenize", "@", "--text", "abc", "--template", "model")),
    "settings": ("settings.yaml", ("tune", "--config", "@/settings.yaml", "--out", "@/o.kseed")),
    "kseed": ("k.kseed", ("kseed", "show", "@/k.kseed")),
    "gguf": ("m.gguf", ("inspect", "@/m.gguf")),
    "text": ("t.txt", ("tokenize", "@", "--file", "@/t.txt")),
    "run kseed": ("run/model.kseed", ("kseed", "show", "@/run/model.kseed")),
    "run settings": ("run/settings.yaml", ("compare", "@/run")),
    "run log compared": ("run/rounds.jsonl", ("compare", "@/run")),
    "run partition": ("run/partition.json", RESUME),
    "run log resumed": ("run/rounds.jsonl", RESUME),
}
TARGETS = {"zero": "/dev/zero", "pagemap": "/proc/self/pagemap", "kmsg": "/proc/kmsg", "folder": "/", "loop": None,
           "terminal": "/dev/tty", "random": "/dev/urandom"}
# Whoever names a pipe as data waits for its writer; one in a folder is refused.
MAY_BE_PIPES = ("json data", "lines data", "partition", "settings")


def attacks():
    return [*json_attacks(), *link_attacks(), *pipe_attacks(), *run_memory_attacks()]


def json_attacks():
    return [Attack(f"{place}: {kind}", words, writes_prepared(file, text), codes=CODES)
            for place, (file, words) in JSON_PLACES.items() for kind, text in JSON.items()]


def link_attacks():
    return [Attack(f"{place}: link to {kind}", words, links(file, target), codes=CODES)
            for place, (file, words) in LINK_PLACES.items() for kind, target in TARGETS.items()]


def links(file, target):
    """Returns what makes a file a link to `target`, or to itself if that is `None`."""
    def make(folder):
        path = cleared(folder, file)
        path.symlink_to(target or path)
    return make


def pipe_attacks():
    return [Attack(f"{place}: pipe", words, lambda folder, file=file: os.mkfifo(cleared(folder, file)), codes=CODES)
            for place, (file, words) in LINK_PLACES.items() if place not in MAY_BE_PIPES]


def cleared(folder, file):
    """Returns the path of a file that has all beside it, and is not there."""
    folder.prepare(file)
    path = folder.path / file
    path.unlink(missing_ok=True)
    return path


def run_memory_attacks():
    compare = ("compare", "@/run")
    return [
        memory_attack("zeros in partition.json", WITH_PARTITION, "partition.json",
                      lambda: '{"clients":[[' + zeros() + "]]}"),
        memory_attack("zeros in state.json", RESUME, "run/state.json", json_zeros),
        memory_attack("zeros in state.json compared", compare, "run/state.json", json_zeros),
        memory_attack("lines in rounds.jsonl", compare, "run/rounds.jsonl", lambda: "\n" * (20 * MEGABYTE)),
        memory_attack("lines in steps", AT_STEP, "t.steps.jsonl", lambda: "\n" * (20 * MEGABYTE)),
    ]
