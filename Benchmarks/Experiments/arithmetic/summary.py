#!/usr/bin/env python3
"""Prints results/runs.csv: loss and exact match of each run at each step, over its seeds."""

import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import experiment

HEADS = ["method", "K", "lr", "step", "seeds", "loss", "right %", "interval", "bytes", "private MB",
         "s a step"]


def main():
    groups = {}
    for row in experiment.read(HERE / "results" / "runs.csv"):
        method = f"{row['method']} {row['extra']}".strip()
        kind = method, int(row["candidates"] or 0), row["lr"], int(row["step"])
        groups.setdefault(kind, []).append(row)
    print("| " + " | ".join(HEADS) + " |")
    print("|---|" + "---:|" * (len(HEADS) - 1))
    for (method, candidates, lr, step), rows in sorted(groups.items()):
        print(f"| {method} | {candidates or ''} | {lr} | {step} | {len(rows)} | {cells(rows)} |")


def cells(rows):
    mean = lambda name: statistics.mean(float(row[name]) for row in rows)
    return (f"{mean('loss'):.3f} | {100 * mean('exact'):.1f} | {interval(rows)} "
            f"| {mean('bytes'):,.0f} | {mean('private_mb'):,.0f} | {mean('step_seconds'):.1f}")


def interval(rows):
    """Over the seeds; of one seed that over the test examples."""
    if len(rows) == 1:
        return f"{100 * float(rows[0]['lower']):.0f} to {100 * float(rows[0]['upper']):.0f}"
    return f"± {experiment.interval([100 * float(row['exact']) for row in rows])[1]:.1f}"


main()
