"""Attacks on a client by what is sent to its socket. Afterwards it must end as it is asked to, on a connection of its own."""

import socket
import threading
import time

from inputs import GOOD_DATA, MEGABYTE, SIZE, SMALL_MODEL, Attack, compact, writes
from messages import NUMBERS, TEXTS
from places import JSON

WORDS = ("client", str(SMALL_MODEL), "--data", "@/good.jsonl", "--template", "raw", "--candidates", "64", "--batch", "1",
         "--threads", "1", "--id", "0", "--state", "@/state", "--socket", "@/socket")
TRAIN = {"op": "train", "protocol": 1, "run": "r", "round": 0, "message": "m", "plan": "AAAA"}
STATUS = compact({"op": "status", "protocol": 1}) + "\n"
SHUTDOWN = compact({"op": "shutdown", "protocol": 1}) + "\n"


def attacks():
    return [*line_attacks(), *member_attacks(), *stream_attacks(), *connection_attacks()]


def line_attacks():
    """The whole line is hostile; very many lines are in `stream_attacks`."""
    return [attack(f"line: {kind}", [text + "\n"]) for kind, text in JSON.items() if kind != "lines"]


def member_attacks():
    """A request is right but for a member; members that are not known have hostile names."""
    wrong = [(name, kind, TRAIN | {name: value}) for kind, value in (NUMBERS | TEXTS).items() for name in TRAIN]
    wrong += [("unknown", kind, TRAIN | {text: 1}) for kind, text in TEXTS.items()]
    wrong += [("plan", "Base64", TRAIN | {"plan": "AAAA" * (SIZE // 5)}),
              ("plan", "no end", TRAIN | {"plan": "A" * (SIZE // 2 + 1)})]
    return [attack(f"{name} {kind}", [compact(request) + "\n"]) for name, kind, request in wrong]


def stream_attacks():
    """One connection has very many lines, or one that does not end."""
    streams = {
        "empty lines": "\n" * SIZE, "objects": "{}\n" * (SIZE // 3), "status": STATUS * (SIZE // len(STATUS)),
        "no end": "a" * (20 * MEGABYTE), "cancel": '{"op":"cancel","protocol":1}\n' * (SIZE // 29),
        "hello": "".join(compact({"op": "hello", "protocol": 1, "run": f"r{index}"}) + "\n" for index in range(2000)),
    }
    return [attack(f"stream: {kind}", [text], 4.0) for kind, text in streams.items()]


def connection_attacks():
    """Very many connections, or some whose other side does not read, or goes away."""
    return [attack("connections: halves", ['{"op":"sta'] * 500, 2.0),
            attack("connections: nothing", [""] * 500, 2.0),
            attack("connections: deaf", [STATUS * (SIZE // len(STATUS))] * 8, 8.0, reads=False),
            attack("connections: crowd", ['{"op":"sta'] * 200, 2.0, reads=False)]


def attack(name, connections, seconds=1.0, reads=True):
    return Attack(f"socket {name}", WORDS, writes({"good.jsonl": GOOD_DATA}), seconds, (0,),
                  lambda folder: talk(folder / "socket", connections, reads))


def talk(path, connections, reads):
    """Sends all, then the request to end, and returns all replies; how a client that is gone has ended tells the rest."""
    try:
        return exchange(path, connections, reads) + end(path)
    except ConnectionError:
        return b""


def exchange(path, connections, reads):
    """Sends each text on a connection of its own, and returns the replies.

    Without `reads` all connections are open at once, and nobody reads from them.
    """
    replies, open_ones = [], []
    for text in connections:
        connection = connect(path)
        sender = threading.Thread(target=send, args=(connection, text.encode()))
        sender.start()
        if reads:
            replies.append(read(connection))
            sender.join()
            connection.close()
        else:
            open_ones.append((connection, sender))
    for connection, sender in open_ones:
        sender.join()
        connection.close()
    return b"".join(replies)


def end(path):
    """Asks the client to end, until it has a connection free to hear that."""
    reply = b""
    for _ in range(100):
        connection = connect(path)
        send(connection, SHUTDOWN.encode())
        reply = read(connection)
        connection.close()
        if b'"shutdown"' in reply:
            return reply
        time.sleep(0.05)
    return reply


def connect(path):
    """Returns a connection to a client that may just have been started."""
    for _ in range(200):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(5)
        try:
            connection.connect(str(path))
            return connection
        except OSError:
            connection.close()
            time.sleep(0.05)
    raise ConnectionError(f"no client listens at {path}")


def send(connection, content):
    """Sends until all is sent, or the other side does not read on, or is gone."""
    try:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def read(connection):
    """Returns what comes until the other side closes."""
    found = b""
    try:
        while part := connection.recv(1 << 16):
            found += part
    except OSError:
        pass
    return found
