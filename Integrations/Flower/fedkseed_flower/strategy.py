"""FedKSeed as a Flower strategy: the loop is that of `fedkseed server`, which says what comes next."""

import json
import time
from collections.abc import Iterable
from logging import INFO, WARNING

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord
from flwr.common.logger import log
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Result, Strategy

from fedkseed_flower import records
from fedkseed_flower.process import ServerProcess

# Flower's own loop asks every three seconds.
POLL_SECONDS = 0.3
# Messages that are sent together share an upload, which a SuperLink under load lets expire after three minutes.
GROUP = 8
PUSH_ATTEMPTS = 3
MESSAGE_TYPES = {"hello": "query", "train": "train", "evaluate": "evaluate"}


class FedKSeed(Strategy):
    """Carries the requests of a server process to the nodes, and their replies back.

    Which clients take part in a round, how their updates are added up, when a round counts and what is
    saved is the server's business. Here is decided how long one waits.
    """

    def __init__(self, server: ServerProcess, deadline: float = 3600, patience: float = 600):
        self.server = server
        self.deadline = deadline
        self.patience = patience
        self._request: dict = {}
        # What nodes said of themselves; a member, to whom the server has sent something, is not asked again.
        self._hellos: dict[str, str] = {}
        self._members: set[str] = set()
        # The node of each message under way.
        self._sent: dict[str, str] = {}

    def summary(self) -> None:
        log(INFO, "FedKSeed: %s s for a round, %s s for other questions", self.deadline,
            self.patience)

    def start(  # type: ignore[override]
        self, grid: Grid, initial_arrays: ArrayRecord | None = None, **_: object
    ) -> Result:
        """Run the server's rounds; there are no arrays, as a model is its base and K numbers."""
        self.summary()
        result = Result()
        number = 0
        for request in self.server:
            self._request = request
            configure, aggregate, wait = self._phase(request["op"])
            if request["op"] == "train":
                number = 1 + next(iter(request["requests"].values()))["round"]
            messages = list(configure(number, ArrayRecord(), ConfigRecord(), grid))
            metrics = aggregate(number, self._exchange(grid, messages, wait))
            self._note(result, request["op"], number, metrics)
        return result

    def _phase(self, operation: str):
        match operation:
            case "train":
                return self.configure_train, self.aggregate_train, self.deadline
            case "evaluate":
                return self.configure_evaluate, self.aggregate_evaluate, self.deadline
            case "hello":
                return self.configure_hello, self.aggregate_hello, self.patience
        raise ValueError(f"the server asks for '{operation}', which this strategy does not know")

    @staticmethod
    def _note(result: Result, operation: str, number: int, metrics: object) -> None:
        if operation == "train" and isinstance(metrics, tuple) and metrics[1]:
            result.train_metrics_clientapp[number] = metrics[1]
        elif operation == "evaluate" and isinstance(metrics, MetricRecord):
            result.evaluate_metrics_clientapp[number] = metrics

    # What goes out.

    def configure_hello(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Ask the nodes of whom it is not known who they are, or who may have changed."""
        present = {str(node) for node in grid.get_node_ids()}
        self._hellos = {node: hello for node, hello in self._hellos.items() if node in present}
        asked = sorted(present - (self._hellos.keys() & self._members))
        return self._messages({node: self._request["request"] for node in asked}, server_round)

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Return the server's plans as messages to their nodes."""
        self._members |= self._request["requests"].keys()
        return self._messages(self._request["requests"], server_round)

    configure_evaluate = configure_train

    def _messages(self, requests: dict[str, dict], number: int) -> list[Message]:
        kind = MESSAGE_TYPES[self._request["op"]]
        ttl = self.patience if kind == "query" else self.deadline
        return [
            Message(
                records.pack(request), dst_node_id=int(node), message_type=kind,
                group_id=str(number), ttl=ttl,
            )
            for node, request in sorted(requests.items())
        ]

    def _exchange(self, grid: Grid, messages: list[Message], wait: float) -> list[Message]:
        """Send messages and return the replies there are when all are, or after `wait` seconds."""
        self._sent = {}
        for start in range(0, len(messages), GROUP):
            self._sent |= self._push(grid, messages[start:start + GROUP])
        # The first reply to each: one that comes twice must not stand for another's.
        replies: dict[str, Message] = {}
        end = time.monotonic() + wait
        while len(replies) < len(self._sent) and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
            for reply in grid.pull_messages(self._sent.keys() - replies.keys()):
                if reply.metadata.reply_to_message_id in self._sent:
                    replies.setdefault(reply.metadata.reply_to_message_id, reply)
        return list(replies.values())

    def _push(self, grid: Grid, messages: list[Message]) -> dict[str, str]:
        """Send messages, and return the node of each that was sent; whoever gets one twice replies the same."""
        for attempt in range(PUSH_ATTEMPTS):
            group = [
                Message(
                    message.content, dst_node_id=message.metadata.dst_node_id,
                    message_type=message.metadata.message_type, group_id=message.metadata.group_id,
                    ttl=message.metadata.ttl,
                )
                for message in messages
            ]
            try:
                identifiers = list(grid.push_messages(group))
            # Whatever the engine raises: one round with fewer answers is no reason to end the run.
            except Exception as error:
                log(WARNING, "attempt %s to send %s messages: %s", attempt + 1, len(group), error)
                continue
            nodes = [str(message.metadata.dst_node_id) for message in group]
            return {name: node for name, node in zip(identifiers, nodes) if name is not None}
        return {}

    # What comes back.

    def aggregate_hello(self, server_round: int, replies: Iterable[Message]) -> None:
        """Tell the server who is there."""
        answers, failures = self._sort(replies, {})
        self._hellos |= answers
        self.server.answer(self._hellos, failures)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Hand the replies to the server, which adds them up."""
        answers, failures = self._sort(replies, self._request["requests"])
        self.server.answer(answers, failures)
        return None, MetricRecord({"replies": len(answers), "failures": len(failures)})

    def aggregate_evaluate(
        self, server_round: int, replies: Iterable[Message]
    ) -> MetricRecord | None:
        """Hand the losses to the server, which takes their mean."""
        return self.aggregate_train(server_round, replies)[1]

    def _text(self, reply: dict) -> str:
        """Return a reply as the server reads it: by itself, so that none can spoil another's."""
        text = json.dumps(reply, ensure_ascii=False)
        limit = self._request.get("reply_limit", 1 << 22)
        if len(text.encode(errors="surrogatepass")) > limit:
            raise ValueError(f"the reply is longer than {limit} bytes")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ValueError("the reply has half a surrogate pair")
        return text

    def _sort(
        self, replies: Iterable[Message], requests: dict[str, dict]
    ) -> tuple[dict[str, str], dict[str, str]]:
        answers: dict[str, str] = {}
        failures = {node: "no reply in time" for node in requests}
        for reply in replies:
            # Of a node that is gone the SuperLink speaks, by its own number.
            node = self._sent[reply.metadata.reply_to_message_id]
            failures.pop(node, None)
            try:
                if reply.has_error():
                    raise ValueError(f"{reply.error.reason} (code {reply.error.code})")
                answers[node] = self._text(records.unpack(reply.content))
            except ValueError as error:
                failures[node] = str(error)
        for node, reason in failures.items():
            log(WARNING, "node %s: %s", node, reason)
            # It may be another client when it is back.
            self._hellos.pop(node, None)
            self._members.discard(node)
        return answers, failures
