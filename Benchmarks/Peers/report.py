"""Prints the tables of a run again from its CSV file, or those of several runs side by side.

Usage: python3 Benchmarks/Peers/report.py Benchmarks/Results/FILE.csv [FILE.csv …]
"""

import csv
import sys

from results import Results, comparison, growth, roofline, table


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
    runs = [read(path) for path in sys.argv[1:]]
    for found, measured in runs:
        print("\n".join(f"{name}: {value}" for name, value in found.items()))
        print(f"\n{roofline(measured)}\n\n{growth(measured)}\n")
    tables = [measured for _, measured in runs]
    print(table(tables[0]) if len(tables) == 1 else comparison(tables))
