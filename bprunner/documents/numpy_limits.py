"""Where numbers are at their limits: too large on the way, without a number, or hanging on the last bit of a sum.

A sum has other last bits where its terms are added in another order, as matrix products do it on some computers. Next
to a place where a function turns, or where a number is divided by its own size, that makes another number of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bprunner.derivation.chain import CANCELLING
from bprunner.documents.numpy_run import Recorded
from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array

LARGE = 500.0
"""From a net input of this size on, e^net gets near what a double can hold."""
TINY = 1e-7
"""Gradients below this have not enough certain digits to be divided by."""
_LAST_BITS = 1e-13
_CROSS_ENTROPIES = ("cross_entropy", "binary_cross_entropy")
_TURNING = ("absolute_error", "mean_absolute_error", "hinge")


def is_extreme(r: Recorded, row: int) -> bool:
    """Whether e^net may overflow."""
    return any(nets is not None and not np.all(np.abs(nets) < LARGE) for nets in _nets(r, row))


def is_not_finite(r: Recorded, row: int) -> bool:
    """Whether a net input has overflowed."""
    return any(nets is not None and not np.all(np.isfinite(nets)) for nets in _nets(r, row))


def _nets(r: Recorded, row: int) -> list[Array | None]:
    return [r.neurons("net", layer, row) for layer in range(len(r.names.layers))]


def is_saturated(r: Recorded, row: int) -> bool:
    """Whether the logarithm of a cross-entropy meets a prediction that is exactly 0 or 1."""
    found = r.outputs(row) if r.experiment.training.loss.kind in _CROSS_ENTROPIES else None
    return found is not None and bool(np.any((found == 0.0) | (found == 1.0)))


def has_no_error(r: Recorded, row: int) -> bool:
    """Whether a prediction is exactly 0 or 1 where the target is not, so that ln 0 stands in the error."""
    kind, places, found = r.experiment.training.loss.kind, r.places(row), r.outputs(row)
    if kind not in _CROSS_ENTROPIES or found is None or places is None:
        return False
    targets = r.subject.samples.targets[places]
    none = (found == 0.0) & (targets != 0.0)
    if kind == "binary_cross_entropy":
        none = none | ((found == 1.0) & (targets != 1.0))
    return bool(np.any(none))


def is_at_kink(r: Recorded, row: int) -> bool:
    """Whether a net input or a prediction is where its function turns, but for the last bits of a sum."""
    return not r.digits and (
        _error_turns(r, row)
        or any(
            ACTIVATIONS[layer.activation.kind].kinks and layer.net == "weighted_sum" and _turns(r, number, row)
            for number, layer in enumerate(r.experiment.architecture.layers)
        )
    )


def _turns(r: Recorded, layer: int, row: int) -> bool:
    nets, places = r.neurons("net", layer, row), r.places(row)
    senders = r.neurons("out", layer - 1, row) if layer else r.subject.samples.inputs[places]
    if nets is None or senders is None:
        return False
    parts = [r.part(part.quantity, part, row) for part in r.parts if part.layer == layer]
    weights, *biases = [np.abs(part) for part in parts if part is not None]
    sizes = _own_sizes(senders) if layer else np.abs(senders)
    return _differ_in_last_bits(nets, sizes @ weights + (biases[0] if biases else 0.0))


def _own_sizes(outputs: Array) -> Array:
    """An activation's own last bits are those of numbers like 1; only a 0 is certain."""
    return np.where(outputs == 0.0, 0.0, np.maximum(np.abs(outputs), 1.0))


def _error_turns(r: Recorded, row: int) -> bool:
    loss: Any = r.experiment.training.loss
    return loss.kind in _TURNING and _is_next_to_target(r, row, getattr(loss, "margin", None))


def _is_next_to_target(r: Recorded, row: int, margin: float | None = None) -> bool:
    """Whether a prediction is its target but for the last bits; or with a margin, on it."""
    found, places = r.outputs(row), r.places(row)
    if found is None or places is None:
        return False
    targets = r.subject.samples.targets[places]
    at, other = (found, targets) if margin is None else (targets * found, np.array(margin))
    return _differ_in_last_bits(at - other, _own_sizes(np.abs(at) + np.abs(other)))


def _differ_in_last_bits(values: Array, sizes: Array) -> bool:
    """Whether a sum of numbers of such sizes is next to 0; where all of them are 0, it is so for certain."""
    return bool(np.any((sizes > 0.0) & (np.abs(values) <= _LAST_BITS * sizes)))


def has_tiny_gradients(r: Recorded, row: int) -> bool:
    """Whether an optimizer that divides by the size of gradients meets some that are hardly more than last bits."""
    own: Any = r.experiment.training.optimizer
    if not hasattr(own, "epsilon") or r.digits:
        return False
    found = [each for part in r.parts if (each := r.thinned("gradient", part, row)) is not None]
    sizes = np.abs(np.concatenate([each.ravel() for each in found])) if found else np.ones(1)
    # A gradient of 0 divided by 0 has no number at all.
    counted = sizes[sizes > 0.0] if own.epsilon > 0.0 else sizes
    return bool(np.any(counted + own.epsilon < TINY)) or _is_next_to_target(r, row) or _adds_up_to_nothing(r, row)


def _adds_up_to_nothing(r: Recorded, row: int) -> bool:
    """Whether the sum that is taken off for softmax leaves nothing but last bits."""
    layers = r.experiment.architecture.layers
    for number, layer in enumerate(layers):
        cancels = number == len(layers) - 1 and (r.experiment.training.loss.kind, layer.activation.kind) in CANCELLING
        deltas = r.neurons("delta", number, row) if layer.activation.kind == "softmax" and not cancels else None
        if deltas is not None and np.any(np.abs(deltas) < _LAST_BITS):
            return True
    return False
