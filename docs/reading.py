"""Reading the documents as a stranger would: every file written, every command typed, in order, in one folder.

A YAML block under `<!-- file: mine.yaml -->` is that file; one under `<!-- over: doc.yaml -->` is a part of that file
of configs/. In a console block, lines that begin with `$ ` are typed, and what follows each of them is the answer. An
answer that ends with `…` goes without its last paragraph, in which a run says where it was recorded; such a run records
nothing here, which saves seconds. A line `…` in the middle of an answer stands for lines that are left out.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = tuple(
    ROOT / name
    for name in (
        *("README.md", "CONTRIBUTING.md", "docs/yaml.md", "docs/sweeps.md", "docs/explain.md", "docs/grading.md"),
        "docs/gallery.md",
        "benchmarks/README.md",
    )
)
FOLDERS = ("configs", "experiments")
"""What a reader has in the folder in which commands are typed."""
WIDTH = 100

_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>file|over): (?P<name>[\w./-]+) -->\n)?```(?P<language>\w*)\n(?P<content>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_INLINE = re.compile(r"(?<!`)`(bprun [^`]+)`(?!`)")
# What differs from run to run.
_CHANGING = ((re.compile(r"\brun [0-9a-f]{8}\b"), "run 0123abcd"), (re.compile(r"\b\d{8}-\d{6}-"), "20260131-235959-"))
CUT = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its content, the file that it is said to be, and the file that it is a part of."""

    language: str
    content: str
    file: str | None = None
    over: str | None = None


@dataclass(frozen=True)
class Exchange:
    """A command that was typed, and the answer that stands below it."""

    command: str
    answer: str

    @property
    def is_cut(self) -> bool:
        return self.answer.rstrip().endswith(CUT)


def blocks(text: str) -> list[Block]:
    """Every fenced block, in order."""
    return [
        Block(found["language"], found["content"], **({found["mark"]: found["name"]} if found["mark"] else {}))
        for found in _BLOCK.finditer(text)
    ]


def exchanges(content: str) -> list[Exchange]:
    """What was typed in a console block, each with its answer."""
    parts = re.split(r"^\$ (.*)\n", content, flags=re.MULTILINE)[1:]
    return [Exchange(command, answer.strip("\n")) for command, answer in zip(parts[::2], parts[1::2], strict=True)]


def commands(text: str) -> list[str]:
    """Every `bprun …` in a document: typed in a block, or in the text between backquotes."""
    typed = [
        line.removeprefix("$ ")
        for block in blocks(text)
        if block.language in ("", "console", "sh")
        for line in block.content.splitlines()
        if line.removeprefix("$ ").startswith("bprun ")
    ]
    return [*typed, *_INLINE.findall(_BLOCK.sub("", text))]


def replay(text: str, folder: Path) -> list[str]:
    """Writes the document's files and types its commands, in order. Every whole answer, as the program gave it."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    answers = []
    for block in blocks(text):
        if block.file is not None:
            (folder / block.file).write_text(block.content, encoding="utf-8")
        if block.language == "console":
            answers += [_typed(exchange, folder) for exchange in exchanges(block.content)]
    return answers


def _typed(exchange: Exchange, folder: Path) -> str:
    words = [word for each in shlex.split(exchange.command) for word in _expanded(each, folder)]
    runs = len(words) > 1 and Path(folder, words[1]).is_file()
    silent = ["--no-mlflow"] if runs and exchange.is_cut else []
    done = subprocess.run(
        [str(Path(sys.executable).parent / words[0]), *words[1:], *silent],
        cwd=folder,
        env={**os.environ, "COLUMNS": str(WIDTH), "PYTHONUTF8": "1", "MLFLOW_DISABLE_TELEMETRY": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.stdout


def _expanded(word: str, folder: Path) -> list[str]:
    """The files that a shell would put in the place of a pattern."""
    found = sorted(folder.glob(word)) if "*" in word else []
    return [str(path.relative_to(folder)) for path in found] or [word]


def same(shown: str, given: str) -> bool:
    """Whether a document's answer is the program's, apart from what differs from run to run."""
    return steady(shown) == fresh(shown, given)


def has_gaps(shown: str) -> bool:
    """Whether lines are left out before the end."""
    return CUT in steady(shown).splitlines()[:-1]


def _pieces(shown: str) -> list[list[str]]:
    """What stands between the gaps of an answer; nothing at an end that is a gap itself."""
    pieces: list[list[str]] = [[]]
    for line in steady(shown).splitlines():
        if line == CUT:
            pieces.append([])
        else:
            pieces[-1].append(line)
    return pieces


def _found(pieces: Sequence[Sequence[str]], given: Sequence[str]) -> list[list[str]]:
    """For each piece the lines of the program's answer that are most like it: as many, and after those before.

    The first piece is its beginning, and the last its end.
    """
    found, start = list[list[str]](), 0
    for number, piece in enumerate(pieces):
        last = len(given) - len(piece)
        starts = [0] if number == 0 else [last] if number == len(pieces) - 1 else range(start, last + 1)
        at = max(starts, key=lambda place: _likeness(piece, given[place : place + len(piece)]), default=start)
        at = max(at, start)
        found.append(list(given[at : at + len(piece)]))
        start = at + len(piece)
    return found


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    return sum(SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in zip(one, other, strict=False))


def _joined(pieces: Sequence[Sequence[str]]) -> str:
    lines = [line for number, piece in enumerate(pieces) for line in ([CUT] if number else []) + list(piece)]
    return "\n".join(lines)


def fresh(shown: str, given: str) -> str:
    """The answer as it should stand, shortened as it is shown."""
    if has_gaps(shown):
        return _joined(_found(_pieces(shown), steady(given).splitlines()))
    return without_place(given) if shown.rstrip().endswith(CUT) else steady(given)


def without_place(given: str) -> str:
    """An answer with its last paragraph cut off."""
    return f"{steady(given).rpartition(chr(10) * 2)[0]}\n{CUT}"


def steady(text: str) -> str:
    """An answer without spaces at the ends of lines, and with one name for every run."""
    for pattern, text_for_all in _CHANGING:
        text = pattern.sub(text_for_all, text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def answered(text: str, answers: Sequence[str]) -> str:
    """The document with the program's answers."""
    left = iter(answers)

    def filled(found: re.Match[str]) -> str:
        if found["language"] != "console":
            return found[0]
        return f"```console\n{''.join(_lines(exchanges(found['content']), left))}```"

    return _BLOCK.sub(filled, text)


def _lines(typed: Sequence[Exchange], answers: Iterator[str]) -> Iterator[str]:
    for number, (exchange, given) in enumerate(zip(typed, answers, strict=False)):
        yield f"{'' if number == 0 else chr(10)}$ {exchange.command}\n"
        if same(exchange.answer, given):
            yield f"{exchange.answer}\n" if exchange.answer else ""
            continue
        yield f"{fresh(exchange.answer, given)}\n"
