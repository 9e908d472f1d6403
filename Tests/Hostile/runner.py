"""Runs the tool on an attack, and judges how it ended, what it said, and what it took of processor and memory."""

import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import typing

from inputs import GOOD_DATA, MEGABYTE, SMALL_MODEL, Folder

MEGABYTES_OVER_INPUT = 64
LONGEST_ERRORS = 20_000
# Those of ASCII but tabs and line feeds, and those of Unicode that begin a sequence by one character, as UTF-8.
CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
SETTINGS = (SMALL_MODEL, "--template", "raw", "--candidates", "64", "--batch", "1", "--held-out", "2", "--threads", "1")

# A small process of its own: the peak that the system reports of a process begins with that of who started it.
# CPU time is what ends a command. The time of the clock, ten times as much, ends only one that sleeps.
LAUNCHER = """
import os, resource, sys, time
limit = int(sys.argv[1])
pid = os.fork()
if pid == 0:
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
end = time.monotonic() + 10 * limit
while True:
    done, status, usage = os.wait4(pid, os.WNOHANG)
    if done:
        break
    try:
        resident = int(open(f"/proc/{pid}/statm").read().split()[1]) * 4096
    except (OSError, IndexError):
        resident = 0
    if time.monotonic() > end or resident > 3 << 30:
        os.kill(pid, 9)
    time.sleep(0.002)
print(f"\\n[{os.waitstatus_to_exitcode(status)}, {usage.ru_utime + usage.ru_stime}, {usage.ru_maxrss * 1024}]",
      file=sys.stderr)
"""


class Measurement(typing.NamedTuple):
    """What a command did: seconds of CPU time, the largest memory in bytes, what it printed."""

    code: int
    seconds: float
    peak: int
    output: bytes
    errors: bytes


class Runner:
    """The tool under attack and a folder to work in; `patience` scales what an attack may take."""

    def __init__(self, tool, scratch, patience):
        self.tool, self.scratch, self.patience = tool, scratch, patience
        # What the tool keeps of models and of the machine goes with the folder.
        self.environment = os.environ | {"SWIFT_BACKTRACE": "enable=no", "XDG_CACHE_HOME": str(scratch / "cache")}
        self.prepare()
        # What the tool takes to say nothing much about nothing.
        self.least_peak = self.measure(("tokenize", SMALL_MODEL, "--text", "a"), 10).peak

    def prepare(self):
        """Makes the runs that attacks copy and damage, and lets the tool measure the machine, which it does once."""
        data = self.scratch / "data.jsonl"
        data.write_text(GOOD_DATA)
        given = (*SETTINGS, "--data", data)
        for words in (("simulate", *given, "--clients", "2", "--rounds", "2", "--local-steps", "2", "--out", "run"),
                      ("tune", *given, "--steps", "2", "--out", "t.kseed"),
                      ("estimate", SMALL_MODEL / "config.json")):
            subprocess.run([self.tool, *words], check=True, cwd=self.scratch, env=self.environment,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self, attack):
        """Returns what went wrong, empty if nothing did, and the figures."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as name:
            folder = pathlib.Path(name)
            attack.make(Folder(folder, self.scratch))
            size = size_of_files(folder)
            words = [word.replace("@", name) for word in attack.words]
            talk = attack.talk and (lambda: attack.talk(folder))
            found = self.measure(words, 5 + attack.seconds * self.patience, folder / "stdin", talk)
        extra = (found.peak - self.least_peak - size) / MEGABYTE
        figures = f"{size / 1000:8.0f} kB {found.seconds:5.2f} s {extra:6.1f} MB exit {found.code}"
        return ", ".join(self.judge(attack, found, extra)), figures

    def judge(self, attack, found, extra):
        """Returns all that went wrong, and the end of what the tool said of it."""
        wrong = {
            f"exit {found.code}": found.code not in attack.codes,
            f"{found.seconds:.1f} s": found.seconds > attack.seconds * self.patience,
            f"{extra:.0f} MB over the input": extra > MEGABYTES_OVER_INPUT * self.patience,
            "control characters": CONTROLS.search(found.output + found.errors),
            f"{len(found.errors)} bytes of errors": len(found.errors) > LONGEST_ERRORS,
        }
        faults = [fault for fault, is_so in wrong.items() if is_so]
        return [*faults, repr(found.errors[-160:])] if faults else []

    def measure(self, words, limit, given=None, talk=None):
        """Runs the tool for at most `limit` seconds of CPU time; it reads the file `given`, where there is one, and
        somebody may `talk` to it, who returns what it answers."""
        launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(math.ceil(limit)), self.tool, *words]
        source = given if given and given.exists() else os.devnull
        with open(source, "rb") as typed, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with subprocess.Popen(launcher, stdin=typed, stdout=out, stderr=err, cwd=self.scratch,
                                  env=self.environment):
                answers = talk() if talk else b""
            out.seek(0), err.seek(0)
            output, errors = answers + out.read(MEGABYTE), err.read()
        # The launcher's line is the last, however much the tool has said before.
        errors, _, figures = errors.rstrip(b"\n").rpartition(b"\n")
        return Measurement(*json.loads(figures), output, errors)


def size_of_files(folder):
    """Returns the bytes of all files, without what links lead to."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
