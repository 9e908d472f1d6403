"""Model files: the tensors of a Hugging Face folder in the order of coordinates, and the identity of any base.

A safetensors file is a 64-bit little-endian length, a JSON object of that length, and the bytes of the tensors.
"""

import dataclasses
import hashlib
import json
import os
import re
import struct

import numpy as np

from .families import family

STORED_TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


class ModelError(ValueError):
    """A base model that is not what it should be: file or tensor, what was found, what was expected."""


@dataclasses.dataclass(frozen=True)
class Tensor:
    """A tensor in a safetensors file."""

    name: str
    """Its canonical Hugging Face name."""
    shape: tuple
    stored_type: str
    """`F32`, `F16`, `BF16` or another name of the format."""
    path: str
    begin: int
    """Where its bytes begin in the file."""

    @property
    def count(self):
        """The number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    def elements(self, first=0, last=None):
        """Return elements `first` to `last` as float32, which every stored type widens to exactly."""
        if self.stored_type not in STORED_TYPES:
            raise ModelError(f"{self.path}: tensor {self.name!r} is {self.stored_type}, expected {', '.join(STORED_TYPES)}")
        dtype = np.dtype(STORED_TYPES[self.stored_type])
        count = (self.count if last is None else last) - first
        values = np.fromfile(self.path, dtype=dtype, count=count, offset=self.begin + first * dtype.itemsize)
        if len(values) != count:
            raise ModelError(f"{self.path}: tensor {self.name!r} ends after {first + len(values)} of {self.count} elements")
        return widened(values, self.stored_type)


def widened(values, stored_type):
    """Return stored numbers as float32."""
    if stored_type == "BF16":
        return (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return values.astype(np.float32)


def rounded(values, stored_type):
    """Return the bytes of finite float32 numbers, rounded once to nearest, ties to even (end of section 4.1)."""
    if stored_type == "BF16":
        bits = values.view(np.uint32).astype(np.uint64)
        bits = bits + np.uint64(0x7FFF) + ((bits >> np.uint64(16)) & np.uint64(1))
        return (bits >> np.uint64(16)).astype("<u2").tobytes()
    return values.astype(STORED_TYPES[stored_type]).tobytes()


def file_tensors(path):
    """Return the tensors of one safetensors file, in the order of its header."""
    with open(path, "rb") as file:
        start, size = file.read(8), os.path.getsize(path)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= size - 8:
            raise ModelError(f"{path}: length of the header is {length}, expected 2 to {size - 8}: is it safetensors?")
        header = json_object(file.read(length), f"{path}: header")
    return [file_tensor(name, entry, path, 8 + length, size - 8 - length)
            for name, entry in header.items() if name != "__metadata__"]


def file_tensor(name, entry, path, start, size):
    """Return the tensor of an entry of a header, whose bytes lie in the `size` bytes from `start` on."""
    try:
        (first, last), shape, stored_type = entry["data_offsets"], tuple(entry["shape"]), entry["dtype"]
        tensor = Tensor(name, shape, stored_type, path, start + first)
        width = np.dtype(STORED_TYPES[stored_type]).itemsize if stored_type in STORED_TYPES else 0
        good = all(number >= 0 for number in (first, *shape)) and first <= last <= size
        good = good and (not width or last - first == width * tensor.count)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: tensor {name!r} is unusable ({error!r}), expected dtype, shape and data_offsets") from error
    if not good:
        raise ModelError(f"{path}: tensor {name!r} has shape {list(shape)} and data_offsets {[first, last]}, expected those of "
                         f"{stored_type} in {size} bytes")
    return tensor


def json_object(data, place):
    """Return an object of JSON; raise ModelError, which names the place, for anything else."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{place} is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise ModelError(f"{place} is {type(value).__name__}, expected an object of JSON")
    return value


def json_file(folder, name):
    """Return the object in a file of JSON of a folder."""
    path = os.path.join(folder, name)
    with open(path, "rb") as file:
        return json_object(file.read(), path)


def weight_files(folder):
    """Return the names of a folder's weight files, sorted: the single file, or else those that its index names."""
    single, index = "model.safetensors", "model.safetensors.index.json"
    if os.path.exists(os.path.join(folder, single)):
        return [single]
    if not os.path.exists(os.path.join(folder, index)):
        raise ModelError(f"{folder}: holds neither {single} nor {index}, expected one of them")
    places = json_file(folder, index).get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(name, str) and "/" not in name for name in places.values()):
        raise ModelError(f"{os.path.join(folder, index)}: weight_map is unusable, expected names of files by names of tensors")
    return sorted(set(places.values()), key=lambda name: name.encode("utf-8"))


def folder_tensors(folder):
    """Return the trainable tensors of a Hugging Face folder in the order of Directions.md, section 1.

    All tensors are, vectors too, but for tables and the stored copy of a tied head. Raises ModelError, which names the file, for
    files that are not as they should be, and OSError for those that cannot be read.
    """
    folder = os.fspath(folder)
    config = json_file(folder, "config.json")
    rules, said = family(config.get("model_type")), config.get("tie_word_embeddings")
    ties = said if isinstance(said, bool) else rules.ties
    found = {}
    for file in weight_files(folder):
        for tensor in file_tensors(os.path.join(folder, file)):
            tensor = dataclasses.replace(tensor, name=rules.canonical(tensor.name))
            if tensor.name in found:
                raise ModelError(f"{tensor.path}: tensor {tensor.name!r} is also in {found[tensor.name].path}, expected it once")
            found[tensor.name] = tensor
    return in_order([tensor for tensor in found.values() if rules.is_parameter(tensor.name, ties)])


def in_order(tensors):
    """Return things with names sorted by the bytes of these: a thing's index is its number in the coordinates."""
    return sorted(tensors, key=lambda tensor: tensor.name.encode("utf-8"))


def parameter_map(tensors):
    """Return the key `parameter_map` of SeedCheckpoint.md of things with names and shapes, which are in order."""
    lines = [f"{tensor.name} {'x'.join(map(str, tensor.shape))}\n" for tensor in tensors]
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


def identity(path):
    """Return the key `base` of SeedCheckpoint.md of a Hugging Face folder or a GGUF file, also one in parts."""
    path = os.fspath(path)
    if os.path.isdir(path):
        return listed(path, weight_files(path))
    part = re.fullmatch(r"(.*-)[0-9]{5}(-of-([0-9]{5})\.gguf)", os.path.basename(path))
    if part is None or part[3] == "00001":
        return file_hash(path)
    return listed(os.path.dirname(path), [f"{part[1]}{n:05d}{part[2]}" for n in range(1, int(part[3]) + 1)])


def listed(folder, names):
    """Return the hash of a text that names files and their hashes."""
    lines = [f"{name} {file_hash(os.path.join(folder, name))}\n" for name in names]
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


def file_hash(path):
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
