"""A file of answers: what may stand in it, what is refused, and what is not answered."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bprunner.errors import InputError
from bprunner.grading import Answers, read_answers
from bprunner.spec.reading import read_declaration
from tests.conftest import ROOT
from tests.training.declarations import doc, xor

DOC = read_declaration(doc()).experiment


def read(tmp_path: Path, text: str, experiment: Any = DOC, samples: int = 1) -> Answers:
    file = tmp_path / "answers.yaml"
    file.write_text(text, encoding="utf-8")
    return read_answers(file, experiment, samples)


def problems(tmp_path: Path, text: str, experiment: Any = DOC, samples: int = 1) -> list[str]:
    """Each problem as `line:column message; hint`."""
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, experiment, samples)
    return [
        f"{each.place.line}:{each.place.column} {each.message}" + (f"; {each.hint}" if each.hint else "")
        for each in caught.value.problems
        if each.place is not None
    ]


def figures(answers: Answers) -> list[tuple[str, Decimal | None]]:
    return [(str(each.address), None if each.printed is None else each.printed.number) for each in answers.figures]


def test_figures_keep_their_digits_and_stand_at_their_addresses(tmp_path: Path) -> None:
    text = (
        "student: Ada\nanswers:\n  - {step: 0, out: {h1: 0.80}, prediction: 0.6}\n  - {step: 1, weight: {w5: 0.23}}\n"
    )
    answers = read(tmp_path, text)
    assert answers.student == "Ada"
    assert figures(answers) == [
        ("out.h1 at step 0", Decimal("0.80")),
        ("prediction at step 0", Decimal("0.6")),
        ("weight.w5 at step 1", Decimal("0.23")),
    ]
    assert str(answers.figures[0].printed) == "0.80"


def test_a_list_of_entries_may_stand_alone(tmp_path: Path) -> None:
    answers = read(tmp_path, "- {step: 0, prediction: 0.58}\n- {step: 1, prediction: 0.7}\n")
    assert answers.student is None
    assert [each.address.step for each in answers.figures] == [0, 1]


def test_what_is_null_is_not_answered(tmp_path: Path) -> None:
    """Single figures, those in mappings, in lists, in matrices, and those that say more than a number."""
    text = """
answers:
  - {step: 0, prediction: null, error: , net: {h1: null, h2: 1.8}, out: {h: [null, 1.8]}}
  - {step: 0, orientation: in_out, gradient: {o: [[null], [0.1]]}, values: {out.h1 * weight.w5: null}}
  - {steps: [0, 1], prediction: [0.58, null]}
  - {step: 1, net: {h1: {printed: null, rounding: truncated}}}
"""
    found = figures(read(tmp_path, text))
    assert [name for name, number in found if number is None] == [
        "net.h1 at step 0",
        "out.h1 at step 0",
        "prediction at step 0",
        "error at step 0",
        "gradient.w5 at step 0",
        "out.h1 * weight.w5 at step 0",
        "prediction at step 1",
        "net.h1 at step 1",
    ]
    assert [number for _, number in found if number is not None] == [
        Decimal("1.8"), Decimal("1.8"), Decimal("0.1"), Decimal("0.58"),
    ]  # fmt: skip


def test_an_entry_or_a_figure_says_how_it_is_rounded(tmp_path: Path) -> None:
    text = "- {step: 0, rounding: truncated, out: {h1: 0.8, h2: {printed: 1.8, rounding: half_up}}, prediction: 0.6}"
    assert [each.rounding for each in read(tmp_path, text).figures] == ["truncated", "half_up", "truncated"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "answers:\n  - {step: 0, predicton: 0.5, out: {h3: 1}}",
            [
                "2:15 unknown key `predicton`; did you mean `prediction`?",
                "2:37 there is no `out.h3`; possible here: `out.h1`, `out.h2`, `out.o1`",
            ],
        ),
        ("answers:\n  - {step: 0, predicton: 0.5}", ["2:15 unknown key `predicton`; did you mean `prediction`?"]),
        (
            "studnet: A\nanswers:\n  - {step: 0, prediction: 1}",
            ["1:1 unknown key `studnet`; did you mean `student`?"],
        ),
        (
            "- {step: 0, prediction: about 0.5}\n- {step: 0, error: .nan}",
            ["1:25 must be a number, found the text 'about 0.5'", "2:20 must be a finite number"],
        ),
        ("- {step: 0, prediction: 1, prediction: 2}", None),
        ("- {step: 0, out: {h1: 1, h1: 2}}", None),
        ("- {prediction: 1}", ["1:3 `step` is missing"]),
        ("- {step: 2, prediction: 1}", ["1:10 step 2 is beyond the last one"]),
        ("- {step: 1, update: {w5: 0.1}}", ["1:22 step 1 is the last one, and no update follows it"]),
        ("- {step: 0}", ["1:3 no figure stands here"]),
        ("answers: []", ["1:10 must not be empty"]),
        ("answers:", ["1:1 must be a list"]),
        ("student: Ada", ["1:1 `answers` is missing"]),
        ("3", ["1:1 answers are a list of entries, found the number 3"]),
        ("- {step: 0, out: null}", ["1:18 must be a mapping"]),
        ("- {step: 0, out: {h1: [0.8, 0.9]}}", ["1:23 a list of figures goes with `steps`"]),
        ("- {step: 0, values: {out.h1 × 2: 1}}", ["1:22 `out.h1 × 2` may use only"]),
        ('student: "a\\u202eb"\nanswers: [{step: 0, error: 1}]', ["1:10 must have no invisible characters"]),
        ("- {step: 0, velocity: {w1: 0.1}}", ["1:24 `gradient_descent` has no `velocity`"]),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(tmp_path: Path, text: str, told: list[str] | None) -> None:
    found = problems(tmp_path, text)
    if told is None:
        assert "twice" in found[0] or "already" in found[0] or "duplicate" in found[0], found
        return
    assert len(found) == len(told), found
    for line, start in zip(found, told, strict=True):
        assert line.startswith(start), line


@pytest.mark.parametrize("key", ["tolerance: 9", "relative_tolerance: 0.9"])
def test_nobody_makes_a_wrong_figure_right(tmp_path: Path, key: str) -> None:
    name = key.partition(":")[0]
    for text in (f"- {{step: 0, {key}, error: 9}}", f"- {{step: 0, error: {{printed: 9, {key}}}}}"):
        assert [each.partition(" ")[2] for each in problems(tmp_path, text)] == [
            f"`{name}` is no part of an answer; a figure counts to the digits in which it is written"
        ]


def test_an_erratum_is_no_answer(tmp_path: Path) -> None:
    found = problems(tmp_path, "- {step: 0, error: {printed: 9, erratum: a slip, right: 0.087}}")
    assert [each.partition(" ")[2].partition(";")[0] for each in found] == [
        "`erratum` is no part of an answer",
        "`right` is no part of an answer",
    ]


def test_names_of_neurons_may_be_what_is_refused_elsewhere(tmp_path: Path) -> None:
    """A neuron called `right` has figures, as any other."""
    data = doc()
    data["architecture"]["naming"] = {"neurons": [["right", "tolerance"], ["erratum"]]}
    experiment = read_declaration(data).experiment
    found = figures(read(tmp_path, "- {step: 0, out: {right: 0.8, tolerance: null, erratum: 0.6}}", experiment))
    assert found == [
        ("out.right at step 0", Decimal("0.8")),
        ("out.tolerance at step 0", None),
        ("out.erratum at step 0", Decimal("0.6")),
    ]


def test_of_several_samples_it_must_be_said_which(tmp_path: Path) -> None:
    experiment = read_declaration(xor()).experiment
    found = problems(tmp_path, "- {step: 0, prediction: 0.5}", experiment, 4)
    assert found == ["1:13 the dataset has 4 samples: whose figure is this?; add `sample:`, counted from 1"]
    assert len(read(tmp_path, "- {step: 0, sample: 4, prediction: 0.5}", experiment, 4).figures) == 1
    assert "there is no sample 5" in problems(tmp_path, "- {step: 0, sample: 5, prediction: 0.5}", experiment, 4)[0]


def test_data_of_python_are_answers_too() -> None:
    answers = read_answers({"student": "Ada", "answers": [{"step": 0, "error": 0.087}]}, DOC, 1)
    assert answers == read_answers({"student": "Ada", "answers": ({"step": 0, "error": 0.087},)}, DOC, 1)
    with pytest.raises(InputError, match="there is no such file"):
        read_answers(ROOT / "no_answers.yaml", DOC, 1)
