"""The derivation: the gradient of a weight by the chain rule, line by line, and the updates that follow from it."""

from __future__ import annotations

from typing import Any

import sympy

from bprunner.derivation.chain import Derivation
from bprunner.derivation.latex import visible_length
from bprunner.derivation.products import product, total
from bprunner.derivation.symbols import Expr, latex_name
from bprunner.derivation.updating import fixed_names, is_fixed, update_equations
from bprunner.documents.equations import Side, aligned
from bprunner.documents.inline import inline_markdown
from bprunner.documents.matrices import bracketed_matrix
from bprunner.documents.telling import Parts, Telling, inline_math

_LONGEST_LINE = 170
"""A line between the first and the last that is longer says nothing to anybody."""
_MOST_LINES = 60


def derivation(t: Telling) -> Parts:
    shown = list(t.parameters) if t.is_written_out and len(t.parameters) <= _MOST_LINES else list(t.chosen)
    optimizer = t.experiment.training.optimizer.kind
    return {
        "general_update": r"w^{+} = w - \eta \cdot \frac{\partial \mathrm{Error}}{\partial w}",
        "optimizer": optimizer,
        "optimizer_text": t.words[f"optimizer_{optimizer}"],
        "is_sequential": t.experiment.training.update_order == "sequential",
        "delta_note": _delta_note(t),
        "derivations": [_derived(t, name) for name in by_layer(t, list(t.chosen))],
        "is_all_derived": set(t.chosen) >= {*t.parameters} - set(fixed_names(t.experiment)),
        "delta_formulas": _deltas(t),
        "all_updates": aligned([_closed_update(t, name) for name in by_layer(t, shown)]),
        "update_matrices": _update_matrices(t),
    }


def _delta_note(t: Telling) -> str:
    """For a single linear output, whose δ is what the founding document calls Δ."""
    n = t.network
    text = t.scribe.write.symbols(n.symbols.delta(n.last, 0))
    return t.words["delta_note"].format(delta=inline_math(text)) if text == r"\Delta" else ""


def by_layer(t: Telling, shown: list[str]) -> list[str]:
    """From the output back, within a layer in order, the biases after the weights."""

    def layer(name: str) -> int:
        return int((t.names.weights.get(name) or t.names.biases[name])[0])

    return sorted(shown, key=lambda name: (-layer(name), name in t.names.biases))


def _derived(t: Telling, name: str) -> dict[str, Any]:
    kind = "weight_heading" if name in t.names.weights else "bias_heading"
    derived = t.chain.gradient(name)
    return {
        "name": inline_math(latex_name(name)),
        "heading": t.words[kind].format(name=inline_markdown(name)),
        "path": f"path-{t.chosen.index(name) + 1}",
        "lines": _lines(t, derived),
        "update": aligned(_update(t, name)),
        "curve": f"curve-{t.chosen.index(name) + 1}",
    }


def _lines(t: Telling, derived: Derivation) -> str:
    """left = line = line, each with its reason beside it."""
    left = t.scribe.write.symbols(derived.left)
    kept = [line for number, line in enumerate(derived.lines) if _is_shown(t, derived, number)]
    rows = []
    for number, line in enumerate(kept):
        side = Side(tuple(t.scribe.write.pieces(line.right)), symbols=True)
        broken = (
            aligned([[Side(("",), symbols=True), side]])
            .removeprefix("\\begin{aligned}\n")
            .removesuffix("\n\\end{aligned}")
        )
        first, *rest = broken.split(" \\\\\n")
        first = first.lstrip(" &").removeprefix("= ")
        reason = rf" && \text{{{_reason(t, line.reason, derived)}}}"
        rows.append(f"{left if number == 0 else ''} &= {first}{reason}")
        rows += rest
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def _reason(t: Telling, reason: str, derived: Derivation) -> str:
    """Why a line equals the one before; a hidden layer's other δ are known by then."""
    key = reason
    if reason == "each quantity by its formula" and any(
        symbol.name.startswith("delta.") for line in derived.lines[1:2] for symbol in line.right.free_symbols
    ):
        key = "each quantity by its formula, δ as known"
    return t.words[key]


def _is_shown(t: Telling, derived: Derivation, number: int) -> bool:
    """The first line and the last; of those between, the ones that a person would write: not what is very long, nor a
    softmax differentiated, of which all but a little cancels."""
    lines = derived.lines
    if number in (0, len(lines) - 1):
        return True
    if lines[number + 1].reason.startswith("the factors cancel;"):
        return False
    return visible_length(t.scribe.write.symbols(lines[number].right)) <= _LONGEST_LINE


def short_gradient(t: Telling, name: str) -> Expr:
    """The gradient in as few quantities as a person would write: δ · sender; in a linear network with a single way
    back, Δ · weight · sender."""
    lines = t.chain.gradient(name).lines
    closed = lines[-1].right
    if len(lines) < 2 or t.network.several or name not in t.names.weights:
        return closed
    before = lines[-2].right
    layer = t.names.weights[name].layer
    is_short = before.is_Mul and all(part.is_Symbol for part in before.args) and len(before.args) <= 3
    return before if layer < t.network.last and t.network.symbols.is_merged(layer) and is_short else closed


def _closed_update(t: Telling, name: str) -> list[Side]:
    """The new weight with the gradient's closed form in it; of optimizers that do more than that, the gradient."""
    s = t.network.symbols
    new, w = s.parameter(name, new=True), s.parameter(name)
    if is_fixed(t.experiment, name):
        return [_named(t, new), _named(t, w)]
    gradient = short_gradient(t, name)
    if not t.is_plain:
        return [_named(t, s.gradient(name)), _named(t, gradient)]
    return [_named(t, new), _named(t, total([w, _stepped(s.rate(name), gradient)]))]


def _stepped(rate: Expr, gradient: Expr) -> Expr:
    """− η · gradient."""
    return product(sympy.Integer(-1), rate, gradient)


def _named(t: Telling, expression: Expr) -> Side:
    return Side(tuple(t.scribe.write.pieces(expression)), symbols=True)


def _update(t: Telling, name: str) -> list[list[Side]]:
    """How the weight is updated, by the optimizer's own formulas, with the closed form of the gradient."""
    s = t.network.symbols
    if is_fixed(t.experiment, name):
        return [_closed_update(t, name)]
    if t.is_plain:
        new, w = s.parameter(name, new=True), s.parameter(name)
        general = total([w, _stepped(s.rate(name), s.gradient(name))])
        return [[_named(t, new), _named(t, general), *_closed_update(t, name)[1:]]]
    return [[_named(t, each.left), _named(t, each.right)] for each in update_equations(t.network, name)]


def _deltas(t: Telling) -> str:
    """δ of every neuron, from the output back; of a large network of the first ones."""
    n, equations = t.network, []
    for layer in reversed(range(len(n.layers))):
        for unit in range(n.layers[layer].units if t.is_written_out else 1):
            delta = t.chain.delta(layer, unit)
            equations.append([_named(t, delta.left), _named(t, delta.closed)])
    return aligned(equations)


def is_simple_chain(t: Telling, layer: int) -> bool:
    """Whether a layer's δ are Δ of the only neuron after it times weights: Δ can stand before the matrix."""
    n = t.network
    return layer < n.last and n.symbols.is_merged(layer) and n.layers[layer + 1].units == 1 and not t.chain.sequential


def has_matrices(t: Telling) -> bool:
    """Whether one formula in matrices says how all weights of a layer are updated."""
    n, training = t.network, t.experiment.training
    is_same_for_all = not training.rate_factors and training.penalty.l1 is None and training.penalty.l2 is None
    no_distance = all(layer.net != "squared_distance" for layer in n.layers)
    return t.is_plain and is_same_for_all and no_distance and not set(fixed_names(t.experiment)) & {*t.names.weights}


def _update_matrices(t: Telling) -> str:
    """W⁺ = W − η · senders · δ, layer after layer from the output."""
    n = t.network
    if not has_matrices(t):
        return ""
    layers = list(reversed(range(len(n.layers))))
    if not t.is_written_out or n.several:
        return aligned([_large_update(layer) for layer in layers])
    return aligned([small_update(t, layer) for layer in layers])


def _large_update(layer: int) -> list[Side]:
    """With matrices as symbols: a row of A for each sample."""
    name = rf"\mathbf{{W}}^{{({layer + 1})}}"
    senders = r"\mathbf{i}" if layer == 0 else rf"\mathbf{{out}}^{{({layer})}}"
    right = rf"{name} - \eta \cdot {{{senders}}}^{{\mathsf{{T}}}} \cdot \boldsymbol{{\delta}}^{{({layer + 1})}}"
    return [Side((rf"\mathbf{{W}}^{{({layer + 1})+}}",), symbols=True), Side((right,), symbols=True)]


def small_update(t: Telling, layer: int) -> list[Side]:
    n, named = t.network, t.network.symbols.named
    new, old = (t.matrices.symbols(t.weight_rows(layer, is_new)).latex for is_new in (True, False))
    senders = bracketed_matrix([[named[symbol].latex] for symbol in n.senders(layer)])
    factor, row = "", [named[n.symbols.delta(layer, unit)].latex for unit in range(n.layers[layer].units)]
    if is_simple_chain(t, layer):
        factor = named[n.symbols.delta(layer + 1, 0)].latex + r" \cdot "
        row = [named[n.weight(layer + 1, unit, 0)].latex for unit in range(n.layers[layer].units)]
    if len(row) == 1 and not factor:
        step = rf" - \eta \cdot {row[0]} \cdot {senders}"
    else:
        step = rf" - \eta \cdot {factor}{senders} \cdot {bracketed_matrix([row])}"
    return [Side((new,), symbols=True), Side((old, step), symbols=True)]
