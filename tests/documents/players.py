"""Runs to play, and what a player's fragment carries."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from bprunner import run
from bprunner.checking.verdicts import Verdicts
from bprunner.documents.language import Language
from bprunner.documents.player import player_html
from bprunner.documents.subject import Subject
from bprunner.spec.architecture import Naming
from bprunner.training.trace import Trace
from tests.conftest import ROOT

ENGLISH = Language("en")
HOSTILE = "<img src=x onerror=window.hacked=1>"
ENDING = "</script><script>window.hacked=2</script>"
_NUMBERS = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)


@cache
def subject(file: str, *overrides: str) -> Subject:
    """The run that a file in configs/ declares."""
    done = run(ROOT / "configs" / file, overrides)
    return Subject(done.experiment, done.samples, done.trace, done.figures)


def fragment(file: str, *overrides: str, name: str | None = None) -> str:
    return player_html(subject(file, *overrides), ENGLISH, name=name)


def content(html: str) -> dict[str, Any]:
    """What a fragment embeds for its script."""
    found = _NUMBERS.findall(html)
    assert len(found) == 1
    return json.loads(found[0])  # type: ignore[no-any-return]


def with_trace(of: Subject, columns: Mapping[str, Sequence[float] | np.ndarray[Any, Any]]) -> Subject:
    """The same run with other numbers; only these columns are in its trace."""
    arrays = {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
    steps = np.arange(len(next(iter(arrays.values()))), dtype=np.int64)
    return Subject(of.experiment, of.samples, Trace(steps, list(arrays), arrays), of.figures)


def renamed(of: Subject, names: Mapping[str, str], title: str) -> Subject:
    """The same run with names and a title that nobody could declare."""
    own = of.experiment.architecture.names

    def new(name: str) -> str:
        return names.get(name, name)

    connections = {new(name): own.describe(name) for name in own.weights}
    for old in sorted({*own.inputs, *own.neurons}, key=len):
        connections = {
            name: " → ".join(new(end) if end == old else end for end in text.split(" → "))
            for name, text in connections.items()
        }
    naming = Naming.model_construct(
        inputs=tuple(map(new, own.inputs)),
        neurons=tuple(tuple(map(new, layer)) for layer in own.layers),
        weights=connections,
        biases={},
    )
    architecture = of.experiment.architecture.model_copy(update={"naming": naming})
    vars(architecture).pop("names", None)
    experiment = of.experiment.model_copy(update={"architecture": architecture, "title": title})
    columns = {}
    for column in of.trace:
        quantity, dot, name = column.partition(".")
        columns[f"{quantity}{dot}{new(name)}"] = of.trace[column]
    trace = Trace(of.trace.steps, list(columns), columns)
    return Subject(experiment, of.samples, trace, Verdicts(()))


def hostile() -> Subject:
    """The founding example as somebody would name it who wants to run a script in the page."""
    names = {
        "i1": HOSTILE,
        "h1": ENDING,
        "o1": "<!--<script>",
        "w1": f"w{HOSTILE}",
        "w5": f"w{ENDING}",
        "w6": "\u2028&lt;",
    }
    return renamed(subject("doc.yaml"), names, f"{ENDING}{HOSTILE}")
