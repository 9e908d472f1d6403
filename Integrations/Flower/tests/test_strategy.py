"""The strategy with a grid and a server that are made up."""

import json
import types
import unittest
from unittest import mock

from fedkseed_flower import records, strategy


class FakeServer:
    """Asks for what it is given, and remembers the answers."""

    def __init__(self, *requests: dict):
        self.requests, self.answers = requests, []

    def __iter__(self):
        return iter(self.requests)

    def answer(self, replies: dict, failures: dict) -> None:
        self.answers.append((dict(replies), dict(failures)))


class FakeMessage(types.SimpleNamespace):
    def __init__(self, content, **metadata):
        super().__init__(content=content, metadata=types.SimpleNamespace(**metadata))


class FakeGrid:
    """Nodes that reply by `reply(node, request)`: a dict, an error's reason, or nothing in time."""

    def __init__(self, nodes: list[int], reply):
        self.nodes, self.reply, self.sent = nodes, reply, []
        self.waiting: dict[str, FakeMessage] = {}

    def get_node_ids(self):
        return self.nodes

    def push_messages(self, messages):
        identifiers = []
        for message in messages:
            self.sent.append((message.metadata.message_type, message.metadata.dst_node_id))
            identifiers.append(f"m{len(self.sent)}")
            self.waiting[identifiers[-1]] = message
        return identifiers

    def pull_messages(self, identifiers):
        replies = []
        for identifier in sorted(identifiers, reverse=True):
            message = self.waiting[identifier]
            node = message.metadata.dst_node_id
            answer = self.reply(node, records.unpack(message.content))
            if answer is None:
                continue
            del self.waiting[identifier]
            failed = isinstance(answer, str)
            replies.append(types.SimpleNamespace(
                metadata=types.SimpleNamespace(
                    src_node_id=1 if failed else node, reply_to_message_id=identifier),
                content=None if failed else records.pack(answer), has_error=lambda f=failed: f,
                error=types.SimpleNamespace(reason=answer, code=2)))
        return replies


HELLO = {"op": "hello", "protocol": 1, "request": {"op": "hello", "protocol": 1}}


def train(*nodes: int) -> dict:
    requests = {str(node): {"op": "train", "round": 0, "plan": "AAAA"} for node in nodes}
    return {"op": "train", "protocol": 1, "requests": requests}


class Strategy(unittest.TestCase):
    def run_requests(self, grid: FakeGrid, *requests: dict) -> list:
        server = FakeServer(*requests)
        with mock.patch.object(strategy, "Message", FakeMessage), \
                mock.patch.object(strategy, "POLL_SECONDS", 0.001):
            strategy.FedKSeed(server, deadline=0.05, patience=0.05).start(grid)
        return server.answers

    def test_requests_go_to_their_nodes_and_replies_come_back(self):
        grid = FakeGrid([7, 8], lambda node, request: {"op": request["op"], "node": node})
        answers = self.run_requests(grid, HELLO, train(7, 8))
        self.assertEqual(grid.sent, [("query", 7), ("query", 8), ("train", 7), ("train", 8)])
        for (replies, failures), op in zip(answers, ("hello", "train")):
            self.assertEqual({node: json.loads(text) for node, text in replies.items()},
                             {str(n): {"op": op, "node": n} for n in (7, 8)})
            self.assertEqual(failures, {})

    def test_who_is_a_member_is_asked_again_only_when_it_was_away(self):
        grid = FakeGrid([7, 8], lambda node, request: "lost" if request["op"] == "train" and node == 8
                        else {"op": request["op"]})
        answers = self.run_requests(grid, HELLO, train(7), HELLO, train(7, 8), HELLO)
        self.assertEqual([node for kind, node in grid.sent if kind == "query"], [7, 8, 8, 8])
        self.assertEqual([sorted(replies) for replies, _ in answers],
                         [["7", "8"], ["7"], ["7", "8"], ["7"], ["7", "8"]])

    def test_failures_have_their_reasons(self):
        grid = FakeGrid([7, 8, 9], lambda node, request: {7: {"op": "train"}, 8: "no client", 9: None}[node])
        replies, failures = self.run_requests(grid, train(7, 8, 9))[0]
        self.assertEqual(list(replies), ["7"])
        self.assertEqual(failures, {"8": "no client (code 2)", "9": "no reply in time"})

    def test_a_message_that_cannot_be_sent_is_sent_again_and_then_fails(self):
        for failing, reached in ((2, ["7", "8"]), (3, [])):
            grid = FakeGrid([7, 8], lambda node, request: {"op": "train"})
            push, left = grid.push_messages, [failing]

            def push_later(messages):
                left[0] -= 1
                if left[0] >= 0:
                    raise OSError("the push session may have expired")
                return push(messages)

            grid.push_messages = push_later
            replies, failures = self.run_requests(grid, train(7, 8))[0]
            self.assertEqual(sorted(replies), reached)
            self.assertEqual(len(failures), 2 - len(reached))

    def test_who_cannot_be_sent_to_does_not_count(self):
        grid = FakeGrid(list(range(20)), lambda node, request: {"op": "train"})
        push = grid.push_messages
        grid.push_messages = lambda messages: [None if name == "m3" else name for name in push(messages)]
        replies, failures = self.run_requests(grid, train(*range(20)))[0]
        self.assertEqual((len(replies), list(failures.values())), (19, ["no reply in time"]))

    def test_a_reply_that_comes_twice_counts_once(self):
        grid = FakeGrid([7, 8], lambda node, request: {"op": "train", "node": node})
        late, pull = [], grid.pull_messages

        def pull_twice(identifiers):
            # The first of the replies twice, with one to a question nobody asked, and then the others.
            if not late:
                late.extend(pull(identifiers))
                other = types.SimpleNamespace(reply_to_message_id="m99")
                return [late[0], late[0], types.SimpleNamespace(metadata=other)]
            return late

        grid.pull_messages = pull_twice
        replies, failures = self.run_requests(grid, train(7, 8))[0]
        self.assertEqual({node: json.loads(text)["node"] for node, text in replies.items()}, {"7": 7, "8": 8})
        self.assertEqual(failures, {})

    def test_replies_that_would_spoil_the_line_are_failures(self):
        for bad in ({"x": "y" * 5000}, {"x": "\ud800"}):
            grid = FakeGrid([7, 8], lambda node, request: bad if node == 7 else {"op": "train"})
            replies, failures = self.run_requests(grid, train(7, 8) | {"reply_limit": 1000})[0]
            self.assertEqual((list(replies), list(failures)), (["8"], ["7"]))

    def test_what_the_server_must_not_ask_is_refused(self):
        with self.assertRaises(ValueError):
            self.run_requests(FakeGrid([], None), {"op": "shutdown"})


if __name__ == "__main__":
    unittest.main()
