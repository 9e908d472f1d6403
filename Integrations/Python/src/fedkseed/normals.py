"""The normals of gaussian directions: section 3.3 of Documentation/Directions.md.

Every operation is a numpy call of its own on float32, so that each product, sum, difference and square
root is rounded to binary32 at once and none is fused. No `log` and no `sin`, whose bits differ from one
machine to the next.
"""

import numpy as np


def constants(*texts):
    """Return binary32 numbers from hexadecimal texts; refuse a text that is not exact."""
    numbers = [float.fromhex(text) for text in texts]
    if any(float(np.float32(number)) != number for number in numbers):
        raise ValueError(f"{texts}: a constant is not a binary32 number")
    return [np.float32(number) for number in numbers]


RADIUS = constants("0x1.9d053cp-3", "0x1.4b5e58p-2", "0x1.612134p-2", "0x1.97b198p-2", "0x1.ff6976p-2",
                   "0x1.5558f4p-1", "0x1.00006cp+0", "0x2p+0")
(TWICE_LOG_TWO,) = constants("0x1.62e43p+0")
SINE = constants("-0x1.33198ep-8", "0x1.4680a4p-4", "-0x1.4abc24p-1", "0x1.921fb6p+0")
COSINE = constants("-0x1.4e78bep-6", "0x1.03b058p-2", "-0x1.3bd39cp+0", "0x1p+0")
ROOT_HALF = np.int32(0x3F3504F3)  # the bits of the number nearest to the square root of 1/2


def horner(polynomial, x):
    """Return the polynomial at `x`; each product and each sum is rounded."""
    p = np.full_like(x, polynomial[0])
    for constant in polynomial[1:]:
        p = np.multiply(p, x)
        p = np.add(p, constant)
    return p


def radius(x):
    """Return the square root of -2 ln u, where `u` is made of the words `x`."""
    u = ((x >> np.uint64(8)) + np.uint64(1)).astype(np.float32) * np.float32(2.0 ** -24)
    d = u.view(np.int32) - ROOT_HALF
    e = (d >> np.int32(23)).astype(np.float32)
    m = ((d & np.int32(0x7FFFFF)) + ROOT_HALF).view(np.float32)
    g = np.subtract(np.float32(1), m)
    return np.sqrt(np.subtract(np.multiply(horner(RADIUS, g), g), np.multiply(e, TWICE_LOG_TWO)))


def normals(x, y):
    """Return the two normals of each pair of words, as float32."""
    r = radius(x)
    quadrant = (y >> np.uint64(30)).astype(np.int64)
    s = (y << np.uint64(2)).astype(np.uint32).view(np.int32) >> np.int32(8)
    t = s.astype(np.float32) * np.float32(2.0 ** -24)
    v = np.multiply(t, t)
    a, b = np.multiply(horner(SINE, v), t), horner(COSINE, v)
    first = np.choose(quadrant, [b, -a, -b, a])
    second = np.choose(quadrant, [a, b, -a, -b])
    return np.multiply(r, first), np.multiply(r, second)
