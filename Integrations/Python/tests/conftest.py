"""What the tests share: the repository's files and the executable, without which tests are skipped."""

import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

import fedkseed

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODELS = ROOT / "Models"


def pytest_report_header():
    return f"fedkseed {fedkseed.__version__}, numpy {np.__version__}, executable {found_tool() or 'not found'}"


def found_tool():
    """The executable of FEDKSEED, or the one that scripts/build made."""
    path = pathlib.Path(os.environ.get("FEDKSEED", ROOT / ".build/release/fedkseed"))
    return path.resolve() if path.is_file() else None


@pytest.fixture(scope="session")
def root():
    if not (MODELS / "tiny-llama").is_dir():
        pytest.skip("needs the repository's models")
    return ROOT


@pytest.fixture(scope="session")
def tool(root):
    """A function that runs the executable and returns its JSON."""
    path = found_tool()
    if path is None:
        pytest.skip("needs the executable: scripts/build, or its path in FEDKSEED")

    def run(*arguments):
        done = subprocess.run([path, *map(str, arguments), "--json"], capture_output=True, text=True)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    run.path = path
    return run


def make_checkpoint(basis="hadamard", seed=17, candidates=32, **values):
    """A checkpoint with random coefficients, some of them zero, for no model unless `values` say so."""
    generator = np.random.default_rng(candidates)
    coefficients = generator.normal(size=candidates) * 10.0 ** generator.uniform(-6, -1, size=candidates)
    coefficients[generator.random(candidates) < 0.25] = 0
    return fedkseed.Checkpoint(**({"base": "a" * 64, "parameter_map": "b" * 64} | values), basis=basis, basis_seed=seed,
                               coefficients=coefficients)


def checkpoint_of(folder, **values):
    """A random checkpoint for a Hugging Face folder."""
    return make_checkpoint(base=fedkseed.identity(folder),
                           parameter_map=fedkseed.parameter_map(fedkseed.folder_tensors(folder)), **values)


def bits(values):
    """The bit patterns of float32 numbers, so that -0 differs from 0."""
    return np.ascontiguousarray(values, dtype=np.float32).view(np.uint32).tolist()
