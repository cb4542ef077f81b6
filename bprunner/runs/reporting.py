"""A study's report: one HTML file that can be sent to somebody."""

from __future__ import annotations

import platform
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bprunner._version import __version__
from bprunner.errors import InputError
from bprunner.reports.page import Surroundings, report_page
from bprunner.runs.study_files import read_identity
from bprunner.runs.study_readme import command_of, declaration_text, opening_of, shown_pictures, varying
from bprunner.spec.describing import network_line, training_line
from bprunner.spec.effective import effective_yaml
from bprunner.sweeps.folder import write_whole
from bprunner.sweeps.study import Study
from bprunner.training.chunk_files import storing

WRITTEN_FOLDER: Final = "written"
_LARGEST_PICTURE: Final = 300_000
"""Bytes of the picture for a page without scripts; a larger one is left for the next."""


@dataclass(frozen=True)
class Report:
    """A study's page."""

    html: str

    def write(self, path: Path | str) -> Path:
        """Writes the file, whole or not at all. Raises StorageError where the disk fails."""
        path = Path(path)
        with storing(path):
            write_whole(path, self.html)
        return path


def report(study: Study, command: str = "", drawn: Path | None = None) -> Report:
    """The report of a study. command: what runs it again; by default as it was run. drawn: a folder with its pictures,
    where they were just drawn.

    Raises StorageError where a file of the study cannot be read.
    """
    return Report(report_page(study, _surroundings(study, command or _command(study), drawn)))


def _written(study: Study) -> str:
    """The sweep's text as somebody wrote it, comments included, where the study's folder has it and nothing was changed
    on the command line; else as it is read."""
    identity, folder = read_identity(study.path), study.path / WRITTEN_FOLDER
    source = "" if identity is None else Path(identity.source).name
    path = folder / source
    if not source or not path.is_file() or (folder / "overrides.txt").exists():
        return declaration_text(study)
    with storing(path, "read"):
        return path.read_text(encoding="utf-8")


def _command(study: Study) -> str:
    identity = read_identity(study.path)
    words = () if identity is None else identity.command
    return shlex.join(["bprun", *words]) if words else command_of(study)


def _surroundings(study: Study, command: str, drawn: Path | None) -> Surroundings:
    import numpy

    baseline = study.baseline.experiment
    facts = [
        ("Baseline", f"{baseline.name}, {network_line(baseline)}"),
        ("Training", training_line(baseline)),
        *(("Varies", f"{path}: {text}") for path, text in varying(study)),
    ]
    if study.declaration.sweep.source:
        facts.append(("Source", study.declaration.sweep.source))
    picture, caption = _picture(study, drawn)
    written = _written(study)
    return Surroundings(
        opening=opening_of(written),
        facts=facts,
        command=command,
        declarations=[
            ("The sweep, as it was written", written),
            ("Its baseline, with everything spelled out", effective_yaml(study.baseline)),
        ],
        foot=[
            ("Hash of what is declared", study.declaration.hash),
            ("Written by", f"bprunner {__version__}, Python {platform.python_version()}, NumPy {numpy.__version__}"),
        ],
        document=_document(study),
        picture=picture,
        caption=caption,
    )


def _picture(study: Study, drawn: Path | None) -> tuple[str, str]:
    """The first of the study's pictures that is not too large, as SVG for a page, and what it shows."""
    from bprunner.figures.compact import compact_svg
    from bprunner.figures.svg import svg_bytes

    for picture in shown_pictures(study) if len(study) else []:
        there = None if drawn is None else drawn / f"{picture.name}.svg"
        svg = there.read_bytes() if there and there.exists() else compact_svg(svg_bytes(picture.figure()))
        if len(svg) <= _LARGEST_PICTURE:
            text = svg.decode()
            return text[text.index("<svg") :], picture.caption.replace("`", "")
    return "", ""


def _document(study: Study) -> str:
    """The baseline's worked document as a page; empty where it takes long, or there is nothing to explain."""
    from bprunner.data.loading import load_samples
    from bprunner.documents.html import html_page
    from bprunner.documents.telling import Wishes
    from bprunner.runs.background_documents import is_quickly_explained
    from bprunner.runs.explaining import explain_run, run_to_explain

    try:
        if not is_quickly_explained(study.baseline.experiment, len(load_samples(study.baseline))):
            return ""
        return html_page(explain_run(run_to_explain(study.baseline), Wishes()).document)
    except InputError:
        return ""
