"""The screen of a study: what varies, what was found, and the table of its runs beside the baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bprunner.cli.numbers import aligned, number_text
from bprunner.spec.describing import network_line, training_line
from bprunner.spec.naming import counted
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.amounts import size_text, time_text
from bprunner.sweeps.fates import FATES
from bprunner.sweeps.naming import BASELINE, short_names
from bprunner.sweeps.planning import Plan
from bprunner.sweeps.study import Study

_GAP = 2
_DIGITS = 4
_STYLES = dict(zip(FATES, ("green", "", "yellow", "magenta", "red"), strict=True))
_LONGEST_LABEL = 32


class Column(NamedTuple):
    """A column of the table: its heading, its texts, and how soon it is left out where there is no room."""

    heading: str
    texts: list[str]
    rank: int
    is_text: bool = False

    @property
    def width(self) -> int:
        return max([len(self.heading), *map(len, self.texts)])


def show_study_head(console: Console, declaration: SweepDeclaration, varying: dict[str, str]) -> None:
    """What the study is, in a few lines."""
    sweep, baseline = declaration.sweep, declaration.baseline.experiment
    title = [("  " + sweep.title, "dim")] if sweep.title else []
    console.print(Text.assemble((sweep.name, "bold"), *title))
    console.print(Text(f"baseline {baseline.name}: {network_line(baseline)}"))
    console.print(Text(training_line(baseline)))
    for path, text in varying.items():
        console.print(Text(f"varies {path}: {text}"))
    console.print()


def show_findings(console: Console, findings: Sequence[str]) -> None:
    """The findings, a sentence or two each."""
    for finding in findings:
        table = Table.grid(padding=(0, 1))
        table.add_row(Text("•"), Text(finding))
        console.print(table)
    if findings:
        console.print()


def show_table(console: Console, study: Study, rows: Any, note: str = "") -> None:
    """These rows of the study's table, as many columns as fit; below, what did not."""
    styles = ["bold" if run == 0 else "" for run in rows["run"]]
    left_out = _show_columns(console, _columns(study, rows), styles, [str(fate) for fate in rows["fate"]])
    notes = [note] if note else []
    notes += [f"{', '.join(left_out)} did not fit"] if left_out else []
    if notes:
        console.print(Text(" · ".join(notes), style="dim"))


def _show_columns(
    console: Console, columns: list[Column], styles: Sequence[str] = (), fates: Sequence[str] = ()
) -> list[str]:
    """A table of the columns that fit; returns the headings of the others. styles and fates: those of the rows."""
    fitting, left_out = _fitting(columns, console.width)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    for column in fitting:
        heading = column.heading if column.is_text else column.heading.rjust(column.width)
        table.add_column(heading, no_wrap=True, min_width=min(column.width, console.width), justify="left")
    for row, cells in enumerate(zip(*(column.texts for column in fitting), strict=True)):
        texts = [
            Text(text if column.is_text else text.rjust(column.width), style=_style(column, fates, row))
            for column, text in zip(fitting, cells, strict=True)
        ]
        table.add_row(*texts, style=styles[row] if styles else "")
    console.print(table)
    return left_out


def _style(column: Column, fates: Sequence[str], row: int) -> str:
    return _STYLES.get(fates[row], "") if column.heading == "fate" and fates else ""


def _columns(study: Study, rows: Any) -> list[Column]:
    short = short_names(study.declaration.paths)
    runs = [BASELINE if run == 0 else str(run) for run in rows["run"]]
    columns = [Column("run", runs, 0, is_text=True)]
    columns += [_varied(short[path], rows[path].tolist()) for path in study.declaration.paths if path in rows]
    numbers: tuple[tuple[str, str, int], ...] = (
        ("final_error", "final error", 0),
        ("ratio", "× baseline", 3),
        ("reaches_baseline_at", "reaches it at", 5),
        ("departs_at", "departs at", 7),
        ("departure", "by", 8),
    )
    columns += [
        Column(heading, aligned(_floats(rows[name]), _DIGITS), rank)
        for name, heading, rank in numbers
        if name == "final_error" or rows[name].notna().any()
    ]
    columns.append(Column("fate", [_fate(row) for row in rows.to_dict("records")], 2, is_text=True))
    if rows["rate_over_stable"].notna().any():
        columns.append(Column("rate ÷ stable", aligned(_floats(rows["rate_over_stable"]), _DIGITS), 6))
    return columns


def _varied(heading: str, values: list[Any]) -> Column:
    if all(value is None or isinstance(value, float) for value in values):
        return Column(heading, aligned([math.nan if value is None else value for value in values]), 1)
    texts = [
        "" if value is None else number_text(value) if isinstance(value, float) else str(value) for value in values
    ]
    return Column(heading, [_shortened(" ".join(text.split())) for text in texts], 0, is_text=True)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"


def _floats(column: Any) -> list[float]:
    values: list[float] = column.to_numpy(dtype=float, na_value=math.nan).tolist()
    return values


def _fate(row: dict[str, Any]) -> str:
    at = row["diverged_at"]
    return f"{row['fate']} at {int(at):,}" if at == at and at is not None and str(at) != "<NA>" else str(row["fate"])


def _fitting(columns: list[Column], width: int) -> tuple[list[Column], list[str]]:
    """The columns that fit, and the headings of the others; those of the highest rank go first, of equals the last."""
    kept, left_out = list(columns), list[str]()
    while sum(each.width + _GAP for each in kept) - _GAP > width and any(each.rank for each in kept):
        worst = max(kept, key=lambda each: (each.rank, kept.index(each)))
        kept.remove(worst)
        left_out.insert(0, worst.heading)
    return kept, left_out


def show_groups(console: Console, frame: Any, by: Sequence[str], short: dict[str, str]) -> None:
    """Medians, quartiles and the share that converged, by group."""
    columns = [_varied(short.get(path, path), frame[path].tolist())._replace(rank=0) for path in by]
    columns.append(Column("runs", [f"{count:,}" for count in frame["runs"]], 4))
    for name, heading, rank in (
        ("median", "median error", 0),
        ("lower_quartile", "lower quartile", 3),
        ("upper_quartile", "upper quartile", 3),
    ):
        columns.append(Column(heading, aligned(frame[name].tolist(), _DIGITS), rank))
    columns.append(Column("converged", [f"{100 * share:.0f} %" for share in frame["converged"]], 1))
    left_out = _show_columns(console, columns)
    if left_out:
        console.print(Text(f"{', '.join(left_out)} did not fit", style="dim"))


def show_plan(console: Console, lines: Sequence[tuple[str, str]]) -> None:
    """What a sweep would take."""
    table = Table.grid(padding=(0, _GAP))
    for name, text in lines:
        table.add_row(Text(name, style="dim"), Text(text))
    console.print(Padding(table, 0))


def plan_lines(plan: Plan) -> list[tuple[str, str]]:
    """A plan as a table of two columns."""
    done = f", {plan.done:,} of them done" if plan.done else ""
    lines = [("runs", f"{plan.cells:,}, the baseline included{done}")]
    for number, group in enumerate(plan.groups[:10]):
        each = f"{counted(group.steps, 'step')}, {group.series:,} series kept"
        lines.append(
            ("populations" if number == 0 else "", f"{group.network}: {counted(group.cells, 'run')} of {each}")
        )
    if len(plan.groups) > 10:
        lines.append(("", f"and {len(plan.groups) - 10:,} more"))
    return [
        *lines,
        ("time", f"about {time_text(plan.seconds)}, with {counted(plan.workers, 'process', 'processes')}"),
        ("memory", f"about {size_text(plan.memory)}"),
        ("disk", f"about {size_text(plan.disk)}"),
        ("MLflow", f"about {counted(plan.rows, 'metric row')}"),
    ]
