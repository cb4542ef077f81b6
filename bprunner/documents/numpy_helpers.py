"""What NumPy does not bring: a few functions that a notebook defines before it begins, where it needs them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bprunner.documents.numpy_code import comment
from bprunner.nn.rounding import ROUNDINGS

_ROUND = """\
def {name}(values, decimals):
    {comment}
    def one(number):
        if not abs(number) * 10**decimals < 2**53:
            return number
        exact = Decimal(format(number, ".15g"))
        return float(exact.quantize(Decimal(1).scaleb(-decimals), {way}))

    return np.vectorize(one, otypes=[float])(values)"""
_ROUND_DECIMAL = """\
def {name}(values, decimals):
    {comment}
    def one(number):
        number = Decimal(number)
        if number.as_tuple().exponent >= -decimals:
            return number
        return number.quantize(Decimal(1).scaleb(-decimals), {way})

    return np.vectorize(one, otypes=[object])(values)"""
_ERF = """\
{comment}
erf = np.vectorize(math.erf)"""
_DECIMALS = """\
{digits}
getcontext().prec = {prec}
{comment}
decimals = np.vectorize(lambda text: +Decimal(text), otypes=[object])"""
_LN = """\
{comment}
ln = np.vectorize(lambda number: Decimal(number).ln(), otypes=[object])"""
_TANH = """\
def tanh(values):
    {comment}
    def one(number):
        with localcontext() as context:
            context.prec = 2 * context.prec + 12
            power = (2 * number).exp()
            quotient = (power - 1) / (power + 1)
        return +quotient

    return np.vectorize(one, otypes=[object])(values)"""
_OVERFLOW = """\
{comment}
np.seterr(all="ignore")"""


def setup_code(used: Sequence[str], words: Mapping[str, str], digits: int, overflows: bool) -> str:
    """Imports and functions, of which those are there that are used. digits: of decimal numbers; 0 for doubles."""
    text = "\n".join(used)
    kind = "_decimal" if digits else ""
    blocks = []
    if overflows:
        blocks.append(_OVERFLOW.format(comment=comment(words["overflow"])))
    if digits:
        told = {"digits": comment(words["digits"]), "comment": comment(words["decimals"])}
        blocks.append(_DECIMALS.format(prec=digits, **told))
    for name, way in (("rounded", "half_up"), ("truncated", "truncated")):
        if _calls(name, text):
            function = _ROUND_DECIMAL if digits else _ROUND
            blocks.append(function.format(name=name, way=ROUNDINGS[way], comment=comment(words[name + kind])))
    for name, function in (("erf", _ERF), ("ln", _LN), ("tanh", _TANH)):
        if _calls(name, text):
            blocks.append(function.format(comment=comment(words[name])))
    return "\n\n\n".join(["\n".join(_imports("\n".join([text, *blocks]))), *blocks])


def _calls(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w.]){name}\(", text) is not None


def _imports(text: str) -> list[str]:
    names = ["ROUND_DOWN", "ROUND_HALF_UP", "Decimal", "getcontext", "localcontext"]
    wanted = [name for name in names if re.search(rf"\b{name}\b", text)]
    lines = ["import math"] if re.search(r"\bmath\.", text) else []
    if wanted:
        lines.append(f"from decimal import {', '.join(wanted)}")
    return [*lines, *([""] if lines else []), "import numpy as np"]
