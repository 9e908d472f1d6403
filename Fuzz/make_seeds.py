#!/usr/bin/env python3
"""Makes Fuzz/Model, a model of a few kilobytes, and Fuzz/Seeds, small inputs for each reader, from which
fuzzing starts. All of it is made here: run it again after a change, and commit what it writes.

    python3 Fuzz/make_seeds.py --tool .build/release/fedkseed
"""

import argparse
import base64
import gzip
import json
import pathlib
import shutil
import struct
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MODEL, SEEDS = HERE / "Model", HERE / "Seeds"
WIDTH, LAYERS, WORDS = 32, 1, 12
SHAPES = {
    "model.embed_tokens.weight": (WORDS, WIDTH), "model.norm.weight": (WIDTH,),
    **{f"model.layers.0.{name}.weight": shape for name, shape in {
        "input_layernorm": (WIDTH,), "post_attention_layernorm": (WIDTH,),
        "self_attn.q_proj": (WIDTH, WIDTH), "self_attn.k_proj": (WIDTH, WIDTH),
        "self_attn.v_proj": (WIDTH, WIDTH), "self_attn.o_proj": (WIDTH, WIDTH),
        "mlp.gate_proj": (WIDTH, WIDTH), "mlp.up_proj": (WIDTH, WIDTH),
        "mlp.down_proj": (WIDTH, WIDTH)}.items()}}
GGUF_NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down"}
CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": WIDTH,
    "intermediate_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": 2,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0, "vocab_size": WORDS, "tie_word_embeddings": True, "bos_token_id": 1,
    "eos_token_id": [1, 2], "hidden_act": "silu", "torch_dtype": "float16"}
VOCABULARY = ["<s>", "</s>", "<unk>", "a", "b", "c", "ab", "abc", "Ġ", "Ġa", "1", "é"]
# Blocks of 32 weights: GGUF's code of the type and the bytes of a block.
BLOCKS = {"q4_0": (2, 18), "q4_1": (3, 20), "q5_0": (6, 22), "q5_1": (7, 24), "q8_0": (8, 34),
          "iq4_nl": (20, 18), "mxfp4": (39, 17)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, type=pathlib.Path)
    tool = parser.parse_args().tool.resolve()
    for folder in (MODEL, SEEDS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    make_model()
    make_weights()
    make_tokenizers()
    make_texts()
    make_runs(tool)
    make_requests()


def seed(target, name, content):
    (SEEDS / target).mkdir(exist_ok=True)
    (SEEDS / target / name).write_bytes(content.encode() if isinstance(content, str) else content)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def tokenizer(**changes):
    return {"added_tokens": [
                {"id": place, "content": word, "special": True, "single_word": False,
                 "lstrip": False, "rstrip": False, "normalized": False}
                for place, word in enumerate(VOCABULARY[:3])],
            "normalizer": {"type": "NFC"},
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
            "decoder": {"type": "ByteLevel"},
            "model": {"type": "BPE", "vocab": {word: place for place, word in enumerate(VOCABULARY)},
                      "merges": ["a b", "ab c", "Ġ a"]}, **changes}


def make_model():
    (MODEL / "config.json").write_text(compact(CONFIG))
    (MODEL / "model.safetensors").write_bytes(safetensors("F16", 2))
    (MODEL / "tokenizer.json").write_text(compact(tokenizer()))


def safetensors(name, size):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for tensor, shape in SHAPES.items():
        count = shape[0] * (shape[1] if len(shape) == 2 else 1) * size
        header[tensor] = {"dtype": name, "shape": shape, "data_offsets": [offset, offset + count]}
        offset += count
    text = compact(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(offset)


def make_weights():
    seed("json", "all", '{"a":[1,-2.5e3,"\\u00e9\\n",null,true,false],"b":{"":[]}}')
    seed("config", "llama", compact(CONFIG))
    seed("config", "qwen2", compact(CONFIG | {"model_type": "qwen2", "rope_scaling": {
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}}))
    for family in ("gemma3_text", "phi3", "olmo2", "gpt2", "opt", "gpt_neox", "bloom",
                   "starcoder2", "smollm3", "mistral", "qwen3", "gemma2"):
        seed("estimate", family, compact(CONFIG | {"model_type": family}))
    seed("safetensors", "f16", safetensors("F16", 2))
    seed("safetensors", "bf16", safetensors("BF16", 2))
    seed("safetensors-index", "one", compact({"metadata": {"total_size": 1}, "weight_map": {
        name: "model.safetensors" for name in SHAPES}}))
    for name, (code, size) in BLOCKS.items():
        seed("gguf", name, gguf(code, size))


def gguf(code, size):
    """A GGUF file whose matrices are of one type, with a vocabulary."""
    text = lambda value: struct.pack("<Q", len(value.encode())) + value.encode()
    strings = lambda items: struct.pack("<IIQ", 9, 8, len(items)) + b"".join(map(text, items))
    number = lambda value: struct.pack("<II", 4, value)
    string = lambda value: struct.pack("<I", 8) + text(value)
    metadata = {
        "general.architecture": string("llama"), "llama.block_count": number(LAYERS),
        "llama.context_length": number(64), "llama.embedding_length": number(WIDTH),
        "llama.feed_forward_length": number(WIDTH), "llama.attention.head_count": number(2),
        "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", 6, 1e-5),
        "tokenizer.ggml.model": string("gpt2"), "tokenizer.ggml.pre": string("gpt-2"),
        "tokenizer.ggml.tokens": strings(VOCABULARY), "tokenizer.ggml.merges": strings(["a b"]),
        "tokenizer.ggml.token_type": struct.pack(f"<IIQ{WORDS}i", 9, 5, WORDS, *[1] * WORDS),
        "tokenizer.ggml.bos_token_id": number(0), "tokenizer.ggml.eos_token_id": number(1)}
    infos, offset = b"", 0
    for name, shape in SHAPES.items():
        name = name.replace("model.layers.0.", "")
        stem = name.removesuffix(".weight")
        place = "" if stem.startswith("model.") else "blk.0."
        matrix = len(shape) == 2
        count = shape[0] * size if matrix else 4 * WIDTH
        infos += text(place + GGUF_NAMES[stem] + ".weight") + struct.pack(
            f"<I{len(shape)}QIQ", len(shape), *reversed(shape), code if matrix else 0, offset)
        offset += -(-count // 32) * 32
    head = (b"GGUF" + struct.pack("<IQQ", 3, len(SHAPES), len(metadata))
            + b"".join(text(key) + value for key, value in metadata.items()) + infos)
    return head + bytes(-len(head) % 32) + bytes(offset)


def make_tokenizers():
    seed("tokenizer-json", "bpe", compact(tokenizer()))
    seed("tokenizer-json", "unigram", compact(tokenizer(
        normalizer={"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        pre_tokenizer={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"},
        decoder={"type": "Sequence", "decoders": [
            {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        model={"type": "Unigram", "unk_id": 2,
               "vocab": [[word, -float(place)] for place, word in enumerate(VOCABULARY)]})))
    seed("tokenizer-json", "split", compact(tokenizer(pre_tokenizer={
        "type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": "(?i:'s|'t)|\\p{L}+(?!\\S)|\\s*[\\r\\n]+"},
             "behavior": "Isolated", "invert": False},
            {"type": "Digits", "individual_digits": True}, {"type": "ByteLevel"}]})))
    seed("tokenizer-config", "chat", compact({
        "bos_token": "<s>", "eos_token": {"content": "</s>"}, "add_bos_token": True,
        "chat_template": "{% for m in messages %}{{ m.role }}: {{ m['content'] | trim }}\n{% endfor %}",
        "added_tokens_decoder": {"2": {"content": "<unk>", "special": True}}}))
    pieces = b"".join(b"\x0a" + bytes([len(piece)]) + piece for piece in (
        b"\x0a" + bytes([len(word.encode())]) + word.encode() + b"\x15" + struct.pack("<f", -place)
        + b"\x18" + bytes([kind])
        for place, (word, kind) in enumerate([("<unk>", 2), ("<s>", 3), ("</s>", 3), ("▁a", 1),
                                              ("a", 1), ("b", 1), ("<0x41>", 6), ("ab", 4)])))
    seed("sentencepiece", "unigram", pieces + b"\x12\x02\x18\x01" + b"\x1a\x02\x18\x01")
    seed("sentencepiece", "bpe", pieces + b"\x12\x02\x18\x02")
    ranks = [bytes([byte]) for byte in range(0, 256, 5)] + [b"He", b"Hel"]
    seed("tiktoken", "ranks", b"".join(
        base64.b64encode(word) + b" %d\n" % place for place, word in enumerate(ranks)))
    seed("tekken", "small", compact({
        "config": {"pattern": "\\p{L}+|.", "num_vocab_tokens": 1000,
                   "default_vocab_size": 60, "default_num_special_tokens": 3, "version": "v3"},
        "vocab": [{"rank": place, "token_bytes": base64.b64encode(word).decode(),
                   "token_str": None} for place, word in enumerate(ranks)]}))
    seed("text", "words", b"\0Hello, w\xc3\xb6rld 12 <s>\xcc\x81\n\n  a\xe2\x80\x8d")
    seed("text", "bytes", b"\2<|im_start|>user\xff\xfe\n")
    seed("expression", "gpt2", "'s| ?\\p{L}+| ?[^\\s\\p{N}]+|\\s+(?!\\S)|\\s+\0it's 12  a")
    seed("expression", "counts", "(?i:ab){1,3}?|[^a-c\\d]*+(?=x)|\\x{41}\0ababx A1")
    seed("chat-template", "chatml",
         "{{- bos_token }}{% for m in messages if m.role != 'x' %}{% set ns = namespace(a=[1]) %}"
         "{{ '<' ~ m['role'] ~ '>' + m.content | trim }}{% if loop.last and not a is defined %}"
         "{{ loop.index0 % 2 == 1 }}{% else %}{{ m.content[1:-1:2].split(' ')[0] | upper }}{% endif %}"
         "{% endfor %}{% macro f(x, y=2) %}{{ x * y | int }}{% endmacro %}{{ f(3) }}")
    seed("chat-template", "json", "{{ messages | tojson(indent=2) }}{{ {'a': [none, 1.5]}['a'] }}"
         "{{ raise_exception('no') if messages[0].role == 'tool' }}{{ strftime_now('%Y') }}")


def make_texts():
    records = ['{"instruction":"a","context":"b","response":"c","category":"d"}',
               '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}',
               '{"question":"a","choices":{"text":["x","y"],"label":["A","B"]},"answerKey":"B"}',
               '{"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"}]}',
               '{"text":"running text"}', '{"prompt":"a","completion":"b","options":["a","b"]}']
    for place, record in enumerate(records):
        seed("data", f"lines-{place}", f"\0{record}\n\n{record}\n")
        seed("data", f"array-{place}", f"\1[{record},{record}]")
    seed("data", "task", '\1{"Definition":["d"],"Instances":[{"input":"a","output":["b"]}]}')
    seed("data", "csv", '\2instruction,response\n"a ""b""\nc",d\n')
    seed("data", "tsv", "\3sentence\tlabel\na b\t0\nc\t1\n")
    seed("data", "gzip", b"\5" + gzip.compress(b'{"instruction":"a","response":"b"}\n', mtime=0))
    seed("settings", "run", "model: x\ndata: 'y'\nsteps: 4\nlr: 1.0e-05\n\"template\": raw\n# end\n")
    seed("settings", "list", "fedkseed: tune\nseed: 0x10\nparameters: |\n  a\n  b\nlimit: 1_000\n")
    seed("partition", "two",
         '{"clients":[\n[0,3],\n[1,2]\n],"exampleCount":4,"rule":"dirichlet:0.5","seed":1}\n')
    seed("parameters", "some", "model.layers.*.mlp.?p_proj.weight,*norm*")


def make_requests():
    """What a client process is asked, and what it says of itself."""
    names = {"protocol": 1, "run": "6b1f", "round": 1, "message": "00ff"}
    for op in ("train", "evaluate"):
        seed("request", op, compact({"op": op, "plan": "RktTTQ==", **names}))
    seed("request", "hello", compact({"op": "hello", "protocol": 1, "run": "6b1f"}))
    seed("request", "cancel", compact({"op": "cancel", "protocol": 1, "message": "00ff"}))
    seed("introduction", "client", compact({
        "base": "b", "basis": "hadamard", "candidates": 64, "client": 0, "digest": "d",
        "known_round": 3, "parameter_map": "m", "probe": "p", "protocol": 1, "seed": "1",
        "settings": {"lr": "0.001"}}))
    seed("introduction", "refusal", compact(
        {"error": {"code": "stale", "text": "round 0 is over"}, "op": "hello", "protocol": 1}))


def make_runs(tool):
    """What a tuning and two federations on the small model leave behind."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        data = folder / "data.jsonl"
        data.write_text("".join(compact({"instruction": f"a{word}", "response": "b"}) + "\n"
                                for word in "abcabcabc"))
        common = [MODEL, "--data", data, "--template", "raw", "--candidates", "64", "--batch", "1",
                  "--held-out", "2", "--threads", "1"]
        run(tool, "tune", *common, "--steps", "2", "--out", folder / "t.kseed")
        seed("kseed", "tuned", (folder / "t.kseed").read_bytes()[:-32])
        seed("tune-state", "tuned", (folder / "t.state.json").read_bytes())
        seed("steps", "tuned", (folder / "t.steps.jsonl").read_bytes())
        for kind in ("two-sided", "backprop"):
            run(tool, "simulate", *common, "--estimator", kind, "--clients", "2", "--rounds", "2",
                "--local-steps", "2", "--participation", "1", "--out", folder / kind)
            seed("simulate-state", kind, (folder / kind / "state.json").read_bytes())
            log = (folder / kind / "rounds.jsonl").read_text()
            seed("rounds", kind, log)
            update = json.loads(log.splitlines()[0])["updates"][0]
            seed("update", kind, base64.b64decode(update)[:-8])
    seed("plan", "binary32", b"FKSM\1\1\0\0" + bytes(40) + struct.pack("<II4f", 4, 2, *[0.5] * 4))
    seed("plan", "integers", b"FKSM\1\1\2\0" + bytes(40)
         + struct.pack("<IIf4h", 4, 2, 2.0 ** -20, 20000, -3, 0, 1))
    seed("plan", "windows", b"FKSM\1\1\x0a\0" + bytes(40)
         + struct.pack("<IIIIIIf2h", 4, 2, 2, 0, 1, 1, 2.0 ** -20, 20000, -3))


def run(tool, *words):
    subprocess.run([tool, *map(str, words)], check=True, stdout=subprocess.DEVNULL)


main()
