"""Recording a run: its files in a folder, its numbers and files in MLflow.

The files come first, so that a run whose store fails still has its trace on disk.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from bprunner.checking.verdicts import FAULTY
from bprunner.figures import BackgroundDrawing, draw_in_background
from bprunner.runs.background_documents import FOLDER as DOCUMENT_FOLDER
from bprunner.runs.background_documents import document_in_background, is_quickly_explained
from bprunner.runs.folders import new_folder
from bprunner.runs.markdown import plain_markdown
from bprunner.runs.model import model_record
from bprunner.runs.origins import origin_tags, write_texts
from bprunner.runs.run import TRACE_FILE, Run, figures_data, write_json
from bprunner.runs.run_views import KIND, RUN, run_views
from bprunner.spec.dataset import KeyPath
from bprunner.spec.describing import arithmetic_lines, network_line, training_line
from bprunner.spec.effective import content_hash, declaration_data, effective_yaml
from bprunner.spec.figure_misfits import is_per_sample
from bprunner.spec.printed import Printed
from bprunner.spec.reading import Declaration
from bprunner.tracking.addresses import Store
from bprunner.tracking.records import DatasetRecord, MetricSeries, RunRecord
from bprunner.tracking.views import RUNS_KEY

PICTURE_FILE = "training.svg"
_LARGEST_DATA_FILE = 10 * 2**20
_LONGEST_PARAMETER, _MOST_PARAMETERS = 500, 90
_STATUS = {"finished": "FINISHED", "diverged": "FINISHED", "interrupted": "KILLED"}


@dataclass(frozen=True)
class InTheMaking:
    """What other processes still write into a run's folder."""

    parts: tuple[BackgroundDrawing, ...]

    def wait(self) -> None:
        """Until all is there, or has failed."""
        for part in self.parts:
            part.wait()


def write_files(run: Run, folder: Path) -> InTheMaking:
    """Writes a run's files and starts its picture and its document, which other processes make.

    trace.parquet, effective.yaml, figures.json, written/ (the texts as they were), training.svg, and document/ where
    the run is small enough for it to cost nobody a second.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trace_path = folder / TRACE_FILE
    if run.trace.path != trace_path:
        run.trace.write(trace_path)
    line = f"{network_line(run.experiment)} · {training_line(run.experiment)}"
    drawing = draw_in_background(trace_path, folder / PICTURE_FILE, run.name, line, run.diverged_at)
    _write_sources(run.declaration, folder / "written")
    (folder / "effective.yaml").write_text(_effective(run.declaration, folder), encoding="utf-8")
    write_json(folder / "figures.json", figures_data(run.figures))
    is_small = is_quickly_explained(run.experiment, len(run.samples))
    document = [document_in_background(run, folder)] if is_small else []
    return InTheMaking((drawing, *document))


def _effective(declaration: Declaration, folder: Path) -> str:
    """The effective configuration, which names the dataset's copies in the folder where there are any."""
    copies = _copies(declaration, folder / "written")
    if not copies or not all(copy.exists() for copy in copies.values()):
        return effective_yaml(declaration)
    return effective_yaml(replace(declaration, data_files=copies), folder)


def _copies(declaration: Declaration, folder: Path) -> dict[KeyPath, Path]:
    """Where the dataset's files are copied to: by their own names, with a number in front where two have the same."""
    targets: dict[KeyPath, Path] = {}
    for number, (keys, path) in enumerate(declaration.data_files.items()):
        same = [other for other in declaration.data_files.values() if other.name == path.name and other != path]
        targets[keys] = folder / (f"{number}-{path.name}" if same else path.name)
    return targets


def _write_sources(declaration: Declaration, folder: Path) -> None:
    """The files as written; one that is extended from elsewhere gets a number in front of its name."""
    if not declaration.sources and not declaration.data_files:
        return
    folder.mkdir(exist_ok=True)
    for keys, target in _copies(declaration, folder).items():
        path = declaration.data_files[keys]
        if path.stat().st_size <= _LARGEST_DATA_FILE:
            shutil.copyfile(path, target)
    write_texts(declaration.sources, declaration.overrides, folder)


def record(run: Run, store: Store, working_folder: Path, folder: Path | None = None) -> Run:
    """Records a run in MLflow and returns it with the place. Its folder goes once MLflow has the files, unless its
    trace is read from there and MLflow keeps its copy on another machine.

    Raises TrackingError where the store fails; the folder then stays, with the trace in it.
    """
    from bprunner.tracking.store import open_store
    from bprunner.tracking.writer import record_run

    folder = folder or new_folder(working_folder, run.name)
    making = write_files(run, folder)
    try:
        client = open_store(store)
    finally:
        making.wait()
    recorded = record_run(run_record(run, sorted(folder.iterdir()), working_folder), store, client)
    run = _with_trace_moved(replace(run, recorded=recorded))
    if run.trace.path is None or not run.trace.path.is_relative_to(folder):
        shutil.rmtree(folder, ignore_errors=True)
        _remove_if_empty(folder.parent)
    return run


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return


def _with_trace_moved(run: Run) -> Run:
    """A trace that is read from a file is read from MLflow's copy from now on, where that is a file here."""
    from bprunner.training.trace import Trace

    kept = run.recorded.artifact_path / TRACE_FILE if run.recorded and run.recorded.artifact_path else None
    if run.trace.path is None or kept is None or not kept.exists():
        return run
    return replace(run, execution=replace(run.execution, trace=Trace.read(kept)))


def record_failure(declaration: Declaration, error: BaseException, started: int, store: Store, here: Path) -> None:
    """Records a run that an exception ended: what was asked, and the exception. `started` is in ms since 1970.

    Raises TrackingError where the store fails.
    """
    from bprunner.tracking.store import open_store
    from bprunner.tracking.writer import record_run

    content = content_hash(declaration)
    reason = f"{type(error).__name__}: {error}"
    interrupted = isinstance(error, KeyboardInterrupt)
    failed = {"bprunner.status": "failed", "bprunner.failure": reason[:500]}
    tags = {"bprunner.status": "interrupted"} if interrupted else failed
    with tempfile.TemporaryDirectory(prefix="bprunner-") as name:
        folder = Path(name)
        _write_sources(declaration, folder / "written")
        (folder / "effective.yaml").write_text(_effective(declaration, folder), encoding="utf-8")
        (folder / "failure.txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        record = RunRecord(
            experiment=declaration.experiment.name,
            run_name=_run_name(declaration),
            status="KILLED" if interrupted else "FAILED",
            started=started,
            ended=time.time_ns() // 1_000_000,
            parameters={**declared_parameters(declaration), "configuration_hash": content},
            tags={
                **_origin_tags(declaration, content, here),
                **tags,
            },
            description=f"**{tags['bprunner.status'].capitalize()}**: {plain_markdown(reason[:500])}",
            files=sorted(folder.iterdir()),
        )
        record_run(record, store, open_store(store))


# What MLflow gets


def run_record(run: Run, files: list[Path], working_folder: Path) -> RunRecord:
    """A run in the terms of the tracking floor."""
    metrics = list(_metrics(run))
    return RunRecord(
        experiment=run.name,
        run_name=_run_name(run.declaration),
        status=_STATUS[run.status],  # type: ignore[arg-type]
        started=run.started,
        ended=run.ended,
        parameters=parameters(run),
        metrics=metrics,
        tags=_tags(run, working_folder),
        description=_description(run, files),
        experiment_description=_experiment_description(run),
        dataset=_dataset(run),
        files=files,
        model=model_record(run),
        views=run_views(run.experiment.title or run.name, metrics),
    )


def _run_name(declaration: Declaration) -> str:
    """What was changed on the command line, else the experiment's name."""
    return ", ".join(declaration.overrides)[:200] or declaration.experiment.name


def parameters(run: Run) -> dict[str, str | float | int | bool]:
    """The declared values by their paths, and the hash. What is long (data, matrices, figures) is an artifact."""
    return {**declared_parameters(run.declaration), "configuration_hash": run.hash, "samples": len(run.samples)}


def declared_parameters(declaration: Declaration) -> dict[str, str | float | int | bool]:
    data = declaration_data(declaration.experiment)
    # Named weights may be many, and MLflow takes a hundred parameters at once: they come last.
    kept = {key: data[key] for key in ("training", "arithmetic", "architecture", "initial_weights")}
    flat = {path: value for path, value in _flattened("", kept) if len(str(value)) <= _LONGEST_PARAMETER}
    return dict(list(flat.items())[:_MOST_PARAMETERS])


def _flattened(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        if not value:
            yield path, "{}"
        for key, item in value.items():
            yield from _flattened(f"{path}.{key}" if path else str(key), item)
    elif isinstance(value, list):
        if path == "architecture.layers":
            for number, item in enumerate(value):
                yield from _flattened(f"{path}.{number}", item)
        else:
            yield path, str(value)
    else:
        yield path, str(value) if isinstance(value, Printed) else value


def shown_rows(count: int, points: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Which of `count` rows become points of a metric: all, or evenly spaced ones with the first and the last."""
    if count <= points:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, points).round().astype(np.int64))


def tracked_names(run: Run) -> list[str]:
    """The quantities that become metrics: the declared ones, errors and metrics always. Where they are more than
    `tracking.series`, first the per-sample ones go, then gradients, then all but errors and metrics.

    Where an update has not all samples, what a sample has for itself belongs to another one at every step, and is no
    series.
    """
    tracking, full_batch = run.experiment.tracking, run.experiment.training.full_batch
    always = ["error", *(name for name in run.trace.names if is_measure(name))]
    names = [*always, *(part for quantity in tracking.quantities for part in run.trace.parts(quantity))]
    names = [name for name in dict.fromkeys(names) if full_batch or not is_per_sample(name)]
    several = len(run.samples) > 1
    shared = [name for name in names if not (several and is_per_sample(name))]
    series = len(shared) + (len(names) - len(shared)) * len(run.samples)
    if series <= tracking.series:
        return names
    return fitting(always, [name for name in shared if name not in always], tracking.series)


def fitting(always: Sequence[str], others: Sequence[str], most: int) -> list[str]:
    """All of these series where they are few enough; else without gradients, else the first ones alone."""
    for kept in (others, [name for name in others if name.partition(".")[0] != "gradient"]):
        if len(always) + len(kept) <= most:
            return [*always, *kept]
    return list(always)


def is_measure(name: str) -> bool:
    """Whether a quantity is an error, a metric or the learning rate, and not one of neurons or weights."""
    quantity = name.partition(".")[0]
    return quantity in ("training", "running", "held_out") or name in ("reported_error", "accuracy", "learning_rate")


OF_EPOCHS = ("training", "running", "held_out")


def _metrics(run: Run) -> Iterator[MetricSeries]:
    points = run.experiment.tracking.points
    for name in tracked_names(run):
        whole = run.trace[name]
        # What is measured at the end of an epoch has no value between.
        have = np.nonzero(~np.isnan(whole))[0] if name.partition(".")[0] in OF_EPOCHS else np.arange(len(whole))
        rows = have[shown_rows(len(have), points)]
        values = whole[rows]
        # There is no update after the last step; where a run was cut short, there is one.
        there = len(rows) - (name.startswith("update.") and run.status == "finished")
        key, steps = name.replace(".", "/", 1), run.trace.steps[rows[:there]]
        if values.ndim == 1:
            yield MetricSeries(key, steps, values[:there])
        else:
            for sample in range(values.shape[1]):
                yield MetricSeries(f"{key}/sample {sample + 1}", steps, values[:there, sample])
    yield from _summaries(run)


def _summaries(run: Run) -> Iterator[MetricSeries]:
    """One number a run, so that tables of runs can be sorted by it."""
    last = run.trace.steps[-1:]
    error = run.errors
    finite = error[np.isfinite(error)]
    summary = {
        "final_error": error[-1],
        "updates": float(run.updates),
        "learning_rate": run.experiment.training.learning_rate,
    }
    if len(finite):
        summary["best_error"] = finite.min()
    for name in ("accuracy", "held_out.accuracy", "held_out.error"):
        found = run.measured(name)
        if found is not None:
            summary[f"final_{name.replace('.', '_')}"] = float(found[-1])
    if len(run.figures):
        summary["figures_agree"] = float(len(run.figures.of("agrees")))
        summary["figures_disagree"] = float(len(run.figures.of("disagrees")))
    for name, value in summary.items():
        yield MetricSeries(f"summary/{name}", last, np.array([value], dtype=np.float64))


def _tags(run: Run, working_folder: Path) -> dict[str, str]:
    tags = {KIND: RUN, "bprunner.status": run.status, "bprunner.figures": run.figures.summary()}
    if run.diverged_at is not None:
        tags["bprunner.diverged_at_step"] = str(run.diverged_at)
    return {**_origin_tags(run.declaration, run.hash, working_folder), **tags}


def _origin_tags(declaration: Declaration, content: str, working_folder: Path) -> dict[str, str]:
    return origin_tags(content, declaration.sources[0] if declaration.path else None, working_folder)


def _dataset(run: Run) -> DatasetRecord:
    samples = run.samples
    source = (
        run.declaration.sources[0].name if samples.origin == "inline" and run.declaration.sources else samples.origin
    )
    return DatasetRecord(
        name=f"{run.name} ({len(samples)} {'sample' if len(samples) == 1 else 'samples'})",
        digest=samples.digest,
        source=source,
        inputs=samples.inputs,
        targets=samples.targets,
        input_names=samples.input_names,
        target_names=samples.target_names,
    )


# Descriptions


def _experiment_description(run: Run) -> str:
    title = plain_markdown(run.experiment.title or run.name)
    source = f"\n\nSource: {plain_markdown(run.experiment.source)}" if run.experiment.source else ""
    return f"**{title}**\n\n{network_line(run.experiment)}{source}"


def _description(run: Run, files: Sequence[Path]) -> str:
    error = run.errors
    arithmetic = " · ".join(arithmetic_lines(run.experiment)) or "exact"
    rows = [
        ("Network", network_line(run.experiment)),
        ("Training", training_line(run.experiment)),
        ("Arithmetic", arithmetic),
        ("Ended", f"{run.ending()}; error {error[0]:.6g} → {error[-1]:.6g}"),
        ("Figures", run.figures.summary()),
        ("Changed", ", ".join(run.declaration.overrides)),
        ("Configuration", run.hash[:12]),
    ]
    table = "\n".join(f"| {name} | {plain_markdown(text)} |" for name, text in rows if text)
    faults = "".join(f"\n- {plain_markdown(str(verdict))}" for verdict in run.figures if verdict.state in FAULTY)
    listed = f"\n\nFigures that do not agree as printed:\n{faults}" if faults else ""
    thinned = _thinned(run)
    head = f"**{plain_markdown(run.experiment.title or run.name)}**{_links(files)}"
    return f"{head}\n\n| | |\n|---|---|\n{table}{listed}{thinned}{_picture(run, files)}"


def _links(files: Sequence[Path]) -> str:
    """To the charts in their order, and to the worked document where there is one."""
    pages = [page for folder in files if folder.name == DOCUMENT_FOLDER for page in sorted(folder.glob("*.html"))]
    links = [f"[worked document](artifact:{quote(f'{DOCUMENT_FOLDER}/{page.name}')})" for page in pages[:1]]
    return "".join(f" · {link}" for link in [f"[charts](view:{RUNS_KEY})", *links])


def _picture(run: Run, files: Sequence[Path]) -> str:
    there = any(path.name == PICTURE_FILE for path in files)
    return f"\n\n![The training of {plain_markdown(run.name)}](picture:{PICTURE_FILE})" if there else ""


def _thinned(run: Run) -> str:
    shown = len(shown_rows(len(run.trace), run.experiment.tracking.points))
    if shown == len(run.trace):
        return ""
    return f"\n\nThe charts show {shown:,} of {len(run.trace):,} steps; trace.parquet has them all."
