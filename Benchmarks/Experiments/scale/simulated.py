#!/usr/bin/env python3
"""What a client of a simulation costs: rounds of the same participants among more and more clients.

    simulated.py --tool ../../../.build/release/fedkseed
"""

import argparse
import json
import pathlib
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
import experiment  # noqa: E402

MODEL = pathlib.Path(__file__).resolve().parents[3] / "Models/tiny-llama"
TASKS = "sentiment,topic,email,date,capitals,ends,sorting"
# 14,000 examples whatever the number of clients, so that data do not count.
JOB = (f"--data synthetic:2000:{TASKS} --template raw --partition iid --batch 1 --held-out 48 --local-steps 1 "
       "--estimator backprop --lr 1e-3 --quiet").split()


def measure(tool, clients, participants, rounds, more):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "run"
        experiment.tool(tool, "simulate", MODEL, *JOB, "--clients", clients, "--participation", participants,
                        "--rounds", rounds, *more, "--out", out)
        results = json.loads((out / "results.json").read_text())
        seconds = [entry["seconds"] for entry in results["rounds"]]
        size = {name: (out / name).stat().st_size for name in ("state.json", "rounds.jsonl", "report.html")}
        return {"memory": results["peak_private_bytes"], "round": sum(seconds) / len(seconds),
                "all": results["seconds"], **size}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--clients", type=experiment.numbers, default=[100, 1000, 10000])
    parser.add_argument("--participants", type=int, default=100)
    parser.add_argument("--rounds", type=experiment.numbers, default=[3])
    options = experiment.parse(parser)
    print("| clients | rounds | private memory, MB | s a round | s in all | state.json, kB | rounds.jsonl, kB | report, kB |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for clients in options.clients:
        for rounds in options.rounds:
            row = measure(options.tool, clients, min(clients, options.participants), rounds, options.extra)
            print(f"| {clients:,} | {rounds} | {row['memory'] / 1e6:.1f} | {row['round']:.2f} | {row['all']:.1f} | "
                  + " | ".join(f"{row[name] / 1e3:,.0f}" for name in ("state.json", "rounds.jsonl", "report.html"))
                  + " |", flush=True)


if __name__ == "__main__":
    main()
