#!/usr/bin/env python3
"""First order on the same task: AdamW over all weights, or LoRA, in PyTorch; scored by fedkseed.

    first_order.py --tool .build/release/fedkseed --model HF_FOLDER --data ../shared/data/sst2 \
      --methods full,lora --lrs 2e-5 --seeds 1 --steps 50,100,200

The prompt, the words, the batch of 16 with as many examples of each label and the loss of choosing are
those of run.py; HF_FOLDER is what `fedkseed apply` writes of an untuned checkpoint. Each number of
steps is a place on one run: the model there is written as a folder and scored by `score --options`.
Rows go to results/first-order.csv, or --out there; those that are there are not measured again.
"""

import argparse
import itertools
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import experiment
import torch
import transformers

KEY = ["method", "lr", "seed", "step"]
COLUMNS = KEY + ["accuracy", "lower", "upper", "choice_loss", "train_seconds", "private_mb"]
WORDS = [" terrible", " great"]


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    path = HERE / "results" / options.out
    done = {tuple(row[name] for name in KEY) for row in experiment.read(path)}
    for method, lr, seed in itertools.product(options.methods, options.lrs, options.seeds):
        run = {"method": method, "lr": lr, "seed": seed}
        if any((method, lr, str(seed), str(step)) not in done for step in options.steps):
            for row in train(options, run):
                experiment.append(path, COLUMNS, row)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names, numbers = experiment.names, experiment.numbers
    parser.add_argument("--tool", required=True)
    parser.add_argument("--model", required=True, type=pathlib.Path)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--methods", type=names, default=["full", "lora"])
    parser.add_argument("--lrs", type=names, default=["2e-5"])
    parser.add_argument("--seeds", type=numbers, default=[1])
    parser.add_argument("--steps", type=numbers, default=[50, 100, 200])
    parser.add_argument("--out", default="first-order.csv")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def train(options, run):
    """Yields a row at each number of steps."""
    torch.manual_seed(run["seed"])
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
    network = load(options.model, run["method"])
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=float(run["lr"]), weight_decay=0)
    words = [tokenizer(word, add_special_tokens=False).input_ids[0] for word in WORDS]
    seconds = 0.0
    for step, batch in enumerate(batches(options.data / "train.tsv", run["seed"]), start=1):
        start = time.perf_counter()
        optimizer.zero_grad()
        choice_loss(network, tokenizer, words, batch).backward()
        optimizer.step()
        seconds += time.perf_counter() - start
        if step in options.steps:
            cost = {"step": step, "train_seconds": round(seconds, 1), "private_mb": private_mb()}
            yield run | cost | score(options, network)
        if step == max(options.steps):
            return


def load(folder, method):
    network = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    if method == "full":
        return network
    import peft
    lora = peft.LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"])
    return peft.get_peft_model(network, lora)


def batches(path, seed):
    """Endless batches of 16, eight of each label."""
    lines = [line.split("\t") for line in path.read_text("utf-8").splitlines()[1:]]
    random.Random(seed).shuffle(lines)
    streams = [itertools.cycle([line for line in lines if line[1] == label]) for label in "01"]
    while True:
        yield [next(stream) for _ in range(8) for stream in streams]


def choice_loss(network, tokenizer, words, batch):
    """The cross-entropy of the right word's log-probability among those of both words."""
    prompts = [tokenizer(f"{text.strip()} It was", add_special_tokens=False).input_ids
               for text, _ in batch]
    width = max(map(len, prompts))
    tokens = torch.tensor([prompt + [0] * (width - len(prompt)) for prompt in prompts])
    mask = torch.tensor([[1] * len(prompt) + [0] * (width - len(prompt)) for prompt in prompts])
    last = torch.tensor([len(prompt) - 1 for prompt in prompts])
    logits = network(input_ids=tokens, attention_mask=mask).logits
    chosen = logits[torch.arange(len(batch)), last].log_softmax(-1)[:, words]
    return torch.nn.functional.cross_entropy(chosen, torch.tensor([int(b[1]) for b in batch]))


def score(options, network):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
            shutil.copy(options.model / name, folder)
        save(network, folder / "model.safetensors")
        line = [options.tool, "score", folder, "--data", options.data / "dev.tsv", "--template",
                "raw", "--end-token", "false", "--options", "--json", "--threads",
                str(options.threads)]
        printed = subprocess.run(line, check=True, stdout=subprocess.PIPE).stdout
    accuracy = json.loads(printed)["accuracy"]
    found = accuracy["per_token"]
    return {"accuracy": found["mean"], "lower": found["lower"], "upper": found["upper"],
            "choice_loss": accuracy["choice_loss"]}


def save(network, path):
    """Writes the weights, adapters merged; the output head is the embedding."""
    from safetensors.torch import save_file
    import copy
    plain = network
    if hasattr(network, "merge_and_unload"):
        plain = copy.deepcopy(network).merge_and_unload()
    tensors = {name: tensor.contiguous() for name, tensor in plain.state_dict().items()
               if name != "lm_head.weight"}
    save_file(tensors, path)


def private_mb():
    """The largest resident set so far, less what is mapped from files now; in 10^6 bytes."""
    fields = dict(line.split(":") for line in open("/proc/self/status"))
    peak, mapped = (int(fields[name].split()[0]) for name in ("VmHWM", "RssFile"))
    return round((peak - mapped) * 1024 / 1e6)


main()
