"""Reads, verifies and writes seed checkpoints, from Documentation/SeedCheckpoint.md.

    python3 seed_checkpoint.py show FILE.kseed
    python3 seed_checkpoint.py random FILE.kseed --model FOLDER --basis BASIS --candidates K [--seed S] [--zeros P]

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
FORMAT_VERSION = 1
LONGEST_HEADER = 1 << 20


class CheckpointError(ValueError):
    """Says what is wrong with a checkpoint."""


def require(condition, message):
    if not condition:
        raise CheckpointError(message)


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_hash(value):
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def is_settings(value):
    return isinstance(value, dict) and all(isinstance(entry, str) for entry in value.values())


def is_seed(value):
    return isinstance(value, str) and re.fullmatch("[0-9]{1,20}", value) is not None and int(value) < 1 << 64


# The table of keys: what each value must be.
KEYS = {
    "base": is_hash,
    "basis": lambda value: value in directions.BASES,
    "basis_seed": is_seed,
    "basis_version": lambda value: is_count(value) and value == 1,
    "candidates": is_count,
    "epsilon": is_number,
    "learning_rate": is_number,
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
    try:
        directions.check_basis(header["basis"], int(header["basis_seed"]), header["candidates"])
    except ValueError as error:
        raise CheckpointError(str(error)) from error


def decode(data):
    """The header and the coefficients of a file's bytes; checks in the order the specification gives."""
    require(data[:8] == MAGIC, "not a seed checkpoint")
    require(len(data) >= 16, "the file ends early")
    version, length = struct.unpack("<II", data[8:16])
    require(version == FORMAT_VERSION, f"format version {version} is not known")
    require(length <= LONGEST_HEADER, f"a header of {length} bytes is too long")
    require(len(data) >= 16 + length + 32, "the file ends early")
    require(hashlib.sha256(data[:-32]).digest() == data[-32:], "the checksum does not match")
    try:
        header = json.loads(data[16:16 + length].decode("utf-8"))
    except ValueError as error:
        raise CheckpointError(f"the header is not JSON: {error}") from error
    check_header(header)
    body = data[16 + length:-32]
    require(len(body) == 4 * header["candidates"], f"{len(body)} bytes of coefficients")
    coefficients = np.frombuffer(body, dtype="<f4").astype(np.float32)
    require(bool(np.all(np.isfinite(coefficients))), "a coefficient is not finite")
    return header, coefficients


def encode(header, coefficients):
    """The bytes of a checkpoint: keys sorted, no white space. (Sorting by code point is sorting by UTF-8.)"""
    check_header(header)
    coefficients = np.asarray(coefficients, dtype="<f4")
    require(coefficients.shape == (header["candidates"],), "the wrong number of coefficients")
    require(bool(np.all(np.isfinite(coefficients))), "a coefficient is not finite")
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    require(len(text) <= LONGEST_HEADER, "the header is too long")
    data = MAGIC + struct.pack("<II", FORMAT_VERSION, len(text)) + text + coefficients.tobytes()
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


def random_checkpoint(folder, basis, candidates, seed, zeros):
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
    random.add_argument("--zeros", type=float, default=0.25, help="share of coefficients that are zero")
    arguments = parser.parse_args()
    if arguments.command == "random":
        write(arguments.file, *random_checkpoint(arguments.model, arguments.basis, arguments.candidates,
                                                 arguments.seed, arguments.zeros))
    header, coefficients = read(arguments.file)
    print(json.dumps(header, indent=2, sort_keys=True))
    print(f"{np.count_nonzero(coefficients)} of {len(coefficients)} coefficients are not zero")


if __name__ == "__main__":
    main()
