#!/usr/bin/env python3
"""Runs FedIT and FedAvg in PyTorch, with the clients, participants and batches of the tool.

    first_order.py --tool .build/release/fedkseed --model MODEL.gguf --settings dolly-0.5 \
      --methods fedit,fedavg --lrs 3e-4 --seeds 1,2,3 --rounds 20 --local-steps epoch

`fedit` trains LoRA with AdamW, `fedavg` all weights with AdamW; `fedit-sgd` and `fedavg-sgd` do it
with plain SGD. --local-steps is a number, or `epoch`: as many as one pass over the client's examples
takes. prepare.py comes first; checks.py compares PyTorch with the tool before each run. Runs in
results/runs.csv are not repeated, and one that was stopped goes on after its last round.
"""

import concurrent.futures
import multiprocessing
import shutil
import time

import checks
import common
import draws
import network as client_side
import torch

METHODS = ["fedit", "fedit-sgd", "fedavg", "fedavg-sgd"]


def main():
    options = common.parser(__doc__.splitlines()[0], ["fedit", "fedavg"], "epoch").parse_args()
    unknown = set(options.methods) - set(METHODS)
    assert not unknown, f"{unknown} are none of {METHODS}"
    torch.set_num_threads(options.threads)
    for run in common.pending(options, lambda method: ""):
        prepared = common.Prepared(options, run["setting"])
        clients = checks.check(options, prepared, run["setting"], run["seed"])
        work = prepared.folder / "first-order" / common.file_name(run)
        found, losses = in_new_process(train, options, run, clients, work)
        checks.check_tests(options, prepared, work / "tuned", losses)
        common.finish(options, prepared, run, found, work / "tuned")
        shutil.rmtree(work)


def in_new_process(function, *arguments):
    """A process for each run: what it needs at its peak is then its own."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *arguments).result()


def train(options, run, clients, work):
    """Trains, writes the tuned model; returns columns, and losses of the first test examples."""
    torch.set_num_threads(options.threads)
    prepared = common.Prepared(options, run["setting"])
    examples = checks.training(options, prepared)
    federation = Federation(options, run, [[examples[i] for i in part] for part in clients], work)
    while federation.round < run["rounds"]:
        federation.run_round()
    client_side.assign(federation.network, federation.state)
    client_side.save_folder(federation.network, options.work / "base", work / "tuned")
    with torch.inference_mode():
        losses = client_side.losses(
            client_side.plain(federation.network), checks.first_tests(options, prepared))
    return federation.columns(), losses.tolist()


class Federation:
    """A server and its clients, which share one network: `state` is the global model."""

    def __init__(self, options, run, clients, work):
        self.run, self.clients, self.path = run, clients, work / "state.safetensors"
        self.network = client_side.load(options.work / "base", run["method"], run["seed"])
        self.orders = [
            draws.BatchOrder(len(part), run["batch"], run["seed"], number)
            for number, part in enumerate(clients)]
        self.round, self.facts = 0, {"seconds": 0.0, "peak": 0, "steps": 0}
        work.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            self.resume()
        else:
            parameters = client_side.trained(self.network)
            self.state = {name: tensor.detach().clone() for name, tensor in parameters.items()}

    def resume(self):
        self.state, facts = client_side.load_state(self.path)
        while self.round < facts["round"]:
            for client in self.participants():
                self.batches(client)
            self.round += 1
        self.facts = {name: facts[name] for name in self.facts}

    def participants(self):
        return draws.participants(
            self.run["seed"], self.round, self.run["participants"], len(self.clients))

    def batches(self, client):
        """The batches of a client in this round; the next round goes on behind them."""
        order, part = self.orders[client], self.clients[client]
        steps = self.run["local_steps"]
        count = -(-len(part) // order.batch) if steps == "epoch" else int(steps)
        return [[part[place] for place in order.next()] for _ in range(count)]

    def run_round(self):
        """Lets the participants train and averages what they send, weighted by n_i."""
        start, memory = time.perf_counter(), client_side.MemoryPeak()
        chosen = self.participants()
        total = sum(len(self.clients[client]) for client in chosen)
        average = {name: torch.zeros_like(tensor) for name, tensor in self.state.items()}
        for client in chosen:
            with memory:
                self.train_client(client)
            for name, tensor in client_side.trained(self.network).items():
                average[name].add_(tensor.detach(), alpha=len(self.clients[client]) / total)
        self.state, self.round = average, self.round + 1
        self.facts["seconds"] += time.perf_counter() - start
        # The global model and its next average are the server's.
        self.facts["peak"] = max(self.facts["peak"], memory.peak - 2 * self.byte_count())
        client_side.save_state(self.path, self.state, self.facts | {"round": self.round})

    def train_client(self, client):
        batches = self.batches(client)
        client_side.assign(self.network, self.state)
        client_side.take_steps(self.network, batches, self.run["method"], float(self.run["lr"]))
        self.facts["steps"] += len(batches)

    def byte_count(self):
        """What a client receives, and what it sends: every trained number in float32."""
        return sum(4 * tensor.numel() for tensor in self.state.values())

    def columns(self):
        blas = "MKL" if torch.backends.mkl.is_available() else "other"
        return {
            "bytes_up": self.byte_count(), "bytes_down": self.byte_count(),
            "steps": self.facts["steps"], "train_seconds": round(self.facts["seconds"], 1),
            "peak_private_mb": round(self.facts["peak"] / 1e6),
            "blas": f"PyTorch {torch.__version__.split('+')[0]} {blas}"}


if __name__ == "__main__":
    main()
