"""Attacks on a model's files: its configuration, GGUF, safetensors and their index."""

import itertools
import json
import struct

from inputs import (MEGABYTE, SIZE, SMALL_MODEL, Attack, compact, json_zeros, memory_attack, two_spellings,
                    writes, writes_with_model)

INSPECT, INSPECT_GGUF, ESTIMATE = ("inspect", "@"), ("inspect", "@/m.gguf"), ("estimate", "@/config.json")

CONFIG = json.loads((SMALL_MODEL / "config.json").read_text())
NUMBER_KEYS = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
               "vocab_size", "max_position_embeddings", "head_dim", "rope_theta", "rms_norm_eps", "sliding_window")
NUMBERS = (1 << 20, (1 << 31) - 1, 1 << 31, 1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, -1, 0, 1e308, 0.5, "1", None,
           True, [], {})
VALUE_KEYS = ("rope_scaling", "layer_types", "no_rope_layers", "eos_token_id", "quantization_config", "architectures")
VALUES = (["full_attention"] * 9_000, [1] * 40_000, {"rope_type": "yarn", "factor": 1e308}, {"rope_type": "llama3"},
          {"rope_type": "longrope", "short_factor": [1.0] * 20_000, "long_factor": [0] * 9_000}, 1 << 62, "x" * SIZE)

# The types of values in GGUF that are used here.
UINT8, UINT32, TEXT, ARRAY = 0, 4, 8, 9


def gguf(*metadata, count=None, tensors=(), tensor_count=None):
    """Returns a GGUF file of version 3, whose counts may be others than those of what it has."""
    counts = (len(tensors) if tensor_count is None else tensor_count, len(metadata) if count is None else count)
    return b"GGUF" + struct.pack("<IQQ", 3, *counts) + b"".join(metadata) + b"".join(tensors)


def text(value):
    return struct.pack("<Q", len(value.encode())) + value.encode()


def number(key, value):
    return text(key) + struct.pack("<II", UINT32, value)


def array(key, kind, count, content=b""):
    return text(key) + struct.pack("<IIQ", ARRAY, kind, count) + content


def tensor(name, *shape):
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, 0)


def flag(key):
    return text(key) + struct.pack("<IB", UINT8, 1)


def words(key, value):
    return text(key) + struct.pack("<I", TEXT) + text(value)


ARCHITECTURE = words("general.architecture", "llama")
MARKS, SAME = two_spellings(12_000)
SIZES = [number(f"llama.{key}", 2) for key in ("block_count", "embedding_length", "feed_forward_length",
                                               "attention.head_count", "context_length", "vocab_size")]
GGUF = {
    "2^64 metadata": gguf(count=(1 << 64) - 1),
    "2^64 tensors": gguf(tensor_count=(1 << 64) - 1),
    "2^63 metadata": gguf(count=1 << 63),
    "a key of 2^64 bytes": gguf(struct.pack("<Q", (1 << 64) - 1) + b"a" * 100),
    "an array of 2^62": gguf(array("a", TEXT, 1 << 62)),
    "an array of 2^62 bytes": gguf(array("a", UINT8, 1 << 62)),
    "arrays in arrays": gguf(text("a") + struct.pack("<I", ARRAY) + struct.pack("<IQ", ARRAY, 1) * 8_000),
    "empty arrays in an array": gguf(array("a", ARRAY, 8_000, struct.pack("<IQ", UINT8, 0) * 8_000)),
    "many empty texts": gguf(ARCHITECTURE, array("a", TEXT, 12_000, bytes(8 * 12_000))),
    "many keys": gguf(*[flag(f"k{index}") for index in range(5_000)]),
    "one key again": gguf(*[flag("k")] * 6_000),
    "keys of nothing": gguf(*[flag("")] * 7_000),
    "many tensors": gguf(ARCHITECTURE, tensors=[tensor(f"t{index}", 0) for index in range(3_000)]),
    "tensors of one name": gguf(ARCHITECTURE, tensors=[tensor("t", 1)] * 3_000),
    "a tensor of 2^64": gguf(ARCHITECTURE, tensors=[tensor("t", *[1 << 32] * 4)]),
    "2^32 dimensions": gguf(ARCHITECTURE, tensors=[text("t") + struct.pack("<I", (1 << 32) - 1)]),
    "an alignment of 0": gguf(ARCHITECTURE, number("general.alignment", 0)),
    "an alignment of 2^31": gguf(ARCHITECTURE, number("general.alignment", 1 << 31)),
    "terminal": gguf(words("general.architecture", "\x1b[31m")),
    "an architecture of marks": gguf(words("general.architecture", MARKS + SAME)),
    "keys of marks": gguf(ARCHITECTURE, *SIZES, flag(MARKS), flag(SAME)),
    "keys of the family of marks": gguf(ARCHITECTURE, *SIZES, flag("llama." + MARKS), flag("llama." + SAME)),
    "tensors of marks": gguf(ARCHITECTURE, *SIZES, tensors=[tensor(MARKS, 1), tensor(SAME, 1)]),
    "a template's name of marks": gguf(ARCHITECTURE, *SIZES, *[words(f"tokenizer.chat_template.{name}", "x")
                                                                for name in (MARKS, SAME)]),
    **{f"{key} of marks": gguf(ARCHITECTURE, *SIZES, words(key, MARKS + SAME)) for key in (
        "tokenizer.ggml.model", "tokenizer.ggml.pre", "general.name", "tokenizer.chat_template",
        "llama.rope.scaling.type", "general.file_type")},
    "terminal in a key": gguf(ARCHITECTURE, text("\x1b[31m") + struct.pack("<I", 99)),
    "layers": gguf(ARCHITECTURE, number("llama.block_count", (1 << 32) - 1)),
}


def safetensors(header, body=b"", size=None):
    """Returns a safetensors file, whose header may say to be of another size."""
    return struct.pack("<Q", len(header) if size is None else size) + header.encode() + body


def entry(shape, start, end, kind="F32"):
    return {"dtype": kind, "shape": shape, "data_offsets": [start, end]}


SAFETENSORS = {
    "a header of 2^64": safetensors("{}", size=(1 << 64) - 1),
    "a header of 2^63": safetensors("{}", size=1 << 63),
    "many tensors": safetensors(compact({f"t{index}": entry([0], 0, 0) for index in range(1_900)})),
    "dimensions": safetensors(compact({"t": entry([1] * 60, 0, 4)}), b"abcd"),
    "many dimensions": safetensors(compact({"t": entry([1] * 45_000, 0, 4)}), b"abcd"),
    "a huge shape": safetensors(compact({"t": entry([1 << 62, 4], 0, 0)})),
    "a negative offset": safetensors(compact({"t": entry([1], -4, 0)})),
    "terminal in a name": safetensors(json.dumps({"\x1b[31m": entry([1], 0, 4)}, separators=(",", ":")), b"abcd"),
    "terminal in a type": safetensors(
        json.dumps({"t": entry([1], 0, 4, "\x1b[31m")}, separators=(",", ":")), b"abcd"),
    "many texts": safetensors(compact({"__metadata__": {f"k{index}": "v" for index in range(9_000)}})),
}
SHARDS = {
    "many shards": {f"t{index}": f"s{index}.safetensors" for index in range(3_000)},
    "a shard outside": {"t": "../../etc/passwd.safetensors"},
}


def attacks():
    return [*number_attacks(), *value_attacks(), *weight_attacks(), *index_attacks(), *config_memory_attacks(),
            *gguf_memory_attacks(), *safetensors_memory_attacks()]


def number_attacks():
    return [Attack(f"config: {key} is {str(value)[:24]} to {words[0]}", words,
                   writes_with_model({"config.json": json.dumps(CONFIG | {key: value})}))
            for key, value, words in itertools.product(NUMBER_KEYS, NUMBERS, (INSPECT, ESTIMATE))]


def value_attacks():
    return [Attack(f"config: {key} is {str(value)[:24]}", ESTIMATE,
                   writes({"config.json": json.dumps(CONFIG | {key: value})}))
            for key, value in itertools.product(VALUE_KEYS, VALUES)]


def weight_attacks():
    return [
        *[Attack(f"gguf: {name}", INSPECT_GGUF, writes({"m.gguf": content})) for name, content in GGUF.items()],
        *[Attack(f"gguf: {name} to tokenize", ("tokenize", "@/m.gguf", "--text", "a", "--template", "model"),
                 writes({"m.gguf": content})) for name, content in GGUF.items() if "marks" in name],
        *[Attack(f"safetensors: {name}", INSPECT, writes_with_model({"model.safetensors": content}))
          for name, content in SAFETENSORS.items()],
    ]


def index_attacks():
    codes = {"a shard outside": (1,)}
    return [Attack(f"index: {name}", INSPECT,
                   writes_with_model({"model.safetensors.index.json": compact({"weight_map": shards})}),
                   codes=codes.get(name, (0, 1)))
            for name, shards in SHARDS.items()]


def config_memory_attacks():
    return [
        memory_attack("zeros in config.json", INSPECT, "config.json", json_zeros),
        memory_attack("zeros for estimate", ESTIMATE, "config.json", json_zeros),
        memory_attack("zeros in the index", INSPECT, "model.safetensors.index.json", json_zeros),
    ]


def gguf_memory_attacks():
    return [
        memory_attack("empty texts in a GGUF", INSPECT_GGUF, "m.gguf", lambda: gguf(
            ARCHITECTURE, array("a", TEXT, 2 * MEGABYTE, bytes(16 * MEGABYTE)))),
        memory_attack("keys of a GGUF", INSPECT_GGUF, "m.gguf", lambda: gguf(
            *[flag(f"{index:x}") for index in range(MEGABYTE)])),
        memory_attack("tensors of a GGUF", INSPECT_GGUF, "m.gguf", lambda: gguf(
            ARCHITECTURE, tensors=[tensor(f"{index:x}", 0) for index in range(MEGABYTE // 2)])),
    ]


def safetensors_memory_attacks():
    return [
        memory_attack("a safetensors header of zeros", INSPECT, "model.safetensors", lambda: safetensors(
            '{"a":[' + "0," * (10 * MEGABYTE) + "0}")),
        memory_attack("a safetensors header of tensors", INSPECT, "model.safetensors", lambda: safetensors(
            compact({f"{index:x}": entry([0], 0, 0) for index in range(120_000)}))),
    ]
