"""Writes blocks.json: fingerprints of what the package gguf makes of random blocks of every type.

    python make_blocks.py > blocks.json     (needs gguf and numpy; written with gguf 0.19.0)

The blocks are the bytes of SplitMix64 from the state 4: any scale, also an infinite one. Bits are those of
binary32, with one pattern for every NaN. The package has no Q8_K; its formula is written here.
"""

import json

import gguf
import numpy

TYPES = "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K Q8_K IQ4_NL IQ4_XS MXFP4".split()
ELEMENTS = 1 << 17


def random_bytes(count):
    """The first `count` bytes of SplitMix64."""
    with numpy.errstate(over="ignore"):
        step = numpy.uint64(0x9E3779B97F4A7C15)
        z = numpy.uint64(4) + step * numpy.arange(1, count // 8 + 2, dtype=numpy.uint64)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z = z ^ (z >> numpy.uint64(31))
    return z.view(numpy.uint8)[:count]


def dequantize(blocks, name):
    if name == "Q8_K":
        scales = blocks[:, :4].copy().view(numpy.float32)
        return scales * blocks[:, 4:260].view(numpy.int8).astype(numpy.float32)
    return gguf.quants.dequantize(blocks, gguf.GGMLQuantizationType[name])


def fingerprint(values):
    """FNV-1a, a word at a time."""
    words = numpy.where(numpy.isnan(values), numpy.float32(numpy.nan), values).view(numpy.uint32)
    fnv = 14695981039346656037
    for word in words.ravel().tolist():
        fnv = (fnv ^ word) * 1099511628211 % 2**64
    return f"{fnv:x}"


def main():
    result = {}
    for name in TYPES:
        elements, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]]
        count = ELEMENTS // elements
        with numpy.errstate(all="ignore"):
            values = dequantize(random_bytes(count * size).reshape(count, size), name)
        result[name] = {"blocks": count, "fingerprint": fingerprint(values.astype(numpy.float32))}
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
