#!/usr/bin/env python3
"""Gives every reader what fuzzing does not find: inputs of 100 kB that would take quadratic time, nest deep, refer
to themselves or name huge counts, larger ones that would take memory out of proportion, and links to what never ends.

    python3 Tests/Hostile/attack.py --tool .build/release/fedkseed [--only WORD] [--all: show those that pass, too]

Each must end within a second of CPU time and 64 MB over its input (both are scaled by --patience on a slow build),
by content or by an error of a few lines without control characters; never by a signal.
"""

import argparse
import base64
import gzip
import json
import math
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TINY = ROOT / "Models/tiny-llama"
SMALL = ROOT / "Fuzz/Model"
SIZE = 100_000
MEGABYTE = 1 << 20
ATTACKS = []


def attack(name, *words, seconds=1.0, accepts=(0, 1)):
    """Registers a function that writes files into a folder; '@' in `words` stands for that folder."""
    def register(make):
        ATTACKS.append((name, words, make, seconds, accepts))
        return make
    return register


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--patience", type=float, default=1.0)
    options = parser.parse_args()
    failures = count = 0
    with tempfile.TemporaryDirectory() as scratch:
        tool = Tool(options.tool.resolve(), pathlib.Path(scratch), options.patience)
        for place, (name, words, make, seconds, accepts) in enumerate(ATTACKS):
            if options.only not in name:
                continue
            count += 1
            wrong, facts = tool.run(place, words, make, seconds, accepts)
            if wrong or options.all:
                print(f"{'WRONG' if wrong else 'ok   '}  {name:42} {facts}  {wrong}", flush=True)
            failures += bool(wrong)
    print(f"{count} attacks, {failures} went wrong")
    sys.exit(1 if failures else 0)


class Tool:
    def __init__(self, path, scratch, patience):
        self.path, self.scratch, self.patience = path, scratch, patience
        self.run_folder = scratch / "run"
        common = [SMALL, "--template", "raw", "--candidates", "64", "--batch", "1", "--held-out", "2", "--threads", "1"]
        data = scratch / "data.jsonl"
        data.write_text("".join(compact({"instruction": f"a{word}", "response": "b"}) + "\n" for word in "abcabcabc"))
        subprocess.run([path, "simulate", *common, "--data", data, "--clients", "2", "--rounds", "2", "--local-steps",
                        "2", "--out", self.run_folder], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run([path, "tune", *common, "--data", data, "--steps", "2", "--out", scratch / "t.kseed"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # What the program takes to say nothing much about nothing.
        self.baseline = self.measure([path, "tokenize", SMALL, "--text", "a"], 10)[2]

    def run(self, place, words, make, seconds, accepts):
        folder = self.scratch / str(place)
        folder.mkdir()
        make(Folder(folder, self))
        words = [word.replace("@", str(folder)) for word in words]
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
        code, cpu, peak, out, err = self.measure([self.path, *words], 5 + seconds * self.patience)
        shutil.rmtree(folder)
        extra = (peak - self.baseline - size) / MEGABYTE
        wrong = []
        if code not in accepts:
            wrong.append(f"exit {code}")
        if cpu > seconds * self.patience:
            wrong.append(f"{cpu:.1f} s")
        if extra > 64 * self.patience:
            wrong.append(f"{extra:.0f} MB over the input")
        if any(byte < 32 and byte not in (9, 10) or byte == 127 for byte in out + err):
            wrong.append("control characters")
        if len(err) > 20_000:
            wrong.append(f"{len(err)} bytes of errors")
        if wrong:
            wrong.append(repr(err[-160:]))
        return ", ".join(wrong), f"{size / 1000:8.0f} kB {cpu:5.2f} s {extra:6.1f} MB exit {code}"

    def measure(self, command, limit):
        """The exit code, CPU seconds, largest memory in bytes, output and errors of a command."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(math.ceil(limit)), *map(str, command)]
            facts = subprocess.run(launcher, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=self.scratch,
                                   env=os.environ | {"SWIFT_BACKTRACE": "enable=no"}, check=False)
            del facts
            out.seek(0), err.seek(0)
            output, errors = out.read(MEGABYTE), err.read(MEGABYTE)
        last = errors.rstrip(b"\n").rsplit(b"\n", 1)
        code, cpu, peak = json.loads(last[-1])
        return code, cpu, peak, output, last[0] if len(last) > 1 else b""


# A small process of its own: the peak that the system reports of a process begins with that of who started it.
LAUNCHER = """
import os, resource, select, sys, time
pid = os.fork()
if pid == 0:
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
end = time.monotonic() + 10 * int(sys.argv[1])
while True:
    done, status, usage = os.wait4(pid, os.WNOHANG)
    if done:
        break
    try:
        resident = int(open(f"/proc/{pid}/statm").read().split()[1]) * 4096
    except (OSError, IndexError):
        resident = 0
    if time.monotonic() > end or resident > 3 << 30:
        os.kill(pid, 9)
    time.sleep(0.002)
print(f"\\n[{os.waitstatus_to_exitcode(status)}, {usage.ru_utime + usage.ru_stime}, {usage.ru_maxrss * 1024}]", file=sys.stderr)
"""


class Folder:
    def __init__(self, path, tool):
        self.path, self.tool = path, tool

    def write(self, name, content):
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def copy(self, name, source=SMALL):
        shutil.copy(source / name, self.path / name)

    def model(self, *without):
        for name in ("config.json", "model.safetensors", "tokenizer.json"):
            if name not in without:
                self.copy(name)

    def link(self, name, target):
        (self.path / name).symlink_to(target)

    def run(self):
        shutil.copytree(self.tool.run_folder, self.path / "run")

    def tuning(self):
        for suffix in (".kseed", ".state.json", ".steps.jsonl", ".settings.yaml"):
            shutil.copy(self.tool.scratch / ("t" + suffix), self.path / ("t" + suffix))


def filled(unit, size=SIZE):
    return (unit * (size // len(unit) + 1))[:size // len(unit) * len(unit)]


# MARK: JSON in every place where it stands

NESTED = "[" * (SIZE // 2) + "]" * (SIZE // 2)
JSON_ATTACKS = {
    "nested": NESTED,
    "nested objects": '{"a":' * (SIZE // 6) + "1" + "}" * (SIZE // 6),
    "never closed": '{"a":[' * (SIZE // 6),
    "zeros": '{"a":[' + "0," * (SIZE // 2) + "0]}",
    "many keys": "{" + ",".join(f'"k{index}":0' for index in range(SIZE // 10)) + "}",
    "one key again": "{" + ",".join('"k":0' for _ in range(SIZE // 6)) + "}",
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
    "partition": ("partition.json", ("simulate", "@", "--data", "@/good.jsonl", "--template", "raw", "--partition",
                                     "file:@/partition.json", "--clients", "2", "--rounds", "1", "--out", "@/out")),
    "state": ("run/state.json", ("simulate", "--resume", "@/run", "--rounds", "3")),
    "compared state": ("run/state.json", ("compare", "@/run")),
    "rounds": ("run/rounds.jsonl", ("kseed", "at", "@/run", "--round", "1", "--out", "@/o.kseed")),
    "results": ("run/results.json", ("compare", "@/run")),
    "tune state": ("t.state.json", ("tune", "--resume", "@/t.kseed", "--steps", "3")),
    "steps": ("t.steps.jsonl", ("kseed", "at", "@/t.kseed", "--step", "1", "--out", "@/o.kseed")),
}
GOOD = "".join(compact({"instruction": f"a{word}", "response": "b"}) + "\n" for word in "abcabcabc")


def json_attacks():
    for place, (file, words) in JSON_PLACES.items():
        for kind, text in JSON_ATTACKS.items():
            def make(folder, file=file, text=text):
                prepare(folder, file)
                folder.write(file, text)
            attack(f"{place}: {kind}", *words, accepts=(0, 1, 64))(make)


def prepare(folder, file):
    """The files that stand beside the one that is attacked."""
    without = {"tekken.json": ["tokenizer.json"], "vocab.json": ["tokenizer.json"],
               "model.safetensors.index.json": ["model.safetensors"]}.get(file, [])
    folder.model(*without)
    folder.write("good.jsonl", GOOD)
    if file.startswith("run/"):
        folder.run()
    if file.startswith("t."):
        folder.tuning()
    if file == "vocab.json":
        folder.write("merges.txt", "a b\n")


json_attacks()


# MARK: files that are links

ENDLESS = {"zero": "/dev/zero", "pagemap": "/proc/self/pagemap", "kmsg": "/proc/kmsg", "folder": "/", "loop": "loop",
           "terminal": "/dev/tty", "random": "/dev/urandom"}


def link_attacks():
    places = dict(JSON_PLACES) | {
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
        "run partition": ("run/partition.json", ("simulate", "--resume", "@/run", "--rounds", "3")),
        "run log resumed": ("run/rounds.jsonl", ("simulate", "--resume", "@/run", "--rounds", "3")),
    }
    for place, (file, words) in places.items():
        for kind, target in ENDLESS.items():
            def make(folder, file=file, target=target):
                prepare(folder, file)
                if file == "tokenizer.model":
                    (folder.path / "tokenizer.json").unlink()
                (folder.path / file).unlink(missing_ok=True)
                folder.link(file, target if target != "loop" else folder.path / file)
            attack(f"{place}: link to {kind}", *words, accepts=(0, 1, 64))(make)
        def pipe(folder, file=file):
            prepare(folder, file)
            if file == "tokenizer.model":
                (folder.path / "tokenizer.json").unlink()
            (folder.path / file).unlink(missing_ok=True)
            os.mkfifo(folder.path / file)
        # Whoever names a pipe as data waits for its writer; one in a folder is refused.
        if place not in ("json data", "lines data", "partition", "settings"):
            attack(f"{place}: pipe", *words, accepts=(0, 1, 64))(pipe)


link_attacks()


# MARK: tokenizers

VOCABULARY = ["<s>", "</s>", "<unk>", "a", "b", "c", "ab", "abc", "Ġ", "Ġa", "1", "é"]


def tokenizer(**changes):
    value = json.loads((SMALL / "tokenizer.json").read_text()) | changes
    return compact(value)


def tokenizer_attack(name, text, value, extra={}, seconds=1.0, words=()):
    @attack(f"tokenizer: {name}", "tokenize", "@", "--file", "@/text.txt", "--summary", *words, seconds=seconds)
    def make(folder):
        folder.model("tokenizer.json")
        folder.write("tokenizer.json", value() if callable(value) else value)
        folder.write("text.txt", text)
        for file, content in extra.items():
            folder.write(file, content)


def replace(old, new):
    return {"type": "Replace", "pattern": {"String": old}, "content": new}


def sequence(*steps):
    return {"type": "Sequence", "normalizers": list(steps)}


def split(expression, behavior="Isolated"):
    return {"type": "Split", "pattern": {"Regex": expression}, "behavior": behavior, "invert": False}


def unigram(words, **changes):
    return tokenizer(model={"type": "Unigram", "unk_id": 0, "vocab": [[word, -1.0] for word in words]},
                     pre_tokenizer=None, normalizer=None, added_tokens=[], **changes)


def charsmap(units, texts):
    blob = struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + texts
    return base64.b64encode(blob).decode()


CYCLE = [1 << 10 | 0] + [0x61 | 0x61 << 10] * 511

tokenizer_attack("replacements that double", "a" * 100, tokenizer(normalizer=sequence(*[replace("a", "aa")] * 40)))
tokenizer_attack("replacements by regex", "a" * 100, tokenizer(
    normalizer=sequence(*[{"type": "Replace", "pattern": {"Regex": "."}, "content": "aaaaaaaa"}] * 12)))
tokenizer_attack("a long replacement", "a" * 50_000, tokenizer(normalizer=replace("a", "b" * 50_000)))
tokenizer_attack("spaces become long", " " * 50_000, tokenizer(normalizer=replace(" ", "b" * 50_000)))
tokenizer_attack("many replacements", "a" * SIZE, tokenizer(normalizer=sequence(*[replace("b", "c")] * 1500)))
tokenizer_attack("many normal forms", "é" * 50_000, tokenizer(normalizer=sequence(*[{"type": "NFD"}] * 5000)))
tokenizer_attack("many prefixes", "a " * 50_000, tokenizer(
    normalizer=sequence(*[{"type": "Prepend", "prepend": "b" * 20}] * 2000)))
tokenizer_attack("many splits", "ab" * 50_000, tokenizer(
    pre_tokenizer={"type": "Sequence", "pretokenizers": [split("x")] * 1200 + [{"type": "ByteLevel"}]}))
tokenizer_attack("many splits of characters", "ab" * 50_000, tokenizer(
    pre_tokenizer={"type": "Sequence", "pretokenizers": [split(".")] * 1200 + [{"type": "ByteLevel"}]}))
tokenizer_attack("many metaspaces", "a b" * 30_000, tokenizer(
    pre_tokenizer={"type": "Sequence", "pretokenizers": [
        {"type": "Metaspace", "replacement": mark, "prepend_scheme": "always", "split": False}
        for mark in "xy" * 500]}))
tokenizer_attack("nested sequences", "ab", tokenizer(normalizer=eval(
    "sequence(" * 60 + "replace('a', 'b')" + ")" * 60)))
tokenizer_attack("expression against runs", "a" * SIZE, tokenizer(pre_tokenizer=split("a+b|a+c|a+d|.")))
tokenizer_attack("nested repetitions", "a" * SIZE, tokenizer(pre_tokenizer=split("(?:a+){1,8}b|.")))
tokenizer_attack("counted repetitions", "a" * SIZE, tokenizer(pre_tokenizer=split("(?:a{1,99}){1,9}b|.")))
tokenizer_attack("bounded runs", "a" * SIZE, tokenizer(pre_tokenizer=split("a{1,4000}b|.")))
tokenizer_attack("lazy runs", "a" * SIZE, tokenizer(pre_tokenizer=split("a+?b|a*?c|.")))
tokenizer_attack("look ahead over runs", "a" * SIZE, tokenizer(pre_tokenizer=split("a(?=a*b)|.")))
tokenizer_attack("no look ahead over runs", "a" * SIZE, tokenizer(pre_tokenizer=split("a(?!a*b)")))
tokenizer_attack("look ahead at groups", "a" * SIZE, tokenizer(pre_tokenizer=split("a(?=(?:a|aa)*b)|.")))
tokenizer_attack("atomic runs", "a" * SIZE, tokenizer(pre_tokenizer=split("(?>a*)b|a*+c|.")))
tokenizer_attack("atomic groups", "a" * SIZE, tokenizer(pre_tokenizer=split("(?>(?:a|b)*)c|.")))
tokenizer_attack("optional characters", "a" * SIZE, tokenizer(pre_tokenizer=split("a?" * 500 + "a" * 500 + "|.")))
tokenizer_attack("optional groups", "a" * SIZE, tokenizer(pre_tokenizer=split("(?:a|b)?" * 200 + "c|.")))
tokenizer_attack("many alternatives", "a" * SIZE, tokenizer(pre_tokenizer=split("|".join(["a*b"] * 300) + "|.")))
tokenizer_attack("alternatives of words", "ab" * 50_000, tokenizer(
    pre_tokenizer=split("|".join(f"ab{{1,{index}}}x" for index in range(2, 200)) + "|.")))
tokenizer_attack("one long word", "a" * SIZE, tokenizer(pre_tokenizer=None))
tokenizer_attack("one long word of marks", "a" + "\u0301\u0316" * 24_000, tokenizer())
tokenizer_attack("joined characters", "\u200d\U0001f469" * 14_000, tokenizer())
tokenizer_attack("flags", "\U0001f1e6" * 25_000, tokenizer())
tokenizer_attack("unigrams: a long token", "a" * 50_000, lambda: unigram(["?", "a" * 50_000]))
tokenizer_attack("unigrams: long tokens", "a" * SIZE, lambda: unigram(["?"] + ["a" * index for index in range(1, 440)]))
tokenizer_attack("unigrams: a long token that fails", "a" * 50_000, lambda: unigram(["?", "a" * 49_000 + "b"]))
tokenizer_attack("a long token", "a" * 50_000, lambda: tokenizer(model={
    "type": "BPE", "ignore_merges": True, "merges": [],
    "vocab": {"a": 0, "b": 1, "a" * 50_000: 2}}, added_tokens=[]))
tokenizer_attack("merges of runs", "a" * SIZE, lambda: tokenizer(model={
    "type": "BPE", "vocab": {"a" * index: index - 1 for index in range(1, 300)},
    "merges": [["a" * index, "a"] for index in range(1, 299)]}, added_tokens=[]))
tokenizer_attack("merges that double", "a" * SIZE, lambda: tokenizer(model={
    "type": "BPE", "vocab": {"a" * (1 << index): index for index in range(15)},
    "merges": [["a" * (1 << index)] * 2 for index in range(14)]}, added_tokens=[]))
tokenizer_attack("added tokens in one another", "a" * SIZE, lambda: tokenizer(added_tokens=[
    {"id": index, "content": "a" * (index + 1) + "b", "special": False, "single_word": False, "lstrip": True,
     "rstrip": True, "normalized": bool(index % 2)} for index in range(250)]))
tokenizer_attack("added tokens that trim", " " * SIZE, lambda: tokenizer(added_tokens=[
    {"id": 0, "content": "a", "special": False, "single_word": True, "lstrip": True, "rstrip": True,
     "normalized": False}]))
tokenizer_attack("added tokens of words", "aa " * 30_000, lambda: tokenizer(added_tokens=[
    {"id": 0, "content": "a", "special": False, "single_word": True, "lstrip": True, "rstrip": True,
     "normalized": False}]))
tokenizer_attack("many added tokens", "abc", lambda: tokenizer(), extra={
    "added_tokens.json": compact({f"<{index}>": index + 12 for index in range(100_000)})})
tokenizer_attack("many tokens of the configuration", "abc", lambda: tokenizer(), extra={
    "tokenizer_config.json": compact({"added_tokens_decoder": {
        str(index + 12): {"content": f"<{index}>"} for index in range(60_000)}})}, seconds=2.0)
tokenizer_attack("ids at the limit", "abc", lambda: tokenizer(added_tokens=[
    {"id": (1 << 20) - 1 - index, "content": f"<{index}>", "special": False} for index in range(100)]))
tokenizer_attack("ids beyond", "abc", lambda: tokenizer(added_tokens=[{"id": 1 << 62, "content": "x"}]))
tokenizer_attack("ids below", "abc", lambda: tokenizer(added_tokens=[{"id": -1, "content": "x"}]))
tokenizer_attack("a map in circles", "a" * 50_000, tokenizer(normalizer={
    "type": "Precompiled", "precompiled_charsmap": charsmap(CYCLE, b"x\0")}))
tokenizer_attack("a map to long texts", "a" * 50_000, tokenizer(normalizer={
    "type": "Precompiled", "precompiled_charsmap": charsmap(
        [1 << 10 | 0, 0x61 | 1 << 8 | 2 << 10] * 100, b"y" * 50_000 + b"\0")}))
tokenizer_attack("unknown characters", "é" * 50_000, lambda: unigram(["?", "a"]))
tokenizer_attack("template: many special tokens", "abc", tokenizer(post_processor={
    "type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}] * 2000
    + [{"Sequence": {"id": "A", "type_id": 0}}],
    "special_tokens": {"<s>": {"id": "<s>", "ids": [0] * 1, "tokens": ["<s>"] * 2000}}}))
tokenizer_attack("terminal in a name", "abc", tokenizer(normalizer={"type": "\u001b[31mX"}))
tokenizer_attack("long unknown type", "abc", tokenizer(normalizer={"type": "X" * SIZE}))


def pieces(words, kind=1, scores=None):
    def field(word):
        data = word.encode()
        body = b"\x0a" + varint(len(data)) + data + b"\x15" + struct.pack("<f", -1.0) + b"\x18" + bytes([kind])
        return b"\x0a" + varint(len(body)) + body
    return b"".join(map(field, words))


def varint(value):
    result = b""
    while value > 127:
        result += bytes([value & 127 | 128])
        value >>= 7
    return result + bytes([value])


def sentencepiece_attack(name, text, content, seconds=1.0):
    @attack(f"sentencepiece: {name}", "tokenize", "@", "--file", "@/text.txt", "--summary", seconds=seconds)
    def make(folder):
        folder.model("tokenizer.json")
        folder.write("tokenizer.model", content)
        folder.write("text.txt", text)


HEAD = pieces(["<unk>"], 2) + pieces(["<s>", "</s>"], 3)
UNIGRAM, PAIRS = b"\x12\x02\x18\x01", b"\x12\x02\x18\x02"


def rules(charsmap_bytes):
    body = b"\x12" + varint(len(charsmap_bytes)) + charsmap_bytes
    return b"\x1a" + varint(len(body)) + body


for algorithm, trainer in (("unigram", UNIGRAM), ("pairs", PAIRS)):
    sentencepiece_attack(f"{algorithm}: a long piece", "a" * 50_000, HEAD + pieces(["a", "a" * 50_000]) + trainer)
    sentencepiece_attack(f"{algorithm}: runs", "a" * SIZE, HEAD + pieces(["a" * index for index in range(1, 430)]) + trainer)
    sentencepiece_attack(f"{algorithm}: marks", " " * SIZE, HEAD + pieces(["▁", "a▁", "▁▁"]) + trainer)
    sentencepiece_attack(f"{algorithm}: unknown", "é" * 50_000, HEAD + pieces(["a"]) + trainer)
    sentencepiece_attack(f"{algorithm}: user's own pieces", "ab" * 50_000,
                         HEAD + pieces([f"ab{'a' * (index % 90)}{index}" for index in range(900)], 4) + trainer)
    sentencepiece_attack(f"{algorithm}: a map in circles", "a" * 50_000,
                         HEAD + pieces(["a", "b"]) + trainer + rules(base64.b64decode(charsmap(CYCLE, b"x\0"))))
    sentencepiece_attack(f"{algorithm}: a map to long texts", "a" * 50_000,
                         HEAD + pieces(["a", "y"]) + trainer + rules(base64.b64decode(charsmap(
                             [1 << 10 | 0, 0x61 | 1 << 8 | 2 << 10] * 100, b"y" * 50_000 + b"\0"))))
sentencepiece_attack("many fields", "a", HEAD + b"\x08\x01" * 50_000 + UNIGRAM)
sentencepiece_attack("a field of 2^63 bytes", "a", HEAD + b"\x0a" + b"\xff" * 9 + b"\x01")


@attack("tiktoken: 100 kB of ranks", "tokenize", "@", "--text", "abc")
def _(folder):
    folder.model("tokenizer.json")
    folder.write("qwen.tiktoken", "".join(f"{base64.b64encode(b'%d' % index).decode()} {index}\n" for index in range(8000)))


@attack("tiktoken: rank near the limit", "tokenize", "@", "--text", "abc")
def _(folder):
    folder.model("tokenizer.json")
    folder.write("qwen.tiktoken", "YQ== 151642\nYg== 9223372036854775807\n")


@attack("tiktoken: sparse ranks", "tokenize", "@", "--file", "@/text.txt", "--summary")
def _(folder):
    folder.model("tokenizer.json")
    folder.write("qwen.tiktoken", "YQ== 0\nYWE= 1\n" + base64.b64encode(b"a" * 70_000).decode() + " 151642\n")
    folder.write("text.txt", "a" * SIZE)


@attack("tekken: counts", "tokenize", "@", "--text", "abc")
def _(folder):
    folder.model("tokenizer.json")
    folder.write("tekken.json", compact({"config": {"pattern": ".", "default_vocab_size": 1 << 62,
                                                    "default_num_special_tokens": 1 << 62}, "vocab": []}))


@attack("tekken: special tokens of the same name", "tokenize", "@", "--text", "abc")
def _(folder):
    folder.model("tokenizer.json")
    folder.write("tekken.json", compact({"config": {"pattern": ".", "default_vocab_size": 1 << 20,
                                                    "default_num_special_tokens": 1 << 20}, "vocab": []}))


# MARK: text

for kind, text in {"a": "a" * SIZE, "spaces": " " * SIZE, "lines": "\n" * SIZE, "carriage returns": "\r\n" * 50_000,
                   "digits": "1" * SIZE, "marks": "e" + "\u0301\u0327\u0316" * 16_000, "zero bytes": "\0" * SIZE,
                   "hangul": "\u1100\u1161" * 16_000, "joiners": "\U0001f468\u200d" * 14_000,
                   "special tokens": "<|im_start|>" * 8_000, "half of one": "<|im_start" * 10_000,
                   "apostrophes": "'" * SIZE, "capitals": "aB" * 50_000, "ligatures": "\ufdfa" * 33_000,
                   "tabs": "\t " * 50_000}.items():
    for model in ("tiny-llama", "tiny-qwen2", "tiny-quantised/model.gguf"):
        if not (ROOT / "Models" / model).exists():
            continue
        @attack(f"text: {kind} by {model}", "tokenize", str(ROOT / "Models" / model), "--file", "@/t.txt", "--summary")
        def make(folder, text=text):
            folder.write("t.txt", text)


# MARK: chat templates

TEMPLATES = {
    "long values": "{% set x = 'a' * 10000000 %}{{ x }}{{ x }}{{ x }}",
    "doubled": "{% set n = namespace(x='aa') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
    "doubled lists": "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x }}",
    "shared lists": "{% set n = namespace(x=[1]) %}{% for i in range(45) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
    "shared lists as JSON": "{% set n = namespace(x=[1]) %}{% for i in range(18) %}{% set n.x = [n.x, n.x] %}{% endfor %}"
                            "{% for i in range(1000) %}{{ n.x | tojson | length }}{% endfor %}",
    "shared texts": "{% set s = 'a' * 1000000 %}{% set n = namespace(x=[s]) %}{% for i in range(16) %}"
                    "{% set n.x = n.x + n.x %}{% endfor %}{{ n.x | join('') | length }}",
    "shared texts printed": "{% set s = 'a' * 1000000 %}{% set n = namespace(x=[s]) %}{% for i in range(16) %}"
                            "{% set n.x = n.x + n.x %}{% endfor %}{{ (n.x ~ '') | length }}",
    "shared texts as JSON": "{% set s = 'a' * 1000000 %}{% set n = namespace(x=[s]) %}{% for i in range(16) %}"
                            "{% set n.x = n.x + n.x %}{% endfor %}{{ n.x | tojson | length }}",
    "shared texts equal": "{% set s = 'a' * 1000000 %}{% set n = namespace(x=[s]) %}{% for i in range(16) %}"
                          "{% set n.x = n.x + n.x %}{% endfor %}{{ n.x == n.x }}",
    "shared texts sorted": "{% set s = 'a' * 100000 %}{% set n = namespace(x=[s]) %}{% for i in range(12) %}"
                           "{% set n.x = n.x + n.x %}{% endfor %}{{ n.x | sort | length }}",
    "shared texts counted": "{% set s = 'a' * 1000000 %}{% set n = namespace(x=[s]) %}{% for i in range(16) %}"
                            "{% set n.x = n.x + n.x %}{% endfor %}{{ n.x.count(s ~ 'b') }}",
    "shared texts unique": "{% set s = 'a' * 3000 %}{% set n = namespace(x=[]) %}{% for i in range(1000) %}"
                           "{% set n.x = n.x + [s ~ i] %}{% endfor %}{{ n.x | unique | list | length }}",
    "shared texts upper": "{% set s = 'a' * 1000000 %}{% set n = namespace(x=[s]) %}{% for i in range(16) %}"
                          "{% set n.x = n.x + n.x %}{% endfor %}{{ n.x | map('upper') | list | length }}",
    "shared texts summed": "{% set s = 'a' * 100000 %}{% set n = namespace(x=[[s]]) %}{% for i in range(12) %}"
                           "{% set n.x = n.x + n.x %}{% endfor %}{{ n.x | sum | length }}",
    "replaced": "{{ ('a' * 100000).replace('a', 'b' * 100000) | length }}",
    "replaced by the filter": "{{ ('a' * 100000) | replace('a', 'b' * 100000) | length }}",
    "replaced nothing": "{{ ('a' * 100000).replace('', 'b' * 100000) | length }}",
    "searched": "{{ ('a' * 200000).find('a' * 100000 ~ 'b') }}",
    "searched by in": "{{ ('a' * 100000 ~ 'b') in ('a' * 200000) }}",
    "searched and counted": "{{ ('a' * 200000).count('a' * 100000 ~ 'b') }}",
    "split by much": "{{ ('a' * 200000).split('a' * 100000 ~ 'b') | length }}",
    "split": "{{ (',' * 10000000).split(',') | length }}",
    "split lines": "{{ ('\n' * 10000000).splitlines() | length }}",
    "characters": "{% for c in 'a' * 10000000 %}{% endfor %}",
    "characters listed": "{{ 'a' * 10000000 | list | length }}{{ ('a' * 10000000) | list | length }}",
    "joined": "{{ ('a' * 100000) | join('b' * 100000) | length }}",
    "joined by the method": "{{ ('b' * 100000).join(['a'] * 1) }}{{ ('b' * 10000).join('a' * 100000) | length }}",
    "indented": "{{ ('\n' * 100000) | indent(1000) | length }}",
    "indented JSON": "{% set n = namespace(x=[1]) %}{% for i in range(17) %}{% set n.x = n.x + n.x %}{% endfor %}"
                     "{{ n.x | tojson(indent=100) | length }}",
    "separated JSON": "{{ range(100000) | list | tojson(separators=('a' * 100000, 'b')) | length }}",
    "sliced": "{% for i in range(90000) %}{{ ('a' * 1000)[::1] }}{% endfor %}",
    "many values": "".join(f"{{% set x{index} = 'a' * 200000 %}}" for index in range(2500)),
    "many ranges": "".join(f"{{% set x{index} = range(100000) %}}" for index in range(2500)),
    "nested loops": "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}x{% endfor %}"
                    "{% endfor %}{% endfor %}",
    "macros that call": "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "macros in turn": "{% macro f(n) %}{{ g(n) }}{% endmacro %}{% macro g(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "nested brackets": "{{ " + "(" * 40_000 + "1" + ")" * 40_000 + " }}",
    "nested lists": "{{ " + "[" * 40_000 + "]" * 40_000 + " }}",
    "nots": "{{ " + "not " * 20_000 + "1 }}",
    "minus": "{{ " + "-" * 90_000 + "1 }}",
    "sums": "{{ 1" + "+1" * 45_000 + " }}",
    "tildes": "{{ 'a'" + "~'a'" * 20_000 + " }}",
    "attributes": "{{ a" + ".a" * 45_000 + " }}",
    "filters": "{{ 'a'" + "|trim" * 18_000 + " }}",
    "calls": "{{ a" + "()" * 45_000 + " }}",
    "items": "{{ a" + "[0]" * 30_000 + " }}",
    "conditions": "{{ " + "1 if 1 else " * 8_000 + "1 }}",
    "comparisons": "{{ 1" + " < 2" * 20_000 + " }}",
    "ifs": "{% if 1 %}" * 9_000 + "{% endif %}" * 9_000,
    "elifs": "{% if 0 %}" + "{% elif 0 %}" * 8_000 + "{% endif %}",
    "loops never ended": "{% for a in b %}" * 6_000,
    "open blocks": "{%" * 50_000,
    "open outputs": "{{" * 50_000,
    "open comments": "{#" * 50_000,
    "comments": "{##}" * 25_000,
    "minus signs": "{{-'a'-}} \n" * 9_000,
    "quotes": "{{ '" + "\\'" * 40_000,
    "huge numbers": "{{ " + "9" * 90_000 + " }}",
    "huge powers": "{{ 9 ** 9 ** 9 ** 9 }}",
    "powers": "{{ 2" + " ** 2" * 15_000 + " }}",
    "huge range": "{{ range(9223372036854775807) | list }}",
    "huge step": "{{ range(0, 10, -9223372036854775807 - 1) | list }}{{ 'abc'[::-9223372036854775807 - 1] }}",
    "least number": "{{ (-9223372036854775807 - 1) // -1 }}{{ (-9223372036854775807 - 1) | abs }}",
    "least modulo": "{{ (-9223372036854775807 - 1) % -1 }}",
    "least modulo of a test": "{{ (-9223372036854775807 - 1) is divisibleby(-1) }}",
    "huge index": "{{ 'abc'[9223372036854775807] }}{{ 'abc'[-9223372036854775807] }}{{ [1][-9223372036854775807 - 1] }}",
    "huge slice": "{{ 'abc'[-9223372036854775807 - 1:9223372036854775807] }}",
    "huge replace count": "{{ 'aa'.replace('a', 'b', -9223372036854775807 - 1) }}{{ 'aa' | replace('a', 'b', -1) }}",
    "huge split": "{{ 'a,b'.split(',', 9223372036854775807) }}{{ 'a,b'.rsplit(',', -9223372036854775807 - 1) }}",
    "huge indent": "{{ 'a\nb' | indent(9223372036854775807) }}{{ [1] | tojson(indent=9223372036854775807) }}",
    "sorted without order": "{{ [1, 0 / 1, 'a'] | sort }}",
    "sum of itself": "{% set n = namespace() %}{% set n.a = n %}{{ n }}{{ n.a.a.a.a == n }}{{ n | tojson }}",
    "dates": "{{ strftime_now('%Y' * 100000) | length }}",
    "names": "{{ " + "a" * 90_000 + " }}",
    "terminal": "{{ raise_exception('\x1b[31m\u009b') }}",
    "long error": "{{ raise_exception('a' * 5000000) }}",
    "many messages": "{% for a in range(300) %}{% for m in messages %}{{ m.content }}{% endfor %}{% endfor %}",
}

for name, text in TEMPLATES.items():
    @attack(f"template: {name}", "tokenize", "@", "--file", "@/t.txt", "--template", "model", "--summary")
    def make(folder, text=text):
        folder.model()
        folder.write("chat_template.jinja", text)
        folder.write("t.txt", "a")


@attack("template: a conversation of 1 MB", "tokenize", str(ROOT / "Models/tiny-qwen2"), "--file", "@/t.txt", "--template",
        "chatml", "--summary", seconds=3.0)
def _(folder):
    folder.write("t.txt", filled("Hello, world. ", MEGABYTE))


# MARK: data

def data_attack(name, file, content, seconds=1.0, words=()):
    @attack(f"data: {name}", "score", "@", "--data", f"@/{file}", "--template", "raw", *words, seconds=seconds)
    def make(folder):
        folder.model()
        folder.write(file, content() if callable(content) else content)


RECORD = '{"instruction":"a","response":"b"}\n'
data_attack("one field again and again", "d.csv", "instruction,response\n" + "," * SIZE)
data_attack("columns", "d.csv", ",".join(f"c{index}" for index in range(15_000)) + "\n" + "," * 14_999)
data_attack("columns of one name", "d.csv", ",".join("c" for index in range(50_000)))
data_attack("quotes", "d.csv", 'instruction,response\n"' + '""' * 49_000)
data_attack("quotes never closed", "d.csv", "instruction,response\n" + '"a,\n' * 20_000)
data_attack("carriage returns", "d.csv", "instruction,response\n" + "\r" * SIZE)
data_attack("tabs", "d.tsv", "sentence\tlabel\n" + "\t" * SIZE)
data_attack("a table of one column of labels", "d.tsv", "sentence\tlabel\n" + "a\t2\n" * 20_000)
data_attack("choices", "d.jsonl", compact({"question": "a", "choices": [f"c{index}" for index in range(10_000)], "answer": 9_999}) + "\n")
data_attack("choices of one text", "d.jsonl", compact({"question": "a", "choices": ["c"] * 20_000, "answer": 1}) + "\n")
data_attack("labels", "d.jsonl", compact({"question": "a", "choices": {
    "text": ["c"] * 8_000, "label": [str(index) for index in range(8_000)]}, "answerKey": "7999"}) + "\n")
data_attack("an answer beyond", "d.jsonl", compact({"question": "a", "choices": ["c", "d"], "answer": 1 << 62}) + "\n")
data_attack("an answer below", "d.jsonl", compact({"question": "a", "choices": ["c", "d"], "answer": -(1 << 63)}) + "\n")
data_attack("turns", "d.jsonl", compact({"messages": [
    {"role": ("user", "assistant")[index % 2], "content": "a"} for index in range(2_500)]}) + "\n", seconds=2.0)
data_attack("turns of one side", "d.jsonl", compact({"messages": [{"role": "user", "content": "a"}] * 3_000}) + "\n")
data_attack("turns by the chat template", "d.jsonl", compact({"messages": [
    {"role": ("user", "assistant")[index % 2], "content": "a"} for index in range(2_500)]}) + "\n", seconds=2.0)
data_attack("one long record", "d.jsonl", compact({"instruction": "a" * 90_000, "response": "b"}) + "\n", seconds=2.0)
data_attack("a gzip bomb", "d.jsonl.gz", lambda: gzip.compress(RECORD.encode() + b"\n" * (200 * MEGABYTE)), seconds=4.0)
data_attack("a gzip bomb of zeros", "d.jsonl.gz", lambda: gzip.compress(b"\0" * (100 * MEGABYTE)), seconds=4.0)
data_attack("many gzip members", "d.jsonl.gz", lambda: gzip.compress(b"") * 5_000)
data_attack("gzip in gzip", "d.jsonl.gz", lambda: gzip.compress(gzip.compress(RECORD.encode())))
data_attack("a gzip that ends early", "d.jsonl.gz", lambda: gzip.compress(RECORD.encode() * 9999)[:-9])
data_attack("options", "d.jsonl", compact({"prompt": "a", "completion": "b", "options": ["b"] + [f"o{index}" for index in range(9_000)]}) + "\n")
data_attack("a task of instances", "d.json", compact({"Definition": ["d"], "Instances": [{"input": "a", "output": ["b"]}] * 3_000}), seconds=4.0)
data_attack("a task of definitions", "d.json", compact({"Definition": ["d"] * 20_000, "Instances": [{"input": "a", "output": ["b"]}]}))
data_attack("a task without end", "d.json", '{"Definition":["d"],"Instances":[{"input":"a","output":["b"]}' + ',{"input":"a"' * 5_000)
data_attack("other characters", "d.jsonl", b"\xff\xfe" * 50_000)
data_attack("a wide text", "d.jsonl", RECORD.encode("utf-16"))
data_attack("terminal in a key", "d.jsonl", '{"\\u001b[31m":"a","\\u009b":1}\n')
data_attack("terminal in a category", "d.jsonl", '{"instruction":"a","response":"b","category":"\\u001b[31m\u009b"}\n')


# MARK: settings, patterns, checkpoints

YAML = {
    "nested flow": "[" * SIZE,
    "nested maps": "{" * SIZE,
    "nested maps with values": "{a: " * 25_000,
    "nested keys": "? " * 50_000,
    "nested lists": "- " * 50_000,
    "nested by indent": "".join(" " * depth + "a:\n" for depth in range(440)),
    "colons": ":" * SIZE,
    "keys": "".join(f"k{index}: 1\n" for index in range(9_000)),
    "one key again": "seed: 1\n" * 12_000,
    "anchors": "".join(f"k{index}: &a{index} 1\n" for index in range(5_000)),
    "tags": "".join(f"k{index}: !!t{index} 1\n" for index in range(5_000)),
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
for name, text in YAML.items():
    @attack(f"settings: {name}", "tune", "--config", "@/s.yaml", "--out", "@/o.kseed", accepts=(1, 64))
    def make(folder, text=text):
        folder.write("s.yaml", text)

for name, pattern in {"stars": "*" * 50_000 + "a", "stars and letters": "*a" * 25_000, "commas": "," * 90_000,
                      "many": ",".join(["*b*a*c"] * 15_000), "signs": "?" * 90_000}.items():
    @attack(f"parameters: {name}", "tune", str(SMALL), "--data", "@/d.jsonl", "--template", "raw", "--parameters",
            pattern, "--steps", "1", "--candidates", "64", "--held-out", "2", "--out", "@/o.kseed", accepts=(0, 1, 64))
    def make(folder):
        folder.write("d.jsonl", GOOD)


# MARK: weights

def gguf(metadata=b"", count=0, tensors=b"", tensor_count=0, version=3):
    return b"GGUF" + struct.pack("<IQQ", version, tensor_count, count) + metadata + tensors


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(value)) + value


def gguf_attack(name, content, seconds=1.0):
    @attack(f"gguf: {name}", "inspect", "@/m.gguf", seconds=seconds)
    def make(folder):
        folder.write("m.gguf", content() if callable(content) else content)


ARCHITECTURE = text("general.architecture") + struct.pack("<I", 8) + text("llama")
gguf_attack("2^64 metadata", gguf(count=(1 << 64) - 1))
gguf_attack("2^64 tensors", gguf(tensor_count=(1 << 64) - 1))
gguf_attack("2^63 metadata", gguf(count=1 << 63))
gguf_attack("a key of 2^64 bytes", gguf(struct.pack("<Q", (1 << 64) - 1) + b"a" * 100, 1))
gguf_attack("an array of 2^62", gguf(text("a") + struct.pack("<IIQ", 9, 8, 1 << 62), 1))
gguf_attack("an array of 2^62 bytes", gguf(text("a") + struct.pack("<IIQ", 9, 0, 1 << 62), 1))
gguf_attack("arrays in arrays", gguf(text("a") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 8_000, 1))
gguf_attack("empty arrays in an array", gguf(text("a") + struct.pack("<IIQ", 9, 9, 8_000) + struct.pack("<IQ", 0, 0) * 8_000, 1))
gguf_attack("many empty texts", gguf(ARCHITECTURE + text("a") + struct.pack("<IIQ", 9, 8, 12_000) + bytes(8 * 12_000), 2))
gguf_attack("many keys", gguf(b"".join(text(f"k{index}") + struct.pack("<IB", 0, 1) for index in range(5_000)), 5_000))
gguf_attack("one key again", gguf(b"".join(text("k") + struct.pack("<IB", 0, 1) for index in range(6_000)), 6_000))
gguf_attack("keys of nothing", gguf(b"".join(text("") + struct.pack("<IB", 0, 1) for index in range(7_000)), 7_000))
gguf_attack("many tensors", gguf(ARCHITECTURE, 1, b"".join(
    text(f"t{index}") + struct.pack("<IQIQ", 1, 0, 0, 0) for index in range(3_000)), 3_000))
gguf_attack("tensors of one name", gguf(ARCHITECTURE, 1, b"".join(
    text("t") + struct.pack("<IQIQ", 1, 1, 0, 0) for index in range(3_000)), 3_000))
gguf_attack("a tensor of 2^64", gguf(ARCHITECTURE, 1, text("t") + struct.pack("<I4QIQ", 4, *[1 << 32] * 4, 0, 0), 1))
gguf_attack("2^32 dimensions", gguf(ARCHITECTURE, 1, text("t") + struct.pack("<I", (1 << 32) - 1), 1))
gguf_attack("an alignment of 0", gguf(ARCHITECTURE + text("general.alignment") + struct.pack("<II", 4, 0), 2))
gguf_attack("an alignment of 2^31", gguf(ARCHITECTURE + text("general.alignment") + struct.pack("<II", 4, 1 << 31), 2))
gguf_attack("terminal", gguf(text("general.architecture") + struct.pack("<I", 8) + text("\x1b[31m"), 1))
gguf_attack("terminal in a key", gguf(ARCHITECTURE + text("\x1b[31m") + struct.pack("<I", 99), 2))
gguf_attack("layers", gguf(ARCHITECTURE + text("llama.block_count") + struct.pack("<II", 4, (1 << 32) - 1), 2))

CONFIG = json.loads((SMALL / "config.json").read_text())
HUGE = [1 << 20, (1 << 31) - 1, 1 << 31, 1 << 32, (1 << 62), (1 << 63) - 1, 1 << 63, -1, 0, 1e308, 0.5, "1", None, True, [], {}]
for key in ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
            "vocab_size", "max_position_embeddings", "head_dim", "rope_theta", "rms_norm_eps", "sliding_window"):
    for value in HUGE:
        for command in ("inspect", "estimate"):
            @attack(f"config: {key} is {str(value)[:24]} to {command}", command, "@" if command == "inspect" else "@/config.json")
            def make(folder, key=key, value=value):
                folder.model()
                folder.write("config.json", json.dumps(CONFIG | {key: value}))
for key in ("rope_scaling", "layer_types", "no_rope_layers", "eos_token_id", "quantization_config", "architectures"):
    for value in (["full_attention"] * 9_000, [1] * 40_000, {"rope_type": "yarn", "factor": 1e308}, {"rope_type": "llama3"},
                  {"rope_type": "longrope", "short_factor": [1.0] * 20_000, "long_factor": [0] * 9_000}, 1 << 62, "x" * SIZE):
        @attack(f"config: {key} is {str(value)[:24]}", "estimate", "@/config.json")
        def make(folder, key=key, value=value):
            folder.write("config.json", json.dumps(CONFIG | {key: value}))


def safetensors_attack(name, header, body=b"", size=None, seconds=1.0):
    @attack(f"safetensors: {name}", "inspect", "@", seconds=seconds)
    def make(folder):
        folder.model("model.safetensors")
        content = (header() if callable(header) else header).encode()
        folder.write("model.safetensors", struct.pack("<Q", len(content) if size is None else size) + content + body)


safetensors_attack("a header of 2^64", "{}", size=(1 << 64) - 1)
safetensors_attack("a header of 2^63", "{}", size=1 << 63)
safetensors_attack("many tensors", lambda: compact({f"t{index}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for index in range(1_900)}))
safetensors_attack("dimensions", lambda: compact({"t": {"dtype": "F32", "shape": [1] * 60, "data_offsets": [0, 4]}}), b"abcd")
safetensors_attack("many dimensions", lambda: compact({"t": {"dtype": "F32", "shape": [1] * 45_000, "data_offsets": [0, 4]}}), b"abcd")
safetensors_attack("a huge shape", lambda: compact({"t": {"dtype": "F32", "shape": [1 << 62, 4], "data_offsets": [0, 0]}}))
safetensors_attack("a negative offset", lambda: compact({"t": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}))
safetensors_attack("terminal in a name", lambda: '{"\\u001b[31m":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', b"abcd")
safetensors_attack("terminal in a type", lambda: '{"t":{"dtype":"\\u001b[31m","shape":[1],"data_offsets":[0,4]}}', b"abcd")
safetensors_attack("many texts", lambda: compact({"__metadata__": {f"k{index}": "v" for index in range(9_000)}}))


@attack("index: many shards", "inspect", "@")
def _(folder):
    folder.model("model.safetensors")
    folder.write("model.safetensors.index.json", compact({"weight_map": {
        f"t{index}": f"s{index}.safetensors" for index in range(3_000)}}))


@attack("index: a shard outside", "inspect", "@", accepts=(1,))
def _(folder):
    folder.model("model.safetensors")
    folder.write("model.safetensors.index.json", compact({"weight_map": {"t": "../../etc/passwd.safetensors"}}))


# MARK: larger inputs, for memory

def memory_attack(name, words, make, seconds=8.0):
    attack(f"memory: {name}", *words, seconds=seconds)(make)


def large(file, content, *without):
    def make(folder):
        prepare(folder, file)
        for name in without:
            (folder.path / name).unlink()
        folder.write(file, content())
    return make


ZEROS = lambda: '{"a":[' + "0," * (10 * MEGABYTE) + "0]}"
memory_attack("zeros in config.json", ("inspect", "@"), large("config.json", ZEROS))
memory_attack("zeros for estimate", ("estimate", "@/config.json"), large("config.json", ZEROS))
memory_attack("zeros in tokenizer.json", ("tokenize", "@", "--text", "a"), large("tokenizer.json", ZEROS))
memory_attack("zeros in a normalizer", ("tokenize", "@", "--text", "a"),
              large("tokenizer.json", lambda: '{"normalizer":[' + "0," * (10 * MEGABYTE) + "0]}"))
memory_attack("zeros in tokenizer_config.json", ("tokenize", "@", "--text", "a"), large("tokenizer_config.json", ZEROS))
memory_attack("zeros in the index", ("inspect", "@"), large("model.safetensors.index.json", ZEROS))
memory_attack("zeros in partition.json", JSON_PLACES["partition"][1], large("partition.json", lambda: '{"clients":[[' + "0," * (10 * MEGABYTE) + "0]]}"))
memory_attack("zeros in state.json", ("simulate", "--resume", "@/run", "--rounds", "3"), large("run/state.json", ZEROS))
memory_attack("zeros in state.json compared", ("compare", "@/run"), large("run/state.json", ZEROS))
memory_attack("lines in rounds.jsonl", ("compare", "@/run"), large("run/rounds.jsonl", lambda: "\n" * (20 * MEGABYTE)))
memory_attack("lines in steps", ("kseed", "at", "@/t.kseed", "--step", "1", "--out", "@/o.kseed"),
              large("t.steps.jsonl", lambda: "\n" * (20 * MEGABYTE)))
memory_attack("lines of data", ("score", "@", "--data", "@/d.jsonl", "--template", "raw"), large("d.jsonl", lambda: "\n" * (20 * MEGABYTE) + RECORD))
memory_attack("commas in a table", ("score", "@", "--data", "@/d.csv", "--template", "raw"), large("d.csv", lambda: "," * (20 * MEGABYTE)))
memory_attack("zeros in an array of data", ("score", "@", "--data", "@/d.json", "--template", "raw"), large("d.json", lambda: "[" + "0," * (10 * MEGABYTE) + "0]"))
memory_attack("zeros in a record", ("score", "@", "--data", "@/d.jsonl", "--template", "raw"),
              large("d.jsonl", lambda: '{"instruction":"a","response":"b","x":[' + "0," * (10 * MEGABYTE) + "0]}\n"))
memory_attack("zeros in a document", ("score", "@", "--data", "@/d.json", "--template", "raw"),
              large("d.json", lambda: '{"data":[' + "0," * (10 * MEGABYTE) + "0]}"))
memory_attack("settings of 20 MB", ("tune", "--config", "@/s.yaml", "--out", "@/o.kseed"), large("s.yaml", lambda: "- " * (10 * MEGABYTE)))
memory_attack("settings of 1 MB", ("tune", "--config", "@/s.yaml", "--out", "@/o.kseed"), large("s.yaml", lambda: "[" * (MEGABYTE - 9)))
memory_attack("settings of 1 MB of lists", ("tune", "--config", "@/s.yaml", "--out", "@/o.kseed"), large("s.yaml", lambda: "- " * (MEGABYTE // 2 - 9)))
memory_attack("settings of 1 MB of keys", ("tune", "--config", "@/s.yaml", "--out", "@/o.kseed"),
              large("s.yaml", lambda: "".join(f"k{index}: 1\n" for index in range(90_000))))
memory_attack("a template of 20 MB", ("tokenize", "@", "--text", "a", "--template", "model"), large("chat_template.jinja", lambda: "{{ 1 }}" * (3 * MEGABYTE)))
memory_attack("a template of 1 MB", ("tokenize", "@", "--text", "a", "--template", "model"), large("chat_template.jinja", lambda: "{{1}}" * (MEGABYTE // 5)))
memory_attack("empty pieces", ("tokenize", "@", "--text", "a"), large("tokenizer.model", lambda: b"\x0a\x00" * (4 * MEGABYTE), "tokenizer.json"))
memory_attack("fields of pieces", ("tokenize", "@", "--text", "a"), large("tokenizer.model", lambda: b"\x08\x01" * (4 * MEGABYTE), "tokenizer.json"))
memory_attack("empty lines of ranks", ("tokenize", "@", "--text", "a"), large("qwen.tiktoken", lambda: "\n" * (20 * MEGABYTE), "tokenizer.json"))
memory_attack("empty texts in a GGUF", ("inspect", "@/m.gguf"), large("m.gguf", lambda: gguf(
    ARCHITECTURE + text("a") + struct.pack("<IIQ", 9, 8, 2 * MEGABYTE) + bytes(16 * MEGABYTE), 2)))
memory_attack("keys of a GGUF", ("inspect", "@/m.gguf"), large("m.gguf", lambda: gguf(
    b"".join(text(f"{index:x}") + struct.pack("<IB", 0, 1) for index in range(MEGABYTE)), MEGABYTE)))
memory_attack("tensors of a GGUF", ("inspect", "@/m.gguf"), large("m.gguf", lambda: gguf(ARCHITECTURE, 1, b"".join(
    text(f"{index:x}") + struct.pack("<IQIQ", 1, 0, 0, 0) for index in range(MEGABYTE // 2)), MEGABYTE // 2)))
memory_attack("a safetensors header of zeros", ("inspect", "@"), large("model.safetensors", lambda: struct.pack(
    "<Q", 20 * MEGABYTE + 8) + b'{"a":[' + b"0," * (10 * MEGABYTE) + b"0}"))
memory_attack("a safetensors header of tensors", ("inspect", "@"), large("model.safetensors", lambda: (
    lambda head: struct.pack("<Q", len(head)) + head)(("{" + ",".join(
        f'"{index:x}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' for index in range(120_000)) + "}").encode())))
memory_attack("one long token", ("tokenize", "@", "--text", "a"), large("tokenizer.json", lambda: tokenizer(
    model={"type": "Unigram", "unk_id": 0, "vocab": [["?", 0.0], ["a" * (10 * MEGABYTE), -1.0]]})))
memory_attack("many tokens", ("tokenize", "@", "--text", "a"), large("tokenizer.json", lambda: tokenizer(
    model={"type": "BPE", "merges": [], "vocab": {f"{index:x}": index for index in range(1 << 20)}})))

if __name__ == "__main__":
    main()
