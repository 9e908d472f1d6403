"""Directions: the published vectors, the slow version, and what is refused."""

import json

import numpy as np
import oracle
import pytest
from conftest import bits

import fedkseed
from fedkseed import words

# Kind, seed, K, k, tensor, first element: borders of blocks and counters, the largest of everything.
PLACES = [
    ("hadamard", 0, 4096, 4095, 0, 4090), ("hadamard", 2**64 - 1, 2, 1, 2**32 - 1, 3), ("hadamard", 5, 64, 33, 7, 60),
    ("hadamard", 5, 256, 130, 7, 2**33 - 20), ("rademacher", 9, 1, 0, 3, 120), ("rademacher", 2**32, 65536, 65535, 0, 0),
    ("gaussian", 9, 3, 2, 3, 55), ("gaussian", 2**63 + 1, 4096, 17, 2**31, 2**32 - 10),
]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_directions_are_those_of_the_slow_version(place):
    assert bits(fedkseed.direction(*place, 20)) == bits(oracle.direction(*place, 20))


def test_words_are_those_of_the_published_example():
    assert [f"{int(word):08x}" for word in words.philox(1, 2, 3, 4, 7)] == ["0f4d221a", "a2566ce1", "f498801b", "b076574d"]


def test_directions_are_those_of_the_vectors(root):
    vectors = json.loads((root / "Tests/SeedBasisTests/vectors.json").read_text())
    for case in vectors["directions"]:
        found = fedkseed.direction(case["basis"], int(case["seed"]), case["candidates"], case["candidate"], case["tensor"],
                                   int(case["offset"]), len(case["bits"]))
        assert [f"{pattern:08x}" for pattern in bits(found)] == case["bits"], case


@pytest.mark.parametrize("basis", fedkseed.BASES)
def test_pieces_are_those_of_the_whole(basis):
    whole = fedkseed.direction(basis, 3, 64, 5, 2, 0, 1000)
    pieces = [fedkseed.direction(basis, 3, 64, 5, 2, first, 37) for first in range(0, 963, 37)]
    assert bits(np.concatenate(pieces)) == bits(whole[:37 * len(pieces)])
    assert len(fedkseed.direction(basis, 3, 64, 5, 2, 7, 0)) == 0


@pytest.mark.parametrize("arguments, message", [
    (("walsh", 0, 4, 0, 0, 0, 1), "basis is 'walsh', expected hadamard, rademacher, gaussian"),
    (("hadamard", 0, 12, 0, 0, 0, 1), "candidates is 12, expected a power of two"),
    (("hadamard", 0, 1, 0, 0, 0, 1), "candidates is 1, expected a power of two"),
    (("gaussian", 0, 65537, 0, 0, 0, 1), "candidates is 65537, expected 1 to 65536"),
    (("gaussian", -1, 4, 0, 0, 0, 1), "seed is -1"),
    (("gaussian", 2**64, 4, 0, 0, 0, 1), "seed is 18446744073709551616"),
    (("gaussian", 0, 4, 4, 0, 0, 1), "candidate is 4, expected 0 to 3"),
    (("gaussian", 0, 4, 0, 2**32, 0, 1), "tensor is 4294967296"),
    (("gaussian", 0, 4, 0, 0, 2**33, 1), "elements 8589934592 to 8589934593, expected 0 to 2\\^33"),
    (("gaussian", 0, 4, 0, 0, -1, 1), "elements -1 to 0"),
])
def test_what_is_no_direction_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        fedkseed.direction(*arguments)
