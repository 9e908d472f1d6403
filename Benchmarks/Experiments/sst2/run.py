#!/usr/bin/env python3
"""SmolLM2-135M on SST-2: dev accuracy against steps, for bases, learning rates and seeds.

    run.py --tool .build/release/fedkseed --data ../shared/data/sst2 [--lrs 3e-6,1e-5 …]

Every run is `fedkseed tune` from the base model with another number of steps; a run of n steps
begins with the steps of a shorter one, so each checkpoint is a point of one curve. The accuracy is
`fedkseed score --options` on the dev set, of which --dev takes the first examples. Runs that are
in results/runs.csv already are not repeated: stop and start the script at will. --before names a
command to put before each run, for example to queue it.
"""

import argparse
import csv
import json
import pathlib
import shlex
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = [
    "basis", "lr", "seed", "steps", "batch", "epsilon", "candidates", "examples", "accuracy",
    "lower", "upper", "loss", "skipped", "tune_seconds",
]
PROMPT = ["--template", "raw", "--end-token", "false"]


def main():
    options = parse()
    path = HERE / "results" / options.out
    done = {key(row) for row in read(path)}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        dev = first_lines(options.data / "dev.tsv", options.dev, folder / "dev.tsv")
        for steps in options.steps:
            for seed in options.seeds:
                for basis in options.bases:
                    for lr in options.lrs:
                        row = {"basis": basis, "lr": lr, "seed": seed, "steps": steps,
                               "examples": options.dev}
                        if key(row) not in done:
                            append(path, measure(options, row, dev, folder))
                            done.add(key(row))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = lambda text: text.split(",")
    numbers = lambda text: [int(item) for item in text.split(",")]
    parser.add_argument("--tool", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--bases", type=names, default=["hadamard", "gaussian", "rademacher"])
    parser.add_argument("--lrs", type=names, default=["1e-5"])
    parser.add_argument("--seeds", type=numbers, default=[1])
    parser.add_argument("--steps", type=numbers, default=[0, 250])
    parser.add_argument("--dev", type=int, default=872)
    parser.add_argument("--out", default="runs.csv")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--before", type=shlex.split, default=[])
    return parser.parse_args()


def measure(options, row, dev, folder):
    """Tunes and scores; returns the row with what was found."""
    checkpoint, extra, tuned = folder / "run.kseed", [], {}
    if row["steps"] > 0:
        tuned = tool(
            options, "tune", options.model, "--data", options.data / "train.tsv", *PROMPT,
            "--basis", row["basis"], "--mode", "dense", "--lr", row["lr"], "--seed", row["seed"],
            "--steps", row["steps"], "--held-out", 2, "--no-report", "--out", checkpoint)
        extra = ["--kseed", checkpoint]
    score = tool(options, "score", options.model, "--data", dev, *PROMPT, "--options", *extra)
    settings = tuned.get("settings", {})
    return row | {
        "batch": settings.get("batch"), "epsilon": settings.get("epsilon"),
        "candidates": settings.get("candidates"), "accuracy": score["accuracy"]["sum"]["mean"],
        "lower": score["accuracy"]["sum"]["lower"], "upper": score["accuracy"]["sum"]["upper"],
        "loss": score["loss_per_example"], "skipped": tuned.get("skipped_steps", 0),
        "tune_seconds": tuned.get("seconds", 0),
    }


def tool(options, command, *arguments):
    line = [*options.before, options.tool, command, *map(str, arguments), "--threads",
            options.threads, "--json"]
    return json.loads(subprocess.run(line, check=True, capture_output=True).stdout)


def first_lines(source, count, target):
    """Copies the header and `count` rows."""
    lines = source.read_text("utf-8").splitlines(keepends=True)
    target.write_text("".join(lines[:count + 1]), "utf-8")
    return target


def key(row):
    return tuple(str(row[name]) for name in ("basis", "lr", "seed", "steps", "examples"))


def read(path):
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def append(path, row):
    path.parent.mkdir(exist_ok=True)
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if is_new:
            writer.writeheader()
        writer.writerow(row)


main()
