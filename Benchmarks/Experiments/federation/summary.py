#!/usr/bin/env python3
"""Prints the results: each method's mean ± std over the seeds, and its difference from another.

    summary.py [RUNS.csv …] [--against fedkseed]

Runs that differ in anything but the seed are rows of their own. The standard deviation is that of a
sample, as in the paper's tables; a single seed has none. An untuned model has the first row.
Differences are taken seed by seed, because runs of one seed have the same clients and batches; their
± is the interval of the mean, by Student's t with 95 % confidence.
"""

import argparse
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import experiment

# A row of the table is named by these columns, and stands for all seeds.
GROUP = ["setting", "method", "lr", "local_steps", "candidates", "rounds", "clients", "participants",
         "batch", "length_limit", "test_examples", "max_tokens", "threads", "extra"]
HEAD = ("| setting | method | lr | K | rounds | clients × steps × batch | seeds | loss | ROUGE-L % "
        "| empty % | up B | down B | MB in all | train s | s a step | private MB |\n"
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", type=pathlib.Path, default=[HERE / "results" / "runs.csv"])
    parser.add_argument("--against", default="fedkseed", help="the method to compare with")
    options = parser.parse_args()
    groups = {}
    for row in (row for path in options.runs for row in experiment.read(path)):
        groups.setdefault(tuple(row[name] for name in GROUP), []).append(row)
    runs = sorted(groups.values(), key=lambda rows: order(rows[0]))
    print_table(runs)
    print_differences(runs, options.against)


def print_table(runs):
    print(HEAD)
    shown = set()
    for rows in runs:
        if evaluation(rows[0]) not in shown:
            shown.add(evaluation(rows[0]))
            print(untuned(rows[0]))
        print(line(rows))


def print_differences(runs, method):
    """Compares every method with this one, at its learning rate that has most seeds."""
    print(f"\n| setting | method − {method} | lr | seeds | loss, nats | ± | ROUGE-L, points | ± |")
    print("|---|---|---|---:|---:|---:|---:|---:|")
    references = {}
    for rows in runs:
        best = references.get(evaluation(rows[0]), [])
        if rows[0]["method"] == method and len(rows) > len(best):
            references[evaluation(rows[0])] = rows
    for rows in runs:
        reference = references.get(evaluation(rows[0]))
        if reference and reference is not rows:
            print_difference(rows, reference)


def print_difference(rows, reference):
    found = {row["seed"]: row for row in rows}
    pairs = [(found[row["seed"]], row) for row in reference if row["seed"] in found]
    if len(pairs) < 2:
        return
    (loss, range_), (rouge, points) = [
        experiment.interval([float(row[name]) - float(other[name]) for row, other in pairs])
        for name in ("loss_after", "rouge_l_after")]
    print(f"| {rows[0]['setting']} | {name_of(rows[0])} | {rows[0]['lr']} − {reference[0]['lr']} "
          f"| {len(pairs)} | {loss:+.3f} | {range_:.3f} | {rouge:+.1f} | {points:.1f} |")


def evaluation(row):
    return tuple(row[name] for name in ("setting", "test_examples", "max_tokens"))


def order(row):
    return [row["setting"], row["test_examples"], row["max_tokens"], row["method"],
            float(row["lr"])] + [row[name] for name in GROUP]


def untuned(row):
    loss, rouge = float(row["loss_before"]), float(row["rouge_l_before"])
    return (f"| {row['setting']} | untuned | | | | | | {loss:.3f} | {rouge:.2f} "
            f"| {percent([row], 'empty_before')} | | | | | | |")


def name_of(row):
    """The method, and the options that it was given."""
    return f"{row['method']} {row['extra']}".strip()


def percent(rows, name):
    """The mean, or nothing where early rows lack it."""
    found = [float(row[name]) for row in rows if row[name]]
    return f"{statistics.mean(found):.0f}" if found else ""


def line(rows):
    first = rows[0]
    steps = statistics.mean(values(rows, "steps"))
    seconds = statistics.mean(values(rows, "train_seconds"))
    work = f"{first['participants']} of {first['clients']} × {first['local_steps']} × {first['batch']}"
    cells = [
        first["setting"], name_of(first), first["lr"], first["candidates"], first["rounds"], work,
        len(rows), spread(rows, "loss_after", 3), spread(rows, "rouge_l_after", 2),
        percent(rows, "empty_after"), largest(rows, "bytes_up"), largest(rows, "bytes_down"), megabytes(rows), f"{seconds:.0f}",
        f"{seconds / steps:.2f}", largest(rows, "peak_private_mb")]
    return "| " + " | ".join(map(str, cells)) + " |"


def megabytes(rows):
    """What all clients of all rounds send and are sent, if each is sent as much as the one that is sent most."""
    bytes_ = max(values(rows, "bytes_up")) + max(values(rows, "bytes_down"))
    return f"{bytes_ * int(rows[0]['participants']) * int(rows[0]['rounds']) / 1e6:,.2f}"


def values(rows, name):
    return [float(row[name]) for row in rows]


def spread(rows, name, digits):
    found = values(rows, name)
    mean = f"{statistics.mean(found):.{digits}f}"
    return f"{mean} ± {statistics.stdev(found):.{digits}f}" if len(found) > 1 else mean


def largest(rows, name):
    return f"{max(values(rows, name)):,.0f}"


main()
