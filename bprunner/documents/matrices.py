"""Matrices in LaTeX: rows are senders, columns receivers. Of large ones the corners are written."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bprunner.derivation.symbols import Expr
from bprunner.documents.equations import Scribe, Side
from bprunner.documents.numbers import Printed

LARGEST = 8
"""So many rows or columns are written; of more, the first ones and the last."""
_FIRST = 3


def bracketed_matrix(rows: Sequence[Sequence[str]]) -> str:
    """A matrix of entries that are LaTeX."""
    return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(row) for row in elided(rows)) + r" \end{bmatrix}"


def elided(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows with dots in place of what there is no room for."""
    kept_columns = _kept(len(rows[0]))
    result = []
    for row in _kept(len(rows)):
        if row is None:
            result.append([r"\ddots" if column is None else r"\vdots" for column in kept_columns])
        else:
            result.append([r"\cdots" if column is None else rows[row][column] for column in kept_columns])
    return result


def _kept(count: int) -> list[int | None]:
    if count <= LARGEST:
        return list(range(count))
    return [*range(_FIRST), None, count - 1]


def is_elided(rows: Sequence[Sequence[object]]) -> bool:
    """Whether a matrix of this size is not written whole."""
    return len(rows) > LARGEST or len(rows[0]) > LARGEST


class Matrices:
    """Writes matrices of symbols, and of the numbers that these are."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe

    def symbols(self, rows: Sequence[Sequence[Expr]]) -> Side:
        named = self._scribe.network.symbols.named
        return Side((bracketed_matrix([[named[symbol].latex for symbol in row] for row in rows]),), symbols=True)

    def numbers(self, rows: Sequence[Sequence[Expr]], sample: int | None = None) -> Side:
        scribe = self._scribe
        written = bracketed_matrix([[scribe.latex(symbol, sample) for symbol in row] for row in rows])
        every = [symbol for row in rows for symbol in row]
        if any(map(scribe.is_left_out, every)):
            return Side((written,), is_open=True)
        return of_entries(written, [scribe.printed(symbol, sample) for symbol in every])


def of_entries(written: str, entries: Sequence[Printed]) -> Side:
    """A side of several printed numbers."""
    exact = whole([each.fraction for each in entries])
    return Side((written,), exact=exact, is_true=all(each.is_exact for each in entries))


def whole(fractions: Sequence[Fraction | None]) -> tuple[Fraction, ...] | None:
    """All of them, or None where one is missing."""
    known = tuple(each for each in fractions if each is not None)
    return known if len(known) == len(fractions) else None


def times(one: Sequence[Sequence[Fraction]], other: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """The product of two matrices of printed numbers, exactly."""
    return [
        [sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in zip(*other, strict=True)]
        for row in one
    ]
