"""What the experiments share: OpenBLAS's own choice of kernels, lists of options, tables, intervals.

Importing it unsets OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE: either halves the speed of OpenBLAS where it
names another core than the machine's. Import it before torch.
"""

import csv
import os
import pathlib
import statistics
import sys

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "Integrations/Python/src"))
import fedkseed  # noqa: E402

# The 97.5 % quantile of Student's t for 1, 2, … degrees of freedom.
QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]


def parse(parser):
    """The options of the command line, and in `extra` what stands behind --."""
    own, extra = sys.argv[1:], []
    if "--" in own:
        own, extra = own[:own.index("--")], own[own.index("--") + 1:]
    options = parser.parse_args(own)
    options.extra = extra
    return options


def tool(path, *arguments, **options):
    """What the executable at `path` answers; ends the script with its message if it fails."""
    os.environ["FEDKSEED"] = str(path)
    try:
        return fedkseed.run(*arguments, **options)
    except fedkseed.CommandError as error:
        sys.exit(f"{' '.join(error.command)}\n{error.text}")


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


def interval(values):
    """Returns the mean and half the width of its interval; no width if there is one value."""
    mean = statistics.mean(values)
    if not 1 < len(values) <= len(QUANTILES) + 1:
        return mean, float("nan")
    return mean, QUANTILES[len(values) - 2] * statistics.stdev(values) / len(values) ** 0.5
