"""The programs that are measured, one process each, which take turns."""

import json
import subprocess
import sys
import time
from pathlib import Path

PEERS = Path(__file__).parent
OURS = PEERS.parent / ".build/release/fedkseed-bench"


class Engine:
    """A running program that answers requests; `problem` says why it cannot."""

    def __init__(self, command):
        self.problem = None
        try:
            self.process = subprocess.Popen(
                [str(word) for word in command], text=True, bufsize=1,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            self.problem = str(error)

    def ask(self, request):
        """Returns the measurement, or None with a printed reason."""
        if self.problem:
            return None
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
            answer = json.loads(self.process.stdout.readline() or '{"problem": "it has died"}')
        except OSError as error:
            answer = {"problem": str(error)}
        if "problem" in answer:
            self.problem = answer["problem"]
            print(f"not measured any more: {request}: {self.problem}", file=sys.stderr)
            return None
        # The workers of OpenMP spin for 0.2 s after a computation: let them go to sleep.
        time.sleep(0.3)
        return answer

    def close(self):
        if not self.problem:
            self.process.stdin.close()
            self.process.wait()


def start(threads):
    """Starts all engines; what they compute with is part of each request."""
    python = sys.executable
    return {
        "fedkseed": Engine([OURS]),
        # OpenBLAS's threads are those of a process.
        f"sgemm {threads}": Engine([OURS]),
        "sgemm 1": Engine([OURS]),
        "torch": Engine([python, PEERS / "torch_peer.py"]),
        "llama.cpp": Engine([python, PEERS / "llama_cpp_peer.py"]),
    }
