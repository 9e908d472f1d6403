#!/usr/bin/env python3
"""Prints the known answers of Tests/FederationTests/SeedSignificanceTests.swift, by the package's definition."""

import package  # noqa: F401, finds fedkseed

from fedkseed.significance import probabilities

# (candidate, scalar gradient) of all steps of all clients so far, K = 5; candidate 4 was never drawn.
HISTORY = [(0, 2.0), (1, -30.0), (0, -4.0), (2, 2500.0), (3, 0.5), (1, 10.0), (2, -1.0)]

for clip in (1000.0, 20.0):
    for has_leading_zero in (True, False):
        values = ", ".join(f"{p:.9f}" for p in probabilities(HISTORY, 5, clip, has_leading_zero))
        print(f"clip {clip:g}, leading zero {has_leading_zero}: {values}")
