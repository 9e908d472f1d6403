"""Reads the event files of a run with TensorBoard itself, where it is installed.

Runs `fedkseed simulate` and `fedkseed tune` on the test model, the latter in two parts, and compares what
TensorBoard's reader finds with the lines of `--log-file`.

Usage: check_tensorboard.py --tool PATH
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError as error:
    print(f"skipped: {error}; 'pip install tensorboard' installs it")
    sys.exit(0)

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = str(ROOT / "Models" / "tiny-llama")
OPTIONS = [
    "--data", "synthetic:6", "--template", "raw", "--candidates", "64", "--batch", "4",
    "--held-out", "14", "--estimator", "two-sided", "--quiet",
]
TAGS = {
    "loss": "loss/training", "held_out_loss": "loss/held_out", "learning_rate": "run/learning_rate",
    "seconds_per_step": "run/seconds_per_step", "tokens_per_second": "run/tokens_per_second",
    "bytes_up": "traffic/bytes_up", "bytes_down": "traffic/bytes_down",
}


def read(folder):
    """The scalars of a folder: tag -> [(step, value)]."""
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def expected(lines, period):
    """The same from the lines of the log."""
    scalars = {}
    for line, before in zip(lines, [{}] + lines):
        if line["event"] == "end" and "held_out_loss" in before:
            continue
        for key, tag in TAGS.items():
            if key in line:
                scalars.setdefault(tag, []).append((line[period], line[key]))
    return scalars


def compare(folder, period):
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    found, wanted = read(folder / "tb"), expected(lines, period)
    for tag, points in wanted.items():
        # The last value of a step counts, as it does on the screen.
        assert [step for step, _ in found[tag]] == [step for step, _ in points], (tag, found[tag])
        for (_, value), (_, other) in zip(found[tag], points):
            # binary32, rounded once.
            assert abs(value - other) <= abs(other) * 2.0**-24, (tag, value, other)
    return sum(len(points) for points in wanted.values())


def run(tool, folder, *arguments):
    arguments = [*arguments, "--log-file", "log.jsonl", "--tensorboard", "tb"]
    return subprocess.run([tool, *arguments], cwd=folder, check=True, capture_output=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    tool = str(pathlib.Path(parser.parse_args().tool).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run(
            tool, folder, "simulate", MODEL, *OPTIONS, "--clients", "2", "--rounds", "3",
            "--local-steps", "5", "--out", "run",
        )
        count = compare(folder, "round")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        out = ["--out", "a.kseed"]
        run(tool, folder, "tune", MODEL, *OPTIONS, "--steps", "20", *out)
        run(tool, folder, "tune", "--resume", "a.kseed", "--quiet", "--steps", "30")
        count += compare(folder, "step")
    print(f"TensorBoard reads the {count} numbers of two runs as they were written")


if __name__ == "__main__":
    main()
