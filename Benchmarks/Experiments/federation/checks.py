"""Before PyTorch trains: does it compute what the tool computes?

Compared are, each to TOLERANCE (nats, and a share above one nat), the losses of the base on the first
test examples and on training examples that the length limit cuts; of two rounds that the tool
simulated, the participants, the sizes of their data and the losses of their first batches; and after a
run the losses of the tuned model. Any difference ends the script. Called by first_order.py; no command
of its own.
"""

import array
import functools
import json
import sys

import common
import draws
import examples
import network
import torch

TOLERANCE = 1e-3
COUNT = 4  # of examples in a comparison


@functools.cache
def encoded(path, base, template, limit):
    """The examples of a file as tokens, cut on the right, and the place of the first label.

    Arrays, not lists: the examples of all clients should hardly count as memory of one.
    """
    encoder = examples.Encoder(base, template)
    pairs = map(encoder.encode, examples.read_lines(path))
    return [(array.array("i", tokens[:limit]), start) for tokens, start in pairs]


def training(options, prepared):
    return encoded(prepared.folder / "train.jsonl", options.work / "base", prepared.template,
                   options.length_limit)


def first_tests(options, prepared):
    return encoded(prepared.folder / "test.jsonl", options.work / "base", prepared.template,
                   prepared.test_limit)[:COUNT]


@functools.cache
def base_network(base):
    return network.load(base, "base", 0)


@torch.inference_mode()
def base_losses(options, batch):
    return network.losses(base_network(options.work / "base"), batch).tolist()


def check(options, prepared, setting, seed):
    """Checks a setting; returns each client's examples, as the tool divides them."""
    found = training(options, prepared)
    cut = [place for place, (tokens, _) in enumerate(found)
           if len(tokens) == options.length_limit][:COUNT]
    compare_scores(options, prepared, "train.jsonl", cut, options.length_limit, options.model,
                   base_losses(options, [found[place] for place in cut]))
    check_tests(options, prepared, options.model,
                base_losses(options, first_tests(options, prepared)))
    return check_division(options, prepared, setting, seed)


def check_tests(options, prepared, model, losses):
    compare_scores(options, prepared, "test.jsonl", range(len(losses)), prepared.test_limit, model,
                   losses)


def compare_scores(options, prepared, name, places, limit, model, losses):
    """Compares with `score`, on some of the examples of a file."""
    lines = examples.read_lines(prepared.folder / name)
    part = prepared.folder / f"check-{name}"
    examples.write_lines(part, [lines[place] for place in places])
    result = common.tool(options, "score", model, "--data", part, "--template", prepared.template,
                         "--length-limit", limit)
    compare(f"{model} on {part.name}", losses, result["losses"])


def compare(what, ours, tools):
    if len(ours) != len(tools):
        sys.exit(f"{what}: {len(ours)} losses in PyTorch, {len(tools)} in the tool")
    worst = max(abs(a - b) / max(1, abs(b)) for a, b in zip(ours, tools))
    print(f"check: {what}: {len(ours)} losses, largest difference {worst:.1e}", file=sys.stderr)
    if not worst <= TOLERANCE:
        sys.exit(f"{what}: PyTorch {ours}, the tool {tools}")


def check_division(options, prepared, setting, seed):
    """Compares participants and batches with those of the tool; returns the tool's partition."""
    parts = setting, seed, prepared.clients, options.participants, options.batch
    folder = prepared.folder / "divisions" / "_".join(map(str, parts))
    if not (folder / "results.json").exists():
        divide(options, prepared, folder, seed)
    clients = json.loads((folder / "partition.json").read_text())["clients"]
    orders = {}
    for number, line in enumerate(examples.read_lines(folder / "rounds.jsonl")):
        check_round(options, prepared, clients, orders, seed, number, line["participants"])
    return clients


def divide(options, prepared, folder, seed):
    """Two rounds of a step of no length, so that the loss of a batch is that of the base."""
    folder.parent.mkdir(exist_ok=True)
    common.tool(
        options, "simulate", options.model, *prepared.arguments(options, seed), "--rounds", 2,
        "--local-steps", 1, "--batch", options.batch, "--lr", 1e-12, "--epsilon", 1e-6, "--force",
        "--out", folder)


def check_round(options, prepared, clients, orders, seed, number, logged):
    chosen = draws.participants(seed, number, options.participants, len(clients))
    sizes = [(client, len(clients[client])) for client in chosen]
    if sizes != [(item["client"], item["example_count"]) for item in logged]:
        sys.exit(f"round {number}: PyTorch would have the clients {sizes}, the tool has {logged}")
    losses = []
    for client, size in sizes:
        order = orders.setdefault(client, draws.BatchOrder(size, options.batch, seed, client))
        batch = [training(options, prepared)[clients[client][place]] for place in order.next()]
        losses.append(sum(base_losses(options, batch)) / len(batch))
    compare(f"batches of round {number}", losses, [item["mean_loss"] for item in logged])
