"""The sets that scikit-learn brings with it. Nothing is fetched from anywhere."""

from __future__ import annotations

import numpy as np

from bprunner.data.tables import Source, Table, as_doubles
from bprunner.errors import Problem
from bprunner.spec.dataset import BUNDLED


def read_bundled(source: Source) -> Table:
    """The set's numbers as scikit-learn gives them; its classes are numbers in one column."""
    from sklearn import datasets

    name = source.dataset.bundled
    assert name is not None  # the source is of this kind
    found = getattr(datasets, f"load_{name}")()
    columns = tuple(_in_words(str(each)) for each in found.feature_names)
    target = "progression" if BUNDLED[name].classes is None else "class"

    def refuse(side: str, row: int, column: int, message: str) -> Problem:
        number = f"`{columns[column]}`" if side == "inputs" else f"the {target}"
        return source.problem(("bundled",), f"{number} of sample {row + 1:,} {message}")

    targets = as_doubles(np.asarray(found.target)).reshape(-1, 1)
    return Table(as_doubles(np.asarray(found.data)), targets, name, refuse, columns, (target,))


def _in_words(name: str) -> str:
    """`sepal length (cm)` → `sepal length`, `malic_acid` → `malic acid`."""
    return name.removesuffix(" (cm)").replace("_", " ")
