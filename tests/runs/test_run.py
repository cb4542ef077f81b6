"""A run as a Python program and a notebook see it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import bprunner
from bprunner import InputError, Run
from bprunner.runs.run import figures_data, write_json
from bprunner.spec.reading import read_declaration
from tests.conftest import ROOT
from tests.training.declarations import doc, xor

HOSTILE = "<img src=x onerror=alert(1)> & [link](http://example.org) **bold** | `code`"


def with_figures(**figures: Any) -> Run:
    return bprunner.run({**doc(), "expect": [{"step": 0, **figures}]})


def test_what_a_run_says_of_itself() -> None:
    run = bprunner.run(doc(epochs=20))
    assert repr(run) == f"<Run doc: finished after 20 updates, error 0.087362 → {run.trace['error'][20]:.6g}>"
    assert (run.name, run.status, run.diverged_at, run.updates) == ("doc", "finished", None, 20)
    assert run.recorded is None
    assert run.started <= run.ended
    assert bprunner.run(doc()).ending() == "finished after 1 update"


def test_a_diverged_run_says_where() -> None:
    run = bprunner.run(doc(epochs=100, learning_rate=2.0))
    assert run.ending() == f"diverged at step {run.diverged_at}"
    assert run.updates == run.diverged_at


def test_figures_are_counted_in_its_name() -> None:
    assert repr(with_figures(prediction=0.58, error=0.1)).endswith(", 2 of 2 figures agree>")
    assert repr(with_figures(prediction=0.59, error=0.1)).endswith(", 1 of 2 figures agree>")


def test_a_notebook_shows_the_figures_that_disagree() -> None:
    html = with_figures(prediction=0.59, error=0.1)._repr_html_()
    assert "<li>prediction.o1 at step 0: printed 0.59, computed 0.58 (disagrees)</li>" in html
    assert html.count("<li>") == 1
    assert "0.087362" in html
    assert "2 → 2 linear → 1 linear" in html


@pytest.mark.parametrize("epochs", [3, 50])
def test_a_notebook_shows_the_first_and_the_last_steps(epochs: int) -> None:
    html = bprunner.run(xor(epochs=epochs))._repr_html_()
    assert f">{epochs}</bdi></th>" in html
    assert ">0</bdi></th>" in html
    assert ">25</bdi></th>" not in html


def test_a_hostile_name_is_text_in_a_notebook() -> None:
    html = bprunner.run({**doc(), "name": HOSTILE})._repr_html_()
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; [link]" in html


@pytest.mark.parametrize(
    "overrides",
    [
        ["training.learning_rate=0.1", "training.epochs=2"],
        {"training.learning_rate": 0.1, "training.epochs": 2},
    ],
)
def test_overrides_as_arguments_or_as_a_mapping(overrides: list[str] | Mapping[str, Any]) -> None:
    run = bprunner.run(doc(), overrides)
    assert (run.experiment.training.learning_rate, run.experiment.training.epochs) == (0.1, 2)


def test_the_same_from_a_file_a_mapping_and_an_experiment() -> None:
    file = bprunner.run(ROOT / "configs" / "doc.yaml")
    experiment = bprunner.run(file.experiment)
    text = bprunner.run(str(ROOT / "configs" / "doc.yaml"))
    assert file.hash == experiment.hash == text.hash
    assert file.trace["weight"].tobytes() == experiment.trace["weight"].tobytes() == text.trace["weight"].tobytes()
    assert [str(each) for each in experiment.figures] == [str(each) for each in file.figures]


def test_a_faulty_declaration_is_an_input_error() -> None:
    with pytest.raises(InputError, match="learning_rate"):
        bprunner.run(doc(learning_rate=-1))


def test_a_trace_knows_its_run() -> None:
    run = bprunner.run(doc())
    assert run.trace.metadata["configuration_hash"] == run.hash
    assert run.trace.metadata["data_digest"] == run.samples.digest
    assert run.trace.metadata["samples"] == 1


def test_figures_as_data() -> None:
    figure = {"printed": 0.5, "erratum": "a misprint", "right": 0.582}
    run = with_figures(prediction=figure, error=0.09, values={"1 / (input.i1 - 2)": 1})
    data = {each["figure"]: each for each in figures_data(run.figures)}
    assert data["prediction.o1"] == {
        "figure": "prediction.o1", "step": 0, "printed": "0.5", "computed": pytest.approx(0.582),
        "computed_at_printed_digits": "0.6", "verdict": "erratum", "note": "a misprint", "right": "0.582",
    }  # fmt: skip
    assert set(data["error"]) == {"figure", "step", "printed", "computed", "computed_at_printed_digits", "verdict"}
    assert data["1 / (input.i1 - 2)"]["computed"] is None


def test_json_holds_no_nan(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"δ": 0.1})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "δ": 0.1\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", {"x": float("nan")})


def test_samples_make_a_figures_data_complete() -> None:
    declared = {**xor(), "expect": [{"step": 0, "sample": 2, "prediction": 0.5}]}
    (data,) = figures_data(bprunner.run(declared).figures)
    assert data["sample"] == 2
    assert read_declaration(declared).experiment.expect[0].sample == 2
