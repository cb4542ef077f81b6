"""Faulty files for tests: a valid one of which some sections are others, with a mark where the fault is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.spec.examples import problems_of_file

MARK = "‹"

SECTIONS = {
    "name": "doc",
    "architecture": "\n  inputs: 2\n  layers:\n    - {units: 2, activation: sigmoid, bias: trained}\n"
    "    - {units: 1, activation: sigmoid, bias: trained}",
    "initial_weights": "{zeros: {}, biases: zeros}",
    "dataset": "{gate: xor}",
}
TRAINING = {
    "loss": "half_squared_error",
    "optimizer": "gradient_descent",
    "learning_rate": "0.5",
    "epochs": "3",
}

FOREIGN = re.compile(
    r"Input should|String should|Value error|NoneType|pydantic|Traceback|instance of"
    r"|\bdict\b|\btuple|\bfloat\b|\bint\b|\bstr\b"
)
"""Words of Python and pydantic, which no user should need to know."""


class Fault(NamedTuple):
    """A file with a mark before what is wrong; then the path there, words of the message, and the way out."""

    text: str
    path: str
    words: str
    hint: str = ""


def file_of(training: str = "", **sections: str) -> str:
    """The valid file with other sections, and with lines of training that replace its own or are added."""
    own = dict(TRAINING)
    for line in training.split("\n") if training else []:
        key, _, value = line.partition(":")
        own[key] = value.strip()
    if "updates" in training.replace(MARK, "") and "epochs" not in training:
        del own["epochs"]
    trained = "\n" + "\n".join(f"  {key}: {value}" for key, value in own.items())
    whole = {**SECTIONS, **{key: value for key, value in sections.items() if key in SECTIONS}, "training": trained}
    whole |= {key: value for key, value in sections.items() if key not in whole}
    return "".join(f"{key}: {value}\n" for key, value in whole.items())


def assert_told(fault: Fault, folder: Path) -> None:
    """The fault is told where the mark is, and nothing else is told."""
    before, mark, after = fault.text.partition(MARK)
    assert mark
    path = folder / "doc.yaml"
    path.write_text(before + after, encoding="utf-8")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")

    problems = problems_of_file(path)

    told = "\n".join(str(problem) for problem in problems)
    assert len(problems) == 1, told or "nothing is told"
    (problem,) = problems
    assert problem.place is not None
    assert (problem.place.line, problem.place.column, problem.path) == (line, column, fault.path), told
    assert fault.words in problem.message, told
    assert fault.hint in problem.hint, told
    assert not FOREIGN.search(f"{problem.message} {problem.hint}"), told
