"""A federation of real processes on Flower leaves the model of a simulation, byte for byte.

FEDKSEED is the tool; with FEDKSEED_FLOWER_ALL also what takes minutes.
"""

import os
import tempfile
import unittest
from pathlib import Path

from loopback import APP, Loopback

TOOL = os.environ.get("FEDKSEED", str(APP.parent.parent / ".build/release/fedkseed"))
MODEL = str(APP.parent.parent / "Models/tiny-llama")
OPTIONS = (
    "--data synthetic:6 --template raw --candidates 64 --batch 4 --held-out 14 --clients 3 "
    "--local-steps 4 --partition iid"
).split()
BACKPROP = ["--estimator", "backprop", "--lr", "1e-3"]


class EndToEnd(unittest.TestCase):
    def federation(self, *options: str) -> Loopback:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        federation = Loopback(TOOL, MODEL, Path(folder.name), 3, [*OPTIONS, *options])
        return self.enterContext(federation)

    def test_rounds_leave_the_model_of_a_simulation(self):
        federation = self.federation(*BACKPROP, "--rounds", "2")
        federation.start_clients()
        federation.start_flower()
        # With the same data the header of the seed checkpoint is the same too.
        output = federation.run(data="synthetic:6", options="--evaluator clients")
        federation.simulate()
        self.assertTrue((federation.folder / "run/results.json").exists(), output)
        self.assertTrue(federation.is_equal())


if __name__ == "__main__":
    unittest.main()
