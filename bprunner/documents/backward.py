"""The backward pass with numbers: every δ, the gradients, the updates and the new weights."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy

from bprunner.derivation.products import total
from bprunner.derivation.symbols import Expr
from bprunner.derivation.updating import is_fixed, update_equations
from bprunner.documents.deriving import is_simple_chain, short_gradient, small_update
from bprunner.documents.equations import Scribe, Side, aligned, distinct, one
from bprunner.documents.matrices import bracketed_matrix, times, whole
from bprunner.documents.numbers import Printed, at_digits
from bprunner.documents.passes import details
from bprunner.documents.telling import Parts, Telling, inline_math, kept_rows, table

_MOST_LINES, _MOST_ROWS = 24, 60


def backward_pass(t: Telling) -> Parts:
    n = t.network
    rates = {t.scribe.value(n.symbols.rate(name)) for name in t.parameters}
    rate = at_digits(t.scribe.value(n.symbols.rate(t.chosen[0])), 12)
    shown = list(t.parameters) if t.is_written_out and len(t.parameters) <= _MOST_LINES else list(t.chosen)
    has_update = t.again is not None
    return {
        "rate_text": inline_math(rf"\eta = {rate.latex}"),
        "rates_differ": len(rates) > 1,
        "roundings": _roundings(t),
        "deltas": sum(layer.units for layer in n.layers),
        "delta_numbers": _deltas(t),
        "delta_table": _delta_table(t) if len(t.numbers.samples) > 1 else "",
        "gradient_numbers": aligned([_gradient(t, name) for name in shown]),
        "has_update": has_update,
        "update_numbers": aligned([line for name in shown for line in _update(t, name)]) if has_update else "",
        "matrix_numbers": _matrices(t) if has_update else "",
        "update_table": _update_table(t) if has_update else "",
    }


def _roundings(t: Telling) -> str:
    """What the author rounds, in words."""
    said = []
    for quantity, name, rounding in t.experiment.arithmetic.declared():
        if getattr(t.experiment.arithmetic, quantity) is None and (quantity != "bias" or not t.names.biases):
            continue  # it is rounded as another quantity is
        way = t.words[f"rounding_{rounding.rounding}"]
        carried = t.words["rounding_carried" if rounding.carried else "rounding_printed"]
        what = t.words[f"quantity_{quantity}"] + (f" {name}" if name else "")
        said.append(t.words["rounding"].format(quantity=what, way=way, decimals=rounding.decimals, carried=carried))
    return " ".join(said)


def _deltas(t: Telling) -> str:
    n, equations = t.network, []
    for layer in reversed(range(len(n.layers))):
        for unit in range(n.layers[layer].units if t.is_written_out else 1):
            delta = t.chain.delta(layer, unit)
            equations.append(t.scribe.worked_out(delta.left, delta.closed))
    return aligned(equations)


def _delta_table(t: Telling) -> str:
    """δ of every sample."""
    n = t.network
    symbols = [n.symbols.delta(layer, unit) for layer in range(len(n.layers)) for unit in range(n.layers[layer].units)]
    if len(symbols) > 12:
        return ""
    head = [t.words["sample_column"], *(n.symbols.named[symbol].text for symbol in symbols)]
    rows = [
        ["…"] * len(head)
        if row is None
        else [str(t.numbers.samples[row] + 1), *(t.scribe.text(symbol, row) for symbol in symbols)]
        for row in kept_rows(len(t.numbers.samples), 12)
    ]
    return table(head, rows)


def _gradient(t: Telling, name: str) -> list[Side]:
    return t.scribe.worked_out(t.network.symbols.gradient(name), short_gradient(t, name))


# Updates


def _update(t: Telling, name: str) -> list[list[Side]]:
    """The new weight or bias; of optimizers with a memory, what they remember first."""
    s, scribe = t.network.symbols, t.scribe
    new, w = s.parameter(name, new=True), s.parameter(name)
    if is_fixed(t.experiment, name):
        return [[scribe.symbolic(new), scribe.symbolic(w), scribe.result(new)]]
    equations = update_equations(t.network, name)
    lines = [scribe.worked_out(each.left, each.right) for each in equations[:-1] if not t.is_plain]
    if t.is_plain:
        general = total([w, sympy.Mul(-1, s.rate(name), s.gradient(name), evaluate=False)])
        sides = [scribe.symbolic(new), scribe.symbolic(general), scribe.substituted(general)]
    else:
        general = equations[-1].right
        sides = [scribe.symbolic(new), scribe.symbolic(general)]
    if t.blanks is None:
        sides.append(_added_up(scribe, w, s.update(name)))
        sides += _before_rounding(t, name, w, s.update(name))
    return [*lines, distinct([*sides, scribe.result(new)])]


def _added_up(scribe: Scribe, w: Expr, update: Expr) -> Side:
    """Old weight and update as printed."""
    first, second = scribe.printed(w), scribe.printed(update)
    sign = " - " if second.latex.startswith("-") else " + "
    exact = None if first.fraction is None or second.fraction is None else first.fraction + second.fraction
    return Side((first.latex, sign + second.latex.removeprefix("-")), one(exact))


def _before_rounding(t: Telling, name: str, w: Expr, update: Expr) -> list[Side]:
    """The new weight as it is before the author rounds it; nothing where it is not rounded."""
    quantity = "weight" if name in t.names.weights else "bias"
    if t.experiment.arithmetic.of(quantity, name) is None:
        return []
    added = _sum_of(t.scribe.printed(w), t.scribe.printed(update))
    return [] if added is None else [Side((added.latex,), one(added.fraction))]


def _sum_of(first: Printed, second: Printed) -> Printed | None:
    """Two printed numbers added, to the last digit."""
    if first.decimal is None or second.decimal is None:
        return None
    return Printed(first.decimal + second.decimal, True)


def _matrices(t: Telling) -> str:
    """W⁺ = W − η · δ · senders with numbers, layer after layer from the output, for an update of one sample."""
    n = t.network
    is_other = any(layer.net == "squared_distance" for layer in n.layers) or t.chain.sequential
    penalty = t.experiment.training.penalty
    has_more = penalty.l1 is not None or penalty.l2 is not None or t.experiment.training.rate_factors
    fixed = any(is_fixed(t.experiment, name) for name in t.names.weights)
    if not t.is_plain or len(t.numbers.samples) > 1 or not t.is_written_out or is_other or has_more or fixed:
        return ""
    if t.blanks is not None:
        return ""
    return aligned([_layer_matrices(t, layer) for layer in reversed(range(len(n.layers)))], wide=90)


def _layer_matrices(t: Telling, layer: int) -> list[Side]:
    n, m, scribe = t.network, t.matrices, t.scribe
    new, old = t.weight_rows(layer, new=True), t.weight_rows(layer)
    rate = scribe.printed(n.symbols.rate(next(iter(t.names.weights))))
    senders = [[symbol] for symbol in n.senders(layer)]
    if is_simple_chain(t, layer):
        factor = scribe.printed(n.symbols.delta(layer + 1, 0))
        row = [n.weight(layer + 1, unit, 0) for unit in range(n.layers[layer].units)]
    elif n.layers[layer].units == 1:
        factor, row = scribe.printed(n.symbols.delta(layer, 0)), []
    else:
        factor, row = None, [n.symbols.delta(layer, unit) for unit in range(n.layers[layer].units)]
    numbers = m.numbers(old)
    before = _factors(rate, factor)
    product = _product(scribe, senders, row)
    before_rounding = tuple(
        scribe.value(w) - scribe.value(n.symbols.rate(name)) * scribe.value(n.symbols.gradient(name))
        for line in old for w in line for name in [str(w.name).split(".", 1)[1]]
    )  # fmt: skip
    sides = [replace(side, values=before_rounding) for side in small_update(t, layer)]
    written = m.numbers(senders).latex + (rf" \cdot {m.numbers([row]).latex}" if row else "")
    column = product if row else [[scribe.printed(line[0]).fraction] for line in senders]
    stepped = _stepped(scribe, old, rate, factor, column)
    sides.append(Side((numbers.latex, rf" - {before} \cdot {written}"), stepped))
    if row and product is not None:
        sides.append(Side((numbers.latex, rf" - {before} \cdot {_written(product, scribe)}"), stepped))
    updates = [
        [scribe.printed(n.symbols.update(_name(t, layer, s, r))) for r in range(len(old[0]))] for s in range(len(old))
    ]
    taken = [[_negated(each) for each in line] for line in updates]
    exact = whole([
        None if each.fraction is None or w is None else w - each.fraction
        for each, w in zip(
            [each for line in taken for each in line], [scribe.printed(w).fraction for line in old for w in line],
            strict=True,
        )
    ])  # fmt: skip
    sides.append(
        Side((numbers.latex, f" - {bracketed_matrix([[each.latex for each in line] for line in taken])}"), exact)
    )
    unrounded = [
        [_sum_of(scribe.printed(w), each) for w, each in zip(line, row_of, strict=True)]
        for line, row_of in zip(old, updates, strict=True)
    ]
    if t.experiment.arithmetic.of("weight") is not None and all(each for line in unrounded for each in line):
        known = [[each for each in line if each is not None] for line in unrounded]
        written = bracketed_matrix([[each.latex for each in line] for line in known])
        sides.append(Side((written,), whole([each.fraction for line in known for each in line])))
    sides.append(m.numbers(new))
    return distinct(sides)


def _stepped(
    scribe: Scribe, old: list[list[Expr]], rate: Printed, factor: Printed | None, product: list[list[Any]] | None
) -> tuple[Fraction, ...] | None:
    """Old weights less rate · factor · product, of printed numbers."""
    times_all = (rate.fraction, Fraction(1) if factor is None else factor.fraction)
    if product is None or None in times_all:
        return None
    scale = times_all[0] * times_all[1]  # type: ignore[operator]  # neither is None
    entries = [
        None if each is None or w is None else w - scale * each
        for line, numbers in zip(old, product, strict=True)
        for w, each in zip([scribe.printed(symbol).fraction for symbol in line], numbers, strict=True)
    ]
    return whole(entries)


def _name(t: Telling, layer: int, sender: int, receiver: int) -> str:
    return str(t.network.weight(layer, sender, receiver).name).split(".", 1)[1]


def _negated(printed: Printed) -> Printed:
    """What is subtracted where an update is added."""
    if printed.decimal is None:
        return printed
    return Printed(-printed.decimal if printed.decimal else printed.decimal, printed.is_exact)


def _factors(rate: Printed, factor: Printed | None) -> str:
    if factor is None:
        return rate.latex
    return rf"{rate.latex} \cdot {f'({factor.latex})' if factor.is_signed else factor.latex}"


def _product(scribe: Scribe, senders: list[list[Expr]], row: list[Expr]) -> list[list[Fraction]] | None:
    """Senders times the row, of printed numbers."""
    column = [scribe.printed(line[0]).fraction for line in senders]
    across = [scribe.printed(symbol).fraction for symbol in row]
    if any(each is None for each in (*column, *across)):
        return None
    return times([[each or Fraction(0)] for each in column], [[each or Fraction(0) for each in across]])


def _written(product: list[list[Fraction]], scribe: Scribe) -> str:
    digits = scribe.printing.digits
    return bracketed_matrix([[at_digits(float(each), digits).latex for each in line] for line in product])


def _update_table(t: Telling) -> str:
    """Every weight and bias before and after, with its gradient; nothing that the equations have said of a few."""
    if len(t.parameters) <= _MOST_LINES and t.is_written_out:
        return ""
    s, scribe = t.network.symbols, t.scribe
    head = [t.words[f"column_{each}"] for each in ("weight", "before", "gradient", "update", "after")]
    rows = []
    for row in kept_rows(len(t.parameters), _MOST_ROWS):
        if row is None:
            rows.append(["…"] * len(head))
            continue
        name = t.parameters[row]
        symbols = (s.parameter(name), s.gradient(name), s.update(name), s.parameter(name, new=True))
        rows.append([name, *(scribe.text(symbol) for symbol in symbols)])
    return table(head, rows, left=1)


# The forward pass again


def pass_again(t: Telling) -> Parts:
    """The forward pass with the new weights, and what it did to the error."""
    if t.again_scribe is None:
        return {"again_details": "", "again_text": ""}
    n, scribe = t.network, t.again_scribe
    error = n.symbols.error()
    lines = details(t, scribe)
    worked = aligned([scribe.worked_out(error, n.error())])
    before, after = t.scribe.value(error), scribe.value(error)
    said = "smaller" if after < before else "larger" if after > before else "equal"
    text = t.words[f"again_{said}"].format(
        before=inline_math(t.scribe.latex(error)), after=inline_math(scribe.latex(error))
    )
    return {"again_details": lines, "again_error": worked, "again_text": "" if t.blanks else text}
