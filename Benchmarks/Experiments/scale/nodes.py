#!/usr/bin/env python3
"""How many Flower nodes one machine holds: a federation of real processes, its rounds and its memory.

    ../../../.venv-flower/bin/python nodes.py --tool ../../../.build/release/fedkseed --clients 32
"""

import argparse
import json
import pathlib
import re
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "Integrations/Flower/tests"))
from loopback import Loopback  # noqa: E402

JOB = ("--data synthetic:20:sentiment,topic,email,date --template raw --partition iid --batch 4 --held-out 14 "
       "--local-steps 4 --estimator backprop --lr 1e-3").split()


def children(process):
    """The process and all that it has started."""
    found = [process]
    for path in pathlib.Path(f"/proc/{process}/task").glob("*/children"):
        for child in path.read_text().split():
            found += children(int(child))
    return found


def proportional_bytes(process):
    """The memory of a process and its children; what they share counts in parts."""
    total = 0
    for one in children(process):
        try:
            text = pathlib.Path(f"/proc/{one}/smaps_rollup").read_text()
            total += 1024 * int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1])
        except (OSError, TypeError):
            continue
    return total


def processor_seconds(process):
    """What a process and those of its children that have ended have computed."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / 100


def used(federation):
    """The processor seconds of the SuperLink, of a client and of a node; of those that are many, the mean."""
    found = {}
    for name, process in federation.processes.items():
        seconds = sum(processor_seconds(one) for one in children(process.pid))
        found.setdefault(name.partition("-")[0], []).append(seconds)
    return {kind: sum(values) / len(values) for kind, values in found.items()}


def said(seconds):
    return ", ".join(f"{kind} {value:.1f}" for kind, value in sorted(seconds.items()))


class Peak(threading.Thread):
    """The largest memory of each kind of process, looked at every few seconds."""

    def __init__(self, federation):
        super().__init__(daemon=True)
        self.federation, self.bytes = federation, {}

    def run(self):
        while True:
            sums = {}
            for name, process in list(self.federation.processes.items()):
                kind = name.partition("-")[0]
                try:
                    sums[kind] = sums.get(kind, 0) + proportional_bytes(process.pid)
                except OSError:
                    continue
            for kind, value in sums.items():
                self.bytes[kind] = max(self.bytes.get(kind, 0), value)
            time.sleep(3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    job = [*JOB, "--clients", str(options.clients), "--rounds", str(options.rounds)]
    with tempfile.TemporaryDirectory() as folder, Loopback(
            options.tool, str(ROOT / "Models/tiny-llama"), pathlib.Path(folder), options.clients, job) as federation:
        peak = Peak(federation)
        peak.start()
        start = time.monotonic()
        federation.start_clients()
        federation.start_flower()
        print(f"{options.clients} clients and nodes started in {time.monotonic() - start:.0f} s", flush=True)
        times = []

        def watch():
            while len(times) < options.rounds:
                if federation.rounds > len(times):
                    times.append(time.monotonic())
                time.sleep(0.2)

        threading.Thread(target=watch, daemon=True).start()
        start = time.monotonic()
        output = federation.run(data="synthetic:20:sentiment,topic,email,date", wait=900, deadline=1800, patience=900)
        if not (federation.folder / "run/results.json").exists():
            sys.exit(output)
        ends = [start, *times]
        print("s to the end of each round: " + ", ".join(f"{b - a:.0f}" for a, b in zip(ends, ends[1:])))
        for kind, value in sorted(peak.bytes.items()):
            count = 1 if kind in ("superlink", "flwr") else options.clients
            print(f"{kind}: {value / 1e6 / count:.0f} MB each, {value / 1e9:.2f} GB in all")
        print("processor seconds of each so far: " + said(used(federation)))
        before = used(federation)
        time.sleep(60)
        idle = {kind: value - before[kind] for kind, value in used(federation).items()}
        print("and in a minute without work: " + said(idle))
        results = json.loads((federation.folder / "run/results.json").read_text())
        print(f"bytes of messages: {results['bytes_up_per_client_and_round']} up, "
              f"{results['bytes_down_per_client_and_round']} down, per client and round")


if __name__ == "__main__":
    main()
