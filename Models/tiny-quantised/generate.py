#!/usr/bin/env python3
"""Makes the quantised GGUF model of this folder, and the numbers our code must reproduce.

    python3 -m venv .venv && .venv/bin/pip install gguf torch transformers numpy
    .venv/bin/python Models/tiny-quantised/generate.py

A Llama with a tensor of every quantised type: blocks of random levels, whose scales make weights of some
hundredths, as the package gguf cannot quantise K-quants. It dequantises them, and transformers computes in
f32 with the result. The tokenizer is that of ../tiny-llama.
"""

import hashlib
import json
import pathlib

import gguf
import numpy
import torch
import transformers
from gguf import GGMLQuantizationType as Type
from transformers import LlamaConfig, LlamaForCausalLM

FOLDER = pathlib.Path(__file__).parent
WIDTH, HEADS, KEY_HEADS, HEAD_SIZE, FEED_FORWARD, VOCABULARY = 256, 2, 1, 16, 64, 384

# Rows of the matrices of a layer, and their types in the first and the second.
LAYER = [
    ("attn_q", "self_attn.q_proj", HEADS * HEAD_SIZE, WIDTH, "Q4_K", "IQ4_XS"),
    ("attn_k", "self_attn.k_proj", KEY_HEADS * HEAD_SIZE, WIDTH, "Q6_K", "Q8_K"),
    ("attn_v", "self_attn.v_proj", KEY_HEADS * HEAD_SIZE, WIDTH, "Q5_K", "Q6_K"),
    ("attn_output", "self_attn.o_proj", WIDTH, HEADS * HEAD_SIZE, "Q5_0", "Q5_1"),
    ("ffn_gate", "mlp.gate_proj", FEED_FORWARD, WIDTH, "Q2_K", "Q4_K"),
    ("ffn_up", "mlp.up_proj", FEED_FORWARD, WIDTH, "Q3_K", "Q5_K"),
    ("ffn_down", "mlp.down_proj", WIDTH, FEED_FORWARD, "IQ4_NL", "MXFP4"),
]

# Where a block has its scale and its minimum (binary16, but for Q8_K).
SCALES = {
    "Q5_0": [0], "Q5_1": [0, 2], "IQ4_NL": [0], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2],
    "Q6_K": [208], "IQ4_XS": [0],
}

# The minimum, in scales, by which weights are as often positive as negative.
MINIMA = {"Q5_1": -15.5, "Q2_K": 1.5, "Q4_K": 7.5, "Q5_K": 15.5}

random = numpy.random.default_rng(20261128)


def dequantize(blocks, kind):
    if kind == "Q8_K":  # which the package does not know
        return blocks[:, :4].copy().view(numpy.float32) * blocks[:, 4:260].view(numpy.int8).astype(numpy.float32)
    return gguf.dequantize(blocks, Type[kind])


def set_scales(blocks, kind, scale, minimum):
    """Writes scales that vary by a third from block to block."""
    factors = random.uniform(2 / 3, 4 / 3, len(blocks))
    if kind == "MXFP4":
        blocks[:, 0] = random.integers(119, 122, len(blocks))
    elif kind == "Q8_K":
        blocks[:, :4] = (scale * factors).astype(numpy.float32).view(numpy.uint8).reshape(-1, 4)
    else:
        for place, value in zip(SCALES[kind], [scale, minimum]):
            blocks[:, place:place + 2] = (value * factors).astype(numpy.float16).view(numpy.uint8).reshape(-1, 2)


def quantised(rows, columns, kind):
    """Random blocks, and the matrix that they mean."""
    elements, size = gguf.GGML_QUANT_SIZES[Type[kind]]
    blocks = random.integers(0, 256, (rows * columns // elements, size), dtype=numpy.uint8)
    set_scales(blocks, kind, 1, 0)
    levels = dequantize(blocks, kind)
    scale = 0.06 / levels.std()
    set_scales(blocks, kind, scale, MINIMA.get(kind, 0) * scale)
    return blocks.reshape(rows, -1), dequantize(blocks, kind).reshape(rows, columns).astype(numpy.float32)


def plain_rows(values, heads):
    """The rows of Hugging Face from those of llama.cpp, which interleaves the halves of a head."""
    rows, columns = values.shape
    return values.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def metadata(writer):
    tokenizer = json.loads((FOLDER.parent / "tiny-llama/tokenizer.json").read_text())
    tokens = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
    marks = {token["content"] for token in tokenizer["added_tokens"]}
    merges = tokenizer["model"]["merges"]
    writer.add_context_length(256)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(2)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_key_length(HEAD_SIZE)
    writer.add_value_length(HEAD_SIZE)
    writer.add_rope_dimension_count(HEAD_SIZE)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in marks else 1 for token in tokens])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)


def write_model(path):
    writer, weights = gguf.GGUFWriter(path, "llama"), {}
    metadata(writer)

    def add(name, canonical, rows, columns, kind, heads=0):
        blocks, values = quantised(rows, columns, kind)
        writer.add_tensor(name + ".weight", blocks, raw_dtype=Type[kind])
        weights[canonical + ".weight"] = plain_rows(values, heads) if heads else values

    def add_norm(name, canonical):
        values = random.uniform(0.5, 1.5, WIDTH).astype(numpy.float32)
        writer.add_tensor(name + ".weight", values)
        weights[canonical + ".weight"] = values

    add("token_embd", "model.embed_tokens", VOCABULARY, WIDTH, "Q4_K")
    for layer in range(2):
        for name, canonical, rows, columns, *kinds in LAYER:
            heads = {"attn_q": HEADS, "attn_k": KEY_HEADS}.get(name, 0)
            add(f"blk.{layer}.{name}", f"model.layers.{layer}.{canonical}", rows, columns, kinds[layer], heads)
        add_norm(f"blk.{layer}.attn_norm", f"model.layers.{layer}.input_layernorm")
        add_norm(f"blk.{layer}.ffn_norm", f"model.layers.{layer}.post_attention_layernorm")
    add_norm("output_norm", "model.norm")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return weights


def reference(weights):
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=FEED_FORWARD, num_hidden_layers=2,
        num_attention_heads=HEADS, num_key_value_heads=KEY_HEADS, head_dim=HEAD_SIZE, rms_norm_eps=1e-5,
        max_position_embeddings=256, rope_theta=10000, tie_word_embeddings=True)
    model = LlamaForCausalLM(config).eval()
    missing, unexpected = model.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()}, strict=False)
    assert missing == ["lm_head.weight"] and not unexpected, (missing, unexpected)
    model.tie_weights()
    return model


def sequence(model, ids):
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
        greedy = model.generate(torch.tensor([ids]), max_new_tokens=16, do_sample=False, eos_token_id=None)
    return {
        "ids": ids, "argmax": logits.argmax(-1).tolist(), "logits": [float(f"{x:.8g}") for x in logits[-1].tolist()],
        "greedy": {"ids": greedy[0, len(ids):].tolist()}}


def example(model, prompt, response):
    with torch.no_grad():
        logits = model(torch.tensor([prompt + response])).logits[0, len(prompt) - 1:-1].double()
    losses = torch.nn.functional.cross_entropy(logits, torch.tensor(response), reduction="none")
    return {
        "prompt_ids": prompt, "response_ids": response, "token_losses": losses.tolist(),
        "loss": losses.mean().item()}


def main():
    torch.manual_seed(0)
    path = FOLDER / "model.gguf"
    weights = write_model(path)
    model = reference(weights)
    draw = lambda count: random.integers(3, VOCABULARY, count).tolist()
    values = b"".join(weights[name].tobytes() for name in sorted(weights))
    result = {
        "versions": {"gguf": "0.19.0", "transformers": transformers.__version__, "torch": torch.__version__},
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "weights_sha256": hashlib.sha256(values).hexdigest(),
        "sequences": [sequence(model, draw(count)) for count in [1, 7, 33]],
        "examples": [example(model, draw(9), draw(5)), example(model, draw(3), draw(12))],
    }
    (FOLDER / "expected.json").write_text(json.dumps(result, indent=1))


main()
