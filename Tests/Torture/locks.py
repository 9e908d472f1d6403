"""Locks: two processes in one folder are refused, and a kill leaves no lock behind."""

import os
import signal
import subprocess
import time

from common import simulate, tune

LONG = {"tune": ["--steps", "100000"], "simulate": ["--rounds", "100000"]}


def run(context):
    for job in (tune("locked", "--estimator", "two-sided"), simulate("locked", "--estimator", "two-sided")):
        refuse_second(context, job)
        race(context, job)


def refuse_second(context, job):
    """While one runs, no other goes on with it, begins it again or starts anew; after a kill one does."""
    folder = context.folder(f"{job.name}-lock")
    # The option given last counts: the tool refuses one that is given twice.
    first = [each for number, each in enumerate(job.start) if each not in ("--steps", "--rounds")
             and job.start[number - 1] not in ("--steps", "--rounds")]
    command = first + LONG[job.start[0]]
    running = context.start(command, folder)
    while running.poll() is None and not os.path.exists(os.path.join(folder, job.state)):
        time.sleep(0.01)
    for other in (job.resume, command, command + ["--force"]):
        status, text = context.run(other, folder)
        if status != 1 or "another process" not in text and "--resume" not in text:
            context.fail(job.name, f"{other[-1]} beside a run ends with {status}: {text[-300:]}")
    running.send_signal(signal.SIGKILL)
    running.communicate()
    before = os.path.getsize(os.path.join(folder, job.logs[0]))
    process = context.start(job.resume, folder)
    while process.poll() is None and os.path.getsize(os.path.join(folder, job.logs[0])) <= before:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    text = "".join(process.communicate())
    if process.returncode != 130:
        context.fail(job.name, f"after a kill, --resume ends with {process.returncode}: {text[-300:]}")
    context.count(f"{job.name}: a second process refused", 3)


def race(context, job):
    """Processes that start or go on at the same moment: each works alone or is refused, and the bits are right."""
    expected, seconds = job.expected(context)
    rounds = 20 if context.is_long else 2
    for number in range(rounds):
        folder = context.folder(f"{job.name}-race")
        if number % 2:
            stopped = context.start(job.start, folder)
            try:
                stopped.wait(context.random("race", number).uniform(0.3, 0.9) * seconds)
            except subprocess.TimeoutExpired:
                stopped.kill()
            stopped.communicate()
        processes = [context.start(job.next(folder), folder) for _ in range(3)]
        outcomes = [("".join(process.communicate()), process.returncode) for process in processes]
        if not any(status == 0 for _, status in outcomes):
            context.fail(job.name, f"of three at once none comes through: {outcomes}", folder)
        for text, status in outcomes:
            if status not in (0, 1) or status == 1 and not ("another process" in text or "'--force'" in text):
                context.fail(job.name, f"one of three at once ends with {status}: {text[-300:]}", folder)
        status, text = context.run(job.next(folder), folder)
        if status != 0 or job.outcome(folder) != expected:
            context.fail(job.name, f"three at once spoil the run: {status}: {text[-300:]}", folder)
    context.count(f"{job.name}: three processes at once", rounds)
