"""Mistakes that are usual: each a formula that is not the right one, and so a number by which it is recognised.

One record a kind. Most change the formula of a quantity somewhere on the way to the figure; some are of the figure
alone. Their order is the order in which they are told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from bprunner.derivation.symbols import Expr
from bprunner.grading.quantities import Change, Formulas, Node
from bprunner.spec.arithmetic import MEMORY

FORWARD = frozenset({"net", "out", "prediction", "error", "reported_error"})
BACKWARD = frozenset({"delta", "gradient", "update", "weight", "bias", *MEMORY})
_NEW = frozenset({"weight", "bias"})
_UPDATED = frozenset({"update", "weight", "bias", *MEMORY})
_HALVED = frozenset({"half_squared_error", "huber"})
_NOT_HALVED = frozenset({"squared_error", "mean_squared_error"})
_OF_DIFFERENCES = frozenset({
    "half_squared_error", "squared_error", "mean_squared_error", "absolute_error", "mean_absolute_error", "huber",
    "binary_cross_entropy", "cross_entropy",
})  # fmt: skip


@dataclass(frozen=True)
class Changed:
    """A mistake on the way: `change` is the wrong formula, `about` says where it was made."""

    kind: str
    change: Change
    about: Mapping[str, str]


Changes = Callable[[Formulas, Node], Iterator[Changed]]


def changes(formulas: Formulas, node: Node) -> Iterator[Changed]:
    """Every mistake of a formula that may have led to a wrong figure of this quantity."""
    for kind in _KINDS:
        yield from kind(formulas, node)


def changed_from(node: Node) -> int:
    """The step at which mistakes on the way are looked for: that of the figure. Of what a forward pass gives, the
    weights may be the wrong ones, so that it is the update before."""
    return node.step - 1 if node.quantity in FORWARD else node.origin


def _is_after_update(node: Node) -> bool:
    return node.quantity in BACKWARD or (node.quantity in FORWARD and node.step > 0)


# The backward pass


def _target_minus_prediction(formulas: Formulas, node: Node) -> Iterator[Changed]:
    if formulas.experiment.training.loss.kind not in _OF_DIFFERENCES or not _is_after_update(node):
        return
    last = len(formulas.names.layers) - 1

    def change(f: Formulas, at: Node) -> Expr | None:
        return -f.expression(at) if at.quantity == "delta" and f.layer_of(at) == last else None

    yield Changed("target_minus_prediction", change, {})


def _added_update(_: Formulas, node: Node) -> Iterator[Changed]:
    def change(f: Formulas, at: Node) -> Expr | None:
        if at.quantity not in _NEW:
            return None
        symbols = f.network(at.origin).symbols
        return symbols.parameter(at.part) - symbols.update(at.part)

    if node.quantity in _NEW or (node.quantity in FORWARD and node.step > 0):
        yield Changed("added_update", change, {})


def _no_derivative(formulas: Formulas, node: Node) -> Iterator[Changed]:
    """Of the figure's own layer, of a later one, or of all."""
    if not _is_after_update(node):
        return
    curved = [number for number, layer in enumerate(formulas.experiment.architecture.layers)
              if layer.activation.kind != "linear"]  # fmt: skip
    for layers in _choices(curved, formulas.layer_of(node) if node.quantity in BACKWARD else 0):

        def change(f: Formulas, at: Node, layers: tuple[int, ...] = layers) -> Expr | None:
            if at.quantity != "delta" or f.layer_of(at) not in layers:
                return None
            return _by_out(f, at, new=f.experiment.training.update_order == "sequential")

        yield Changed("no_derivative", change, _layers(formulas, layers))


def _choices(layers: list[int], first: int) -> Iterator[tuple[int, ...]]:
    """Each of the layers from the first on, and all of them."""
    possible = [layer for layer in layers if layer >= first]
    yield from ((layer,) for layer in possible)
    if len(possible) > 1:
        yield tuple(possible)


def _layers(formulas: Formulas, layers: tuple[int, ...]) -> dict[str, str]:
    return {"layers": ", ".join(formulas.names.layer_names[layer] for layer in layers)}


def _by_out(f: Formulas, at: Node, new: bool) -> Expr:
    """∂error/∂out: δ without the slope of the activation."""
    network, layer, unit = f.network(at.step), f.layer_of(at), f.unit_of(at)
    if layer == network.last:
        return network.loss_slope(unit)
    out = network.outs(layer)[unit]
    terms = []
    for receiver in range(network.layers[layer + 1].units):
        slope = network.net_formula(layer + 1, receiver, new=new).doit().diff(out)
        terms.append(network.symbols.delta(layer + 1, receiver) * slope)
    return sympy.Add(*terms)


def _wrong_weights(formulas: Formulas, node: Node) -> Iterator[Changed]:
    """δ through weights that are updated already, or that are not yet where they should be."""
    if not _is_after_update(node):
        return
    is_sequential = formulas.experiment.training.update_order == "sequential"

    def change(f: Formulas, at: Node) -> Expr | None:
        symbols = f.network(at.origin).symbols
        if at.quantity != "delta":
            return None
        names = [name for name, place in f.names.weights.items() if place.layer == f.layer_of(at) + 1]
        old, new = ([symbols.parameter(name, new=is_new) for name in names] for is_new in (False, True))
        swapped = zip(new, old, strict=True) if is_sequential else zip(old, new, strict=True)
        return f.expression(at).xreplace(dict(swapped))

    yield Changed("old_weights" if is_sequential else "updated_weights", change, {})


# Factors


def _half(formulas: Formulas, node: Node) -> Iterator[Changed]:
    """Twice or half as much, as a loss has a ½ or has none: in the error, or in its derivative."""
    training, last = formulas.experiment.training, len(formulas.names.layers) - 1
    kind, factor = _of_half(training.loss)
    reported, of_reported = _of_half(training.reported_error)

    def of_derivative(f: Formulas, at: Node) -> Expr | None:
        is_first = at.quantity == "delta" and f.layer_of(at) == last
        return factor * f.expression(at) if is_first else None

    def of_error(f: Formulas, at: Node) -> Expr | None:
        if at != node:
            return None
        network = f.network(at.step)
        # Penalties have factors of their own.
        return f.expression(at) + network.summed((factor - 1) * network.share())

    def of_reported_error(f: Formulas, at: Node) -> Expr | None:
        return of_reported * f.expression(at) if at == node else None

    if node.quantity == "reported_error" and reported:
        yield Changed(reported, of_reported_error, {})
    if node.quantity == "error" and kind:
        yield Changed(kind, of_error, {})
    if _is_after_update(node) and kind:
        yield Changed(kind, of_derivative, {})


def _of_half(loss: Any) -> tuple[str, Expr]:
    """What is usually done to the ½ of a loss, and the factor that this makes; nothing of other losses."""
    if loss is not None and loss.kind in _HALVED:
        return "missing_half", sympy.Integer(2)
    if loss is not None and loss.kind in _NOT_HALVED:
        return "extra_half", sympy.Rational(1, 2)
    return "", sympy.Integer(1)


def _missing_learning_rate(_: Formulas, node: Node) -> Iterator[Changed]:
    def change(f: Formulas, at: Node) -> Expr | None:
        if at.quantity not in ("update", *MEMORY):
            return None
        expression, rate = f.expression(at), f.network(at.origin).symbols.rate(at.part)
        return expression.xreplace({rate: sympy.Integer(1)}) if expression is not None else None

    if node.quantity in _UPDATED or (node.quantity in FORWARD and node.step > 0):
        yield Changed("missing_learning_rate", change, {})


# The forward pass


def _forgotten_bias(formulas: Formulas, node: Node) -> Iterator[Changed]:
    biased = [layer for layer, has in enumerate(formulas.names.biased) if has and layer <= formulas.layer_of(node)]
    for layers in _choices(biased if node.quantity in FORWARD else [], 0):

        def change(f: Formulas, at: Node, layers: tuple[int, ...] = layers) -> Expr | None:
            if at.quantity != "net" or f.layer_of(at) not in layers or at.step != node.step:
                return None
            network = f.network(at.step)
            bias = network.bias(f.layer_of(at), f.unit_of(at))
            return f.expression(at).xreplace({bias: sympy.Integer(0)})

        yield Changed("forgotten_bias", change, _layers(formulas, layers))


def _forgotten_activation(formulas: Formulas, node: Node) -> Iterator[Changed]:
    own = formulas.layer_of(node)
    curved = [number for number, layer in enumerate(formulas.experiment.architecture.layers)
              if layer.activation.kind != "linear" and number <= own - (node.quantity == "net")]  # fmt: skip
    for layers in _choices(curved if node.quantity in FORWARD else [], 0):

        def change(f: Formulas, at: Node, layers: tuple[int, ...] = layers) -> Expr | None:
            if at.quantity != "out" or f.layer_of(at) not in layers or at.step != node.step:
                return None
            return sympy.Symbol(f"net.{at.part}", real=True)

        yield Changed("forgotten_activation", change, _layers(formulas, layers))


_KINDS: tuple[Changes, ...] = (
    _target_minus_prediction,
    _added_update,
    _no_derivative,
    _wrong_weights,
    _half,
    _missing_learning_rate,
    _forgotten_bias,
    _forgotten_activation,
)
"""In the order in which they are told."""


def other_quantities(node: Node) -> tuple[Node, ...]:
    """The quantities that are written in place of this one, because they stand beside it on the way."""
    name, step = node.part, node.step
    match node.quantity:
        case "update":
            return (Node(f"gradient.{name}", step),)
        case "gradient":
            return (Node(f"update.{name}", step),)
        case "weight" | "bias":
            return (Node(f"update.{name}", step - 1), Node(f"gradient.{name}", step - 1)) if step else ()
        case "net":
            return (Node(f"out.{name}", step, node.sample),)
        case "error":
            return (Node("reported_error", step),)
        case "reported_error":
            return (Node("error", step),)
    return ()


def siblings(formulas: Formulas, node: Node) -> Iterator[Node]:
    """The same quantity of the other neurons of a layer, or of the other weights or biases of it."""
    names = formulas.names
    if node.quantity in ("net", "out", "delta", "prediction"):
        parts = list(names.layers[formulas.layer_of(node)])
    elif node.part in names.weights:
        layer = names.weights[node.part].layer
        parts = [name for name, place in names.weights.items() if place.layer == layer]
    elif node.part in names.biases:
        layer = names.biases[node.part].layer
        parts = [name for name, place in names.biases.items() if place.layer == layer]
    else:
        return
    yield from (Node(f"{node.quantity}.{part}", node.step, node.sample) for part in parts if part != node.part)
