"""What the parts of scripts/torture share: the tool, the jobs, where they work, what they must come to."""

import hashlib
import json
import os
import random
import shutil
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MODEL = os.path.join(ROOT, "Models", "tiny-llama")
SMALL = ["--data", "synthetic:1", "--template", "raw", "--candidates", "16", "--batch", "1", "--held-out", "2",
         "--length-limit", "60", "--threads", "1", "--quiet"]

# What a log has of the machine rather than of the run.
MEASURED = {"seconds", "peak_private_bytes", "peak_mapped_bytes", "checksum"}


class Failure(Exception):
    """Something did not hold."""


class Context:
    """The tool under torture, a folder to work in, random choices from a seed."""

    def __init__(self, tool, seed, is_long, keep=None):
        self.tool, self.seed, self.is_long = os.path.abspath(tool), seed, is_long
        # In memory where there is room: a kill does not lose what the system has not written yet.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.base = keep or tempfile.mkdtemp(prefix="fedkseed-torture-", dir=memory)
        os.makedirs(self.base, exist_ok=True)
        self.counts, self.failures, self.calls = {}, [], {}
        self._shim, self.only = None, None

    @property
    def jobs(self):
        """The jobs to do: all in long form, one of each kind in short."""
        jobs = all_jobs() if self.is_long or self.only else short_jobs()
        return [job for job in jobs if not self.only or self.only in job.name]

    def random(self, *names):
        """Returns choices that depend on the seed and the names alone."""
        return random.Random(f"{self.seed} {names}")

    def folder(self, name):
        """Returns a new, empty folder."""
        path = os.path.join(self.base, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    @property
    def shim(self):
        """The library of files.c, compiled once; its warnings are errors."""
        if self._shim is None:
            self._shim = os.path.join(self.base, "files.so")
            compiler = next(filter(shutil.which, ["cc", "clang", "gcc"]), "cc")
            subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", self._shim,
                            os.path.join(HERE, "files.c"), "-ldl"], check=True)
        return self._shim

    def environment(self, folder, **spoil):
        """Returns the environment of the tool in a folder: a cache of its own, and the shim if asked for."""
        names = dict(os.environ, XDG_CACHE_HOME=os.path.join(folder, "cache"), OMP_NUM_THREADS="1")
        if spoil:
            names.update({f"TORTURE_{name.upper()}": str(value) for name, value in spoil.items()})
            names.update(LD_PRELOAD=self.shim, TORTURE_ROOT=folder)
        return names

    def start(self, arguments, folder, prefix=(), **spoil):
        """Starts the tool in a folder."""
        return subprocess.Popen(
            [*prefix, self.tool, *arguments], cwd=folder, env=self.environment(folder, **spoil),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="backslashreplace")

    def run(self, arguments, folder, timeout=300, **spoil):
        """Runs the tool to its end: its status, negative if by a signal, and what it said."""
        process = self.start(arguments, folder, **spoil)
        try:
            out, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure(f"{arguments}: not done in {timeout} s")
        return process.returncode, out + errors

    def count(self, name, number=1):
        """Counts what was tried, for the table at the end."""
        self.counts[name] = self.counts.get(name, 0) + number

    def fail(self, name, text, folder=None):
        """Notes that something did not hold, and keeps the folder."""
        if folder is not None:
            kept = os.path.join(self.base, f"failure-{len(self.failures) + 1}")
            shutil.copytree(folder, kept, symlinks=True)
            text += f"; kept in {kept}"
        self.failures.append(f"{name}: {text}")
        print(f"FAILED {name}: {text}", flush=True)


class Job:
    """Something the tool does that may be interrupted: how it begins, goes on, and what it leaves."""

    def __init__(self, name, start, results, resume=None, state=None, logs=(), before=(), renew=()):
        self.name, self.start, self.resume = name, list(start), resume
        self.state, self.results, self.logs = state, list(results), list(logs)
        # Commands that come first and are not interrupted.
        self.before = [list(command) for command in before]
        # What is added where the command is given again and its result is there.
        self.renew = list(renew)

    def next(self, folder):
        """Returns the command that a user gives next."""
        if self.resume and os.path.exists(os.path.join(folder, self.state)):
            return self.resume
        is_there = not self.resume and all(os.path.exists(os.path.join(folder, each)) for each in self.results)
        return self.start + (self.renew if is_there else [])

    def prepare(self, context, folder):
        for command in self.before:
            status, text = context.run(command, folder)
            if status != 0:
                raise Failure(f"{self.name}: {command}: {status}: {text}")

    def outcome(self, folder):
        """Returns what must be the same however the way went."""
        found = {each: contents(os.path.join(folder, each)) for each in self.results}
        found.update({each: log(os.path.join(folder, each)) for each in self.logs})
        return found

    def expected(self, context):
        """Returns the outcome of a way that nobody disturbs, and its time in seconds."""
        folder = context.folder(f"{self.name}-undisturbed")
        self.prepare(context, folder)
        began = time.monotonic()
        status, text = context.run(self.start, folder)
        if status != 0:
            raise Failure(f"{self.name}: undisturbed: {status}: {text}")
        return self.outcome(folder), time.monotonic() - began

    def leftovers(self, folder):
        """Returns the temporary files below a folder."""
        return [os.path.relpath(os.path.join(place, name), folder) for place, folders, names in os.walk(folder)
                for name in folders + names if name.endswith((".tmp", ".old"))]


def contents(path):
    """Returns the SHA-256 of a file, or of all files below a folder; None if there is none."""
    if os.path.isdir(path):
        return {os.path.relpath(os.path.join(place, name), path): contents(os.path.join(place, name))
                for place, _, names in os.walk(path) for name in names}
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def log(path):
    """Returns the lines of a log without what was measured of the machine."""
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return [{key: value for key, value in json.loads(line).items() if key not in MEASURED} for line in file]


def tune(name, *options, steps=16):
    start = ["tune", MODEL, *SMALL, "--steps", str(steps), "--checkpoint-every", "3", "--no-report",
             "--out", "run.kseed", *options]
    return Job(f"tune-{name}", start, ["run.kseed"], ["tune", "--resume", "run.kseed", "--threads", "1", "--quiet",
               "--no-report"], "run.state.json", ["run.steps.jsonl"])


def simulate(name, *options, rounds=5):
    start = ["simulate", MODEL, *SMALL, "--clients", "3", "--rounds", str(rounds), "--local-steps", "2", "--partition", "iid",
             "--out", "run", *options]
    return Job(f"simulate-{name}", start, ["run/model.kseed", "run/partition.json"],
               ["simulate", "--resume", "run", "--threads", "1", "--quiet"], "run/state.json", ["run/rounds.jsonl"])


def exporting(name, out, *options, renews=False):
    """`apply`, in a new place or in that of an earlier result."""
    first = ["tune", MODEL, *SMALL, "--steps", "3", "--estimator", "backprop", "--lr", "1e-3", "--no-report",
             "--out", "a.kseed"]
    before = [first]
    apply = ["apply", MODEL, "a.kseed", "--out", out, "--threads", "1", *options]
    if renews:
        before.append([*apply, "--dtype", "f16"])
    return Job(f"apply-{name}", apply + (["--force"] if renews else []), [out], before=before,
               renew=[] if renews else ["--force"])


def all_jobs():
    two, back = ["--estimator", "two-sided"], ["--estimator", "backprop"]
    return [
        tune("two-sided-dense", *two, "--mode", "dense"),
        tune("two-sided-virtual", *two, "--mode", "virtual"),
        tune("backprop-dense", *back, "--mode", "dense"),
        tune("backprop-virtual", *back, "--mode", "virtual", "--lr", "1e-4", "--schedule", "cosine"),
        simulate("two-sided", *two),
        simulate("backprop", *back, "--server-optimizer", "momentum", "--server-momentum", "0.5"),
        simulate("mixed", *back, "--zeroth-order-share", "0.5"),
        simulate("windows", *back, "--window", "4"),
        simulate("pro", *two, "--method", "fedkseed-pro"),
        exporting("folder", "tuned"),
        exporting("folder-again", "tuned", renews=True),
        exporting("gguf", "tuned.gguf"),
        exporting("safetensors", "tuned.safetensors"),
        exporting("gguf-again", "tuned.gguf", renews=True),
        Job("synthesize", ["synthesize", os.path.join(MODEL, "config.json"), "--dtype", "f32", "--out", "s.gguf",
                           "--threads", "1"], ["s.gguf"], renew=["--force"]),
    ]


def short_jobs():
    """One of each kind."""
    names = {"tune-backprop-dense", "simulate-backprop", "apply-folder-again", "synthesize"}
    return [job for job in all_jobs() if job.name in names]
