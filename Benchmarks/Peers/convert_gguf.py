"""Writes a GGUF file again with its matrices as F32 or BF16: the same model for llama.cpp.

Usage: convert_gguf.py IN.gguf OUT.gguf f32|bf16
"""

import sys

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, LlamaFileType
from gguf.quants import dequantize, quantize

source, target, name = sys.argv[1:]
wanted = {"f32": GGMLQuantizationType.F32, "bf16": GGMLQuantizationType.BF16}[name]
file_type = {"f32": LlamaFileType.ALL_F32, "bf16": LlamaFileType.MOSTLY_BF16}[name]

reader = GGUFReader(source)
architecture = reader.get_field("general.architecture").contents()
writer = GGUFWriter(target, architecture)
writer.add_file_type(file_type)
# The writer adds the architecture itself; names that begin with GGUF are the header's.
own = {"general.architecture", "general.file_type", "general.quantization_version"}
for field in reader.fields.values():
    if field.name in own or field.name.startswith("GGUF."):
        continue
    element = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
    writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=element)
for tensor in reader.tensors:
    values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    values = values.reshape([int(n) for n in reversed(tensor.shape)])
    # Vectors stay in F32, as in every file of llama.cpp.
    kind = wanted if values.ndim > 1 else GGMLQuantizationType.F32
    stored = quantize(values, kind)
    writer.add_tensor(tensor.name, stored, raw_dtype=kind)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
