#!/usr/bin/env python3
"""Exact slopes on SST-2, in short: the held-out loss of choosing along 40 steps, for one option after another.

    curves.py --tool .build/release/fedkseed --model MODEL.gguf --data ../shared/data/sst2 \
      --lr 8e-6 --seeds 1,2,3 -- --candidates 4096
    curves.py                    # prints the table of what has been measured

Prompt, objective and batches are those of run.py; the loss is that of 256 phrases of train.tsv that are
held out, the same for all runs. Rows that are in results/curves.csv already are not measured again.
What stands behind `--` goes to `tune` as it is, and into the column `extra`.
"""

import argparse
import collections
import math
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import experiment

TABLE = HERE / "results" / "curves.csv"
LENGTH, EVERY = 40, 10
PLACES = [f"loss_{step}" for step in range(0, LENGTH + 1, EVERY)]
KEY = ["lr", "seed", "extra"]
# What all others are compared with, seed by seed: those of one seed have the same batches and held-out phrases.
BASE = "", "8e-6"
COLUMNS = KEY + PLACES + ["seconds", "private_mb", "blas"]
METHOD = ["--template", "raw", "--end-token", "false", "--objective", "options", "--order", "stratified",
          "--batch", 16, "--estimator", "backprop", "--mode", "virtual", "--schedule", "cosine", "--warmup", 5,
          "--steps", LENGTH, "--held-out", 256, "--evaluate-every", EVERY, "--no-report"]


def main():
    options = parse()
    if options.lr is None:
        print_table(experiment.read(TABLE))
        return
    options.work.mkdir(parents=True, exist_ok=True)
    done = {key(row) for row in experiment.read(TABLE)}
    for seed in options.seeds:
        run = {"lr": options.lr, "seed": str(seed), "extra": " ".join(options.extra)}
        if key(run) not in done:
            experiment.append(TABLE, COLUMNS, run | tune(options, run))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool")
    parser.add_argument("--model")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--lr")
    parser.add_argument("--seeds", type=experiment.numbers, default=[1])
    parser.add_argument("--threads", default="1")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("runs/sst2"))
    options = experiment.parse(parser)
    if options.lr and not (options.tool and options.model and options.data):
        parser.error("--lr needs --tool, --model and --data")
    return options


def tune(options, run):
    """Runs `tune`; returns the losses on the way and what it cost."""
    result = experiment.tool(
        options.tool, "tune", options.model, "--data", options.data / "train.tsv", *METHOD,
        "--lr", run["lr"], "--seed", run["seed"], "--threads", options.threads,
        "--out", options.work / "curve.kseed", "--force", *options.extra)
    measured = {step["step"] + 1: step["held_out_loss"] for step in result["steps"] if "held_out_loss" in step}
    losses = [result["loss_before"]] + [measured[step] for step in range(EVERY, LENGTH + 1, EVERY)]
    core = experiment.tool(options.tool, "doctor")["openblas"]["core_type"]
    return dict(zip(PLACES, losses)) | {
        "seconds": round(result["seconds"], 1), "private_mb": round(result["peak_private_bytes"] / 1e6), "blas": core}


def key(row):
    return tuple(row[name] for name in KEY)


def print_table(rows):
    """A line for each rate and list of options: the means over its seeds, and the difference from `BASE`."""
    groups = collections.defaultdict(dict)
    for row in rows:
        groups[row["extra"], row["lr"]][row["seed"]] = row
    print("| options | lr | seeds | " + " | ".join(place.replace("loss_", "step ") for place in PLACES)
          + " | − defaults | ± | private MB |")
    print("|---|---:|---:|" + "---:|" * (len(PLACES) + 3))
    for (extra, lr), seeds in sorted(groups.items(), key=lambda group: difference(group[1], groups[BASE])[0]):
        print_row(extra or "–", lr, seeds, groups[BASE])


def difference(seeds, base):
    """The last loss less that of the defaults, over the seeds of both, and the interval of that mean."""
    return experiment.interval([float(row[PLACES[-1]]) - float(base[seed][PLACES[-1]])
                                for seed, row in seeds.items() if seed in base])


def print_row(extra, lr, seeds, base):
    means = [statistics.mean(float(row[place]) for row in seeds.values()) for place in PLACES]
    mean, width = difference(seeds, base)
    memory = statistics.mean(float(row["private_mb"]) for row in seeds.values())
    print(f"| {extra} | {lr} | {len(seeds)} | " + " | ".join(f"{mean:.3f}" for mean in means)
          + f" | {mean:+.3f} | {'–' if math.isnan(width) else f'{width:.3f}'} | {memory:.0f} |")


main()
