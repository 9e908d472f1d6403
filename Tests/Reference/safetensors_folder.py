"""Reads and hashes a Hugging Face folder of safetensors files: just enough to check a tuned model.

A safetensors file is a 64-bit little-endian length, a JSON object of that length, and the bytes of the tensors.
"""

import hashlib
import json
import os
import struct

import numpy as np


def to_float32(raw, dtype):
    """Decodes the bytes of a tensor; every type here widens to binary32 exactly."""
    if dtype == "F32":
        return np.frombuffer(raw, dtype="<f4").astype(np.float32)
    if dtype == "F16":
        return np.frombuffer(raw, dtype="<f2").astype(np.float32)
    if dtype == "BF16":
        return (np.frombuffer(raw, dtype="<u2").astype(np.uint32) << np.uint32(16)).view(np.float32)
    raise ValueError(f"cannot read a tensor of type {dtype}")


def from_float32(values, dtype):
    """Encodes finite numbers, rounded once to nearest, ties to even (Directions.md, end of 4.1)."""
    if dtype == "F32":
        return values.astype("<f4").tobytes()
    if dtype == "F16":
        return values.astype("<f2").tobytes()
    if dtype == "BF16":
        bits = values.view(np.uint32).astype(np.uint64)
        bits = bits + np.uint64(0x7FFF) + ((bits >> np.uint64(16)) & np.uint64(1))
        return (bits >> np.uint64(16)).astype("<u2").tobytes()
    raise ValueError(f"cannot write a tensor of type {dtype}")


def read_file(path):
    """The tensors of one file, by name: (type, shape, bytes)."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length).decode("utf-8"))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: (entry["dtype"], tuple(entry["shape"]), data[slice(*entry["data_offsets"])])
            for name, entry in header.items()}


def file_names(folder):
    """The weight files of a folder, sorted: the single file, or else those the index names."""
    if os.path.exists(os.path.join(folder, "model.safetensors")):
        return ["model.safetensors"]
    with open(os.path.join(folder, "model.safetensors.index.json"), encoding="utf-8") as file:
        names = set(json.load(file)["weight_map"].values())
    return sorted(names, key=lambda name: name.encode("utf-8"))


def read_folder(folder):
    """The trainable tensors of a folder in the order of Directions.md, section 1: [(name, type, shape, bytes)].

    All tensors are trainable, vectors too, except tables of rotary frequencies and a stored copy of a tied matrix.
    """
    tensors = {}
    for name in file_names(folder):
        tensors.update(read_file(os.path.join(folder, name)))
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        if json.load(file).get("tie_word_embeddings") is True:
            tensors.pop("lm_head.weight", None)
    names = sorted(tensors, key=lambda name: name.encode("utf-8"))
    return [(name,) + tensors[name] for name in names if not name.endswith(".rotary_emb.inv_freq")]


def identity(folder):
    """The key `base` of SeedCheckpoint.md for a folder."""
    lines = []
    for name in file_names(folder):
        with open(os.path.join(folder, name), "rb") as file:
            lines.append(f"{name} {hashlib.sha256(file.read()).hexdigest()}\n")
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


def parameter_map(folder):
    """The key `parameter_map` of SeedCheckpoint.md for a folder."""
    lines = [f"{name} {'x'.join(str(size) for size in shape)}\n" for name, _, shape, _ in read_folder(folder)]
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()
