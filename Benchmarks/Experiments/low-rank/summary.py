#!/usr/bin/env python3
"""Prints results/runs.csv: what each kind and rate learnt, and low rank's difference from dense.

The intervals are those of the mean over seeds, by Student's t with 95 % confidence. Differences are
taken seed by seed at one learning rate, because runs of one seed see the same batches.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import experiment


def main():
    runs = {}
    for row in experiment.read(HERE / "results" / "runs.csv"):
        if row["accuracy"]:
            runs.setdefault((row["kind"], row["rank"], row["lr"]), {})[row["seed"]] = row
    print("| kind | rank | lr | seeds | held-out loss | ± | accuracy % | ± | processor s a step |")
    print("|---|---:|---|---:|---:|---:|---:|---:|---:|")
    for (kind, rank, lr), rows in sorted(runs.items()):
        print(f"| {kind} | {rank} | {lr} | {len(rows)} | {cells(list(rows.values()))} |")
    print("\n| difference | rank | lr | seeds | held-out loss | ± | accuracy, points | ± |")
    print("|---|---:|---|---:|---:|---:|---:|---:|")
    for (kind, rank, lr), rows in sorted(runs.items()):
        dense = runs.get(("dense", "0", lr), {})
        pairs = [(rows[seed], dense[seed]) for seed in rows if seed in dense]
        if kind == "low-rank" and len(pairs) > 1:
            print(f"| low-rank − dense | {rank} | {lr} | {len(pairs)} | {differences(pairs)} |")


def cells(rows):
    seconds = [float(row["cpu_seconds_per_step"]) for row in rows if row["cpu_seconds_per_step"]]
    time = f"{sum(seconds) / len(seconds):.2f}" if seconds else ""
    return " | ".join([
        text([float(row["held_out_loss"]) for row in rows], ".3f"),
        text([float(row["accuracy"]) for row in rows], ".1f"), time])


def differences(pairs):
    return " | ".join(
        text([float(row[name]) - float(other[name]) for row, other in pairs], form)
        for name, form in (("held_out_loss", "+.3f"), ("accuracy", "+.1f")))


def text(values, form):
    mean, spread = experiment.interval(values)
    return f"{mean:{form}} | " + (f"{spread:{form.lstrip('+')}}" if len(values) > 1 else "–")


main()
