"""A federation: clients on sockets and a server over pipes, each killed at random moments."""

import json
import os
import signal
import socket
import subprocess
import time

from common import MODEL, SMALL, Failure, contents

CLIENTS = 3
OPTIONS = [*[each for each in SMALL if each != "--quiet"], "--estimator", "backprop", "--clients", str(CLIENTS),
           "--rounds", "5", "--local-steps", "2", "--partition", "iid"]


class Client:
    """A client process that may be killed and started again."""

    def __init__(self, context, folder, number, **spoil):
        self.context, self.folder, self.number = context, folder, number
        self.process = None
        self.start(**spoil)

    def start(self, **spoil):
        command = ["client", MODEL, *OPTIONS, "--id", str(self.number), "--state", f"state-{self.number}",
                   "--socket", f"{self.number}.sock", "--take-share"]
        self.process = subprocess.Popen(
            [self.context.tool, *command], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(self.folder, f"client-{self.number}.errors"), "ab"),
            env=self.context.environment(self.folder, **spoil))

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait()

    def ask(self, request, timeout=120):
        """Sends a request until it is answered; a client that is not there is started."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.start()
            try:
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.settimeout(30)
                    place = os.getcwd()
                    os.chdir(self.folder)
                    try:
                        connection.connect(f"{self.number}.sock")
                    finally:
                        os.chdir(place)
                    connection.sendall(json.dumps(request).encode() + b"\n")
                    line = connection.makefile().readline()
                    if line.endswith("\n"):
                        return line
            except (OSError, ValueError):
                pass
            time.sleep(0.01)
        raise Failure(f"client {self.number} does not answer {request['op']}")


class Federation:
    """A server and its clients, and what carries lines between them."""

    def __init__(self, context, folder):
        self.context, self.folder = context, folder
        self.clients = [Client(context, folder, number) for number in range(CLIENTS)]
        # What was asked and answered, by name: the same message must have the same answer.
        self.answers, self.kills = {}, 0

    def end(self):
        for client in self.clients:
            client.kill()

    def start_server(self):
        has_state = os.path.exists(os.path.join(self.folder, "run", "state.json"))
        command = ["server", "--resume", "run"] if has_state else ["server", MODEL, *OPTIONS, "--out", "run"]
        return subprocess.Popen(
            [self.context.tool, *command], cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=open(os.path.join(self.folder, "server.errors"), "a"), env=self.context.environment(self.folder))

    def run(self, disturb):
        """Carries lines until the server has come to its end, however often it is killed."""
        for _ in range(1000):
            server = self.start_server()
            ended = self.carry(server, disturb)
            try:
                server.stdin.close()
            except BrokenPipeError:
                pass
            server.wait()
            if ended:
                return
            if server.returncode not in (-signal.SIGKILL, 130, 0, -signal.SIGTERM):
                with open(os.path.join(self.folder, "server.errors")) as file:
                    raise Failure(f"the server ends with {server.returncode}: {file.read()[-500:]}")
        raise Failure("the server does not come to its end")

    def carry(self, server, disturb):
        for line in server.stdout:
            if not line.endswith("\n"):
                return False
            asked = json.loads(line)
            if asked["op"] == "end":
                return True
            requests = asked.get("requests") or {str(number): asked["request"] for number in range(CLIENTS)}
            if disturb("before", server, self.clients):
                self.kills += 1
            replies = {node: self.answer(int(node), request) for node, request in requests.items()}
            if disturb("between", server, self.clients):
                self.kills += 1
            try:
                server.stdin.write(json.dumps({"protocol": 1, "replies": replies}) + "\n")
                server.stdin.flush()
            except (BrokenPipeError, OSError):
                return False
        return False

    def answer(self, number, request):
        line = self.clients[number].ask(request)
        if request["op"] == "train":
            key = (number, request["message"], request["plan"])
            if self.answers.setdefault(key, line) != line:
                self.context.fail("federation", f"client {number} answers {request['message']} in two ways")
        return line


def expected(context):
    """Returns what a simulation of the same leaves."""
    folder = context.folder("federation-simulated")
    status, text = context.run(["simulate", MODEL, *OPTIONS, "--quiet", "--out", "run"], folder)
    if status != 0:
        raise Failure(f"simulated: {status}: {text}")
    return contents(os.path.join(folder, "run", "model.kseed"))


def run(context):
    try:
        model = expected(context)
        killed(context, model, 200 if context.is_long else 6)
        repeated(context, 200 if context.is_long else 4)
        client_calls(context, 1 if context.is_long else 7)
    except Failure as failure:
        context.fail("federation", str(failure))


def killed(context, model, count):
    """Kills the server or a client at random, before it works, at work, and when it has answered."""
    choices, kills, way = context.random("federation"), {"server": 0, "client": 0}, 0
    while sum(kills.values()) < count:
        way += 1
        federation = Federation(context, context.folder("federation"))

        def disturb(place, server, clients):
            if choices.random() > 0.4:
                return False
            # In its work, or at rest.
            if choices.random() < 0.5:
                server.kill()
                kills["server"] += 1
            else:
                client = choices.choice(clients)
                delay = choices.uniform(0, 0.3) if place == "before" else 0
                pid = client.process.pid
                subprocess.Popen(["bash", "-c", f"sleep {delay}; kill -9 {pid}"], stderr=subprocess.DEVNULL)
                if delay == 0:
                    client.process.wait()
                kills["client"] += 1
            return True

        try:
            federation.run(disturb)
            if contents(os.path.join(federation.folder, "run", "model.kseed")) != model:
                context.fail("federation", f"way {way} comes to another model", federation.folder)
        finally:
            federation.end()
        for client in federation.clients:
            client.start()
            client.ask({"op": "hello", "protocol": 1})
            client.kill()
        left = [name for place, _, names in os.walk(federation.folder) for name in names if name.endswith(".tmp")]
        if left:
            context.fail("federation", f"left for ever: {left}", federation.folder)
    context.count("federation: server killed", kills["server"])
    context.count("federation: clients killed", kills["client"])


def plans(context):
    """Returns the requests to train that client 0 got in a federation, in order."""
    federation = Federation(context, context.folder("plans"))
    try:
        federation.run(lambda place, server, clients: False)
        return sorted(federation_requests(federation), key=lambda each: each[0]["round"])
    finally:
        federation.end()


def federation_requests(federation):
    """Yields the requests to train of client 0, and their answers."""
    for (number, message, plan), line in federation.answers.items():
        if number == 0:
            answer = json.loads(line)
            yield {"op": "train", "protocol": 1, "run": answer["run"], "round": answer["round"], "message": message,
                   "plan": plan}, line


def repeated(context, count):
    """A client killed at work or after its answer gives the same one to the same message."""
    asked, kills = plans(context), 0
    choices = context.random("repeated")
    while kills < count:
        client = Client(context, context.folder("repeated"), 0)
        client.ask({"op": "hello", "protocol": 1})
        try:
            for request, answer in asked:
                for _ in range(choices.choice([0, 1, 2])):
                    # At work.
                    delay = choices.uniform(0, 0.1)
                    subprocess.Popen(["bash", "-c", f"sleep {delay}; kill -9 {client.process.pid}"],
                                     stderr=subprocess.DEVNULL)
                    kills += 1
                    if client.ask(request) != answer:
                        context.fail("client", f"killed in round {request['round']}, it answers otherwise",
                                     client.folder)
                client.process.poll() is not None or client.kill()
                kills += 1
                if client.ask(request) != answer:
                    context.fail("client", f"started again after round {request['round']}, it answers otherwise",
                                 client.folder)
        finally:
            client.kill()
    context.count("client: killed, and the same message has the same reply", kills)


def client_calls(context, stride):
    """A client killed in place of each call that changes a file; the same message then has the same reply."""
    asked, done = plans(context)[:2], 0
    number = 1
    while True:
        folder = context.folder("client-calls")
        client = Client(context, folder, 0, at=number, action="half" if number % 2 else "kill")
        try:
            first = client.process
            for request, answer in asked:
                if client.ask(request) != answer:
                    context.fail("client", f"killed at call {number}, it answers otherwise", folder)
            was_killed = first.poll() == -signal.SIGKILL
        finally:
            client.kill()
        if not was_killed:
            break
        client.start()
        client.ask({"op": "hello", "protocol": 1})
        client.kill()
        left = [name for place, _, names in os.walk(folder) for name in names if name.endswith(".tmp")]
        if left:
            context.fail("client", f"killed at call {number}: left for ever: {left}", folder)
        number, done = number + stride, done + 1
    context.count("client: SIGKILL in place of calls", done)
