"""Compares side paths with weights that are really perturbed, and updates with w - lr g z."""

import math

import torch
from directions import EPSILON, KINDS, Dense, load, losses, weighted


def check(options, data):
    """Side paths against weights that are really perturbed, and updates against w - lr g z."""
    batch = data.pack([pool[index] for index in (0, 1) for pool in data.pools])
    for kind, rank in [("dense", 0)] + [("low-rank", rank) for rank in options.rank]:
        model = load(options.model)
        before = [module.weight.clone() for module in weighted(model)]
        direction = KINDS[kind](model, rank)
        direction.draw(1)
        z = explicit(direction)
        found = direction.both(data.words, batch)
        direction.move(-1e-3)
        moved = [module.weight.clone() for module in weighted(model)]
        wrong = max((w - (v - 1e-3 * d)).abs().max().item() for w, v, d in zip(moved, before, z))
        plus, minus, middle = (perturbed(model, data.words, batch, before, z, epsilon)
                               for epsilon in (EPSILON, -EPSILON, 0))
        print(f"{kind} {rank}: {found}, really perturbed {[plus, minus]}, at w {middle:.5f}, "
              f"largest error of an update of 1e-3: {wrong:.0e}")
        assert abs(found[0] - plus) < 1e-4 and abs(found[1] - minus) < 1e-4, "losses differ"
        assert abs(plus - minus) > 1e-3 and wrong < 1e-5, "no difference made, or wrong updates"


def explicit(direction):
    """z as plain tensors in float32."""
    if isinstance(direction, Dense):
        return [z.float() for z in direction.z]
    sides = [module.side for module in weighted(direction.model)]
    return [side[0] @ side[1].T / math.sqrt(direction.rank) if isinstance(side, list) else side
            for side in sides]


def perturbed(model, words, batch, before, z, epsilon):
    """The loss of the plain model at w + epsilon z."""
    for module, weight, change in zip(weighted(model), before, z):
        module.weight.copy_(weight + epsilon * change)
    return losses(model, words, batch)[0]
