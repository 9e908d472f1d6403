"""Prints the SHA-256 of tensors of a GGUF file of architecture llama.

The Python package `gguf` dequantises (`pip install gguf`); names and row order are
Hugging Face's, values little-endian binary32.

    smollm2_tensor_hashes.py MODEL.gguf [--all]

Without --all it prints the tensors of Tests/WeightsTests/SmolLM2Tests.swift.
"""

import hashlib
import re
import sys

import numpy
from gguf import GGUFReader
from gguf.quants import dequantize

GOLDEN = [
    "model.embed_tokens.weight",
    "model.layers.0.input_layernorm.weight",
    "model.layers.0.mlp.down_proj.weight",
    "model.layers.0.self_attn.q_proj.weight",
    "model.layers.17.self_attn.k_proj.weight",
    "model.layers.29.self_attn.v_proj.weight",
]
INSIDE = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def canonical_name(name):
    layer = re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight", name)
    if layer:
        return f"model.layers.{layer[1]}.{INSIDE[layer[2]]}.weight"
    return OUTSIDE[name.removesuffix(".weight")] + ".weight"


def unpermuted(rows, heads):
    """Rows (head, pair, half), llama.cpp's order, as (head, half, pair), Hugging Face's."""
    split = rows.reshape(heads, -1, 2, rows.shape[1])
    return split.swapaxes(1, 2).reshape(rows.shape)


def main():
    reader = GGUFReader(sys.argv[1])
    heads = {
        "attn_q": reader.get_field("llama.attention.head_count").contents(),
        "attn_k": reader.get_field("llama.attention.head_count_kv").contents(),
    }
    hashes = {}
    for tensor in reader.tensors:
        values = dequantize(tensor.data, tensor.tensor_type).astype("<f4")
        for part, count in heads.items():
            if f".{part}." in tensor.name:
                values = unpermuted(values, count)
        name = canonical_name(tensor.name)
        hashes[name] = hashlib.sha256(numpy.ascontiguousarray(values).tobytes()).hexdigest()
    for name in sorted(hashes) if "--all" in sys.argv else GOLDEN:
        print(name, hashes[name])


main()
