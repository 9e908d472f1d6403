"""What the experiments share: OpenBLAS's own choice of kernels, lists of options, tables of results.

Importing it unsets OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE: either halves the speed of OpenBLAS where it
names another core than the machine's. Import it before torch.
"""

import csv
import os

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)


def names(text):
    return text.split(",")


def numbers(text):
    return [int(item) for item in text.split(",")]


def read(path):
    """The rows of a table; none if there is no file."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def append(path, columns, row):
    """Adds a row, which must have no other columns, to a table that is made if need be."""
    path.parent.mkdir(exist_ok=True)
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, columns)
        if is_new:
            writer.writeheader()
        writer.writerow(row)
