"""A study in the terms of the tracking floor: a parent run, and a child for each run, read from the study's folder.

Which steps become points of a metric: all of a run's, while the whole study has at most MOST_ROWS points; else of each
series as many as fit, evenly spaced, at least the first and the last, and never more than `tracking.points`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np

from bprunner.data.samples import Samples
from bprunner.nn.arrays import Array, Indices
from bprunner.runs.markdown import plain_markdown
from bprunner.runs.origins import origin_tags
from bprunner.runs.recording import OF_EPOCHS, declared_parameters, fitting, is_measure
from bprunner.runs.study_files import BASELINE_FILE, Identity
from bprunner.runs.study_looks import Looks, log10
from bprunner.runs.study_pages import PICTURES_FOLDER, REPORT
from bprunner.runs.study_views import LOG_ERROR, SUMMARIES, study_views, varied_metric
from bprunner.spec.describing import network_line, training_line
from bprunner.spec.expanding import Cell
from bprunner.spec.naming import counted
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.fates import DIVERGED, FATES
from bprunner.sweeps.naming import run_name, short_names
from bprunner.sweeps.planning import Group, extent
from bprunner.sweeps.study import Study
from bprunner.tracking.checks import LONGEST_RUN_NAME
from bprunner.tracking.records import DatasetRecord, MetricSeries, RunRecord, Status
from bprunner.tracking.studies import ChildRecord, record_id
from bprunner.tracking.views import dashboard_key
from bprunner.training.chunk_files import RUN, STEP

MOST_ROWS = 1_000_000
"""Points of metrics, of all runs and series together, up to which every step is one."""
_RUNS_AT_ONCE = 512
_VIEWED = 2
"""How many metrics more a run has at most for charts whose axes are linear: powers of ten."""
_ROUNDING = 2.0**-106
"""Of the first error, what rounding leaves of a squared one: an error of 0 stands there where its power is shown."""


class Thinning(NamedTuple):
    """Which series become metrics, and of each run at most how many steps; None for all of them."""

    names: tuple[str, ...]
    points: int | None

    def __str__(self) -> str:
        if self.points is None:
            return "every kept step"
        return f"{self.points} steps of each run, the first and the last among them"


def thinning(study: Study) -> Thinning:
    """By the rule of this module. The declared `tracking.quantities` are shown, errors always."""
    tracking = study.baseline.experiment.tracking
    measures, shown = _recorded_names(study.steps.names, tracking.quantities)
    names = tuple(fitting(measures, shown, tracking.series))
    longest = int(study.summary.steps.max()) // study.declaration.sweep.trace.every + 2
    return Thinning(names, points_of(len(study), len(names), longest, tracking.points))


def are_as_in_the_whole(study: Study) -> bool:
    """Whether the runs that are done would be recorded in the same way if all were: the baseline is done, and the whole
    study is small enough for every kept step and every series of every run."""
    if not study.has_baseline:
        return False
    tracking, whole = study.baseline.experiment.tracking, extent(study.declaration)
    measures, shown = _recorded_names(whole.names, tracking.quantities)
    series = len(measures) + len(shown)
    longest = whole.steps // study.declaration.sweep.trace.every + 2
    return series <= tracking.series and points_of(study.declaration.count(), series, longest, tracking.points) is None


def _recorded_names(names: Sequence[str], quantities: Sequence[str]) -> tuple[list[str], list[str]]:
    """Which series are recorded: the measures, and those of these quantities."""
    measures = [name for name in names if name == "error" or is_measure(name)]
    return measures, [name for name in names if name.partition(".")[0] in quantities and name not in measures]


def points_of(runs: int, series: int, steps: int, most: int) -> int | None:
    """How many steps of each run become points, by the rule of this module; None for all of them.

    steps: those of the longest run; most: the declared `tracking.points`.
    """
    if runs * series * steps <= MOST_ROWS and steps <= most:
        return None
    return min(most, max(2, MOST_ROWS // max(1, runs * series)))


def rows_of(groups: Sequence[Group], every: int, most: int) -> int:
    """About how many rows MLflow gets of a study with these groups of runs, summaries included."""
    runs = sum(group.cells for group in groups)
    steps = max((group.steps // every + 2 for group in groups), default=0)
    series = max((group.series for group in groups), default=0)
    points = points_of(runs, series, steps, most) or steps
    return sum(
        group.cells * (group.series * min(points, group.steps // every + 2) + len(SUMMARIES) + _VIEWED)
        for group in groups
    )


def study_id(identity: Identity) -> str:
    """The record id of a study's parent run."""
    return record_id(identity.key)


def child_id(identity: Identity, cell: Cell) -> str:
    """The record id of a run. Equal experiments may be in several cells, so that their number belongs to it."""
    return record_id(identity.key, f"{cell.number} {cell.hash}")


# Children


def children(study: Study, identity: Identity) -> Iterator[ChildRecord]:
    """Every run that is done, the baseline first, then those that failed."""
    thinned = thinning(study)
    short = short_names(study.declaration.paths)
    summaries, looks = _summaries(study), Looks(study.declaration)
    ended = identity.ended or identity.started
    batch: list[tuple[int, Cell]] = []
    for row, cell in enumerate(study.cells()):
        batch.append((row, cell))
        if len(batch) == _RUNS_AT_ONCE:
            yield from _batch(study, identity, batch, thinned, short, summaries, looks, ended)
            batch = []
    yield from _batch(study, identity, batch, thinned, short, summaries, looks, ended)
    yield from _failed(study, identity, short, ended)


def _batch(
    study: Study,
    identity: Identity,
    batch: Sequence[tuple[int, Cell]],
    thinned: Thinning,
    short: Mapping[str, str],
    summaries: Mapping[str, Array],
    looks: Looks,
    ended: int,
) -> Iterator[ChildRecord]:
    if not batch:
        return
    series = _series(study, [cell.number for _, cell in batch], thinned)
    fates = study.table["fate"]
    for row, cell in batch:
        last = np.array([study.summary.steps[row]], dtype=np.int64)
        numbers = {f"summary/{name}": float(values[row]) for name, values in summaries.items()}
        varied = _numbers(cell)
        numbers |= {f"varied/{short[path]}": value for path, value in varied.items()}
        numbers |= {varied_metric(path, short, looks): log10(varied[path]) for path in looks.wide & varied.keys()}
        single = [MetricSeries(key, last, np.array([value])) for key, value in numbers.items() if not math.isnan(value)]
        fate = str(fates.iloc[row])
        yield ChildRecord(
            record_id=child_id(identity, cell),
            run_name=_shortened(run_name(cell, short)),
            status="FINISHED",
            started=_started(identity, cell),
            ended=ended,
            parameters=_parameters(cell),
            metrics=[*series[cell.number], *single],
            tags={**_tags(cell), "bprunner.fate": fate, **looks.tags(cell)},
            description=_description(study, row, fate),
        )


def _series(study: Study, numbers: Sequence[int], thinned: Thinning) -> dict[int, list[MetricSeries]]:
    """The metrics over the steps, by the number of a cell."""
    per_epoch = _updates_per_epoch(study)
    of_epochs = [name for name in thinned.names if name.partition(".")[0] in OF_EPOCHS]
    of_steps = [name for name in thinned.names if name not in of_epochs]
    found: dict[int, list[MetricSeries]] = {number: [] for number in numbers}
    for names, every in ((of_steps, 1), (of_epochs, per_epoch)):
        if not names:
            continue
        for columns in study.steps.parts(names, numbers, thinned.points, every):
            for number, rows in _by_run(columns[RUN]):
                steps = np.asarray(columns[STEP][rows], dtype=np.int64)
                for name in names:
                    values = np.asarray(columns[name][rows], dtype=np.float64)
                    # What another structure has not, or what is measured only now and then.
                    there = slice(None) if not every > 1 else ~np.isnan(values)
                    if not np.isnan(values).all():
                        key = name.replace(".", "/", 1)
                        found[number].append(MetricSeries(key, steps[there], values[there]))
    return found


def _by_run(runs: Array | Indices) -> Iterator[tuple[int, slice]]:
    """Where the rows of each run are, of runs in order."""
    starts: list[int] = np.flatnonzero(np.diff(runs, prepend=runs[:1] - 1)).tolist() if len(runs) else []
    for start, end in zip(starts, [*starts[1:], len(runs)], strict=True):
        yield int(runs[start]), slice(start, end)


def _updates_per_epoch(study: Study) -> int:
    from bprunner.data.loading import load_samples

    return study.baseline.experiment.training.updates_per_epoch(len(load_samples(study.baseline)))


def _summaries(study: Study) -> dict[str, Array]:
    """By metric, the numbers of all runs, (runs,); nan where there is none."""
    frame = study.table
    columns = {
        metric: frame[column].to_numpy(dtype=np.float64, na_value=np.nan) for column, metric in SUMMARIES.items()
    }
    powers = {LOG_ERROR.removeprefix("summary/"): _powers(study)}
    return {**columns, "steps": study.summary.steps.astype(np.float64), **powers}


def _powers(study: Study) -> Array:
    """The final errors as powers of ten, (runs,); nan for runs that diverged, which no axis could hold."""
    summary = study.summary
    with np.errstate(all="ignore"):
        shown = np.log10(np.maximum(summary.final, summary.first * _ROUNDING))
    return np.where((summary.fate == DIVERGED) | ~np.isfinite(shown), np.nan, shown)


def _started(identity: Identity, cell: Cell) -> int:
    """Runs that are trained together began together. MLflow shows what began last first: so the baseline is on top, and
    the others follow in their order."""
    return identity.started - cell.number


def _numbers(cell: Cell) -> dict[str, float]:
    return {path: value for path, value in cell.values.items() if isinstance(value, float) and math.isfinite(value)}


def _parameters(cell: Cell) -> dict[str, str | float | int | bool]:
    """What varies, by its path, as tables show it, and the hash."""
    return {**{path: label[:500] for path, label in cell.labels.items()}, "configuration_hash": cell.hash}


def _tags(cell: Cell) -> dict[str, str]:
    return {"bprunner.cell": str(cell.number), "bprunner.configuration_hash": cell.hash}


def _description(study: Study, row: int, fate: str) -> str:
    summary = study.summary
    at = f" at step {summary.diverged_at[row]:,}" if summary.diverged_at[row] >= 0 else ""
    ratio = study.table["ratio"].iloc[row]
    times = "" if row == 0 or math.isnan(ratio) else f"; {ratio:.4g} × the baseline's"
    steps = counted(int(summary.steps[row]), "update")
    return f"**{fate}**{at}, {steps}: error {summary.first[row]:.6g} → {summary.final[row]:.6g}{times}"


def _failed(study: Study, identity: Identity, short: Mapping[str, str], ended: int) -> Iterator[ChildRecord]:
    if not study.failures:
        return
    for cell in study.declared_cells():
        reason = study.failures.get(cell.hash)
        if reason is not None:
            yield ChildRecord(
                # Tried again, it may be done: then it is another record.
                record_id=record_id(identity.key, f"{cell.number} {cell.hash} failed"),
                run_name=_shortened(run_name(cell, short)),
                status="FAILED",
                started=_started(identity, cell),
                ended=ended,
                parameters=_parameters(cell),
                tags=_tags(cell) | {"bprunner.status": "failed", "bprunner.failure": reason[:500]},
                description=f"**Failed**: {plain_markdown(reason[:500])}",
            )


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_RUN_NAME else name[: LONGEST_RUN_NAME - 1] + "…"


# The parent


def parent(
    study: Study,
    identity: Identity,
    status: Status,
    working_folder: Path,
    findings: Sequence[str] = (),
    files: Sequence[Path] = (),
    samples: Samples | None = None,
) -> RunRecord:
    """The study's own run: what it declares, what was found, and its files."""
    declaration = study.declaration
    last = np.array([len(study)], dtype=np.int64)  # later values of the same are those of more runs
    dashboard = dashboard_key(study_id(identity))
    # MLflow keeps every value that a metric ever had: so there are none before the last ones are known.
    metrics = {f"summary/{key}": value for key, value in _found(study).items()} if status != "KILLED" else {}
    # Read again from its own folder, a study comes from where it came from before.
    is_own = declaration.path is None or declaration.path.resolve().parent == study.path.resolve()
    source = None if is_own else declaration.sources[0]
    tags = origin_tags(identity.content, source, working_folder)
    if identity.source:
        tags["mlflow.source.name"] = identity.source
    return RunRecord(
        experiment=study.name,
        run_name=_shortened(study.name),
        status=status,
        started=identity.started,
        ended=identity.ended or identity.started,
        parameters={
            **declared_parameters(declaration.baseline),
            **{f"varies.{path}": text for path, text in varying(declaration).items()},
            "configuration_hash": identity.content,
        },
        metrics=[MetricSeries(key, last, np.array([value])) for key, value in metrics.items() if math.isfinite(value)],
        tags={**tags, "bprunner.kind": "study", "bprunner.status": status.lower()},
        description=_study_description(study, findings, files, dashboard),
        experiment_description=_experiment_description(study, findings, _pictures(files), dashboard),
        dataset=_dataset(study, samples) if samples is not None else None,
        files=files,
        views=study_views(study, study_id(identity), thinning(study).names) if len(study) else (),
    )


def varying(declaration: SweepDeclaration) -> dict[str, str]:
    """What varies, by path, in a few words: `61 values from 0.001 to 1`."""
    found = {}
    for axis in declaration.axes:
        for column, path in enumerate(axis.paths):
            values = {point[column].label: point[column].value for point in axis.points}
            found[path] = "searched" if axis.kind == "search" else _range(values)[:500]
    return found


def _range(values: Mapping[str, object]) -> str:
    """Values by their labels: all of a few, the ends of many."""
    if len(values) <= 8:
        return ", ".join(values)
    numbers = [value for value in values.values() if isinstance(value, float)]
    if len(numbers) == len(values):
        return f"{len(values):,} values from {min(numbers):.6g} to {max(numbers):.6g}"
    first, *_, last = values
    return f"{len(values):,} values from {first} to {last}"


def _found(study: Study) -> dict[str, float]:
    errors = study.summary.final[np.isfinite(study.summary.final)]
    counts = {
        f"runs_{name.replace(' ', '_')}": float((study.summary.fate == at).sum()) for at, name in enumerate(FATES)
    }
    best = {"best_final_error": float(errors.min())} if len(errors) else {}
    baseline = {"baseline_final_error": float(study.summary.final[0])} if study.has_baseline else {}
    return {"runs": float(len(study)), **counts, **best, **baseline}


_FIRST_PICTURES = ("error_over_steps", "final_error_over")


def _pictures(files: Sequence[Path]) -> list[tuple[str, str]]:
    """Of the pictures among a study's files the first ones, each with what it shows in a word or two."""
    drawn = [path for folder in files if folder.name == PICTURES_FOLDER for path in sorted(folder.glob("*.svg"))]
    chosen = [path for begin in _FIRST_PICTURES for path in drawn if path.stem.startswith(begin)][
        : len(_FIRST_PICTURES)
    ]
    return [(path.stem.replace("_", " "), f"{PICTURES_FOLDER}/{path.name}") for path in chosen]


def _shown(pictures: Sequence[tuple[str, str]]) -> str:
    return "".join(f"\n\n![{plain_markdown(text)}](picture:{quote(path)})" for text, path in pictures)


def _experiment_description(
    study: Study, findings: Sequence[str], pictures: Sequence[tuple[str, str]], dashboard: str
) -> str:
    """What the experiment is, and what its last study found."""
    head = f"**{plain_markdown(study.title)}** · {plain_markdown(network_line(study.baseline.experiment))}"
    found = "".join(f"\n- {plain_markdown(each)}" for each in findings)
    return f"{head} · [dashboard](view:{dashboard})\n{found}{_shown(pictures[:1])}"


def _study_description(study: Study, findings: Sequence[str], files: Sequence[Path], dashboard: str) -> str:
    baseline = study.baseline.experiment
    rows = [
        ("Baseline", f"{baseline.name}: {network_line(baseline)}"),
        ("Training", training_line(baseline)),
        ("Varies", "; ".join(f"{path}: {text}" for path, text in varying(study.declaration).items())[:1500]),
        ("Runs", f"{len(study):,}, the baseline included"),
        ("Metrics", f"they have {thinning(study)}" if len(study) else ""),
    ]
    table = "\n".join(f"| {name} | {plain_markdown(text)} |" for name, text in rows if text)
    found = "".join(f"\n- {plain_markdown(each)}" for each in findings)
    report = f" · [the study's page](artifact:{REPORT})" if any(path.name == REPORT for path in files) else ""
    head = f"**{plain_markdown(study.title)}** · [dashboard](view:{dashboard}){report}"
    return f"{head}\n{found}{_shown(_pictures(files))}\n\n| | |\n|---|---|\n{table}"


def _dataset(study: Study, samples: Samples) -> DatasetRecord:
    baseline = study.baseline
    is_inline = samples.origin == "inline"  # then it stands in the baseline, which is an artifact of the run
    return DatasetRecord(
        name=f"{baseline.experiment.name} ({counted(len(samples), 'sample')})",
        digest=samples.digest,
        source=BASELINE_FILE if is_inline else samples.origin,
        inputs=samples.inputs,
        targets=samples.targets,
        input_names=samples.input_names,
        target_names=samples.target_names,
    )


Written = Callable[[int, int], None]
"""Told how many runs and rows were written so far."""


def told(children_of: Iterator[ChildRecord], recording: Any, tell: Written) -> Iterator[ChildRecord]:
    """The same children, while somebody is told how far the writing is."""
    for child in children_of:
        tell(recording.written + recording.skipped + recording.repaired, recording.rows)
        yield child
