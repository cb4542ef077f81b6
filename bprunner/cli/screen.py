"""The screen of one run: what was run, its steps, its figures, and where it was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bprunner.checking.verdicts import Verdict
from bprunner.cli.numbers import aligned
from bprunner.runs.run import Run
from bprunner.spec.describing import arithmetic_lines, network_line, training_line
from bprunner.spec.experiment import Experiment

MOST_ROWS = 12
_LOGARITHMIC_FROM = 100
_GAP = 2


def show_head(console: Console, experiment: Experiment, changes: Sequence[str]) -> None:
    """What is being run, in a few lines."""
    title = Text(experiment.name, style="bold")
    if experiment.title:
        title.append(f"  {experiment.title}", style="dim")
    console.print(title)
    console.print(Text(network_line(experiment)))
    console.print(Text(training_line(experiment)))
    rounded = ", ".join(arithmetic_lines(experiment))
    if rounded:
        console.print(Text(rounded))
    if changes:
        console.print(Text(f"changed: {', '.join(changes)}", style="yellow"))
    console.print()


def show_steps(console: Console, run: Run) -> None:
    """The table of the steps: error, predictions, weights and biases, as many as fit."""
    rows = shown_steps(len(run.trace))
    columns = [("step", _steps_text(run.trace.steps[rows]))]
    columns += [(_heading(name), aligned(run.trace[name][rows].tolist())) for name in _table_names(run)]
    fitting, left_out = _fitting(columns, console.width)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    for heading, texts in fitting:
        table.add_column(heading, justify="right", no_wrap=True, min_width=max(map(len, texts)))
    for cells in zip(*(texts for _, texts in fitting), strict=True):
        table.add_row(*cells)
    console.print(table)
    _show_left_out(console, run, len(rows), left_out)


def _steps_text(steps: Iterable[int]) -> list[str]:
    return [f"{int(step):,}" for step in steps]


def _heading(name: str) -> str:
    quantity, _, part = name.partition(".")
    return part if quantity in ("weight", "bias") else name if quantity == "prediction" and part != "o1" else quantity


def _table_names(run: Run) -> list[str]:
    names = ["error"]
    predictions = run.trace.parts("prediction")
    if len(run.samples) == 1:
        names += predictions if len(predictions) > 1 else predictions[:1]
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
        return sorted({int(step) for step in np.linspace(0, last, MOST_ROWS).round()})
    ladder = [0, *(digit * 10**power for power in range(12) for digit in (1, 2, 5) if digit * 10**power < last), last]
    while len(ladder) > MOST_ROWS + 2:
        ladder = [ladder[0], *ladder[1:-1][len(ladder) % 2 :: 2], ladder[-1]]
    return ladder


# Figures


def show_figures(console: Console, run: Run) -> None:
    """How many printed figures agree, and each that does not; errata with what is right."""
    if not len(run.figures):
        return
    disagree, errata = run.figures.of("disagrees"), run.figures.of("erratum")
    console.print()
    sign, style = ("✗", "bold red") if disagree else ("✓", "green")
    console.print(Text(f"{_sign(console, sign)} {run.figures.summary()}", style=style))
    show_verdicts(console, disagree)
    for verdict in errata:
        console.print(_erratum(verdict))


def show_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Figures that disagree, printed and computed values side by side."""
    if not verdicts:
        return
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    for heading in ("  figure", "printed", "computed", ""):
        table.add_column(heading, justify="left", overflow="fold")
    for verdict in verdicts:
        computed = f"{verdict.shown}  ({verdict.value!r})" if verdict.shown != repr(verdict.value) else verdict.shown
        table.add_row(
            Text(f"  {verdict.address}"), Text(str(verdict.printed)), Text(computed), Text(verdict.note, style="dim")
        )
    console.print(table)


def _erratum(verdict: Verdict) -> Text:
    text = Text("  erratum  ", style="yellow")
    text.append(f"{verdict.address}: printed {verdict.printed}, right is {verdict.right}", style="default")
    return text.append(f" — {verdict.note}", style="dim")


def _sign(console: Console, sign: str) -> str:
    """A check mark, where the output can hold one."""
    try:
        sign.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return {"✓": "ok:", "✗": "not ok:"}[sign]
    return sign
