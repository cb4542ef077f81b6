"""A study's README.md: what was asked, what was found, the table, the pictures, and how to run it again.

It has no dates, no versions, and nothing of the machine: the same study has the same text everywhere. As a program it
writes the page of a study's folder, and its report: `python -m bprunner.runs.study_readme FOLDER`.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from bprunner.documents.inline import inline_markdown
from bprunner.runs.study_tables import fates_told, study_table
from bprunner.spec.describing import network_line, training_line
from bprunner.spec.effective_sweep import sweep_yaml
from bprunner.sweeps.facts import Facts
from bprunner.sweeps.findings import findings
from bprunner.sweeps.folder import write_whole
from bprunner.sweeps.study import Study
from bprunner.sweeps.wording import few
from bprunner.training.chunk_files import storing

README: Final = "README.md"
PICTURES_FOLDER: Final = "pictures"
MOST_LABELS: Final = 12
_ALL_LINES: Final = "error_over_steps"
_POOLED: Final = "Pooled over "
"""What a caption says before the paths over which a picture pools."""


def write_readme(study: Study, folder: Path, command: str = "") -> Path:
    """Writes README.md and the pictures it shows into a folder, which is there, and returns its path.

    command: what runs the study again, by default `bprun` with the file that declares it. Pictures of an earlier page
    are removed. Raises StorageError where the disk fails or the study cannot be read.
    """
    pictures = draw_pictures(study, folder / PICTURES_FOLDER) if len(study) else []
    path = folder / README
    with storing(path):
        write_whole(path, readme(study, pictures, command, folder))
    return path


def draw_pictures(study: Study, folder: Path) -> list[Any]:
    """The study's pictures, each as SVG in this folder. Raises StorageError where the disk fails."""
    from bprunner.figures.compact import compact_svg
    from bprunner.figures.svg import svg_bytes

    pictures = shown_pictures(study)
    with storing(folder):
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.svg"):
            old.unlink()
        for picture in pictures:
            (folder / f"{picture.name}.svg").write_bytes(compact_svg(svg_bytes(picture.figure())))
    return pictures


def shown_pictures(study: Study) -> list[Any]:
    """The pictures of the page. Where one is a map of two things that vary, those that pool over one are left out, and
    the lines of all runs, which nobody can tell apart."""
    from bprunner.figures.studies import pictures_of

    pictures = pictures_of(study)
    if not any(picture.name.endswith("_map") for picture in pictures):
        return pictures
    paths = [f"`{axis.path}`" for axis in study.axes if axis.kind != "seed"]
    pooled = {picture.name: picture.caption.partition(_POOLED)[2] for picture in pictures}
    return [
        each for each in pictures if each.name != _ALL_LINES and not any(path in pooled[each.name] for path in paths)
    ]


def readme(study: Study, pictures: Sequence[Any] = (), command: str = "", folder: Path | None = None) -> str:
    """The page as text. pictures: with `name` and `caption`, drawn already; folder: where the page stands."""
    return "\n\n".join(part for part in _parts(study, pictures, command, folder) if part) + "\n"


def _parts(study: Study, pictures: Sequence[Any], command: str, folder: Path | None) -> Iterator[str]:
    yield f"# {inline_markdown(study.title)}"
    yield _opening(study)
    yield "\n".join(f"- {line}" for line in _what_it_is(study, folder))
    facts = Facts(study) if len(study) else None
    found = findings(study)
    if found:
        yield "## Findings"
        yield "\n".join(f"- {inline_markdown(str(each))}" for each in found)
    if pictures:
        yield "## Pictures"
    for picture in pictures:
        yield f"![{_plain(picture.caption)}]({PICTURES_FOLDER}/{picture.name}.svg)"
        yield str(picture.caption)
    if facts is not None and facts.count:
        yield "## Runs"
        yield study_table(facts).markdown()
        yield _legend(facts)
    yield "## To run it"
    yield f"```console\n$ {command or command_of(study)}\n```"
    yield _fenced(declaration_text(study))
    yield f"Hash of what is declared, the baseline included: `{study.declaration.hash}`"


# The head


def _opening(study: Study) -> str:
    return "\n\n".join(inline_markdown(paragraph) for paragraph in opening_of(declaration_text(study)))


def opening_of(text: str) -> list[str]:
    """The paragraphs of the comment that opens a file, which says what it shows; without what is meant for editors."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        told = line.lstrip("#").strip()
        if not told.startswith(("yaml-language-server", "bprunner ")):
            lines.append(told)
    paragraphs = "\n".join(lines).strip().split("\n\n")
    return [paragraph.replace("\n", " ") for paragraph in paragraphs if paragraph]


def _what_it_is(study: Study, folder: Path | None) -> Iterator[str]:
    baseline = study.baseline.experiment
    name = inline_markdown(baseline.name)
    link = _baseline_link(study, folder)
    yield f"Baseline: {f'[{name}]({link})' if link else name}, {inline_markdown(network_line(baseline))}"
    yield f"Training: {inline_markdown(training_line(baseline))}"
    for path, text in varying(study):
        yield f"Varies: `{path}`, {inline_markdown(text)}"
    if study.declaration.sweep.source:
        yield f"Source: {inline_markdown(study.declaration.sweep.source)}"


def _baseline_link(study: Study, folder: Path | None) -> str:
    """The baseline's file as it is seen from the page; empty where it is not seen from there by a name of its own."""
    declared = study.declaration
    if folder is None or declared.path is None or declared.path.resolve().parent != folder.resolve():
        return ""
    name = declared.sweep.baseline
    return name if not Path(name).is_absolute() and not set(name) & set(" ()<>[]") else ""


def varying(study: Study) -> Iterator[tuple[str, str]]:
    """What varies, in a few words: `61 values from 0.001 to 1, even ratios`."""
    for axis in study.declaration.axes:
        for column, path in enumerate(axis.paths):
            labels = list(dict.fromkeys(point[column].label for point in axis.points))
            values = [point[column].value for point in axis.points]
            if axis.kind == "search":
                yield path, "searched"
            elif axis.kind == "repeat":
                yield path, f"{len(labels):,} seeds a cell"
            elif axis.kind == "sample":
                yield path, f"drawn, {len(values):,} values"
            elif axis.is_spaced:
                grid = study.declaration.sweep.sweep.grid or {}
                how = "even ratios" if getattr(grid.get(path), "kind", "") == "geometric" else "even differences"
                yield (
                    path,
                    f"{len(labels):,} values from {few(float(labels[0]), 6)} to {few(float(labels[-1]), 6)}, {how}",
                )
            elif len(labels) <= MOST_LABELS:
                yield path, ", ".join(" ".join(label.split()) for label in labels)
            else:
                yield path, f"{len(labels):,} values"


# The foot


def _legend(facts: Facts) -> str:
    """What the words and signs of the table mean, as far as they occur."""
    rounding = f"≈ 0: no more than rounding, below {few(facts.noise, 2)}." if (facts.errors == 0.0).any() else ""
    told = f"{'; '.join(fates_told(facts))}."
    return f"{inline_markdown(rounding)} {told[0].upper()}{told[1:]}".strip()


def command_of(study: Study) -> str:
    """What runs it, where nobody says how it was run."""
    return f"bprun {study.declaration.path.name if study.declaration.path else 'sweep.yaml'}"


def declaration_text(study: Study) -> str:
    """The sweep as it was written; where it is no file, as it is effective."""
    declared = study.declaration
    if declared.path is not None and not declared.overrides:
        return declared.sources[0].text
    return sweep_yaml(declared, declared.sweep.baseline)


def _fenced(text: str) -> str:
    """YAML in a block whose fence is not in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}yaml\n{text.rstrip()}\n{fence}"


def _plain(caption: str) -> str:
    """A caption as the text that stands for a picture: one line without code and brackets."""
    return " ".join(caption.replace("`", "").replace("[", "(").replace("]", ")").replace("\\", "").split())


def main(arguments: Sequence[str]) -> int:
    """Writes the page and the report of the study in a folder, with the command that ran it."""
    from bprunner.runs.reporting import report
    from bprunner.runs.study_files import read_identity, read_study
    from bprunner.runs.study_pages import REPORT

    folder = Path(arguments[0])
    identity = read_identity(folder)
    words = () if identity is None else identity.command
    study = read_study(folder)
    write_readme(study, folder, shlex.join(["bprun", *words]) if words else "")
    report(study, drawn=folder / PICTURES_FOLDER).write(folder / REPORT)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
