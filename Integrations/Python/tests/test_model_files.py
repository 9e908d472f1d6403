"""Folders and GGUF files: coordinates and identities are those of the tool, in every family."""

import json
import shutil
import struct

import numpy as np
import pytest
from conftest import MODELS, bits

import fedkseed
from fedkseed import model_files

FOLDERS = sorted(path.parent for path in MODELS.glob("tiny-*/**/config.json"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(MODELS)))
def test_coordinates_and_identity_are_those_of_the_tool(folder, tool):
    if not (folder / "model.safetensors").exists() and not (folder / "model.safetensors.index.json").exists():
        pytest.skip("no weights in this folder")
    shown, tensors = tool("inspect", folder), fedkseed.folder_tensors(folder)
    assert [tensor.name for tensor in tensors] == sorted((t["name"] for t in shown["tensors"]), key=lambda name: name.encode())
    assert {tensor.name: list(tensor.shape) for tensor in tensors} == {t["name"]: t["shape"] for t in shown["tensors"]}
    assert fedkseed.parameter_map(tensors) == shown["parameter_map_sha256"]
    assert fedkseed.identity(folder) == shown["sha256"]


@pytest.mark.parametrize("file", sorted(MODELS.glob("tiny-*/**/*.gguf")), ids=lambda path: path.parent.name)
def test_the_identity_of_a_gguf_file_is_that_of_the_tool(file, tool):
    assert fedkseed.identity(file) == tool("inspect", file)["sha256"]


def test_a_model_in_parts_has_one_identity(tmp_path):
    names = [f"a-{number:05d}-of-00003.gguf" for number in (1, 2, 3)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    assert len({fedkseed.identity(tmp_path / name) for name in names}) == 1
    (tmp_path / names[1]).unlink()
    with pytest.raises(FileNotFoundError):
        fedkseed.identity(tmp_path / names[0])


def saved(folder, tensors, name="model.safetensors"):
    """Writes a safetensors file of float32 tensors."""
    header, begin = {"__metadata__": {"format": "pt"}}, 0
    for key, values in tensors.items():
        header[key] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [begin, begin + values.nbytes]}
        begin += values.nbytes
    text = json.dumps(header).encode()
    data = b"".join(values.astype("<f4").tobytes() for values in tensors.values())
    (folder / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


def named_zeros(*names):
    return {name: np.zeros(2, dtype=np.float32) for name in names}


@pytest.mark.parametrize("config, stored, names", [
    ({"model_type": "llama"}, ["model.norm.weight", "lm_head.weight", "model.layers.0.self_attn.rotary_emb.inv_freq"],
     ["lm_head.weight", "model.norm.weight"]),
    ({"model_type": "llama", "tie_word_embeddings": True}, ["model.norm.weight", "lm_head.weight"], ["model.norm.weight"]),
    ({"model_type": "gemma"}, ["model.norm.weight", "lm_head.weight"], ["model.norm.weight"]),
    ({"model_type": "gemma", "tie_word_embeddings": False}, ["model.norm.weight", "lm_head.weight"], ["lm_head.weight", "model.norm.weight"]),
    ({"model_type": "gpt2"}, ["wte.weight", "h.0.attn.bias", "h.0.attn.c_attn.bias", "lm_head.weight"],
     ["transformer.h.0.attn.c_attn.bias", "transformer.wte.weight"]),
    ({"model_type": "opt"}, ["decoder.final_layer_norm.bias", "model.decoder.final_layer_norm.weight"],
     ["model.decoder.final_layer_norm.bias", "model.decoder.final_layer_norm.weight"]),
    ({"model_type": "gpt_neox"}, ["gpt_neox.layers.0.attention.masked_bias", "embed_out.weight"], ["embed_out.weight"])], ids=str)
def test_what_is_trained_is_told_by_family(config, stored, names, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(config))
    saved(tmp_path, named_zeros(*stored))
    assert [tensor.name for tensor in fedkseed.folder_tensors(tmp_path)] == names


def test_shards_are_one_model(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    saved(tmp_path, named_zeros("b", "ä"), "2.safetensors")
    saved(tmp_path, named_zeros("a"), "1.safetensors")
    index = {"weight_map": {"a": "1.safetensors", "b": "2.safetensors", "ä": "2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert [tensor.name for tensor in fedkseed.folder_tensors(tmp_path)] == ["a", "b", "ä"]
    lines = [f"{name} {model_files.file_hash(tmp_path / name)}\n" for name in ("1.safetensors", "2.safetensors")]
    (tmp_path / "lines").write_text("".join(lines))
    assert fedkseed.identity(tmp_path) == model_files.file_hash(tmp_path / "lines")


def test_elements_are_read_in_pieces(root):
    for tensor in fedkseed.folder_tensors(root / "Models/tiny-llama/untied-bf16")[:3]:
        assert tensor.stored_type == "BF16"
        whole = tensor.elements()
        assert bits(tensor.elements(5, 50)) == bits(whole[5:50]) and whole.dtype == np.float32


@pytest.mark.parametrize("stored_type, patterns", [("BF16", np.uint16), ("F16", np.uint16), ("F32", np.uint32)])
def test_every_stored_number_is_widened_and_rounded_back(stored_type, patterns):
    every = np.arange(1 << 16, dtype=np.uint32) if patterns is np.uint16 else np.arange(0, 1 << 32, 65521, dtype=np.uint32)
    values = every.astype(patterns).view(model_files.STORED_TYPES[stored_type])
    wide = model_files.widened(values, stored_type)
    finite = np.isfinite(wide)
    back = np.frombuffer(model_files.rounded(wide[finite], stored_type), dtype=patterns)
    assert np.array_equal(back, every.astype(patterns)[finite])


def test_halfway_numbers_are_rounded_to_even():
    one = np.array([1 + 2.0**-8, 1 + 3 * 2.0**-8, 1 + 2.0**-8 + 2.0**-20], dtype=np.float32)
    stored = np.frombuffer(model_files.rounded(one, "BF16"), dtype="<u2")
    assert model_files.widened(stored, "BF16").tolist() == [1.0, 1 + 2.0**-6, 1 + 2.0**-7]


def header(text):
    return struct.pack("<Q", len(text)) + text


def entry(shape, offsets, dtype='"F32"'):
    return header(f'{{"a": {{"dtype": {dtype}, "shape": {shape}, "data_offsets": {offsets}}}}}'.encode())


@pytest.mark.parametrize("data, message", [
    (b"", "length of the header is 0"), (b"\xff" * 8, "length of the header is"), (struct.pack("<Q", 5) + b"{}", "expected 2 to 2"),
    (header(b"[]"), "header is list, expected an object"), (header(b"{x}"), "header is not JSON"), (header(b"{\xff}"), "header is not JSON"),
    (header(b'{"a": 1}'), "tensor 'a' is unusable"), (header(b'{"a": {}}'), "tensor 'a' is unusable"),
    (entry("[1]", "[0, 8]") + bytes(8), "shape \\[1\\] and data_offsets \\[0, 8\\], expected those of F32 in 8 bytes"),
    (entry("[2]", "[0, 8]") + bytes(4), "in 4 bytes"), (entry("[-1]", "[0, -4]"), "shape \\[-1\\]"), (entry("[1]", "[-4, 0]") + bytes(4), "offsets"),
    (entry('["1"]', "[0, 4]") + bytes(4), "unusable"), (entry("1", "[0, 4]") + bytes(4), "unusable"), (entry("[1]", "[0]"), "unusable"),
    (entry("[1]", "[0, 4]", "[]") + bytes(4), "unusable")])
def test_files_that_are_no_safetensors_are_refused(data, message, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(data)
    with pytest.raises(fedkseed.ModelError, match=message):
        fedkseed.folder_tensors(tmp_path)


@pytest.mark.parametrize("name, text, message", [
    ("config.json", "{", "config.json is not JSON"), ("config.json", "[]", "config.json is list, expected an object"),
    ("model.safetensors.index.json", "{}", "weight_map is unusable"), ("model.safetensors.index.json", '{"weight_map": {"a": 1}}', "weight_map"),
    ("model.safetensors.index.json", '{"weight_map": {"a": "../b.safetensors"}}', "weight_map is unusable")])
def test_other_files_are_named(name, text, message, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": ["llama"]}')
    (tmp_path / name).write_text(text)
    with pytest.raises(fedkseed.ModelError, match=message):
        fedkseed.folder_tensors(tmp_path)


def test_a_tensor_in_two_shards_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    saved(tmp_path, named_zeros("a"), "1.safetensors")
    saved(tmp_path, named_zeros("a", "b"), "2.safetensors")
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}')
    with pytest.raises(fedkseed.ModelError, match="2.safetensors: tensor 'a' is also in .*1.safetensors, expected it once"):
        fedkseed.folder_tensors(tmp_path)


def test_types_and_ends_are_checked(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    saved(tmp_path, named_zeros("a"))
    (tensor,) = fedkseed.folder_tensors(tmp_path)
    path = tmp_path / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    with pytest.raises(fedkseed.ModelError, match="tensor 'a' ends after 1 of 2 elements"):
        tensor.elements()
    path.write_bytes(whole.replace(b"F32", b"I64"))
    with pytest.raises(fedkseed.ModelError, match="tensor 'a' is I64, expected F32, F16, BF16"):
        fedkseed.folder_tensors(tmp_path)[0].elements()
    shutil.move(path, tmp_path / "other")
    with pytest.raises(fedkseed.ModelError, match="holds neither model.safetensors nor"):
        fedkseed.identity(tmp_path)
