"""Directions of a seed basis, and the weights rebuilt from them, written from Documentation/Directions.md.

Every array of numbers here has the type float32, and every operation on them is one separate numpy call, so
that each product, sum, difference and square root is rounded to binary32 at once and none is fused. Section
numbers in the comments are those of Directions.md.
"""

import numpy as np

RADEMACHER_SIGNS, GAUSSIAN_NORMALS, ELEMENT_SIGNS, CANDIDATE_SIGNS = 1, 2, 3, 4  # section 2, tags
BASES = ("hadamard", "rademacher", "gaussian")
LARGEST_TENSOR = 1 << 33


def check_basis(basis, seed, candidates):
    """Section 1: raises ValueError unless kind, seed and number of candidates make a basis."""
    if basis not in BASES:
        raise ValueError(f"unknown basis {basis!r}")
    if not 0 <= seed < 1 << 64:
        raise ValueError(f"seed {seed} does not fit in 64 bits")
    if not 1 <= candidates <= 65536:
        raise ValueError(f"{candidates} candidates: expected 1 to 65536")
    if basis == "hadamard" and (candidates < 2 or candidates & (candidates - 1)):
        raise ValueError(f"{candidates} candidates: hadamard needs a power of two from 2 to 65536")


def check_range(offset, count):
    """Section 1: raises ValueError unless the elements lie in a tensor of the largest size."""
    if offset < 0 or count < 0 or offset + count > LARGEST_TENSOR:
        raise ValueError(f"elements {offset} to {offset + count} are outside a tensor")


# Section 2: random words

def philox(c0, c1, c2, c3, seed):
    """Philox4x32-10 (section 2) for counters given as integers or arrays; four uint64 arrays below 2^32."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    c0, c1, c2, c3 = (np.asarray(word, dtype=np.uint64) for word in (c0, c1, c2, c3))
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p = c0 * np.uint64(0xD2511F53)
        q = c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (q >> half) ^ c1 ^ np.uint64(k0), q & low, (p >> half) ^ c3 ^ np.uint64(k1), p & low
        k0 = (k0 + 0x9E3779B9) & 0xFFFFFFFF
        k1 = (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.broadcast_arrays(c0, c1, c2, c3)


def signs(bits):
    """Section 2: a set bit means -1, a clear bit means +1."""
    return np.where(bits != 0, np.float32(-1), np.float32(1))


def picked_signs(index, second, tensor, tag, seed):
    """Section 2: the sign of bit `index mod 128` of philox(index / 128, second, tensor, tag), per element."""
    index = np.asarray(index, dtype=np.uint64)
    bit = index & np.uint64(127)
    words = philox(index >> np.uint64(7), second, tensor, tag, seed)
    word = np.choose((bit >> np.uint64(5)).astype(np.int64), words)
    return signs((word >> (bit & np.uint64(31))) & np.uint64(1))


# Section 3: the three bases

def rademacher(seed, candidate, tensor, offset, count):
    """Section 3.1. One output of philox serves 128 elements."""
    first, last = offset // 128, (offset + count + 127) // 128
    counters = np.arange(first, last, dtype=np.uint64)
    words = np.stack(philox(counters, candidate, tensor, RADEMACHER_SIGNS, seed), axis=1)
    bits = (words[:, :, np.newaxis] >> np.arange(32, dtype=np.uint64)) & np.uint64(1)
    return signs(bits.reshape(-1)[offset - first * 128:][:count])


def hadamard(seed, candidates, candidate, tensor, offset, count):
    """Section 3.2, straight from the definition: element by element, no transform."""
    element = np.arange(offset, offset + count, dtype=np.uint64)
    block, j = element // np.uint64(candidates), element % np.uint64(candidates)
    parity = j & np.uint64(candidate)
    for shift in (16, 8, 4, 2, 1):
        parity = parity ^ (parity >> np.uint64(shift))
    s = picked_signs(j, block, tensor, ELEMENT_SIGNS, seed)
    t = picked_signs(np.full(count, candidate), block, tensor, CANDIDATE_SIGNS, seed)
    return s * t * signs(parity & np.uint64(1))


def constants(*texts):
    """Binary32 numbers from hexadecimal texts; refuses a text that is not exact."""
    numbers = [float.fromhex(text) for text in texts]
    if any(float(np.float32(number)) != number for number in numbers):
        raise ValueError("a constant is not a binary32 number")
    return [np.float32(number) for number in numbers]


RADIUS = constants("0x1.9d053cp-3", "0x1.4b5e58p-2", "0x1.612134p-2", "0x1.97b198p-2", "0x1.ff6976p-2",
                   "0x1.5558f4p-1", "0x1.00006cp+0", "0x2p+0")
(TWICE_LOG_TWO,) = constants("0x1.62e43p+0")
SINE = constants("-0x1.33198ep-8", "0x1.4680a4p-4", "-0x1.4abc24p-1", "0x1.921fb6p+0")
COSINE = constants("-0x1.4e78bep-6", "0x1.03b058p-2", "-0x1.3bd39cp+0", "0x1p+0")


def horner(polynomial, x):
    """p = p * x + constant for each further constant; the product and the sum are rounded apart."""
    p = np.full_like(x, polynomial[0])
    for constant in polynomial[1:]:
        p = np.multiply(p, x)
        p = np.add(p, constant)
    return p


def radius(x):
    """Section 3.3, "Radius": the square root of -2 ln u, from a word."""
    u = ((x >> np.uint64(8)) + np.uint64(1)).astype(np.float32) * np.float32(2.0 ** -24)
    d = u.view(np.int32) - np.int32(0x3F3504F3)
    e = (d >> np.int32(23)).astype(np.float32)
    m = ((d & np.int32(0x7FFFFF)) + np.int32(0x3F3504F3)).view(np.float32)
    g = np.subtract(np.float32(1), m)
    return np.sqrt(np.subtract(np.multiply(horner(RADIUS, g), g), np.multiply(e, TWICE_LOG_TWO)))


def normals(x, y):
    """Section 3.3: the two normals of a pair of words."""
    r = radius(x)
    quadrant = y >> np.uint64(30)
    s = (y << np.uint64(2)).astype(np.uint32).view(np.int32) >> np.int32(8)
    t = s.astype(np.float32) * np.float32(2.0 ** -24)
    v = np.multiply(t, t)
    a = np.multiply(horner(SINE, v), t)
    b = horner(COSINE, v)
    first = np.choose(quadrant.astype(np.int64), [b, -a, -b, a])
    second = np.choose(quadrant.astype(np.int64), [a, b, -a, -b])
    return np.multiply(r, first), np.multiply(r, second)


def gaussian(seed, candidate, tensor, offset, count):
    """Section 3.3. Sixteen counters serve 64 elements: all outputs 0 first, then all outputs 1, and so on."""
    first, last = offset // 64, (offset + count + 63) // 64
    counters = np.arange(16 * first, 16 * last, dtype=np.uint64)
    x0, x1, x2, x3 = philox(counters, candidate, tensor, GAUSSIAN_NORMALS, seed)
    outputs = np.stack(normals(x0, x1) + normals(x2, x3)).reshape(4, last - first, 16)
    return outputs.transpose(1, 0, 2).reshape(-1)[offset - first * 64:][:count]


def direction(basis, seed, candidates, candidate, tensor, offset, count):
    """Section 3: z_k[offset], z_k[offset + 1], ... of a tensor, as float32."""
    check_basis(basis, seed, candidates)
    check_range(offset, count)
    if not 0 <= candidate < candidates:
        raise ValueError(f"candidate {candidate} is not below {candidates}")
    if basis == "hadamard":
        return hadamard(seed, candidates, candidate, tensor, offset, count)
    return (rademacher if basis == "rademacher" else gaussian)(seed, candidate, tensor, offset, count)


# Section 4: weights

def hadamard_delta(seed, coefficients, tensor, offset, count):
    """Section 4.1, hadamard: the transform of each block, strides 1, 2, 4, ... in this order."""
    size = len(coefficients)
    first, last = offset // size, (offset + count + size - 1) // size
    blocks = np.arange(first, last, dtype=np.uint64)[:, np.newaxis]
    inner = np.arange(size, dtype=np.uint64)[np.newaxis, :]
    y = coefficients[np.newaxis, :] * picked_signs(inner, blocks, tensor, CANDIDATE_SIGNS, seed)
    stride = 1
    while stride < size:
        pairs = y.reshape(len(blocks), size // (2 * stride), 2, stride)
        left, right = pairs[:, :, 0, :], pairs[:, :, 1, :]
        y = np.stack((np.add(left, right), np.subtract(left, right)), axis=2).reshape(len(blocks), size)
        stride *= 2
    y = y * picked_signs(inner, blocks, tensor, ELEMENT_SIGNS, seed)
    return y.reshape(-1)[offset - first * size:][:count]


def combination(basis, seed, coefficients, tensor, offset, count):
    """Section 4.1: delta, the sum of A_k z_k in the order of the text; zero coefficients skipped as it says."""
    coefficients = np.asarray(coefficients, dtype=np.float32)
    check_basis(basis, seed, len(coefficients))
    check_range(offset, count)
    delta = np.zeros(count, dtype=np.float32)
    if not np.any(coefficients):
        return delta
    if basis == "hadamard":
        return hadamard_delta(seed, coefficients, tensor, offset, count)
    for k in np.flatnonzero(coefficients):
        z = direction(basis, seed, len(coefficients), int(k), tensor, offset, count)
        delta = np.add(delta, np.multiply(coefficients[k], z))
    return delta


def replay(basis, seed, coefficients, tensor, offset, base):
    """Section 4.1: w = w0 - delta, for float32 base values that start at element `offset`."""
    base = np.asarray(base, dtype=np.float32)
    return np.subtract(base, combination(basis, seed, coefficients, tensor, offset, len(base)))


def perturbed(weights, epsilon, z):
    """Section 4.2: plus and minus; one rounded product serves both."""
    step = np.multiply(np.float32(epsilon), z)
    return np.add(weights, step), np.subtract(weights, step)


def updated(weights, c, z):
    """Section 4.3: w + (-c) z, one product and one sum."""
    return np.add(weights, np.multiply(-np.float32(c), z))


# Section 5: projection

def hadamard_projection(seed, sums, tensor, offset, gradient):
    """Section 5, hadamard: block after block, the signs, the butterflies, the signs, one rounded sum."""
    size = len(sums)
    first, last = offset // size, (offset + len(gradient) + size - 1) // size
    padded = np.zeros((last - first) * size, dtype=np.float32)
    padded[offset - first * size:][:len(gradient)] = gradient
    inner = np.arange(size, dtype=np.uint64)
    for block in range(first, last):
        y = padded[(block - first) * size:][:size] * picked_signs(inner, block, tensor, ELEMENT_SIGNS, seed)
        stride = 1
        while stride < size:
            pairs = y.reshape(size // (2 * stride), 2, stride)
            y = np.stack((np.add(pairs[:, 0], pairs[:, 1]), np.subtract(pairs[:, 0], pairs[:, 1])), axis=1).reshape(size)
            stride *= 2
        sums = np.add(sums, y * picked_signs(inner, block, tensor, CANDIDATE_SIGNS, seed))
    return sums


def projected(basis, seed, sums, tensor, offset, gradient):
    """Section 5: the K sums after the projection of float32 gradients that start at element `offset`."""
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
