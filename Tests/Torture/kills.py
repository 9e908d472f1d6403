"""Kills: SIGKILL at random moments and in place of each call that changes a file; Ctrl-C and SIGTERM."""

import os
import signal

from common import Failure, contents

STATUS_INTERRUPTED = 130


def run(context):
    jobs = context.jobs
    for job in jobs:
        try:
            expected, seconds = job.expected(context)
            at_random(context, job, expected, seconds, context.kills)
            at_calls(context, job, expected, 1 if context.is_long else 29)
            by_signals(context, job, expected, seconds, 20 if context.is_long else 1)
        except Failure as failure:
            context.fail(job.name, str(failure))


def kill_after(context, job, folder, delay, number):
    """Gives the next command and kills it after a delay. Returns whether it was still there."""
    process = context.start(job.next(folder), folder)
    try:
        process.wait(delay)
    except Exception:
        process.send_signal(number)
    text = "".join(process.communicate())
    if process.returncode not in (0, -number, STATUS_INTERRUPTED):
        raise Failure(f"{job.next(folder)[:2]} ends with {process.returncode}: {text[-500:]}")
    return process.returncode != 0


def at_random(context, job, expected, seconds, count):
    """Kills runs, and those that go on with them, until there were `count` kills."""
    choices, kills, way = context.random("kills", job.name), 0, 0
    while kills < count:
        way += 1
        folder = context.folder(f"{job.name}-kills")
        job.prepare(context, folder)
        before = job.outcome(folder)
        # Some ways are killed once, others until they come through.
        patience = choices.choice([1, 3, 1000])
        while patience > 0 and kills < count:
            delay = choices.uniform(0, 1.1 * seconds)
            if not kill_after(context, job, folder, delay, signal.SIGKILL):
                break
            check_visible(context, job, folder, before, expected)
            kills, patience = kills + 1, patience - 1
            context.count(f"{job.name}: SIGKILL at random moments")
        finish(context, job, folder, expected, f"way {way}")


def at_calls(context, job, expected, stride):
    """Kills at the first call that changes a file, at the next, and so on; each also in its middle."""
    number, done = 1 + context.random("calls", job.name).randrange(stride), 0
    while True:
        was_reached = False
        for action in ("kill", "half") if stride == 1 else ("half",):
            folder = context.folder(f"{job.name}-calls")
            job.prepare(context, folder)
            before = job.outcome(folder)
            status, text = context.run(job.start, folder, at=number, action=action)
            if status == 0:
                continue
            if status != -signal.SIGKILL:
                raise Failure(f"killed at call {number}, it ends with {status}: {text[-500:]}")
            was_reached = True
            check_visible(context, job, folder, before, expected)
            if done % 3 == 0 and job.resume:
                # What goes on is killed too.
                context.run(job.next(folder), folder, at=1 + done % 7, action=action)
                check_visible(context, job, folder, before, expected)
            finish(context, job, folder, expected, f"call {number}, {action}")
            done += 1
            context.count(f"{job.name}: SIGKILL in place of calls")
        if not was_reached:
            break
        number += stride


def by_signals(context, job, expected, seconds, count):
    """Ctrl-C and SIGTERM: runs save and say how to go on, whatever else ends leaves nothing."""
    choices, done = context.random("signals", job.name), 0
    for number in [signal.SIGINT, signal.SIGTERM] * count:
        folder = context.folder(f"{job.name}-signals")
        job.prepare(context, folder)
        before = job.outcome(folder)
        for _ in range(choices.choice([1, 2])):
            done += kill_after(context, job, folder, choices.uniform(0, seconds), number)
            check_visible(context, job, folder, before, expected)
        finish(context, job, folder, expected, f"signal {number}")
    context.count(f"{job.name}: SIGINT and SIGTERM", done)


def check_visible(context, job, folder, before, expected):
    """Checks that what has its final name is whole: the old one, the new one, or readable."""
    for each in job.results:
        path = os.path.join(folder, each)
        if each.endswith(".kseed"):
            if os.path.exists(path):
                status, text = context.run(["kseed", "show", path], folder)
                if status != 0:
                    context.fail(job.name, f"'{each}' is visible and cannot be read: {text[-300:]}", folder)
        elif contents(path) not in (None, before[each], expected[each]):
            context.fail(job.name, f"'{each}' is visible and not whole", folder)
        elif before[each] is not None and not os.path.exists(path):
            context.fail(job.name, f"'{each}' was there before and is gone", folder)


def finish(context, job, folder, expected, place):
    """Goes on to the end and compares."""
    status, text = context.run(job.next(folder), folder)
    if status != 0:
        return context.fail(job.name, f"{place}: does not go on, {status}: {text[-500:]}", folder)
    found = job.outcome(folder)
    for each in expected:
        if found[each] != expected[each]:
            context.fail(job.name, f"{place}: '{each}' is not what an undisturbed run leaves", folder)
    if job.leftovers(folder):
        context.fail(job.name, f"{place}: left for ever: {job.leftovers(folder)}", folder)
