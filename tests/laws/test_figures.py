"""The law of the figures: each one that a file in configs/ expects agrees, and would not with another last digit."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bprunner.checking.verdicts import Verdict, check
from bprunner.errors import InputError
from bprunner.runs.run import Run, execute_run
from bprunner.spec.addressing import Addressed, addressed
from bprunner.spec.effective import declaration_data
from bprunner.spec.expectations import Figure
from bprunner.spec.experiment import Experiment
from bprunner.spec.printed import Printed
from bprunner.spec.reading import read_declaration
from tests.conftest import ROOT

CONFIGS = ROOT / "configs"


def experiment_files() -> list[str]:
    """Every YAML file below configs/ that declares an experiment, and no sweep, and whose data are there."""
    files = sorted(path for path in CONFIGS.rglob("*") if path.suffix in (".yaml", ".yml"))
    files = [path for path in files if path.parent.name != "data_needed"]
    return [path.relative_to(CONFIGS).as_posix() for path in files if "sweep" not in yaml.safe_load(path.read_text())]


FILES = experiment_files()
# What is asked of one file is asked in one process, which runs it once.
every_file = pytest.mark.parametrize(
    "file", [pytest.param(file, marks=pytest.mark.xdist_group(file)) for file in FILES]
)


@cache
def run_of(file: str) -> Run:
    return execute_run(read_declaration(CONFIGS / file))


def rejudged(run: Run, data: dict[str, Any]) -> list[Verdict]:
    """The verdicts on other figures, against the same trace."""
    experiment = Experiment.model_validate(data)
    return list(check(experiment, run.trace, run.samples))


def figure_at(data: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def changed(run: Run, path: tuple[str | int, ...], **fields: Any) -> dict[str, Any]:
    """The experiment's data with one figure's fields changed."""
    data = deepcopy(declaration_data(run.experiment))
    parent, last = figure_at(data, path[:-1]), path[-1]
    figure = parent[last] if isinstance(parent[last], dict) else {"printed": parent[last]}
    parent[last] = {**figure, **fields}
    return data


def neighbours(printed: Printed, run: Run, verdict: Verdict) -> Iterator[Printed]:
    """The number with its last digit one higher and one lower; past its tolerance, where it has one."""
    unit = Decimal(1).scaleb(int(printed.number.as_tuple().exponent))
    for each in (figure_of(run, verdict), run.experiment.expect[int(verdict.path[1])]):
        if each.tolerance is not None:
            unit = max(unit, 3 * Decimal(each.tolerance))
            break
        if each.relative_tolerance is not None:
            unit = max(unit, 3 * Decimal(each.relative_tolerance) * abs(printed.number))
            break
    yield Printed(printed.number + unit)
    yield Printed(printed.number - unit)


def states(verdicts: list[Verdict]) -> list[str]:
    return [verdict.state for verdict in verdicts]


def disturbed(run: Run, data: dict[str, Any]) -> list[int]:
    """Which verdicts are others than they were."""
    before = states(list(run.figures))
    return [number for number, state in enumerate(states(rejudged(run, data))) if state != before[number]]


def test_there_are_figures_to_check() -> None:
    assert {"doc.yaml", "doc_exact.yaml"} <= set(FILES)
    assert sum(len(figures_of(read_declaration(CONFIGS / file).experiment)) for file in FILES) > 900


@every_file
def test_every_figure_agrees_and_every_erratum_is_one(file: str) -> None:
    run = run_of(file)
    assert [str(verdict) for verdict in run.figures.of("disagrees")] == []
    declared = [figure_of(run, verdict) for verdict in run.figures]
    assert states(list(run.figures)) == ["agrees" if each.erratum is None else "erratum" for each in declared]


@every_file
def test_every_figure_of_the_file_is_judged_once(file: str) -> None:
    run = run_of(file)
    figures = figures_of(run.experiment)
    assert [verdict.printed for verdict in run.figures] == [figure.printed for figure in figures]
    assert len({verdict.path for verdict in run.figures}) == len(figures)


def figures_of(experiment: Experiment) -> list[Figure]:
    return [
        each.figure
        for expectation in experiment.expect
        for each in addressed(expectation, experiment.architecture.names)
        if isinstance(each, Addressed)
    ]


def figure_of(run: Run, verdict: Verdict) -> Figure:
    written = figure_at(declaration_data(run.experiment), verdict.path)
    return Figure.model_validate(written if isinstance(written, dict) else {"printed": written})


@every_file
def test_another_last_digit_makes_exactly_that_figure_disagree(file: str) -> None:
    run = run_of(file)
    for number, verdict in enumerate(run.figures):
        if verdict.state != "agrees":
            continue
        for other in neighbours(verdict.printed, run, verdict):
            assert disturbed(run, changed(run, verdict.path, printed=other)) == [number], f"{verdict}: {other}"


@every_file
def test_another_last_digit_of_a_right_number_makes_exactly_that_erratum_disagree(file: str) -> None:
    run = run_of(file)
    for number, verdict in enumerate(run.figures):
        if verdict.right is None:
            continue
        for other in neighbours(verdict.right, run, verdict):
            assert disturbed(run, changed(run, verdict.path, right=other)) == [number], f"{verdict}: {other}"


@every_file
def test_a_figure_that_agrees_as_printed_is_no_erratum(file: str) -> None:
    """Declared as one all the same, it disagrees, and the note says why."""
    run = run_of(file)
    for number, verdict in enumerate(run.figures):
        right = verdict.right or verdict.printed
        verdicts = rejudged(run, changed(run, verdict.path, printed=right, right=right, erratum="not really"))
        assert verdicts[number].state == "disagrees", verdict
        assert verdicts[number].note == "declared an erratum, but the printed number agrees"


def test_an_erratum_as_a_plain_figure_disagrees(tmp_path: Path) -> None:
    """The document that repeats results of the first pass: without its errata declared, they are faults."""
    run = run_of("gallery/hmkcode.yaml")
    for number, verdict in enumerate(run.figures):
        if verdict.state == "erratum":
            data = deepcopy(declaration_data(run.experiment))
            figure_at(data, verdict.path[:-1])[verdict.path[-1]] = verdict.printed
            assert states(rejudged(run, data))[number] == "disagrees"
    broken = tmp_path / "broken.yaml"
    broken.write_text((CONFIGS / "gallery/hmkcode.yaml").read_text().replace("right: .93", ""))
    with pytest.raises(InputError, match="an erratum needs `right`"):
        read_declaration(broken)
