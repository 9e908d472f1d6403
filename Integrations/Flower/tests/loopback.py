"""A federation of real processes on this machine: SuperLink, SuperNodes, and a client beside each.

    python loopback.py --tool .build/release/fedkseed --model MODEL --out runs/federation \
        --clients 3 -- --rounds 3 --local-steps 4 …

runs it and `fedkseed simulate` with the same options, prints the losses and compares the models. All that
it starts it ends. The directory of this file's parent is the app.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

APP = Path(__file__).resolve().parent.parent
# Nothing is told to anybody, nothing is fetched at run time.
QUIET = {
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(condition, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.1)


class Loopback:
    """Processes and their files, all below `folder`."""

    def __init__(self, tool: str, model: str, folder: Path, clients: int, options: list[str]):
        self.tool, self.model, self.folder = str(Path(tool).resolve()), model, folder.resolve()
        self.options = options
        self.count = clients
        self.processes: dict[str, subprocess.Popen] = {}
        self.port = free_port()
        # The commands of Flower are beside the Python that runs this, and start each other by name.
        self.bin = Path(sys.executable).parent
        self.environment = os.environ | QUIET | {
            "FLWR_HOME": str(self.folder / "flwr"), "PATH": f"{self.bin}:{os.environ['PATH']}",
        }
        self.link_options = ["--insecure"]
        self.node_options = {n: ["--insecure"] for n in range(clients)}
        self.connection = "insecure = true"
        # By which the certificate names the server, and where nodes reach it.
        self.names = ["localhost"]
        self.reached = f"127.0.0.1:{self.port}"

    def prefix(self, name: str) -> list[str]:
        """Return what stands before the command of a process of that name: where it runs."""
        return []

    def __enter__(self) -> "Loopback":
        (self.folder / "flwr").mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_) -> None:
        for name in reversed(list(self.processes)):
            self.end(name)

    def start(self, name: str, *command: str) -> subprocess.Popen:
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [*self.prefix(name), *map(str, command)], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=self.environment, start_new_session=True,
            )
        self.processes[name] = process
        return process

    def end(self, name: str, number: int = signal.SIGTERM) -> None:
        """End a process and those that it has started."""
        process = self.processes.pop(name)
        for attempt in (number, signal.SIGKILL):
            try:
                os.killpg(process.pid, attempt)
            except ProcessLookupError:
                break
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                continue
        process.wait()

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # Clients.

    def socket(self, client: int) -> Path:
        return self.folder / f"{client}.sock"

    def start_client(self, client: int, *more: str) -> None:
        name = f"client-{client}"
        process = self.start(
            name, self.tool, "client", self.model, *self.options, "--id", client, "--take-share",
            "--state", self.folder / f"state-{client}", "--socket", self.socket(client),
            "--threads", "1", *more,
        )
        started = f"client {client} with"

        def listens() -> bool:
            if process.poll() is not None:
                raise RuntimeError(f"client {client} ended: {self.log(name)}")
            return started in self.log(name)

        wait_until(listens, 120, f"client {client}")

    def start_clients(self) -> None:
        for client in range(self.count):
            self.start_client(client)

    # Flower.

    def start_link(self) -> None:
        (self.folder / "flwr/config.toml").write_text(
            f'[superlink]\ndefault = "loop"\n[superlink.loop]\naddress = "127.0.0.1:{self.port}"\n'
            f"{self.connection}\n"
        )
        self.start(
            "superlink", self.bin / "flower-superlink", *self.link_options, "--host", "127.0.0.1",
            "--port", self.port, "--disable-runtime-dependency-installation", "--database",
            self.folder / "superlink.db",
        )
        wait_until(self._link_listens, 60, "the SuperLink")

    def _link_listens(self) -> bool:
        if self.processes["superlink"].poll() is not None:
            raise RuntimeError(f"the SuperLink ended: {self.log('superlink')}")
        return self.listens(self.port)

    def listens(self, port: int) -> bool:
        """Say whether somebody listens at a port of the server."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def start_node(self, client: int, name: str | None = None, path: Path | None = None) -> None:
        """Start the node of a client, or of whoever listens at `path` in its place."""
        self.start(
            name or f"supernode-{client}", self.bin / "flower-supernode", *self.node_options[client],
            "--superlink", self.reached, "--host", "127.0.0.1", "--port", free_port(),
            "--node-config", f"socket='{path or self.socket(client)}'",
        )

    def start_flower(self) -> None:
        self.start_link()
        for client in range(self.count):
            self.start_node(client)

    def write_settings(self) -> Path:
        """Write the options as a settings file, for the server."""
        pairs = [
            (option.removeprefix("--"), value)
            for option, value in zip(self.options[::2], self.options[1::2])
        ]
        path = self.folder / "federation.yaml"
        path.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in pairs))
        return path

    def flwr_command(self, **config) -> list[str]:
        values = {
            "fedkseed": self.tool, "model": str(Path(self.model).resolve()),
            "settings": str(self.write_settings()), "out": str(self.folder / "run"),
            "min-nodes": self.count, "deadline": 600, "patience": 60,
        } | {name.replace("_", "-"): value for name, value in config.items()}
        text = " ".join(
            f"{name}={json.dumps(value)}" for name, value in values.items() if value is not None
        )
        return [
            str(self.bin / "flwr"), "run", str(APP), "loop", "--stream", "--run-config", text,
        ]

    def run(self, **config) -> str:
        """Run the app to its end and return what it printed."""
        done = subprocess.run(
            [*self.prefix("flwr-run"), *self.flwr_command(**config)], env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=3600,
        )
        return done.stdout

    def start_in_background(self, **config) -> None:
        """Begin to run the app; `flwr run` is one more of the processes."""
        self.start("flwr-run", *self.flwr_command(**config))

    def wait_for_background(self) -> None:
        try:
            self.processes["flwr-run"].wait(timeout=120)
        except subprocess.TimeoutExpired:
            pass
        self.end("flwr-run")

    @property
    def background_output(self) -> str:
        return self.log("flwr-run") + self.log("superlink")

    @property
    def log_lines(self) -> list[str]:
        path = self.folder / "run/rounds.jsonl"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def rounds(self) -> int:
        """The number of rounds that are on disk."""
        return len(self.log_lines)

    # Certificates and keys.

    def secure(self) -> None:
        """Make certificates and keys, and have all processes use them."""
        pki = self.folder / "pki"
        self.do(APP / "deploy/make-pki.sh", pki, *self.names)
        ca = pki / "ca.crt"
        self.link_options = [
            "--ssl-ca-certfile", ca, "--ssl-certfile", pki / "server.pem", "--ssl-keyfile",
            pki / "server.key", "--enable-supernode-auth",
        ]
        for client in range(self.count):
            self.node_options[client] = self.new_key(f"node{client}")
        self.connection = f'root-certificates = "{ca}"'

    def new_key(self, name: str) -> list:
        """Make the key of a node and return the node's options."""
        key = self.folder / "pki" / name
        self.do("ssh-keygen", "-q", "-t", "ecdsa", "-b", "384", "-N", "", "-C", "", "-f", key)
        return ["--root-certificates", self.folder / "pki/ca.crt",
                "--auth-supernode-private-key", key]

    def register(self, name: str) -> None:
        """Let a node in."""
        public = self.folder / "pki" / f"{name}.pub"
        self.do(self.bin / "flwr", "supernode", "register", public, "loop", "--name", name)

    def start_stranger(self) -> None:
        """Start a node whose key nobody has registered."""
        self.node_options[self.count] = self.new_key("stranger")
        self.start_node(self.count, "stranger")

    def do(self, *command) -> None:
        done = subprocess.run(
            [*self.prefix("server"), *map(str, command)], env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stdout}")

    # The same, simulated.

    def simulate(self) -> None:
        done = subprocess.run(
            [self.tool, "simulate", self.model, *self.options, "--out",
             str(self.folder / "simulated"), "--force"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise RuntimeError(done.stdout)

    def is_equal(self) -> bool:
        models = [self.folder / run / "model.kseed" for run in ("run", "simulated")]
        return models[0].read_bytes() == models[1].read_bytes()


def value_of(options: list[str], name: str) -> str:
    return options[options.index(name) + 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_args()
    options = [*arguments.options, "--clients", str(arguments.clients)]
    shutil.rmtree(arguments.out, ignore_errors=True)
    with Loopback(
        arguments.tool, arguments.model, arguments.out, arguments.clients, options
    ) as federation:
        print(f"starting {arguments.clients} clients, SuperNodes and a SuperLink …", flush=True)
        federation.start_clients()
        federation.start_flower()
        output = federation.run(data=value_of(options, "--data"), options="--evaluator clients")
        rounds = [line for line in output.splitlines() if "held-out loss" in line]
        print("\n".join(line.strip() for line in rounds), flush=True)
        if not (federation.folder / "run/results.json").exists():
            sys.exit(f"the federation did not end:\n{output}")
    print("the same, simulated …", flush=True)
    federation.simulate()
    results = json.loads((federation.folder / "run/results.json").read_text())
    print(f"held-out loss before: {results['loss_before']:.6f} nats, "
          f"after {len(results['rounds'])} rounds: {results['loss_after']:.6f}")
    if not federation.is_equal():
        sys.exit("error: the model is not that of the simulation")
    print("the model has the same bits as the simulation's: " + str(federation.folder / "run/model.kseed"))


if __name__ == "__main__":
    main()
