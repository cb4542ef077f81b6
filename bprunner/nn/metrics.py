"""A metric says how good predictions are, in a way that nothing is trained by.

Each is one record: which samples are right. To add a metric, add one record here and its name in the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.contraction import total

Parameters = Mapping[str, Any]
"""A metric's own parameters by name, each (runs, 1, 1)."""


@dataclass(frozen=True)
class Metric:
    """hits(out, target, parameters) is (runs, batch, 1): 1.0 for a sample that is right, 0.0 for one that is not.

    out is (runs, batch, units); target may have 1 in place of runs. A prediction that is nan is never right.
    """

    hits: Callable[[Array, Array, Parameters], Array]

    def value(self, out: Array, target: Array, parameters: Parameters) -> Array:
        """The share of right samples, (runs, 1, 1)."""
        result: Array = total(self.hits(out, target, parameters), axis=1) / out.shape[1]
        return result


def _right(out: Array, target: Array, parameters: Parameters) -> Array:
    """Of several outputs, the largest is where the target's is, the first of equals counting; a single output is on
    the target's side of the threshold, which is itself on the upper side."""
    if out.shape[2] == 1:
        threshold = parameters["threshold"]
        right = ((out >= threshold) == (target >= threshold)) & (out == out)
    else:
        same = np.argmax(out, axis=2) == np.argmax(target, axis=2)
        right = (same & np.all(out == out, axis=2))[:, :, np.newaxis]
    result: Array = right.astype(np.float64)
    return result


METRICS: Mapping[str, Metric] = {"accuracy": Metric(_right)}
