#!/usr/bin/env python3
"""Federations of which some clients lie, under each rule of aggregation.

    run.py --tool ../../../.build/release/fedkseed --seeds 1,2,3

`fedkseed server` and as many `fedkseed client` processes, and this program between them, which carries
messages and falsifies those of the liars. Adds a row to results/losses.csv for each run that is not there yet, and
to results/refusals.txt what the server said of each kind of lie for the first time.
"""

import argparse
import base64
import concurrent.futures
import contextlib
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import experiment  # noqa: E402
import lies  # noqa: E402

RESULTS = HERE / "results/losses.csv"
REFUSALS = HERE / "results/refusals.txt"
COLUMNS = ["kind", "share", "rule", "seed", "loss_before", "loss_after", "refused", "length"]
MODEL = HERE.parents[2] / "Models/tiny-llama"
RULES = ["mean", "mean+limit:0.01", "clipped-mean:0.06", "median", "trimmed-mean:0.3", "multi-krum:3"]
JOB = ("--data synthetic:60:sentiment,topic,email,date --template raw --partition iid --batch 4 --held-out 48 "
       "--local-steps 4 --estimator backprop --candidates 1024 --lr 1e-3").split()


class Client:
    """A client process and the socket on which it listens."""

    def __init__(self, tool, options, number, folder):
        self.path = folder / f"{number}.sock"
        self.process = subprocess.Popen(
            [tool, "client", MODEL, *options, "--id", str(number), "--take-share", "--threads", "1",
             "--state", folder / f"state-{number}", "--socket", self.path],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, request):
        while not self.path.exists():
            if self.process.poll() is not None:
                sys.exit(f"a client ended: {self.process.args}")
            time.sleep(0.02)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.path))
            connection.sendall(json.dumps(request).encode() + b"\n")
            return json.loads(connection.makefile().readline())


@contextlib.contextmanager
def clients(tool, options, count, folder):
    members = [Client(tool, options, number, folder) for number in range(count)]
    try:
        yield members
    finally:
        for member in members:
            member.process.terminate()
            member.process.wait()


class Carrier:
    """Carries what the server asks; the last `liars` of the clients say something else."""

    def __init__(self, members, kind, liars):
        self.members, self.kind = members, kind
        self.liars = {str(number) for number in range(len(members) - liars, len(members))}
        self.earlier = {name: [] for name in self.liars}
        self.lengths = []

    def replies(self, asked, pool):
        requests = asked.get("requests") or {str(n): asked["request"] for n in range(len(self.members))}
        answers = dict(zip(requests, pool.map(
            lambda name: self.members[int(name)].ask(requests[name]), requests)))
        return self.falsified(answers) if asked["op"] == "train" else answers

    def falsified(self, answers):
        honest = [lies.Update.decode(base64.b64decode(answers[name]["update"]))
                  for name in answers if name not in self.liars]
        self.lengths += [update.length for update in honest]
        for name in self.liars & answers.keys():
            true = answers[name]
            answers[name] = lies.falsify(self.kind, true, honest, self.earlier[name], len(self.members))
            self.earlier[name].append(true)
        return answers


def run(tool, options, carrier, quorum, out):
    """Runs the rounds and returns the end of the server, and what it noted."""
    command = [tool, "server", MODEL, *options, "--out", out, "--quorum", str(quorum), "--threads", "1"]
    with open(out.parent / "notes", "w+") as notes, concurrent.futures.ThreadPoolExecutor(2) as pool:
        server = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=notes, text=True)
        end = None
        for line in server.stdout:
            asked = json.loads(line)
            if asked["op"] == "end":
                end = asked
                break
            replies = {name: json.dumps(text) for name, text in carrier.replies(asked, pool).items()}
            server.stdin.write(json.dumps({"protocol": 1, "replies": replies}) + "\n")
            server.stdin.flush()
        server.communicate()
        notes.seek(0)
        return end, [line.strip() for line in notes if line.startswith("note:")]


def note_refusal(kind, notes):
    text = REFUSALS.read_text() if REFUSALS.exists() else ""
    if notes and f"{kind}: " not in text:
        REFUSALS.write_text(text + f"{kind}: {notes[0]}\n")


def runs(arguments):
    """The kinds of lies and the numbers of liars; of none there is one kind."""
    yield "none", 0
    for kind in arguments.kinds:
        for share in arguments.shares:
            yield kind, round(share * arguments.clients / 100)


def measure(arguments, rule, seed):
    done = {(row["kind"], row["share"], row["rule"], row["seed"]) for row in experiment.read(RESULTS)}
    wanted = [(kind, liars, str(100 * liars // arguments.clients)) for kind, liars in runs(arguments)]
    wanted = [item for item in wanted if (item[0], item[2], rule, str(seed)) not in done]
    if not wanted:
        return
    name, _, limit = rule.partition("+limit:")
    options = [*JOB, "--clients", str(arguments.clients), "--rounds", str(arguments.rounds), "--seed", str(seed),
               "--aggregation", name, *(["--increment-limit", limit] if limit else [])]
    with tempfile.TemporaryDirectory() as folder, \
            clients(arguments.tool, options, arguments.clients, pathlib.Path(folder)) as members:
        for kind, liars, share in wanted:
            carrier = Carrier(members, kind, liars)
            with tempfile.TemporaryDirectory() as place:
                end, notes = run(arguments.tool, options, carrier, arguments.clients - liars,
                                 pathlib.Path(place) / "run")
            note_refusal(kind, notes)
            row = {"kind": kind, "share": share, "rule": rule, "seed": seed, "refused": len(notes),
                   "loss_before": end and end["loss_before"], "loss_after": end and end["loss_after"],
                   "length": sorted(carrier.lengths)[len(carrier.lengths) // 2]}
            experiment.append(RESULTS, COLUMNS, row)
            print(row, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seeds", type=experiment.numbers, default=[1, 2, 3])
    parser.add_argument("--rules", type=experiment.names, default=RULES)
    parser.add_argument("--kinds", type=experiment.names, default=lies.KINDS)
    parser.add_argument("--shares", type=experiment.numbers, default=[10, 30], help="per cent of the clients")
    arguments = parser.parse_args()
    for seed in arguments.seeds:
        for rule in arguments.rules:
            measure(arguments, rule, seed)


if __name__ == "__main__":
    main()
