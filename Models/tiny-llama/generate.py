#!/usr/bin/env python3
"""Makes the test models of this folder and its subfolder, and the numbers our code must reproduce.

    python3 -m venv .venv && .venv/bin/pip install torch transformers tokenizers safetensors numpy
    .venv/bin/python Models/tiny-llama/generate.py

Everything is made here from fixed seeds: the text, the tokenizers, the weights (trained for a
minute, so that losses and margins mean something). Another version of torch may make other
weights; expected.json records the versions and the hashes that belong together.
"""

import hashlib
import json
import pathlib
import platform
import random

import numpy
import safetensors
import tokenizers
import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

FOLDER = pathlib.Path(__file__).parent
SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
END = 2
VOCABULARY_SIZE = 384
CONTEXT = 256
STEPS = 300

# The two differ in every choice that a loader can get wrong. Keyed by folder.
VARIANTS = {
    ".": dict(
        digits=True, dtype=torch.float32, shard="1GB", seed=1,
        config=dict(tie_word_embeddings=True, rms_norm_eps=1e-5), rope_theta=10_000.0),
    "untied-bf16": dict(
        digits=False, dtype=torch.bfloat16, shard="120KB", seed=3,
        config=dict(tie_word_embeddings=False, rms_norm_eps=1e-6), rope_theta=100_000.0),
}

ANIMALS = ["owl", "fox", "hare", "otter", "heron", "lynx", "toad", "wren"]
PLACES = ["by the river", "on the hill", "under the old bridge", "in the barn", "near the lake"]
DEEDS = ["sleeps", "waits", "sings", "builds a nest", "looks for food", "hides from the rain"]
NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

SEQUENCES = [
    "The otter waits by the river. The",
    "ten 1234 plus 5 = 1239, isn't it?",
    "### Instruction:\nCount the animals.\n\n### Response:",
    "Grüße, 東京! 🦉\n\n  two  spaces\t.",
    "a",
]
TOKENIZER_CASES = SEQUENCES + [
    "", " ", "\n\n\n", "we'll they've I'm don't HE'LL", "3.14159 and 1,000,000", "e\u0301 é \u200d",
    "<|im_start|>user\nHi<|im_end|>\n", "<|im_start", "\u0000\u0001\u007f", "ὀδυσσεύς ЁЖ ٣٤",
]


def alpaca(instruction):
    return (
        "Below is an instruction that describes a task. Write a response that appropriately "
        f"completes the request.\n\n### Instruction:\n{instruction}\n\n### Response:")


def task(draw):
    """An instruction and its response."""
    kind = draw.randrange(3)
    if kind == 0:
        digit = draw.randrange(10)
        return f"Write the number {digit} as a word.", " " + NUMBERS[digit]
    if kind == 1:
        number = draw.randrange(100)
        return f"Is {number} odd or even?", " odd" if number % 2 else " even"
    words = draw.sample(ANIMALS, 3)
    return "Sort: " + ", ".join(words), " " + ", ".join(sorted(words))


def story(draw):
    lines = []
    for _ in range(draw.randrange(2, 5)):
        animal = draw.choice(ANIMALS)
        lines.append(f"The {animal} {draw.choice(DEEDS)} {draw.choice(PLACES)}.")
    return " ".join(lines)


def document(draw):
    if draw.random() < 0.5:
        return story(draw)
    instruction, response = task(draw)
    return alpaca(instruction) + response


def make_tokenizer(digits):
    """SmolLM2's pre-tokenizer (every digit alone, then GPT-2's expression), or GPT-2's alone."""
    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    steps = [pre_tokenizers.Digits(individual_digits=True), byte_level]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps) if digits else byte_level
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE, show_progress=False,
        special_tokens=[AddedToken(token, special=True) for token in SPECIAL_TOKENS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    draw = random.Random(0)
    tokenizer.train_from_iterator((document(draw) for _ in range(400)), trainer)
    return tokenizer


def make_model(variant):
    torch.manual_seed(variant["seed"])
    config = LlamaConfig(
        vocab_size=VOCABULARY_SIZE, hidden_size=64, intermediate_size=160, num_hidden_layers=2,
        num_attention_heads=8, num_key_value_heads=4, head_dim=8, max_position_embeddings=CONTEXT,
        bos_token_id=1, eos_token_id=END, pad_token_id=None, initializer_range=0.08,
        rope_parameters={"rope_type": "default", "rope_theta": variant["rope_theta"]},
        attn_implementation="eager", **variant["config"])
    return LlamaForCausalLM(config)


def train(model, tokenizer, seed):
    draw = random.Random(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.0)
    for step in range(STEPS):
        rows = [(tokenizer.encode(document(draw)).ids + [END])[:CONTEXT] for _ in range(16)]
        width = max(map(len, rows))
        ids = torch.tensor([row + [END] * (width - len(row)) for row in rows])
        labels = torch.tensor([row + [-100] * (width - len(row)) for row in rows])
        loss = model(input_ids=ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = 4e-3 * (1 - step / STEPS)
        optimizer.step()
    return loss.item()


def logits(model, ids):
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits[0]


def greedy(model, ids, count):
    """Decodes by the definition: no cache, no stop token. Returns the smallest margin too."""
    ids, new, margin = list(ids), [], float("inf")
    for _ in range(count):
        first, second = logits(model, ids)[-1].topk(2).values.tolist()
        margin = min(margin, first - second)
        new.append(int(logits(model, ids)[-1].argmax()))
        ids.append(new[-1])
    return new, margin


def expected_sequence(model, tokenizer, text):
    ids = tokenizer.encode(text).ids
    all_logits = logits(model, ids)
    new, margin = greedy(model, ids, 16)
    return {
        "text": text, "ids": ids, "argmax": all_logits.argmax(-1).tolist(),
        "logits": [float(f"{value:.8g}") for value in all_logits[-1].tolist()],
        "greedy": {"ids": new, "text": tokenizer.decode(new), "smallest_margin": margin},
    }


def expected_example(model, tokenizer, draw):
    """The loss of a response and its end token: their mean negative log-likelihood, in nats."""
    instruction, response = task(draw)
    prompt = tokenizer.encode(alpaca(instruction)).ids
    answer = tokenizer.encode(response).ids + [END]
    log_probabilities = logits(model, prompt + answer).log_softmax(-1)
    losses = [
        -log_probabilities[len(prompt) - 1 + i, token].item() for i, token in enumerate(answer)]
    return {
        "instruction": instruction, "response": response.strip(), "prompt_ids": prompt,
        "response_ids": answer, "token_losses": losses, "loss": sum(losses) / len(losses),
    }


def expected(folder, tokenizer):
    """What float32 transformers computes from the files as they were written."""
    model = LlamaForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    draw = random.Random(99)
    made = {"config.json", "tokenizer.json", "model.safetensors.index.json"}
    files = sorted(
        p for p in folder.iterdir() if p.name in made or p.suffix == ".safetensors")
    return {
        "made_by": {
            "python": platform.python_version(), "numpy": numpy.__version__,
            "torch": torch.__version__, "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__, "safetensors": safetensors.__version__,
        },
        "sha256": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files},
        "parameters": sum(p.numel() for p in model.parameters()),
        "sequences": [expected_sequence(model, tokenizer, text) for text in SEQUENCES],
        "examples": [expected_example(model, tokenizer, draw) for _ in range(8)],
        "tokenizer": [
            {"text": text, "ids": tokenizer.encode(text).ids} for text in TOKENIZER_CASES],
    }


def write_config(path, variant):
    """Keeps transformers 5's spelling of the RoPE base in one variant, the older in the other."""
    config = json.loads(path.read_text())
    if variant["config"]["tie_word_embeddings"]:
        config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
        config["torch_dtype"] = config.pop("dtype")
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def main():
    torch.set_num_threads(1)
    for name, variant in VARIANTS.items():
        folder = FOLDER / name
        tokenizer = make_tokenizer(variant["digits"])
        model = make_model(variant)
        loss = train(model, tokenizer, variant["seed"])
        model.to(variant["dtype"]).save_pretrained(folder, max_shard_size=variant["shard"])
        (folder / "generation_config.json").unlink(missing_ok=True)
        for weights in folder.glob("*.safetensors"):
            weights.chmod(0o644)
        write_config(folder / "config.json", variant)
        tokenizer.save(str(folder / "tokenizer.json"))
        values = expected(folder, tokenizer)
        (folder / "expected.json").write_text(
            json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n")
        margin = min(s["greedy"]["smallest_margin"] for s in values["sequences"])
        size = sum(p.stat().st_size for p in folder.iterdir() if p.is_file())
        print(f"{folder.resolve().name}: training loss {loss:.3f}, smallest margin {margin:.2g}, {size} bytes")


if __name__ == "__main__":
    main()
