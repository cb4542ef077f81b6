"""Symbols: one for each named quantity of a network, with what it is called in plain text and in LaTeX.

A symbol's own name is its key, as in the trace: `out.h1`, `weight.w5`. It is never parsed, so that no name that an
author gives can mean anything but itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sympy

from bprunner.spec.experiment import Experiment

Expr = Any
"""A SymPy expression."""

PER_SAMPLE = frozenset({"input", "net", "out", "delta", "target"})
OVER_SAMPLES = sympy.Function("over_samples")
"""over_samples(x): the sum of x over the samples of the update."""
PARTIAL = sympy.Function("partial")
"""partial(y, x): ∂y/∂x, not yet worked out."""

_PLAIN = re.compile(r"([A-Za-z]+?)_?(\d+(?:[.,]\d+)*)")
_GREEK = frozenset({
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "pi",
    "rho", "sigma", "tau", "phi", "chi", "psi", "omega",
})  # fmt: skip
# Spellings that LaTeX, MathJax (on GitHub) and math-core read alike: they share no command for ^, ~ and `, and typeset
# these characters as the ones that stand here.
_ESCAPED = {
    "{": r"\{", "}": r"\}", "_": r"\_", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "^": "ˆ", "~": "˜", "`": "‘",
}  # fmt: skip
# Characters that a font would join: two hyphens to a dash.
_JOINED = re.compile(r"(?<=[-<>,'!?‘])(?=[-<>,'‘])")


def latex_text(text: str) -> str:
    """Any text as itself within LaTeX's mathematics, on one line."""
    line = "".join(character if character.isprintable() else " " for character in text)
    parts = [_text_part(part) for part in line.split("\\")]
    # No text has a command for a backslash that all three know; mathematics has.
    return parts[0] if len(parts) == 1 else "{" + r"\backslash".join(parts) + "}"


def _text_part(text: str) -> str:
    escaped = "".join(_ESCAPED.get(character, character) for character in text)
    return r"\text{" + _JOINED.sub("{}", escaped) + "}" if text else ""


def latex_name(name: str) -> str:
    """A name as a person writes it: w5 as w with a lowered 5, theta as the Greek letter; any other one as text."""
    found = _PLAIN.fullmatch(name) if name.isascii() else None
    if name in _GREEK:
        return "\\" + name
    if found is None:
        return name if len(name) == 1 and name.isascii() and name.isalpha() else latex_text(name)
    letters, number = found.groups()
    letters = "\\" + letters if letters in _GREEK else letters if len(letters) == 1 else rf"\mathrm{{{letters}}}"
    return f"{letters}_{{{number}}}"


@dataclass(frozen=True)
class Named:
    """A symbol's names. `per_sample`: whether every sample has a value of its own."""

    symbol: Expr
    text: str
    latex: str
    per_sample: bool = False

    @property
    def key(self) -> str:
        return str(self.symbol.name)


class Symbols:
    """The symbols of one experiment, made when they are asked for. `named` has those that were, by symbol."""

    def __init__(self, experiment: Experiment) -> None:
        self.named: dict[Expr, Named] = {}
        self._names = experiment.architecture.names
        rounded = {quantity for quantity, _, _ in experiment.arithmetic.declared()}
        self._merged = tuple(
            layer.activation.kind == "linear" and not rounded & {"net", "out", "prediction"}
            for layer in experiment.architecture.layers
        )

    def is_merged(self, layer: int) -> bool:
        """Whether a layer's net input is its output, so that one symbol is enough."""
        return self._merged[layer]

    def sender(self, layer: int, unit: int) -> Expr:
        """What a layer (from 0) is given: an input, or an output of the layer before."""
        if layer == 0:
            name = self._names.inputs[unit]
            return self._made(f"input.{name}", name, latex_name(name))
        return self.out(layer - 1, unit)

    def net(self, layer: int, unit: int) -> Expr:
        if self.is_merged(layer):
            return self.out(layer, unit)
        return self._of_neuron("net", self._names.layers[layer][unit])

    def out(self, layer: int, unit: int) -> Expr:
        name = self._names.layers[layer][unit]
        if layer == len(self._names.layers) - 1:
            if len(self._names.outputs) == 1:
                return self._made(f"out.{name}", "prediction", r"\mathrm{prediction}")
            return self._of_neuron("out", name, "prediction")
        if self.is_merged(layer):
            return self._made(f"out.{name}", name, latex_name(name))
        return self._of_neuron("out", name)

    def target(self, unit: int) -> Expr:
        name = self._names.outputs[unit]
        if len(self._names.outputs) == 1:
            return self._made(f"target.{name}", "target", r"\mathrm{target}")
        return self._of_neuron("target", name)

    def delta(self, layer: int, unit: int) -> Expr:
        name = self._names.layers[layer][unit]
        if len(self._names.outputs) == 1 and layer == len(self._names.layers) - 1 and self.is_merged(layer):
            return self._made(f"delta.{name}", "Δ", r"\Delta")
        return self._made(f"delta.{name}", f"δ_{name}", rf"\delta_{{{latex_name(name)}}}")

    def parameter(self, name: str, new: bool = False) -> Expr:
        """A weight or bias before the update, or after it."""
        quantity = "weight" if name in self._names.weights else "bias"
        if new:
            return self._made(f"new_{quantity}.{name}", f"{name}⁺", f"{latex_name(name)}^{{+}}")
        return self._made(f"{quantity}.{name}", name, latex_name(name))

    def error(self) -> Expr:
        return self._made("error", "Error", r"\mathrm{Error}")

    def gradient(self, name: str) -> Expr:
        return self._made(
            f"gradient.{name}", f"∂Error/∂{name}", rf"\frac{{\partial \mathrm{{Error}}}}{{\partial {latex_name(name)}}}"
        )

    def update(self, name: str) -> Expr:
        return self._made(f"update.{name}", f"update_{name}", rf"\mathrm{{update}}_{{{latex_name(name)}}}")

    def memory(self, slot: str, name: str, new: bool = False) -> Expr:
        """What the optimizer remembers of a weight or bias, before the update or after it."""
        letter = {"velocity": "v", "mean": "m", "squares": "s"}[slot]
        key, plus, raised = (f"new_{slot}.{name}", "⁺", "^{+}") if new else (f"{slot}.{name}", "", "")
        return self._made(key, f"{letter}_{name}{plus}", rf"{letter}_{{{latex_name(name)}}}{raised}")

    def rate(self, name: str) -> Expr:
        """The learning rate that a weight or bias has at this step."""
        return self._made(f"rate.{name}", "learning_rate", r"\eta")

    def number(self, key: str, text: str, latex: str) -> Expr:
        """A number of the whole step, such as how many samples the update has."""
        return self._made(key, text, latex)

    def _of_neuron(self, quantity: str, name: str, word: str = "") -> Expr:
        word = word or quantity
        return self._made(f"{quantity}.{name}", f"{word}_{name}", rf"\mathrm{{{word}}}_{{{latex_name(name)}}}")

    def _made(self, key: str, text: str, latex: str) -> Expr:
        symbol = sympy.Symbol(key, real=True)
        self.named.setdefault(symbol, Named(symbol, text, latex, key.split(".")[0] in PER_SAMPLE))
        return symbol
