"""Can one tell from a client's update which examples it has? Correlates updates with those of guesses.

    membership.py --tool .build/release/fedkseed --model MODEL.gguf --out FOLDER [--candidates 4096]

Each of 40 guesses trains alone, one step; then four clients train on eight of them each, one step, and eight are
nobody's. An attacker knows the model, the settings and the guesses, and sees the four updates.
"""

import argparse
import base64
import json
import random
import struct
import subprocess
from pathlib import Path

import numpy as np

NAMES = "Adler Bauer Conti Dvorak Ebert Fuchs Garcia Hoang Ivanov Jensen Kaya Lund Moreau Novak Okafor Perez Quinn Rossi Sato Tanaka".split()
DRUGS = "metformin warfarin insulin lithium ramipril levodopa tamoxifen methotrexate".split()
GROUPS, SIZE, OUTSIDERS = 4, 8, 8


def guesses() -> list[dict]:
    """Return records that differ in a name and a drug."""
    stream = random.Random(1)
    people = [f"{a} {b}" for a in "Anna Ben Carla David".split() for b in NAMES]
    return [
        {"instruction": f"What does {name} take?", "response": f"{name} takes {stream.choice(DRUGS)}."}
        for name in stream.sample(people, GROUPS * SIZE + OUTSIDERS)
    ]


def simulate(tool: str, model: str, folder: Path, records: list[dict], keys: list[str], batch: int, options: list[str]) -> list[np.ndarray]:
    """Return the updates of one round of one step, a client for each key but the last, which is held out."""
    data = folder / "data.jsonl"
    rest = [{"instruction": f"Add {n} and {n}.", "response": f"{2 * n}", "who": "rest"} for n in range(20)]
    folder.mkdir(parents=True, exist_ok=True)
    data.write_text("".join(json.dumps(r) + "\n" for r in [r | {"who": k} for r, k in zip(records, keys)] + rest))
    clients = len(set(keys)) + 1
    subprocess.run([
        tool, "simulate", model, "--data", str(data), "--partition", "by-key:who", "--clients", str(clients),
        "--template", "chatml", "--rounds", "1", "--local-steps", "1", "--batch", str(batch), "--held-out", "1",
        "--estimator", "backprop", "--optimizer", "sgd", "--lr", "1e-6", "--out", str(folder / "run"), "--force",
        *options,
    ], check=True, capture_output=True)
    round_ = json.loads((folder / "run/rounds.jsonl").read_text().splitlines()[0])
    return [vector(base64.b64decode(update)) for update in round_["updates"]]


def vector(update: bytes) -> np.ndarray:
    """Return the increments of an update in 16 bits: Documentation/WireFormat.md."""
    return struct.unpack_from("<f", update, 68)[0] * np.frombuffer(update[72:-8], "<i2").astype(float)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--candidates", default="4096")
    options = parser.parse_args()
    common = ["--candidates", options.candidates]
    records = guesses()
    alone = simulate(options.tool, options.model, options.out / "alone", records, [f"g{i:02}" for i in range(len(records))], 1, common)[:len(records)]
    groups = [f"c{i // SIZE}" for i in range(GROUPS * SIZE)]
    updates = simulate(options.tool, options.model, options.out / "groups", records[:GROUPS * SIZE], groups, SIZE, common)[:GROUPS]
    report("correlation with each guess", updates, lambda update: [cosine(guess, update) for guess in alone])
    basis = np.array(alone).T
    report("shares of all guesses that fit best", updates, lambda update: np.linalg.lstsq(basis, update, rcond=None)[0])


def report(name: str, updates: list[np.ndarray], score) -> None:
    """Print how scores of members and of others differ, and who would be taken for members."""
    members, others, right = [], [], 0
    for client, update in enumerate(updates):
        scores = list(score(update))
        inside = range(client * SIZE, (client + 1) * SIZE)
        members += [scores[i] for i in inside]
        others += [value for i, value in enumerate(scores) if i not in inside]
        right += len(set(np.argsort(scores)[-SIZE:]) & set(inside))
    print(f"{name}: members {min(members):.4f} to {max(members):.4f}, others {min(others):.4f} to {max(others):.4f}; "
          f"of the {SIZE} highest of each client, {right} of {GROUPS * SIZE} are its own")


if __name__ == "__main__":
    main()
