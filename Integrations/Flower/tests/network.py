"""A federation on several machines that are one: a namespace for each, with a wire between them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from loopback import APP, Loopback, wait_until

WIRE = Path(__file__).with_name("wire.py")
SERVER, STRANGER = "10.9.0.1", "10.9.0.99"


def reason() -> str | None:
    """Say why there can be no such machines here; None if there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for path in ("/dev/net/tun", "/usr/sbin/nginx"):
        if not Path(path).exists():
            return f"there is no {path}"
    for tool in ("ip", "nsenter", "unshare"):
        if shutil.which(tool) is None:
            return f"there is no command '{tool}'"
    tried = subprocess.run(["unshare", "--net", "--uts", "--mount", "true"], capture_output=True, text=True)
    return f"the kernel allows no namespaces: {tried.stderr.strip()}" if tried.returncode else None


class Machine:
    """A network, a file system and a name of its own, for as long as a process in it lives."""

    def __init__(self, name: str):
        self.process = subprocess.Popen(
            ["unshare", "--net", "--uts", "--mount", "sh", "-c",
             f"hostname {name}; echo ready; exec sleep infinity"], stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    @property
    def enter(self) -> list[str]:
        return ["nsenter", "-t", str(self.process.pid), "--net", "--uts", "--mount", "--"]

    def run(self, *command: object) -> str:
        """Run a command there to its end and return what it printed."""
        done = subprocess.run(
            [*self.enter, *map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=120)
        return done.stdout

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Network(Loopback):
    """The server, each client and a stranger on machines of their own; TLS, node keys and the shipped proxy."""

    def __enter__(self) -> "Network":
        super().__enter__()
        hosts = {SERVER: "server", STRANGER: "stranger"} | {
            self.address(client): f"host{client}" for client in range(self.count)}
        self.machines = {address: Machine(name) for address, name in hosts.items()}
        self.wire = subprocess.Popen(
            ["unshare", "--net", sys.executable, WIRE,
             *(f"{address}={machine.process.pid}" for address, machine in self.machines.items())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.wire.stdout.readline() != "ready\n":
            raise RuntimeError("there is no wire between the machines, see above")
        self.names = ["fl.example.lan", SERVER]
        self.reached = f"{SERVER}:9443"
        self.secure()
        return self

    def __exit__(self, *trace) -> None:
        super().__exit__(*trace)
        self.counts = json.loads(self.wire.communicate("", timeout=30)[0])
        for machine in self.machines.values():
            machine.end()

    @staticmethod
    def address(client: int) -> str:
        return f"10.9.0.{10 + client}"

    def prefix(self, name: str) -> list[str]:
        """Say where a process of that name runs."""
        place = name.rpartition("-")[2]
        address = STRANGER if name == "stranger" else \
            self.address(int(place)) if place.isdigit() else SERVER
        return self.machines[address].enter

    def change(self, **state: object) -> None:
        """Make the wire better or worse from now on."""
        self.wire.stdin.write(json.dumps(state) + "\n")
        self.wire.stdin.flush()

    def start_proxy(self) -> None:
        """Start nginx with the configuration that is shipped, but for the places of files and of the SuperLink."""
        text = (APP / "deploy/nginx-fleet-only.conf").read_text()
        for old, new in (
            ("/etc/fedkseed/", f"{self.folder}/pki/"), ("/run/fedkseed-proxy/", f"{self.folder}/"),
            ("127.0.0.1:8443", f"127.0.0.1:{self.port}"),
        ):
            assert old in text, old
            text = text.replace(old, new)
        path = self.folder / "nginx.conf"
        path.write_text(text)
        self.start("nginx", "/usr/sbin/nginx", "-c", path, "-g", "daemon off;")
        wait_until(lambda: self.listens(9443), 30, "nginx")

    def listens(self, port: int) -> bool:
        probe = f"import socket; print(socket.socket().connect_ex(('127.0.0.1', {port})))"
        return self.machines[SERVER].run(sys.executable, "-c", probe).strip() == "0"

    def fetch(self, url: str, authority: str = "pki/ca.crt") -> str:
        """Ask from the stranger's machine with the right CA, and return the status, or why there is none."""
        code = (
            "import ssl, sys, urllib.error, urllib.request\n"
            "context = ssl.create_default_context(cafile=sys.argv[2])\ncontext.check_hostname = False\n"
            "request = urllib.request.Request(sys.argv[1], b'', {'content-type': 'application/protobuf'})\n"
            "try: print(urllib.request.urlopen(request, timeout=20, context=context).status)\n"
            "except urllib.error.HTTPError as error: print(error.code)\n"
            "except Exception as error: print(type(error).__name__, error)\n")
        return self.machines[STRANGER].run(
            sys.executable, "-c", code, url, self.folder / authority).strip()
