"""The forward pass, the error, and what the prediction is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy

from bprunner.derivation.latex import visible_length
from bprunner.derivation.symbols import Expr
from bprunner.documents.equations import Scribe, Side, aligned, distinct
from bprunner.documents.matrices import whole
from bprunner.documents.opening import bias_row, chosen_columns, kept_columns
from bprunner.documents.telling import Parts, Telling, inline_math, kept_rows, table

_MOST_ROWS = 12
_MOST_SYMBOLS = 5_000
_LONGEST_ELEMENTS = 220
"""A prediction that is longer in all its elements stays a formula of the last layer's inputs."""


def forward_pass(t: Telling) -> Parts:
    several = len(t.numbers.samples) > 1
    return {
        "forward_matrices": _matrices(t),
        "matrix_names": _matrix_names(t),
        "forward_details": details(t, t.scribe),
        "forward_table": sample_table(t, [s for layer in range(len(t.network.layers)) for s in t.network.outs(layer)])
        if several
        else "",
        "repeats": len(t.times) < len(t.numbers.samples),
    }


def details(t: Telling, scribe: Scribe) -> str:
    """Every neuron's net input and output, worked out; of a large network the first ones of each layer."""
    n, equations = t.network, []
    for layer in range(len(n.layers)):
        units = range(n.layers[layer].units if t.is_written_out else 1)
        equations += [scribe.worked_out(n.nets(layer)[unit], n.net_formula(layer, unit)) for unit in units]
        if not n.symbols.is_merged(layer):
            equations += [scribe.worked_out(n.outs(layer)[unit], n.out_formula(layer, unit)) for unit in units]
    return aligned(equations)


def _matrices(t: Telling) -> str:
    """net = a · W + b and out = f(net), layer after layer; nothing where a layer is no product."""
    if any(layer.net == "squared_distance" for layer in t.network.layers):
        return ""
    return aligned([sides for layer in range(len(t.network.layers)) for sides in _layer(t, layer)])


def _layer(t: Telling, layer: int) -> list[list[Side]]:
    """A layer's equations in matrices: in symbols, and of a network that is written out in numbers too."""
    n, m = t.network, t.matrices
    net, out = (Side((rf"\mathbf{{{word}}}^{{({layer + 1})}}",), symbols=True) for word in ("net", "out"))
    formula = Side((_net_symbols(t, layer),), symbols=True)
    applied = Side((rf"f({net.latex})",), symbols=True)
    is_merged = n.symbols.is_merged(layer)
    first, second = [out if is_merged else net, formula], [out, applied]
    if t.is_written_out and t.blanks is None:
        nets = m.numbers([n.nets(layer)])
        first += [_net_numbers(t, layer), nets]
        each = [t.scribe.exact(n.out_formula(layer, unit)) for unit in range(n.layers[layer].units)]
        put_in = replace(nets, pieces=(rf"f\left({nets.latex}\right)",), exact=whole(each))
        second += [put_in, m.numbers([n.outs(layer)])]
    return [first] if is_merged else [first, second]


def _sign(t: Telling, layer: int) -> str:
    return " - " if t.network.layers[layer].bias.kind == "threshold" else " + "


def _net_symbols(t: Telling, layer: int) -> str:
    before = r"\mathbf{i}" if layer == 0 else rf"\mathbf{{out}}^{{({layer})}}"
    bias = "" if bias_row(t, layer) is None else rf"{_sign(t, layer)}\mathbf{{b}}^{{({layer + 1})}}"
    return rf"{before} \cdot \mathbf{{W}}^{{({layer + 1})}}{bias}"


def _net_numbers(t: Telling, layer: int) -> Side:
    n, m = t.network, t.matrices
    before, rows = m.numbers([n.senders(layer)]), m.numbers(t.weight_rows(layer))
    biases = bias_row(t, layer)
    added = [] if biases is None else [m.numbers([biases])]
    pieces = (before.latex, rf" \cdot {rows.latex}", *(_sign(t, layer) + each.latex for each in added))
    exact = whole([t.scribe.exact(n.net_formula(layer, unit)) for unit in range(n.layers[layer].units)])
    return Side(pieces, exact=exact, is_true=all(each.is_true for each in (before, rows, *added)))


def _matrix_names(t: Telling) -> str:
    """What the letters of a large network's matrices mean."""
    has_activation = any(layer.activation.kind != "linear" for layer in t.network.layers)
    return t.words["matrix_names" if has_activation else "matrix_names_linear"].format(
        inputs=inline_math(r"\mathbf{i}"),
        weights=inline_math(r"\mathbf{W}^{(1)}"),
        outputs=inline_math(r"\mathbf{out}^{(1)}"),
        f=inline_math("f"),
    )


def sample_table(t: Telling, symbols: Sequence[Expr]) -> str:
    """What every sample has of some quantities; each sample once, with how often it is in the update where that varies.
    Of many samples the first ones and the last, of many quantities as well."""
    places = list(t.times)
    repeats = len(places) < len(t.numbers.samples)
    named = t.network.symbols.named
    head = [t.words["sample_column"], *([t.words["times_column"]] * repeats)]
    keep = kept_columns(len(head) + len(symbols))
    head += [named[symbol].text for symbol in symbols]
    cells = []
    for row in kept_rows(len(places), _MOST_ROWS):
        if row is None:
            cells.append(["…"] * len(keep))
            continue
        place = places[row]
        first = [str(t.numbers.samples[place] + 1), *([str(t.times[place])] * repeats)]
        cells.append(chosen_columns([*first, *(t.scribe.text(symbol, place) for symbol in symbols)], keep))
    return table(chosen_columns(head, keep), cells)


# The error


def the_error(t: Telling) -> Parts:
    n = t.network
    error, formula = n.symbols.error(), n.error()
    sides = [t.scribe.symbolic(error), t.scribe.symbolic(formula)]
    numbers = [t.scribe.symbolic(error), *t.scribe.in_numbers(error, formula)]
    return {
        "error_formula": aligned([sides]),
        "error_numbers": aligned([distinct(numbers)]),
        "elements": _elements(t),
    }


def _elements(t: Telling) -> str:
    """The first prediction, put together from ever smaller parts."""
    n = t.network
    out = n.outs(n.last)[0]
    sides = [t.scribe.symbolic(out)]
    if not n.symbols.is_merged(n.last):
        sides.append(t.scribe.symbolic(n.out_formula(n.last, 0)))
    sides += [Side(tuple(t.scribe.write.pieces(each)), symbols=True) for each in _inserted(t)]
    pieces = _all_put_in(t)
    if pieces and visible_length("".join(pieces)) <= _LONGEST_ELEMENTS:
        sides.append(Side(pieces, symbols=True))
    return aligned([distinct(sides)])


def _all_put_in(t: Telling) -> tuple[str, ...]:
    """The first prediction in inputs, weights and biases alone. Nothing where that would be cases within the conditions
    of cases, which nobody would write and SymPy takes hours to sort, or more symbols than anybody would read."""
    n, symbols, cases = t.network, 1, 0
    for layer, size in enumerate(n.names.sizes[:-1]):
        formula = n.out_formula(layer, 0)
        symbols *= size * sum(formula.count(net) for net in n.nets(layer))
        cases += formula.has(sympy.Piecewise)
    return tuple(t.scribe.write.pieces(n.predictions()[0])) if cases < 2 and symbols <= _MOST_SYMBOLS else ()


def _inserted(t: Telling) -> list[Expr]:
    """The last layer's formula with its net input put in."""
    n = t.network
    if n.symbols.is_merged(n.last):
        return [n.net_formula(n.last, 0)]
    nets = [n.net_formula(n.last, unit) for unit in range(n.layers[n.last].units)]
    return [n.out_formula(n.last, 0, nets)]
