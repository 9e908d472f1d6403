"""Seed checkpoints: round trips, the tool's bytes, canonical numbers, and files that are damaged or lie."""

import dataclasses
import hashlib
import json
import os
import struct
import subprocess

import numpy as np
import pytest
from conftest import checkpoint_of, make_checkpoint

import fedkseed
from fedkseed import canonical_json
from fedkseed.checkpoint import LONGEST_FILE, MAGIC


def file(header, body=None, version=1):
    """The bytes of a file with any header, a text or a value, and a right checksum."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = np.zeros(32, dtype="<f4").tobytes() if body is None else body
    data = MAGIC + struct.pack("<II", version, len(text)) + text + body
    return data + hashlib.sha256(data).digest()


HEADER = make_checkpoint().header()


def refusal(data):
    with pytest.raises(fedkseed.CheckpointError) as caught:
        fedkseed.decode(data)
    return str(caught.value)


def test_what_is_written_is_read(tmp_path):
    checkpoint = make_checkpoint(parameters="*.q_proj.*,model.norm.*", settings={"lr": "1e-05", "a": "ä\"\n\u2028😀"}, steps=40)
    fedkseed.write(tmp_path / "a.kseed", checkpoint)
    found = fedkseed.read(tmp_path / "a.kseed")
    assert found == checkpoint and found.settings == checkpoint.settings
    assert np.array_equal(found.coefficients, checkpoint.coefficients)
    assert (tmp_path / "a.kseed").read_bytes() == fedkseed.encode(checkpoint)
    assert os.listdir(tmp_path) == ["a.kseed"]


def test_a_file_that_exists_is_kept_unless_force_is_said(tmp_path):
    path = tmp_path / "a.kseed"
    fedkseed.write(path, make_checkpoint())
    with pytest.raises(FileExistsError, match="a.kseed exists, expected a new name"):
        fedkseed.write(path, make_checkpoint(seed=18))
    fedkseed.write(path, make_checkpoint(seed=18), force=True)
    assert fedkseed.read(path).basis_seed == 18


@pytest.mark.parametrize("values", [
    {}, {"parameters": "*.weight"}, {"epsilon": 3e-6, "learning_rate": 0.1, "rounds": 7, "settings": {"b": "1", "a": "ü/\\\t\x7f"}},
    {"basis": "gaussian", "candidates": 5, "seed": 2**64 - 1, "epsilon": 1e20}], ids=str)
def test_the_tool_writes_the_same_bytes(values, tool, root, tmp_path):
    checkpoint = checkpoint_of(root / "Models/tiny-llama", **values)
    checkpoint = dataclasses.replace(checkpoint, settings=checkpoint.settings | {"template": "raw"})
    fedkseed.write(tmp_path / "ours.kseed", checkpoint)
    tool("kseed", "scale", tmp_path / "ours.kseed", "--by", 1, "--out", tmp_path / "tool.kseed")
    theirs = fedkseed.read(tmp_path / "tool.kseed")
    assert fedkseed.encode(theirs) == (tmp_path / "tool.kseed").read_bytes()
    for name in ("base", "parameter_map", "basis", "basis_seed", "epsilon", "learning_rate", "parameters"):
        assert getattr(theirs, name) == getattr(fedkseed.read(tmp_path / "ours.kseed"), name), name


def test_what_the_tool_tunes_is_read_and_written_with_its_bytes(tool, root, tmp_path):
    for name, options in [("a", []), ("b", ["--basis", "gaussian", "--parameters", "*.q_proj.*", "--estimator", "two-sided"])]:
        path = tmp_path / f"{name}.kseed"
        tool("tune", root / "Models/tiny-llama", "--data", "synthetic:6", "--template", "raw", "--candidates", 16, "--batch", 2,
             "--held-out", 14, "--steps", 2, "--no-report", "--out", path, *options)
        checkpoint = fedkseed.read(path)
        assert fedkseed.encode(checkpoint) == path.read_bytes() and checkpoint.steps == 2
        shown = tool("kseed", "show", path)
        assert shown["nonzero"] == np.count_nonzero(checkpoint.coefficients)
        digest = hashlib.sha256(checkpoint.coefficients.astype("<f4").tobytes()).hexdigest()
        assert shown["coefficients_sha256"] == digest


@pytest.mark.parametrize("value, precision, largest, text", [
    (0.001, np.float32, 1 << 24, "0.001"), (1, np.float32, 1 << 24, "1.0"), (3e-6, np.float32, 1 << 24, "3e-06"),
    (1.25e-5, np.float64, 1 << 53, "1.25e-05"), (1e20, np.float64, 1 << 53, "1e+20"), (1e-4, np.float64, 1 << 53, "0.0001"),
    (2.0**53, np.float64, 1 << 53, "9007199254740992.0"), (2.0**54, np.float64, 1 << 53, "1.8014398509481984e+16"),
    (2.0**24, np.float32, 1 << 24, "16777216.0"), (1e-45, np.float32, 1 << 24, "1e-45"), (5e-324, np.float64, 1 << 53, "5e-324")])
def test_numbers_have_one_text(value, precision, largest, text):
    assert canonical_json.number(value, precision, largest) == text


@pytest.mark.parametrize("precision, patterns, digits", [(np.float32, np.uint32, 9), (np.float64, np.uint64, 17)])
def test_numbers_have_the_fewest_digits_that_read_back(precision, patterns, digits):
    generator = np.random.default_rng(1)
    for value in generator.integers(1, np.iinfo(patterns).max // 2, size=2000, dtype=patterns).view(precision):
        if not np.isfinite(value):
            continue
        text = canonical_json.number(value, precision, 1 << 24)
        assert precision(text) == value
        fewest = next(n for n in range(digits) if precision(f"{value:.{n}e}") == value)
        assert float(text) == float(f"{value:.{fewest}e}"), (text, fewest)


LIES = [
    ({"base": "A" * 64}, "base is 'AAAA.*', expected 64 lowercase hexadecimal digits"),
    ({"base": "a" * 64 + "\n"}, "base is"), ({"parameter_map": 5}, "parameter_map is 5"),
    ({"basis": "walsh"}, "basis is 'walsh', expected hadamard, rademacher, gaussian"), ({"basis": ["hadamard"]}, "basis is"),
    ({"basis_seed": 5}, "basis_seed is 5, expected the digits"), ({"basis_seed": "05"}, "basis_seed is '05'"),
    ({"basis_seed": str(2**64)}, "basis_seed is"), ({"basis_seed": "٣"}, "basis_seed is"), ({"basis_version": 2}, "basis_version is 2, expected 1"),
    ({"basis_version": True}, "basis_version is True"), ({"candidates": 32.0}, "candidates is 32.0, expected an integer"),
    ({"candidates": 12}, "candidates is 12, expected a power of two"), ({"candidates": 0}, "candidates is 0"),
    ({"candidates": 64}, "coefficients is 128 bytes, expected 256"), ({"epsilon": 0}, "epsilon is 0, expected a positive"),
    ({"epsilon": 1e-50}, "epsilon is 1e-50"), ({"epsilon": 1e39}, "epsilon is 1e\\+39"), ({"epsilon": "1"}, "epsilon is '1'"),
    ({"epsilon": True}, "epsilon is True"), ({"learning_rate": -1}, "learning_rate is -1"), ({"rounds": -1}, "rounds is -1, expected an integer"),
    ({"rounds": 2**53 + 1}, "rounds is"), ({"steps": None}, "steps is None"), ({"tool": 1}, "tool is 1, expected a string"),
    ({"settings": []}, "settings is \\[\\]"), ({"settings": {"a": 1}}, "settings is"), ({"settings": {"ä": "1"}}, "settings is"),
    ({"settings": {"a" * 257: "1"}}, "settings is")]
NO_JSON = [
    b"", b"{", b"[1", b"{} x", b"\xef\xbb\xbf{}", b'{"a":"\xff"}', b'{"a":"\\ud800"}', b'{"a":1,"a":2}', b'{"a":{"b":1,"\\u0062":2}}',
    b'{"a":1e400}', b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":' + b"9" * 400 + b"}", b"[" * 65 + b"]" * 65, b"[" * 100_000, b'{"a":01}',
    b'{"a":"\n"}', b"\x0b{}", b"{'a':1}"]


@pytest.mark.parametrize("change, message", LIES, ids=str)
def test_values_that_lie_are_refused_by_name(change, message):
    with pytest.raises(fedkseed.CheckpointError, match=message):
        fedkseed.decode(file(HEADER | change))


@pytest.mark.parametrize("key", sorted(HEADER))
def test_a_missing_key_is_named(key):
    header = {name: value for name, value in HEADER.items() if name != key}
    assert refusal(file(header)).startswith(f"{key} is missing, expected ")


@pytest.mark.parametrize("patterns", ["", "a,,b", ",", "a b", "ä", "a" * 4097, 5, None])
def test_patterns_that_are_none_are_refused_in_version_2_only(patterns):
    assert "parameters is " in refusal(file(HEADER | {"parameters": patterns}, version=2))
    assert fedkseed.decode(file(HEADER | {"parameters": patterns})).parameters is None


def test_version_2_needs_patterns():
    assert "parameters is missing" in refusal(file(HEADER, version=2))


@pytest.mark.parametrize("text", NO_JSON, ids=lambda text: repr(text[:20]))
def test_what_is_no_json_is_refused(text):
    assert "header is not JSON" in refusal(file(text))


def test_any_json_with_the_values_is_read():
    header = json.dumps(HEADER | {"unknown": [[None, {"x": 1.5}]], "rounds": "ZERO"}, indent=1)
    text = header.replace('": ', '"\r\n\t: ').replace('"ZERO"', "-0").replace('"basis"', '"\\u0062asis"').encode() + b"\n "
    assert fedkseed.decode(file(text)).header() == HEADER


def test_a_header_that_is_no_object_is_refused():
    assert refusal(file([1])) == "header is [1], expected an object"


def test_coefficients_are_finite():
    for value in (np.nan, np.inf):
        assert "coefficient 3 is " in refusal(file(HEADER, np.array([0, 0, 0, value] + [0] * 28, dtype="<f4").tobytes()))


def test_the_tool_refuses_the_same(tool, tmp_path):
    files = [file(HEADER | change) for change, _ in LIES] + [file(text) for text in NO_JSON] + [file(HEADER, version=2)]
    for data in files:
        (tmp_path / "a.kseed").write_bytes(data)
        shown = subprocess.run([tool.path, "kseed", "show", tmp_path / "a.kseed"], capture_output=True, text=True)
        assert shown.returncode == 1 and "a.kseed" in shown.stderr, (data, shown)


def test_files_that_were_cut_or_continued_are_refused():
    data = fedkseed.encode(make_checkpoint())
    for length in range(len(data)):
        refusal(data[:length])
    refusal(data + b"\0")


def test_files_that_were_damaged_are_refused():
    data = fedkseed.encode(make_checkpoint())
    for place in range(0, len(data)):
        refusal(data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1:])


@pytest.mark.parametrize("data, message", [
    (b"", "file is 0 bytes long"), (b"GGUF" + bytes(40), "magic is b'GGUF"), (MAGIC, "format version is missing"),
    (MAGIC + struct.pack("<I", 3), "format version is 3, expected 1 or 2"), (MAGIC + struct.pack("<I", 0), "format version is 0"),
    (MAGIC + struct.pack("<II", 1, 2**20 + 1), "header length is 1048577"), (MAGIC + struct.pack("<II", 1, 2**20), "it ends early")])
def test_what_is_wrong_first_is_said(data, message):
    assert message in refusal(data)


def test_read_names_the_path_and_reads_no_more_than_a_checkpoint(tmp_path):
    path = tmp_path / "large.kseed"
    with path.open("wb") as sparse:
        sparse.truncate(LONGEST_FILE + 1)
    with pytest.raises(fedkseed.CheckpointError, match=f"large.kseed: file is {LONGEST_FILE + 1} bytes long"):
        fedkseed.read(path)
    with pytest.raises(fedkseed.CheckpointError, match="expected a regular file"):
        fedkseed.read(tmp_path)
    with pytest.raises(FileNotFoundError):
        fedkseed.read(tmp_path / "none.kseed")


def test_a_writer_refuses_what_a_reader_would():
    for values in ({"epsilon": 0.0}, {"base": "x"}, {"parameters": ""}, {"settings": {"a": 5}}, {"settings": {"a": "\ud800"}},
                   {"tool": "\udfff"}, {"seed": -1}, {"seed": "1"}, {"candidates": 12}):
        with pytest.raises(fedkseed.CheckpointError):
            make_checkpoint(**values)
    with pytest.raises(fedkseed.CheckpointError, match="header length is"):
        fedkseed.encode(make_checkpoint(settings={"a": "x" * 2**20}))
    with pytest.raises(fedkseed.CheckpointError, match="coefficient 0 is nan"):
        dataclasses.replace(make_checkpoint(), coefficients=np.array([np.nan, 0]))


@pytest.mark.parametrize("parameters, name, moves", [
    (None, "anything", True), ("a", "a", True), ("a", "ab", False), ("*", "", True), ("*.q_proj.*", "model.layers.0.self_attn.q_proj.weight", True),
    ("b,a?", "aä", False), ("b,a??", "aä", True), ("a.b", "axb", False), ("[a]", "a", False), ("*\n", "a", None), ("*x", "a\nx", True)])
def test_patterns_match_whole_names_by_bytes(parameters, name, moves):
    if moves is None:
        with pytest.raises(fedkseed.CheckpointError):
            make_checkpoint(parameters=parameters)
    else:
        assert make_checkpoint(parameters=parameters).moves(name) is moves
