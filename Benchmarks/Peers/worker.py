"""What the peers' programs share: the protocol of fedkseed-bench, and its texts.

A request is one line of JSON on standard input, its measurement one line on standard output.
"""

import json
import os
import sys
import time

SEQUENCE_LENGTH = 128  # the longest sequence of a packed batch, as in Workloads/Texts.swift


def tokens(count, vocabulary_size, first=0):
    """Returns the tokens of Workloads/Texts.swift."""
    return [
        ((i * 2654435761 & 0xFFFFFFFF) >> 8) % vocabulary_size for i in range(first, first + count)
    ]


def timed(repeats, body, is_new=False):
    """Times `body` and keeps its last value; runs it once more before if it `is_new`."""
    if is_new:
        body()
    seconds, value = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        value = body()
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "value": value}


def serve(measure):
    """Answers requests by `measure(request)` until the input ends."""
    # Libraries print to standard output as they like; only answers may go there.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            answer = measure(json.loads(line))
        except Exception as error:  # an answer that names the problem is more use than a dead peer
            answer = {"seconds": [], "problem": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
