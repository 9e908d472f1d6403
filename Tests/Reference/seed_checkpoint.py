"""Reads, verifies and writes seed checkpoints, from Documentation/SeedCheckpoint.md.

    python3 seed_checkpoint.py show FILE.kseed
    python3 seed_checkpoint.py random FILE.kseed --model FOLDER --basis BASIS --candidates K [--seed S] [--zeros P]
        [--parameters PATTERN]

`random` writes coordinates drawn at random for a Hugging Face folder, to try replay with.
"""

import argparse
import hashlib
import json
import math
import os
import re
import struct
import tempfile

import numpy as np

import directions
import safetensors_folder

MAGIC = b"KSEED\0\0\0"
# A file of version 2 names the tensors that move.
ALL_TENSORS, SOME_TENSORS = 1, 2
LONGEST_HEADER = 1 << 20
LONGEST_FILE = 16 + LONGEST_HEADER + 4 * 65536 + 32
DEEPEST = 64


class CheckpointError(ValueError):
    """Says what is wrong with a checkpoint."""


def require(condition, message):
    if not condition:
        raise CheckpointError(message)


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1 << 53


def is_positive(value, precision=np.float64):
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    with np.errstate(over="ignore", under="ignore"):
        rounded = precision(float(value))
    return bool(np.isfinite(rounded)) and rounded > 0


def is_hash(value):
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def is_settings(value):
    return isinstance(value, dict) and all(
        isinstance(entry, str) and re.fullmatch("[ -~]{0,256}", name) for name, entry in value.items())


def is_pattern(value):
    return (isinstance(value, str) and len(value) <= 4096 and re.fullmatch("[!-~]+", value) is not None
            and all(value.split(",")))


def moves(header, name):
    """Whether the directions of a checkpoint move the tensor of this name."""
    if "parameters" not in header:
        return True
    expressions = (re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
                   for pattern in header["parameters"].split(","))
    return any(re.fullmatch(expression, name) for expression in expressions)


def is_seed(value):
    return isinstance(value, str) and re.fullmatch("0|[1-9][0-9]{,19}", value) is not None and int(value) < 1 << 64


# The table of keys: what each value must be.
KEYS = {
    "base": is_hash,
    "basis": lambda value: value in directions.BASES,
    "basis_seed": is_seed,
    "basis_version": lambda value: is_count(value) and value == 1,
    "candidates": is_count,
    "epsilon": lambda value: is_positive(value, np.float32),
    "learning_rate": is_positive,
    "parameter_map": is_hash,
    "rounds": is_count,
    "settings": is_settings,
    "steps": is_count,
    "tool": lambda value: isinstance(value, str),
}


def check_header(header):
    require(isinstance(header, dict), "the header is not an object")
    for key, accepts in KEYS.items():
        require(key in header, f"the header lacks {key}")
        require(accepts(header[key]), f"the header has an unusable {key}: {header[key]!r}")
    require(is_pattern(header.get("parameters", "*")), "the header has unusable parameters")
    try:
        directions.check_basis(header["basis"], int(header["basis_seed"]), header["candidates"])
    except ValueError as error:
        raise CheckpointError(str(error)) from error


def distinct(members):
    """An object of JSON; refuses a key that occurs twice."""
    names = [name for name, _ in members]
    if len(set(names)) != len(names):
        raise ValueError("a key occurs twice")
    return dict(members)


def depth(value):
    """How many arrays and objects are inside one another."""
    if not isinstance(value, (dict, list)):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0)


def finite(text):
    """A number of JSON, in the range of binary64."""
    number = int(text) if re.fullmatch("-?[0-9]+", text) else float(text)
    if not math.isfinite(float(number)):
        raise ValueError(f"{text} is out of range")
    return number


def parse_header(text):
    """The JSON of the header; raises ValueError for what RFC 8259 or the specification forbids."""
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=distinct, parse_int=finite, parse_float=finite,
                            parse_constant=finite)
        if depth(header) > DEEPEST:
            raise ValueError("values are nested too deep")
    except (RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from error
    # An escaped half of a surrogate pair is no character.
    json.dumps(header, ensure_ascii=False).encode("utf-8")
    return header


def number(value, precision, limit):
    """The one decimal form of a positive number; digits are the fewest that read back at this precision."""
    text = np.format_float_scientific(precision(value), unique=True, trim="-")
    if 1e-4 <= float(text) <= limit:
        return np.format_float_positional(precision(value), unique=True, trim="0")
    return text


def canonical(header):
    """The one text of a header. (Sorting by code point is sorting by UTF-8.)"""
    members = {key: json.dumps(header[key], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
               for key in [*KEYS, "parameters"] if key in header}
    members["epsilon"] = number(header["epsilon"], np.float32, 1 << 24)
    members["learning_rate"] = number(header["learning_rate"], np.float64, 1 << 53)
    return "{" + ",".join(f'"{key}":{members[key]}' for key in sorted(members)) + "}"


def decode(data):
    """The header and the coefficients of a file's bytes; checks in the order the specification gives."""
    require(0 < len(data) <= LONGEST_FILE, f"{len(data)} bytes are no seed checkpoint")
    require(data[:8] == MAGIC, "not a seed checkpoint")
    require(len(data) >= 12, "the file ends early")
    (version,) = struct.unpack("<I", data[8:12])
    require(version in (ALL_TENSORS, SOME_TENSORS), f"format version {version} is not known")
    require(len(data) >= 16, "the file ends early")
    (length,) = struct.unpack("<I", data[12:16])
    require(length <= LONGEST_HEADER, f"a header of {length} bytes is too long")
    require(len(data) >= 16 + length + 32, "the file ends early")
    require(hashlib.sha256(data[:-32]).digest() == data[-32:], "the checksum does not match")
    try:
        header = parse_header(data[16:16 + length])
    except ValueError as error:
        raise CheckpointError(f"the header is not JSON: {error}") from error
    if version == ALL_TENSORS and isinstance(header, dict):
        header.pop("parameters", None)
    check_header(header)
    require(("parameters" in header) == (version == SOME_TENSORS), "the header lacks parameters")
    body = data[16 + length:-32]
    require(len(body) == 4 * header["candidates"], f"{len(body)} bytes of coefficients")
    coefficients = np.frombuffer(body, dtype="<f4").astype(np.float32)
    require(bool(np.all(np.isfinite(coefficients))), "a coefficient is not finite")
    return header, coefficients


def encode(header, coefficients):
    """The bytes of a checkpoint."""
    check_header(header)
    coefficients = np.asarray(coefficients, dtype="<f4")
    require(coefficients.shape == (header["candidates"],), "the wrong number of coefficients")
    require(bool(np.all(np.isfinite(coefficients))), "a coefficient is not finite")
    text = canonical(header).encode("utf-8")
    require(len(text) <= LONGEST_HEADER, "the header is too long")
    version = SOME_TENSORS if "parameters" in header else ALL_TENSORS
    data = MAGIC + struct.pack("<II", version, len(text)) + text + coefficients.tobytes()
    return data + hashlib.sha256(data).digest()


def read(path):
    with open(path, "rb") as file:
        return decode(file.read())


def write(path, header, coefficients):
    """Writes a temporary file in the same folder, makes it durable, and renames it."""
    data = encode(header, coefficients)
    folder = os.path.dirname(os.path.abspath(path))
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".kseed-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_model(header, folder):
    """Refuses a folder other than the one the checkpoint belongs to, naming both."""
    for key, own in (("base", safetensors_folder.identity(folder)),
                     ("parameter_map", safetensors_folder.parameter_map(folder))):
        require(header[key] == own, f"{key}: the checkpoint is for {header[key]}, the model is {own}")


def random_checkpoint(folder, basis, candidates, seed, zeros, parameters=None):
    """A header and coefficients drawn at random, of mixed sizes and signs, some of them zero."""
    generator = np.random.default_rng(seed & 0xFFFFFFFF)
    coefficients = generator.normal(size=candidates) * 10.0 ** generator.uniform(-6, -1, size=candidates)
    coefficients[generator.random(candidates) < zeros] = 0
    coefficients = (coefficients * generator.choice([-1.0, 1.0], size=candidates)).astype(np.float32)
    header = {
        "base": safetensors_folder.identity(folder), "basis": basis, "basis_seed": str(seed), "basis_version": 1,
        "candidates": candidates, "epsilon": 0.001, "learning_rate": 0.0001,
        "parameter_map": safetensors_folder.parameter_map(folder), "rounds": 0, "settings": {}, "steps": 0,
        "tool": "reference 1",
    }
    if parameters is not None:
        header["parameters"] = parameters
    return header, coefficients


def main():
    parser = argparse.ArgumentParser(description="Shows a seed checkpoint, or writes a random one.")
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show")
    show.add_argument("file")
    random = commands.add_parser("random")
    random.add_argument("file")
    random.add_argument("--model", required=True)
    random.add_argument("--basis", required=True, choices=directions.BASES)
    random.add_argument("--candidates", type=int, required=True)
    random.add_argument("--seed", type=int, default=1)
    random.add_argument("--parameters", help="the tensors that move; all if not given")
    random.add_argument("--zeros", type=float, default=0.25, help="share of coefficients that are zero")
    arguments = parser.parse_args()
    if arguments.command == "random":
        write(arguments.file, *random_checkpoint(arguments.model, arguments.basis, arguments.candidates,
                                                 arguments.seed, arguments.zeros, arguments.parameters))
    header, coefficients = read(arguments.file)
    print(json.dumps(header, indent=2, sort_keys=True))
    print(f"{np.count_nonzero(coefficients)} of {len(coefficients)} coefficients are not zero")


if __name__ == "__main__":
    main()
