"""Explaining: from a run to its worked document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from bprunner.derivation.numbers import StepNumbers, forward_again, representatives, step_numbers
from bprunner.derivation.updating import fixed_names
from bprunner.documents.backward import backward_pass, pass_again
from bprunner.documents.blanks import Blanks
from bprunner.documents.closing import closing
from bprunner.documents.deriving import derivation
from bprunner.documents.document import Document
from bprunner.documents.illustrating import illustrate
from bprunner.documents.inline import inline_markdown
from bprunner.documents.language import Language
from bprunner.documents.numbers import Printing
from bprunner.documents.opening import opening
from bprunner.documents.passes import forward_pass, the_error
from bprunner.documents.player import player_html
from bprunner.documents.subject import Subject
from bprunner.documents.telling import Telling, Wishes, math
from bprunner.errors import InputError, Problem
from bprunner.figures.vector import Drawing
from bprunner.spec.experiment import Experiment

_MOST_DIGITS = 17  # as many as a double has


def explain(subject: Subject, wishes: Wishes | None = None) -> Document:
    """The worked document of one step of a run.

    Raises InputError where it cannot be explained (no gradient, too large, a trace without weights), and for a step,
    weight, sample or language that there is none of, each with what there is.
    """
    return told(telling_of(subject, wishes or Wishes()))


def telling_of(subject: Subject, wishes: Wishes) -> Telling:
    """What a document is made from. Raises InputError as `explain` does."""
    experiment = subject.experiment
    numbers = step_numbers(experiment, subject.samples, subject.trace, wishes.step)
    check_wishes(experiment, wishes)
    return Telling(
        subject=subject,
        language=Language(wishes.language),
        numbers=numbers,
        printing=Printing(experiment, subject.figures, wishes.digits),
        place=_place(numbers, wishes.sample),
        chosen=tuple(dict.fromkeys(wishes.weights)) or representatives(experiment),
        blanks=Blanks(fixed_names(experiment)) if wishes.blank else None,
        again=forward_again(numbers, subject.samples, subject.trace),
    )


def check_wishes(experiment: Experiment, wishes: Wishes) -> None:
    """What can be told before any training: raises InputError for a weight or language that there is none of, and for
    digits that no double has."""
    Language(wishes.language)
    names = experiment.architecture.names
    known = [*names.weights, *names.biases]
    problems = []
    if wishes.digits is not None and not 1 <= wishes.digits <= _MOST_DIGITS:
        message = f"a number cannot be printed with {wishes.digits} digits"
        problems.append(Problem(message, hint=f"1 to {_MOST_DIGITS} are possible"))
    for name in wishes.weights:
        if name not in known:
            near = get_close_matches(name, known, 1)
            shown = ", ".join(known if len(known) <= 20 else [*known[:10], "…", known[-1]])
            hint = f"did you mean {near[0]}?" if near else f"there are {shown}"
            problems.append(Problem(f"there is no weight or bias {name!r}", hint=hint))
    if problems:
        raise InputError(problems)


def _place(numbers: StepNumbers, sample: int | None) -> int:
    """Where the sample stands among those of the update."""
    if sample is None:
        return 0
    if sample - 1 not in numbers.samples:
        there = [str(each + 1) for each in numbers.samples]
        shown = ", ".join(there if len(there) <= 20 else [*there[:10], "…", there[-1]])
        message = f"sample {sample} is not among those of step {numbers.step}'s update"
        raise InputError(Problem(message, hint=f"there are {shown}"))
    return numbers.samples.index(sample - 1)


def told(t: Telling) -> Document:
    """The document."""
    parts = {
        **opening(t),
        **forward_pass(t),
        **the_error(t),
        **derivation(t),
        **backward_pass(t),
        **pass_again(t),
        **closing(t),
    }

    # Pictures come last: the gaps of an exercise are numbered as the text meets them.
    illustrate(t)

    def picture(name: str) -> str:
        return _image(f"{name}.svg", t.pictures)

    text = t.language.text("document.md", **parts, math=math, picture=picture)
    title = t.experiment.title or t.experiment.name
    player = "" if t.blanks is not None else player_html(t.subject, t.language, t.printing.short)
    return Document(t.experiment.name, title, t.language.code, tidy(text), dict(t.pictures), player)


def _image(file: str, pictures: Mapping[str, Drawing]) -> str:
    """A picture with its caption, where there is one."""
    if file not in pictures:
        return ""
    return f"![{inline_markdown(pictures[file].caption)}]({file})"


def tidy(markdown: str) -> str:
    """Without empty lines beyond one at a time, and without spaces at the ends of lines."""
    lines = "\n".join(line.rstrip() for line in markdown.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
