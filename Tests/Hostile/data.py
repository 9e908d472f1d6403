"""Attacks on data in every schema and packing."""

import gzip

from inputs import MEGABYTE, Attack, compact, memory_attack, writes_with_model, zeros

RECORD = '{"instruction":"a","response":"b"}\n'


def record(**fields):
    return compact(fields) + "\n"


def task(definitions, instances):
    return compact({"Definition": definitions, "Instances": instances})


def lettered(count, letter):
    return [f"{letter}{index}" for index in range(count)]


def packed(content):
    """Returns a member of gzip that has no time in it, so that the same attack has the same bytes."""
    return gzip.compress(content, mtime=0)


TURNS = record(messages=[{"role": ("user", "assistant")[index % 2], "content": "a"} for index in range(2_500)])
INSTANCE = {"input": "a", "output": ["b"]}

# From a name to a file's name and to its content, or to a function that makes it.
TABLES = {
    "one field again and again": ("d.csv", "instruction,response\n" + "," * 100_000),
    "columns": ("d.csv", ",".join(lettered(15_000, "c")) + "\n" + "," * 14_999),
    "columns of one name": ("d.csv", ",".join(["c"] * 50_000)),
    "quotes": ("d.csv", 'instruction,response\n"' + '""' * 49_000),
    "quotes never closed": ("d.csv", "instruction,response\n" + '"a,\n' * 20_000),
    "carriage returns": ("d.csv", "instruction,response\n" + "\r" * 100_000),
    "tabs": ("d.tsv", "sentence\tlabel\n" + "\t" * 100_000),
    "a table of one column of labels": ("d.tsv", "sentence\tlabel\n" + "a\t2\n" * 20_000),
}
RECORDS = {
    "choices": record(question="a", choices=lettered(10_000, "c"), answer=9_999),
    "choices of one text": record(question="a", choices=["c"] * 20_000, answer=1),
    "labels": record(question="a", choices={
        "text": ["c"] * 8_000, "label": lettered(8_000, "")}, answerKey="7999"),
    "an answer beyond": record(question="a", choices=["c", "d"], answer=1 << 62),
    "an answer below": record(question="a", choices=["c", "d"], answer=-(1 << 63)),
    "turns": TURNS,
    "turns of one side": record(messages=[{"role": "user", "content": "a"}] * 3_000),
    "turns by the chat template": TURNS,
    "one long record": record(instruction="a" * 90_000, response="b"),
    "options": record(prompt="a", completion="b", options=["b", *lettered(9_000, "o")]),
    "other characters": b"\xff\xfe" * 50_000,
    "a wide text": RECORD.encode("utf-16"),
    "terminal in a key": '{"\\u001b[31m":"a","\\u009b":1}\n',
    "terminal in a category": '{"instruction":"a","response":"b","category":"\\u001b[31m\u009b"}\n',
}
TASKS = {
    "a task of instances": task(["d"], [INSTANCE] * 3_000),
    "a task of definitions": task(["d"] * 20_000, [INSTANCE]),
    "a task without end": '{"Definition":["d"],"Instances":[' + compact(INSTANCE) + ',{"input":"a"' * 5_000,
}
PACKED = {
    "a gzip bomb": lambda: packed(RECORD.encode() + b"\n" * (20 * MEGABYTE)),
    "a gzip bomb of zeros": lambda: packed(b"\0" * (20 * MEGABYTE)),
    "many gzip members": lambda: packed(b"") * 5_000,
    "gzip in gzip": lambda: packed(packed(RECORD.encode())),
    "a gzip that ends early": lambda: packed(RECORD.encode() * 9999)[:-9],
}
# What is more than 100 kB when it is unpacked or computed with.
SECONDS = {"turns": 2.0, "turns by the chat template": 2.0, "one long record": 2.0, "a gzip bomb": 4.0,
           "a gzip bomb of zeros": 4.0, "a task of instances": 4.0}
TEMPLATES = {"turns by the chat template": "chatml"}

LARGE = {
    "lines of data": ("d.jsonl", lambda: "\n" * (20 * MEGABYTE) + RECORD),
    "commas in a table": ("d.csv", lambda: "," * (20 * MEGABYTE)),
    "zeros in an array of data": ("d.json", lambda: "[" + zeros() + "]"),
    "zeros in a record": ("d.jsonl", lambda: '{"instruction":"a","response":"b","x":[' + zeros() + "]}\n"),
    # Of 2 MB: the records of a document are read as one value, of some 20 bytes for each byte.
    "zeros in a document": ("d.json", lambda: '{"data":[' + zeros(MEGABYTE) + "]}"),
}


def attacks():
    named = {
        **TABLES,
        **{name: ("d.jsonl", content) for name, content in RECORDS.items()},
        **{name: ("d.json", content) for name, content in TASKS.items()},
        **{name: ("d.jsonl.gz", content) for name, content in PACKED.items()},
    }
    return [*[data_attack(name, file, content) for name, (file, content) in named.items()],
            *[memory_attack(name, score(file), file, content) for name, (file, content) in LARGE.items()]]


def data_attack(name, file, content):
    words = score(file, TEMPLATES.get(name, "raw"))
    return Attack(f"data: {name}", words, writes_with_model({file: content}), SECONDS.get(name, 1.0))


def score(file, template="raw"):
    return ("score", "@", "--data", f"@/{file}", "--template", template)
