"""The server process as the ServerApp drives it."""

import sys
import tempfile
import unittest
from pathlib import Path

from fedkseed_flower.process import ServerProcess, command

SCRIPT = """
import json, sys
print(json.dumps({"op": "hello", "request": {"op": "hello"}}), flush=True)
answer = json.loads(sys.stdin.readline())
if "END" in answer["replies"]: sys.exit("no round: Ω")
print(json.dumps({"op": "end", "rounds": len(answer["replies"])}), flush=True)
"""


class Commands(unittest.TestCase):
    def test_new_run_and_one_that_goes_on(self):
        with tempfile.TemporaryDirectory() as folder:
            config = {"model": "m", "settings": "s.yaml", "out": folder, "quorum": 2,
                      "options": "--attempts 5"}
            self.assertEqual(
                command(config),
                ["fedkseed", "server", "m", "--config", "s.yaml", "--data", "none", "--out", folder,
                 "--quorum", "2", "--attempts", "5"])
            self.assertIn("d.jsonl", command(config | {"data": "d.jsonl"}))
            (Path(folder) / "state.json").write_text("{}")
            self.assertEqual(
                command(config)[1:4], ["server", "--resume", folder])

    def test_what_is_missing_is_named(self):
        for name in ("model", "settings", "out"):
            config = {"model": "m", "settings": "s", "out": "o"} | {name: ""}
            with self.subTest(name), self.assertRaisesRegex(ValueError, name):
                command(config)


class Processes(unittest.TestCase):
    def run_script(self, node: str) -> ServerProcess:
        with ServerProcess([sys.executable, "-c", SCRIPT], tell=lambda line: None) as server:
            for request in server:
                self.assertEqual(request["op"], "hello")
                server.answer({node: "{}"}, {})
            return server

    def test_end(self):
        self.assertEqual(self.run_script("a").result, {"op": "end", "rounds": 1})

    def test_a_server_that_fails_is_an_error(self):
        with self.assertRaisesRegex(RuntimeError, "status 1: no round: Ω"):
            self.run_script("END")


if __name__ == "__main__":
    unittest.main()
