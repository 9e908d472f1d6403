"""Tunes a `transformers` model in memory by a seed checkpoint. Imports torch only when it is used."""

import os
import typing
import warnings

from . import checkpoint as checkpoints
from . import model_files
from .families import family
from .model_files import ModelError
from .replay import replay

# Elements that are computed at a time: some 40 MB of memory. The result does not depend on it.
TILE = 1 << 20


class Parameter(typing.NamedTuple):
    """A parameter of a model in memory, by its canonical name."""

    name: str
    shape: tuple
    value: object
    """The torch tensor."""


def apply(model, checkpoint, base=None, progress=None):
    """Replace the weights of a causal language model of `transformers` by the tuned ones, and return the model.

    The result is what `fedkseed apply` writes: bit for bit in float32, and rounded once in bfloat16 and float16.
    Only the parameters that the checkpoint moves are written, a few megabytes at a time. Where a narrower type
    than that of the base's files is in memory, the weights of the base come from these files; a GGUF base must
    be loaded as float32.

    - model: as `from_pretrained` returns it, still with the weights of the base.
    - checkpoint: a Checkpoint, or the path of a `.kseed` file.
    - base: the folder or GGUF file that the model was loaded from, whose hash is compared with the checkpoint's. If
      it is not given, the folder is looked for by what the model says of itself; without one a warning says that
      the base is not known, and names and shapes are all that is compared.
    - progress: called with the number of elements done and that of all that move.

    Raises ModelError, before anything is changed, if the model is not the one the checkpoint is for, was tuned
    already, or holds weights that are packed or elsewhere.
    """
    if not isinstance(checkpoint, checkpoints.Checkpoint):
        checkpoint = checkpoints.read(checkpoint)
    if getattr(model, "fedkseed_base", None) is not None:
        raise ModelError(f"the model is tuned already (base {model.fedkseed_base}), expected the base: load it again")
    parameters = named(model)
    check_map(parameters, checkpoint)
    base = base if base is not None else found_base(model)
    check_base(base, checkpoint)
    moved = [(index, parameter) for index, parameter in enumerate(parameters) if checkpoint.moves(parameter.name)]
    sources = [check_source(parameter, stored(base)) for _, parameter in moved]
    model.fedkseed_base = checkpoint.base
    tune(moved, sources, checkpoint, progress or (lambda done, count: None))
    return model


def named(model):
    """Return the parameters in the order of coordinates. A head that is the embedding is not listed twice."""
    rules = family(model.config.model_type)
    names = {name: value for name, value in model.named_parameters()}
    if rules.head not in names and "lm_head.weight" in names:
        names[rules.head] = names.pop("lm_head.weight")  # GPT-NeoX, whose files have another name than the program
    head, embedding = model.get_output_embeddings(), model.get_input_embeddings()
    if head is not None and head.weight is embedding.weight:
        names.pop(rules.head, None)
        names[rules.embedding] = embedding.weight
    return model_files.in_order([Parameter(name, tuple(value.shape), value) for name, value in names.items()])


def check_map(parameters, checkpoint):
    """Raise ModelError unless names and shapes are those the checkpoint is for."""
    own = model_files.parameter_map(parameters)
    if own != checkpoint.parameter_map:
        raise ModelError(
            f"parameter_map of the model is {own}, expected {checkpoint.parameter_map}: another model, another head, or a "
            f"wrapper around it (its {len(parameters)} parameters begin with {parameters[0].name!r})")


def found_base(model):
    """Return the folder, perhaps in the cache of the hub, that the model was loaded from, or None."""
    name = getattr(model.config, "_name_or_path", "")
    files = ("model.safetensors", "model.safetensors.index.json")
    if os.path.isdir(name):
        return name if any(os.path.exists(os.path.join(name, file)) for file in files) else None
    paths = [cached(name, file) for file in files] if name else []
    return next((os.path.dirname(path) for path in paths if path is not None), None)


def cached(name, file):
    """Return the path of a file of a model of the hub, if it is on this machine."""
    from transformers.utils import cached_file
    return cached_file(name, file, local_files_only=True, _raise_exceptions_for_missing_entries=False,
                       _raise_exceptions_for_connection_errors=False, _raise_exceptions_for_gated_repo=False)


def check_base(base, checkpoint):
    """Raise ModelError unless the files are those the checkpoint is for; warn if there are none."""
    if base is None:
        warnings.warn("the base's files are not known, so its hash is not compared: give base=PATH", stacklevel=3)
        return
    own = model_files.identity(base)
    if own != checkpoint.base:
        raise ModelError(f"base {os.fspath(base)} is {own}, expected {checkpoint.base}: another model or version of it")


def stored(base):
    """Return the tensors of a folder by name; none of a GGUF file or of what is not known."""
    if base is None or not os.path.isdir(base):
        return {}
    return {tensor.name: tensor for tensor in model_files.folder_tensors(base)}


def check_source(parameter, files):
    """Return the tensor of a file to take the base's weights from, or None if memory has every bit of them."""
    import torch
    widths = {torch.float64: 64, torch.float32: 32, torch.bfloat16: 16, torch.float16: 16}
    value, tensor = parameter.value, files.get(parameter.name)
    if value.dtype not in widths:
        raise ModelError(f"parameter {parameter.name!r} is {value.dtype}, expected float32, bfloat16 or float16")
    if value.device.type == "meta" or not value.is_contiguous():
        raise ModelError(f"parameter {parameter.name!r} is on {value.device}, expected weights in memory, in one piece")
    same = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
    if widths[value.dtype] >= 32 or tensor is None or same.get(tensor.stored_type) == value.dtype:
        return None
    return tensor


def tune(moved, sources, checkpoint, progress):
    """Write w0 - sum of A_k z_k into every parameter that moves, tile by tile."""
    import torch
    done, count = 0, sum(parameter.value.numel() for _, parameter in moved)
    with torch.no_grad():
        for (index, parameter), source in zip(moved, sources):
            weights = parameter.value.data.view(-1)
            for first in range(0, len(weights), TILE):
                tile = weights[first:first + TILE]
                w0 = base_weights(tile, source, first)
                w = replay(checkpoint.basis, checkpoint.basis_seed, checkpoint.coefficients, index, first, w0)
                tile.copy_(torch.from_numpy(w))  # rounds to nearest, ties to even
                done += len(tile)
                progress(done, count)


def base_weights(tile, source, first):
    """Return the weights of the base in a tile as float32, exactly."""
    import torch
    if source is not None:
        return source.elements(first, first + len(tile))
    return tile.to(torch.float32).cpu().numpy()
