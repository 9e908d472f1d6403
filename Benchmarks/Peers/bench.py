"""Measures fedkseed and its peers in turn (A B C A B C ...) and prints the table of goals.

Called by scripts/bench. Peers/report.py prints the same again from the CSV file.
"""

import argparse
import csv
import datetime
import os
import platform
import re
import signal
import subprocess
import sys
from pathlib import Path

import cases
import engines
from results import Results, disagreements, growth, roofline, table

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "runs/bench"


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.strip()


def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def facts(running, threads):
    """Returns what a reader must know about the run."""
    found = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="minutes"),
        "commit": output("git", "rev-parse", "--short", "HEAD"), "CPU": cpu_name(),
        "logical cores": os.cpu_count(), "threads": threads, "kernel": platform.release(),
        "Swift": output("swift", "--version").splitlines()[0], "Python": platform.python_version(),
        "load average at the start": " ".join(f"{x:.2f}" for x in os.getloadavg()),
    }
    for name in ("fedkseed", "torch", "llama.cpp"):
        found |= (running[name].ask({"task": "describe"}) or {}).get("facts", {})
    return found


def model_files(ours, model, threads):
    """Makes the same weights in the forms that the programs read, once."""
    WORK.mkdir(parents=True, exist_ok=True)
    files = {"q4_1.gguf": model}
    for kind in ("f32", "bf16"):
        files[kind], files[f"{kind}.gguf"] = WORK / kind, WORK / f"{kind}.gguf"
        ours.ask({"task": "export", "threads": threads, "out": str(files[kind]),
                  "elementType": kind})
        if not files[f"{kind}.gguf"].exists():
            convert = engines.PEERS / "convert_gguf.py"
            command = [sys.executable, convert, model, files[f"{kind}.gguf"], kind]
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return files


def rounds(running, wanted, count, repeats, keep):
    """Runs all cases `count` times in turn, after a round that is not kept."""
    for number in range(count + 1):
        for name, (engine, request) in wanted.items():
            answer = running[engine].ask({"repeats": repeats} | request)
            if answer and number > 0:
                keep(number, name, engine, answer)
        print(f"round {number} of {count}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)


def measure(options, running, files, seeds, keep):
    """Takes all measurements; torch replays `seeds` seeds."""
    threads, quick = options.threads, options.quick
    usual = cases.forward_and_step(threads) | cases.replay() | cases.peers(threads, files)
    rounds(running, usual, 2 if quick else 5, 1 if quick else 2, keep)
    for name, (engine, request) in cases.long_ones(threads, files, seeds).items():
        for number in range(1, 2 if quick or "replay" in name else 4):
            answer = running[engine].ask(request)
            if answer:
                keep(number, name, engine, answer)
    # Memory that was used once stays in a process: this takes a new one.
    fresh = engines.Engine([engines.OURS])
    answer = fresh.ask({"task": "memory", "tokens": 256, "threads": threads})
    fresh.close()
    if answer:
        keep(1, "memory", "fedkseed", answer)
    if not quick:
        rounds(running, cases.growth(threads, ROOT / "Models/tiny-llama"), 3, 2, keep)


def write(path, found, lines):
    """Writes the facts as comments and every measurement as a line."""
    with open(path, "w", newline="") as file:
        for name, value in found.items():
            file.write(f"# {name}: {value}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("round", "engine", "case", "seconds", "work", "value"))
        writer.writerows(lines)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds, fewer seeds, no growth")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--model", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    # Also where a shell has told its background jobs to ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    running = engines.start(options.threads)
    found = facts(running, options.threads)
    print("\n".join(f"{name}: {value}" for name, value in found.items()), flush=True)

    found["seeds replayed by torch"] = 4 if options.quick else 32
    results, lines = Results(options.threads, found["seeds replayed by torch"]), []

    def keep(number, name, engine, answer):
        results.add(name, answer)
        for seconds in answer["seconds"]:
            lines.append((number, engine, name, f"{seconds:.6g}", answer.get("work"),
                          answer.get("value")))

    files = model_files(running["fedkseed"], options.model.resolve(), options.threads)
    try:
        measure(options, running, files, results.seeds, keep)
    except KeyboardInterrupt:
        print("interrupted; the table shows what has been measured", file=sys.stderr)
    for engine in running.values():
        engine.close()

    cpu = re.sub(r"[^a-z0-9]+", "-", cpu_name().lower()).strip("-")
    path = ROOT / "Benchmarks/Results" / f"{found['date'][:10]}-{cpu}.csv"
    if options.quick:
        path = WORK / path.name
    write(path, found, lines)
    print(f"\n{roofline(results)}\n\n{growth(results)}\n\n{table(results)}\n\nEvery measurement: {path}")
    problems = list(disagreements(results))
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


main()
