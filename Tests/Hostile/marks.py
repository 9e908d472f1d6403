"""Attacks by combining marks in a row, which `String` sorts to compare or hash a text, in time that grows with their
square: as each value and in place of each key of the JSON and YAML that is read."""

import copy
import json

from inputs import SMALL_MODEL, Attack, compact, two_spellings, writes_prepared

FIRST, SECOND = two_spellings(24_000)
CODES = (0, 1, 64)
METHOD = ("--template", "raw", "--candidates", "64", "--batch", "1", "--held-out", "1", "--threads", "1")
SIMULATE = ("simulate", "@", "--data", "@/data.json", *METHOD, "--clients", "2", "--rounds", "1", "--local-steps", "1",
            "--out", "@/out")
SCORE = ("score", "@", "--data", "@/data.json", "--template", "raw", "--length-limit", "16")
RECORDS = {
    "Dolly's": {"instruction": "a", "response": "b", "category": "c", "context": "d"},
    "Alpaca's": {"instruction": "a", "input": "", "output": "b"},
    "messages": {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
    "ShareGPT's": {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]},
    "choices": {"question": "a", "choices": ["b", "c"], "answer": "b"},
}
TOKENIZER_CONFIG = {
    "bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": False}, "add_bos_token": True,
    "added_tokens_decoder": {"0": {"content": "<s>", "special": True}}, "tokenizer_class": "x",
    "chat_template": [{"name": "default", "template": "{{ messages[0].content }}"}, {"name": "tool", "template": "x"}],
}
SETTINGS = {"candidates": 64, "basis": "hadamard", "method": "fedkseed", "lr": 1e-5, "template": "raw",
            "data": "good.jsonl", "estimator": "two-sided"}


def attacks():
    config = json.loads((SMALL_MODEL / "config.json").read_text()) | {
        "rope_scaling": {"rope_type": "linear", "factor": 2.0}, "quantization_config": {"quant_method": "x"}}
    tokenizer = json.loads((SMALL_MODEL / "tokenizer.json").read_text())
    read = ("tokenize", "@", "--text", "abc")
    return [
        *attacks_on("config.json", config, ("inspect", "@")),
        *attacks_on("config.json", config, ("estimate", "@/config.json")),
        *attacks_on("tokenizer.json", tokenizer, read),
        *attacks_on("tokenizer_config.json", TOKENIZER_CONFIG, (*read, "--template", "model")),
        *attacks_on("generation_config.json", {"eos_token_id": [1], "x": "y"}, read),
        *[attack for record in RECORDS.values() for words in (SIMULATE, SCORE)
          for attack in attacks_on("data.json", [record] * 2, words)],
        *attacks_on("settings.yaml", SETTINGS, ("tune", "@", "--config", "@/settings.yaml", "--steps", "1",
                                                "--out", "@/o.kseed")),
    ]


def attacks_on(file, document, words):
    """Each value and each key of a document, and two keys more, which are one to `String`."""
    changes = [(place, change(document, place)) for place in places(document)]
    top = document[0] if isinstance(document, list) else document
    both = top | {FIRST: 0, SECOND: 0}
    changes.append(("both", [both] if isinstance(document, list) else both))
    return [Attack(f"marks: {words[0]} {file} {describe(place)}", words, writes_prepared(file, compact(changed)),
                   codes=CODES) for place, changed in changes]


def places(value, place=()):
    """The paths of values, the first two of a list, and of keys, which end in `None`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*place, key, None)
            yield from places(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:2]):
            yield from places(inner, (*place, index))
    if place:
        yield place


def change(document, place):
    """Puts the marks at a place."""
    changed = inner = copy.deepcopy(document)
    *path, last = place if place[-1] is not None else place[:-1]
    for step in path:
        inner = inner[step]
    if place[-1] is None:
        inner[FIRST] = inner.pop(last)
    else:
        inner[last] = FIRST
    return changed


def describe(place):
    return place if isinstance(place, str) else ".".join("key" if step is None else str(step) for step in place)
