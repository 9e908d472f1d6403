#!/usr/bin/env python3
"""Prints results/runs.csv as a table: accuracy by basis, learning rate and steps over the seeds.

The interval is that of the mean over seeds, by Student's t with 95 % confidence; it says how much
another seed would change, not another dev set.
"""

import csv
import pathlib
import statistics
import sys

# The 97.5 % quantile of Student's t for 1, 2, … degrees of freedom.
QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]


def half_width(values):
    if not 1 < len(values) <= len(QUANTILES) + 1:
        return float("nan")
    return QUANTILES[len(values) - 2] * statistics.stdev(values) / len(values) ** 0.5


def main(path):
    groups = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            key = row["basis"], float(row["lr"]), int(row["steps"]), int(row["examples"])
            groups.setdefault(key, []).append(row)
    print("| basis | lr | steps | seeds | accuracy % | ± | loss | tune s |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for (basis, lr, steps, _), rows in sorted(groups.items()):
        accuracies = [100 * float(row["accuracy"]) for row in rows]
        losses = [float(row["loss"]) for row in rows]
        seconds = [float(row["tune_seconds"]) for row in rows]
        print(
            f"| {basis} | {lr:g} | {steps} | {len(rows)} | {statistics.mean(accuracies):.1f} "
            f"| {half_width(accuracies):.1f} | {statistics.mean(losses):.3f} "
            f"| {statistics.mean(seconds):.0f} |")


default = pathlib.Path(__file__).resolve().parent / "results" / "runs.csv"
main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default)
