"""PyTorch and transformers as a peer: steps of MeZO, AdamW and LoRA, replay of seeds, greedy decoding.

The step is that of the FedKSeed and MeZO reference codes: torch.manual_seed and one torch.normal a
tensor, in place, by +ε, −2ε, +ε around two forward passes, and once more for the update.
"""

import torch
import transformers
from worker import SEQUENCE_LENGTH, serve, timed, tokens

EPSILON = 1e-3
LEARNING_RATE = 1e-9  # tiny, so that losses stay comparable; an update costs the same at any rate
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
models, seen = {}, set()


def model(request):
    key = request["model"], request["elementType"]
    if key not in models:
        models[key] = transformers.LlamaForCausalLM.from_pretrained(
            request["model"], dtype=DTYPES[request["elementType"]]
        ).eval()
    return models[key]


def move(network, seed, scale):
    """Moves all weights by `scale` times the direction of `seed`."""
    torch.manual_seed(seed)
    for weights in network.parameters():
        z = torch.normal(mean=0.0, std=1.0, size=weights.size(), dtype=weights.dtype)
        weights.data.add_(z, alpha=scale)


def batch(request, network):
    flat = torch.tensor(tokens(request["tokens"], network.config.vocab_size))
    return flat.view(-1, min(SEQUENCE_LENGTH, request["tokens"]))


def forward(request):
    network = model(request)
    ids = batch(request, network)
    return lambda: network(input_ids=ids, labels=ids).loss.item()


def step(request):
    network = model(request)
    ids = batch(request, network)

    def run():
        seed = 12
        move(network, seed, EPSILON)
        plus = network(input_ids=ids, labels=ids).loss.item()
        move(network, seed, -2 * EPSILON)
        minus = network(input_ids=ids, labels=ids).loss.item()
        move(network, seed, EPSILON)
        gradient = (plus - minus) / (2 * EPSILON)
        move(network, seed, -LEARNING_RATE * gradient)
        return (plus + minus) / 2

    return run


def replay(request):
    """Replays `count` seeds onto as many f32 weights as the model has."""
    size = model(request).num_parameters()
    weights = torch.zeros(size)

    def run():
        for seed in range(request["count"]):
            torch.manual_seed(seed)
            z = torch.normal(mean=0.0, std=1.0, size=(size,))
            weights.add_(z, alpha=-1e-6)
        return weights[0].item()

    return run


def decode(request):
    network = model(request)
    ids = torch.tensor(tokens(32 * request["count"], network.config.vocab_size)).view(-1, 32)

    def run():
        out = network.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False,
            max_new_tokens=request["tokens"], min_new_tokens=request["tokens"], pad_token_id=0,
        )
        return (out.shape[1] - 32) * out.shape[0]

    return run


def trained(request):
    """Returns a model of its own whose weights, or adapters of rank 8 on queries and values, are tuned."""
    network = transformers.LlamaForCausalLM.from_pretrained(request["model"], dtype=torch.float32)
    network.config.use_cache = False
    if request["task"] == "lora":
        import peft

        targets = ["q_proj", "v_proj"]
        network = peft.get_peft_model(network, peft.LoraConfig(r=8, target_modules=targets))
    return network.train()


def descend(request):
    """A step of AdamW along the gradient of all weights, or of the adapters."""
    network = trained(request)
    ids = batch(request, network)
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=LEARNING_RATE)

    def run():
        optimizer.zero_grad()
        loss = network(input_ids=ids, labels=ids).loss
        loss.backward()
        optimizer.step()
        return loss.item()

    return run


def untracked(task):
    """Returns a task that records nothing for a backward pass."""
    def measured(request):
        with torch.inference_mode():
            run = task(request)
        return torch.inference_mode()(run)
    return measured


TASKS = {
    "forward": untracked(forward), "step": untracked(step), "replay": untracked(replay),
    "decode": untracked(decode), "adamw": descend, "lora": descend,
}
runs = {}  # those that hold an optimiser


def body(request):
    """Returns what a request measures; with an optimiser, the same one each time."""
    if TASKS[request["task"]] is not descend:
        return TASKS[request["task"]](request)
    key = request["task"], request["tokens"], request["model"]
    if key not in runs:
        runs[key] = descend(request)
    return runs[key]


def measure(request):
    if request["task"] == "describe":
        return {"facts": {"torch": torch.__version__, "transformers": transformers.__version__}}
    torch.set_num_threads(request["threads"])
    key = request["task"], request["tokens"] if "tokens" in request else 0, request["elementType"]
    # A replay is long and steady; everything else warms up.
    is_new = key not in seen and request["task"] != "replay"
    seen.add(key)
    return timed(request["repeats"], body(request), is_new)


transformers.logging.set_verbosity_error()
serve(measure)
