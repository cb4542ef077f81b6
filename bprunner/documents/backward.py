"""The backward pass with numbers: every δ, the gradients, the updates and the new weights."""

from __future__ import annotations

from fractions import Fraction

import sympy

from bprunner.derivation.products import product, total
from bprunner.derivation.symbols import Expr
from bprunner.derivation.updating import fixed_names, is_fixed, update_equations
from bprunner.documents.deriving import by_layer, has_matrices, is_simple_chain, short_gradient, small_update
from bprunner.documents.equations import Scribe, Side, aligned, distinct, one
from bprunner.documents.matrices import bracketed_matrix, of_entries, times, whole
from bprunner.documents.numbers import Printed, at_digits
from bprunner.documents.passes import details, sample_table
from bprunner.documents.telling import Parts, Telling, inline_math, kept_rows, table
from bprunner.spec.experiment import Experiment

_MOST_LINES, _MOST_ROWS = 24, 60


def backward_pass(t: Telling) -> Parts:
    n = t.network
    rates = {t.scribe.value(n.symbols.rate(name)) for name in t.parameters}
    rate = at_digits(t.scribe.value(n.symbols.rate(t.chosen[0])), 12)
    is_short = t.is_written_out and len(t.parameters) <= _MOST_LINES
    shown = by_layer(t, list(t.parameters) if is_short else list(t.chosen))
    has_update = t.again is not None
    return {
        "rate_text": inline_math(rf"\eta = {rate.latex}"),
        "rates_differ": len(rates) > 1,
        "deltas": sum(layer.units for layer in n.layers),
        "rests": t.again is not None and all(t.scribe.value(n.symbols.update(name)) == 0 for name in t.parameters),
        "delta_numbers": _deltas(t),
        "delta_table": _delta_table(t) if len(t.numbers.samples) > 1 else "",
        "gradient_numbers": aligned([_gradient(t, name) for name in shown if name not in fixed_names(t.experiment)]),
        "has_update": has_update,
        "update_numbers": aligned([line for name in shown for line in _update(t, name)]) if has_update else "",
        "matrix_numbers": _matrices(t) if has_update else "",
        "update_table": _update_table(t) if has_update else "",
    }


def is_rounded(experiment: Experiment) -> bool:
    """Whether the author goes on with rounded numbers anywhere."""
    return any(rounding.carried for _, _, rounding in experiment.arithmetic.declared())


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
    return sample_table(
        t, [n.symbols.delta(layer, unit) for layer in range(len(n.layers)) for unit in range(n.layers[layer].units)]
    )


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
        general = total([w, product(sympy.Integer(-1), s.rate(name), s.gradient(name))])
        sides = [scribe.symbolic(new), scribe.symbolic(general), scribe.substituted(general, new)]
    else:
        general = equations[-1].right
        sides = [scribe.symbolic(new), scribe.symbolic(general)]
    if t.blanks is None:
        sides += _added_up(t, name)
    elif not t.is_plain:
        sides.append(scribe.substituted(general))
    return [*lines, distinct([*sides, *scribe.results(new)])]


def _added_up(t: Telling, name: str) -> list[Side]:
    """Old weight and update as printed: the exact update, the author's own where that is another, and what they come to
    before the author rounds the new weight. Nothing where the update is 0."""
    s, scribe = t.network.symbols, t.scribe
    w, update = s.parameter(name), s.update(name)
    if scribe.value(update) == 0:
        return []
    updates = [scribe.printed(update), scribe.by_author(update)]
    known = [each for each in updates if each is not None and each.decimal is not None]
    old = scribe.printed(w)
    sides = [_sum_side(old, each) for each in known]
    quantity = "weight" if name in t.names.weights else "bias"
    if t.experiment.arithmetic.of(quantity, name) is not None and known and old.decimal is not None:
        added = _sum_of(old, known[-1])
        sides.append(Side((added.latex,), exact=one(added.fraction)))
    return sides


def _sum_side(first: Printed, second: Printed) -> Side:
    sign = " - " if second.latex.startswith("-") else " + "
    exact = None if first.fraction is None or second.fraction is None else first.fraction + second.fraction
    is_true = first.is_exact and second.is_exact
    return Side((first.latex, sign + second.latex.removeprefix("-")), exact=one(exact), is_true=is_true)


def _sum_of(first: Printed, second: Printed) -> Printed:
    """Two printed numbers added, to the last digit."""
    assert first.decimal is not None  # both are finite
    assert second.decimal is not None
    return Printed(first.decimal + second.decimal, True)


def _matrices(t: Telling) -> str:
    """W⁺ = W − η · δ · senders with numbers, layer after layer from the output, for an update of one sample."""
    if not has_matrices(t) or len(t.numbers.samples) > 1 or not t.is_written_out or t.chain.sequential:
        return ""
    if t.blanks is not None:
        return ""
    return aligned([_layer_matrices(t, layer) for layer in reversed(range(len(t.network.layers)))], wide=84)


def _layer_matrices(t: Telling, layer: int) -> list[Side]:
    n, m, scribe = t.network, t.matrices, t.scribe
    new, old = t.weight_rows(layer, new=True), t.weight_rows(layer)
    names = [[str(w.name).split(".", 1)[1] for w in line] for line in old]
    rate = scribe.printed(n.symbols.rate(names[0][0]))
    senders = [[symbol] for symbol in n.senders(layer)]
    if is_simple_chain(t, layer):
        factor = scribe.printed(n.symbols.delta(layer + 1, 0))
        row = [n.weight(layer + 1, unit, 0) for unit in range(n.layers[layer].units)]
    elif n.layers[layer].units == 1:
        factor, row = scribe.printed(n.symbols.delta(layer, 0)), []
    else:
        factor, row = None, [n.symbols.delta(layer, unit) for unit in range(n.layers[layer].units)]
    parts = [m.numbers(old), m.numbers(senders), *([m.numbers([row])] if row else [])]
    is_true = rate.is_exact and (factor is None or factor.is_exact) and all(part.is_true for part in parts)
    multiplied = _product(scribe, senders, row)
    before, numbers = _factors(rate, factor), parts[0].latex
    pieces = (numbers, f" - {before}", *(rf" \cdot {part.latex}" for part in parts[1:]))
    put_in = Side(pieces, exact=_stepped(scribe, old, rate, factor, multiplied), is_true=is_true)
    sides = [*small_update(t, layer), put_in]
    if row and multiplied is not None:
        # Of the numbers themselves: a product of rounded ones would have other last digits than the gradients have.
        true = [[scribe.value(line[0]) * scribe.value(across) for across in row] for line in senders]
        printed = [[at_digits(each, scribe.printing.digits) for each in line] for line in true]
        written = bracketed_matrix([[each.latex for each in line] for line in printed])
        rounded = [[each.fraction or Fraction(0) for each in line] for line in printed]
        exact = _stepped(scribe, old, rate, factor, rounded)
        sides.append(Side((numbers, f" - {before}", rf" \cdot {written}"), exact=exact))
    sides += _taken(t, names, old)
    own = m.numbers(new)
    return distinct([*sides, own, *_by_author(scribe, new)])


def _taken(t: Telling, names: list[list[str]], old: list[list[Expr]]) -> list[Side]:
    """Old weights less what is taken from them: exactly, as the author prints it, and what comes of that before the
    author rounds the new weights."""
    scribe, s = t.scribe, t.network.symbols
    weights = [[scribe.printed(w) for w in line] for line in old]
    exactly = [[scribe.printed(s.update(name)) for name in line] for line in names]
    own = [[scribe.by_author(s.update(name)) for name in line] for line in names]
    forms = [exactly]
    if all(each is not None for line in own for each in line):
        forms.append([[each for each in line if each is not None] for line in own])
    if any(each.decimal is None for form in (weights, *forms) for line in form for each in line):
        return []
    numbers, sides = bracketed_matrix([[w.latex for w in line] for line in weights]), []
    for form in forms:
        taken = bracketed_matrix([[_negated(each).latex for each in line] for line in form])
        added = _added(weights, form)
        pairs = [pair for lines in zip(weights, form, strict=True) for pair in zip(*lines, strict=True)]
        exact = tuple((w.fraction or Fraction(0)) + (each.fraction or Fraction(0)) for w, each in pairs)
        sides.append(Side((numbers, f" - {taken}"), exact=exact))
    if any(t.experiment.arithmetic.of("weight", name) is not None for line in names for name in line):
        written = bracketed_matrix([[each.latex for each in line] for line in added])
        sides.append(of_entries(written, [each for line in added for each in line]))
    return sides


def _added(weights: list[list[Printed]], updates: list[list[Printed]]) -> list[list[Printed]]:
    return [
        [_sum_of(w, each) for w, each in zip(line, row, strict=True)]
        for line, row in zip(weights, updates, strict=True)
    ]


def _by_author(scribe: Scribe, new: list[list[Expr]]) -> list[Side]:
    """The new weights as the author prints them, where that is another text for all of them."""
    own = [[scribe.by_author(symbol) for symbol in line] for line in new]
    known = [[each for each in line if each is not None] for line in own]
    if list(map(len, known)) != list(map(len, own)):
        return []
    written = bracketed_matrix([[each.latex for each in line] for line in known])
    return [of_entries(written, [each for line in known for each in line])]


def _stepped(
    scribe: Scribe, old: list[list[Expr]], rate: Printed, factor: Printed | None, product: list[list[Fraction]] | None
) -> tuple[Fraction, ...] | None:
    """Old weights less rate · factor · product, of printed numbers."""
    scale, more = rate.fraction, Fraction(1) if factor is None else factor.fraction
    if product is None or scale is None or more is None:
        return None
    weights = [scribe.printed(symbol).fraction for line in old for symbol in line]
    numbers = [number for line in product for number in line]
    return whole([None if w is None else w - scale * more * number for w, number in zip(weights, numbers, strict=True)])


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
    """Senders, as a column, times the row where there is one, of printed numbers."""
    column = whole([scribe.printed(line[0]).fraction for line in senders])
    across = whole([scribe.printed(symbol).fraction for symbol in row])
    if column is None or across is None:
        return None
    return times([[each] for each in column], [list(across) or [Fraction(1)]])


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
    if said == "larger" and t.is_plain and not t.has_step and not t.chain.sequential and not is_rounded(t.experiment):
        said = "too_far"
    text = t.words[f"again_{said}"].format(
        before=inline_math(t.scribe.printed(error).latex), after=inline_math(scribe.printed(error).latex)
    )
    return {"again_details": lines, "again_error": worked, "again_text": "" if t.blanks else text}
