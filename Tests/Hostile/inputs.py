"""What all attacks share: what an attack is, the folder that it writes to, and the files beside what is attacked."""

import json
import pathlib
import shutil
import typing

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMALL_MODEL = ROOT / "Fuzz/Model"
MODEL_FILES = ("config.json", "model.safetensors", "tokenizer.json")
SIZE = 100_000
MEGABYTE = 1 << 20

# What a reader leaves alone as long as the other one is there, and what must be gone for it to be read.
REPLACED = {
    "model.safetensors.index.json": "model.safetensors",
    "qwen.tiktoken": "tokenizer.json",
    "tekken.json": "tokenizer.json",
    "tokenizer.model": "tokenizer.json",
    "vocab.json": "tokenizer.json",
}


class Attack(typing.NamedTuple):
    """One command on hostile files."""

    name: str
    # The arguments of the tool; '@' stands for the attack's folder.
    words: tuple
    # Writes the files into a `Folder`.
    make: typing.Callable
    # The CPU time that is allowed.
    seconds: float = 1.0
    # The exit codes that are right: 0 done, 1 refused, 64 refused as wrong arguments.
    codes: tuple = (0, 1)
    # What is done with the command while it runs, in the attack's folder; returns what it answered.
    talk: typing.Callable = None


class Folder:
    """The folder of one attack."""

    def __init__(self, path, runs):
        # `runs` has a run of `simulate` as `run` and one of `tune` as `t.kseed`, to be copied and damaged.
        self.path, self.runs = path, runs

    def write(self, name, content):
        content = content() if callable(content) else content
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def copy_model(self, *without):
        for name in MODEL_FILES:
            if name not in without:
                shutil.copy(SMALL_MODEL / name, self.path / name)

    def copy_run(self):
        shutil.copytree(self.runs / "run", self.path / "run")

    def copy_tuning(self):
        for suffix in (".kseed", ".state.json", ".steps.jsonl", ".settings.yaml"):
            shutil.copy(self.runs / f"t{suffix}", self.path / f"t{suffix}")

    def prepare(self, file):
        """Writes what a reader expects beside `file`: a model, data, the rest of a run."""
        self.copy_model(REPLACED.get(file))
        self.write("good.jsonl", GOOD_DATA)
        if file.startswith("run/"):
            self.copy_run()
        if file.startswith("t."):
            self.copy_tuning()
        if file == "vocab.json":
            self.write("merges.txt", "a b\n")


def writes(files):
    """Returns what writes files alone, from their names to their contents or to functions that make these."""
    def make(folder):
        for name, content in files.items():
            folder.write(name, content)
    return make


def writes_with_model(files):
    """Returns what writes files beside those of the small model that they do not replace."""
    def make(folder):
        folder.copy_model(*map(REPLACED.get, files))
        writes(files)(folder)
    return make


def writes_prepared(file, content):
    """Returns what writes a file beside all that `Folder.prepare` knows of."""
    def make(folder):
        folder.prepare(file)
        folder.write(file, content)
    return make


def memory_attack(name, words, file, content):
    """Returns an attack of some 20 MB, which may take longer; `content` makes them, when it is their turn."""
    return Attack(f"memory: {name}", words, writes_prepared(file, content), seconds=8.0)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_zeros():
    """Returns 20 MB of JSON, of which a careless reader makes a gigabyte."""
    return '{"a":[' + zeros() + "]}"


def zeros(count=10 * MEGABYTE):
    return "0," * count + "0"


def two_spellings(pairs):
    """Returns a text of so many pairs of combining marks in a row, twice: to `String` it is the same text, and it sorts
    the marks to see that, in time that grows with the square of their number."""
    return "a" + "\u0301\u0316" * pairs, "a" + "\u0316\u0301" * pairs


GOOD_DATA = "".join(compact({"instruction": f"a{letter}", "response": "b"}) + "\n" for letter in "abcabcabc")
