#!/usr/bin/env python3
"""Compares tuned models of all families, as the tool exports them, with transformers and llama.cpp.

    python3 Tests/Reference/check_families.py --tool .build/release/fedkseed [--llama LIBRARY]

For each model of Models/tiny-families: a random seed checkpoint is applied to the folder, once to a folder that
transformers loads, and once to a GGUF file that llama.cpp loads, if LIBRARY has its C interface (that of the PyPI
package xllamacpp has); logits of both are compared with those that the tool computes from base and checkpoint.
Needs numpy, torch and transformers; without them it says so and checks nothing.
"""

import argparse
import ctypes
import json
import pathlib
import subprocess
import tempfile

from package import ROOT

import fedkseed
import random_checkpoint

MODELS = ROOT / "Models/tiny-families"
# llama.cpp reads Phi-3's window and does not apply it.
IGNORED = {"phi3"}


class Opaque(ctypes.Structure):
    """Parameters by value, whose layout changes from version to version and does not matter."""
    _fields_ = [("bytes", ctypes.c_uint8 * 1024)]


class Batch(ctypes.Structure):
    _fields_ = [("count", ctypes.c_int32)] + [(name, ctypes.c_void_p) for name in (
        "tokens", "embeddings", "positions", "sequence_counts", "sequences", "wanted")]


class Llama:
    """The part of llama.cpp's C interface that logits need."""

    def __init__(self, path):
        self.library = library = ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
        pointer = ctypes.c_void_p
        self.silence = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, pointer)(lambda *_: None)
        library.llama_log_set(self.silence, None)
        for name, result, arguments in [
                ("llama_model_default_params", Opaque, []), ("llama_context_default_params", Opaque, []),
                ("llama_model_load_from_file", pointer, [ctypes.c_char_p, Opaque]),
                ("llama_init_from_model", pointer, [pointer, Opaque]), ("llama_decode", ctypes.c_int32, [pointer, Batch]),
                ("llama_batch_get_one", Batch, [pointer, ctypes.c_int32]),
                ("llama_get_logits_ith", ctypes.POINTER(ctypes.c_float), [pointer, ctypes.c_int32]),
                ("llama_free", None, [pointer]), ("llama_model_free", None, [pointer])]:
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        library.llama_backend_init()

    def logits(self, path, ids, count):
        library = self.library
        model = library.llama_model_load_from_file(str(path).encode(), library.llama_model_default_params())
        assert model, f"llama.cpp does not load {path}"
        context = library.llama_init_from_model(model, library.llama_context_default_params())
        tokens = (ctypes.c_int32 * len(ids))(*ids)
        batch = library.llama_batch_get_one(ctypes.cast(tokens, ctypes.c_void_p), len(ids))
        assert context and library.llama_decode(context, batch) == 0, f"llama.cpp does not run {path}"
        found = library.llama_get_logits_ith(context, -1)
        values = [found[i] for i in range(count)]
        library.llama_free(context)
        library.llama_model_free(model)
        return values


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def difference(a, b):
    """The largest difference, in parts of the largest number."""
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) / max(map(abs, b))


def transformers_logits(folder, ids):
    import torch
    from transformers import AutoModelForCausalLM
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].tolist()


def check(model, tool, llama, work):
    ids = json.loads((model / "expected.json").read_text())["sequences"][0]["ids"]
    checkpoint = work / f"{model.name}.kseed"
    fedkseed.write(checkpoint, random_checkpoint.random_checkpoint(model, "hadamard", 16))
    tokens = ",".join(map(str, ids))
    own = json.loads(run(tool, "logits", model, "--tokens", tokens, "--kseed", checkpoint, "--json").stdout)["logits"]
    base = json.loads(run(tool, "logits", model, "--tokens", tokens, "--json").stdout)["logits"]
    assert difference(base, own) > 1e-3, f"{model.name}: the checkpoint changes nothing"
    folder, file = work / model.name, work / f"{model.name}.gguf"
    applied = run(tool, "apply", model, checkpoint, "--out", folder)
    assert applied.returncode == 0, applied.stderr
    errors = {"transformers": difference(transformers_logits(folder, ids), own)}
    applied = run(tool, "apply", model, checkpoint, "--out", file)
    if applied.returncode == 0 and llama and model.name not in IGNORED:
        errors["llama.cpp"] = difference(llama.logits(file, ids, len(own)), own)
    # Sums in another order; llama.cpp keeps keys and values in 16 bits.
    limits = {"transformers": 1e-4, "llama.cpp": 3e-2}
    for name, error in errors.items():
        assert error <= limits[name], f"{model.name}: {name} differs by {error}"
    note = "" if applied.returncode == 0 else "  no GGUF: " + applied.stderr.strip()[:120]
    print(model.name, *(f"{name} {error:.1e}" for name, error in errors.items()), note, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", default=".build/release/fedkseed", type=pathlib.Path)
    parser.add_argument("--llama", help="a shared library with llama.cpp's C interface")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    try:
        import torch, transformers  # noqa: E401, F401
    except ImportError:
        print("skipped: torch and transformers are not installed")
        return
    llama = Llama(arguments.llama) if arguments.llama else None
    with tempfile.TemporaryDirectory() as work:
        for model in sorted(MODELS.iterdir()):
            if (model / "expected.json").exists() and (not arguments.names or model.name in arguments.names):
                check(model, arguments.tool.resolve(), llama, pathlib.Path(work))


if __name__ == "__main__":
    main()
