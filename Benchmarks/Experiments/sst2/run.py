#!/usr/bin/env python3
"""SmolLM2-135M on SST-2: dev accuracy against steps, for bases, learning rates and seeds.

    run.py --tool .build/release/fedkseed --model MODEL.gguf --data ../shared/data/sst2 \
      --bases hadamard,gaussian,rademacher --lrs 4e-5 --seeds 1,2,3 --steps 150,300,600

A run is one `fedkseed tune` to the largest of --steps; the models on the way are made from its log
by `fedkseed kseed at`. Its accuracy is `fedkseed score --options` on the first --dev examples of
dev.tsv. Rows that are in results/runs.csv already are not measured again, and a run that was stopped
is resumed: stop and start the script at will. What stands behind `--` goes to `tune` as it is, and
into the column `extra`.
"""

import argparse
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import experiment

KEY = ["basis", "lr", "seed", "length", "extra", "step", "examples"]
COLUMNS = KEY + ["accuracy", "lower", "upper", "choice_loss", "seconds", "private_mb", "blas"]
PROMPT = ["--template", "raw", "--end-token", "false"]
METHOD = ["--objective", "options", "--order", "stratified", "--batch", 16, "--mode", "dense",
          "--estimator", "two-sided"]


def main():
    options = parse()
    path = HERE / "results" / options.out
    options.blas = tool(options, "doctor")["openblas"]["core_type"]
    options.work.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        for basis in options.bases:
            for lr in options.lrs:
                measure(options, path, {
                    "basis": basis, "lr": lr, "seed": seed, "length": max(options.steps),
                    "extra": " ".join(options.extra), "examples": options.dev})


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names, numbers = experiment.names, experiment.numbers
    parser.add_argument("--tool", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--bases", type=names, default=["hadamard", "gaussian", "rademacher"])
    parser.add_argument("--lrs", type=names, required=True)
    parser.add_argument("--seeds", type=numbers, default=[1])
    parser.add_argument("--steps", type=numbers, default=[0, 300])
    parser.add_argument("--dev", type=int, default=872)
    parser.add_argument("--out", default="runs.csv")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("runs/sst2"))
    return experiment.parse(parser)


def measure(options, path, run):
    """Tunes once, unless every row is there, and scores the model at each step."""
    done = {key(row) for row in experiment.read(path)}
    missing = [step for step in options.steps if key(run | {"step": step}) not in done]
    if not missing:
        return
    name = "_".join(str(run[part]) for part in KEY[:5]).replace("/", "-").replace(" ", "")
    model = options.work / f"{name}.kseed"
    tuned = tune(options, run, model)
    for step in missing:
        experiment.append(path, COLUMNS, run | {"step": step} | tuned | score(options, model, step))
        print(f"{name} at step {step}: done", file=sys.stderr, flush=True)


def tune(options, run, model):
    """Runs `tune`, or what is left of it; returns what it cost."""
    if model.with_suffix(".state.json").exists():
        result = tool(options, "tune", "--resume", model)
    else:
        result = tool(
            options, "tune", options.model, "--data", options.data / "train.tsv", *PROMPT, *METHOD,
            "--basis", run["basis"], "--lr", run["lr"], "--seed", run["seed"],
            "--steps", run["length"], "--held-out", 2, "--no-report", "--out", model,
            *options.extra)
    return {"seconds": round(result["seconds"], 1), "blas": options.blas,
            "private_mb": round(result["peak_private_bytes"] / 1e6)}


def score(options, model, step):
    """Returns accuracy, its interval and the mean loss of choosing, on the dev examples."""
    then = model.with_suffix(".at.kseed")
    experiment.tool(options.tool, "kseed", "at", model, step=step, out=then, force=True)
    dev = first_lines(options.data / "dev.tsv", options.dev, options.work / "dev.tsv")
    accuracy = tool(options, "score", options.model, "--data", dev, *PROMPT, "--options",
                    "--kseed", then)["accuracy"]
    return {"accuracy": accuracy["per_token"]["mean"], "lower": accuracy["per_token"]["lower"],
            "upper": accuracy["per_token"]["upper"], "choice_loss": accuracy["choice_loss"]}


def tool(options, command, *arguments):
    return experiment.tool(options.tool, command, *arguments, threads=options.threads)


def first_lines(source, count, target):
    """Copies the header and `count` rows."""
    lines = source.read_text("utf-8").splitlines(keepends=True)
    target.write_text("".join(lines[:count + 1]), "utf-8")
    return target


def key(row):
    return tuple(str(row[name]) for name in KEY)


main()
