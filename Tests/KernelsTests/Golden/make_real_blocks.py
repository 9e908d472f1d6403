"""Writes real_blocks.json: weights of SmolLM2 as ggml itself quantises them, and what gguf makes of the blocks.

    pip install gguf numpy ctransformers==0.2.27        (whose wheel has ggml's library)
    python make_real_blocks.py ../../../Models/smollm2-135m-instruct/*.gguf > real_blocks.json

Of 2048 weights each. The fingerprints are made as those of make_blocks.py, and ggml's own dequantisers gave
the same bits. Types that this ggml does not know are quantised by the package gguf; it has no IQ4.
"""

import base64
import ctypes
import json
import pathlib
import sys

import gguf
import numpy

from make_blocks import dequantize, fingerprint

K_TYPES = "Q2_K Q3_K Q4_K Q5_K Q6_K Q8_K".split()
OTHERS = "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 MXFP4".split()
TENSOR = "blk.7.ffn_down.weight"


class Parameters(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool)]


def library():
    import ctransformers
    path = pathlib.Path(ctransformers.__file__).parent / "lib/avx2/libctransformers.so"
    ggml = ctypes.CDLL(str(path))
    ggml.ggml_init.argtypes, ggml.ggml_init.restype = [Parameters], ctypes.c_void_p
    ggml.ggml_init(Parameters(1 << 20, None, False))  # Makes the tables of binary16.
    return ggml


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def quantize_k(ggml, values, name):
    elements, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]]
    blocks, back = numpy.zeros((values.size // elements, size), numpy.uint8), numpy.zeros_like(values)
    function = "row_" + name.lower().replace("_k", "_K")
    getattr(ggml, f"quantize_{function}_reference")(pointer(values), pointer(blocks), values.size)
    getattr(ggml, f"dequantize_{function}")(pointer(blocks), pointer(back), values.size)
    assert numpy.array_equal(back.view(numpy.uint32), dequantize(blocks, name).ravel().view(numpy.uint32)), name
    return blocks


def main():
    tensor = next(t for t in gguf.GGUFReader(sys.argv[1]).tensors if t.name == TENSOR)
    values = gguf.dequantize(tensor.data, tensor.tensor_type).ravel()[:2048].copy()
    ggml = library()
    blocks = {name: quantize_k(ggml, values, name) for name in K_TYPES}
    for name in OTHERS:
        kind = gguf.GGMLQuantizationType[name]
        blocks[name] = gguf.quantize(values[None], kind).reshape(-1, gguf.GGML_QUANT_SIZES[kind][1])
    result = {
        name: {"bytes": base64.b64encode(value.tobytes()).decode(),
               "fingerprint": fingerprint(dequantize(value, name).astype(numpy.float32))}
        for name, value in blocks.items()}
    print(json.dumps(result, indent=1))


main()
