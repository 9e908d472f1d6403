#!/usr/bin/env python3
"""Prints results/runs.csv: accuracy by basis and step over the seeds, and the bases' differences.

    summary.py [RUNS.csv] [--svg accuracy.svg]

The intervals are those of the mean over seeds, by Student's t with 95 % confidence: how much other
directions and another order of data would change. Differences between bases are taken seed by seed,
because runs of one seed see the same batches. --svg draws the runs that were scored at several steps
(needs matplotlib).
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="?", type=pathlib.Path, default=HERE / "results" / "runs.csv")
    parser.add_argument("--svg", type=pathlib.Path)
    options = parser.parse_args()
    groups = read(options.runs)
    print_table(groups)
    print_differences(groups)
    if options.svg:
        draw(groups, options.svg)


def read(path):
    """Returns the rows by run kind (basis, lr, length, extra), then step, then seed."""
    groups = collections.defaultdict(lambda: collections.defaultdict(dict))
    for row in experiment.read(path):
        kind = row["basis"], row["lr"], int(row["length"]), row["extra"]
        groups[kind][int(row["step"])][row["seed"]] = row
    return groups


def width(value, digits):
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def accuracies(rows):
    return [100 * float(row["accuracy"]) for row in rows.values()]


def losses(rows):
    return [float(row["choice_loss"]) for row in rows.values()]


def print_table(groups):
    print("| basis | lr | length | options | step | seeds | accuracy % | ± | loss | ± | s a run |")
    print("|---|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|")
    for (basis, lr, length, extra), steps in sorted(groups.items()):
        for step, rows in sorted(steps.items()):
            accuracy, spread = experiment.interval(accuracies(rows))
            loss, range_ = experiment.interval(losses(rows))
            seconds = statistics.mean(float(row["seconds"]) for row in rows.values())
            print(f"| {basis} | {lr} | {length} | {extra or '–'} | {step} | {len(rows)} "
                  f"| {accuracy:.1f} | {width(spread, 1)} | {loss:.3f} | {width(range_, 3)} "
                  f"| {seconds:.0f} |")


def print_differences(groups):
    """Compares each basis with gaussian where all else is equal, at each step."""
    print("\n| basis − gaussian | lr | step | seeds | accuracy, points | ± | loss, nats | ± |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for (basis, lr, length, extra), steps in sorted(groups.items()):
        for other, steps_of_gaussian in groups.items():
            if basis != "gaussian" and other[0] == "gaussian" and other[2:] == (length, extra):
                for step in sorted(set(steps) & set(steps_of_gaussian) - {0}):
                    print_difference(basis, f"{lr} − {other[1]}", step, steps[step],
                                     steps_of_gaussian[step])


def print_difference(basis, lrs, step, rows, reference):
    seeds = sorted(set(rows) & set(reference))
    if len(seeds) < 2:
        return
    differences = [
        experiment.interval([factor * (float(rows[seed][name]) - float(reference[seed][name]))
                  for seed in seeds]) for name, factor in (("accuracy", 100), ("choice_loss", 1))]
    (accuracy, spread), (loss, range_) = differences
    print(f"| {basis} | {lrs} | {step} | {len(seeds)} | {accuracy:+.1f} | {spread:.1f} "
          f"| {loss:+.3f} | {range_:.3f} |")


def draw(groups, path):
    """Draws accuracy against steps; bars are the intervals over seeds."""
    import matplotlib
    matplotlib.use("agg")
    matplotlib.rcParams["svg.hashsalt"] = "fedkseed"
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(figsize=(7, 5), layout="constrained")
    for (basis, lr, length, extra), steps in sorted(groups.items()):
        if len(steps) > 1:
            points = [(step, *experiment.interval(accuracies(rows))) for step, rows in sorted(steps.items())]
            axes.errorbar(*zip(*points), capsize=3, marker="o", markersize=4,
                          label=f"{basis}, lr {lr}, {length} steps {extra}".strip())
    axes.set(xlabel="steps of 16 examples", ylabel="accuracy on the dev set, %")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", fontsize="small")
    figure.savefig(path, metadata={"Date": None})


main()
