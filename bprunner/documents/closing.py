"""The parts that come last: the further steps, and which printed figures agree."""

from __future__ import annotations

from bprunner.checking.verdicts import FAULTY, Verdict
from bprunner.documents.inline import inline_markdown
from bprunner.documents.numbers import number
from bprunner.documents.telling import Parts, Telling, table

_MOST_STEPS, _MOST_SERIES, _MOST_FIGURES = 12, 10, 60


def closing(t: Telling) -> Parts:
    if t.blanks is not None:
        return {"steps_table": "", "figures_table": "", **_made_by(t)}
    return {**_steps(t), **_figures(t), **_made_by(t)}


def _made_by(t: Telling) -> Parts:
    origin = t.subject.origin
    said = t.words["made_by"].format(origin=inline_markdown(origin)) if origin else t.words["made_by_itself"]
    return {"made_by": said}


def _steps(t: Telling) -> Parts:
    """Steps with their error, the prediction where it is of one sample, and the weights where they are few."""
    trace = t.subject.trace
    count = len(trace)
    names = ["error"]
    if len(t.subject.samples) == 1:
        names += [f"prediction.{name}" for name in t.names.outputs]
    names += [f"weight.{name}" for name in t.names.weights] + [f"bias.{name}" for name in t.names.biases]
    names = [name for name in names if name in trace]
    shown = names if len(names) <= _MOST_SERIES else names[: _MOST_SERIES - len(t.parameters)] or names[:1]
    if len(names) > _MOST_SERIES:
        shown = [name for name in names if name.split(".")[0] in ("error", "prediction")][:_MOST_SERIES]
    rows = []
    for row in _spread(count):
        values = [trace[name][row] for name in shown]
        cells = [number(float(value), t.printing.short) for value in values]
        rows.append([f"{int(trace.steps[row]):,}", *cells])
    head = [t.words["column_step"], *(_head(t, name) for name in shown)]
    updates = int(trace.steps[-1])
    return {
        "steps_table": table(head, rows) if count > 1 else "",
        "is_one_update": updates <= 1,
        "is_full_batch": t.experiment.training.full_batch,
        "steps_note": t.words["steps_note"].format(count=f"{updates:,}") if count > len(rows) else "",
    }


def _spread(count: int) -> list[int]:
    """Which rows are shown: all of a few; of many the first ones, and then ever further apart, to the last."""
    if count <= _MOST_STEPS:
        return list(range(count))
    ratio = (count - 1) ** (1 / (_MOST_STEPS - 2))
    wanted = {0, 1, 2, count - 1} | {round(ratio**power) for power in range(_MOST_STEPS - 2)}
    return sorted(row for row in wanted if row < count)


def _head(t: Telling, name: str) -> str:
    quantity, _, part = name.partition(".")
    if quantity == "prediction":
        word = t.words["column_prediction"]
        return word if len(t.names.outputs) == 1 else f"{word} {part}"
    return t.words["column_error"] if quantity == "error" else part


def _figures(t: Telling) -> Parts:
    """The verdicts, those that do not agree first."""
    figures = t.subject.figures
    if not len(figures):
        return {"figures_table": ""}
    faulty = [each for each in figures if each.state in FAULTY]
    others = sorted((each for each in figures if each.state not in FAULTY), key=lambda each: each.step)
    shown = [*faulty, *others][:_MOST_FIGURES]
    head = [t.words[f"column_{each}"] for each in ("figure", "printed", "computed", "verdict")]
    agree, beyond = len(figures.of("agrees")), len(figures.of("beyond"))
    held = len(figures) - beyond
    said = t.words["figures_all"] if agree == held else t.words["figures_some"].format(
        agree=agree, others=held - agree
    )  # fmt: skip
    if beyond:
        said += " " + t.words["figures_beyond"].format(beyond=beyond)
    return {
        "figures_table": table(head, [_row(t, each) for each in shown], left=1),
        "figures_count": len(figures),
        "figures_summary": said,
        "figures_left_out": len(figures) - len(shown),
    }


def _row(t: Telling, verdict: Verdict) -> list[str]:
    right = "" if verdict.right is None else str(verdict.right)
    computed = verdict.shown if verdict.state == "agrees" else number(verdict.value, 12)
    said = t.words[f"verdict_{verdict.state}"].format(right=right, note=verdict.note)
    return [verdict.address.replace(" * ", " · "), str(verdict.printed), computed, said]
