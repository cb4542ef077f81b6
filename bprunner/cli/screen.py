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
from bprunner.spec.expectations import MEASURES
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

    Where an update does not have all samples and there are many, the rows are epochs. Where not all fit with six
    significant digits, five or four may be enough.
    """
    by_epoch = _by_epoch(run)
    all_rows = _ends_of_epochs(run) if by_epoch else list(range(len(run.trace)))
    rows = [all_rows[position] for position in shown_steps(len(all_rows))]
    # A column of a trace on the disk is read by itself: only as many as may fit.
    names = _table_names(run, by_epoch)
    possible = names[: console.width // (1 + _GAP) + 2]
    values = {name: run.trace[name][rows].tolist() for name in possible}
    several = len(run.trace.parts("prediction")) > 1
    named = {_heading(name, several): column for name, column in values.items()}
    per_epoch = _updates_per_epoch(run)
    numbers = run.trace.steps[rows] // per_epoch if by_epoch else run.trace.steps[rows]
    left_out = _show_columns(console, ("epoch" if by_epoch else "step", _steps_text(numbers)), named)
    left_out += [_heading(name, several) for name in names[len(possible) :]]
    _show_left_out(console, run, (len(rows), len(all_rows), "epochs" if by_epoch else "steps"), left_out)
    _show_samples(console, run)


def _updates_per_epoch(run: Run) -> int:
    return run.experiment.training.updates_per_epoch(len(run.samples))


def _by_epoch(run: Run) -> bool:
    """A few steps are worth a row each; of more, what counts is what an epoch has brought, once there was one."""
    return (
        not run.experiment.training.full_batch and len(run.trace) > MOST_ROWS and run.updates >= _updates_per_epoch(run)
    )


def _ends_of_epochs(run: Run) -> list[int]:
    return [row for row, step in enumerate(run.trace.steps) if step % _updates_per_epoch(run) == 0]


def _show_samples(console: Console, run: Run) -> None:
    """Where there are several samples, and few: what the last step predicts for each."""
    if not 1 < len(run.samples) <= MOST_ROWS or run.status == "diverged" or run.last_predictions is None:
        return
    samples, predictions = run.samples, run.last_predictions
    outputs = run.experiment.architecture.names.outputs
    columns = dict(zip(samples.input_names, samples.inputs.T.tolist(), strict=True))
    for position, output in enumerate(outputs):
        suffix = f".{output}" if len(outputs) > 1 else ""
        columns[f"target{suffix}"] = samples.targets[:, position].tolist()
        columns[f"prediction{suffix}"] = predictions[:, position].tolist()
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
    if quantity in ("weight", "bias", "training"):
        return part
    return name if quantity == "held_out" or (quantity == "prediction" and several_outputs) else quantity


def _table_names(run: Run, by_epoch: bool) -> list[str]:
    trace, batches = run.trace, not run.experiment.training.full_batch
    where = "training." if by_epoch else ""
    names = ["sample"] if batches and not by_epoch and trace["sample"].ndim == 1 else []
    names += [f"{where}{name}" for name in MEASURES if f"{where}{name}" in trace]
    names += [f"held_out.{name}" for name in MEASURES if f"held_out.{name}" in trace and (by_epoch or not batches)]
    if "learning_rate" in trace:
        names.append("learning_rate")
    if len(run.samples) == 1 or (names[0] == "sample"):
        names += trace.parts("prediction")
    return [*names, *trace.parts("weight"), *trace.parts("bias")]


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


def _show_left_out(console: Console, run: Run, shown: tuple[int, int, str], left_out: list[str]) -> None:
    notes = []
    rows, there, what = shown
    if rows < there:
        notes.append(f"{rows} of {there:,} {what}")
    if left_out:
        span = left_out[0] if len(left_out) == 1 else f"{left_out[0]} to {left_out[-1]}"
        notes.append(f"{span} did not fit")
    if len(run.samples) > 1:
        held_out = "" if run.samples.held_out is None else f", {len(run.samples.held_out):,} held out"
        notes.append(f"{len(run.samples):,} samples{held_out}")
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
    """Figures that disagree, printed and computed values side by side; below each other where that is too wide."""
    if not verdicts:
        return
    numbers = [_numbers_of(verdict) for verdict in verdicts]
    widths = [max(map(len, column)) for column in zip(_NUMBERS, *numbers, strict=True)]
    room = console.width - _GAP - sum(width + _GAP for width in widths)
    noted = _LEAST_TEXT + _GAP if any(verdict.note for verdict in verdicts) else 0
    if room < _LEAST_TEXT + noted:
        _show_below_each_other(console, verdicts, numbers)
        return
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    # Notes give way to the figures' names, which are worth a line of their own.
    names = min(max(len(verdict.address) for verdict in verdicts), room - noted)
    table.add_column("figure", width=max(names, len("figure")), overflow="fold")
    for heading, width in zip(_NUMBERS, widths, strict=True):
        table.add_column(heading, min_width=width, no_wrap=True)
    if noted:
        table.add_column("", width=room - names - _GAP, overflow="fold")
    for verdict, (printed, computed, exactly) in zip(verdicts, numbers, strict=True):
        cells = [Text(verdict.address), Text(printed), Text(computed), Text(exactly, style="dim")]
        table.add_row(*cells, *([Text(verdict.note, style="dim")] if noted else []))
    console.print(Padding(table, (0, 0, 0, _GAP)))


_NUMBERS = ("printed", "computed", "more exactly")
_LEAST_TEXT = 20


def _numbers_of(verdict: Verdict) -> tuple[str, str, str]:
    """A figure as printed, as computed, and more exactly; what was not computed is blank."""
    there = math.isfinite(verdict.value)
    return str(verdict.printed), verdict.shown if there else "", number_text(verdict.value, 2 * DIGITS) if there else ""


def _show_below_each_other(
    console: Console, verdicts: Sequence[Verdict], numbers: Sequence[tuple[str, str, str]]
) -> None:
    for verdict, (printed, computed, _) in zip(verdicts, numbers, strict=True):
        lines = [f"printed   {printed}", *([f"computed  {computed}"] if computed else []), verdict.note]
        console.print(Padding(Text(verdict.address), (0, 0, 0, _GAP)))
        for line in filter(None, lines):
            console.print(Padding(Text(line, style="dim"), (0, 0, 0, 2 * _GAP)))


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
