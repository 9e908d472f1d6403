#!/usr/bin/env python3
"""Kills, full disks, power cuts, damaged files, hours: what must not cost a run. See scripts/torture --help."""

import argparse
import importlib
import shutil
import signal
import sys
import time

from common import Context

PARTS = {
    "kills": "SIGKILL, SIGINT, SIGTERM at random moments and in place of each call that changes a file",
    "disk": "every call that changes a file refused: full, over quota, defective, read-only",
    "power": "every state that a power cut may leave, of a file system that loses what was not synchronised",
    "damage": "every file of a run cut, emptied, removed, changed by a byte, of another run, a folder, a link",
    "federation": "server and clients killed, and served again",
    "locks": "two processes in one folder, and the locks of those that were killed",
    "soak": "thousands of rounds and requests in flat memory, handles and time",
}


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/torture", description="Checks that no kill, full disk, power cut or damaged file costs a run, "
        "and that none comes to other bits silently.",
        epilog="Parts: " + "; ".join(f"{name}: {text}" for name, text in PARTS.items()) + ".")
    parser.add_argument("parts", nargs="*", metavar="PART", help="those to do; all but soak if none is named")
    parser.add_argument("--seed", type=int, default=1, help="of all random choices")
    parser.add_argument("--long", action="store_true", help="hours in place of a minute")
    parser.add_argument("--kills", type=int, help="at random moments of each job: 200 in long form, 3 in short")
    parser.add_argument("--tool", default=".build/release/fedkseed", help="the binary")
    parser.add_argument("--only", help="only jobs whose name has this in it")
    parser.add_argument("--keep", help="a folder to work in, which stays")
    found = parser.parse_args()
    if unknown := [part for part in found.parts if part not in PARTS]:
        parser.error(f"unknown part '{unknown[0]}', expected one of {', '.join(PARTS)}")
    return found


def main():
    given = arguments()
    context = Context(given.tool, given.seed, given.long, given.keep)
    context.only, context.kills = given.only, given.kills or (200 if given.long else 3)
    # Whoever ends it sees what was done so far.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    is_whole = False
    try:
        for part in given.parts or [part for part in PARTS if part != "soak"]:
            began = time.monotonic()
            importlib.import_module(part).run(context)
            print(f"{part}: {time.monotonic() - began:.0f} s", flush=True)
        is_whole = True
    finally:
        tell(context, given.keep, is_whole)


def tell(context, keep, is_whole):
    """Prints what was done and what did not hold."""
    for name, count in context.counts.items():
        print(f"{count:8d}  {name}")
    if not context.failures:
        if not keep:
            shutil.rmtree(context.base, ignore_errors=True)
        return print("scripts/torture: all held" + ("" if is_whole else ", as far as it came"))
    print(f"scripts/torture: {len(context.failures)} did not hold:")
    print("\n".join(context.failures))
    sys.exit(1)


if __name__ == "__main__":
    main()
