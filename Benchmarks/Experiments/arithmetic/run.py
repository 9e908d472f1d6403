#!/usr/bin/env python3
"""Long answers that can be checked: exact match after some steps along K directions.

    run.py --tool .build/release/fedkseed --model MODEL.gguf --data runs/arithmetic \
      --candidates 1024,4096,16384,65536 --lrs 2e-5 --steps 60

--data is the folder that make.py has written. A rate is that of K = 4096; for another K it is scaled
by the root of 4096 / K, as the length of a step then stays. The model is measured at each of --steps,
all of one run. Rows go to results/runs.csv; those that are there are not measured again, and a run
that was stopped is resumed. What stands behind `--` goes to `tune` as it is.
"""

import argparse
import itertools
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import experiment

RESULTS = HERE / "results" / "runs.csv"
KEY = ["method", "candidates", "lr", "seed", "extra", "step"]
COLUMNS = KEY + ["examples", "loss", "exact", "lower", "upper", "bytes", "step_seconds", "private_mb"]
PROMPT = ["--template", "model"]
METHOD = ["--estimator", "backprop", "--objective", "loss", "--mode", "virtual", "--batch", 16,
          "--schedule", "cosine", "--warmup", 5, "--held-out", 2, "--no-report"]


def main():
    options = experiment.parse(parser(__doc__))
    done = {key(row) for row in experiment.read(RESULTS)}
    for candidates, lr, seed in itertools.product(options.candidates, options.lrs, options.seeds):
        run = {"method": "backprop", "candidates": candidates, "lr": lr, "seed": seed,
               "extra": " ".join(options.extra)}
        missing = [step for step in options.steps if key(run | {"step": step}) not in done]
        if missing:
            for row in measure(options, run, missing):
                experiment.append(RESULTS, COLUMNS, row)


def parser(text):
    """The options that first order has too."""
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("--tool", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--candidates", type=experiment.numbers, default=[4096])
    parser.add_argument("--lrs", type=experiment.names, default=["2e-5"])
    parser.add_argument("--seeds", type=experiment.numbers, default=[1])
    parser.add_argument("--steps", type=experiment.numbers, default=[60])
    parser.add_argument("--threads", type=int, default=1)
    return parser


def measure(options, run, steps):
    """Tunes, and yields a row at each of the steps."""
    name = "_".join(str(run[part]) for part in KEY[:5]).replace("/", "-").replace(" ", "")
    model = options.data / f"{name}.kseed"
    tuned = tune(options, run, model)
    cost = {"bytes": model.stat().st_size, "step_seconds": round(tuned["seconds"] / max(options.steps), 2),
            "private_mb": round(tuned["peak_private_bytes"] / 1e6)}
    then, folder = model.with_suffix(".at.kseed"), model.with_suffix(".model")
    for step in steps:
        experiment.tool(options.tool, "kseed", "at", model, step=step, out=then, force=True)
        # Whole: an answer has many passes, and each would make all directions anew.
        experiment.tool(options.tool, "apply", options.model, then, out=folder, force=True)
        yield run | {"step": step} | cost | score(options, folder)


def tune(options, run, model):
    """Runs `tune`, or what is left of it; returns what it prints."""
    if model.with_suffix(".state.json").exists():
        return experiment.tool(options.tool, "tune", "--resume", model, threads=options.threads)
    lr = float(run["lr"]) * (4096 / run["candidates"]) ** 0.5
    return experiment.tool(
        options.tool, "tune", options.model, "--data", options.data / "train.jsonl", *PROMPT, *METHOD,
        "--candidates", run["candidates"], "--lr", lr, "--seed", run["seed"],
        "--steps", max(options.steps), "--out", model, *options.extra, threads=options.threads)


def score(options, model):
    """Returns the loss of the test examples and how many answers are right in every character."""
    found = experiment.tool(
        options.tool, "score", model, "--data", options.data / "test.jsonl", *PROMPT,
        "--metrics", "exact-match", "--max-tokens", 64, threads=options.threads)
    exact = found["metrics"]["exact-match"]
    return {"examples": found["examples"], "loss": found["loss_per_example"],
            "exact": exact["mean"], "lower": exact["lower"], "upper": exact["upper"]}


def key(row):
    return tuple(str(row[name]) for name in KEY)


if __name__ == "__main__":
    main()
