"""The slow, obvious version of directions and replay: one element at a time, integers of Python, scalars of float32."""

import numpy as np

from fedkseed.normals import COSINE, RADIUS, SINE, TWICE_LOG_TWO

F = np.float32


def philox(c0, c1, c2, c3, seed):
    k0, k1 = seed % 2**32, seed // 2**32
    for _ in range(10):
        p, q = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = q // 2**32 ^ c1 ^ k0, q % 2**32, p // 2**32 ^ c3 ^ k1, p % 2**32
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return c0, c1, c2, c3


def sign(n, second, tensor, tag, seed):
    """The sign of number n in a stream of signs."""
    word = philox(n // 128, second, tensor, tag, seed)[n % 128 // 32]
    return F(-1) if word >> n % 32 & 1 else F(1)


def polynomial(constants, x):
    p = constants[0]
    for constant in constants[1:]:
        p = F(F(p * x) + constant)
    return p


def normals(x, y):
    u = F((x >> 8) + 1) * F(2.0**-24)
    d = int(u.view(np.uint32)) - 0x3F3504F3
    e, m = F(d >> 23), np.uint32((d & 0x7FFFFF) + 0x3F3504F3).view(F)
    g = F(F(1) - m)
    r = np.sqrt(F(F(polynomial(RADIUS, g) * g) - F(e * TWICE_LOG_TWO)))
    s = (y << 2) % 2**32
    t = F((s - 2**32 if s >= 2**31 else s) >> 8) * F(2.0**-24)
    v = F(t * t)
    a, b = F(polynomial(SINE, v) * t), polynomial(COSINE, v)
    first, second = [(b, a), (-a, b), (-b, -a), (a, -b)][y >> 30]
    return F(r * first), F(r * second)


def element(basis, seed, candidates, k, tensor, i):
    """Element i of direction k."""
    if basis == "rademacher":
        return sign(i, k, tensor, 1, seed)
    if basis == "hadamard":
        block, j = divmod(i, candidates)
        parity = F(-1) if bin(j & k).count("1") % 2 else F(1)
        return sign(j, block, tensor, 3, seed) * sign(k, block, tensor, 4, seed) * parity
    words = philox(16 * (i // 64) + i % 16, k, tensor, 2, seed)
    output = i // 16 % 4
    return normals(*words[:2] if output < 2 else words[2:])[output % 2]


def direction(basis, seed, candidates, k, tensor, offset, count):
    return np.array([element(basis, seed, candidates, k, tensor, i) for i in range(offset, offset + count)], dtype=F)


def butterflies(y):
    stride = 1
    while stride < len(y):
        for i in range(len(y)):
            if i & stride == 0:
                y[i], y[i + stride] = F(y[i] + y[i + stride]), F(y[i] - y[i + stride])
        stride *= 2
    return y


def combined(basis, seed, coefficients, tensor, i):
    """The sum of A_k z_k at element i."""
    size = len(coefficients)
    if basis == "hadamard" and any(coefficients):
        block, j = divmod(i, size)
        y = butterflies([F(a * sign(k, block, tensor, 4, seed)) for k, a in enumerate(coefficients)])
        return F(sign(j, block, tensor, 3, seed) * y[j])
    delta = F(0)
    for k, a in enumerate(coefficients):
        if a != 0:
            delta = F(delta + F(a * element(basis, seed, size, k, tensor, i)))
    return delta


def replay(basis, seed, coefficients, tensor, offset, base):
    return np.array([F(w - combined(basis, seed, coefficients, tensor, offset + n)) for n, w in enumerate(base)], dtype=F)


def projected(basis, seed, sums, tensor, offset, gradient):
    size, sums = len(sums), [F(value) for value in sums]
    if basis != "hadamard":
        for i, g in enumerate(gradient):
            sums = [F(s + F(element(basis, seed, size, k, tensor, offset + i) * g)) for k, s in enumerate(sums)]
        return np.array(sums, dtype=F)
    for block in range(offset // size, (offset + len(gradient) - 1) // size + 1):
        places = range(block * size - offset, (block + 1) * size - offset)
        inside = [gradient[i] if 0 <= i < len(gradient) else F(0) for i in places]
        y = butterflies([F(g * sign(j, block, tensor, 3, seed)) for j, g in enumerate(inside)])
        sums = [F(s + F(y[k] * sign(k, block, tensor, 4, seed))) for k, s in enumerate(sums)]
    return np.array(sums, dtype=F)
