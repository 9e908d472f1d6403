#!/usr/bin/env python3
"""Prints results/runs.csv as Markdown: for each setting and method, mean ± std over the seeds.

    summary.py [RUNS.csv]

Runs that differ in anything but the seed are rows of their own. The standard deviation is that of a
sample, as in the paper's tables; a single seed has none. An untuned model has the first row.
"""

import csv
import pathlib
import statistics
import sys

# A row of the table is named by these columns, and stands for all seeds.
GROUP = ["setting", "method", "lr", "local_steps", "candidates", "rounds", "clients", "participants",
         "batch", "length_limit", "test_examples", "max_tokens", "threads"]
HEAD = ("| setting | method | lr | K | rounds | clients × steps × batch | seeds | loss | ROUGE-L % "
        "| up B | down B | train s | s a step | private MB |\n"
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")


def main(path):
    groups = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            groups.setdefault(tuple(row[name] for name in GROUP), []).append(row)
    print(HEAD)
    shown = set()
    for _, rows in sorted(groups.items(), key=lambda item: order(item[1][0])):
        base = tuple(rows[0][name] for name in ("setting", "test_examples", "max_tokens"))
        if base not in shown:
            shown.add(base)
            print(untuned(rows[0]))
        print(line(rows))


def order(row):
    return [row["setting"], row["test_examples"], row["max_tokens"], row["method"],
            float(row["lr"])] + [row[name] for name in GROUP]


def untuned(row):
    loss, rouge = float(row["loss_before"]), float(row["rouge_l_before"])
    return f"| {row['setting']} | untuned | | | | | | {loss:.3f} | {rouge:.2f} | | | | | |"


def line(rows):
    first = rows[0]
    steps = statistics.mean(values(rows, "steps"))
    seconds = statistics.mean(values(rows, "train_seconds"))
    work = f"{first['participants']} of {first['clients']} × {first['local_steps']} × {first['batch']}"
    cells = [
        first["setting"], first["method"], first["lr"], first["candidates"], first["rounds"], work,
        len(rows), spread(rows, "loss_after", 3), spread(rows, "rouge_l_after", 2),
        largest(rows, "bytes_up"), largest(rows, "bytes_down"), f"{seconds:.0f}",
        f"{seconds / steps:.2f}", largest(rows, "peak_private_mb")]
    return "| " + " | ".join(map(str, cells)) + " |"


def values(rows, name):
    return [float(row[name]) for row in rows]


def spread(rows, name, digits):
    found = values(rows, name)
    mean = f"{statistics.mean(found):.{digits}f}"
    return f"{mean} ± {statistics.stdev(found):.{digits}f}" if len(found) > 1 else mean


def largest(rows, name):
    return f"{max(values(rows, name)):,.0f}"


default = pathlib.Path(__file__).resolve().parent / "results" / "runs.csv"
main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default)
