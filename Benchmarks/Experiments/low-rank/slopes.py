#!/usr/bin/env python3
"""Exact slopes along K directions that share their factors, against dense signs: does the loss fall as fast?

    slopes.py --model HF_FOLDER --data ../shared/data/sst2 --kinds factors,dense --lrs 8e-6 --seeds 1,2,3 --steps 40

factors: the directions of a matrix are the r * r products p_a q_b^T of r sign vectors for its rows and r for its
columns, so w(A) = w0 - P C Q^T with the K = r * r coefficients as the matrix C, the same for all matrices. Then
dL/dC = -P^T dW Q = -(dY P)^T (X Q): no gradient of a weight is needed. dense: blocks of K signs of a Walsh-Hadamard
matrix with random flips, as the basis `hadamard` has them. Norms do not move. Adam, a warm-up of 5 steps and a cosine;
for a seed both kinds see the same batches. Rows go to results/slopes.csv; a run that is there is not repeated.
Without --lrs it prints the table.
"""

import argparse
import itertools
import math
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import experiment
import torch
import torch.nn.functional as F
import transformers
from directions import signs
from task import Data

RUN = ["kind", "candidates", "lr", "seed", "length", "held_out", "dev"]
COLUMNS = RUN + ["held_out_loss", "accuracy", "cpu_seconds_per_step"]
RESULTS = HERE / "results" / "slopes.csv"
WARMUP, BETA1, BETA2 = 5, 0.9, 0.999


def main():
    options = parse()
    if not options.lrs:
        return print_table()
    torch.set_num_threads(options.threads)
    data = Data(options)
    for seed, kind, lr in itertools.product(options.seeds, options.kinds, options.lrs):
        run = dict(zip(RUN, (kind, options.candidates, lr, seed, options.steps, options.held_out, options.dev)))
        if not any(all(row[name] == str(run[name]) for name in RUN) for row in experiment.read(RESULTS)):
            experiment.append(RESULTS, COLUMNS, run | tune(options, data, run))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names, numbers = experiment.names, experiment.numbers
    parser.add_argument("--model", help="folder with safetensors and tokenizer.json")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--kinds", type=names, default=list(KINDS))
    parser.add_argument("--candidates", type=int, default=4096)
    parser.add_argument("--lrs", type=names)
    parser.add_argument("--seeds", type=numbers, default=[1])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--held-out", type=int, default=400, help="examples of train.tsv")
    parser.add_argument("--dev", type=int, default=872, help="examples of dev.tsv")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def tune(options, data, run):
    """Returns what `length` steps of Adam on the coefficients come to."""
    model = transformers.AutoModel.from_pretrained(
        options.model, dtype=torch.float32, attn_implementation="sdpa").eval().requires_grad_(False)
    directions = KINDS[run["kind"]](model, run["candidates"], torch.Generator().manual_seed(run["seed"]))
    first, second = torch.zeros(run["candidates"]), torch.zeros(run["candidates"])
    start = time.process_time()
    for step, batch in zip(range(1, run["length"] + 1), data.batches(run["seed"])):
        slopes = directions.slopes(F.cross_entropy(directions.choices(data.words, batch), batch["labels"]))
        first, second = first.lerp(slopes, 1 - BETA1), second.lerp(slopes.square(), 1 - BETA2)
        scale = (second / (1 - BETA2 ** step)).sqrt() + 1e-12
        directions.move(-rate(run, step) * first / (1 - BETA1 ** step) / scale)
    seconds = (time.process_time() - start) / run["length"]

    def logits(batch):
        return directions.choices(data.words, batch)

    return {"held_out_loss": round(data.evaluate(logits, data.held_out)[0], 5),
            "accuracy": round(100 * data.evaluate(logits, data.dev)[1], 2), "cpu_seconds_per_step": round(seconds, 2)}


def rate(run, step):
    cosine = 0.5 * (1 + math.cos(math.pi * (step - 1) / run["length"]))
    return float(run["lr"]) * min(1, step / WARMUP) * cosine


def run_model(model, embedded, batch):
    """Returns the hidden state behind each prompt."""
    return model(inputs_embeds=embedded, attention_mask=batch["mask"], position_ids=batch["positions"],
                 use_cache=False).last_hidden_state[0, batch["last"]]


def matrices(model):
    return [module for module in model.modules() if isinstance(module, torch.nn.Linear)]


class Factors:
    """w(A) = w0 - P C Q^T beside each product; the way back never meets a gradient of a weight."""

    def __init__(self, model, candidates, generator):
        self.model, self.rank = model, math.isqrt(candidates)
        self.coefficients = torch.zeros(self.rank, self.rank, requires_grad=True)
        self.table = model.embed_tokens.weight
        self.factors = self.draw(self.table, generator)
        for module in matrices(model):
            module.forward = self.beside(module.weight, *self.draw(module.weight, generator))

    def draw(self, weight, generator):
        return [signs(generator, size, self.rank).float() for size in weight.shape]

    def beside(self, weight, p, q):
        return lambda x: F.linear(x, weight) - (x @ q) @ self.coefficients.T @ p.T

    def choices(self, words, batch):
        p, q = self.factors
        embedded = self.table[batch["tokens"]] - p[batch["tokens"]] @ self.coefficients @ q.T
        head = self.table[words] - p[words] @ self.coefficients @ q.T
        return run_model(self.model, embedded[None], batch) @ head.T

    def slopes(self, loss):
        return torch.autograd.grad(loss, self.coefficients)[0].flatten()

    def move(self, amounts):
        with torch.no_grad():
            self.coefficients += amounts.view_as(self.coefficients)


class Dense:
    """w(A) = w0 - sum A_k z_k, z by blocks: the signs of row k of a Walsh-Hadamard matrix, flipped at random."""

    def __init__(self, model, candidates, generator):
        self.model, self.count = model, candidates
        self.weights = [model.embed_tokens.weight, *(module.weight for module in matrices(model))]
        blocks = [-(-weight.numel() // candidates) for weight in self.weights]
        self.flips = [(signs(generator, count, candidates), signs(generator, count, candidates)) for count in blocks]
        for weight in self.weights:
            weight.requires_grad_(True)

    def choices(self, words, batch):
        table = self.model.embed_tokens.weight
        return run_model(self.model, table[batch["tokens"]][None], batch) @ table[words].T

    def slopes(self, loss):
        sums = torch.zeros(self.count)
        for gradient, (of_elements, of_candidates) in zip(torch.autograd.grad(loss, self.weights), self.flips):
            flat = F.pad(gradient.flatten(), (0, of_elements.numel() - gradient.numel()))
            sums -= (transform(flat.view_as(of_elements) * of_elements) * of_candidates).sum(0)
        return sums

    @torch.no_grad()
    def move(self, amounts):
        for weight, (of_elements, of_candidates) in zip(self.weights, self.flips):
            z = transform(of_candidates * amounts) * of_elements
            weight -= z.flatten()[:weight.numel()].view_as(weight)


def transform(x):
    """The Walsh-Hadamard transform of each row, as a matrix of half its bits on both sides."""
    bits = int(math.log2(x.shape[1]))
    left, right = walsh(bits // 2), walsh(bits - bits // 2)
    return (left @ x.view(-1, len(left), len(right)) @ right).view_as(x)


def walsh(bits):
    matrix = torch.ones(1, 1)
    for _ in range(bits):
        matrix = torch.cat([torch.cat([matrix, matrix], 1), torch.cat([matrix, -matrix], 1)])
    return matrix


KINDS = {"factors": Factors, "dense": Dense}


def print_table():
    """Each kind's means over seeds, and the difference of the kinds seed by seed, with intervals of 95 %."""
    runs = {}
    for row in experiment.read(RESULTS):
        key = (row["candidates"], row["lr"], row["length"])
        runs.setdefault(key, {}).setdefault(row["kind"], {})[row["seed"]] = row
    print("| kind | K | lr | steps | seeds | held-out loss | ± | accuracy % | ± | processor s a step |")
    print("|---|---:|---|---:|---:|---:|---:|---:|---:|---:|")
    for (candidates, lr, length), kinds in sorted(runs.items()):
        for kind, rows in kinds.items():
            seconds = min(float(row["cpu_seconds_per_step"]) for row in rows.values())
            print(f"| {kind} | {candidates} | {lr} | {length} | {len(rows)} | {cells(rows.values())} | {seconds:.2f} |")
        pairs = [(kinds["factors"][seed], kinds["dense"][seed])
                 for seed in kinds.get("factors", {}) if seed in kinds.get("dense", {})]
        if pairs:
            print(f"| factors − dense | {candidates} | {lr} | {length} | {len(pairs)} | {cells(pairs)} | |")


def cells(rows):
    """Means and intervals of rows, or of the differences of pairs of them."""
    shown = []
    for name, form in (("held_out_loss", ".3f"), ("accuracy", ".1f")):
        values = [float(row[name]) if isinstance(row, dict) else float(row[0][name]) - float(row[1][name])
                  for row in rows]
        mean, spread = experiment.interval(values)
        shown += [f"{mean:{form}}", f"{spread:{form}}" if len(values) > 1 else "–"]
    return " | ".join(shown)


if __name__ == "__main__":
    main()
