"""Damage: every file of a run cut, emptied, removed, changed by a byte, of another run, a folder, a link.

Then the run goes on, and its files are read. Each time: an error that names the file, or the right bits; never the end
by a signal, never other results in silence, and with the file as it was the run goes on.
"""

import os
import shutil
import signal
import time

from common import Failure

# What only tells of a run and is never read again by it.
REPORTS = ("report.html", "results.json", "rounds.csv")


def run(context):
    for job in context.jobs:
        if job.resume:
            try:
                damage_run(context, job)
            except Failure as failure:
                context.fail(job.name, str(failure))
    damage_cache(context)


def half_done(context, job, name, seed=None):
    """Returns a folder with a run that is stopped in its middle."""
    for _ in range(20):
        folder = context.folder(name)
        start = job.start + (["--seed", str(seed)] if seed else [])
        process = context.start(start, folder)
        while process.poll() is None and lines(folder, job) < 2:
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        process.communicate()
        if process.returncode == 130 and lines(folder, job) >= 1:
            return folder
    raise Failure("cannot be stopped in its middle")


def lines(folder, job):
    try:
        with open(os.path.join(folder, job.logs[0]), "rb") as file:
            return file.read().count(b"\n")
    except FileNotFoundError:
        return 0


def damages(context, job, path, other):
    """Yields names of damages, and functions that do them to the file at a path."""
    with open(path, "rb") as file:
        data = file.read()
    choices = context.random("damage", job.name, os.path.basename(path))

    def write(content):
        def do(place):
            with open(place, "wb") as file:
                file.write(content)
        return do

    count = 60 if context.is_long else 4
    yield "emptied", write(b"")
    yield "removed", os.remove
    for size in sorted({choices.randrange(len(data)) for _ in range(count // 3)} | {len(data) - 1}):
        yield f"cut to {size} of {len(data)} bytes", write(data[:size])
    places = [place for place in range(len(data)) if not is_length(data, place)]
    for place in choices.sample(places, min(count, len(places))):
        byte = data[place] ^ (1 << choices.randrange(8))
        if choices.random() < 0.5 and data[place:place + 1].isdigit():
            byte = ord(str((int(data[place:place + 1]) + 1 + choices.randrange(9)) % 10))
        yield f"byte {place} changed", write(data[:place] + bytes([byte]) + data[place + 1:])
    yield "a folder", lambda place: (os.remove(place), os.mkdir(place))
    yield "a link to nothing", lambda place: (os.remove(place), os.symlink("nowhere", place))
    yield "a link to itself", lambda place: (os.remove(place), os.symlink(os.path.basename(place), place))
    yield "garbage", write(choices.randbytes(len(data)))
    yield "zeros", write(bytes(len(data)))
    if os.path.exists(other):
        with open(other, "rb") as file:
            yield "that of another run", write(file.read())


def is_length(data, place):
    """Whether a byte is of the one setting that a person may change before a run goes on: its length."""
    return data.startswith((b"steps:", b"rounds:"), data.rfind(b"\n", 0, place) + 1)


def damage_run(context, job):
    expected, _ = job.expected(context)
    half = half_done(context, job, f"{job.name}-half")
    other = half_done(context, job, f"{job.name}-other", seed=77)
    files = [os.path.relpath(os.path.join(place, name), half) for place, _, names in os.walk(half) for name in names
             if "cache" not in place]
    for index, each in enumerate(sorted(files)):
        if each.endswith(REPORTS):
            continue
        for number, (name, do) in enumerate(damages(context, job, os.path.join(half, each), os.path.join(other, each))):
            # The short form does every other one; another seed the rest.
            if not context.is_long and (index + number + context.seed) % 2 == 0:
                continue
            folder = os.path.join(context.base, f"{job.name}-damaged")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(half, folder, symlinks=True)
            do(os.path.join(folder, each))
            check_readers(context, job, folder, each, name)
            check_resume(context, job, folder, half, each, name, expected)
            context.count(f"{job.name}: damages of its files")


def check_status(context, job, folder, each, name, command, status, text):
    """Checks that the tool neither ends by a signal nor tells an error that names no file."""
    place = f"'{each}' {name}: {' '.join(command[:2])}"
    if status < 0 or status >= 128:
        context.fail(job.name, f"{place} ends with {status}: {text[-300:]}", folder)
    elif status not in (0, 1, 64):
        context.fail(job.name, f"{place} ends with {status}: {text[-300:]}", folder)
    elif status == 1 and not any(part in text for part in NAMED.get(os.path.basename(each), [])
                                 + [os.path.basename(each)]):
        context.fail(job.name, f"{place}: the error does not name the file: {text[-400:]!r}", folder)


# What an error may name in place of a file: settings are told by their names, and the state and the log together.
NAMED = {
    # A person may have written it: then what it names is not there.
    "settings.yaml": ["Error: "], "run.settings.yaml": ["Error: "],
    "rounds.jsonl": ["state"], "run.steps.jsonl": ["state"],
    "state.json": ["state", "'--"], "run.state.json": ["state", "'--"],
}


def check_readers(context, job, folder, each, name):
    """Lets the commands that read runs read it."""
    out = os.path.dirname(job.results[0]) or job.results[0]
    period = "--round" if job.name.startswith("simulate") else "--step"
    for command in (["kseed", "show", job.results[0]], ["kseed", "at", period, "1", out, "--out", "at.kseed"],
                    ["compare", out]):
        status, text = context.run(command, folder)
        check_status(context, job, folder, each, name, command, status, text)
        if status == 0 and command[1] == "at":
            check_past(context, job, folder, each, name)


def check_past(context, job, folder, each, name):
    """Checks that a past model is the one there was."""
    key = f"past of {job.name}"
    with open(os.path.join(folder, "at.kseed"), "rb") as file:
        found = file.read()
    os.remove(os.path.join(folder, "at.kseed"))
    if context.calls.setdefault(key, found) != found:
        context.fail(job.name, f"'{each}' {name}: another model after the first entry, in silence", folder)


def check_resume(context, job, folder, half, each, name, expected):
    """Goes on, and if that is refused, puts the file back and goes on."""
    status, text = context.run(job.resume, folder)
    check_status(context, job, folder, each, name, job.resume, status, text)
    if status != 0:
        place = os.path.join(folder, each)
        if os.path.isdir(place) and not os.path.islink(place):
            shutil.rmtree(place)
        elif os.path.lexists(place):
            os.remove(place)
        shutil.copy(os.path.join(half, each), place)
        status, text = context.run(job.resume, folder)
        if status != 0:
            return context.fail(job.name, f"'{each}' {name}: with the file again it does not go on, {status}: "
                                f"{text[-300:]}", folder)
    found = job.outcome(folder)
    if found != expected:
        wrong = [key for key in expected if found[key] != expected[key]]
        context.fail(job.name, f"'{each}' {name}: goes on to another {wrong}", folder)


def damage_cache(context):
    """The cache of hashes: what is damaged counts as absent."""
    job = [job for job in context.jobs if job.resume][0]
    expected, _ = job.expected(context)
    folder, done = os.path.join(context.base, f"{job.name}-undisturbed"), 0
    cache = os.path.join(folder, "cache", "fedkseed")
    names = os.listdir(cache)
    if len(names) != 1:
        raise Failure(f"the cache has {names}")
    entry = os.path.join(cache, names[0])
    with open(entry, "rb") as file:
        data = file.read()
    for name, do in damages(context, job, entry, "nowhere"):
        do(entry)
        status, text = context.run(["apply", job.start[1], job.results[0], "--out", "t.gguf", "--force"], folder)
        if status != 0:
            context.fail("cache", f"{name}: {status}: {text[-300:]}")
        if os.path.isdir(entry):
            os.rmdir(entry)
        elif os.path.lexists(entry):
            os.remove(entry)
        with open(entry, "wb") as file:
            file.write(data)
        done += 1
    context.count("damages of the cache of hashes", done)
