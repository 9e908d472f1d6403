"""Prints the tables of a run again from its CSV file.

Usage: python3 Benchmarks/Peers/report.py Benchmarks/Results/FILE.csv
"""

import csv
import sys

from results import Results, growth, roofline, table


def number(text):
    return float(text) if text else None


def read(path):
    with open(path, newline="") as file:
        lines = file.read().splitlines()
    facts = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    results = Results(int(facts["threads"]), int(facts["seeds replayed by torch"]))
    for row in csv.DictReader(line for line in lines if not line.startswith("# ")):
        results.add(row["case"], {"seconds": [float(row["seconds"])],
                                  "value": number(row["value"]), "work": number(row["work"])})
    return facts, results


if __name__ == "__main__":
    found, measured = read(sys.argv[1])
    print("\n".join(f"{name}: {value}" for name, value in found.items()))
    print(f"\n{roofline(measured)}\n\n{growth(measured)}\n\n{table(measured)}")
