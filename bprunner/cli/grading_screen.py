"""The screen of grades: a student's figures by what became of them, or a row for each student of a class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bprunner.cli.numbers import DIGITS, number_text
from bprunner.documents.language import Language
from bprunner.errors import Problem
from bprunner.grading.digits import at_digits
from bprunner.grading.grades import Grade, Grades, Mistake, Source
from bprunner.spec.addressing import Address

_GAP = 2
_MOST_SOURCES = 4
_GROUPS = (
    ("right", "✓", "green"),
    ("right_to_digits", "✓", "green"),
    ("carried", "→", "yellow"),
    ("follows", "→", "yellow"),
    ("wrong", "✗", "bold red"),
    ("blank", "·", "dim"),
)
"""In which order figures are shown, with what sign and in what style."""
_SPELLED = {"✓": "ok:", "✗": "not ok:", "→": "->", "·": "-"}


class Words:
    """What is said, in the language of the reader."""

    def __init__(self, language: str = "en") -> None:
        self._words = Language(language).words("grading")

    def say(self, key: str, **parts: object) -> str:
        return self._words[key].format(**parts)


def show_grades(console: Console, experiment: str, whose: str, grades: Grades) -> None:
    """The figures of one student, group by group, and how many there are in each."""
    words = Words()
    console.print(Text.assemble((_visible(whose), "bold"), ("  " + experiment, "dim")))
    for group, sign, style in _GROUPS:
        found = [each for each in grades if _group(each) == group]
        if found:
            console.print()
            console.print(Text(f"{_sign(console, sign)} {words.say(group)}", style=style))
            _show_group(console, words, found)
    console.print()
    if not grades.recomputed:
        console.print(Text(words.say("compared_alone"), style="dim"))
    console.print(Text(summary(words, grades), style="green" if grades.are_right else "bold"))


def summary(words: Words, grades: Grades) -> str:
    """How many figures are in each state."""
    groups = [_group(each) for each in grades]
    counts = {group: groups.count(group) for group, _, _ in _GROUPS}
    counts["right"] += counts["right_to_digits"]
    return words.say("summary_with_carried" if counts["carried"] else "summary", count=len(grades), **counts)


def _group(each: Grade) -> str:
    return "carried" if each.is_carried else each.state


def _show_group(console: Console, words: Words, grades: Sequence[Grade]) -> None:
    """A line for each figure: what it is, what the student wrote, and what was computed; below it, why."""
    rows = [(each.address, str(each.printed or ""), _computed(words, each)) for each in grades]
    names, numbers, computed = (max(map(len, column)) for column in zip(*rows, strict=True))
    room = console.width - 3 * _GAP - numbers - computed
    for each, (address, printed, text) in zip(grades, rows, strict=True):
        line = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), show_header=False)
        line.add_column(width=min(names, max(10, room)), overflow="fold")
        line.add_column(width=numbers, overflow="fold")
        line.add_column(overflow="fold")
        line.add_row(Text(address), Text(printed, style="bold"), Text(text, style="dim"))
        console.print(Padding(line, (0, 0, 0, _GAP), expand=False))
        for reason in reasons(words, each):
            console.print(Padding(Text(reason), (0, 0, 0, 2 * _GAP), expand=False))


def _computed(words: Words, each: Grade) -> str:
    """Beside what is right entirely, nothing; and an exercise that is not done is not given away."""
    if each.state in ("right", "blank"):
        return ""
    digits = DIGITS if each.printed is None else max(DIGITS, each.printed.significant + 1)
    return words.say("computed", number=number_text(each.value, digits))


# Why


def reasons(words: Words, each: Grade) -> list[str]:
    """What a figure follows from, or by which mistakes it is explained."""
    if each.state == "follows":
        return [_follows(words, each)]
    if each.state != "wrong":
        return []
    told = [mistake_text(words, mistake) for mistake in each.mistakes] or [words.say("unexplained")]
    return [told[0], *(words.say("or", mistake=text) for text in told[1:]), *_own(words, each)]


def _own(words: Words, each: Grade) -> list[str]:
    """What the student's earlier figures give, where that is another number at the digits given."""
    if each.own is None or each.printed is None or not math.isfinite(each.own):
        return []
    if at_digits(each.printed, each.own, "half_up") == at_digits(each.printed, each.value, "half_up"):
        return []
    return [words.say("own", number=number_text(each.own))]


def _follows(words: Words, each: Grade) -> str:
    if len(each.sources) == 1:
        source = each.sources[0]
        return words.say(f"from_{source.state}", figure=_named(source, each.where))
    first = each.sources[:_MOST_SOURCES]
    shown = [words.say(f"source_{source.state}", figure=_named(source, each.where)) for source in first]
    if len(each.sources) > _MOST_SOURCES:
        shown.append(words.say("more", count=len(each.sources) - _MOST_SOURCES))
    return words.say("from_several", figures=", ".join(shown))


def _named(source: Source, beside: Address) -> str:
    """A figure beside another one: when it was is said only where that is another time."""
    where = source.where
    is_same_time = (where.step, where.epoch, where.sample) == (beside.step, beside.epoch, beside.sample)
    return where.name if is_same_time else str(where)


def mistake_text(words: Words, mistake: Mistake) -> str:
    """A mistake in a sentence."""
    about = dict(mistake.about)
    if "layers" in about:
        names = about["layers"]
        about["layers"] = words.say("layers", names=names) if ", " in names else words.say("layer", name=names)
    told = words.say(mistake.kind, **about)
    return words.say("with_own", mistake=told) if mistake.base == "own" else told


def first_mistake(words: Words, grades: Grades) -> str:
    """The first wrong figure with what explains it; nothing where none is wrong."""
    wrong = grades.of("wrong")
    return f"{wrong[0].address}: {reasons(words, wrong[0])[0]}" if wrong else ""


# A class

Row = tuple[str, str, Grades | None, tuple[Problem, ...]]
"""A student, the file, and the grades, or what is wrong with the file."""


def show_class(console: Console, experiment: str, rows: Sequence[Row]) -> None:
    """A row for each student."""
    words = Words()
    console.print(Text(experiment, style="bold"))
    console.print()
    headings = [words.say(f"column_{key}") for key in ("student", "right", "follows", "wrong", "blank", "first")]
    cells = [_cells(words, row, rows) for row in rows]
    widths = [max(len(heading), *(len(row[at]) for row in cells)) for at, heading in enumerate(headings)]
    room = console.width - sum(widths[1:5]) - 5 * _GAP
    widths[0] = min(widths[0], max(8, room // 2))
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    table.add_column(headings[0], width=widths[0], overflow="fold")
    for heading, width in zip(headings[1:5], widths[1:5], strict=True):
        table.add_column(heading, width=width, justify="right", no_wrap=True)
    is_narrow = room - widths[0] < 20
    if not is_narrow:
        table.add_column(headings[5], overflow="fold")
    for row, texts in zip(rows, cells, strict=True):
        style = "red" if row[2] is None else ""
        table.add_row(*(Text(text, style=style) for text in (texts[:5] if is_narrow else texts)))
    console.print(table)
    if is_narrow:
        _show_firsts(console, cells)


def _show_firsts(console: Console, cells: Sequence[Sequence[str]]) -> None:
    """Below the table, where it has no room for them."""
    for texts in cells:
        if texts[5]:
            console.print()
            console.print(Text(texts[0]))
            console.print(Padding(Text(texts[5]), (0, 0, 0, _GAP), expand=False))


def _cells(words: Words, row: Row, rows: Sequence[Row]) -> list[str]:
    whose, file, grades, problems = row
    same = [other for other in rows if other[0] == whose]
    name = _visible(whose if len(same) == 1 else f"{whose} ({file})")
    if grades is None:
        return [name, "", "", "", "", words.say("unreadable", message=_visible(problems[0].message))]
    states: tuple[Any, ...] = (("right", "right_to_digits"), ("follows",), ("wrong",), ("blank",))
    return [name, *(str(len(grades.of(*each))) for each in states), first_mistake(words, grades)]


def _visible(text: str) -> str:
    """A file's name may have any sign; none of them steers the terminal."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _sign(console: Console, sign: str) -> str:
    """A sign, where the output can hold it."""
    try:
        sign.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return _SPELLED[sign]
    return sign
