"""Makes the studies of experiments/ anew: `python -m docs.studies`, or with the names of some of them.

Every folder there with a sweep.yaml gets README.md and pictures, and README.md of experiments/ lists them. Nothing is
recorded. tests/test_experiments.py proves that what is committed is what comes out.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bprunner.cli.showing import purpose_of
from bprunner.documents.inline import inline_markdown
from bprunner.runs.study_readme import write_readme
from bprunner.sweeps.declaring import read_sweep
from bprunner.sweeps.executing import execute_sweep
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.study import Study
from docs.reading import ROOT

EXPERIMENTS = ROOT / "experiments"
INDEX = EXPERIMENTS / "README.md"


def sweeps() -> list[Path]:
    """The sweep files of experiments/, in the order of their folders' names."""
    return sorted(EXPERIMENTS.glob("*/sweep.yaml"))


@contextmanager
def trained(sweep: Path, workers: int | None = None) -> Iterator[Study]:
    """The study of a sweep file, trained in a folder that is gone afterwards."""
    declaration = read_sweep(sweep)
    with tempfile.TemporaryDirectory() as folder:
        place = StudyFolder(Path(folder))
        outcome = execute_sweep(declaration, place, workers)
        if outcome.failures:
            raise RuntimeError(f"{sweep}: {outcome.failures[0].reason}")
        yield Study(declaration, place)


def command_of(sweep: Path) -> str:
    """What somebody types in the project's folder."""
    return f"bprun {sweep.relative_to(ROOT).as_posix()}"


def index() -> str:
    """The page that lists the studies."""
    lines = [
        "# Studies",
        "",
        "A study trains an experiment many times over, with something else each time, and compares each run with the",
        "baseline's. Each folder here is one: `sweep.yaml` declares it, and `README.md` says what came of it. The",
        "pages and this list are written by `make experiments`.",
        "",
        "| study | what it asks |",
        "|---|---|",
    ]
    for sweep in sweeps():
        title = read_sweep(sweep).sweep.title or sweep.parent.name
        name = sweep.parent.name
        lines.append(f"| [{inline_markdown(title)}]({name}/README.md) | {inline_markdown(purpose_of(sweep))} |")
    lines += [
        "",
        "Any of them can be run: `bprun experiments/learning_rate/sweep.yaml` trains it, records it in MLflow, and",
        "tells the findings. The experiments that they start from are in [configs](../configs).",
    ]
    return "\n".join(lines) + "\n"


def main(names: Sequence[str]) -> int:
    for sweep in sweeps():
        if not names or sweep.parent.name in names:
            with trained(sweep) as study:
                write_readme(study, sweep.parent, command_of(sweep))
    INDEX.write_text(index(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
