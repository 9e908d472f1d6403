"""The directions of a seed basis: sections 1 and 3 of Documentation/Directions.md, written from that text.

A basis is a kind, a `seed` below 2^64 and `candidates`, the number K of its directions. Tensors are numbered
in the order of section 1; elements row by row.
"""

import numpy as np

from . import words
from .normals import normals

BASES = ("hadamard", "rademacher", "gaussian")
MOST_CANDIDATES = 65536
LARGEST_TENSOR = 1 << 33


def check_basis(basis, seed, candidates):
    """Raise ValueError unless kind, seed and number of candidates make a basis."""
    if basis not in BASES:
        raise ValueError(f"basis is {basis!r}, expected {', '.join(BASES)}")
    if not 0 <= seed < 1 << 64:
        raise ValueError(f"seed is {seed}, expected 0 to 2^64 - 1")
    if not 1 <= candidates <= MOST_CANDIDATES:
        raise ValueError(f"candidates is {candidates}, expected 1 to {MOST_CANDIDATES}")
    if basis == "hadamard" and (candidates < 2 or candidates & (candidates - 1)):
        raise ValueError(f"candidates is {candidates}, expected a power of two from 2 to {MOST_CANDIDATES} for hadamard")


def check_range(offset, count):
    """Raise ValueError unless `count` elements from `offset` on lie in a tensor of the largest size."""
    if offset < 0 or count < 0 or offset + count > LARGEST_TENSOR:
        raise ValueError(f"elements {offset} to {offset + count}, expected 0 to 2^33 at most")


def spans(offset, count, size):
    """Return the numbers of the pieces of `size` elements that hold a range, and where it begins in them."""
    first, last = offset // size, (offset + count + size - 1) // size
    return np.arange(first, last, dtype=np.uint64), offset - first * size


def rademacher(seed, candidate, tensor, offset, count):
    """Section 3.1: a counter serves 128 elements."""
    pieces, begin = spans(offset, count, 128)
    values = words.signs(pieces, candidate, tensor, words.RADEMACHER_SIGNS, seed)
    return values.reshape(-1)[begin:begin + count]


def gaussian(seed, candidate, tensor, offset, count):
    """Section 3.3: sixteen counters serve 64 elements, all outputs 0 first, then all outputs 1, and so on."""
    pieces, begin = spans(offset, count, 64)
    counters = pieces[:, np.newaxis] * np.uint64(16) + np.arange(16, dtype=np.uint64)
    x0, x1, x2, x3 = words.philox(counters, candidate, tensor, words.GAUSSIAN_NORMALS, seed)
    outputs = np.stack(normals(x0, x1) + normals(x2, x3), axis=1)
    return outputs.reshape(-1)[begin:begin + count]


def block_signs(blocks, size, tensor, tag, seed):
    """Section 3.2: the signs s or t of whole blocks, shape (blocks, size)."""
    pieces = np.arange((size + 127) // 128, dtype=np.uint64)
    values = words.signs(pieces, blocks[:, np.newaxis], tensor, tag, seed)
    return values.reshape(len(blocks), -1)[:, :size]


def parity_signs(candidate, size):
    """Section 3.2: (-1)^popcount(j AND k) for j = 0 ... size - 1."""
    parity = np.arange(size, dtype=np.uint32) & np.uint32(candidate)
    for shift in (16, 8, 4, 2, 1):
        parity ^= parity >> np.uint32(shift)
    return np.float32(1) - np.float32(2) * (parity & np.uint32(1)).astype(np.float32)


def hadamard(seed, candidates, candidate, tensor, offset, count):
    """Section 3.2: whole blocks of K elements, by the definition rather than a transform."""
    blocks, begin = spans(offset, count, candidates)
    s = block_signs(blocks, candidates, tensor, words.ELEMENT_SIGNS, seed)
    t = block_signs(blocks, candidates, tensor, words.CANDIDATE_SIGNS, seed)[:, candidate]
    return (s * t[:, np.newaxis] * parity_signs(candidate, candidates)).reshape(-1)[begin:begin + count]


def direction(basis, seed, candidates, candidate, tensor, offset, count):
    """Return `count` elements of direction `candidate` in a tensor, from `offset` on, as float32.

    Raises ValueError if there is no such basis, candidate or range.
    """
    check_basis(basis, seed, candidates)
    check_range(offset, count)
    if not 0 <= candidate < candidates:
        raise ValueError(f"candidate is {candidate}, expected 0 to {candidates - 1}")
    if not 0 <= tensor < 1 << 32:
        raise ValueError(f"tensor is {tensor}, expected 0 to 2^32 - 1")
    if basis == "hadamard":
        return hadamard(seed, candidates, candidate, tensor, offset, count)
    return (rademacher if basis == "rademacher" else gaussian)(seed, candidate, tensor, offset, count)
