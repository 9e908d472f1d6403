#!/usr/bin/env python3
"""Prints results/runs.csv: accuracy by basis and step over the seeds, and the bases' differences.

    summary.py [RUNS.csv]

The intervals are those of the mean over seeds, by Student's t with 95 % confidence: how much other
directions and another order of data would change. Differences between bases are taken seed by seed,
because runs of one seed see the same batches.
"""

import argparse
import collections
import csv
import math
import pathlib
import statistics

# The 97.5 % quantile of Student's t for 1, 2, … degrees of freedom.
QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]
RESULTS = pathlib.Path(__file__).resolve().parent / "results"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="?", type=pathlib.Path, default=RESULTS / "runs.csv")
    options = parser.parse_args()
    groups = read(options.runs)
    print_table(groups)
    print_differences(groups)


def read(path):
    """Returns the rows by run kind (basis, lr, length, extra), then step, then seed."""
    groups = collections.defaultdict(lambda: collections.defaultdict(dict))
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            kind = row["basis"], row["lr"], int(row["length"]), row["extra"]
            groups[kind][int(row["step"])][row["seed"]] = row
    return groups


def interval(values):
    """Returns the mean and half the width of its interval; no width if there is one value."""
    mean = statistics.mean(values)
    if not 1 < len(values) <= len(QUANTILES) + 1:
        return mean, float("nan")
    return mean, QUANTILES[len(values) - 2] * statistics.stdev(values) / len(values) ** 0.5


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
            (accuracy, spread), (loss, range_) = interval(accuracies(rows)), interval(losses(rows))
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
        interval([factor * (float(rows[seed][name]) - float(reference[seed][name]))
                  for seed in seeds]) for name, factor in (("accuracy", 100), ("choice_loss", 1))]
    (accuracy, spread), (loss, range_) = differences
    print(f"| {basis} | {lrs} | {step} | {len(seeds)} | {accuracy:+.1f} | {spread:.1f} "
          f"| {loss:+.3f} | {range_:.3f} |")


main()
