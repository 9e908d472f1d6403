#!/usr/bin/env python3
"""Writes a seed checkpoint with coefficients drawn at random for a Hugging Face folder, to try replay with.

    python3 random_checkpoint.py FILE.kseed --model FOLDER --basis BASIS --candidates K [--seed S] [--zeros P]
        [--parameters PATTERN]
"""

import argparse

import numpy as np
import package  # noqa: F401, finds fedkseed

import fedkseed


def random_checkpoint(folder, basis, candidates, seed=1, zeros=0.25, parameters=None):
    """A checkpoint with coefficients of mixed sizes and signs, a share `zeros` of them zero."""
    generator = np.random.default_rng(seed & 0xFFFFFFFF)
    coefficients = generator.normal(size=candidates) * 10.0 ** generator.uniform(-6, -1, size=candidates)
    coefficients[generator.random(candidates) < zeros] = 0
    coefficients = (coefficients * generator.choice([-1.0, 1.0], size=candidates)).astype(np.float32)
    return fedkseed.Checkpoint(
        base=fedkseed.identity(folder), parameter_map=fedkseed.parameter_map(fedkseed.folder_tensors(folder)),
        basis=basis, basis_seed=seed, coefficients=coefficients, parameters=parameters)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--model", required=True)
    parser.add_argument("--basis", required=True, choices=fedkseed.BASES)
    parser.add_argument("--candidates", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parameters", help="the tensors that move; all if not given")
    parser.add_argument("--zeros", type=float, default=0.25, help="share of coefficients that are zero")
    options = parser.parse_args()
    fedkseed.write(options.file, random_checkpoint(
        options.model, options.basis, options.candidates, options.seed, options.zeros, options.parameters))


if __name__ == "__main__":
    main()
