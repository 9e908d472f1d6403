"""A network that is not a good one: carries IP packets between machines, and delays, loses, doubles and cuts.

    unshare --net python3 wire.py 10.9.0.1=PID 10.9.0.2=PID …

The network namespace of each process gets an interface `net0` with its address. Each line of standard input is
a JSON object of what changes: "delay" and "jitter" in seconds (a packet with less of it overtakes others), "loss" and
"duplicate" as shares, "cut" as a list of addresses. At the end of the input it writes what it did to how many packets.

For kernels without the queueing discipline netem, which would do the same.
"""

import collections
import fcntl
import heapq
import json
import os
import random
import selectors
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000


def interface(number: int, address: str, process: str) -> int:
    """Make an interface in the namespace of a process and return the file of its packets."""
    name = f"wire{number}"
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "netns", process], check=True)
    there = ["nsenter", "-t", process, "--net", "ip"]
    for command in (
        ["link", "set", name, "name", "net0"], ["address", "add", f"{address}/24", "dev", "net0"],
        ["link", "set", "net0", "up"], ["link", "set", "lo", "up"],
    ):
        subprocess.run(there + command, check=True)
    return file


class Wire:
    def __init__(self, machines: dict[str, str]):
        self.files = {
            socket.inet_aton(address): interface(number, address, process)
            for number, (address, process) in enumerate(machines.items())
        }
        self.state = {"delay": 0, "jitter": 0, "loss": 0, "duplicate": 0, "cut": []}
        self.counts: collections.Counter = collections.Counter()
        self.due: list[tuple[float, int, bytes]] = []
        self.random = random.Random(1)

    def take(self, packet: bytes) -> None:
        """Decide what becomes of a packet."""
        ends = {socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])}
        if packet[0] >> 4 != 4 or packet[16:20] not in self.files:
            return
        self.counts["packets"] += 1
        if ends & set(self.state["cut"]):
            self.counts["cut"] += 1
        elif self.random.random() < self.state["loss"]:
            self.counts["lost"] += 1
        else:
            twice = self.random.random() < self.state["duplicate"]
            self.counts["doubled"] += twice
            for _ in range(1 + twice):
                delay = self.state["delay"] + self.state["jitter"] * self.random.random()
                heapq.heappush(self.due, (time.monotonic() + delay, self.counts["packets"], packet))

    def deliver(self) -> float:
        """Send what is due, and return the seconds until more is."""
        last = 0
        while self.due and self.due[0][0] <= time.monotonic():
            _, number, packet = heapq.heappop(self.due)
            self.counts["overtaken"] += number < last
            last = max(last, number)
            try:
                os.write(self.files[packet[16:20]], packet)
            except OSError:
                self.counts["lost"] += 1
        return max(0.0, self.due[0][0] - time.monotonic()) if self.due else 1.0

    def run(self) -> None:
        selector = selectors.DefaultSelector()
        for file in [*self.files.values(), sys.stdin.fileno()]:
            selector.register(file, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select(self.deliver()):
                if key.fd != sys.stdin.fileno():
                    self.take(os.read(key.fd, 65536))
                elif line := sys.stdin.readline():
                    self.state |= json.loads(line)
                else:
                    print(json.dumps(self.counts), flush=True)
                    return


if __name__ == "__main__":
    wire = Wire(dict(argument.split("=") for argument in sys.argv[1:]))
    print("ready", flush=True)
    wire.run()
