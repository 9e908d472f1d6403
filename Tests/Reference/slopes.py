"""Writes slopes.json beside this file: the slopes of a loss along all coefficients, by autograd.

    python3 slopes.py

Needs numpy, torch and transformers (made with 5.x; any that reads the models will do). The weights are made as
the definition has it, w(A) = w0 - sum of A_k z_k, from explicit directions and in binary64; torch
differentiates with respect to A. The loss is the mean over the examples of a model's expected.json of the
mean negative log-likelihood of their responses. Where these have texts, there is the loss of choosing too: the
first few responses, without their end tokens, are the options after the first prompt.
"""

import json
import pathlib

import numpy as np
import package  # noqa: F401, finds fedkseed
import torch
from transformers import AutoModelForCausalLM

import fedkseed

HERE = pathlib.Path(__file__).parent
MODELS = ["tiny-llama", "tiny-llama/untied-bf16", "tiny-qwen2"]
SEED, CANDIDATES = 17, 64
OPTIONS = 4


def coefficients():
    """Binary32 numbers of about 1e-3, the same as in the test."""
    return [float(np.float32((7 * k % 31 - 15) * 1e-4)) for k in range(CANDIDATES)]


def weights(model, basis, a):
    """The tensors of w(A) by name; they are numbered by the bytes of their names."""
    parameters = dict(model.named_parameters())
    result = {}
    for tensor, name in enumerate(sorted(parameters, key=lambda name: name.encode("utf-8"))):
        w0 = parameters[name].detach()
        z = np.stack([fedkseed.direction(basis, SEED, CANDIDATES, k, tensor, 0, w0.numel())
                      for k in range(CANDIDATES)])
        result[name] = w0 - (a @ torch.from_numpy(z).double()).reshape(w0.shape)
    return result


def response_loss(model, moved, prompt, response):
    tokens = torch.tensor([prompt + response])
    logits = torch.func.functional_call(model, moved, (tokens,), {"use_cache": False}).logits
    return torch.nn.functional.cross_entropy(logits[0, len(prompt) - 1:-1], tokens[0, len(prompt):])


def loss(model, moved, examples):
    losses = [response_loss(model, moved, e["prompt_ids"], e["response_ids"]) for e in examples]
    return torch.stack(losses).mean()


def choice(model, moved, examples):
    """The negative log-likelihood of the first option; an option's score is its mean log-likelihood."""
    prompt = examples[0]["prompt_ids"]
    options = [response_loss(model, moved, prompt, e["response_ids"][:-1]) for e in examples[:OPTIONS]]
    return torch.nn.functional.cross_entropy(-torch.stack(options)[None], torch.tensor([0]))


def slopes(model, basis, objective, examples):
    a = torch.tensor(coefficients(), dtype=torch.float64, requires_grad=True)
    value = objective(model, weights(model, basis, a), examples)
    value.backward()
    return {"loss": float(f"{value.item():.10g}"), "slopes": [float(f"{s:.8g}") for s in a.grad.tolist()]}


def main():
    result = {}
    for name in MODELS:
        folder = HERE / "../../Models" / name
        examples = json.loads((folder / "expected.json").read_text())["examples"]
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager")
        objectives = {"loss": loss, "options": choice} if "response" in examples[0] else {"loss": loss}
        result[name] = {objective: {basis: slopes(model, basis, function, examples) for basis in fedkseed.BASES}
                        for objective, function in objectives.items()}
    (HERE / "slopes.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
