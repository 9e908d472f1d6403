"""Seed checkpoints, `.kseed` files: Documentation/SeedCheckpoint.md."""

import dataclasses
import hashlib
import os
import re
import stat
import struct
import tempfile

import numpy as np

from . import canonical_json
from .header import KEYS, PATTERNS, CheckpointError, canonical, check_header, is_integer, require
from .version import __version__

MAGIC = b"KSEED\0\0\0"
ALL_TENSORS, SOME_TENSORS = 1, 2  # versions of the format; the second names the tensors that move
LONGEST_HEADER = 1 << 20
LONGEST_FILE = 16 + LONGEST_HEADER + 4 * 65536 + 32


@dataclasses.dataclass(frozen=True, eq=False)
class Checkpoint:
    """The coefficients of a tuned model in a seed basis, and what they belong to.

    With the base the weights are w0 - sum of A_k z_k. A wrong value raises CheckpointError when it is made.
    """

    base: str
    """Identity of the base model: 64 lowercase hexadecimal digits."""
    parameter_map: str
    """Identity of the list of its tensors: 64 lowercase hexadecimal digits."""
    basis: str
    """`hadamard`, `rademacher` or `gaussian`."""
    basis_seed: int
    coefficients: np.ndarray
    """A, the K coefficients: finite, float32, read-only."""
    epsilon: float = 0.001
    learning_rate: float = 1e-4
    parameters: str | None = None
    """Patterns of the tensors that move; all of them if None."""
    rounds: int = 0
    steps: int = 0
    settings: dict = dataclasses.field(default_factory=dict)
    tool: str = f"fedkseed {__version__} (Python)"

    def __post_init__(self):
        coefficients = np.array(self.coefficients, dtype=np.float32)
        coefficients.flags.writeable = False
        object.__setattr__(self, "coefficients", coefficients)
        require(coefficients.ndim == 1, "coefficients", f"of shape {coefficients.shape}", "one axis")
        where = np.flatnonzero(~np.isfinite(coefficients))
        if len(where):
            raise CheckpointError(f"coefficient {where[0]}", coefficients[where[0]], "a finite number")
        require(is_integer(self.basis_seed), "basis_seed", repr(self.basis_seed), "an integer")
        check_header(self.header())

    @property
    def candidates(self):
        """K, the number of directions."""
        return len(self.coefficients)

    def moves(self, name):
        """Return whether the directions move the tensor of this Hugging Face name."""
        return self.parameters is None or any(
            matches(pattern.encode(), name.encode("utf-8")) for pattern in self.parameters.split(","))

    def header(self):
        """Return the header of the file, as the keys of SeedCheckpoint.md."""
        header = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        del header["coefficients"]
        if self.parameters is None:
            del header["parameters"]
        return header | {"basis_seed": str(self.basis_seed), "basis_version": 1, "candidates": self.candidates}

    def __eq__(self, other):
        return isinstance(other, Checkpoint) and encode(self) == encode(other)

    __hash__ = None


def matches(pattern, name):
    """Whether a pattern of bytes matches a whole name: * any bytes, ? one byte."""
    expression = re.escape(pattern).replace(rb"\*", b".*").replace(rb"\?", b".")
    return re.fullmatch(expression, name, re.DOTALL) is not None


def split(data):
    """Return version, header and coefficients of a file as bytes; the checks in the order of the specification."""
    require(0 < len(data) <= LONGEST_FILE, "file", f"{len(data)} bytes long", f"1 to {LONGEST_FILE}")
    require(data[:8] == MAGIC, "magic", data[:8], f"{MAGIC}: this is no seed checkpoint")
    version = word(data, 8, "format version")
    require(version in (ALL_TENSORS, SOME_TENSORS), "format version", version, "1 or 2: a newer program may read it")
    length = word(data, 12, "header length")
    require(length <= LONGEST_HEADER, "header length", length, f"{LONGEST_HEADER} at most")
    require(len(data) >= 16 + length + 32, "file", f"{len(data)} bytes long", f"at least {16 + length + 32}: it ends early")
    digest = hashlib.sha256(data[:-32]).digest()
    require(digest == data[-32:], "checksum", data[-32:].hex(), f"{digest.hex()}: the file is damaged")
    return version, data[16:16 + length], data[16 + length:-32]


def word(data, offset, field):
    require(len(data) >= offset + 4, field, "missing", "4 bytes: the file ends early")
    return struct.unpack_from("<I", data, offset)[0]


def decode(data):
    """Return the checkpoint of a file's bytes; raise CheckpointError at the first thing that is wrong."""
    version, text, body = split(data)
    try:
        header = canonical_json.parse(text)
    except ValueError as error:
        raise CheckpointError("header", f"not JSON ({error})", "the JSON of SeedCheckpoint.md") from error
    if version == ALL_TENSORS and isinstance(header, dict):
        header.pop("parameters", None)
    check_header(header)
    if version == SOME_TENSORS:
        require("parameters" in header, "parameters", "missing", PATTERNS[1])
    require(len(body) == 4 * header["candidates"], "coefficients", f"{len(body)} bytes", 4 * header["candidates"])
    values = {key: header[key] for key in KEYS if key not in ("basis_version", "candidates", "basis_seed")}
    return Checkpoint(**values, basis_seed=int(header["basis_seed"]), parameters=header.get("parameters"),
                      coefficients=np.frombuffer(body, dtype="<f4"))


def encode(checkpoint):
    """Return the bytes of a checkpoint: equal checkpoints are equal files."""
    text = canonical(checkpoint.header())
    require(len(text) <= LONGEST_HEADER, "header length", len(text), f"{LONGEST_HEADER} at most")
    version = ALL_TENSORS if checkpoint.parameters is None else SOME_TENSORS
    data = MAGIC + struct.pack("<II", version, len(text)) + text + checkpoint.coefficients.astype("<f4").tobytes()
    return data + hashlib.sha256(data).digest()


def read(path):
    """Return the checkpoint in a file.

    Raises CheckpointError, which names the path, for any file that is not as the specification says, and OSError
    for one that cannot be read.
    """
    try:
        status = os.stat(path)
        require(stat.S_ISREG(status.st_mode), "file", "a folder or a device", "a regular file")
        require(status.st_size <= LONGEST_FILE, "file", f"{status.st_size} bytes long", f"1 to {LONGEST_FILE}")
        with open(path, "rb") as file:
            return decode(file.read())
    except CheckpointError as error:
        raise CheckpointError(f"{os.fspath(path)}: {error.field}", error.found, error.expected) from error


def write(path, checkpoint, force=False):
    """Write a checkpoint by a temporary file, so that a file of this name is complete.

    Raises FileExistsError if there is one already, unless `force` is true.
    """
    data, path = encode(checkpoint), os.fspath(path)
    if not force and os.path.lexists(path):
        raise FileExistsError(f"{path} exists, expected a new name, or force=True to replace it")
    folder = os.path.dirname(os.path.abspath(path))
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".kseed-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~current_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sync(folder)


def current_umask():
    """The mode mask of new files; a temporary file is only its owner's."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def sync(folder):
    """Make a rename in the folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
