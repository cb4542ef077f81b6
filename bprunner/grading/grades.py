"""Grades: what became of a student's figures. They are kinds and numbers; whoever shows them has the sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bprunner.spec.addressing import Address
from bprunner.spec.printed import Printed

State = Literal["right", "right_to_digits", "follows", "wrong", "blank"]
STATES: tuple[State, ...] = ("right", "right_to_digits", "follows", "wrong", "blank")
"""`right`: the run's number, entirely. `right_to_digits`: the run's number, at the digits given. `follows`: what the
student's own earlier figures give. `wrong`: neither. `blank`: not answered."""

Base = Literal["run", "own"]
"""Which numbers a mistake starts from: the run's, or the student's own earlier ones."""


@dataclass(frozen=True)
class Mistake:
    """A usual mistake that gives the student's figure.

    `kind` is its name, `about` what it is about (a layer, a quantity, another neuron, …), `value` the number to which
    it leads, and `base` says from which numbers.
    """

    kind: str
    about: Mapping[str, str] = field(default_factory=dict, hash=False)
    value: float = float("nan")
    base: Base = "run"


@dataclass(frozen=True)
class Source:
    """One of the student's own figures that another one follows from, and how it is itself."""

    where: Address
    state: State


@dataclass(frozen=True)
class Grade:
    """One figure of a student, held against the run.

    `where` says which, `step` at which step of the run it was found. `printed` is what the student wrote (None:
    nothing), `value` the run's number in full and `shown` the same at the digits given. `own` is what the student's
    earlier figures give, where they come in, and `sources` which of them do. `mistakes` are all that explain a wrong
    figure equally well, in the order in which they are looked for.
    """

    where: Address
    step: int
    printed: Printed | None
    value: float
    shown: str
    state: State
    own: float | None = None
    sources: tuple[Source, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    path: tuple[str | int, ...] = ()

    @property
    def is_carried(self) -> bool:
        """Whether it follows from figures that are right and only rounded."""
        return self.state == "follows" and all(source.state == "right_to_digits" for source in self.sources)

    @property
    def name(self) -> str:
        return self.where.name

    @property
    def address(self) -> str:
        return str(self.where)

    def __str__(self) -> str:
        return f"{self.address}: {self.printed}, computed {self.shown} ({self.state})"


@dataclass(frozen=True)
class Grades(Sequence[Grade]):
    """All grades of one student, in the order of the file. `recomputed` is whether what follows from earlier figures
    was looked at: networks that cannot be explained, or are too large, are held against the run alone."""

    student: str | None
    all: tuple[Grade, ...]
    recomputed: bool = True

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self.all[index]

    def __len__(self) -> int:
        return len(self.all)

    def of(self, *states: State) -> tuple[Grade, ...]:
        """Those in some states."""
        return tuple(grade for grade in self.all if grade.state in states)

    @property
    def counts(self) -> dict[str, int]:
        """How many are in each state."""
        return {state: len(self.of(state)) for state in STATES}

    @property
    def are_right(self) -> bool:
        """Whether every figure that was answered is right, entirely or to its digits."""
        return not self.of("follows", "wrong")

    def __repr__(self) -> str:
        whose = f" of {self.student}" if self.student else ""
        told = ", ".join(f"{count} {state}" for state, count in self.counts.items() if count)
        return f"<Grades{whose}: {told}>"
