#!/usr/bin/env python3
"""Gives every reader what fuzzing does not find: inputs of 100 kB that would take quadratic time, nest deep, refer
to themselves or name huge counts, larger ones that would take memory out of proportion, and links to what never ends.

    python3 Tests/Hostile/attack.py --tool .build/release/fedkseed [--only WORD] [--all]
    python3 Tests/Hostile/attack.py --list [--only WORD]

Each must end within a second of CPU time and 64 MB over its input (both are scaled by --patience on a slow build),
by content or by an error of a few lines without control characters; never by a signal. One runs after the other.
"""

import argparse
import pathlib
import sys
import tempfile

import data
import marks
import messages
import models
import places
import settings
import sockets
import templates
import tokenizers
import vocabularies
from runner import Runner

TARGETS = (places, tokenizers, vocabularies, templates, data, settings, models, messages, sockets, marks)


def arguments():
    parser = argparse.ArgumentParser(description=" ".join(__doc__.split("\n\n")[0].split()))
    parser.add_argument("--tool", type=pathlib.Path, help="the binary")
    parser.add_argument("--only", default="", metavar="WORD", help="only attacks whose name has this in it")
    parser.add_argument("--list", action="store_true", help="show the names of the attacks, and run none")
    parser.add_argument("--all", action="store_true", help="show those that pass, too")
    parser.add_argument("--patience", type=float, default=1.0, help="what scales the limits of time and memory")
    given = parser.parse_args()
    if not given.tool and not given.list:
        parser.error("--tool is needed, to be attacked; or --list")
    return given


def main():
    given = arguments()
    attacks = [attack for target in TARGETS for attack in target.attacks() if given.only in attack.name]
    if not attacks:
        sys.exit(f"no attack has '{given.only}' in its name; see --list")
    if given.list:
        return print("\n".join(attack.name for attack in attacks))
    failures = run(attacks, given)
    print(f"{len(attacks)} attacks, {failures} went wrong")
    sys.exit(1 if failures else 0)


def run(attacks, given):
    """Runs attacks, shows those that went wrong, and returns their number."""
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        runner = Runner(given.tool.resolve(), pathlib.Path(scratch), given.patience)
        for attack in attacks:
            wrong, figures = runner.run(attack)
            failures += bool(wrong)
            if wrong or given.all:
                print(f"{'WRONG' if wrong else 'ok   '}  {attack.name:42} {figures}  {wrong}", flush=True)
    return failures


if __name__ == "__main__":
    main()
