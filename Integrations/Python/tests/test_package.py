"""The package as a whole: its version is the tool's, its names are documented, it installs with numpy alone."""

import inspect
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

import fedkseed

PACKAGE = ROOT / "Integrations/Python"


def test_the_version_is_that_of_the_tool(root):
    source = (root / "Sources/fedkseed/FedKSeed.swift").read_text()
    assert re.search(r'static let version = "([^"]+)"', source)[1] == fedkseed.__version__


def test_the_executable_says_this_version(tool):
    said = subprocess.run([tool.path, "--version"], capture_output=True, text=True).stdout.strip()
    assert said == fedkseed.__version__


def test_every_public_name_is_documented():
    for name in fedkseed.__all__:
        value = getattr(fedkseed, name)
        assert not callable(value) or inspect.getdoc(value), name


def test_it_needs_no_torch():
    program = "import sys, fedkseed; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=PACKAGE / "src").returncode == 0


def test_pip_installs_it_from_the_folder(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "source", ignore=shutil.ignore_patterns("*.egg-info", "build", "__pycache__"))
    target = tmp_path / "target"
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--no-deps", "--target", target, tmp_path / "source"],
                          capture_output=True, text=True)
    if done.returncode != 0 and "setuptools" in done.stderr or "No module named pip" in done.stderr:
        pytest.skip(f"needs pip, and the network or setuptools: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    program = "import fedkseed; print(fedkseed.__version__, fedkseed.__file__)"
    found = subprocess.run([sys.executable, "-c", program], cwd=target, capture_output=True, text=True).stdout.split()
    assert found[0] == fedkseed.__version__ and found[1].startswith(str(target))
    assert (target / "fedkseed/py.typed").exists()


def test_the_example_of_the_readme_runs(tool, root, tmp_path, monkeypatch):
    """The first block of Python in README.md, with the names of its files."""
    monkeypatch.setenv("FEDKSEED", str(tool.path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").symlink_to(root / "Models/tiny-llama")
    (tmp_path / "examples.jsonl").write_text("".join(
        f'{{"instruction": "Say {n}", "response": "the otter {n}"}}\n' for n in range(12)))
    text = (PACKAGE / "README.md").read_text()
    program = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    assert len(program.strip().splitlines()) <= 10
    exec(compile(program, "README.md", "exec"), {})
    assert fedkseed.read("half.kseed").steps == 20
