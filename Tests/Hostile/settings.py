"""Attacks on settings in YAML, and on patterns of names of parameters."""

from inputs import GOOD_DATA, MEGABYTE, SIZE, SMALL_MODEL, Attack, memory_attack, writes

CONFIG = ("tune", "--config", "@/s.yaml", "--out", "@/o.kseed")


def numbered(count, value):
    return "".join(f"k{index}: {value.format(index)}\n" for index in range(count))


YAML = {
    "nested flow": "[" * SIZE,
    "nested maps": "{" * SIZE,
    "nested maps with values": "{a: " * 25_000,
    "nested keys": "? " * 50_000,
    "nested lists": "- " * 50_000,
    "nested by indent": "".join(" " * depth + "a:\n" for depth in range(440)),
    "colons": ":" * SIZE,
    "keys": numbered(9_000, "1"),
    "one key again": "seed: 1\n" * 12_000,
    "anchors": numbered(5_000, "&a{} 1"),
    "tags": numbered(5_000, "!!t{} 1"),
    "directives": "%TAG !a! tag:b,\n" * 6_000,
    "documents": "---\na: 1\n" * 9_000,
    "ends": "...\n" * 25_000,
    "folded": "a: >\n" + " b\n\n" * 25_000,
    "literal": "a: |\n" + "\n" * SIZE,
    "quotes": 'a: "' + "\\x1b" * 25_000 + '"\n',
    "quotes over lines": 'a: "' + "b\n" * 45_000,
    "comments": "#\n" * 50_000,
    "a long key": "a" * SIZE + ": 1\n",
    "a long number": "seed: " + "9" * SIZE + "\n",
    "merge keys": "<<: {a: 1}\n" * 5_000,
    "sets": "!!set {" + "a," * 30_000 + "}",
    "a simple key that is none": "a " * 50_000,
    "flow keys": "{" + "a: b, " * 16_000 + "}",
    "flow lists": "[" + "a, " * 30_000 + "]",
    "flow without commas": "[" + "'a' " * 20_000 + "]",
    "terminal": '"\\e[31m": 1\n',
    "terminal in a value": 'model: "\\e[31m"\ndata: x\nsteps: 1\n',
}
PATTERNS = {
    "stars": "*" * 50_000 + "a",
    "stars and letters": "*a" * 25_000,
    "commas": "," * 90_000,
    "many": ",".join(["*b*a*c"] * 15_000),
    "signs": "?" * 90_000,
}
LARGE = {
    "settings of 20 MB": lambda: "- " * (10 * MEGABYTE),
    "settings of 1 MB": lambda: "[" * (MEGABYTE - 9),
    "settings of 1 MB of lists": lambda: "- " * (MEGABYTE // 2 - 9),
    "settings of 1 MB of keys": lambda: numbered(90_000, "1"),
}


def attacks():
    return [
        *[Attack(f"settings: {name}", CONFIG, writes({"s.yaml": text}), codes=(1, 64)) for name, text in YAML.items()],
        *[pattern_attack(name, pattern) for name, pattern in PATTERNS.items()],
        *[memory_attack(name, CONFIG, "s.yaml", content) for name, content in LARGE.items()],
    ]


def pattern_attack(name, pattern):
    words = ("tune", str(SMALL_MODEL), "--data", "@/d.jsonl", "--template", "raw", "--parameters", pattern,
             "--steps", "1", "--candidates", "64", "--held-out", "2", "--out", "@/o.kseed")
    return Attack(f"parameters: {name}", words, writes({"d.jsonl": GOOD_DATA}), codes=(0, 1, 64))
