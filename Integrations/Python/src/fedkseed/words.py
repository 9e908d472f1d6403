"""Random words and signs: section 2 of Documentation/Directions.md."""

import numpy as np

# The tags that keep streams of words apart.
RADEMACHER_SIGNS, GAUSSIAN_NORMALS, ELEMENT_SIGNS, CANDIDATE_SIGNS = 1, 2, 3, 4

LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox(c0, c1, c2, c3, seed):
    """Return the four words of Philox4x32-10 for each counter.

    The counters are integers or arrays that broadcast, each below 2^32; `seed` is below 2^64. The words
    are four uint64 arrays below 2^32.
    """
    c0, c1, c2, c3 = (np.asarray(word, dtype=np.uint64) for word in (c0, c1, c2, c3))
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p, q = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1 = (q >> HALF) ^ c1 ^ np.uint64(k0), q & LOW
        c2, c3 = (p >> HALF) ^ c3 ^ np.uint64(k1), p & LOW
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.broadcast_arrays(c0, c1, c2, c3)


def signs(position, second, tensor, tag, seed):
    """Return the 128 signs of each counter as float32, in an axis behind those of the counters.

    Bit `n` of a counter's 128 is bit `n mod 32` of word `n / 32`; a set bit means -1, a clear bit +1.
    """
    words = np.stack(philox(position, second, tensor, tag, seed), axis=-1).astype("<u4")
    bits = np.unpackbits(words.view(np.uint8), axis=-1, bitorder="little")
    return np.float32(1) - np.float32(2) * bits.astype(np.float32)
