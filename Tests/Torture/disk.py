"""Disks: every call that changes a file refused, a small disk, a limit on the size of files, folders without a right.

Whatever is refused: a clear error, no status of a signal, what was saved is there and readable, and with room again
the run goes on to the same bits.
"""

import errno
import os
import shutil
import time

from common import Failure
from journal import read_journal
from kills import check_visible, finish

REFUSALS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EDQUOT": errno.EDQUOT, "EROFS": errno.EROFS}


def run(context):
    for job in context.jobs:
        try:
            expected, _ = job.expected(context)
            at_calls(context, job, expected)
            by_size(context, job, expected)
            without_rights(context, job, expected)
        except Failure as failure:
            context.fail(job.name, str(failure))
    by_small_disks(context)
    lost_pages(context)


def check_refusal(context, job, folder, status, text, place):
    """Checks what the tool says of a refusal, if it could not do without."""
    if status == 0:
        return
    if status < 0 or status >= 128:
        context.fail(job.name, f"{place}: ends with {status}: {text[-300:]}", folder)
    lines = [line for line in text.splitlines() if "rror" in line]
    if not lines or not any(word in lines[-1] for word in WORDS):
        context.fail(job.name, f"{place}: the error does not say what stood in the way: {text[-400:]!r}", folder)


# What may stand in the way.
WORDS = ["No space left", "nput/output error", "quota exceeded", "Read-only file system", "File too large",
         "ermission denied"]


def at_calls(context, job, expected):
    """Refuses the first call that changes a file and all after it, then the second, and so on."""
    for name, code in REFUSALS.items():
        stride = {"ENOSPC": 1, "EIO": 2}.get(name, 5) if context.is_long else 67
        number = 1 + context.random("disk", job.name, name).randrange(stride)
        while True:
            folder = context.folder(f"{job.name}-disk")
            job.prepare(context, folder)
            before = job.outcome(folder)
            status, text = context.run(job.start, folder, at=number, action=code)
            place = f"{name} from call {number} on"
            if status == 0 and number > calls(context, job):
                break
            check_refusal(context, job, folder, status, text, place)
            check_visible(context, job, folder, before, expected)
            finish(context, job, folder, expected, place)
            number += stride
            context.count(f"{job.name}: {name} at a call and from there on")


def calls(context, job):
    """Returns the number of calls of an undisturbed way: where to stop."""
    if job.name not in context.calls:
        journal, folder = os.path.join(context.base, "journal"), context.folder(f"{job.name}-count")
        job.prepare(context, folder)
        context.run(job.start, folder, journal=journal)
        context.calls[job.name] = len(read_journal(journal))
        os.remove(journal)
    return context.calls[job.name]


def by_size(context, job, expected):
    """Limits the size of files, in small steps from nothing to what the largest one needs."""
    limit = 0
    while True:
        folder = context.folder(f"{job.name}-size")
        job.prepare(context, folder)
        before = job.outcome(folder)
        process = context.start(job.start, folder, prefix=["prlimit", f"--fsize={limit}"])
        text = "".join(process.communicate())
        place = f"a limit of {limit} bytes"
        check_refusal(context, job, folder, process.returncode, text, place)
        check_visible(context, job, folder, before, expected)
        finish(context, job, folder, expected, place)
        context.count(f"{job.name}: RLIMIT_FSIZE in steps")
        if process.returncode == 0:
            break
        limit = limit + (211 if limit < 8000 else limit // 9) if context.is_long else max(700, 3 * limit)
        # Just below a kilobyte libomp fails, in words of its own, at a file that it makes in memory.
        if 800 < limit < 1024:
            limit = 1024


def without_rights(context, job, expected):
    """A folder that cannot be written to: mounted read-only, as the rights of root know no other way."""
    folder = context.folder(f"{job.name}-rights")
    job.prepare(context, folder)
    process = context.start(job.start, folder, prefix=[
        "unshare", "-m", "--propagation", "private", "bash", "-c",
        'mount --bind . "$PWD" && mount -o remount,bind,ro "$PWD" && cd "$PWD" && exec "$@"', "bash"])
    text = "".join(process.communicate())
    if "unshare" in text or "mount:" in text:
        return print(f"skipped: {job.name} in a read-only folder: no right to mount here")
    if process.returncode == 0:
        context.fail(job.name, "says it is done in a read-only folder", folder)
    check_refusal(context, job, folder, process.returncode, text, "a read-only folder")
    finish(context, job, folder, expected, "a folder that was read-only")
    context.count(f"{job.name}: read-only folder")


def by_small_disks(context):
    """Real disks that are too small: of memory, a page larger each time."""
    for job in context.jobs:
        if job.before or not job.resume:
            continue
        done = 0
        try:
            expected, _ = job.expected(context)
        except Failure as failure:
            context.fail(job.name, str(failure))
            continue
        for pages in range(1, 60, 1 if context.is_long else 12):
            folder = context.folder(f"{job.name}-small")
            # On a full disk first; what it left is then copied to where there is room.
            script = ('mkdir small && mount -t tmpfs -o size="$0" none small && cd small && { "$@"; status=$?; } ; '
                      "cp -r . ../left; exit $status")
            process = context.start(job.start, folder, prefix=[
                "unshare", "-m", "--propagation", "private", "bash", "-c", script, str(4096 * pages)])
            text = "".join(process.communicate())
            if "unshare" in text or "mount:" in text:
                return print("skipped: small disks: no right to mount here")
            left, place = os.path.join(folder, "left"), f"a disk of {pages} pages"
            check_refusal(context, job, left, process.returncode, text, place)
            check_visible(context, job, left, {each: None for each in expected}, expected)
            finish(context, job, left, expected, place)
            done += 1
        context.count(f"{job.name}: a real disk that is too small", done)


def lost_pages(context):
    """A model that is made shorter while it is used: an error, not the end by a signal."""
    from common import MODEL, SMALL
    folder = context.folder("lost-pages")
    model = os.path.join(folder, "model")
    shutil.copytree(MODEL, model)
    run = ["tune", model, *SMALL, "--steps", "100000", "--no-report", "--out", "run.kseed", "--checkpoint-every", "5"]
    process = context.start(run, folder)
    while process.poll() is None and not os.path.exists(os.path.join(folder, "run.state.json")):
        time.sleep(0.01)
    os.truncate(os.path.join(model, "model.safetensors"), 100)
    text = "".join(process.communicate())
    if process.returncode != 1 or "shorter" not in text:
        context.fail("lost pages", f"ends with {process.returncode}: {text[-300:]}")
    context.count("tune: a model that is made shorter")
