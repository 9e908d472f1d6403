"""The significance of candidates in FedKSeed-Pro, from its definition: the plain history of scalars.

Source: FedKSeed, arXiv:2312.06353, and its reference code's `calculate_probabilities`.
"""

import math


def probabilities(history, candidates, clip, has_leading_zero):
    """Return how likely each candidate is to be drawn.

    `history` has a pair (candidate, scalar gradient) for each step of each client so far. Scalars are limited to
    `clip` in magnitude; with `has_leading_zero` each candidate's history begins with a zero. A candidate's
    amplitude is the mean magnitude of its history, 0 if it has none; amplitudes are scaled to 0 to 1, and the
    probabilities are their softmax.
    """
    scalars = [[0.0] if has_leading_zero else [] for _ in range(candidates)]
    for candidate, scalar in history:
        scalars[candidate].append(abs(min(max(scalar, -clip), clip)))
    amplitudes = [math.fsum(values) / len(values) if values else 0.0 for values in scalars]
    low, high = min(amplitudes), max(amplitudes)
    scaled = [(amplitude - low) / (high + 1e-10 - low) for amplitude in amplitudes]
    powers = [math.exp(value - max(scaled)) for value in scaled]
    return [power / math.fsum(powers) for power in powers]
