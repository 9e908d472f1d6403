#!/usr/bin/env python3
"""Compares the GGUF files that `fedkseed apply` writes with what other programs read in them.

    python3 Tests/Reference/check_gguf.py --tool .build/release/fedkseed

Needs the Python packages gguf and safetensors; with transformers, torch and accelerate their logits and ids are compared
too; with mistral-common and sentencepiece a real vocabulary. Without them it says so and checks less, or nothing. Every value must be the same to the last bit.
"""

import argparse
import importlib.util
import itertools
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ["tiny-llama", "tiny-llama/untied-bf16", "tiny-qwen2"]
TUNING = "--data synthetic:6 --template raw --candidates 16 --batch 4 --held-out 14 --steps 3 --lr 1e-4".split()
TEXT = "Grüße, it's 1234 \u212b e\u0301!\n\n  two  spaces\tTHEY'LL"


def has(*packages):
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        print(f"skipped: needs the Python packages {', '.join(missing)}")
    return not missing


def rounded(values, kind):
    if kind == "f16":
        return values.astype(numpy.float16).astype(numpy.float32)
    if kind == "bf16":
        bits = values.view(numpy.uint32)
        return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(numpy.float32)
    return values


def interleaved(values, heads):
    """The rows of queries and keys as llama.cpp's convert_hf_to_gguf.py permutes them."""
    rows, columns = values.shape
    return values.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def expected(name, values, reader):
    architecture = reader.fields["general.architecture"].contents()
    if architecture == "llama" and name.endswith(("attn_q.weight", "attn_k.weight")):
        key = "head_count" if "attn_q" in name else "head_count_kv"
        return interleaved(values, reader.fields[f"llama.attention.{key}"].contents())
    return values


def check_values(path, tensors, kind):
    import gguf
    reader = gguf.GGUFReader(path)
    architecture = reader.fields["general.architecture"].contents()
    names = gguf.get_tensor_name_map(
        gguf.MODEL_ARCH_NAMES and next(a for a, n in gguf.MODEL_ARCH_NAMES.items() if n == architecture), 8)
    ours = {names.get_name(name, (".weight", ".bias")): values for name, values in tensors.items()}
    assert sorted(ours) == sorted(tensor.name for tensor in reader.tensors), path
    for tensor in reader.tensors:
        values = expected(tensor.name, ours[tensor.name], reader)
        if values.ndim == 1:
            assert tensor.tensor_type.name == "F32", tensor.name
        elif kind == "q8_0":
            blocks = gguf.quantize(values, gguf.GGMLQuantizationType.Q8_0)
            assert tensor.tensor_type.name == "Q8_0" and numpy.array_equal(blocks, tensor.data), tensor.name
            continue
        else:
            assert tensor.tensor_type.name == kind.upper(), tensor.name
            values = rounded(values, kind)
        found = gguf.dequantize(tensor.data, tensor.tensor_type).reshape(values.shape)
        assert numpy.array_equal(found.view(numpy.uint32), values.view(numpy.uint32)), tensor.name
    return len(reader.tensors)


def check_transformers(path, folder, tool):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    options = dict(dtype=torch.float32, attn_implementation="eager")
    models = [
        AutoModelForCausalLM.from_pretrained(folder, **options).eval(),
        AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, **options).eval()]
    ids = torch.tensor([[5, 77, 300, 12, 64, 1]])
    with torch.no_grad():
        logits = [model(input_ids=ids).logits for model in models]
    assert torch.equal(*logits), f"{path}: logits differ by {(logits[0] - logits[1]).abs().max()}"
    ours = [json.loads(subprocess.run(
        [tool, "tokenize", model, "--text", TEXT, "--json"], check=True, capture_output=True).stdout)["ids"]
        for model in [path, folder]]
    # transformers reads Qwen2's GGUF tokenizer without the NFC that Qwen2's own tokenizer.json has.
    theirs = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name).encode(TEXT, add_special_tokens=False)
    assert ours[0] == ours[1], f"{path}: {ours[0]}, {ours[1]}"
    return ours[0] == theirs


TEMPLATE = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
ENDS = [2, 16, 17]


def until_end(ids):
    return list(itertools.takewhile(lambda token: token not in ENDS, ids))


def dressed(model, work):
    """A copy of the model with what a folder has besides its weights."""
    folder = work / "dressed"
    shutil.copytree(ROOT / "Models" / model, folder, ignore=shutil.ignore_patterns("*.py", "untied*", "[eg]*.json"))
    config = json.loads((folder / "config.json").read_text()) | {"eos_token_id": ENDS[:2], "pad_token_id": 0, "my_key": [1]}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": ENDS, "pad_token_id": 0}))
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return folder


def check_carried_on(model, tool, work):
    """What transformers knows of a model beside its weights is the same after apply, also through GGUF."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig
    run = lambda *arguments: subprocess.run([tool, *map(str, arguments)], check=True, capture_output=True)
    messages = [{"role": "user", "content": "Hi"}]
    folder, through = dressed(model, work), work / "through.gguf"
    for source, target in [(folder, work / "copy"), (folder, through), (through, work / "back")]:
        run("tune", source, *TUNING, "--out", work / "b.kseed", "--force")
        run("apply", source, work / "b.kseed", "--out", target)
    for copy in [work / "copy", work / "back"]:
        tokenizer, config = AutoTokenizer.from_pretrained(copy), AutoConfig.from_pretrained(copy)
        original = AutoTokenizer.from_pretrained(folder)
        assert tokenizer.apply_chat_template(messages, tokenize=False) == original.apply_chat_template(messages, tokenize=False)
        assert tokenizer.encode(TEXT) == original.encode(TEXT), copy
        assert GenerationConfig.from_pretrained(copy).eos_token_id == ENDS and config.pad_token_id == 0, copy
        theirs = AutoModelForCausalLM.from_pretrained(copy, dtype=torch.float32)
        ids = tokenizer.encode("The otter waits by the river. The", add_special_tokens=False)
        with torch.no_grad():
            expected = theirs.generate(torch.tensor([ids]), max_new_tokens=12, do_sample=False)[0, len(ids):].tolist()
        ours = json.loads(run(
            "generate", copy, "--template", "raw", "--prompt", "The otter waits by the river. The", "--max-tokens", "12",
            "--json").stdout)
        assert until_end(ours["ids"]) == until_end(expected), (ours, expected)
        assert copy.name == "back" or config.my_key == [1] and config.eos_token_id == ENDS[:2]
    print(f"{model}: greedy ids, end tokens, padding and the chat template are the same for transformers, also through GGUF")


def check(model, tool, work):
    from safetensors.numpy import load_file
    run = lambda *arguments: subprocess.run([tool, *map(str, arguments)], check=True, capture_output=True)
    source, kseed, folder = ROOT / "Models" / model, work / "a.kseed", work / "folder"
    run("tune", source, *TUNING, "--out", kseed)
    run("apply", source, kseed, "--out", folder)
    tensors = load_file(folder / "model.safetensors")
    for kind in ["f32", "f16", "bf16", "q8_0"]:
        path = work / f"{kind}.gguf"
        run("apply", source, kseed, "--out", path, "--dtype", kind)
        count = check_values(path, tensors, kind)
        print(f"{model}: {count} tensors as {kind} are the same for gguf")
    if model == "tiny-llama" and has("torch", "transformers"):
        check_carried_on(model, tool, work)
    if has("torch", "transformers", "accelerate"):
        same = check_transformers(work / "f32.gguf", folder, tool)
        print(f"{model}: logits are the same for transformers, ids {'too' if same else 'not (no NFC there)'}")


def write_sentencepiece(path, vocabulary):
    """A model of one small layer with the vocabulary of a SentencePiece model, as llama.cpp's converter writes it."""
    import gguf
    size, width = vocabulary.vocab_size(), 32
    kinds = [2 if vocabulary.is_unknown(i) else 3 if vocabulary.is_control(i) else 6 if vocabulary.is_byte(i) else 1
             for i in range(size)]
    writer, random = gguf.GGUFWriter(path, "llama"), numpy.random.default_rng(0)
    writer.add_context_length(128)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(width)
    writer.add_head_count(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([vocabulary.id_to_piece(i) for i in range(size)])
    writer.add_token_scores([vocabulary.get_score(i) for i in range(size)])
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    matrices = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]
    shapes = {f"blk.0.{name}": (width, width) for name in matrices} | {"token_embd": (size, width)}
    shapes |= {name: (width,) for name in ["blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"]}
    for name, shape in shapes.items():
        writer.add_tensor(name + ".weight", random.normal(0, 0.05, shape).astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def check_sentencepiece(tool, work):
    """A real vocabulary of SentencePiece from a GGUF file: ids in the exported folder, by us and by transformers."""
    import mistral_common
    import sentencepiece
    from transformers import AutoTokenizer
    run = lambda *arguments: subprocess.run([tool, *map(str, arguments)], check=True, capture_output=True)
    source = pathlib.Path(mistral_common.__file__).parent / "data/tokenizer.model.v1"
    vocabulary = sentencepiece.SentencePieceProcessor(model_file=str(source))
    base, folder = work / "base.gguf", work / "folder"
    write_sentencepiece(base, vocabulary)
    run("tune", base, *TUNING, "--steps", "1", "--out", work / "a.kseed")
    run("apply", base, work / "a.kseed", "--out", folder)
    theirs = AutoTokenizer.from_pretrained(folder)
    for text in [TEXT, "日本語 mixed 🦉 text", "aaaaaaaa  ====\n\n\n", pathlib.Path(__file__).read_text()[:3000]]:
        expected = vocabulary.encode(text)
        assert theirs.encode(text) == [1] + expected, text
        for model in [base, folder]:
            ours = json.loads(run("tokenize", model, "--text", text, "--json").stdout)["ids"]
            assert ours == expected, (model, text)
    print("Mistral's vocabulary in GGUF: ids in the exported folder are those of SentencePiece, for transformers too")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", default=ROOT / ".build/release/fedkseed", type=pathlib.Path)
    tool = parser.parse_args().tool.resolve()
    if not has("gguf", "safetensors"):
        return
    for model in MODELS:
        with tempfile.TemporaryDirectory() as work:
            check(model, tool, pathlib.Path(work))
    if has("mistral_common", "sentencepiece", "transformers"):
        with tempfile.TemporaryDirectory() as work:
            check_sentencepiece(tool, pathlib.Path(work))


if __name__ == "__main__":
    sys.exit(main())
