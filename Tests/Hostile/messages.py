"""Attacks on `server` by what carries its messages, and by the nodes that it names: lines of standard input."""

from inputs import MEGABYTE, SIZE, Attack, compact, two_spellings, writes_with_model, zeros
from places import JSON

# Clients measure the loss, so the server asks for their introductions, and ends where nobody is left to answer.
WORDS = ("server", "@", "--template", "raw", "--candidates", "64", "--batch", "1", "--threads", "1", "--clients", "2",
         "--rounds", "1", "--local-steps", "2", "--out", "@/out")
INTRODUCTION = {"op": "hello", "protocol": 1, "version": "0.1.0", "client": 0, "basis": "hadamard", "candidates": 64,
                "seed": "1", "base": "", "parameter_map": "", "probe": "", "digest": "", "settings": {}, "examples": 1,
                "held_out": 1, "memory": 0, "estimators": ["backprop"], "run": None}
TEXTS = {"terminal": "\u001b[31m\u009b\u202e", "marks": two_spellings(15_000)[0], "long": "a" * 60_000}
NUMBERS = {"least": -2**63, "greatest": 2**63 - 1, "beyond": 2**64, "negative": -1, "fraction": 0.5, "huge": 1e308}


def attacks():
    return [*line_attacks(), *node_attacks(), *introduction_attacks(), *memory_attacks()]


def line_attacks():
    """The whole line is hostile, or what stands where the replies do."""
    lines = [Attack(f"server line: {kind}", WORDS, says(text)) for kind, text in JSON.items()]
    replies = [Attack(f"server replies: {kind}", WORDS, says('{"protocol":1,"replies":' + text + "}"))
               for kind, text in JSON.items()]
    return lines + replies


def node_attacks():
    """The line is right, and a node has hostile text, or a hostile name, or there are many of them."""
    texts = [Attack(f"server node: {kind}", WORDS, says(answer({"a": text, "b": "{}"}))) for kind, text in JSON.items()]
    many = {f"n{index}": "{}" for index in range(SIZE // 12)}
    names = {"": "{}", "../a": "{}", "\u001b[31m": "{}", "a" * 65: "{}", "a\u0301": "{}", "e\u0301": "{}"}
    return [*texts, Attack("server nodes: many", WORDS, says(answer(many))),
            Attack("server nodes: names", WORDS, says(answer(names))),
            Attack("server failures: many", WORDS, says(compact({"protocol": 1, "replies": {}, "failures": many}))),
            Attack("server failures: text", WORDS, says(compact(
                {"protocol": 1, "replies": {}, "failures": {"a": "\u001b]0;x\u0007" * (SIZE // 30)}})))]


def introduction_attacks():
    """A client introduces itself with a number that is none of a client, of examples or of bytes."""
    wrong = [(name, kind, INTRODUCTION | {name: number}) for kind, number in NUMBERS.items()
             for name in ("client", "candidates", "examples", "held_out", "memory", "protocol")]
    texts = [(name, kind, INTRODUCTION | {name: text}) for kind, text in TEXTS.items()
             for name in ("version", "basis", "seed", "base", "probe", "digest")]
    names = [("settings", kind, INTRODUCTION | {"settings": {text: "", text[1:]: ""}}) for kind, text in TEXTS.items()]
    names += [("settings", "many", INTRODUCTION | {"settings": {f"s{index}": "" for index in range(400)}})]
    return [Attack(f"introduction: {name} {kind}", WORDS, says(answer({"a": compact(value), "b": compact(value)})))
            for name, kind, value in wrong + texts + names]


def memory_attacks():
    large = {
        "zeros": lambda: '{"protocol":1,"replies":[' + zeros() + "]}",
        "lines": lambda: "\n" * (20 * MEGABYTE),
        "nodes": lambda: answer({f"n{index}": "{}" for index in range(MEGABYTE)}),
        "one reply": lambda: answer({"a": "[" + zeros() + "]"}),
        "replies": lambda: answer({f"n{index}": "[" + zeros(SIZE // 4) + "]" for index in range(400)}),
    }
    return [Attack(f"memory: server {kind}", WORDS, says(content), seconds=8.0) for kind, content in large.items()]


def answer(replies):
    return compact({"protocol": 1, "replies": replies})


def says(content):
    """Returns what writes a line, or many, to be read from standard input; `content` may make it when it is its turn."""
    return writes_with_model({"stdin": lambda: (content() if callable(content) else content) + "\n"})
