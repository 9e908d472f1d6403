"""Finds the Python package `fedkseed`, the reference implementation, in this repository. To be imported before it."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Integrations/Python/src"))
