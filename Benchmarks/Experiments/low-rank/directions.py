"""The model with a side path beside every weight, and the two kinds of directions.

A module's `side` is its part of a low-rank direction: factors u, v of a matrix, signs of a norm; None
for the plain model.
"""

import functools
import math
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import experiment  # noqa: F401, before torch
import numpy
import torch
import torch.nn.functional as F
import transformers

EPSILON = 1e-3
SIDES = torch.tensor([1.0, -1.0]).view(2, 1, 1)


def load(folder):
    model = transformers.AutoModel.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="sdpa").eval()
    for module in weighted(model):
        module.side = None
        if isinstance(module, torch.nn.Linear):
            module.forward = functools.partial(linear, module)
        elif module.weight.dim() == 1:
            module.forward = functools.partial(norm, module)
    return model


def weighted(model):
    return [module for module in model.modules() if isinstance(getattr(module, "weight", None),
                                                               torch.nn.Parameter)]


def linear(module, x):
    """x (W ± eps z)^T, the first half of x with +, the second with -."""
    y = F.linear(x, module.weight)
    if module.side is not None:
        u, v = module.side
        y.view(-1, len(u)).addmm_(beside(x, v).view(-1, v.shape[1]), u.T)
    return y


def beside(x, v):
    return (x @ v) * (SIDES * (EPSILON / math.sqrt(v.shape[1])))


def norm(module, x):
    x = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + module.variance_epsilon)
    is_plain = module.side is None
    return x * (module.weight if is_plain else module.weight + SIDES * EPSILON * module.side)


def embed(table, tokens):
    x = table.weight[tokens][None]
    if table.side is None:
        return x
    u, v = table.side
    return x + u[tokens] @ v.T * (SIDES * (EPSILON / math.sqrt(v.shape[1])))


def choices(model, words, batch):
    """Logits of the two words behind each prompt: (sides, prompts, 2)."""
    table = model.embed_tokens
    x = model(inputs_embeds=embed(table, batch["tokens"]), attention_mask=batch["mask"],
              position_ids=batch["positions"], use_cache=False).last_hidden_state[:, batch["last"]]
    y = x @ table.weight[words].T
    return y if table.side is None else y + beside(x, table.side[1]) @ table.side[0][words].T


def losses(model, words, batch):
    """Mean cross-entropy of each side; the log-sum over the vocabulary cancels out of it."""
    logits = choices(model, words, batch)
    return [F.cross_entropy(side, batch["labels"]).item() for side in logits]


def signs(generator, *shape):
    """Random ±1 in int8."""
    count = math.prod(shape)
    drawn = torch.randint(0, 256, (-(-count // 8),), dtype=torch.uint8, generator=generator)
    bits = torch.from_numpy(numpy.unpackbits(drawn.numpy(), count=count)).view(torch.int8)
    return bits.mul_(2).sub_(1).view(shape)


class LowRank:
    """Both sides in one pass of twice the rows; the weights change in the update only."""

    def __init__(self, model, rank):
        self.model, self.rank = model, rank

    def draw(self, seed):
        generator = torch.Generator().manual_seed(seed)
        for module in weighted(self.model):
            shape = module.weight.shape
            factors = [signs(generator, size, self.rank).float() for size in shape]
            module.side = factors if len(shape) == 2 else signs(generator, *shape).float()

    def both(self, words, batch):
        return losses(self.model, words, batch)

    def move(self, amount):
        """Adds `amount` z to the weights and forgets z."""
        for module in weighted(self.model):
            if module.weight.dim() == 1:
                module.weight.add_(module.side, alpha=amount)
            else:
                u, v = module.side
                module.weight.addmm_(u, v.T, alpha=amount / math.sqrt(self.rank))
            module.side = None


class Dense:
    """Weights to w + eps z, w - eps z, and from there to the next w; z is kept for the step."""

    def __init__(self, model, rank=0):
        self.model = model

    def draw(self, seed):
        generator = torch.Generator().manual_seed(seed)
        self.z = [signs(generator, *module.weight.shape) for module in weighted(self.model)]

    def both(self, words, batch):
        self.add(EPSILON)
        plus = losses(self.model, words, batch)
        self.add(-2 * EPSILON)
        return plus + losses(self.model, words, batch)

    def move(self, amount):
        self.add(EPSILON + amount)

    def add(self, amount):
        for module, z in zip(weighted(self.model), self.z):
            module.weight.add_(z, alpha=amount)


KINDS = {"dense": Dense, "low-rank": LowRank}
