"""The forward pass, the error, and what the prediction is made of."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bprunner.derivation.latex import visible_length
from bprunner.derivation.symbols import Expr
from bprunner.documents.equations import Scribe, Side, aligned, distinct
from bprunner.documents.matrices import whole
from bprunner.documents.opening import bias_row, chosen_columns, kept_columns
from bprunner.documents.telling import Parts, Telling, inline_math, kept_rows, matrix_name, table

_MOST_ROWS = 12
_LONGEST_ELEMENTS = 220
"""A prediction that is longer in all its elements stays a formula of the last layer's inputs."""


def forward_pass(t: Telling) -> Parts:
    rows = kept_rows(len(t.numbers.samples), _MOST_ROWS)
    several = len(t.numbers.samples) > 1
    return {
        "forward_matrices": _matrices(t),
        "matrix_names": _matrix_names(t),
        "forward_details": details(t, t.scribe),
        "forward_table": _table(t, rows) if several else "",
        "forward_left_out": sum(row is None for row in rows) and len(t.numbers.samples) - len(rows) + 1,
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
    """a · W + b = net and f(net) = out, layer after layer; nothing where a layer is no product."""
    if any(layer.net == "squared_distance" for layer in t.network.layers):
        return ""
    equations: list[Sequence[Side]] = []
    for layer in range(len(t.network.layers)):
        equations += _layer_symbols(t, layer) if not t.is_written_out else _layer_numbers(t, layer)
    return aligned(equations)


def _layer_symbols(t: Telling, layer: int) -> list[list[Side]]:
    before = r"\mathbf{i}" if layer == 0 else _vector(layer - 1)
    weights = rf"\mathbf{{W}}^{{({layer + 1})}}"
    sign = " - " if t.network.layers[layer].bias.kind == "threshold" else " + "
    bias = "" if bias_row(t, layer) is None else rf"{sign}\mathbf{{b}}^{{({layer + 1})}}"
    net = Side((rf"{before} \cdot {weights}{bias}",), values=())
    if t.network.symbols.is_merged(layer):
        return [[Side((_vector(layer),), values=()), net]]
    out = Side((_vector(layer),), values=())
    return [[matrix_name(r"net", layer), net], [out, Side((rf"f(\mathbf{{net}}^{{({layer + 1})}})",), values=())]]


def _vector(layer: int) -> str:
    return rf"\mathbf{{out}}^{{({layer + 1})}}"


def _layer_numbers(t: Telling, layer: int) -> list[list[Side]]:
    n, m = t.network, t.matrices
    before, rows = m.numbers([n.senders(layer)]), m.numbers(t.weight_rows(layer))
    biases = bias_row(t, layer)
    sign = " - " if n.layers[layer].bias.kind == "threshold" else " + "
    added = "" if biases is None else sign + m.numbers([biases]).latex
    nets = n.nets(layer)
    product = Side((before.latex, rf" \cdot {rows.latex}", added), exact=_net_fractions(t, layer))
    result = [[product, m.numbers([nets])]]
    if not n.symbols.is_merged(layer):
        each = [t.scribe.exact(n.out_formula(layer, unit)) for unit in range(n.layers[layer].units)]
        applied = Side((rf"f\left({m.numbers([nets]).latex}\right)",), None if t.blanks else whole(each))
        result.append([applied, m.numbers([n.outs(layer)])])
    return result


def _net_fractions(t: Telling, layer: int) -> tuple[Fraction, ...] | None:
    """What the printed numbers of a layer come to, exactly."""
    if t.blanks is not None:
        return None
    n = t.network
    return whole([t.scribe.exact(n.net_formula(layer, unit)) for unit in range(n.layers[layer].units)])


def _matrix_names(t: Telling) -> str:
    """What the letters of a large network's matrices mean."""
    return t.words["matrix_names"].format(
        inputs=inline_math(r"\mathbf{i}"),
        weights=inline_math(r"\mathbf{W}"),
        outputs=inline_math(r"\mathbf{out}"),
        f=inline_math("f"),
    )


def _table(t: Telling, rows: list[int | None]) -> str:
    """Every sample's outputs, those of hidden neurons and the predictions."""
    n = t.network
    symbols = [symbol for layer in range(len(n.layers)) for symbol in n.outs(layer)]
    head = [t.words["sample_column"], *(n.symbols.named[symbol].text for symbol in symbols)]
    keep = kept_columns(len(head))
    cells = []
    for row in rows:
        if row is None:
            cells.append(["…"] * len(keep))
            continue
        cell = [str(t.numbers.samples[row] + 1), *(t.scribe.text(symbol, row) for symbol in symbols)]
        cells.append(chosen_columns(cell, keep))
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
    whole_formula = n.predictions()[0]
    inserted = _inserted(t)
    sides += [Side(tuple(t.scribe.write.pieces(each)), values=()) for each in inserted]
    if visible_length(t.scribe.write.symbols(whole_formula)) <= _LONGEST_ELEMENTS:
        sides.append(Side(tuple(t.scribe.write.pieces(whole_formula)), values=()))
    return aligned([distinct(sides)])


def _inserted(t: Telling) -> list[Expr]:
    """The last layer's formula with its net input put in."""
    n = t.network
    if n.symbols.is_merged(n.last):
        return [n.net_formula(n.last, 0)]
    nets = [n.net_formula(n.last, unit) for unit in range(n.layers[n.last].units)]
    return [n.out_formula(n.last, 0, nets)]
