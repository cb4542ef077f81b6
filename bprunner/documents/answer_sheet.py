"""What belongs to an exercise sheet: the answers to its gaps, and a file for a student's own figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bprunner.documents.blanks import Blank, Blanks
from bprunner.documents.document import Document
from bprunner.documents.inline import inline_markdown
from bprunner.documents.language import Language
from bprunner.documents.telling import table

_MEMORY = ("velocity", "mean", "squares")


def answer_sheet(exercise: Document, blanks: Blanks) -> Document:
    """The numbers that the gaps of an exercise have, by the gaps' numbers."""
    language = Language(exercise.language)
    words = language.words("document")
    several = any(blank.sample is not None for blank in blanks.all)
    head = [words["column_gap"], words["column_quantity"], words["column_step"]]
    head += [words["sample_column"]] * several + [words["column_answer"]]
    rows = [_row(number, blank, several) for number, blank in enumerate(blanks.all, 1)]
    title = words["answers_title"].format(title=exercise.title)
    text = language.text("answers.md", title=inline_markdown(title), answers=table(head, rows))
    return Document(f"{exercise.name}-answers", title, exercise.language, text)


def _row(number: int, blank: Blank, several: bool) -> list[str]:
    sample = [] if not several else ["" if blank.sample is None else str(blank.sample)]
    return [str(number), blank.name, str(blank.step), *sample, blank.answer]


def answers_to_fill_in(blanks: Blanks, outputs: Sequence[str], samples: int, heading: str) -> str:
    """The file of a student's figures, all still open, for `bprun grade`. outputs: the output neurons' names; samples:
    how many the dataset has; heading: lines of a comment that say what to do."""
    import yaml

    entries: dict[tuple[int, int | None], dict[str, Any]] = {}
    for blank in blanks.all:
        quantity, _, name = blank.column.partition(".")
        if quantity in _MEMORY:
            continue
        if quantity == "out" and name in outputs:
            quantity, name = "prediction", name if len(outputs) > 1 else ""
        sample = blank.sample if samples > 1 else None
        place: dict[str, Any] = {"step": blank.step} | ({} if sample is None else {"sample": sample})
        entry = entries.setdefault((blank.step, sample), place)
        if name:
            entry.setdefault(quantity, {})[name] = None
        else:
            entry[quantity] = None
    data = {"student": None, "answers": [entry for _, entry in sorted(entries.items(), key=_in_order)]}
    comment = "".join(f"# {line}\n" for line in heading.splitlines())
    return comment + yaml.safe_dump(data, allow_unicode=True, sort_keys=False, default_flow_style=None, width=100)


def _in_order(item: tuple[tuple[int, int | None], Any]) -> tuple[int, int]:
    step, sample = item[0]
    return step, sample or 0
