#!/usr/bin/env python3
"""Sums of several numbers, added step by step: a task with long answers that can be checked.

    make.py --out FOLDER [--train 2000] [--test 200] [--terms 4] [--largest 99] [--seed 1]

An example's instruction asks for a sum, and its response has one addition a line and the sum in the last:

    Add step by step: 17 + 58 + 4 + 31
    17 + 58 = 75
    75 + 4 = 79
    79 + 31 = 110

No sum of the test is one of the training. Writes train.jsonl and test.jsonl.
"""

import argparse
import json
import pathlib
import random


def main():
    options = parse()
    draw = random.Random(options.seed)
    sums = set()
    while len(sums) < options.train + options.test:
        sums.add(tuple(draw.randint(1, options.largest) for _ in range(options.terms)))
    examples = [example(terms) for terms in sorted(sums)]
    draw.shuffle(examples)
    options.out.mkdir(parents=True, exist_ok=True)
    write(options.out / "train.jsonl", examples[:options.train])
    write(options.out / "test.jsonl", examples[options.train:])


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--train", type=int, default=2000)
    parser.add_argument("--test", type=int, default=200)
    parser.add_argument("--terms", type=int, default=4)
    parser.add_argument("--largest", type=int, default=99)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def example(terms):
    lines, so_far = [], terms[0]
    for term in terms[1:]:
        lines.append(f"{so_far} + {term} = {so_far + term}")
        so_far += term
    return {"instruction": "Add step by step: " + " + ".join(map(str, terms)),
            "response": "\n".join(lines)}


def write(path, examples):
    path.write_text("".join(json.dumps(item) + "\n" for item in examples), "utf-8")


main()
