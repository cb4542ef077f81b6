"""Starting: one run's weights and biases at step 0, from what is declared and from its own seed.

Rules come first, then matrices, then what is written by name. Random numbers are drawn layer after layer: each
matrix receiver by receiver, or sender by sender, as declared; biases after all weights, after their layer's,
each after its own neuron's weights, or before all of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.generators import GENERATORS, Randomness
from bprunner.nn.initializers import INITIALIZERS
from bprunner.nn.network import Weights
from bprunner.spec.choices import Choice
from bprunner.spec.expressions import parse
from bprunner.spec.initial_weights import InitialWeights
from bprunner.spec.naming import Names

FUNCTIONS: Mapping[str, Callable[[Array], Array]] = {
    "abs": np.abs,
    "cos": np.cos,
    "exp": np.exp,
    "ln": np.log,
    "sin": np.sin,
    "sqrt": np.sqrt,
}
"""Those of formulas, over arrays: the same names as in the spec's expressions."""


@dataclass(frozen=True)
class Start:
    """Weights with runs = 1, and the way to a generator as it stands after they were drawn."""

    weights: Weights
    after: Callable[[], Randomness]


def starting_weights(declared: InitialWeights, names: Names) -> Start:
    """One run's weights and biases at step 0."""

    def drawn() -> tuple[Weights, Randomness]:
        source = GENERATORS[declared.generator](declared.seed or 0)
        return _Drawing(declared, names, source).weights(), source

    weights, _ = drawn()
    return Start(weights, lambda: drawn()[1])


class _Drawing:
    """One run's weights being drawn."""

    def __init__(self, declared: InitialWeights, names: Names, source: Randomness) -> None:
        self._declared = declared
        self._names = names
        self._source = source
        self._in_out = declared.draw.matrices == "in_out"

    def weights(self) -> Weights:
        W: list[Array] = []
        b: list[Array | None] = []
        when = self._declared.draw.biases
        layers = range(len(self._names.layers))
        if when == "first":
            b = [self._bias(layer) for layer in layers]
        for layer in layers:
            if when in ("by_unit", "unit_first") and self._names.bias_forms[layer] == "unit":
                matrix, own = self._unit_by_unit(layer, bias_first=when == "unit_first")
                W.append(matrix)
                b.append(own)
            elif when in ("layer_first", "unit_first"):
                b.append(self._bias(layer))
                W.append(self._matrix(layer))
            else:
                W.append(self._matrix(layer))
                if when in ("by_layer", "by_unit"):
                    b.append(self._bias(layer))
        if when == "last":
            b = [self._bias(layer) for layer in layers]
        weights = Weights([each[np.newaxis] for each in W], [None if each is None else each[np.newaxis] for each in b])
        put(weights, self._names, self._declared.named)
        return weights

    def _fans(self, layer: int) -> tuple[int, int]:
        return self._names.sizes[layer], self._names.sizes[layer + 1]

    def _written(self, layer: int) -> Any:
        """A layer's matrix or rule; None where each weight is written by name."""
        declared = self._declared
        if declared.matrices is not None:
            return declared.matrices[layer]
        return declared.rule if declared.layers is None else declared.layers[layer]

    def _matrix(self, layer: int) -> Array:
        """One layer's weights, (fan_in, fan_out)."""
        fan_in, fan_out = self._fans(layer)
        written = self._written(layer)
        if written is None:
            return np.zeros((fan_in, fan_out))
        if not isinstance(written, Choice):
            matrix = np.array(written)
            return np.ascontiguousarray(matrix.T) if self._declared.orientation == "out_in" else matrix
        if self._in_out:
            return np.ascontiguousarray(self._drawn(written, (fan_in, fan_out), layer))
        return np.ascontiguousarray(self._drawn(written, (fan_out, fan_in), layer).T)

    def _bias(self, layer: int) -> Array | None:
        """One layer's biases, (1, fan_out), or (1, 1) where they are shared; None where it has none."""
        size = self._bias_size(layer)
        if not size:
            return None
        written = self._written_bias(layer)
        if isinstance(written, Choice):
            return self._drawn(written, (size, 1), layer).T.copy()
        return np.zeros((1, size)) if written is None else np.array([written], dtype=np.float64)

    def _bias_size(self, layer: int) -> int:
        return {"none": 0, "shared": 1, "unit": self._names.sizes[layer + 1]}[self._names.bias_forms[layer]]

    def _written_bias(self, layer: int) -> Any:
        declared = self._declared.biases
        if not isinstance(declared, tuple):
            return declared
        return declared[sum(self._names.biased[:layer])]

    def _unit_by_unit(self, layer: int, bias_first: bool) -> tuple[Array, Array]:
        """Each neuron's weights, then its bias; or the bias, then the weights."""
        fan_in, fan_out = self._fans(layer)
        written, bias = self._written(layer), self._written_bias(layer)
        rows: list[Any] = []
        biases: list[Any] = []

        def draw_bias() -> None:
            biases.append(self._drawn(bias, (1, 1), layer)[0, 0] if isinstance(bias, Choice) else None)

        for _ in range(fan_out):
            if bias_first:
                draw_bias()
            rows.append(self._drawn(written, (1, fan_in), layer)[0] if isinstance(written, Choice) else None)
            if not bias_first:
                draw_bias()
        matrix = np.array(rows).T if isinstance(written, Choice) else self._matrix(layer)
        own = np.array([biases], dtype=np.float64) if isinstance(bias, Choice) else self._bias(layer)
        assert own is not None  # the layer has biases
        return np.ascontiguousarray(matrix), own

    def _drawn(self, rule: Choice, shape: tuple[int, int], layer: int) -> Array:
        return INITIALIZERS[rule.kind].draw(self._source, shape, self._fans(layer), _parameters(rule))


def _parameters(rule: Choice) -> Mapping[str, Any]:
    """A rule's own numbers; a formula becomes a function, with the names that it uses."""
    own = rule.parameters()
    if "formula" not in own:
        return own
    expression = parse(own["formula"])
    return {"formula": partial(expression.apply, functions=FUNCTIONS), "names": expression.names}


def put(weights: Weights, names: Names, values: Mapping[str, float]) -> None:
    """Writes one run's weights and biases by their names, in place."""
    for name, value in values.items():
        if name in names.weights:
            place = names.weights[name]
            weights.W[place.layer][0, place.sender, place.receiver] = value
        else:
            bias = names.biases[name]
            vector = weights.b[bias.layer]
            assert vector is not None  # only layers with biases have names for them
            vector[0, 0, bias.receiver] = value
