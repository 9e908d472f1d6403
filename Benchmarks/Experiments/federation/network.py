"""The PyTorch side of a client: the loss, the local steps, LoRA, memory, the tuned folder.

The loss is the tool's: the mean over the labels of each example, then over the examples. Logits are
computed where there are labels only. Called by first_order.py; no command of its own.
"""

import json
import shutil
import threading

import peft
import safetensors
import safetensors.torch
import torch
import transformers

RANK, ALPHA = 8, 16
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def load(base, method, seed):
    """Returns the base in float32; for FedIT with adapters, A random and B zero."""
    network = transformers.LlamaForCausalLM.from_pretrained(base, dtype=torch.float32)
    network.config.use_cache = False
    if not method.startswith("fedit"):
        return network
    torch.manual_seed(seed)
    return peft.get_peft_model(network, peft.LoraConfig(
        r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=["q_proj", "v_proj"],
        task_type="CAUSAL_LM"))


def trained(network):
    return {name: tensor for name, tensor in network.named_parameters() if tensor.requires_grad}


def plain(network):
    """The model below the adapters, which stand in its layers."""
    return network.get_base_model() if isinstance(network, peft.PeftModel) else network


def losses(network, batch):
    """The loss of each example of a batch of (tokens, place of the first label)."""
    width = max(len(tokens) for tokens, _ in batch)
    pad = lambda items, filler: list(items) + [filler] * (width - len(items))
    ids = torch.tensor([pad(tokens, 0) for tokens, _ in batch])
    seen = torch.tensor([pad([1] * len(tokens), 0) for tokens, _ in batch])
    labelled = torch.tensor([
        [start - 1 <= place < len(tokens) - 1 for place in range(width - 1)]
        for tokens, start in batch])
    hidden = plain(network).model(input_ids=ids, attention_mask=seen).last_hidden_state
    logits = plain(network).lm_head(hidden[:, :-1][labelled])
    each = torch.nn.functional.cross_entropy(logits, ids[:, 1:][labelled], reduction="none")
    return torch.stack([part.mean() for part in each.split(labelled.sum(1).tolist())])


def take_steps(network, batches, method, lr):
    """One client's round; the optimiser's state is new and stays here."""
    parameters = list(trained(network).values())
    if method.endswith("-sgd"):
        optimizer = torch.optim.SGD(parameters, lr=lr)
    else:
        optimizer = torch.optim.AdamW(parameters, lr=lr, weight_decay=0.0)
    for batch in batches:
        optimizer.zero_grad(set_to_none=True)
        losses(network, batch).mean().backward()
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)


@torch.no_grad()
def assign(network, state):
    for name, tensor in trained(network).items():
        tensor.copy_(state[name])


def save_folder(network, base, folder):
    """Writes the tuned model, adapters merged, in the layout of the base."""
    if isinstance(network, peft.PeftModel):
        network = network.merge_and_unload()
    state = network.state_dict()
    with safetensors.safe_open(base / "model.safetensors", "pt") as file:
        tensors = {name: state[name].contiguous() for name in file.keys()}
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(base / name, folder / name)
    safetensors.torch.save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def save_state(path, state, facts):
    partial = path.with_suffix(".partial")
    safetensors.torch.save_file(state, partial, {"facts": json.dumps(facts)})
    partial.replace(path)


def load_state(path):
    with safetensors.safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["facts"])
        # A copy: a tensor of the file would be no private memory.
        return {name: file.get_tensor(name).clone() for name in file.keys()}, facts


def private_bytes():
    """Anonymous memory of this process, in RAM or swapped out: what the tool calls private."""
    with open("/proc/self/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return 1024 * sum(int(fields[name].split()[0]) for name in ("RssAnon", "VmSwap"))


class MemoryPeak:
    """The peak of private memory inside a `with`, sampled every 20 ms."""

    def __init__(self):
        self.peak = 0

    def __enter__(self):
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def watch(self):
        while not self.done.wait(0.02):
            self.peak = max(self.peak, private_bytes())
