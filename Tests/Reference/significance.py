"""The seed significance of FedKSeed-Pro, written from its definition with the plain history of scalars.

Prints the known answers of Tests/FederationTests/SeedSignificanceTests.swift. Needs nothing but Python.
Source: FedKSeed, arXiv:2312.06353; the formula is that of its reference code's `calculate_probabilities`.
"""

import math

# (candidate, scalar gradient) of all steps of all clients so far, K = 5; candidate 4 was never drawn.
HISTORY = [(0, 2.0), (1, -30.0), (0, -4.0), (2, 2500.0), (3, 0.5), (1, 10.0), (2, -1.0)]
CANDIDATES = 5


def probabilities(clip: float, has_leading_zero: bool) -> list[float]:
    scalars = [[0.0] if has_leading_zero else [] for _ in range(CANDIDATES)]
    for candidate, scalar in HISTORY:
        scalars[candidate].append(scalar)
    amplitudes = []
    for history in scalars:
        clipped = [abs(min(max(scalar, -clip), clip)) for scalar in history]
        amplitudes.append(math.fsum(clipped) / len(clipped) if clipped else 0.0)
    low, high = min(amplitudes), max(amplitudes)
    scaled = [(amplitude - low) / (high + 1e-10 - low) for amplitude in amplitudes]
    powers = [math.exp(value - max(scaled)) for value in scaled]
    return [power / math.fsum(powers) for power in powers]


if __name__ == "__main__":
    for clip in (1000.0, 20.0):
        for has_leading_zero in (True, False):
            values = ", ".join(f"{p:.9f}" for p in probabilities(clip, has_leading_zero))
            print(f"clip {clip:g}, leading zero {has_leading_zero}: {values}")
