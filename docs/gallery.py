"""The page of the gallery: every example of configs/gallery, what it needs, and what comes of its figures.

The page is made from the declarations, and from the verdicts of their runs. Nothing in it depends on the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from bprunner.cli.showing import purpose_of
from bprunner.data.loading import load_samples
from bprunner.runs.run import execute_run
from bprunner.spec.addressing import Addressed, addressed
from bprunner.spec.describing import network_line
from bprunner.spec.experiment import Experiment
from bprunner.spec.naming import counted
from bprunner.spec.reading import Declaration, read_declaration
from docs.needs import needs
from docs.reading import ROOT

PAGE = ROOT / "docs" / "gallery.md"
FOLDER = ROOT / "configs" / "gallery"
DATA_NEEDED = FOLDER / "data_needed"
LONG = 2_000
"""A run of more updates is long: the tests leave it to the law of the figures, which runs everything."""


@dataclass(frozen=True)
class Outcome:
    """How many figures agree, are confirmed errata, lie beyond the horizon, and disagree."""

    agree: int = 0
    errata: int = 0
    beyond: int = 0
    disagree: int = 0

    def __str__(self) -> str:
        """`32 agree, 5 errata`."""
        parts = [f"{self.agree:,} agree"]
        if self.errata:
            parts.append(counted(self.errata, "erratum", "errata"))
        if self.beyond:
            parts.append(f"{self.beyond:,} beyond the horizon")
        if self.disagree:
            parts.append(f"**{self.disagree:,} disagree**")
        return ", ".join(parts)

    @property
    def all(self) -> int:
        return self.agree + self.errata + self.beyond + self.disagree

    @classmethod
    def read(cls, text: str) -> Outcome:
        """From its own words."""
        numbers = {
            key: int(number.replace(",", ""))
            for number, key in re.findall(r"([\d,]+) (agree|errat|beyond|disag)", text)
        }
        return cls(numbers.get("agree", 0), numbers.get("errat", 0), numbers.get("beyond", 0), numbers.get("disag", 0))


Outcomes = Mapping[str, Outcome]
"""By the name of the example: that of its file, without .yaml."""


@cache
def examples() -> dict[str, Declaration]:
    """Every example that runs without further data, by its name, in the order of names."""
    return {path.stem: read_declaration(path) for path in sorted(FOLDER.glob("*.yaml"))}


def outcome(declaration: Declaration) -> Outcome:
    """Runs an example, and counts."""
    figures = execute_run(declaration).figures
    return Outcome(*(len(figures.of(state)) for state in ("agrees", "erratum", "beyond", "disagrees")))


def outcomes() -> dict[str, Outcome]:
    """Of all examples, long ones too."""
    return {name: outcome(declaration) for name, declaration in examples().items()}


def is_long(declaration: Declaration) -> bool:
    return declaration.experiment.training.most_updates(len(load_samples(declaration))) > LONG


def told(page: str) -> dict[str, Outcome]:
    """What a page says of each example."""
    return {found[1]: Outcome.read(found[2]) for found in re.finditer(r"^\| \[([\w.]+)\].*\| ([^|]+) \|$", page, re.M)}


# The page


def page(of: Outcomes) -> str:
    """The whole page."""
    return "\n".join([*_head(of), *_table(of), "", *_sections(of), *_data_needed()]).rstrip("\n") + "\n"


def _head(of: Outcomes) -> Iterator[str]:
    agree, errata = (sum(getattr(each, key) for each in of.values()) for key in ("agree", "errata"))
    yield "# Gallery: worked examples that people published"
    yield ""
    what = "figure is a declared erratum" if errata == 1 else "figures are declared errata"
    yield (
        f"{counted(len(of), 'file')} of [configs/gallery](../configs/gallery): examples of backpropagation from books, "
        "lectures, blogs, courses and test suites, each with the figures that its author printed. "
        f"{agree:,} figures agree, to the digits printed; {errata:,} {what}: the printed number is wrong, and the "
        "right one is given with the reason."
    )
    yield ""
    yield (
        "This page is written by `make docs` from the files themselves, which are run for it. Any of them can be run, "
        "and changed, from the command line: `bprun configs/gallery/mazur.yaml`."
    )
    yield ""
    yield (
        "What an example needs is its loss, and what differs from the simplest case: gradient descent on all samples "
        "at once, weights by name, exact arithmetic. All of it is described in [What a YAML file may say](yaml.md)."
    )
    yield ""


def _table(of: Outcomes) -> Iterator[str]:
    yield "| example | author and title | network | needs | figures |"
    yield "|---|---|---|---|---|"
    for name, counts in of.items():
        experiment = examples()[name].experiment
        cells = [
            f"[{name}](#{_anchor(name)})",
            _author_and_title(experiment),
            network_line(experiment),
            " · ".join(needs(experiment)),
            str(counts),
        ]
        yield f"| {' | '.join(_in_cell(cell) for cell in cells)} |"


def _author_and_title(experiment: Experiment) -> str:
    """The source as far as it names somebody, and the title. Co-authors begin with an initial."""
    first, *others = (experiment.source or "").split(";")[0].split(", ")
    author = ", ".join([first, *takewhile(lambda part: re.match(r"[A-Z]\. ", part), others)])
    return f"{author}<br>*{experiment.title}*" if author and experiment.title else author or experiment.title or ""


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _sections(of: Outcomes) -> Iterator[str]:
    for name, counts in of.items():
        declaration = examples()[name]
        yield f"## {name}"
        yield ""
        source = f" {declaration.experiment.source}." if declaration.experiment.source else ""
        yield f"[{name}.yaml](../configs/gallery/{name}.yaml): {counts}.{source}"
        yield ""
        yield from (_linked(line) for line in opening(FOLDER / f"{name}.yaml"))
        yield ""
        yield from _errata(declaration.experiment)


def _errata(experiment: Experiment) -> Iterator[str]:
    """What is wrong in print: the figure, what is printed, what is right, and why."""
    errata = [each for each in figures(experiment) if each.figure.erratum is not None]
    if not errata:
        return
    yield "| erratum | printed | right | why |"
    yield "|---|---|---|---|"
    for each in errata:
        cells = [f"`{each.address}`", str(each.figure.printed), str(each.figure.right), each.figure.erratum or ""]
        yield f"| {' | '.join(_in_cell(cell) for cell in cells)} |"
    yield ""


def figures(experiment: Experiment) -> list[Addressed]:
    """Every figure that an experiment expects."""
    names = experiment.architecture.names
    found = [each for expectation in experiment.expect for each in addressed(expectation, names)]
    return [each for each in found if isinstance(each, Addressed)]


def _data_needed() -> Iterator[str]:
    files = sorted(DATA_NEEDED.glob("*.yaml"))
    if not files:
        return
    yield "## Examples whose data you need"
    yield ""
    yield (
        "The data of these examples may not be passed on. Their opening comments say where the files are; once they "
        "lie beside the configuration, it runs like the others. They are not run for this page."
    )
    yield ""
    for path in files:
        yield f"- [{path.stem}](../configs/gallery/data_needed/{path.name}): {_linked(purpose_of(path))}"


# Opening comments


def opening(path: Path) -> list[str]:
    """The lines of a file's opening comment that are meant for people."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        if "yaml-language-server" not in line:
            lines.append(line.removeprefix("#").removeprefix(" ").rstrip())
    return lines


def _linked(line: str) -> str:
    """Plain text as Markdown: its signs mean nothing, and the name of another example leads there."""
    parts: Sequence[str] = line.split("`")
    plain = [part if number % 2 else _escaped(part) for number, part in enumerate(parts)]
    return "`".join(plain)


def _escaped(text: str) -> str:
    text = re.sub(r"([*<>|])", r"\\\1", text)
    return re.sub(r"(?<![\w/])([\w.]+)\.yaml", lambda found: _link(found[1]), text)


def _link(name: str) -> str:
    return f"[{name}.yaml](#{_anchor(name)})" if (FOLDER / f"{name}.yaml").is_file() else f"{name}.yaml"


def _anchor(title: str) -> str:
    """What a heading is called in links."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
