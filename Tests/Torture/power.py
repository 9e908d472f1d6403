"""Power cuts: every state of the disk that a file system may leave which loses what was not synchronised.

The calls of a way that nobody disturbs are recorded. After each of them the disk is rebuilt as it may be: see
journal.py. From each state the command is given again that a user gives then. It must come to the same bits; what
the tool had said before the cut must be there.
"""

import os
import shutil

from common import Failure, contents
from journal import Disk, File, read_journal
from kills import finish


def run(context):
    for job in context.jobs:
        try:
            expected, _ = job.expected(context)
            cut(context, job, expected)
        except Failure as failure:
            context.fail(job.name, str(failure))


def record(context, job):
    """Returns the calls of a way that nobody disturbs, the disk before it, and its folder."""
    journal, folder = os.path.join(context.base, "journal"), context.folder(f"{job.name}-power")
    if os.path.exists(journal):
        os.remove(journal)
    job.prepare(context, folder)
    before = tree(folder)
    status, text = context.run(job.start, folder, journal=journal)
    if status != 0:
        raise Failure(f"recorded: {status}: {text}")
    return read_journal(journal), before, folder


def tree(folder):
    """Returns paths and bytes of all below a folder, None for a folder."""
    found = {}
    for place, folders, names in os.walk(folder):
        found.update({os.path.join(place, name): None for name in folders})
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                found[os.path.join(place, name)] = file.read()
    return found


def cut(context, job, expected):
    calls, before, folder = record(context, job)
    choices = context.random("power", job.name)
    limit = 100_000 if context.is_long else 12
    seen, states = set(), []
    disk = start_disk(before, folder)
    for number in range(len(calls) + 1):
        for state in disk.states(choices):
            key = hash(frozenset(state.items()))
            if key not in seen:
                seen.add(key)
                states.append((number, state))
        if number < len(calls):
            disk.apply(calls[number])
    # All that was promised is durable when the tool has ended.
    last = [state for number, state in states if number == len(calls)]
    chosen = states if len(states) <= limit else choices.sample(states, limit)
    for number, state in chosen:
        lay(folder, state)
        check_state(context, job, folder, before, expected, number)
        finish(context, job, folder, expected, f"a power cut before call {number + 1} of {len(calls)}")
        context.count(f"{job.name}: states after a power cut")
    for state in last[:4]:
        lay(folder, state)
        found = {each: contents(os.path.join(folder, each)) for each in job.results}
        if any(found[each] != expected[each] for each in job.results):
            context.fail(job.name, "a power cut after the end loses the result", folder)


def start_disk(before, folder):
    """Returns the disk before the calls."""
    disk = Disk(folder)
    disk.durable = {path: None if data is None else File(durable=data) for path, data in before.items()}
    disk.now = dict(disk.durable)
    return disk


def lay(folder, state):
    """Makes a folder what the disk has."""
    shutil.rmtree(folder)
    os.makedirs(folder)
    for path in sorted(state):
        if state[path] is None:
            os.makedirs(path, exist_ok=True)
        else:
            with open(path, "wb") as file:
                file.write(state[path])


def check_state(context, job, folder, before, expected, number):
    """Checks that what has its final name is whole."""
    for each in job.results:
        path = os.path.join(folder, each)
        if each.endswith(".kseed") and os.path.exists(path):
            status, text = context.run(["kseed", "show", path], folder)
            if status != 0:
                context.fail(job.name, f"before call {number + 1}: '{each}' cannot be read: {text[-300:]}", folder)
        elif not job.resume and os.path.exists(path) and contents(path) != expected[each]:
            if not any(name.startswith(path) for name in before):
                context.fail(job.name, f"before call {number + 1}: '{each}' is not whole", folder)
