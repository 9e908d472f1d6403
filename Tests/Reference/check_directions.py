"""Compares the reference, the package in Integrations/Python, with published vectors, with the tool, and with a model the tool tuned.

    python3 check_directions.py [--vectors FILE] [--tool PATH] [--cases N] [--random-seed N]
                                [--model FOLDER --kseed FILE.kseed [--applied FILE.safetensors]]

Without --applied, the tool is asked to apply the checkpoint. Any difference of a bit fails. Exits with 1 if
anything failed, after printing the first case that did.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

import numpy as np
import package

import fedkseed
from fedkseed import model_files
from fedkseed.directions import LARGEST_TENSOR
from fedkseed.words import philox

VECTORS = package.ROOT / "Tests/SeedBasisTests/vectors.json"


class Tally:
    """Counts cases and keeps a description of the first that failed."""

    def __init__(self):
        self.passed = self.failed = 0
        self.first = None
        self.marks = (0, 0)

    def record(self, good, description):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            self.first = self.first or description

    def compare(self, found, expected, description):
        """Two lists of bit patterns must be equal; names the first element that is not."""
        found, expected = list(found), list(expected)
        if found == expected:
            return self.record(True, description)
        where = next((i for i, pair in enumerate(zip(found, expected)) if pair[0] != pair[1]), None)
        if where is None:
            detail = f"{len(found)} values, expected {len(expected)}"
        else:
            detail = f"value {where} is {found[where]}, expected {expected[where]}"
        return self.record(False, f"{description}: {detail}")

    def group(self, title):
        passed, failed = self.passed - self.marks[0], self.failed - self.marks[1]
        self.marks = (self.passed, self.failed)
        print(f"{title}: {passed} passed, {failed} failed", flush=True)


def to_bits(values):
    return [f"{pattern:08x}" for pattern in np.asarray(values, dtype=np.float32).view(np.uint32)]


def from_bits(patterns):
    return np.array([int(pattern, 16) for pattern in patterns], dtype=np.uint32).view(np.float32)


def check_vectors(path, tally):
    """Directions.md, section 6."""
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    for case in vectors["philox"]:
        words = philox(*(int(word, 16) for word in case["counter"]), int(case["seed"]))
        tally.compare([f"{int(word):08x}" for word in words],
                      case["output"], f"philox {case}")
    tally.group("vectors, philox")
    for case in vectors["directions"]:
        place = {key: case[key] for key in ("basis", "seed", "candidates", "candidate", "tensor", "offset")}
        found = fedkseed.direction(case["basis"], int(case["seed"]), case["candidates"], case["candidate"],
                                     case["tensor"], int(case["offset"]), len(case["bits"]))
        tally.compare(to_bits(found), case["bits"], f"direction {place}")
    tally.group("vectors, directions")
    for case in vectors["weights"]:
        basis, seed, tensor, offset = case["basis"], int(case["seed"]), case["tensor"], int(case["offset"])
        coefficients, base = from_bits(case["coefficients"]), from_bits(case["base"])
        place = f"{basis} {seed} tensor {tensor} offset {offset} K {len(coefficients)}"
        combined = fedkseed.replay(basis, seed, coefficients, tensor, offset, base)
        tally.compare(to_bits(combined), case["combined"], f"combined {place}")
        z = fedkseed.direction(basis, seed, len(coefficients), case["candidate"], tensor, offset, len(base))
        plus, minus = fedkseed.perturbed(combined, from_bits([case["epsilon"]])[0], z)
        tally.compare(to_bits(plus), case["plus"], f"plus {place}")
        tally.compare(to_bits(minus), case["minus"], f"minus {place}")
    tally.group("vectors, weights")
    for case in vectors["updates"]:
        basis, seed, tensor, offset = case["basis"], int(case["seed"]), case["tensor"], case["offset"]
        weights = from_bits(case["base"])
        for update in case["updates"]:
            z = fedkseed.direction(basis, seed, case["candidates"], update["candidate"], tensor, offset, len(weights))
            weights = fedkseed.updated(weights, from_bits([update["amount"]])[0], z)
        tally.compare(to_bits(weights), case["updated"], f"updates {basis} {seed} tensor {tensor} offset {offset}")
    tally.group("vectors, updates")
    for case in vectors["projections"]:
        basis, seed, tensor, offset = case["basis"], int(case["seed"]), case["tensor"], case["offset"]
        found = fedkseed.projected(basis, seed, from_bits(case["sums"]), tensor, offset, from_bits(case["gradient"]))
        tally.compare(to_bits(found), case["projected"], f"projections {basis} {seed} tensor {tensor} offset {offset}")
    tally.group("vectors, projections")


def random_case(basis, number, generator):
    """A place in a basis: small and large offsets, borders of blocks and counters, odd counts, extreme seeds."""
    if basis == "hadamard":
        candidates = 1 << (1 + number % 16)
    else:
        candidates = generator.choice([1, 2, 3, 4096, 65535, 65536, generator.randint(1, 65536)])
    candidate = generator.choice([0, candidates - 1, generator.randrange(candidates)])
    seed = generator.choice([0, 1, (1 << 32) - 1, 1 << 32, (1 << 64) - 1, generator.getrandbits(64)])
    tensor = generator.choice([0, 1, generator.randrange(1 << 10), generator.randrange(1 << 31)])
    count = generator.choice([1, 3, 63, 65, 127, 129, 257, 1001, generator.randint(1, 3000)])
    border = generator.choice([16, 64, 128, 4096, candidates])
    largest = LARGEST_TENSOR
    offset = generator.choice([
        0, generator.randrange(5000), border * generator.randint(1, 1000) - generator.randint(0, 5),
        (1 << 32) - generator.randint(0, count), (1 << 32) + generator.getrandbits(31), largest - count,
    ])
    return seed, candidates, candidate, tensor, max(0, min(offset, largest - count)), count


def check_tool(tool, basis, cases, generator, tally):
    """The values the tool prints, as shortest decimals, must parse to the reference's."""
    for number in range(cases):
        place = random_case(basis, number, generator)
        names = ("--seed", "--candidates", "--candidate", "--tensor", "--offset", "--count")
        command = [tool, "directions", "--basis", basis, "--json"]
        for name, value in zip(names, place):
            command += [name, str(value)]
        expected = to_bits(fedkseed.direction(basis, *place))
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        description = " ".join(command[1:])
        if run.returncode != 0:
            tally.record(False, f"{description}: exit code {run.returncode}: {run.stderr.decode().strip()}")
            continue
        try:
            # parse_int keeps the sign of "-0".
            found = to_bits(json.loads(run.stdout, parse_int=float)["values"])
        except (ValueError, KeyError, TypeError) as error:
            tally.record(False, f"{description}: unreadable answer: {error!r}")
            continue
        tally.compare(found, expected, description)
    tally.group(f"tool, {basis}")


def check_applied(folder, kseed, applied, tally):
    """Every tensor of the applied file must be w0 - sum A_k z_k, in the type it is stored in."""
    checkpoint = fedkseed.read(kseed)
    base = fedkseed.folder_tensors(folder)
    tuned = {tensor.name: tensor for tensor in model_files.file_tensors(applied)}
    tally.compare([fedkseed.identity(folder), fedkseed.parameter_map(base)],
                  [checkpoint.base, checkpoint.parameter_map], "base and parameter_map")
    tally.compare(sorted(tuned), sorted(tensor.name for tensor in base), "names of the tensors")
    changed = sum(check_tensor(checkpoint, index, tensor, tuned[tensor.name], tally)
                  for index, tensor in enumerate(base) if tensor.name in tuned)
    types = {f"{tensor.stored_type} to {tuned[tensor.name].stored_type}" for tensor in base if tensor.name in tuned}
    tally.group(f"applied, {checkpoint.basis} K {checkpoint.candidates}, {len(base)} tensors, "
                f"{', '.join(sorted(types))}, {changed} weights moved")


def check_tensor(checkpoint, index, tensor, tuned, tally):
    """Returns how many weights of the tensor moved."""
    w = w0 = tensor.elements()
    if checkpoint.moves(tensor.name):
        w = fedkseed.replay(checkpoint.basis, checkpoint.basis_seed, checkpoint.coefficients, index, 0, w0)
    stored = np.frombuffer(model_files.rounded(w, tuned.stored_type), model_files.STORED_TYPES[tuned.stored_type])
    tally.compare(tuned.shape, tensor.shape, f"{tensor.name}: shape")
    tally.compare(to_bits(tuned.elements()), to_bits(model_files.widened(stored, tuned.stored_type)),
                  f"{tensor.name}, tensor {index}")
    return int(np.count_nonzero(w != w0))


def main():
    parser = argparse.ArgumentParser(description="Checks the reference against vectors, the tool, and a model.")
    parser.add_argument("--vectors", default=VECTORS)
    parser.add_argument("--tool", help="path of the command-line tool")
    parser.add_argument("--cases", type=int, default=40, help="cases for each basis with --tool")
    parser.add_argument("--random-seed", type=int, default=20)
    parser.add_argument("--model", help="Hugging Face folder the checkpoint belongs to")
    parser.add_argument("--kseed")
    parser.add_argument("--applied", help="what the tool made of --model and --kseed")
    arguments = parser.parse_args()
    if bool(arguments.model) != bool(arguments.kseed) or (arguments.applied and not arguments.model):
        parser.error("--model and --kseed go together, and --applied needs both")
    if arguments.model and not (arguments.applied or arguments.tool):
        parser.error("--model needs --applied or --tool")
    tally = Tally()
    check_vectors(arguments.vectors, tally)
    if arguments.tool:
        generator = random.Random(arguments.random_seed)
        for basis in fedkseed.BASES:
            check_tool(arguments.tool, basis, arguments.cases, generator, tally)
    if arguments.applied:
        check_applied(arguments.model, arguments.kseed, arguments.applied, tally)
    elif arguments.model:
        with tempfile.TemporaryDirectory() as scratch:
            applied = os.path.join(scratch, "applied.safetensors")
            command = [arguments.tool, "apply", arguments.model, arguments.kseed, "--out", applied]
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if run.returncode == 0:
                check_applied(arguments.model, arguments.kseed, applied, tally)
            else:
                tally.record(False, f"apply: exit code {run.returncode}: {run.stderr.decode().strip()}")
                tally.group("applied")
    print(f"{tally.passed} passed, {tally.failed} failed")
    if tally.failed:
        print(f"first difference: {tally.first}")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
