"""A run as a notebook shows it: what was run, its first and last steps, its figures, and the curve of its error."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from bprunner.checking.verdicts import FAULTY
from bprunner.figures.text import number_text
from bprunner.runs import notebook_html as html
from bprunner.runs.run import Run
from bprunner.spec.describing import arithmetic_lines, network_line, training_line
from bprunner.spec.expectations import MEASURES

_ALL, _FIRST, _LAST = 12, 4, 3
"""So many steps have a row each; of more, so many first and last ones."""
_COLUMNS = 20
_DIGITS = 6
_CURVE = (
    "width:30em;max-width:100%;height:auto;--bp-paper:transparent;--bp-ink:currentColor;--bp-soft:currentColor;"
    "--bp-faint:#8884;--bp-c0:#2f8fd8"
)
"""In a notebook the drawing has the colours of what stands around it, whatever the system's are."""


def run_html(run: Run) -> str:
    """Raises StorageError where a long trace can no longer be read."""
    return html.block(*_parts(run))


def _parts(run: Run) -> Iterator[str]:
    lines = [network_line(run.experiment), training_line(run.experiment), " · ".join(arithmetic_lines(run.experiment))]
    yield html.head(run.name, [run.experiment.title or "", *lines, run.ending()])
    yield _table(run)
    yield from _figures(run)
    yield _curve(run)


def _table(run: Run) -> str:
    """Of many steps whose updates do not have all samples, what counts is what an epoch has brought."""
    by_epoch = len(run.trace) > _ALL and "training.error" in run.trace
    there = np.flatnonzero(np.isin(run.trace.steps, run.error_steps)) if by_epoch else np.arange(len(run.trace))
    is_long = len(there) > _ALL
    rows = np.concatenate([there[:_FIRST], there[-_LAST:]]) if is_long else there
    names = _names(run, by_epoch)
    columns = [run.trace[name][rows].tolist() for name in names]
    cells = [
        [f"{step:,}", *(_number(value) for value in values)]
        for step, *values in zip(run.trace.steps[rows].tolist(), *columns, strict=True)
    ]
    if is_long:
        cells.insert(_FIRST, ["…"] * (1 + len(names)))
    headings = ["step", *(_heading(name, run, by_epoch) for name in names)]
    return html.table(headings, cells, [True] * len(headings))


def _number(value: float) -> str:
    """Blank where a quantity has no value at a step."""
    if math.isnan(value):
        return ""
    return number_text(value, _DIGITS) if math.isfinite(value) else "∞" if value > 0 else "−∞"


def _names(run: Run, by_epoch: bool) -> list[str]:
    """The columns: what was measured, the predictions of a single sample, weights and biases, as many as have room."""
    trace = run.trace
    own = () if by_epoch else MEASURES
    measured = [name for name in trace.names if name in own or name.startswith(("training.", "held_out."))]
    predictions = trace.parts("prediction") if len(run.samples) == 1 else []
    return [*measured, *predictions, *trace.parts("weight"), *trace.parts("bias")][:_COLUMNS]


def _heading(name: str, run: Run, by_epoch: bool) -> str:
    """As on the terminal: a weight by its own name, the only prediction by none."""
    quantity, _, part = name.partition(".")
    if quantity in ("weight", "bias") or (by_epoch and quantity == "training"):
        return part
    is_only = quantity == "prediction" and len(run.trace.parts("prediction")) == 1
    return quantity if is_only else name


def _figures(run: Run) -> Iterator[str]:
    """Those that do not agree one by one. A run that was changed is not its document's: there they are only counted."""
    if not len(run.figures):
        return
    if run.declaration.is_what_if:
        yield html.paragraph(f"With these changes, {run.figures.summary()}; they are of the document's own run.")
        return
    faulty = [str(each) for each in run.figures if each.state in FAULTY]
    yield html.paragraph(f"{'✗' if run.figures.of('disagrees') else '✓'} {run.figures.summary()}")
    yield html.bullets(faulty)


def _curve(run: Run) -> str:
    """Empty where two errors say as much."""
    from bprunner.figures.step_curve import StepCurve, draw_step_curve

    steps, errors = run.error_steps, run.errors
    if len(errors) < 3 or not math.isfinite(errors[0]):
        return ""
    drawing = draw_step_curve(StepCurve(f"The error of {run.name} over its steps", steps, errors))
    return drawing.svg.replace("<svg ", f'<svg style="{_CURVE}" ', 1)
