#!/usr/bin/env python3
"""Makes the Qwen2 test model of this folder, and the numbers our code must reproduce.

    python3 -m venv .venv && .venv/bin/pip install torch transformers tokenizers safetensors numpy
    .venv/bin/python Models/tiny-qwen2/generate.py

Random weights from a fixed seed. Biases and norms are far from the values that training starts from, so
that one that is left out or put in the wrong place shows. Another version of torch may make other
weights; expected.json records the versions and the hashes that belong together.
"""

import hashlib
import json
import pathlib
import platform

import numpy
import safetensors
import tokenizers
import torch
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import Qwen2Config, Qwen2ForCausalLM

FOLDER = pathlib.Path(__file__).parent
MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
VOCABULARY_SIZE = 320
# Rows of the embedding beyond the vocabulary, as Qwen2's own models have them.
ROWS = 352
END = 302
EXPRESSION = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")

TEXT = """The heron counts 12 fish, 305 shells and 7 stones before the tide turns.
We'll see; THEY'VE said it isn't far, and I'm inclined to wait.
Über den Fluss führt eine Brücke. Река течёт на север. 春天来了。
A seed names a direction; one scalar says how far to go along it.
for (int i = 0; i < count; ++i) { total += weights[i]; }
""".splitlines()

SEQUENCES = [
    "The heron waits by the tide. The",
    "ten 1234 plus 5 = 1239, isn't it?\n\n  IT'S",
    "<|im_start|>user\nCount the fish.<|im_end|>\n<|im_start|>assistant\n",
    "Gru\u0308\u00dfe, 東京! 🦉\n\n  two  spaces\t.",
    "a",
]


def make_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(EXPRESSION), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, show_progress=False, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(TEXT, trainer)
    # The marks come behind the vocabulary, as Qwen2's do.
    tokenizer.add_special_tokens([AddedToken(mark, normalized=False, special=True) for mark in MARKS])
    assert tokenizer.token_to_id("<|im_end|>") == END
    return tokenizer


def make_model():
    torch.manual_seed(11)
    config = Qwen2Config(
        vocab_size=ROWS, hidden_size=32, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, rms_norm_eps=1e-6, tie_word_embeddings=True,
        bos_token_id=300, eos_token_id=END, use_sliding_window=False, initializer_range=0.2,
        rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0}, attn_implementation="eager")
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 1.5)
            elif "norm" in name:
                parameter.uniform_(0.25, 2.5).mul_(torch.where(torch.rand_like(parameter) < 0.2, -1.0, 1.0))
    return model.eval()


def logits(model, ids):
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits[0]


def greedy(model, ids, count):
    """Decodes by the definition: no cache, no stop token. Returns the smallest margin too."""
    ids, new, margin = list(ids), [], float("inf")
    for _ in range(count):
        last = logits(model, ids)[-1]
        first, second = last.topk(2).values.tolist()
        margin = min(margin, first - second)
        new.append(int(last.argmax()))
        ids.append(new[-1])
    return new, margin


def expected_sequence(model, tokenizer, text):
    ids = tokenizer.encode(text).ids
    all_logits = logits(model, ids)
    new, margin = greedy(model, ids, 16)
    return {
        "text": text, "ids": ids, "argmax": all_logits.argmax(-1).tolist(),
        "logits": [float(f"{value:.8g}") for value in all_logits[-1].tolist()],
        "greedy": {"ids": new, "smallest_margin": margin},
    }


def expected_example(model, tokenizer, text):
    """The loss of the second half of a text: its mean negative log-likelihood, in nats."""
    ids = tokenizer.encode(text).ids
    prompt, answer = ids[:len(ids) // 2], ids[len(ids) // 2:] + [END]
    log_probabilities = logits(model, prompt + answer).log_softmax(-1)
    losses = [-log_probabilities[len(prompt) - 1 + i, token].item() for i, token in enumerate(answer)]
    return {
        "prompt_ids": prompt, "response_ids": answer, "token_losses": losses, "loss": sum(losses) / len(losses)}


def expected(tokenizer):
    """What float32 transformers computes from the files as they were written."""
    model = Qwen2ForCausalLM.from_pretrained(FOLDER, dtype=torch.float32, attn_implementation="eager").eval()
    files = [FOLDER / name for name in ["config.json", "model.safetensors", "tokenizer.json"]]
    return {
        "made_by": {
            "python": platform.python_version(), "numpy": numpy.__version__, "torch": torch.__version__,
            "transformers": transformers.__version__, "tokenizers": tokenizers.__version__,
            "safetensors": safetensors.__version__,
        },
        "sha256": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files},
        "parameters": sum(p.numel() for p in model.parameters()),
        "sequences": [expected_sequence(model, tokenizer, text) for text in SEQUENCES],
        "examples": [expected_example(model, tokenizer, text) for text in TEXT],
    }


def write_config(path):
    """Spells the RoPE base and the type as the published Qwen2 models do."""
    config = json.loads(path.read_text())
    config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
    config["torch_dtype"] = config.pop("dtype")
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def main():
    torch.set_num_threads(1)
    tokenizer = make_tokenizer()
    make_model().save_pretrained(FOLDER)
    (FOLDER / "generation_config.json").unlink(missing_ok=True)
    (FOLDER / "model.safetensors").chmod(0o644)
    write_config(FOLDER / "config.json")
    tokenizer.save(str(FOLDER / "tokenizer.json"))
    (FOLDER / "tokenizer_config.json").write_text(json.dumps({
        "add_bos_token": False, "bos_token": None, "eos_token": "<|im_end|>", "model_max_length": 256,
        "chat_template": "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}",
        "tokenizer_class": "Qwen2Tokenizer"}, indent=2) + "\n")
    values = expected(tokenizer)
    (FOLDER / "expected.json").write_text(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n")
    margin = min(s["greedy"]["smallest_margin"] for s in values["sequences"])
    size = sum(p.stat().st_size for p in FOLDER.iterdir() if p.is_file())
    print(f"{FOLDER.resolve().name}: {values['parameters']} parameters, smallest margin {margin:.2g}, {size} bytes")


if __name__ == "__main__":
    main()
