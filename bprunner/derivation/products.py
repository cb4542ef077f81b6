"""Sums and products that keep their order, as a person writes them."""

from __future__ import annotations

import sympy

from bprunner.derivation.symbols import Expr


def product(*factors: Expr) -> Expr:
    """A product in the order given, as a person writes it: factors of 1 are left out, and a minus stands in front."""
    kept = [factor for factor in factors if factor not in (1, -1)]
    if sum(factor == -1 for factor in factors) % 2:
        kept.insert(0, sympy.Integer(-1))
    return kept[0] if len(kept) == 1 else sympy.Mul(*kept, evaluate=False) if kept else sympy.Integer(1)


def factors_of(expression: Expr) -> tuple[Expr, ...]:
    """The factors of a product; anything else is its own only one."""
    return tuple(expression.args) if expression.is_Mul else (expression,)


def total(terms: list[Expr]) -> Expr:
    """A sum in the order given."""
    return terms[0] if len(terms) == 1 else sympy.Add(*terms, evaluate=False) if terms else sympy.Integer(0)
