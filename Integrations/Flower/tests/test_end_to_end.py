"""A federation of real processes on Flower leaves the model of a simulation, byte for byte.

FEDKSEED is the tool; with FEDKSEED_FLOWER_ALL also what takes minutes.
"""

import json
import os
import shutil
import signal
import tempfile
import unittest
import urllib.request
from pathlib import Path

from doubling import Doubling
from loopback import APP, Loopback, wait_until

TOOL = os.environ.get("FEDKSEED", str(APP.parent.parent / ".build/release/fedkseed"))
MODEL = str(APP.parent.parent / "Models/tiny-llama")
OPTIONS = (
    "--data synthetic:6 --template raw --candidates 64 --batch 4 --held-out 14 --clients 3 "
    "--local-steps 4 --partition iid"
).split()
BACKPROP = ["--estimator", "backprop", "--lr", "1e-3"]


IS_LONG = bool(os.environ.get("FEDKSEED_FLOWER_ALL"))


class EndToEnd(unittest.TestCase):
    def federation(self, *options: str) -> Loopback:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        federation = Loopback(TOOL, MODEL, Path(folder.name), 3, [*OPTIONS, *options])
        return self.enterContext(federation)

    def run_to_end(self, federation: Loopback, **config) -> str:
        output = federation.run(data="synthetic:6", **config)
        # On a busy machine the stream of the log may end before the run.
        try:
            wait_until((federation.folder / "run/results.json").exists, 60, "the end of the run")
        except TimeoutError:
            self.fail(output)
        return output

    def assert_simulated(self, federation: Loopback) -> None:
        federation.simulate()
        self.assertTrue(federation.is_equal())

    def test_rounds_leave_the_model_of_a_simulation(self):
        federation = self.federation(*BACKPROP, "--rounds", "2")
        federation.start_clients()
        federation.start_flower()
        # With the same data the header of the seed checkpoint is the same too.
        self.run_to_end(federation, options="--evaluator clients")
        self.assert_simulated(federation)

    @unittest.skipUnless(IS_LONG, "takes minutes; scripts/test-flower --all")
    def test_sums_leave_the_model_of_single_updates(self):
        federation = self.federation(
            *BACKPROP, "--rounds", "2", "--dp", "central", "--dp-clip", "0.01",
            "--dp-noise-multiplier", "0")
        federation.start_clients()
        federation.start_flower()
        output = self.run_to_end(federation, secure=True, deadline=120)
        federation.simulate()
        # Log and header count one update in place of three, but A is the same.
        simulated = (federation.folder / "simulated/rounds.jsonl").read_text().splitlines()
        for line, other in zip(federation.log_lines, simulated, strict=True):
            self.assertEqual(
                json.loads(line)["coefficients_sha256"], json.loads(other)["coefficients_sha256"])
        first = json.loads(federation.log_lines[0])
        self.assertEqual([part["example_count"] for part in first["participants"]], [3])
        self.assertIn("epsilon inf", output)

    @unittest.skipUnless(IS_LONG, "takes minutes; scripts/test-flower --all")
    def test_killed_processes_lose_and_repeat_nothing(self):
        federation = self.federation(*BACKPROP, "--rounds", "5")
        federation.start_clients()
        federation.start_flower()
        federation.start_in_background(data="synthetic:6")
        wait_until(lambda: federation.rounds >= 1, 300, "the first round")
        federation.end("client-1", signal.SIGKILL)
        federation.start_client(1)
        wait_until(lambda: federation.rounds >= 2, 300, "the second round")
        # The SuperLink, and with it the ServerApp and the server, which are its children.
        federation.end("superlink", signal.SIGKILL)
        federation.wait_for_background()
        self.assertLess(federation.rounds, 5)
        federation.start_link()
        self.run_to_end(federation, wait=120)
        self.assert_simulated(federation)

    @unittest.skipUnless(IS_LONG, "takes minutes; scripts/test-flower --all")
    def test_every_way_to_measure_slopes_leaves_the_model_of_a_simulation(self):
        federation = self.federation()
        common = federation.options
        for options in (
            "--estimator two-sided --lr 3e-5", "--estimator one-sided --directions 4 --lr 1e-3",
            "--method fedkseed-pro --estimator two-sided --lr 3e-5",
            "--estimator backprop --lr 1e-3 --zeroth-order-share 0.4",
            "--estimator backprop --lr 1e-3 --window 16",
        ):
            with self.subTest(options):
                federation.options = [*common, "--rounds", "2", *options.split()]
                federation.start_clients()
                if "superlink" not in federation.processes:
                    federation.start_flower()
                self.run_to_end(federation)
                self.assert_simulated(federation)
                for client in range(3):
                    federation.end(f"client-{client}")
                    shutil.rmtree(federation.folder / f"state-{client}")
                    (federation.folder / f"client-{client}.log").unlink()
                shutil.rmtree(federation.folder / "run")

    @unittest.skipUnless(IS_LONG, "takes minutes; scripts/test-flower --all")
    def test_a_message_that_comes_twice_has_one_effect(self):
        federation = self.federation(*BACKPROP, "--rounds", "2")
        federation.start_clients()
        federation.start_link()
        carriers = [
            self.enterContext(Doubling(federation.socket(client), federation.folder / f"twice-{client}.sock"))
            for client in range(3)
        ]
        for client, carrier in enumerate(carriers):
            federation.start_node(client, path=carrier.path)
        self.run_to_end(federation)
        self.assert_simulated(federation)
        for carrier in carriers:
            trained = [replies for replies in carrier.replies if b'"op":"train"' in replies[0]]
            self.assertEqual(len(trained), 2)
            self.assertTrue(all(len(set(replies)) == 1 for replies in trained))

    @unittest.skipUnless(IS_LONG, "takes minutes; scripts/test-flower --all")
    def test_a_node_that_is_gone_or_refused_does_not_count(self):
        federation = self.federation("--estimator", "two-sided", "--rounds", "4")
        federation.start_client(0)
        federation.start_client(1)
        federation.start_client(2, "--lr", "5e-5")
        federation.start_flower()
        federation.start_in_background(data="synthetic:6", quorum=1)
        wait_until(lambda: federation.rounds >= 1, 300, "the first round")
        federation.end("supernode-1", signal.SIGKILL)
        wait_until(lambda: federation.rounds >= 4, 600, "the last round")
        federation.wait_for_background()
        output = federation.background_output
        self.assertIn("client 2: the setting 'lr' is 5e-05, but must be 1e-05", output)
        rounds = [json.loads(line) for line in federation.log_lines]
        clients = [[part["client"] for part in entry["participants"]] for entry in rounds]
        self.assertEqual((clients[0], clients[-1]), ([0, 1], [0]))

    @unittest.skipUnless(IS_LONG, "takes minutes; scripts/test-flower --all")
    def test_certificates_and_keys_keep_strangers_out(self):
        federation = self.federation(*BACKPROP, "--rounds", "2")
        federation.secure()
        federation.start_clients()
        federation.start_link()
        for client in range(3):
            federation.register(f"node{client}")
            federation.start_node(client)
        federation.start_stranger()
        self.run_to_end(federation)
        self.assert_simulated(federation)
        self.assertIn("2004", federation.log("stranger"))
        # Nothing is said to one without TLS.
        with self.assertRaises(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{federation.port}/v1/fleet/pull-messages", b"")


if __name__ == "__main__":
    unittest.main()
