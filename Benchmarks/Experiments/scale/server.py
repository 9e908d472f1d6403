#!/usr/bin/env python3
"""What a server costs: `fedkseed server` with more and more clients, who are made up and answer at once.

    server.py --tool ../../../.build/release/fedkseed

One real client says who it is; all others say the same with numbers of their own.
"""

import argparse
import base64
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent), str(HERE.parent / "robustness")]
import experiment  # noqa: E402
import numpy  # noqa: E402

import lies  # noqa: E402
import run as robustness  # noqa: E402

JOB = ("--data synthetic:2000:sentiment,topic,email,date,capitals,ends,sorting --template raw --partition iid --batch 1 "
       "--held-out 7 --local-steps 1 --estimator backprop --lr 1e-3").split()


class Crowd:
    """Clients who all say what one real client says of itself, and answer plans with increments that are made up."""

    def __init__(self, real, count):
        self.real, self.count = real, count
        self.hello = None

    def replies(self, asked):
        if asked["op"] == "hello":
            self.hello = self.hello or self.real.ask(asked["request"])
            return {str(number): json.dumps(self.hello | {"client": number}) for number in range(self.count)}
        return {name: json.dumps(self.answer(int(name), request)) for name, request in asked["requests"].items()}

    def answer(self, number, request):
        plan = base64.b64decode(request["plan"])
        values = numpy.random.default_rng(number).standard_normal(self.hello["candidates"]) / 1000
        update = lies.Update(plan[8:40], request["round"], number, 1, 0, 1.0, 1, values)
        answer = {name: request[name] for name in ("op", "protocol", "run", "round", "message")}
        return answer | {"update": base64.b64encode(update.encode()).decode()}


def peak_bytes(process):
    """The most private memory of a process so far, as well as the system says."""
    text = pathlib.Path(f"/proc/{process}/status").read_text()
    return 1024 * int(text.split("VmHWM:")[1].split()[0])


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def measure(tool, clients, participants, candidates, rounds):
    options = [*JOB, "--clients", str(clients), "--participation", str(participants), "--candidates", str(candidates),
               "--rounds", str(rounds), "--threads", "1"]
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        real = robustness.Client(tool, options, 0, place)
        server = subprocess.Popen(
            [tool, "server", str(robustness.MODEL), *options, "--out", str(place / "run")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        crowd, sent, computed = Crowd(real, clients), 0, 0.0
        try:
            for line in server.stdout:
                asked = json.loads(line)
                if asked["op"] == "end":
                    break
                if asked["op"] == "train" and not computed:
                    computed = processor_seconds(server.pid)
                answer = json.dumps({"protocol": 1, "replies": crowd.replies(asked)}) + "\n"
                sent = max(sent, len(line), len(answer))
                memory = peak_bytes(server.pid)
                computed_by_now = processor_seconds(server.pid)
                server.stdin.write(answer)
                server.stdin.flush()
            server.communicate()
        finally:
            server.kill()
            real.process.terminate()
            real.process.wait()
        # Neither what comes before the first plan nor what follows the last question is counted.
        return memory, (computed_by_now - computed) / max(1, rounds - 1), sent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--clients", type=experiment.numbers, default=[100, 1000, 10000])
    parser.add_argument("--participants", type=experiment.numbers, default=[100, 1000])
    parser.add_argument("--candidates", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("| clients | in a round | memory, MB | processor s a round | longest line, MB |")
    print("|---:|---:|---:|---:|---:|")
    for clients in options.clients:
        for participants in options.participants:
            if participants > clients:
                continue
            memory, computed, sent = measure(
                options.tool, clients, participants, options.candidates, options.rounds)
            print(f"| {clients:,} | {participants:,} | {memory / 1e6:.0f} | {computed:.2f} | {sent / 1e6:.1f} |", flush=True)


if __name__ == "__main__":
    main()
