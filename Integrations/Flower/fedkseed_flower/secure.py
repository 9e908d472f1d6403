"""Secure aggregation: the server gets the sum of the clients' updates, and none of them, by Flower's SecAgg+.

For federations with `dp: central`, whose updates are integers times a step that all clients share
(Documentation/Privacy.md). The protocol is Flower's: its workflow at the server, its mod at the client. Both are of
Flower's older interface; here they are fed what they know, so that integers pass them unchanged.
"""

import base64
import hashlib
import struct
from types import SimpleNamespace

import numpy as np
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.client.mod import secaggplus_mod
from flwr.common import (
    Code,
    FitIns,
    FitRes,
    Parameters,
    Status,
    ndarrays_to_parameters,
    parameters_to_ndarrays,
)
from flwr.common.secure_aggregation.secaggplus_constants import RECORD_KEY_CONFIGS
from flwr.compat.common import recorddict_compat as compat
from flwr.server import LegacyContext
from flwr.server.strategy import FedAvg
from flwr.server.workflow import SecAggPlusWorkflow
from flwr.server.workflow.constant import MAIN_CONFIGS_RECORD, MAIN_PARAMS_RECORD
from flwr.server.workflow.constant import Key as WorkflowKey

from fedkseed_flower import records, sockets

# The largest integer of an update in 16 bits.
LARGEST = 32767
# Of Documentation/WireFormat.md: where the parts of messages are.
HEADER, FLAGS, SCALE = 52, 6, 68
SCALED, FLOATS, WITHHELD = 2, 4, 16


# At the client.


def mod(message: Message, context: Context, call_next) -> Message:
    """Take messages of the protocol through Flower's mod, and leave others alone."""
    if message.has_content() and RECORD_KEY_CONFIGS in message.content.config_records:
        return secaggplus_mod(message, context, call_next)
    return call_next(message, context)


def is_asked(message: Message) -> bool:
    """Return whether the answer to a message will be masked."""
    return "fitins.config" in message.content.config_records


def carry(message: Message, path: str) -> Message:
    """Have the client at `path` train, and return its integers, to be masked by the mod."""
    config = dict(compat.recorddict_to_fitins(message.content, keep_input=True).config)
    step = config.pop("step")
    reply = sockets.ask(path, records.unpack(RecordDict({records.NAME: ConfigRecord(config)})))
    if "update" not in reply:
        raise ValueError(f"the client did not train: {reply.get('error')}")
    vector = integers(base64.b64decode(reply.pop("update")), step)
    result = FitRes(
        Status(Code.OK, ""), ndarrays_to_parameters([vector.astype(np.float64)]), num_examples=1,
        metrics={})
    return Message(compat.fitres_to_recorddict(result, False), reply_to=message)


def integers(update: bytes, step: float) -> np.ndarray:
    """Return the integers of a private update in 16 bits: its increments are these times `step`."""
    flags = struct.unpack_from("<H", update, FLAGS)[0]
    if flags != SCALED + WITHHELD:
        raise ValueError(
            f"an update with flags {flags} cannot be masked: the federation must have 'dp: central', 16 bits and no windows")
    scale = struct.unpack_from("<f", update, SCALE)[0]
    vector = np.frombuffer(update[SCALE + 4 : -8], "<i2") * (scale / step)
    if not (np.all(vector == np.rint(vector)) and np.all(np.abs(vector) <= LARGEST)):
        raise ValueError(f"the update is not of integers times {step}, the step that the server names")
    return vector.astype(np.int64)


# At the server.


def summed(plan: bytes, vector: np.ndarray, step: float, count: int) -> bytes:
    """Return the sum of so many clients' updates as a message, of the client that has `plan`."""
    if np.max(np.abs(vector), initial=0) >= 1 << 24:
        raise ValueError("the sum has integers of more than 24 bits: take fewer clients in a round")
    head = bytearray(plan[:HEADER])
    head[5] = 2
    head[FLAGS : FLAGS + 2] = struct.pack("<H", FLOATS + WITHHELD)
    steps = plan[HEADER : HEADER + 4]
    body = struct.pack("<IIf", count, 0, 0) + steps + (vector * step).astype("<f4").tobytes()
    return bytes(head) + body + hashlib.sha256(bytes(head) + body).digest()[:8]


class SecureSum:
    """A round of a `train` request by SecAgg+."""

    def __init__(self, threshold: float = 0.6):
        """Create one; `threshold` is the share of the clients without whom there is no sum."""
        self.threshold = threshold

    def exchange(
        self, grid, request: dict, wait: float
    ) -> tuple[dict[str, dict], dict[str, str]]:
        """Return the replies, of which one has the sum, and the nodes that are not in it."""
        facts = request.get("privacy", {})
        if facts.get("placement") != "central":
            raise ValueError("secure aggregation needs a federation with 'dp: central'")
        requests = request["requests"]
        strategy = _Collector(requests, facts["step"])
        modulus = 1 << max(20, (2 * LARGEST * len(requests)).bit_length())
        SecAggPlusWorkflow(
            num_shares=1.0, reconstruction_threshold=self.threshold, max_weight=1.0,
            clipping_range=float(LARGEST), quantization_range=2 * LARGEST, modulus_range=modulus,
            timeout=wait,
        )(grid, _context(strategy))
        failures = {node: "not in the sum" for node in requests if node not in strategy.nodes}
        return strategy.replies(), failures


def _context(strategy: FedAvg) -> LegacyContext:
    """Return what the workflow looks into: a round that has begun, and no parameters."""
    state = RecordDict({
        MAIN_CONFIGS_RECORD: ConfigRecord({WorkflowKey.CURRENT_ROUND: 1}),
        MAIN_PARAMS_RECORD: compat.parameters_to_arrayrecord(Parameters([], ""), True),
    })
    context = Context(run_id=0, node_id=0, node_config={}, state=state, run_config={})
    return LegacyContext(context, strategy=strategy)


class _Collector(FedAvg):
    """What the workflow takes for a strategy: says who is asked for what, and is told the mean."""

    def __init__(self, requests: dict[str, dict], step: float):
        super().__init__()
        self.requests, self.step = requests, step
        self.nodes: list[str] = []
        self.vector = np.zeros(0)

    def configure_fit(self, server_round, parameters, client_manager):
        def instruction(request: dict) -> FitIns:
            packed = records.pack(request).config_records[records.NAME]
            return FitIns(parameters, dict(packed) | {"step": self.step})

        return [
            (SimpleNamespace(node_id=int(node)), instruction(request))
            for node, request in sorted(self.requests.items())
        ]

    def aggregate_fit(self, server_round, results, failures):
        self.nodes = sorted(str(proxy.node_id) for proxy, _ in results)
        # With equal weights it is a mean; the sum is of integers.
        mean = parameters_to_ndarrays(results[0][1].parameters)[0]
        self.vector = np.rint(mean * len(results)).astype(np.int64)
        return None, {}

    def replies(self) -> dict[str, dict]:
        """Return what the server is answered: by one node with the sum, by the others that they are in it.

        Nothing that a client says of itself is among it.
        """
        replies: dict[str, dict] = {}
        for node in self.nodes:
            request = self.requests[node]
            reply = {key: request[key] for key in ("op", "protocol", "run", "round", "message")}
            if replies:
                replies[node] = reply | {"summed": True}
            else:
                plan = base64.b64decode(request["plan"])
                update = summed(plan, self.vector, self.step, len(self.nodes))
                replies[node] = reply | {"update": base64.b64encode(update).decode()}
        return replies
