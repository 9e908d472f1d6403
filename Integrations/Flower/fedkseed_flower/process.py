"""The server process, `fedkseed server`, as the ServerApp drives it: requests out, answers in."""

import json
import shlex
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path


def to_standard_error(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class ServerProcess:
    """Plans, adds up, saves. Iterating gives its requests; each must be answered before the next.

    >>> with ServerProcess(command(config)) as server:
    ...     for request in server:
    ...         server.answer(replies, failures)
    ...     server.result
    """

    def __init__(self, command: list[str], tell: Callable[[str], None] = to_standard_error):
        """Start the process; `tell` is given each line that it writes for people."""
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace",
        )
        self.result: dict | None = None
        self._last: deque[str] = deque(maxlen=5)
        self._teller = threading.Thread(target=self._pass_on, args=(tell,), daemon=True)
        self._teller.start()

    def _pass_on(self, tell: Callable[[str], None]) -> None:
        for line in self.process.stderr:
            self._last.append(line.strip())
            tell(line.rstrip())

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(self, kind, error, trace) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._teller.join(timeout=5)
        self.process.stderr.close()

    def __iter__(self):
        for line in self.process.stdout:
            request = json.loads(line)
            if request["op"] == "end":
                self.result = request
                return
            yield request
        status = self.process.wait()
        self._teller.join(timeout=5)
        raise RuntimeError(
            f"'fedkseed server' ended with status {status}: {' / '.join(self._last)} (everything up to "
            "the last round is saved; run again to go on)"
        )

    def answer(self, replies: dict[str, str], failures: dict[str, str]) -> None:
        """Answer the last request: what each node replied, as text, or why it did not."""
        answer = {"protocol": 1, "replies": replies, "failures": failures}
        line = json.dumps(answer, ensure_ascii=False)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


def command(config: dict) -> list[str]:
    """Return the command line of a run's configuration; a run that was begun in 'out' goes on."""
    for name in ("model", "settings", "out"):
        if not config.get(name):
            raise ValueError(f"--run-config must have '{name}': see Integrations/Flower/README.md")
    quorum = ["--quorum", str(config["quorum"])] if config.get("quorum") else []
    options = quorum + shlex.split(str(config.get("options", "")))
    start = [str(config.get("fedkseed", "fedkseed")), "server"]
    if (Path(config["out"]) / "state.json").exists():
        return [*start, "--resume", config["out"], *options]
    data = ["--data", config["data"]] if config.get("data") else ["--data", "none"]
    return [
        *start, config["model"], "--config", config["settings"], *data, "--out", config["out"],
        *options,
    ]
