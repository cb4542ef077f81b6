"""What a report's charts and table show of a study, as plain data that JSON can hold.

Numbers have six significant digits, as the page shows them. What is missing is None; infinite is the text "inf".
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from bprunner.figures.study_fates import LOOKS
from bprunner.figures.text import one_line
from bprunner.reports.choosing import choose
from bprunner.reports.lines import Line, lines_of
from bprunner.sweeps.comparing import COLUMNS
from bprunner.sweeps.naming import short_names
from bprunner.sweeps.study import Study, Varied, evenly

DIGITS: Final = 6
MOST_ROWS: Final = 10_001
"""Runs of which the table has a row; of more, so many stand for all."""
_LONGEST_LABEL: Final = 200

HEADINGS: Final[Mapping[str, str]] = {
    "final_error": "final error",
    "ratio": "times the baseline’s",
    "best_error": "best error",
    "reaches_baseline_at": "reaches the baseline at",
    "departs_at": "departs at",
    "departure": "departure",
    "fate": "fate",
    "diverged_at": "diverged at",
    "stable_rate": "largest stable rate",
    "rate_over_stable": "times that rate",
}
"""What the columns of the table are called on the page."""
_STEPS: Final = {"reaches_baseline_at", "departs_at", "diverged_at"}


def report_data(study: Study) -> dict[str, Any]:
    """All that the page's scripts know. Raises StorageError where a file of the study cannot be read."""
    rows = evenly(len(study), MOST_ROWS).tolist()
    choices, left_out = choose(study, rows)
    lines = lines_of(study, choices)
    return {
        "runs": len(study),
        "baseline": study.has_baseline,
        "columns": list(_columns(study, rows)),
        "fates": [
            {"name": name, "marker": look.marker, "light": look.colour, "dark": _on_dark(look.colour)}
            for name, look in LOOKS.items()
        ],
        "quantities": [_quantity(name, lines[name], rows) for name, _, _ in choices if lines[name]],
        "left_out": left_out,
    }


# The table


def _columns(study: Study, rows: Sequence[int]) -> Iterator[dict[str, Any]]:
    table = study.table.iloc[rows]
    yield {"key": "run", "name": "run", "meaning": "the number of the run", "kind": "run", "type": "step"} | {
        "values": table["run"].tolist()
    }
    names = short_names(study.declaration.paths)
    for axis in study.axes:
        if axis.path in table:
            yield _varied(axis, names.get(axis.path, axis.path), table[axis.path].tolist())
    for key, meaning in COLUMNS.items():
        head = {"key": key, "name": HEADINGS[key], "meaning": meaning, "kind": "result"}
        values = table[key].tolist()
        if key == "fate":
            yield {**head, "type": "label", **_labels(values, list(LOOKS))}
        else:
            yield {**head, "type": "step" if key in _STEPS else "number", "values": [short(each) for each in values]}


def _varied(axis: Varied, name: str, values: Sequence[object]) -> dict[str, Any]:
    head = {"key": axis.path, "name": one_line(name), "meaning": axis.path, "kind": "varied"}
    if axis.kind == "label":
        return {**head, "type": "label", **_labels(values)}
    numbers = [short(each) for each in values]
    return {**head, "type": axis.kind, "log": axis.is_geometric, "values": numbers}


def _labels(values: Sequence[object], known: Sequence[str] = ()) -> dict[str, Any]:
    """The texts that there are, once each, and which of them each row has."""
    texts = [_text(each) for each in values]
    labels = list(known) or list(dict.fromkeys(text for text in texts if text is not None))
    places = {label: place for place, label in enumerate(labels)}
    return {"labels": labels, "values": [None if text is None else places[text] for text in texts]}


def _text(value: object) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    text = one_line(str(value))
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def short(value: Any) -> float | int | str | None:
    """A number with as many digits as are shown. Steps that there are none of are missing, as nan is."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, float) or math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return _whole(float(f"{value:.{DIGITS}g}"))


def _whole(value: float) -> float | int:
    """1 for 1.0, which is shorter; -0.0 is 0 to who reads it."""
    return int(value) if value.is_integer() and abs(value) < 1e6 else value


# The lines


def _quantity(name: str, lines: Sequence[Line], rows: Sequence[int]) -> dict[str, Any]:
    """Lines by the places of their runs among the rows of the page. Most runs have the same steps: these are once."""
    places = {row: place for place, row in enumerate(rows)}
    lists: dict[bytes, int] = {}
    steps: list[list[int]] = []
    which: list[int] = []
    for line in lines:
        key = line.steps.tobytes()
        if key not in lists:
            lists[key] = len(steps)
            steps.append(line.steps.tolist())
        which.append(lists[key])
    return {
        "name": one_line(name),
        "rows": [places[line.row] for line in lines],
        "steps": steps,
        "which": which,
        "values": [[short(float(each)) for each in np.asarray(line.values)] for line in lines],
        "thinned": any(len(line.steps) > 1 and int(np.diff(line.steps).max()) > 1 for line in lines),
    }


def _on_dark(colour: str) -> str:
    """A colour light enough for a dark page, and still itself."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    lightness = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    share = max(0.0, (140.0 - lightness) / (255.0 - lightness))
    return "#" + "".join(f"{round(part + (255 - part) * share):02x}" for part in parts)
