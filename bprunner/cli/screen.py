"""The screen of one run: what was run, its steps, its figures, and where it was recorded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bprunner.checking.verdicts import Verdict
from bprunner.cli.numbers import DIGITS, aligned, number_text
from bprunner.runs.run import Run
from bprunner.spec.describing import arithmetic_lines, network_line, training_line
from bprunner.spec.experiment import Experiment

MOST_ROWS = 12
_LOGARITHMIC_FROM = 100
_MOST_BETWEEN = 15
_GAP = 2


def show_head(console: Console, experiment: Experiment, changes: Sequence[str]) -> None:
    """What is being run, in a few lines."""
    title = [("  " + experiment.title, "dim")] if experiment.title else []
    console.print(Text.assemble((experiment.name, "bold"), *title))
    console.print(Text(network_line(experiment)))
    console.print(Text(training_line(experiment)))
    rounded = " · ".join(arithmetic_lines(experiment))
    if rounded:
        console.print(Text(rounded))
    if changes:
        console.print(Text(f"changed: {', '.join(changes)}", style="yellow"))
    console.print()


def show_steps(console: Console, run: Run) -> None:
    """The table of the steps: error, predictions, weights and biases, as many as fit.

    Where not all fit with six significant digits, five or four may be enough.
    """
    rows = shown_steps(len(run.trace))
    values = {name: run.trace[name][rows].tolist() for name in _table_names(run)}
    several = len(run.trace.parts("prediction")) > 1
    named = {_heading(name, several): column for name, column in values.items()}
    left_out = _show_columns(console, ("step", _steps_text(run.trace.steps[rows])), named)
    _show_left_out(console, run, len(rows), left_out)
    _show_samples(console, run)


def _show_samples(console: Console, run: Run) -> None:
    """Where there are several samples, and few: what the last step predicts for each."""
    if not 1 < len(run.samples) <= MOST_ROWS:
        return
    samples = run.samples
    outputs = run.experiment.architecture.names.outputs
    columns = dict(zip(samples.input_names, samples.inputs.T.tolist(), strict=True))
    for position, output in enumerate(outputs):
        suffix = f".{output}" if len(outputs) > 1 else ""
        columns[f"target{suffix}"] = samples.targets[:, position].tolist()
        columns[f"prediction{suffix}"] = run.trace[f"prediction.{output}"][-1].tolist()
    console.print()
    _show_columns(console, ("sample", [str(number + 1) for number in range(len(samples))]), columns)
    console.print(Text(f"at step {run.updates:,}", style="dim"))


def _show_columns(console: Console, first: tuple[str, list[str]], columns: Mapping[str, list[float]]) -> list[str]:
    """A table of numbers, with as many significant digits as fit; returns the headings that did not."""
    for digits in (DIGITS, DIGITS - 1, DIGITS - 2):
        texts = [first, *((heading, aligned(column, digits)) for heading, column in columns.items())]
        fitting, left_out = _fitting(texts, console.width)
        if not left_out:
            break
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    # Rich strips what it justifies to the right, and with it the blanks that put decimal points under each other.
    widths = [max(len(heading), *map(len, texts)) for heading, texts in fitting]
    for (heading, _), width in zip(fitting, widths, strict=True):
        table.add_column(heading.rjust(width), justify="left", no_wrap=True, min_width=width)
    for cells in zip(*(texts for _, texts in fitting), strict=True):
        table.add_row(*(text.rjust(width) for text, width in zip(cells, widths, strict=True)))
    console.print(table)
    return left_out


def _steps_text(steps: Iterable[int]) -> list[str]:
    return [f"{int(step):,}" for step in steps]


def _heading(name: str, several_outputs: bool) -> str:
    quantity, _, part = name.partition(".")
    if quantity in ("weight", "bias"):
        return part
    return name if quantity == "prediction" and several_outputs else quantity


def _table_names(run: Run) -> list[str]:
    names = ["error"]
    predictions = run.trace.parts("prediction")
    if len(run.samples) == 1:
        names += predictions
    return [*names, *run.trace.parts("weight"), *run.trace.parts("bias")]


def _fitting(columns: list[tuple[str, list[str]]], width: int) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """The columns that fit the width, and the headings of those that do not."""
    fitting: list[tuple[str, list[str]]] = []
    used = 0
    for number, (heading, texts) in enumerate(columns):
        used += max(len(heading), *map(len, texts)) + _GAP
        if used - _GAP > width and number > 1:
            return fitting, [name for name, _ in columns[number:]]
        fitting.append((heading, texts))
    return fitting, []


def _show_left_out(console: Console, run: Run, rows: int, left_out: list[str]) -> None:
    notes = []
    if rows < len(run.trace):
        notes.append(f"{rows} of {len(run.trace):,} steps")
    if left_out:
        span = left_out[0] if len(left_out) == 1 else f"{left_out[0]} to {left_out[-1]}"
        notes.append(f"{span} did not fit")
    if len(run.samples) > 1:
        notes.append(f"{len(run.samples):,} samples")
    if notes:
        console.print(Text(f"{' · '.join(notes)} (the trace has everything)", style="dim"))
    if run.status == "diverged":
        console.print(
            Text(f"diverged at step {run.diverged_at}: the numbers left the range of doubles", style="bold red")
        )
    if run.status == "interrupted":
        console.print(Text(f"interrupted after step {run.updates:,}", style="bold yellow"))


def shown_steps(count: int) -> list[int]:
    """Which of `count` steps a table shows: all of a few, evenly spaced ones, of many 0, 1, 2, 5, 10, …, the last."""
    last = count - 1
    if count <= MOST_ROWS:
        return list(range(count))
    if last < _LOGARITHMIC_FROM:
        stride = next(stride for stride in (2, 5, 10) if last / stride < MOST_ROWS)
        return [*range(0, last, stride), last]
    for digits in ((1, 2, 5), (1,)):
        between = [digit * 10**power for power in range(12) for digit in digits if digit * 10**power < last]
        if len(between) <= _MOST_BETWEEN:
            break
    return [0, *between, last]


# Figures


def show_figures(console: Console, run: Run) -> None:
    """How many printed figures agree, and each that does not; errata with what is right."""
    if not len(run.figures):
        return
    if run.declaration.is_what_if:
        console.print()
        text = f"The document's figures are of its own run; with these changes, {run.figures.summary()}."
        console.print(Text(text, style="dim"))
        return
    disagree, errata = run.figures.of("disagrees"), run.figures.of("erratum")
    console.print()
    sign, style = ("✗", "bold red") if disagree else ("✓", "green")
    console.print(Text(f"{_sign(console, sign)} {run.figures.summary()}", style=style))
    show_verdicts(console, disagree)
    for verdict in errata:
        console.print(Padding(_erratum(verdict), (0, 0, 0, _GAP)))


def show_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Figures that disagree, printed and computed values side by side."""
    if not verdicts:
        return
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    # Notes give way to the figures' names, which are worth a line of their own.
    names = min(max(len(verdict.address) for verdict in verdicts), max(20, console.width - 36))
    table.add_column("figure", min_width=names, overflow="fold")
    for heading in ("printed", "computed", "more exactly", ""):
        table.add_column(heading, overflow="fold")
    for verdict in verdicts:
        there = math.isfinite(verdict.value)
        table.add_row(
            Text(verdict.address),
            Text(str(verdict.printed)),
            Text(verdict.shown if there else ""),
            Text(number_text(verdict.value, 2 * DIGITS) if there else "", style="dim"),
            Text(verdict.note, style="dim"),
        )
    console.print(Padding(table, (0, 0, 0, _GAP)))


def _erratum(verdict: Verdict) -> Text:
    text = Text("erratum  ", style="yellow")
    text.append(f"{verdict.address}: printed {verdict.printed}, right is {verdict.right}", style="default")
    return text.append(f" — {verdict.note}", style="dim")


def _sign(console: Console, sign: str) -> str:
    """A check mark, where the output can hold one."""
    try:
        sign.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return {"✓": "ok:", "✗": "not ok:"}[sign]
    return sign
