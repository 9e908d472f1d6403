"""Weights from coefficients, and gradients onto directions: sections 4 and 5 of Documentation/Directions.md.

Every operation is a numpy call of its own on float32: each product, sum and difference is rounded to binary32
at once, and none is fused.
"""

import numpy as np

from . import words
from .directions import block_signs, check_basis, check_range, direction, spans


def transform(y):
    """The butterflies of section 4.1 along the first axis of `y`, strides 1, 2, 4, ... in this order, in place."""
    size, stride = len(y), 1
    while stride < size:
        pairs = y.reshape(size // (2 * stride), 2, stride, -1)
        left, right = pairs[:, 0], pairs[:, 1]
        difference = np.subtract(left, right)
        left += right
        right[...] = difference
        stride *= 2


def hadamard_combination(seed, coefficients, tensor, offset, count):
    """Section 4.1, hadamard. Blocks are columns here, so that a butterfly is of long rows."""
    size = len(coefficients)
    blocks, begin = spans(offset, count, size)
    y = block_signs(blocks, size, tensor, words.CANDIDATE_SIGNS, seed).T.copy()
    y *= coefficients[:, np.newaxis]
    transform(y)
    delta = block_signs(blocks, size, tensor, words.ELEMENT_SIGNS, seed)
    delta *= y.T
    return delta.reshape(-1)[begin:begin + count]


def combination(basis, seed, coefficients, tensor, offset, count):
    """Return the sum of all A_k z_k in `count` elements of a tensor, from `offset` on, as float32.

    Section 4.1. It takes memory of some ten times the result, and time in proportion to log K (hadamard) or to
    the number of coefficients that are not zero.
    """
    coefficients = np.asarray(coefficients, dtype=np.float32)
    check_basis(basis, seed, len(coefficients))
    check_range(offset, count)
    delta = np.zeros(count, dtype=np.float32)
    if not np.any(coefficients):
        return delta
    if basis == "hadamard":
        return hadamard_combination(seed, coefficients, tensor, offset, count)
    for k in np.flatnonzero(coefficients):
        z = direction(basis, seed, len(coefficients), int(k), tensor, offset, count)
        delta = np.add(delta, np.multiply(coefficients[k], z))
    return delta


def replay(basis, seed, coefficients, tensor, offset, base):
    """Return the tuned weights w = w0 - sum of A_k z_k, for base weights that begin at element `offset`."""
    base = np.asarray(base, dtype=np.float32)
    return np.subtract(base, combination(basis, seed, coefficients, tensor, offset, len(base)))


def perturbed(weights, epsilon, z):
    """Return w + epsilon z and w - epsilon z (section 4.2); one rounded product serves both."""
    step = np.multiply(np.float32(epsilon), z)
    return np.add(weights, step), np.subtract(weights, step)


def updated(weights, c, z):
    """Return w + (-c) z (section 4.3): one product and one sum."""
    return np.add(weights, np.multiply(-np.float32(c), z))


def hadamard_projection(seed, sums, tensor, offset, gradient):
    """Section 5, hadamard: the signs, the butterflies, the signs, and one rounded sum for each block in its turn."""
    size = len(sums)
    blocks, begin = spans(offset, len(gradient), size)
    padded = np.zeros(len(blocks) * size, dtype=np.float32)
    padded[begin:begin + len(gradient)] = gradient
    y = (padded.reshape(-1, size) * block_signs(blocks, size, tensor, words.ELEMENT_SIGNS, seed)).T.copy()
    transform(y)
    for term in y.T * block_signs(blocks, size, tensor, words.CANDIDATE_SIGNS, seed):
        sums = np.add(sums, term)
    return sums


def projected(basis, seed, sums, tensor, offset, gradient):
    """Return the K `sums` after a range of a gradient, from element `offset` on, is projected onto all directions.

    Section 5. For rademacher and gaussian it takes memory of K times the range.
    """
    sums, gradient = np.asarray(sums, dtype=np.float32), np.asarray(gradient, dtype=np.float32)
    check_basis(basis, seed, len(sums))
    check_range(offset, len(gradient))
    if len(gradient) == 0:
        return sums
    if basis == "hadamard":
        return hadamard_projection(seed, sums, tensor, offset, gradient)
    z = np.stack([direction(basis, seed, len(sums), k, tensor, offset, len(gradient)) for k in range(len(sums))])
    for i, g in enumerate(gradient):
        sums = np.add(sums, np.multiply(z[:, i], g))
    return sums
