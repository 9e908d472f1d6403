"""The JSON of a seed checkpoint's header: what a reader accepts, and the one text that a writer writes.

Section "JSON" of Documentation/SeedCheckpoint.md.
"""

import json
import math
import re

import numpy as np

DEEPEST = 64


def parse(data):
    """Return the value of JSON in UTF-8; raise ValueError for what RFC 8259 or the specification forbids."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=distinct, parse_int=finite, parse_float=finite,
                           parse_constant=finite)
    except (RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from error
    if depth(value) > DEEPEST:
        raise ValueError(f"arrays and objects are nested {depth(value)} deep, expected {DEEPEST} at most")
    # An escaped half of a surrogate pair is no character: this raises UnicodeEncodeError, a ValueError.
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def distinct(members):
    """Return an object of JSON; refuse a key that occurs twice."""
    value = {}
    for name, member in members:
        if name in value:
            raise ValueError(f"key {name!r} occurs twice, expected once")
        value[name] = member
    return value


def finite(text):
    """Return a number of JSON: int if it has neither fraction nor exponent."""
    number = int(text) if re.fullmatch("-?[0-9]+", text) else float(text)
    if not math.isfinite(float(number)):
        raise ValueError(f"number {text[:40]} is out of range, expected one that binary64 has")
    return number


def depth(value):
    """Return how many arrays and objects are inside one another."""
    if not isinstance(value, (dict, list)):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0)


def text(value):
    """Return the canonical text of strings, integers and objects of them. (Sorting by code point is by UTF-8.)"""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def number(value, precision, largest):
    """Return the canonical text of a positive number: the fewest digits that read back, without an exponent from
    10^-4 to `largest`."""
    shortest = np.format_float_scientific(precision(value), unique=True, trim="-")
    if 1e-4 <= float(shortest) <= largest:
        return np.format_float_positional(precision(value), unique=True, trim="0")
    return shortest
