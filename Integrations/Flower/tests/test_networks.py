"""A federation on machines of their own with a bad network between them, behind the proxy that is shipped.

Takes minutes and root: scripts/test-flower --all.
"""

import json
import tempfile
import time
import unittest
from pathlib import Path

from loopback import wait_until
from network import SERVER, Network, reason
from test_end_to_end import BACKPROP, IS_LONG, MODEL, OPTIONS, TOOL

WHY_NOT = reason()


@unittest.skipUnless(IS_LONG, "takes minutes; scripts/test-flower --all")
@unittest.skipIf(WHY_NOT, f"{WHY_NOT}")
class Networks(unittest.TestCase):
    def federation(self, *options: str) -> Network:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # A node that is restarted or cut off has the same key, so it is the same node.
        network = self.enterContext(Network(
            TOOL, MODEL, Path(folder.name), 3, [*OPTIONS, *BACKPROP, *options]))
        network.start_clients()
        network.start_link()
        network.start_proxy()
        for client in range(3):
            network.register(f"node{client}")
            network.start_node(client)
        return network

    def clients(self, network: Network) -> list[list[int]]:
        rounds = [json.loads(line) for line in network.log_lines]
        return [[part["client"] for part in entry["participants"]] for entry in rounds]

    def test_a_bad_wire_and_a_cut_one_change_no_bit(self):
        network = self.federation("--rounds", "4")
        network.change(delay=0.04, jitter=0.04, loss=0.02, duplicate=0.05)
        network.start_in_background(data="synthetic:6", options="--evaluator clients")
        wait_until(lambda: network.rounds >= 1, 300, "the first round")
        # In mid-round: the plan has come, the answer cannot go.
        wait_until(lambda: self.has_answered(network, 1), 120, "client 1's second answer")
        network.change(cut=[network.address(1)])
        time.sleep(20)
        self.assertLess(network.rounds, 4)
        network.change(cut=[])
        wait_until(lambda: (network.folder / "run/results.json").exists(), 600, "the last round")
        network.wait_for_background()
        network.simulate()
        self.assertTrue(network.is_equal(), network.background_output)
        self.assertEqual(self.clients(network), 4 * [[0, 1, 2]])
        self.assert_closed(network)
        network.__exit__(None, None, None)
        for kind in ("lost", "doubled", "overtaken", "cut"):
            self.assertGreater(network.counts[kind], 0, f"{network.counts}")
        print(f"\nthe wire: {network.counts}", flush=True)

    def has_answered(self, network: Network, number: int) -> bool:
        """Whether client 1 has kept its answer to a round."""
        states = (network.folder / "state-1").glob("run-*.json")
        return any(json.loads(path.read_text())["answer"]["round"] >= number for path in states)

    def assert_closed(self, network: Network) -> None:
        """From outside only the nodes' interface is there, and nothing for one without a key."""
        closed = ["control/list-runs", "control/list-nodes", "control/start-run", "runtime/acquire-task"]
        for path in [f"/v1/{name}" for name in closed] + ["/docs", "/openapi.json", "/", "/v1/fleet/../control/list-runs",
                                                         "/v1/fleet/%2e%2e/control/list-runs"]:
            self.assertEqual(network.fetch(f"https://{SERVER}:9443{path}"), "403", path)
        self.assertEqual(network.fetch(f"https://{SERVER}:9443/v1/fleet/pull-messages"), "401")
        self.assertIn("400", network.fetch(f"http://{SERVER}:9443/v1/fleet/pull-messages"))
        self.assertIn("refused", network.fetch(f"https://{SERVER}:{network.port}/v1/control/list-runs"))
        network.start_stranger()
        wait_until(lambda: "2004" in network.log("stranger"), 60, "the refusal of an unknown key")

    def test_who_was_cut_off_comes_back_and_what_was_not_answered_left_nothing(self):
        network = self.federation("--rounds", "8")
        network.start_in_background(data="synthetic:6", quorum=2, deadline=15)
        wait_until(lambda: network.rounds >= 1, 300, "the first round")
        network.change(cut=[network.address(2)])
        wait_until(lambda: [0, 1] in self.clients(network), 120, "a round without client 2")
        network.change(cut=[])
        wait_until(lambda: network.rounds >= 8, 600, "the last round")
        network.wait_for_background()
        rounds = self.clients(network)
        self.assertEqual((rounds[0], rounds[-1]), ([0, 1, 2], [0, 1, 2]), network.background_output)
        # The model is that of the answers in the log, each once.
        again, model = network.folder / "again.kseed", network.folder / "run/model.kseed"
        network.do(TOOL, "kseed", "at", network.folder / "run", "--round", "8", "--out", again)
        difference = json.loads(network.machines[SERVER].run(TOOL, "kseed", "diff", model, again, "--json"))
        self.assertEqual(difference["changed"], 0, difference)


if __name__ == "__main__":
    unittest.main()
