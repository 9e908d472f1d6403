#!/usr/bin/env python3
"""The same task by first order in PyTorch: AdamW over all weights, or LoRA; scored by fedkseed.

    first_order.py --tool .build/release/fedkseed --model HF_FOLDER --data runs/arithmetic \
      --methods adamw,lora --lrs 2e-5 --steps 60

HF_FOLDER is what `fedkseed apply` writes of an untuned checkpoint. Loss, batch size, warm-up and
schedule are those of run.py, the order of the examples is its own. Rows go to results/runs.csv; a run
is measured at each of --steps, and not again.
"""

import copy
import itertools
import json
import math
import pathlib
import random
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent), str(HERE.parent / "federation")]
import experiment
import network as client_side
import run as arithmetic
import torch
import transformers

BATCH, WARMUP = 16, 5


def main():
    parser = arithmetic.parser(__doc__)
    parser.add_argument("--methods", type=experiment.names, default=["adamw", "lora"])
    options = parser.parse_args()
    options.model = pathlib.Path(options.model)
    torch.set_num_threads(options.threads)
    done = {arithmetic.key(row) for row in experiment.read(arithmetic.RESULTS)}
    for method, lr, seed in itertools.product(options.methods, options.lrs, options.seeds):
        run = {"method": method, "candidates": "", "lr": lr, "seed": seed, "extra": ""}
        if any(arithmetic.key(run | {"step": step}) not in done for step in options.steps):
            for row in train(options, run):
                experiment.append(arithmetic.RESULTS, arithmetic.COLUMNS, row)


def train(options, run):
    """Yields a row at each of the steps."""
    network = client_side.load(
        options.model, "fedit" if run["method"] == "lora" else "fedavg", run["seed"])
    check(options, network)
    weights = list(client_side.trained(network).values())
    optimizer = torch.optim.AdamW(weights, lr=float(run["lr"]), weight_decay=0.0)
    seconds, last = 0.0, max(options.steps)
    for step, batch in zip(range(1, last + 1), batches(options, run["seed"])):
        start = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = float(run["lr"]) * schedule(step - 1, last)
        optimizer.zero_grad()
        client_side.losses(network, batch).mean().backward()
        optimizer.step()
        seconds += time.perf_counter() - start
        if step in options.steps:
            yield run | {
                "step": step, "bytes": sum(4 * weight.numel() for weight in weights),
                "step_seconds": round(seconds / step, 2),
                "private_mb": round(client_side.private_bytes() / 1e6)} | score(options, network)


def check(options, network):
    """Does PyTorch compute the loss that the tool computes of the test examples before any step?"""
    with torch.no_grad():
        ours = client_side.losses(network, encoded(options, "test.jsonl")[:BATCH]).mean().item()
    lines = (options.data / "test.jsonl").read_text("utf-8").splitlines()[:BATCH]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        print(*lines, sep="\n", file=file, flush=True)
        tool = experiment.tool(options.tool, "score", options.model, "--data", file.name,
                               *arithmetic.PROMPT)["loss_per_example"]
    assert abs(ours - tool) < 1e-3, f"loss of the base: {ours} in PyTorch, {tool} in fedkseed"


def schedule(step, steps):
    """Of the rate: linear warm-up, then half a cosine."""
    if step < WARMUP:
        return (step + 1) / WARMUP
    return 0.5 + 0.5 * math.cos(math.pi * (step - WARMUP) / (steps - WARMUP))


def batches(options, seed):
    """Endless batches of (tokens, place of the first label)."""
    examples = encoded(options, "train.jsonl")
    random.Random(seed).shuffle(examples)
    stream = itertools.cycle(examples)
    while True:
        yield list(itertools.islice(stream, BATCH))


def encoded(options, name):
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
    return [encode(tokenizer, json.loads(line))
            for line in (options.data / name).read_text("utf-8").splitlines()]


def encode(tokenizer, example):
    """The tokens of the instruction in the model's chat template, and of the response and its end."""
    message = [{"role": "user", "content": example["instruction"]}]
    asked = tokenizer.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
    prompt = tokenizer.encode(asked, add_special_tokens=False)
    answer = tokenizer.encode(example["response"], add_special_tokens=False)
    return prompt + answer + [tokenizer.eos_token_id], len(prompt)


def score(options, network):
    """The adapters are merged in a copy, as training goes on."""
    with tempfile.TemporaryDirectory() as folder:
        client_side.save_folder(copy.deepcopy(network), options.model, pathlib.Path(folder))
        return arithmetic.score(options, folder)


if __name__ == "__main__":
    main()
