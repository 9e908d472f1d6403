"""Seed checkpoints of fedkseed in Python: read and write them, make weights of them, tune models in memory, run the tool.

    checkpoint = fedkseed.read("my.kseed")
    model = fedkseed.apply(AutoModelForCausalLM.from_pretrained("model"), checkpoint)

This package is the reference implementation of Documentation/Directions.md and SeedCheckpoint.md, written from their
text in numpy; the tool's own is tested against it.
"""

from .checkpoint import Checkpoint, decode, encode, read, write
from .command import CommandError, executable, generate, inspect, run, score, simulate, tune
from .directions import BASES, direction
from .header import CheckpointError
from .model_files import ModelError, folder_tensors, identity, parameter_map
from .replay import combination, perturbed, projected, replay, updated
from .torch_model import apply
from .version import __version__

__all__ = [
    "BASES", "Checkpoint", "CheckpointError", "CommandError", "ModelError", "__version__", "apply", "combination", "decode",
    "direction", "encode", "executable", "folder_tensors", "generate", "identity", "inspect", "parameter_map", "perturbed",
    "projected", "read", "replay", "run", "score", "simulate", "tune", "updated", "write"]
