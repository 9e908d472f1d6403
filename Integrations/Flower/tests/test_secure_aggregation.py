"""Flower's SecAgg+ on private updates: the sum of the clients' integers, exactly, and how many bytes it takes.

The protocol is Flower's own on both sides, the workflow of the server and the mod of the client, as flwr
ships them; each message is serialised and counted. In place of SuperLink and SuperNodes there is a grid in this
process. FEDKSEED is the tool, whose updates and model are compared with; see Documentation/Privacy.md.
"""

import base64
import io
import json
import os
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from flwr.app import ConfigRecord, Context, Error, Message, RecordDict
from flwr.client.mod import secaggplus_mod
from flwr.common import Code, FitIns, FitRes, Status, ndarrays_to_parameters, parameters_to_ndarrays
from flwr.compat.common import recorddict_compat as compat
from flwr.server import LegacyContext
from flwr.server.strategy import FedAvg
from flwr.server.workflow import SecAggPlusWorkflow
from flwr.server.workflow.constant import MAIN_CONFIGS_RECORD, MAIN_PARAMS_RECORD
from flwr.server.workflow.constant import Key as WorkflowKey
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents
from flwr.supercore.task_identity import TaskIdentity

ROOT = Path(__file__).resolve().parents[3]
TOOL = os.environ.get("FEDKSEED", str(ROOT / ".build/release/fedkseed"))
# The largest integer of an update in 16 bits; those of all clients must be on one grid.
LARGEST = 32767


def increments(update: bytes) -> tuple[float, np.ndarray]:
    """Return scale and integers of a client update in 16 bits: Documentation/WireFormat.md."""
    scale = struct.unpack_from("<f", update, 68)[0]
    return scale, np.frombuffer(update[72:-8], "<i2").astype(np.int64)


def size(content: RecordDict) -> int:
    """The bytes of all objects that Flower stores and sends for the records of a message."""
    return sum(len(part.deflate()) for part in get_all_nested_objects(content).values())


def delivered(content: RecordDict) -> RecordDict:
    """Return a copy of records, made of the objects that Flower sends."""
    parts = get_all_nested_objects(content)
    objects = {name: part.deflate() for name, part in parts.items()}
    return inflate_object_from_contents(content.object_id, objects)


class Node:
    """A client behind Flower's mod: answers each stage, or is gone from one on."""

    def __init__(self, node: int, integers: np.ndarray, gone_from: str | None = None):
        self.integers, self.gone_from = integers, gone_from
        self.context = Context(
            run_id=1, node_id=node, node_config={}, state=RecordDict(), run_config={})
        self.down: dict[str, int] = {}
        self.up: dict[str, int] = {}

    def train(self, message: Message, context: Context) -> Message:
        parameters = ndarrays_to_parameters([self.integers.astype(np.float64)])
        result = FitRes(Status(Code.OK, ""), parameters, num_examples=1, metrics={})
        return Message(compat.fitres_to_recorddict(result, False), reply_to=message)

    def answer(self, message: Message) -> Message:
        stage = message.content.config_records["secaggplus_configs"]["stage"]
        if stage == self.gone_from:
            return Message(Error(2, "gone"), reply_to=message)
        self.down[stage] = size(message.content)
        try:
            reply = secaggplus_mod(message, self.context, self.train)
        except (KeyError, ValueError) as error:
            return Message(Error(2, repr(error)), reply_to=message)
        self.up[stage] = size(reply.content)
        return reply


class Grid:
    """Carries the workflow's messages to nodes in this process."""

    def __init__(self, nodes: dict[int, Node]):
        self.nodes = nodes
        self.masked: dict[int, np.ndarray] = {}

    def send_and_receive(self, messages, *, timeout=None):
        replies = []
        for message in messages:
            node = message.metadata.dst_node_id
            # As it would come over a network: a copy, of the objects in which it is sent.
            message.content = delivered(message.content)
            reply = self.nodes[node].answer(message)
            if not reply.has_error():
                reply.content = delivered(reply.content)
            replies.append(reply)
            self._note(node, reply)
        return replies

    def _note(self, node: int, reply: Message) -> None:
        """Remember what the server sees of a vector."""
        if reply.has_error():
            return
        configs = reply.content.config_records["secaggplus_configs"]
        if "masked_params" in configs:
            self.masked[node] = configs["masked_params"]


class Sum(FedAvg):
    """Asks all nodes, and keeps what comes of it."""

    def __init__(self, nodes: list[int]):
        super().__init__()
        self.nodes, self.mean, self.count = nodes, None, 0

    def configure_fit(self, server_round, parameters, client_manager):
        ins = FitIns(parameters, {})
        return [(SimpleNamespace(node_id=node), ins) for node in self.nodes]

    def aggregate_fit(self, server_round, results, failures):
        self.count = len(results)
        self.mean = parameters_to_ndarrays(results[0][1].parameters)[0]
        return None, {}


def secure_sum(nodes: dict[int, Node], modulus: int = 1 << 22) -> tuple[np.ndarray, int, Grid]:
    """Return the sum of the nodes' integers by SecAgg+, of how many it is, and the grid."""
    strategy, grid = Sum(list(nodes)), Grid(nodes)
    context = LegacyContext(
        Context(run_id=1, node_id=0, node_config={}, state=RecordDict(), run_config={}),
        strategy=strategy)
    context.state.config_records[MAIN_CONFIGS_RECORD] = ConfigRecord(
        {WorkflowKey.CURRENT_ROUND: 1, WorkflowKey.START_TIME: 0.0})
    context.state.array_records[MAIN_PARAMS_RECORD] = compat.parameters_to_arrayrecord(
        ndarrays_to_parameters([np.zeros(1)]), True)
    # One weight for all, and a quantisation whose step is 1: integers pass as they are.
    SecAggPlusWorkflow(
        num_shares=1.0, reconstruction_threshold=0.6, max_weight=1.0,
        clipping_range=float(LARGEST), quantization_range=2 * LARGEST, modulus_range=modulus,
    )(grid, context)
    if strategy.mean is None:
        raise ValueError("too few nodes answered")
    return np.rint(strategy.mean * strategy.count).astype(np.int64), strategy.count, grid


def setUpModule():
    TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, 1, 0


class SecureAggregation(unittest.TestCase):
    def vectors(self, count: int, length: int = 4096) -> list[np.ndarray]:
        random = np.random.default_rng(count)
        vectors = [random.integers(-LARGEST, LARGEST, length, endpoint=True) for _ in range(count)]
        # The ends of the range, all on one side.
        for vector in vectors:
            vector[:2] = LARGEST, -LARGEST
        return vectors

    def test_the_sum_is_that_of_the_integers(self):
        for count in (2, 3, 5, 9):
            vectors = self.vectors(count)
            nodes = {100 + 7 * i: Node(100 + 7 * i, vector) for i, vector in enumerate(vectors)}
            total, answered, grid = secure_sum(nodes)
            self.assertEqual(answered, count)
            np.testing.assert_array_equal(total, sum(vectors))

    def test_who_is_gone_is_left_out_and_too_few_are_no_sum(self):
        vectors = self.vectors(5)
        nodes = {i: Node(i, vector) for i, vector in enumerate(vectors, 1)}
        nodes[3].gone_from = "collect_masked_vectors"
        total, answered, _ = secure_sum(nodes)
        self.assertEqual(answered, 4)
        np.testing.assert_array_equal(total, sum(vectors) - vectors[2])
        nodes = {i: Node(i, vector, "collect_masked_vectors" if i < 4 else None)
                 for i, vector in enumerate(vectors, 1)}
        with self.assertRaises(ValueError):
            secure_sum(nodes)
        # Flower 1.42 asks the others for shares of one that went before it had given any: no sum.
        nodes = {i: Node(i, vector, "share_keys" if i == 3 else None)
                 for i, vector in enumerate(vectors, 1)}
        with self.assertRaises(ValueError):
            secure_sum(nodes)

    def test_what_the_server_sees_of_a_client_is_masked_and_how_many_bytes(self):
        vectors = self.vectors(3)
        nodes = {i: Node(i, vector) for i, vector in enumerate(vectors, 1)}
        _, _, grid = secure_sum(nodes)
        for i, vector in enumerate(vectors, 1):
            masked = np.load(io.BytesIO(grid.masked[i][1]))
            self.assertLess(abs(np.corrcoef(masked, vector)[0, 1]), 0.1)
        up, down = sum(nodes[1].up.values()), sum(nodes[1].down.values())
        print(f"SecAgg+, 3 clients, K = 4096: {down} bytes down, {up} up for a client and round")
        self.assertLess(up, 38_000)

    @unittest.skipUnless(Path(TOOL).exists(), "no fedkseed: scripts/build")
    def test_the_sum_of_real_updates_makes_the_servers_model(self):
        with tempfile.TemporaryDirectory() as folder:
            options = (
                "--data synthetic:6 --template raw --candidates 64 --batch 4 --held-out 14 --clients 3 "
                "--rounds 1 --local-steps 4 --partition iid --estimator backprop --lr 1e-3 --dp central "
                "--dp-clip 0.01 --dp-noise-multiplier 0").split()
            subprocess.run(
                [TOOL, "simulate", str(ROOT / "Models/tiny-llama"), *options, "--out", f"{folder}/run"],
                check=True, capture_output=True)
            line = json.loads(Path(folder, "run/rounds.jsonl").read_text().splitlines()[0])
            state = json.loads(Path(folder, "run/state.json").read_text())
        updates = [increments(base64.b64decode(update)) for update in line["updates"]]
        # γ, the step of all: the smallest power of two with which the clip fits 15 bits.
        step = 2.0 ** np.ceil(np.log2(0.01 / LARGEST))
        integers = [(values * (scale / step)).astype(np.int64) for scale, values in updates]
        for (scale, values), vector in zip(updates, integers, strict=True):
            np.testing.assert_array_equal(vector * step, values * scale)
        total, answered, _ = secure_sum({i: Node(i, v) for i, v in enumerate(integers, 1)})
        np.testing.assert_array_equal(total, sum(integers))
        # What the server made of the single updates: A, and what was rounded off it.
        model = np.array(state["coefficients"]) + np.array(state["remainder"])
        np.testing.assert_array_equal(total * step / answered, model)


if __name__ == "__main__":
    unittest.main()
