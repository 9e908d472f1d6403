"""What runs at the server: starts `fedkseed server` and carries for it.

After each round the run is on disk in 'out'. If this app, the SuperLink or the machine ends before the run
does, the same `flwr run` goes on with it, to the same bits.
"""

import time
from logging import INFO

from flwr.app import Context
from flwr.common.logger import log
from flwr.serverapp import Grid, ServerApp

from fedkseed_flower.process import ServerProcess, command
from fedkseed_flower.secure import SecureSum
from fedkseed_flower.strategy import FedKSeed

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    config = context.run_config
    wait_for_nodes(grid, int(config["min-nodes"]), float(config["wait"]))
    with ServerProcess(command(config), tell=lambda line: log(INFO, "%s", line)) as server:
        FedKSeed(
            server, float(config["deadline"]), float(config["patience"]), float(config["delta"]),
            SecureSum() if config["secure"] else None,
        ).start(grid)
        result = server.result or {}
    log(
        INFO, "FedKSeed: held-out loss %.6f -> %.6f nats in %s rounds; the model is %s",
        result["loss_before"], result["loss_after"], result["rounds"], result["model"],
    )


def wait_for_nodes(grid: Grid, count: int, seconds: float) -> None:
    """Wait until so many nodes are connected; who comes later takes part from then on."""
    end = time.monotonic() + seconds
    while len(list(grid.get_node_ids())) < count and time.monotonic() < end:
        time.sleep(1)
