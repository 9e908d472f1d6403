#!/usr/bin/env python3
"""What limits a zeroth-order step here: signal, noise of the batch and curvature, by kind of tensor.

    gradient.py --model HF_FOLDER --data ../shared/data/sst2

HF_FOLDER is a model that `fedkseed apply` wrote. In PyTorch, by backpropagation, over --examples
sentences of train.tsv, half of them of each label, with the loss of choosing of `--objective options`:

    |G|^2     squared length of the mean gradient, less what chance adds to it
    E|g|^2    mean squared length of one example's gradient
    pair      mean squared length of the gradient of a pair of examples: any two, or one of each label
    tr H      z^T H z for random signs z in these tensors only, by second differences; mean ± deviation

A step of rate lr on B examples lowers the loss by about lr |G|^2 - lr^2 (|G|^2 + noise / B) tr H / 2.
"""

import argparse
import collections
import pathlib
import random
import statistics
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import experiment  # noqa: F401, before torch
import torch
import transformers

WORDS = [" terrible", " great"]
RADIUS = 2e-3


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    task = Task(options)
    lengths = measure_gradients(task)
    curvatures = {kind: task.curvature(kind) for kind in lengths}
    print("| tensors | weights | G² | E g² | tr H |\n|---|---:|---:|---:|---:|")
    for kind, (mean, single) in lengths.items():
        found = curvatures[kind]
        print(f"| {kind} | {task.weight_count(kind):,} | {mean:.2f} | {single:.1f} "
              f"| {statistics.mean(found):.0f} ± {statistics.stdev(found):.0f} |")
    print(f"| all | {task.weight_count(None):,} | {sum(m for m, _ in lengths.values()):.1f} "
          f"| {sum(s for _, s in lengths.values()):.0f} | |")
    for name, pairs in task.pairs().items():
        print(f"pair of {name}: {statistics.mean(map(task.squared_length, pairs)):.0f}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--examples", type=int, default=160)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def kind_of(name):
    """The kind of a tensor: norm, embed_tokens or the name of its matrix."""
    return "norm" if "norm" in name else name.split(".")[-2]


class Task:
    def __init__(self, options):
        self.network = transformers.AutoModelForCausalLM.from_pretrained(
            options.model, dtype=torch.float32)
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
        self.words = [self.tokenizer(word).input_ids[0] for word in WORDS]
        self.tensors = dict(self.network.named_parameters())
        lines = (options.data / "train.tsv").read_text("utf-8").splitlines()[1:]
        self.examples = sample([line.split("\t") for line in lines], options.examples)

    def loss(self, examples):
        """The mean loss of choosing, one prompt after the other."""
        total = 0
        for text, label in examples:
            tokens = self.tokenizer(f"{text.strip()} It was", return_tensors="pt").input_ids
            logits = self.network(tokens, logits_to_keep=1).logits[0, -1].log_softmax(0)
            target = torch.tensor([int(label)])
            total = total + torch.nn.functional.cross_entropy(logits[self.words][None], target)
        return total / len(examples)

    def gradients(self, examples):
        self.network.zero_grad()
        self.loss(examples).backward()
        return {name: tensor.grad for name, tensor in self.tensors.items()}

    def squared_length(self, examples):
        return sum(grad.square().sum().item() for grad in self.gradients(examples).values())

    def pairs(self):
        """Disjoint pairs of the examples: of any labels, and of one of each label."""
        mixed = random.Random(1).sample(self.examples, len(self.examples))
        sides = [[item for item in self.examples if item[1] == label] for label in "01"]
        return {"any labels": list(zip(mixed[::2], mixed[1::2])), "one of each": list(zip(*sides))}

    @torch.no_grad()
    def curvature(self, kind):
        """z^T H z for three z of random signs in the tensors of a kind."""
        some = self.examples[::2]
        middle = self.loss(some).item()
        return [(self.loss_beside(some, kind, seed, 1) + self.loss_beside(some, kind, seed, -1)
                 - 2 * middle) / RADIUS ** 2 for seed in range(3)]

    def loss_beside(self, examples, kind, seed, side):
        self.move(kind, seed, side * RADIUS)
        loss = self.loss(examples).item()
        self.move(kind, seed, -side * RADIUS)
        return loss

    def move(self, kind, seed, amount):
        generator = torch.Generator().manual_seed(seed)
        for name, tensor in self.tensors.items():
            if kind_of(name) == kind:
                signs = torch.randint(0, 2, tensor.shape, generator=generator) * 2 - 1
                tensor.add_(signs, alpha=amount)

    def weight_count(self, kind):
        return sum(tensor.numel() for name, tensor in self.tensors.items()
                   if kind in (None, kind_of(name)))


def sample(lines, count):
    """`count` lines, half of each label, the labels in turns."""
    source = random.Random(0)
    sides = [source.sample([line for line in lines if line[1] == label], count // 2)
             for label in "01"]
    return [line for pair in zip(*sides) for line in pair]


def measure_gradients(task):
    """Returns, for each kind, the squared lengths of the mean gradient and of single ones."""
    count = len(task.examples)
    single = collections.Counter()
    mean = {name: torch.zeros_like(tensor) for name, tensor in task.tensors.items()}
    for example in task.examples:
        for name, gradient in task.gradients([example]).items():
            single[kind_of(name)] += gradient.square().sum().item() / count
            mean[name] += gradient / count
    lengths = collections.Counter()
    for name, gradient in mean.items():
        lengths[kind_of(name)] += gradient.square().sum().item()
    return {kind: ((count * lengths[kind] - single[kind]) / (count - 1), single[kind])
            for kind in lengths}


main()
