#!/usr/bin/env python3
"""Writes what all methods share: the base in float32, training examples, a fixed test subset.

    prepare.py --tool .build/release/fedkseed --model MODEL.gguf \
      --dolly databricks-dolly-15k.jsonl --natural-instructions FOLDER --work runs/federation

The folder has `base` (a Hugging Face folder), and for each data set and limit a folder with
federation.jsonl (what `simulate` reads), train.jsonl, test.jsonl and prepared.json. Training examples
whose prompt fills --length-limit are left out here, so a line of train.jsonl is an index of
partition.json. Test examples are drawn from those that --test-length-limit does not cut. What is there
already stays.
"""

import argparse
import collections
import json
import pathlib
import random
import shutil
import subprocess

import common
import examples

READERS = {"dolly": examples.dolly, "natural-instructions": examples.natural_instructions}


def main():
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    base = options.work / "base"
    if not base.exists():
        export(options, base)
    for data, source in (("dolly", options.dolly),
                         ("natural-instructions", options.natural_instructions)):
        if source and not (common.prepared_folder(options, data) / "prepared.json").exists():
            prepare(options, data, source, examples.Encoder(base, common.TEMPLATES[data]))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--dolly", type=pathlib.Path)
    parser.add_argument("--natural-instructions", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("runs/federation"))
    parser.add_argument("--length-limit", type=int, default=192, help="of training, in tokens")
    parser.add_argument("--test-examples", type=int, default=96)
    parser.add_argument("--test-length-limit", type=int, default=512)
    parser.add_argument("--data-seed", type=int, default=1, help="of instances and test examples")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def export(options, base):
    """Writes the base in float32: the base tuned by a checkpoint of zeros."""
    step, zero = options.work / "step.kseed", options.work / "zero.kseed"
    common.tool(options, "tune", options.model, "--data", "synthetic:8", "--steps", 1, "--batch", 1,
                "--held-out", 1, "--no-report", "--force", "--out", step)
    zero.unlink(missing_ok=True)
    subprocess.run([options.tool, "kseed", "scale", step, "--by", "0", "--out", zero, "--force"],
                   check=True)
    partial = options.work / "base.partial"
    shutil.rmtree(partial, ignore_errors=True)
    common.tool(options, "apply", options.model, zero, "--out", partial)
    partial.rename(base)


def prepare(options, data, source, encoder):
    everything, test_part = READERS[data](source, options.data_seed)
    training = [item for item in everything if encoder.fits(item, options.length_limit)]
    whole = [item for item in test_part if encoder.is_whole(item, options.test_length_limit)]
    test = random.Random(options.data_seed).sample(whole, options.test_examples)
    # The tool wants an example to measure the loss on after each round; the shortest costs least.
    shown = min(whole, key=lambda item: len(encoder.encode(item)[0]))
    folder = common.prepared_folder(options, data)
    folder.mkdir(exist_ok=True)
    examples.write_lines(folder / "train.jsonl", training)
    examples.write_lines(folder / "test.jsonl", test)
    examples.write_lines(
        folder / "federation.jsonl", training + [shown | {"category": common.HELD_OUT}])
    write_facts(options, folder, training, {
        "training_examples_read": len(everything), "test_part": len(test_part),
        "test_part_whole": len(whole)})


def write_facts(options, folder, training, counts):
    by_category = collections.Counter(item["category"] for item in training)
    assert common.HELD_OUT not in by_category
    facts = counts | {
        "training_examples": len(training), "categories": len(by_category),
        "length_limit": options.length_limit, "test_examples": options.test_examples,
        "test_length_limit": options.test_length_limit, "data_seed": options.data_seed}
    (folder / "prepared.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(folder, json.dumps(facts))


main()
