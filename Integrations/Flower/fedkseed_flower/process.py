"""The server process, `fedkseed server`, as the ServerApp drives it: requests out, answers in."""

import json
import shlex
import subprocess
from pathlib import Path


class ServerProcess:
    """Plans, adds up, saves. Iterating gives its requests; each must be answered before the next.

    >>> with ServerProcess(command(config)) as server:
    ...     for request in server:
    ...         server.answer(replies, failures)
    ...     server.result
    """

    def __init__(self, command: list[str]):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.result: dict | None = None

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(self, kind, error, trace) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def __iter__(self):
        for line in self.process.stdout:
            request = json.loads(line)
            if request["op"] == "end":
                self.result = request
                return
            yield request
        raise RuntimeError(
            f"'fedkseed server' ended with status {self.process.wait()}; what it said is above. "
            "Everything up to the last round is saved: run again to go on"
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
