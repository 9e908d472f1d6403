#!/usr/bin/env python3
"""Do low-rank directions learn as well as dense signs? SmolLM2-135M on SST-2, each at its best rate.

    run.py --model HF_FOLDER --data ../shared/data/sst2 --check
    run.py --model HF_FOLDER --data ../shared/data/sst2 --kind low-rank --rank 1,4,16 \
      --lrs 3e-6,1e-5 --seeds 1,2,3 --steps 1000 --evaluate-every 100

A matrix moves along z = (1/sqrt r) sum of r outer products u v^T of sign vectors, or (dense) along a
sign for each of its weights; norms always along signs. A step draws a new direction and takes
g = (L+ - L-) / 2 eps, w <- w - lr g z. For a seed, both kinds see the same batches. Rows are
appended to results/runs.csv; a run that has its accuracy there is not repeated.
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
import transformers
from check import check
from directions import EPSILON, KINDS, choices, load
from task import Data

RUN = ["kind", "rank", "lr", "seed", "length", "held_out", "dev"]
COLUMNS = RUN + ["step", "held_out_loss", "accuracy", "seconds_per_step", "cpu_seconds_per_step",
                 "skipped"]
transformers.utils.logging.disable_progress_bar()


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    data = Data(options)
    if options.check:
        return check(options, data)
    untuned(options, data)
    ranks = {"dense": [0], "low-rank": options.rank}
    for seed, kind in itertools.product(options.seeds, options.kind):
        for rank, lr in itertools.product(ranks[kind], options.lrs):
            measure(options, data, row(options, kind, rank, lr, seed, options.steps))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names, numbers = experiment.names, experiment.numbers
    parser.add_argument("--model", required=True, help="folder with safetensors and tokenizer.json")
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--kind", type=names, default=["dense", "low-rank"])
    parser.add_argument("--rank", type=numbers, default=[1, 4, 16])
    parser.add_argument("--lrs", type=names, default=["1e-5"])
    parser.add_argument("--seeds", type=numbers, default=[1])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--evaluate-every", type=int, default=100)
    parser.add_argument("--held-out", type=int, default=400, help="examples of train.tsv")
    parser.add_argument("--dev", type=int, default=872, help="examples of dev.tsv")
    parser.add_argument("--give-up", type=float, default=5, help="held-out loss that ends a run")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", default="runs.csv")
    parser.add_argument("--check", action="store_true", help="compare with perturbed weights, exit")
    return parser.parse_args()


def measure(options, data, run):
    """Tunes once, unless the file has the run's accuracy, and appends a row per evaluation."""
    path = HERE / "results" / options.out
    there = [item for item in experiment.read(path) if all(item[name] == str(run[name]) for name in RUN)]
    if any(item["accuracy"] for item in there):
        return
    known = {int(item["step"]) for item in there}
    for line in tune(options, data, run):
        if line["step"] not in known or line["accuracy"] != "":
            experiment.append(path, COLUMNS, run | line)
        print(*(run | line).values(), file=sys.stderr, flush=True)


def tune(options, data, run):
    model = load(options.model)
    direction, batches = KINDS[run["kind"]](model, run["rank"]), data.batches(run["seed"])
    start, skipped = clocks(), 0
    for done in range(1, run["length"] + 1):
        skipped += not step(direction, data.words, next(batches), run, done)
        if done % options.evaluate_every == 0 or done == run["length"]:
            count = (done - 1) % options.evaluate_every + 1
            cost = [round((now - then) / count, 3) for now, then in zip(clocks(), start)]
            line = score(options, data, model, done, run["length"])
            yield line | dict(zip(COLUMNS[-3:], cost + [skipped]))
            if line["accuracy"] != "":
                return
            start = clocks()


def step(direction, words, batch, run, number):
    """Returns false, and leaves the weights, when a loss is not finite."""
    direction.draw(run["seed"] * 1_000_000 + number)
    plus, minus = direction.both(words, batch)
    g = (plus - minus) / (2 * EPSILON)
    direction.move(-float(run["lr"]) * g if math.isfinite(g) else 0.0)
    return math.isfinite(g)


def clocks():
    return time.perf_counter(), time.process_time()


def score(options, data, model, done, length):
    """The held-out loss; at the end, or when the run has diverged, the dev accuracy too."""
    def logits(batch):
        return choices(model, data.words, batch)[0]

    loss = data.evaluate(logits, data.held_out)[0]
    is_over = done == length or not loss < options.give_up
    accuracy = round(100 * data.evaluate(logits, data.dev)[1], 2) if is_over else ""
    return {"step": done, "held_out_loss": round(loss, 5), "accuracy": accuracy}


def untuned(options, data):
    """One row for the model as it came."""
    run = row(options, "untuned", 0, 0, 0, 0)
    path = HERE / "results" / options.out
    if not any(all(item[name] == str(run[name]) for name in RUN) for item in experiment.read(path)):
        experiment.append(path, COLUMNS, run | score(options, data, load(options.model), 0, 0))


def row(options, *values):
    return dict(zip(RUN, (*values, options.held_out, options.dev)))


with torch.inference_mode():
    main()
