#!/usr/bin/env python3
"""Makes gradients.json: the gradient of a loss with respect to the weights, by autograd in f32.

    .venv/bin/python Models/tiny-llama/gradients.py [FOLDER]

FOLDER is that of a model with an expected.json beside it (default: this folder and untied-bf16). The
loss is the mean over the examples of expected.json of the mean negative log-likelihood of their
responses. Of each tensor the file has the norm of the gradient, the indices of some elements, and
their values; the whole gradient would be as large as the model.
"""

import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM

FOLDER = pathlib.Path(__file__).parent
ELEMENTS = 24


def example_loss(model, example):
    tokens = torch.tensor([example["prompt_ids"] + example["response_ids"]])
    start = len(example["prompt_ids"])
    logits = model(tokens).logits[0, start - 1:-1]
    return torch.nn.functional.cross_entropy(logits, tokens[0, start:])


def sample(gradient):
    """The element of largest magnitude and others at equal distances."""
    flat = gradient.flatten()
    places = sorted({int(flat.abs().argmax()), *(i * (len(flat) - 1) // (ELEMENTS - 1) for i in range(ELEMENTS))})
    return {"norm": float(flat.double().norm()), "indices": places, "values": [float(flat[i]) for i in places]}


def main():
    for folder in sys.argv[1:] or [FOLDER, FOLDER / "untied-bf16"]:
        folder = pathlib.Path(folder)
        examples = json.loads((folder / "expected.json").read_text())["examples"]
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
        loss = sum(example_loss(model, example) for example in examples) / len(examples)
        loss.backward()
        result = {
            "made_by": {"torch": torch.__version__}, "loss": float(loss),
            "gradients": {name: sample(parameter.grad) for name, parameter in model.named_parameters()}}
        (folder / "gradients.json").write_text(json.dumps(result, indent=1) + "\n")
        print(folder, float(loss))


if __name__ == "__main__":
    main()
