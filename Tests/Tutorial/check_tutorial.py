#!/usr/bin/env python3
"""Runs the commands of a page and compares what they print with what the page shows.

    check_tutorial.py --tool .build/release/fedkseed --model MODEL.gguf [--page Documentation/Tutorial.md] [--short]
        [--exact | --loose] [--write PAGE.md] [--keep FOLDER]

The commands run from top to bottom in one bash, in a fresh folder, with `fedkseed` on the PATH and MODEL set. page.py says
what is a command and what its output, figures.py how they are compared: exactly on the machine class that the
page names (`<!-- machine: avx512 SkylakeX -->`, instruction set and OpenBLAS core of `fedkseed doctor`) or if it names none,
loosely elsewhere.

Markers before a block:
  <!-- run: no -->                    it is not run
  <!-- compare: loose|words|labels|no -->   less of its output is compared
  <!-- interrupt: 15 s -->            it is interrupted (Ctrl-C) after a time, or once it has printed a text:
  <!-- interrupt: step 3/40 -->       any exit code will do, and only labels of its output are compared
  <!-- fails -->                      it must end with an error
  <!-- file: NAME -->                 its content is written to this file
  <!-- short: no -->                  --short does not run it
  <!-- short: --steps 40 = --steps 2 -->    --short replaces this text of its commands; from then on figures are not compared
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from figures import DEGREES, ELLIPSES, differences
from page import PageError, replacement, steps
from shell import Shell

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Check:
    """The steps of a page, run one after the other."""

    def __init__(self, text, short, degree):
        self.text, self.short, self.degree = text, short, degree
        self.steps, self.found, self.printed = steps(text), [], {}

    def run(self, shell):
        """Run all steps, and collect what differs; stop where the commands that follow cannot work."""
        for number, step in enumerate(self.steps):
            commands = self.commands(step)
            if commands is None:
                continue
            started = time.monotonic()
            output, code = shell.run(number, commands, self.may_fail(step), interruption(step))
            self.compare(step, number, output.splitlines(), code)
            print(f"line {step.line}: {title(commands)}  {time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)
            if shell.has_ended:
                last = " / ".join(output.splitlines()[-5:])
                self.found.append((step.line, f"the commands end here with exit code {code}: {last}"))
                return

    def commands(self, step):
        """Return what is run for a step, None if nothing is."""
        short = step.markers.get("short", [])
        if "no" in step.markers.get("run", []) or self.short and "no" in short:
            return None
        commands = step.commands
        for old, new in map(replacement, short if self.short else []):
            if old in commands:
                commands, self.degree = commands.replace(old, new), "labels"
        return commands

    def may_fail(self, step):
        return "fails" in step.markers or "interrupt" in step.markers

    def compare(self, step, number, printed, code):
        if "fails" in step.markers and code == 0:
            self.found.append((step.line, "ended well, expected an error"))
        if step.shown is not None:
            self.printed[number] = printed
            self.found += [(step.begin + 1 + place, text) for place, text in differences(step.shown, printed, self.degree_of(step))]

    def degree_of(self, step):
        """The loosest of what the command line, the page and the way it was run say."""
        said = step.markers.get("compare", []) + (["labels"] if "interrupt" in step.markers else [])
        for value in said:
            if value not in DEGREES:
                raise PageError(f"line {step.line}: compare: {value!r}, expected one of {', '.join(DEGREES)}")
        return max([self.degree, *said], key=DEGREES.index)

    def updated(self):
        """Return the page with what was printed, and the lines of outputs with ellipses, which stay."""
        lines, kept = self.text.split("\n"), []
        for number, printed in sorted(self.printed.items(), reverse=True):
            step = self.steps[number]
            if any(line.strip() in ELLIPSES for line in step.shown):
                kept.append(step.line)
                continue
            blank = [""] if step.shown and not step.shown[-1].strip() else []
            lines[step.begin:step.end] = [(step.indent + line).rstrip() for line in printed] + blank
        return "\n".join(lines), sorted(kept)


def interruption(step):
    """Return when a step is interrupted: seconds, a text, or None."""
    if "interrupt" not in step.markers:
        return None
    value = step.markers["interrupt"][0]
    amount, _, unit = value.partition(" ")
    return float(amount) if unit == "s" and amount.isdigit() else value


def title(commands):
    first = commands.strip().splitlines()[0] if commands.strip() else ""
    return first if len(first) <= 90 else first[:87] + "..."


def machine_degree(text, tool):
    """Return `exact` on the machine class that the page names, `loose` on another."""
    named = [line.strip()[len("<!-- machine:"):-len("-->")].strip() for line in text.splitlines()
             if line.strip().startswith("<!-- machine:")]
    if not named:
        return "exact"
    doctor = json.loads(subprocess.run([tool, "doctor", "--json"], check=True, capture_output=True).stdout)
    own = f"{doctor['instruction_set']} {doctor['openblas']['core_type']}"
    if own != named[0]:
        print(f"the page is of {named[0]}, this machine is {own}: losses are compared loosely", file=sys.stderr)
    return "exact" if own == named[0] else "loose"


def environment(tool, model, scratch):
    """What the commands see: fedkseed on the PATH, and OpenBLAS's own choice of kernels."""
    (scratch / "bin").mkdir()
    (scratch / "bin/fedkseed").symlink_to(tool)
    preset = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    return {name: value for name, value in os.environ.items() if name not in preset} | {
        "PATH": f"{scratch / 'bin'}:{os.environ['PATH']}", "MODEL": str(model)}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--page", type=pathlib.Path, default=ROOT / "Documentation/Tutorial.md")
    parser.add_argument("--short", action="store_true", help="what can be checked in a minute or two")
    degrees = parser.add_mutually_exclusive_group()
    degrees.add_argument("--exact", dest="degree", action="store_const", const="exact")
    degrees.add_argument("--loose", dest="degree", action="store_const", const="loose")
    parser.add_argument("--write", type=pathlib.Path, help="a copy of the page with what was printed")
    parser.add_argument("--keep", type=pathlib.Path, help="the folder to run in, which must not exist")
    return parser.parse_args()


def main():
    options = parse()
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(name, None)
    text, tool = options.page.read_text(), options.tool.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        folder = options.keep or scratch / "tutorial"
        folder.mkdir()
        check = Check(text, options.short, options.degree or machine_degree(text, tool))
        shell = Shell(folder, scratch, environment(tool, options.model.resolve(), scratch))
        try:
            check.run(shell)
        finally:
            shell.close()
    report(check, options)


def report(check, options):
    for line, difference in sorted(check.found):
        print(f"{options.page}:{line}: {difference}")
    if options.write:
        page, kept = check.updated()
        options.write.write_text(page)
        print(f"wrote {options.write}" + "".join(f"; the output of line {line} has parts left out, and stays" for line in kept))
    compared = len(check.printed)
    print(f"{len(check.steps)} steps, {compared} outputs compared, {len(check.found)} differences")
    sys.exit(1 if check.found or not compared else 0)


if __name__ == "__main__":
    try:
        main()
    except PageError as error:
        sys.exit(f"error: {error}")
