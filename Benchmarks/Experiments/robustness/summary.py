#!/usr/bin/env python3
"""Prints the tables of README.md from results/losses.csv: the final held-out loss, the mean over the seeds."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
import experiment  # noqa: E402

import lies  # noqa: E402
import run  # noqa: E402


def cell(rows):
    """The mean of the losses, and beside it the number of seeds if it is not that of all."""
    if not rows:
        return "–"
    if any(not row["loss_after"] for row in rows):
        return "ended"
    mean = sum(float(row["loss_after"]) for row in rows) / len(rows)
    return f"{mean:.2f}" if mean < 100 else f"{mean:.0f}"


def main():
    rows = experiment.read(run.RESULTS)
    seeds = sorted({row["seed"] for row in rows})
    print(f"seeds {', '.join(seeds)}; before: {float(rows[0]['loss_before']):.2f} nats\n")
    rules = [rule for rule in run.RULES if any(row["rule"] == rule for row in rows)]
    print("| lie | liars | " + " | ".join(f"`{rule}`" for rule in rules) + " |")
    print("|---|---:|" + "---:|" * len(rules))
    for kind in ["none", *lies.KINDS]:
        for share in ("0", "10", "30"):
            found = [[row for row in rows if (row["kind"], row["share"], row["rule"]) == (kind, share, rule)]
                     for rule in rules]
            if any(found):
                print(f"| {kind} | {share} % | " + " | ".join(map(cell, found)) + " |")
    counts = {len([row for row in rows if (row["kind"], row["share"], row["rule"]) == key])
              for key in {(row["kind"], row["share"], row["rule"]) for row in rows}}
    print(f"\nruns of each: {', '.join(map(str, sorted(counts)))}")


if __name__ == "__main__":
    main()
