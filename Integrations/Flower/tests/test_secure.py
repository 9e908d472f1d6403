"""Flower's SecAgg+ on private updates: the sum of the clients' integers, exactly, and how many bytes it takes.

The protocol is Flower's own on both sides, the workflow of the server and the mod of the client, as flwr
ships them; each message is serialised and counted. In place of SuperLink and SuperNodes there is a grid in this
process; test_end_to_end.py has one of real processes.
"""

import base64
import hashlib
import io
import struct
import unittest
from unittest import mock

import numpy as np
from flwr.app import Context, Error, Message, RecordDict
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents
from flwr.supercore.task_identity import TaskIdentity

from fedkseed_flower import secure

LARGEST = secure.LARGEST
STEP = 2.0**-20


def sealed(content: bytes) -> bytes:
    return content + hashlib.sha256(content).digest()[:8]


def header(kind: int, flags: int, client: int, count: int) -> bytes:
    return b"FKSM" + struct.pack("<BBH32sIII", 1, kind, flags, bytes(range(32)), 5, client, count)


def plan(client: int, count: int) -> bytes:
    return sealed(header(1, 2, client, count) + struct.pack("<If", 4, 1) + bytes(2 * count))


def update(client: int, vector: np.ndarray, flags: int = 18, scale: float = STEP) -> bytes:
    """Return a private update; in a scale that is not the step of all, as messages have the smallest."""
    body = struct.pack("<IIfIf", 1, 0, 0, 4, scale / 2) + (2 * vector).astype("<i2").tobytes()
    return sealed(header(2, flags, client, len(vector)) + body)


def size(content: RecordDict) -> int:
    """The bytes of all objects that Flower stores and sends for the records of a message."""
    return sum(len(part.deflate()) for part in get_all_nested_objects(content).values())


def delivered(content: RecordDict) -> RecordDict:
    """Return a copy of records, made of the objects that Flower sends."""
    parts = get_all_nested_objects(content)
    objects = {name: part.deflate() for name, part in parts.items()}
    return inflate_object_from_contents(content.object_id, objects)


class Grid:
    """Nodes in this process, each with a client that has an update; some are gone from a stage on."""

    def __init__(self, updates: dict[int, bytes], gone: dict[int, str] | None = None):
        self.updates, self.gone = updates, gone or {}
        self.contexts = {
            node: Context(run_id=1, node_id=node, node_config={}, state=RecordDict(), run_config={})
            for node in updates
        }
        self.down = self.up = 0
        self.masked: dict[int, np.ndarray] = {}
        self.asked: list[dict] = []

    def ask(self, path: str, request: dict) -> dict:
        self.asked.append(request)
        return {"op": "train", "update": base64.b64encode(self.updates[int(path)]).decode()}

    def send_and_receive(self, messages, *, timeout=None):
        return [self._exchange(message) for message in messages]

    def _exchange(self, message: Message) -> Message:
        node = message.metadata.dst_node_id
        self.down += size(message.content)
        message.content = delivered(message.content)
        stage = message.content.config_records["secaggplus_configs"]["stage"]
        try:
            if self.gone.get(node) == stage:
                raise ValueError("gone")
            reply = secure.mod(
                message, self.contexts[node], lambda asked, _: secure.carry(asked, str(node)))
        except (KeyError, ValueError) as error:
            return Message(Error(2, repr(error)), reply_to=message)
        self.up += size(reply.content)
        reply.content = delivered(reply.content)
        configs = reply.content.config_records["secaggplus_configs"]
        if "masked_params" in configs:
            self.masked[node] = np.load(io.BytesIO(configs["masked_params"][1]))
        return reply


def train(nodes, count: int) -> dict:
    requests = {
        str(node): {
            "op": "train", "protocol": 1, "run": "r", "round": 5, "message": f"m{node}",
            "plan": base64.b64encode(plan(node - 100, count)).decode(),
        } for node in nodes
    }
    facts = {"placement": "central", "noise_multiplier": 1, "sampling_rate": 1, "releases": 1, "step": STEP}
    return {"op": "train", "requests": requests, "privacy": facts}


def setUpModule():
    TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, 1, 0


class SecureSums(unittest.TestCase):
    def vectors(self, count: int, length: int = 4096) -> list[np.ndarray]:
        random = np.random.default_rng(count)
        # Doubled in the message, where the scale is half a step.
        vectors = [random.integers(-16383, 16383, length, endpoint=True) for _ in range(count)]
        for vector in vectors:
            vector[:2] = 16383, -16383
        return vectors

    def exchange(self, vectors: list[np.ndarray], gone: dict[int, str] | None = None):
        grid = Grid({100 + i: update(i, vector) for i, vector in enumerate(vectors)}, gone)
        with mock.patch.object(secure.sockets, "ask", grid.ask):
            replies, failures = secure.SecureSum().exchange(
                grid, train(grid.updates, len(vectors[0])), wait=10)
        return replies, failures, grid

    def sum_in(self, replies: dict[str, dict]) -> tuple[np.ndarray, bytes]:
        message = base64.b64decode(replies["100"]["update"])
        self.assertEqual(sealed(message[:-8]), message)
        return np.frombuffer(message[68:-8], "<f4") / STEP, message

    def test_the_sum_is_that_of_the_integers(self):
        for count in (2, 3, 5, 9):
            vectors = self.vectors(count)
            replies, failures, _ = self.exchange(vectors)
            self.assertEqual((sorted(replies), failures), ([str(100 + i) for i in range(count)], {}))
            total, message = self.sum_in(replies)
            np.testing.assert_array_equal(total, sum(vectors))
            self.assertEqual(message[:52], header(2, 20, 0, 4096))
            self.assertEqual(struct.unpack("<IIfI", message[52:68]), (count, 0, 0, 4))
            self.assertEqual(
                replies["101"], {"op": "train", "protocol": 1, "run": "r", "round": 5, "message": "m101",
                                 "summed": True})

    def test_who_is_gone_is_left_out_and_too_few_are_no_sum(self):
        vectors = self.vectors(5)
        replies, failures, _ = self.exchange(vectors, {103: "collect_masked_vectors"})
        np.testing.assert_array_equal(self.sum_in(replies)[0], sum(vectors) - vectors[3])
        self.assertEqual(failures, {"103": "not in the sum"})
        nodes = [str(100 + i) for i in range(5)]
        for gone in (
            {100 + i: "collect_masked_vectors" for i in range(3)},
            # Flower asks the others for shares of one that went before it had given any.
            {103: "share_keys"},
        ):
            replies, failures, _ = self.exchange(vectors, gone)
            self.assertEqual((replies, sorted(failures)), ({}, nodes))

    def test_what_the_server_sees_of_a_client_is_masked_and_how_many_bytes(self):
        vectors = self.vectors(3)
        _, _, grid = self.exchange(vectors)
        for i, vector in enumerate(vectors):
            masked = grid.masked[100 + i].astype(float)
            # Five standard deviations of what unrelated numbers have.
            self.assertLess(abs(np.corrcoef(masked, vector)[0, 1]), 5 / 64)
        print(f"SecAgg+, 3 clients, K = 4096: {grid.down // 3} bytes down, {grid.up // 3} up for a client and round")
        self.assertLess(grid.down + grid.up, 3 * 52_000)

    def test_updates_that_are_not_of_common_integers_are_not_masked(self):
        vector = self.vectors(1, 16)[0]
        np.testing.assert_array_equal(secure.integers(update(0, vector), STEP), vector)
        for bad, step in (
            (update(0, vector, flags=2), STEP), (update(0, vector, flags=20), STEP),
            (update(0, vector, flags=26), STEP), (update(0, vector), STEP * 2),
            (update(0, 2 * vector // 2, scale=4 * STEP), STEP),
        ):
            with self.assertRaises(ValueError):
                secure.integers(bad, step)
        with self.assertRaises(ValueError):
            secure.SecureSum().exchange(None, {"requests": {}, "privacy": {"placement": "local"}}, 1)
        with self.assertRaises(ValueError):
            secure.summed(plan(0, 1), np.array([1 << 24]), 1.0, 600)


if __name__ == "__main__":
    unittest.main()
