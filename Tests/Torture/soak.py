"""Hours: a simulation of 10,000 rounds, and a client asked tens of thousands of times, in flat memory.

Private memory, open files, threads and the time of a round are read from /proc on the way. The table has the first and
the last tenth. Memory may grow by what a log of the run needs at its end, and no more: see LIMIT.
"""

import json
import os
import re
import socket
import time

from common import MODEL, Failure
from federation import Client, plans

# Bytes by which private memory may grow from the first tenth to the last, for each round or request.
LIMIT = 2_000


def run(context):
    simulation(context, 10_000 if context.is_long else 300)
    client(context, 50_000 if context.is_long else 1_000)


def sample(pid):
    """Returns private bytes, open files and threads of a process; None if it is no more."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            private = sum(int(size) for size in re.findall(r"Private_(?:Clean|Dirty):\s+(\d+) kB", file.read()))
        with open(f"/proc/{pid}/status") as file:
            threads = int(re.search(r"Threads:\s+(\d+)", file.read()).group(1))
        return private * 1024, len(os.listdir(f"/proc/{pid}/fd")), threads
    except (OSError, AttributeError):
        return None


def mean(values):
    return sum(values) / max(1, len(values))


def table(context, name, samples, times):
    """Prints the first and the last tenth and checks that they are alike."""
    rows = []
    # What comes before the first tenth is the start: the model is read, the first buffers are made.
    for begin, end in ((0.1, 0.2), (0.9, 1.0)):
        part = samples[int(begin * len(samples)):int(end * len(samples))]
        rounds = times[int(begin * len(times)):int(end * len(times))]
        rows.append((mean([each[0] for each in part]), max(each[1] for each in part), max(each[2] for each in part),
                     mean(rounds)))
    print(f"{name}, {len(times)} in all: private memory, open files, threads, seconds for one")
    for label, row in zip(("second tenth", "last tenth"), rows):
        print(f"  {label:13} {row[0] / 1e6:9.2f} MB {row[1]:5d} {row[2]:5d} {row[3]:9.5f}")
    grown = (rows[1][0] - rows[0][0]) / len(times)
    if grown > LIMIT:
        context.fail(name, f"private memory grows by {grown:.0f} bytes each")
    if rows[1][1] > rows[0][1] or rows[1][2] > rows[0][2]:
        context.fail(name, "open files or threads grow")
    if rows[1][3] > 1.5 * rows[0][3]:
        context.fail(name, f"{rows[1][3]:.5f} s each at the end, {rows[0][3]:.5f} s at the start")
    context.count(name, len(times))


def simulation(context, rounds):
    # Messages of 4 kB: if they stayed in memory, it would grow by 40 MB.
    start = ["simulate", MODEL, "--data", "synthetic:1", "--template", "raw", "--candidates", "1024", "--batch", "1",
             "--held-out", "1", "--length-limit", "60", "--threads", "1", "--quiet", "--estimator", "backprop",
             "--clients", "2", "--participation", "1", "--partition", "iid", "--local-steps", "1",
             "--rounds", str(rounds), "--out", "run"]
    folder = context.folder("soak")
    process, samples, began = context.start(start, folder), [], time.monotonic()
    while process.poll() is None:
        found = sample(process.pid)
        if found and os.path.exists(os.path.join(folder, "run", "state.json")):
            samples.append(found)
        time.sleep(0.1)
    text = "".join(process.communicate())
    if process.returncode != 0:
        raise Failure(f"soak: {process.returncode}: {text[-500:]}")
    with open(os.path.join(folder, "run", "rounds.jsonl")) as file:
        seconds = [json.loads(line)["seconds"] for line in file]
    if len(seconds) != rounds:
        context.fail("soak", f"{len(seconds)} rounds in the log")
    print(f"simulate: {rounds} rounds in {time.monotonic() - began:.0f} s")
    table(context, "soak: rounds of simulate", samples, seconds)


def client(context, count):
    asked = plans(context)
    served = Client(context, context.folder("soak-client"), 0)
    samples, times = [], []
    try:
        served.ask({"op": "hello", "protocol": 1})
        with socket.socket(socket.AF_UNIX) as connection:
            place = os.getcwd()
            os.chdir(served.folder)
            connection.connect("0.sock")
            os.chdir(place)
            lines = connection.makefile()
            for number in range(count):
                began = time.monotonic()
                request = dict(asked[number % len(asked)][0])
                match number % 10:
                    case 0:
                        # A new run each time: all that is kept of a run, and the forgetting of old ones.
                        request["run"] = f"r{number}"
                        request["round"] = 0
                        request["plan"] = asked[0][0]["plan"]
                    case 1:
                        request = {"op": "hello", "protocol": 1, "run": f"r{number - 1}"}
                    case 2:
                        request["op"] = "evaluate"
                    case 3:
                        request = {"op": "nonsense", "protocol": 1, "x": "y" * 1000}
                    case _:
                        request = {"op": "status", "protocol": 1}
                connection.sendall(json.dumps(request).encode() + b"\n")
                answer = json.loads(lines.readline())
                if "error" in answer and number % 10 != 3:
                    raise Failure(f"request {number}: {answer}")
                times.append(time.monotonic() - began)
                if number % 50 == 0:
                    samples.append(sample(served.process.pid))
                    # Others come and go meanwhile.
                    for _ in range(3):
                        served.ask({"op": "status", "protocol": 1})
    finally:
        served.kill()
    table(context, "soak: requests to a client", samples, [mean(times[at:at + 100]) for at in range(0, count, 100)])
    context.count("soak: requests to a client", count - len(range(0, count, 100)))
