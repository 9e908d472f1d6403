"""The header of a seed checkpoint: what each of its values must be, and its one text.

The table of keys and the section "JSON" of Documentation/SeedCheckpoint.md.
"""

import re

import numpy as np

from . import canonical_json
from .directions import BASES, check_basis


class CheckpointError(ValueError):
    """A file or a value that is no seed checkpoint: which field, what it is, and what was expected."""

    def __init__(self, field, found, expected):
        self.field, self.found, self.expected = field, found, expected
        super().__init__(f"{field} is {found}, expected {expected}")


def require(condition, field, found, expected):
    if not condition:
        raise CheckpointError(field, found, expected)


# What each value of a header must be: a test, and its words.

def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_count(value):
    return is_integer(value) and 0 <= value <= 1 << 53


def is_positive(value, precision):
    if not isinstance(value, (int, float, np.floating)) or isinstance(value, bool):
        return False
    with np.errstate(over="ignore", under="ignore"):
        rounded = precision(float(value))
    return bool(np.isfinite(rounded)) and rounded > 0


def is_text(value, expression):
    return isinstance(value, str) and re.fullmatch(expression, value) is not None


def is_string(value):
    """Whether the value is a text that UTF-8 has: no half of a surrogate pair."""
    return isinstance(value, str) and value.encode("utf-8", "replace").decode("utf-8") == value


def is_settings(value):
    return isinstance(value, dict) and all(
        is_text(name, "[ -~]{0,256}") and is_string(entry) for name, entry in value.items())


def is_patterns(value):
    return is_text(value, "[!-~]{1,4096}") and all(value.split(","))


COUNT = (is_count, "an integer from 0 to 2^53")
HASH = (lambda value: is_text(value, "[0-9a-f]{64}"), "64 lowercase hexadecimal digits")
KEYS = {
    "base": HASH,
    "basis": (lambda value: isinstance(value, str) and value in BASES, ", ".join(BASES)),
    "basis_seed": (lambda value: is_text(value, "0|[1-9][0-9]{0,19}") and int(value) < 1 << 64,
                   "the digits of an integer below 2^64"),
    "basis_version": (lambda value: is_integer(value) and value == 1, "1"),
    "candidates": COUNT,
    "epsilon": (lambda value: is_positive(value, np.float32), "a positive number of binary32"),
    "learning_rate": (lambda value: is_positive(value, np.float64), "a positive number of binary64"),
    "parameter_map": HASH,
    "rounds": COUNT,
    "settings": (is_settings, "an object of strings, their names of 256 characters of ASCII at most"),
    "steps": COUNT,
    "tool": (is_string, "a string"),
}
PATTERNS = (is_patterns, "patterns separated by commas, 4096 characters of U+0021 to U+007E at most")


def check_header(header):
    """Raise CheckpointError unless every value is as SeedCheckpoint.md says."""
    require(isinstance(header, dict), "header", shown(header), "an object")
    for key, (accepts, expected) in KEYS.items():
        require(key in header, key, "missing", expected)
        require(accepts(header[key]), key, shown(header[key]), expected)
    if "parameters" in header:
        require(PATTERNS[0](header["parameters"]), "parameters", shown(header["parameters"]), PATTERNS[1])
    try:
        check_basis(header["basis"], int(header["basis_seed"]), header["candidates"])
    except ValueError as error:
        raise CheckpointError("candidates", header["candidates"], str(error).split("expected ")[-1]) from error


def shown(value):
    """The value in an error, cut if it is long."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def canonical(header):
    """Return the one text of a header, as bytes."""
    members = {key: canonical_json.text(value) for key, value in header.items() if key not in ("epsilon", "learning_rate")}
    members["epsilon"] = canonical_json.number(header["epsilon"], np.float32, 1 << 24)
    members["learning_rate"] = canonical_json.number(header["learning_rate"], np.float64, 1 << 53)
    return ("{" + ",".join(f'"{key}":{members[key]}' for key in sorted(members)) + "}").encode("utf-8")
