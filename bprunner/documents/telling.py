"""Telling: what all parts of one document share, and the pieces that they are written with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bprunner.derivation.chain import Chain
from bprunner.derivation.network import Network
from bprunner.derivation.numbers import StepNumbers, is_written_out
from bprunner.derivation.symbols import Expr
from bprunner.documents.blanks import Blanks
from bprunner.documents.equations import Scribe, Side
from bprunner.documents.inline import inline_markdown
from bprunner.documents.language import Language
from bprunner.documents.matrices import Matrices
from bprunner.documents.numbers import Printing
from bprunner.documents.subject import Subject
from bprunner.figures.vector import Drawing
from bprunner.spec.experiment import Experiment
from bprunner.spec.naming import Names

Parts = dict[str, object]
"""What goes into the template, by name."""


@dataclass(frozen=True)
class Wishes:
    """What of a run is told, and how.

    step: which one; weights: names of weights and biases that are derived, one of each layer unless given; sample: the
    one that is worked out in full, from 1, the first of the update unless given; digits: significant ones, the author's
    and else six unless given; blank: with gaps for students; language: the code of its templates.
    """

    step: int = 0
    weights: tuple[str, ...] = ()
    sample: int | None = None
    digits: int | None = None
    blank: bool = False
    language: str = "en"


@dataclass
class Telling:
    """One document in the making: its subject, the numbers of its step, and the pictures drawn so far."""

    subject: Subject
    language: Language
    numbers: StepNumbers
    printing: Printing
    place: int
    chosen: tuple[str, ...]
    blanks: Blanks | None = None
    again: StepNumbers | None = None
    pictures: dict[str, Drawing] = field(default_factory=dict)

    @property
    def experiment(self) -> Experiment:
        return self.subject.experiment

    @property
    def names(self) -> Names:
        return self.experiment.architecture.names

    @property
    def network(self) -> Network:
        return self.numbers.network

    @cached_property
    def words(self) -> Mapping[str, str]:
        return self.language.words("document")

    @cached_property
    def scribe(self) -> Scribe:
        return Scribe(self.numbers, self.printing, self.words, self.place, self.blanks)

    @cached_property
    def again_scribe(self) -> Scribe | None:
        if self.again is None:
            return None
        return Scribe(self.again, self.printing, self.words, self.place, self.blanks, is_after=True)

    @cached_property
    def matrices(self) -> Matrices:
        return Matrices(self.scribe)

    @cached_property
    def chain(self) -> Chain:
        return Chain(self.network)

    @cached_property
    def is_written_out(self) -> bool:
        return is_written_out(self.experiment)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Weights and biases, layer after layer."""
        return (*self.names.weights, *self.names.biases)

    @property
    def is_plain(self) -> bool:
        """Whether the update is that of gradient descent alone."""
        return self.experiment.training.optimizer.kind == "gradient_descent"

    @cached_property
    def has_step(self) -> bool:
        """Whether a declared number stands for the slope of a step."""
        return any(layer.activation.kind == "step" for layer in self.network.layers)

    @cached_property
    def times(self) -> dict[int, int]:
        """Where each sample of the update stands first, and how often it is in it."""
        first = {sample: place for place, sample in reversed(list(enumerate(self.numbers.samples)))}
        counts = Counter(self.numbers.samples)
        return {place: counts[sample] for sample, place in sorted(first.items())}

    def weight_rows(self, layer: int, new: bool = False) -> list[list[Expr]]:
        """A layer's weights: a row for each sender, a column for each receiver."""
        senders, receivers = self.names.sizes[layer], self.names.sizes[layer + 1]
        return [[self.network.weight(layer, s, r, new) for r in range(receivers)] for s in range(senders)]


# Markdown


def math(latex: str) -> str:
    """A formula on its own."""
    return f"```math\n{latex}\n```" if latex else ""


def inline_math(latex: str) -> str:
    """A formula within a line. Backticks keep a repository's page from taking a backslash for its own sign."""
    return f"$`{latex}`$" if re.search(r"\\[^A-Za-z]", latex) else f"${latex}$"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 0) -> str:
    """A table of plain texts; the first `left` columns are aligned to the left, numbers to the right."""
    marks = [":--" if number < left else "--:" for number in range(len(head))]
    lines = [head, marks, *rows]
    return "\n".join(
        "| " + " | ".join(cell if number == 1 else inline_markdown(cell) for cell in line) + " |"
        for number, line in enumerate(lines)
    )


def kept_rows(count: int, most: int) -> list[int | None]:
    """Which of many rows are shown: all, or the first ones and the last with None between them."""
    return list(range(count)) if count <= most else [*range(most - 1), None, count - 1]


def matrix_name(letter: str, layer: int, raised: str = "") -> Side:
    """What a layer's matrix or vector is called; layers are counted from 1."""
    return Side((rf"\mathbf{{{letter}}}^{{({layer + 1}){raised}}}",), symbols=True)
