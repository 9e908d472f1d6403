"""Prints the peak of private memory of a step in PyTorch, in f32, with random weights.

Usage: memory.py mezo|lora|adam CONFIG.json TOKENS

MeZO as in its reference: the direction is drawn anew for each tensor and added in place. LoRA as PEFT does
it, rank 8 on queries and values. Both optimisers are Adam. A process of its own for each measurement.
"""

import json
import sys

import torch
from transformers import LlamaConfig, LlamaForCausalLM

method, path, tokens = sys.argv[1], sys.argv[2], int(sys.argv[3])


def private_bytes():
    """Returns the peak of resident memory less what files take: Linux keeps no peak of its own."""
    fields = dict(line.split(":") for line in open("/proc/self/status") if ":" in line)
    kilobytes = lambda name: int(fields[name].split()[0])
    return 1024 * (kilobytes("VmHWM") - kilobytes("RssFile") - kilobytes("RssShmem"))


torch.manual_seed(1)
fields = json.load(open(path))
names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
         "num_key_value_heads", "vocab_size", "max_position_embeddings", "tie_word_embeddings")
start = private_bytes()
model = LlamaForCausalLM(LlamaConfig(**{name: fields[name] for name in names}))
model.config.use_cache = False
ids = torch.randint(0, fields["vocab_size"], (1, tokens))


def perturb(seed, scale):
    torch.manual_seed(seed)
    for parameter in model.parameters():
        parameter.data.add_(torch.normal(0.0, 1.0, parameter.shape), alpha=scale)


def mezo_step(seed):
    with torch.inference_mode():
        perturb(seed, 1e-3)
        plus = model(input_ids=ids, labels=ids).loss
        perturb(seed, -2e-3)
        minus = model(input_ids=ids, labels=ids).loss
        perturb(seed, 1e-3 - 1e-6 * float((plus - minus) / 2e-3))


if method == "mezo":
    for seed in range(2):
        mezo_step(seed)
else:
    if method == "lora":
        from peft import LoraConfig, get_peft_model
        model = get_peft_model(model, LoraConfig(r=8, target_modules=["q_proj", "v_proj"]))
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=1e-6)
    for _ in range(2):
        optimizer.zero_grad()
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
print(f"{method:5} {path.split('/')[-1]:20} T={tokens}: {private_bytes() / 1e6:.0f} MB private, "
      f"{start / 1e6:.0f} MB before the model")
