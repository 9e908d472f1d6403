"""What systemd would do with a unit, as far as it can be done without it: user, variables, folders, network, command."""

import re
import shlex
from pathlib import Path


class Unit:
    def __init__(self, text: str):
        self.pairs = [
            tuple(line.split("=", 1)) for line in text.replace("\\\n", " ").splitlines()
            if re.match(r"[A-Za-z]+=", line)
        ]

    def values(self, key: str) -> list[str]:
        return [value for name, value in self.pairs if name == key]

    def folders(self) -> list[str]:
        return [f"/run/{name}" for name in self.values("RuntimeDirectory")] + [
            f"/var/lib/{name}" for name in self.values("StateDirectory")]

    def command(self, files: str) -> list[str]:
        """Return the command; `files` is what is in the unit's files of variables."""
        user, = self.values("User")
        stated = [pair for line in self.values("Environment") for pair in shlex.split(line)]
        variables = [f"HOME=/var/lib/{user}", *stated, *files.split()]
        known = dict(pair.split("=", 1) for pair in variables)
        words = [re.sub(r"\$\{(\w+)\}", lambda found: known[found[1]], word)
                 for word in shlex.split(self.values("ExecStart")[0])]
        alone = ["unshare", "--net"] if self.values("PrivateNetwork") == ["yes"] else []
        return [*alone, "setpriv", "--reuid", user, "--regid", user, "--init-groups", "--no-new-privs",
                "env", "-i", *variables, *words]


def read(path: Path) -> Unit:
    return Unit(path.read_text())
