"""The guide of README.md, followed word for word on machines that are namespaces of this one.

Takes minutes and root: scripts/test-flower --all.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import units
from loopback import APP, wait_until
from network import SERVER, Network, reason
from test_end_to_end import IS_LONG, MODEL, TOOL

WHY_NOT = reason()
HOSTS = {SERVER: "fl.example.lan", "10.9.0.10": "client0.example.lan", "10.9.0.11": "client1.example.lan"}

# A file system of its own for each: what is written there stays in a folder.
PREPARE = """
set -e
for place in etc root var/lib opt srv usr/local/bin; do
  mkdir -p "$0/$place" "$0/work/$place" "/$place"
  mount -t overlay overlay -o "lowerdir=/$place,upperdir=$0/$place,workdir=$0/work/$place" "/$place"
done
mount -t tmpfs tmpfs /run
printf '%s\\n' "127.0.0.1 localhost" "$1" > /etc/hosts
mkdir -p /opt/fedkseed/venv /srv/fedkseed/model /etc/systemd/system
cp -r "$2" /opt/fedkseed/Flower
mount --bind "$3" /opt/fedkseed/venv
cp -r "$4/." /srv/fedkseed/model
cp "$5" /srv/fedkseed/mine.jsonl
cp "$6" /usr/local/bin/fedkseed
"""
# What there is no machine for: scp and systemctl say what they were asked, and the test does it.
STUB = '#!/bin/sh\nif [ "$1" = enable ]; then shift 2; fi\necho "$(basename "$0")" "$@" >> "$ASKED"\n'


def guide() -> list[tuple[str, str]]:
    """Return the steps of the guide: on which machines, and what is typed there."""
    section = (APP / "README.md").read_text().split("## Set up two machines")[1].split("\n## ")[0]
    return re.findall(r"\*\*(All|Server|Client)\.\*\*.*?```sh\n(.*?)```", section, re.DOTALL)


class Deployed(Network):
    """Machines that have what the guide presupposes."""

    def secure(self) -> None:
        """Keys are made by the guide."""
        hosts = "\n".join(f"{address} {name}" for address, name in HOSTS.items())
        examples = self.folder / "mine.jsonl"
        examples.write_text("".join(
            json.dumps({"instruction": f"Say {n} in capitals.", "response": f"N{n}"}) + "\n" for n in range(40)))
        stubs = self.folder / "stubs"
        stubs.mkdir()
        for name in ("scp", "systemctl"):
            (stubs / name).write_text(STUB)
            (stubs / name).chmod(0o755)
        for address in HOSTS:
            (self.folder / address).mkdir()
            print(self.machines[address].run(
                "sh", "-c", PREPARE, self.folder / address, hosts, APP, self.bin.parent, self.model,
                examples, self.tool), end="")

    def type(self, address: str, text: str) -> str:
        """Run what is typed at a machine as root, then what it asked of scp and systemctl."""
        asked = self.folder / "asked"
        asked.write_text("")
        done = subprocess.run(
            [*self.machines[address].enter, "env", "-i", "HOME=/root", f"ASKED={asked}",
             f"PATH={self.folder}/stubs:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
             "bash", "-euo", "pipefail", "-c", text],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900)
        if done.returncode:
            raise RuntimeError(f"{HOSTS[address]}: {text}\n{done.stdout}")
        for line in asked.read_text().splitlines():
            command, *words = line.split()
            if command == "scp":
                self.copy(address, *words)
            else:
                for unit in words:
                    self.start_unit(address, unit)
        return done.stdout

    def copy(self, address: str, source: str, target: str) -> None:
        host, path = target.split(":")
        there = next(other for other, name in HOSTS.items() if name == host)
        passed = self.folder / "passed"
        self.machines[address].run("cp", source, passed)
        self.machines[there].run("cp", passed, path)

    def start_unit(self, address: str, name: str) -> None:
        machine = self.machines[address]
        unit = units.Unit(machine.run("cat", f"/etc/systemd/system/{name}.service"))
        user, = unit.values("User")
        for folder in unit.folders():
            machine.run("install", "-d", "-o", user, folder)
        files = [machine.run("cat", path) for path in unit.values("EnvironmentFile")]
        self.start(f"{name}@{address}", *unit.command("\n".join(files)))
        if name == "fedkseed-superlink":
            wait_until(lambda: self.listens(8443), 60, "the SuperLink")

    def prefix(self, name: str) -> list[str]:
        return self.machines[name.rpartition("@")[2]].enter


@unittest.skipUnless(IS_LONG, "takes minutes; scripts/test-flower --all")
class Deployment(unittest.TestCase):
    @unittest.skipIf(WHY_NOT, f"{WHY_NOT}")
    def test_the_guide_does_what_it_says(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        os.chmod(folder, 0o755)
        network = self.enterContext(Deployed(TOOL, MODEL, Path(folder), 2, []))
        clients = list(HOSTS)[1:]
        for where, text in guide():
            text = text.replace("rounds: 20", "rounds: 2")
            for address in {"All": list(HOSTS), "Server": [SERVER], "Client": clients}[where]:
                output = network.type(address, text.replace("id=0", f"id={max(0, clients.index(address))}")
                                      if address in clients else text)
        logs = "".join(path.read_text() for path in network.folder.glob("*.log"))
        self.assertIn("held-out loss", output, output + logs)
        machine = network.machines[SERVER]
        results = json.loads(machine.run("cat", "/var/lib/fedkseed/run/results.json"))
        self.assertEqual(len(results["rounds"]), 2)
        self.assertEqual([part["client"] for part in results["rounds"][1]["participants"]], [0, 1])
        self.assertEqual(network.fetch(f"https://{SERVER}:9443/v1/control/list-runs", f"{SERVER}/etc/fedkseed/ca.crt"), "403")

    def test_units_are_units(self):
        analyze = shutil.which("systemd-analyze")
        if analyze is None:
            self.skipTest("there is no systemd-analyze")
        found = sorted((APP / "deploy").glob("*.service"))
        self.assertEqual(len(found), 4)
        done = subprocess.run([analyze, "verify", "--man=no", *found], capture_output=True, text=True)
        # The commands themselves are not there, but where the guide was followed.
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "is not executable" not in line]
        self.assertEqual([line for line in lines if "fedkseed" in line], [])


if __name__ == "__main__":
    unittest.main()
