"""A study's page: findings, charts, table, declaration in one HTML file, which asks nothing of any other.

Texts are escaped by the template; what scripts read is JSON that no name can end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from bprunner.figures.study_fates import LOOKS
from bprunner.figures.text import one_line
from bprunner.reports.report_data import HEADINGS, report_data
from bprunner.sweeps.findings import findings
from bprunner.sweeps.study import Study

UPLOT_VERSION: Final = "1.6.32"
FIRST_ROWS: Final = 20
"""Rows of the table that are there without scripts."""
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
_OWN: Final = files("bprunner.reports")
_SCRIPTS: Final = (
    "uplot/uPlot.iife.min.js", "numbers.js", "state.js", "drawing.js", "frame.js", "lines.js", "scatter.js",
    "axis.js", "parallel.js", "filter.js", "table.js", "start.js",
)  # fmt: skip
_SHAPES: Final = {
    "o": "M4 0A4 4 0 1 1-4 0A4 4 0 1 1 4 0Z",
    "v": "M-4-3.2L4-3.2L0 4Z",
    "s": "M-3.4-3.4H3.4V3.4H-3.4Z",
    "D": "M0-4.4L4.4 0L0 4.4L-4.4 0Z",
    "X": "M-2-4L0-2L2-4L4-2L2 0L4 2L2 4L0 2L-2 4L-4 2L-2 0L-4-2Z",
}
_ESCAPED: Final = {each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


@dataclass(frozen=True)
class Surroundings:
    """What of a page is not in the study: `facts` say what was asked, `declarations` are texts with their headings,
    `foot` has hash and versions. `document` is a page by itself, and `picture` an SVG; they may be empty."""

    opening: Sequence[str]
    facts: Sequence[tuple[str, str]]
    command: str
    declarations: Sequence[tuple[str, str]]
    foot: Sequence[tuple[str, str]]
    document: str = ""
    picture: str = ""
    caption: str = ""


def report_page(study: Study, around: Surroundings) -> str:
    """The whole file. Raises StorageError where a file of the study cannot be read."""
    from markupsafe import Markup

    data = report_data(study)
    columns, varied = data["columns"], [each for each in data["columns"] if each["kind"] == "varied"]
    has_runs = data["runs"] > 0
    text = _template().render(
        policy=_POLICY,
        title=one_line(study.title),
        styles=[Markup(each) for each in _styles()],
        scripts=[Markup(each) for each in _scripts()] if has_runs else [],
        sections=list(_sections(data, bool(varied), bool(around.document))),
        opening=around.opening,
        facts=around.facts,
        findings=[str(each) for each in findings(study)],
        fates=_fates(data),
        picture=Markup(around.picture),
        caption=around.caption,
        has_lines=bool(data["quantities"]),
        has_scatter=bool(varied),
        example=_example(varied),
        headings=[(each["name"], each["meaning"], each["type"] != "label") for each in columns],
        first_rows=_first_rows(columns, data["baseline"]),
        rows_note=_rows_note(data),
        first_note=f"The first {FIRST_ROWS} rows are shown." if _count(data) > FIRST_ROWS else "",
        document=Markup(json_text(around.document)) if around.document else "",
        command=around.command,
        declarations=around.declarations,
        foot=around.foot,
        uplot=UPLOT_VERSION,
        data=Markup(json_text(data)),
    )
    # Half characters cannot be written; everything else is as it was.
    return str(text).encode(errors="replace").decode()


def json_text(data: Any) -> str:
    """JSON that can stand inside a script's element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return "".join(_ESCAPED.get(character, character) for character in text) if set(text) & set(_ESCAPED) else text


def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_read("report.html.j2"))


def _read(name: str) -> str:
    return _OWN.joinpath(name).read_text(encoding="utf-8")


def _styles() -> list[str]:
    """The documents' look, uPlot's own, and what reports have besides."""
    documents = files("bprunner.documents").joinpath("page.css").read_text(encoding="utf-8")
    return [documents, f"{_read('uplot/uPlot.min.css')}\n", _read("report.css")]


def _scripts() -> list[str]:
    return [_read(name) for name in _SCRIPTS]


# Parts of the page


def _sections(data: Mapping[str, Any], has_scatter: bool, has_document: bool) -> Any:
    yield "findings", "Findings"
    if data["quantities"]:
        yield "steps", "Over the steps"
    if has_scatter:
        yield "error", "Final error"
    yield "parallel", "What varies and what came of it"
    yield "runs", "Runs"
    if has_document:
        yield "worked", "The baseline, worked out"
    yield "again", "To run it again"


def _fates(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every fate with its mark, and how many of the runs had it."""
    values = next(column for column in data["columns"] if column["key"] == "fate")["values"]
    counts = [values.count(place) for place in range(len(LOOKS))]
    return [
        {**fate, "shape": _SHAPES[fate["marker"]], "count": f"{count:,}"}
        for fate, count in zip(data["fates"], counts, strict=True)
    ]


def _first_rows(columns: Sequence[Mapping[str, Any]], has_baseline: bool) -> list[list[tuple[str, bool]]]:
    """The first rows as texts, each with whether it is a number."""
    count = min(FIRST_ROWS, len(columns[0]["values"]))
    rows = [[(_cell(column, row), column["type"] != "label") for column in columns] for row in range(count)]
    if has_baseline and rows:
        rows[0][0] = ("baseline", True)
    return rows


def _cell(column: Mapping[str, Any], row: int) -> str:
    value = column["values"][row]
    if value is None:
        return "–"
    return str(column["labels"][value]) if "labels" in column else number_text(value)


def number_text(value: float | int | str) -> str:
    """A number of the data as the page's scripts write it, too: 0.0707374, 8.22772e-10, ∞."""
    if isinstance(value, str):
        return value.replace("inf", "∞")
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 1e6:
        return f"{value:.6g}"
    mantissa, exponent = f"{value:.5e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def _count(data: Mapping[str, Any]) -> int:
    return len(data["columns"][0]["values"])


def _rows_note(data: Mapping[str, Any]) -> str:
    count = _count(data)
    if count == data["runs"]:
        return ""
    baseline = ", the baseline among them" if data["baseline"] else ""
    return f"This page has {count:,} of the study’s {data['runs']:,} runs, evenly chosen{baseline}."


def _example(varied: Sequence[Mapping[str, Any]]) -> str:
    """What can be asked of the table, in the words of this study."""
    for column in varied:
        numbers = sorted(each for each in column["values"] if isinstance(each, int | float))
        if column["type"] == "number" and numbers and " " not in column["name"]:
            return f"{column['name']} < {numbers[len(numbers) // 2]:.3g}  fate = converged"
    return f"{next(iter(HEADINGS))} < 0.1  fate = converged"
