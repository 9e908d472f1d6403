#!/usr/bin/env python3
"""Compares the ids of `fedkseed tokenize` with those of tiktoken, SentencePiece and tokenizers, and the time they take.

    scripts/fetch-tokenizers
    python3 Tests/Reference/check_tokenizers.py --tool .build/release/fedkseed [--megabytes 10]

Needs the Python packages tiktoken, sentencepiece and tokenizers; what is missing is said and left out. The text is of
every kind: prose, code, emoji, Chinese, right to left, combining marks, control characters, bytes that are not UTF-8, very
long words. Unicode's newest characters are left out, since each program has the tables of another version.
"""

import argparse
import base64
import importlib.util
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "Models/tokenizers"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
LEAD = r"[^\r\n\p{L}\p{N}]?"
# What the programs around these vocabularies cut words with.
EXPRESSIONS = {
    "llama3": CONTRACTIONS + "|" + LEAD + r"\p{L}+|\p{N}{1,3}" + TAIL,
    "qwen": CONTRACTIONS + "|" + LEAD + r"\p{L}+|\p{N}" + TAIL,
    "llama4": f"{LEAD}{UPPER}*{LOWER}+{CONTRACTIONS}?|{LEAD}{UPPER}+{LOWER}*{CONTRACTIONS}?"
              + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}


def characters(generator, low, high, count):
    return "".join(chr(generator.randint(low, high)) for _ in range(count))


def mixed_text(byte_count):
    generator = random.Random(7)
    code = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "Sources").rglob("*.swift"))]
    prose = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "Documentation").glob("*.md"))]

    def excerpt(texts, length):
        text = generator.choice(texts)
        start = generator.randrange(max(1, len(text) - length))
        return text[start:start + length]

    def words(low, high):
        return " ".join(characters(generator, low, high, generator.randint(1, 9)) for _ in range(12))

    kinds = [
        (30, lambda: excerpt(prose, 1200)), (30, lambda: excerpt(code, 1500)),
        (8, lambda: characters(generator, 0x4E00, 0x9FA5, 200) + "。" + characters(generator, 0x3041, 0x3096, 60) + characters(generator, 0xAC00, 0xD7A3, 60)),
        (6, lambda: words(0x5D0, 0x5EA) + " " + words(0x621, 0x64A)),
        (5, lambda: words(0x410, 0x44F) + words(0x3B1, 0x3C9)),
        (4, lambda: characters(generator, 0x1F300, 0x1F5FF, 30) + "👨‍👩‍👧 🇩🇪👍🏽" + characters(generator, 0x2600, 0x26FF, 20)),
        (3, lambda: words(0x904, 0x939) + characters(generator, 0x93E, 0x94C, 8) + words(0xE01, 0xE2E)),
        (2, lambda: "".join(generator.choice("abcdefghijklmnop") for _ in range(3000))),
        (2, lambda: " " * generator.randint(1, 90) + "\n" * generator.randint(1, 9) + "\t" * generator.randint(0, 9) + " \r\n " * 3),
        (2, lambda: "".join("e" + chr(generator.randint(0x300, 0x34E)) for _ in range(40))),
        (2, lambda: "".join(str(generator.randint(0, 99999)) for _ in range(40)) + " ٣٤٥ ½ ² Ⅷ"),
        (2, lambda: characters(generator, 0, 0x1F, 20) + characters(generator, 0x7F, 0x17F, 40) + "I'll THEY'VE it'S 'ſ don't we'Re"),
        (1, lambda: "<|im_start|>user\nhi<|im_end|> </s> [INST] ▁ ▁▁ <0x0A>"),
    ]
    data = bytearray()
    while len(data) < byte_count:
        make = generator.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]
        data += make().encode() + generator.choice([b" ", b"\n", b"", b"\n\n"])
        if generator.random() < 0.01:
            data += generator.randbytes(20)
    return bytes(data)


def has(*packages):
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        print(f"skipped: needs the Python packages {', '.join(missing)}")
    return not missing


def ranks(path):
    lines = (line.split() for line in path.read_bytes().splitlines())
    return {base64.b64decode(token): int(rank) for token, rank in lines}


def tiktoken_peer(name):
    if not has("tiktoken"):
        return None
    import tiktoken
    shift = 0
    if name == "tekken":
        file = json.loads((FOLDER / name / "tekken.json").read_text(encoding="utf-8"))
        config = file["config"]
        shift = config["default_num_special_tokens"]
        tokens = file["vocab"][:config["default_vocab_size"] - shift]
        mergeable = {base64.b64decode(token["token_bytes"]): rank for rank, token in enumerate(tokens)}
        expression = config["pattern"]
    else:
        mergeable = ranks(next(path for path in (FOLDER / name).iterdir() if path.name != "config.json"))
        expression = EXPRESSIONS[name]
    encoding = tiktoken.Encoding(name, pat_str=expression, mergeable_ranks=mergeable, special_tokens={})

    def encode(text):
        # Qwen's program composes characters first.
        return [id + shift for id in encoding.encode_ordinary(unicodedata.normalize("NFC", text) if name == "qwen" else text)]
    return encode


def sentencepiece_peer(name):
    if not has("sentencepiece"):
        return None
    import sentencepiece
    return sentencepiece.SentencePieceProcessor(model_file=str(FOLDER / name / "tokenizer.model")).encode


def tokenizers_peer(name):
    if not has("tokenizers"):
        return None
    import tokenizers
    tokenizer = tokenizers.Tokenizer.from_file(str(FOLDER / name / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


PEERS = {
    "llama3": tiktoken_peer, "llama4": tiktoken_peer, "qwen": tiktoken_peer, "tekken": tiktoken_peer,
    "mistral1": sentencepiece_peer, "mistral3": sentencepiece_peer, "mistral7": sentencepiece_peer, "deepseek": tokenizers_peer}


def first_difference(ours, theirs):
    place = next((place for place, (one, other) in enumerate(zip(ours, theirs)) if one != other), min(len(ours), len(theirs)))
    return f"different from id {place} on: {ours[place:place + 5]} instead of {theirs[place:place + 5]}"


def check(tool, name, path, data):
    arguments = [tool, "tokenize", str(FOLDER / name), "--file", str(path), "--plain", "--json"]
    ours = json.loads(subprocess.run(arguments, check=True, capture_output=True).stdout)["ids"]
    summary = json.loads(subprocess.run([*arguments, "--summary"], check=True, capture_output=True).stdout)
    speed = summary["bytes"] / 1e6 / summary["encoding_seconds"]
    line = f"{name:9} {len(ours):9} ids, opened in {1000 * summary['opening_seconds']:4.0f} ms, {speed:5.1f} MB/s"
    encode = PEERS[name](name)
    if encode is None:
        print(line)
        return True
    text = data.decode("utf-8", "replace")
    started = time.perf_counter()
    theirs = encode(text)
    line += f", the other program {len(data) / 1e6 / (time.perf_counter() - started):5.1f} MB/s: "
    print(line + ("the same" if ours == theirs else first_difference(ours, theirs)))
    return ours == theirs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True)
    parser.add_argument("--megabytes", type=float, default=1)
    options = parser.parse_args()
    if not (FOLDER / "complete").exists():
        print("skipped: needs the vocabularies that scripts/fetch-tokenizers fetches")
        return
    data = mixed_text(int(options.megabytes * 1e6))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "text"
        path.write_bytes(data)
        same = [check(options.tool, name, path, data) for name in PEERS]
    if not all(same):
        sys.exit("other programs give other ids, see above")


if __name__ == "__main__":
    main()
