"""Points that are drawn: the numbers are those of scikit-learn's generators with the same settings and seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from bprunner.data.tables import Source, Table, as_doubles
from bprunner.errors import Problem


def read_generated(source: Source) -> Table:
    """The points, with the number of the half circle, the circle or the cloud as target."""
    points, classes = _drawn(source)

    def refuse(side: str, row: int, column: int, message: str) -> Problem:
        number = f"coordinate {column + 1}" if side == "inputs" else "the class"
        return source.problem((source.kind,), f"{number} of point {row + 1:,} {message}")

    return Table(as_doubles(points), as_doubles(classes).reshape(-1, 1), source.kind, refuse)


def _drawn(source: Source) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    from sklearn import datasets

    moons, circles, blobs = source.dataset.moons, source.dataset.circles, source.dataset.blobs
    points: Any
    if moons is not None:
        points = datasets.make_moons(moons.samples, noise=moons.noise or None, random_state=moons.seed)
    elif circles is not None:
        points = datasets.make_circles(
            circles.samples, noise=circles.noise or None, factor=circles.factor, random_state=circles.seed
        )
    else:
        assert blobs is not None  # there is no other kind
        points = datasets.make_blobs(
            blobs.samples, blobs.features, centers=blobs.centers, cluster_std=blobs.spread, random_state=blobs.seed
        )
    return points[0], points[1]
