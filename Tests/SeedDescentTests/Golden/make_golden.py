"""Writes golden.json beside this file: what torch.optim makes of a few steps on two parameters.

Needs: torch (made with 2.x), float64. Prints nothing.
"""

import json
import pathlib

import torch

GRADIENTS = [[1.0, -0.001], [0.5, 0.002], [-3.0, 0.0], [0.25, 0.004], [0.125, -0.01], [2.0, 1.0]]
RATES = [0.1, 0.1, 0.05, 0.05, 0.2, 0.01]
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum 0.9": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "adam 0.9 0.999 1e-8": lambda p: torch.optim.Adam(p, lr=0.1),
    "adam 0.8 0.99 1e-3": lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.8, 0.99), eps=1e-3),
}


def run(make):
    parameter = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    optimizer = make([parameter])
    path = []
    for gradient, rate in zip(GRADIENTS, RATES):
        optimizer.param_groups[0]["lr"] = rate
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        path.append(parameter.tolist())
    return path


def clip():
    parameter = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    parameter.grad = torch.tensor([3.0, -4.0], dtype=torch.float64)
    torch.nn.utils.clip_grad_norm_([parameter], 2.0)
    return parameter.grad.tolist()


values = {
    "gradients": GRADIENTS,
    "rates": RATES,
    "parameters": {name: run(make) for name, make in OPTIMIZERS.items()},
    "clipped": clip(),
}
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text(json.dumps(values, indent=1) + "\n")
