"""Replay and projection: the slow version, pieces, and numbers that are not finite."""

import numpy as np
import oracle
import pytest
from conftest import bits, make_checkpoint

import fedkseed

BASES = pytest.mark.parametrize("basis", fedkseed.BASES)


def numbers(count, seed=1):
    return np.random.default_rng(seed).normal(size=count).astype(np.float32)


@BASES
@pytest.mark.parametrize("candidates, offset, count", [(2, 5, 9), (16, 0, 33), (16, 13, 40), (128, 250, 10), (256, 3, 5)])
def test_replay_is_that_of_the_slow_version(basis, candidates, offset, count):
    coefficients = make_checkpoint(basis, candidates=candidates).coefficients
    base = numbers(count)
    found = fedkseed.replay(basis, 23, coefficients, 4, offset, base)
    assert bits(found) == bits(oracle.replay(basis, 23, coefficients, 4, offset, base))


@BASES
def test_replay_in_pieces_is_replay(basis):
    coefficients, base = make_checkpoint(basis, candidates=64).coefficients, numbers(1000)
    whole = fedkseed.replay(basis, 3, coefficients, 2, 100, base)
    pieces = [fedkseed.replay(basis, 3, coefficients, 2, 100 + first, base[first:first + 77]) for first in range(0, 1000, 77)]
    assert bits(np.concatenate(pieces)) == bits(whole)


@BASES
def test_no_coefficients_move_nothing(basis):
    base = np.array([0.0, -0.0, 1e-45, 3.5], dtype=np.float32)
    assert bits(fedkseed.replay(basis, 3, np.array([0.0, -0.0] * 4), 2, 0, base)) == bits(base)


@BASES
def test_one_coefficient_moves_along_its_direction(basis):
    coefficients = np.zeros(64, dtype=np.float32)
    coefficients[37] = 0.5  # so that products and sums with zeros are exact
    expected = np.float32(0.5) * fedkseed.direction(basis, 3, 64, 37, 2, 10, 200)
    assert np.array_equal(fedkseed.combination(basis, 3, coefficients, 2, 10, 200), expected)


def test_perturbation_and_update_round_the_product_once():
    w, z = numbers(50, 1), numbers(50, 2)
    plus, minus = fedkseed.perturbed(w, 1e-3, z)
    step = [np.float32(np.float32(1e-3) * value) for value in z]
    assert bits(plus) == bits([np.float32(a + b) for a, b in zip(w, step)])
    assert bits(minus) == bits([np.float32(a - b) for a, b in zip(w, step)])
    assert bits(fedkseed.updated(w, 1e-3, z)) == bits(minus)


@BASES
@pytest.mark.parametrize("candidates, offset, count", [(2, 1, 4), (16, 13, 40), (64, 0, 64), (16, 3, 0)])
def test_projection_is_that_of_the_slow_version(basis, candidates, offset, count):
    sums, gradient = numbers(candidates, 3), numbers(count, 4)
    found = fedkseed.projected(basis, 23, sums, 4, offset, gradient)
    expected = oracle.projected(basis, 23, sums, 4, offset, gradient) if count else sums
    assert bits(found) == bits(expected)


@BASES
def test_projection_is_the_transpose_of_replay(basis):
    """<g, sum of A_k z_k> = <A, Z^T g>, up to rounding: n additions err by n units at most (Higham, 3.1)."""
    coefficients, gradient = numbers(64, 5), numbers(500, 6)
    delta = fedkseed.combination(basis, 7, coefficients, 1, 20, 500).astype(np.float64)
    slopes = fedkseed.projected(basis, 7, np.zeros(64), 1, 20, gradient).astype(np.float64)
    size = 6 * np.abs(coefficients).sum() * np.abs(gradient).sum()  # no element of z exceeds 6
    assert abs(delta @ gradient - slopes @ coefficients) <= 600 * 2.0**-24 * size


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@BASES
def test_weights_that_are_not_finite_go_on(basis):
    base = np.array([np.inf, -np.inf, np.nan, 3e38], dtype=np.float32)
    found = fedkseed.replay(basis, 1, np.full(8, 1e37, dtype=np.float32), 0, 0, base)
    assert found[0] == np.inf and found[1] == -np.inf and np.isnan(found[2])
