"""`bprun show`, `schema`, `list` and `ui`: looking at what there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bprunner.cli.codes import ExitCode
from bprunner.cli.plain import write_utf8
from bprunner.errors import InputError, Place, Problem

if TYPE_CHECKING:
    from bprunner.spec.sweep_reading import SweepDeclaration


def show_file(file: str, changes: Sequence[str], allow_outside: bool) -> int:
    """Prints the effective configuration as YAML; of a sweep, what varies over which baseline."""
    from bprunner.cli.terminal import tell_problems
    from bprunner.spec.effective import effective_yaml
    from bprunner.spec.effective_sweep import sweep_yaml
    from bprunner.spec.reading import read_declaration
    from bprunner.sweeps.declaring import declared_sweep

    try:
        sweep = declared_sweep(file, changes, allow_outside)
        if sweep is not None:
            write_utf8(sweep_yaml(sweep, _named_baseline(sweep), over_original=True))
            return ExitCode.WELL
        declaration = read_declaration(file, changes, allow_outside)
    except InputError as error:
        tell_problems(error)
        return ExitCode.INPUT
    write_utf8(effective_yaml(declaration))
    return ExitCode.WELL


def show_schema(sweeps: bool = False) -> int:
    """Prints the JSON Schema of experiments, or of sweeps."""
    from bprunner.spec.json_schema import schema_text
    from bprunner.spec.sweep_schema import sweep_schema_text

    write_utf8(sweep_schema_text() if sweeps else schema_text())
    return ExitCode.WELL


def _named_baseline(sweep: SweepDeclaration) -> str:
    """The baseline as the sweep's file names it; of changes of an experiment, that experiment's file."""
    named = sweep.sweep.baseline
    return str(sweep.baseline.path) if named.startswith("<") and sweep.baseline.path else named


def list_folder(folder: str | None) -> int:
    """Prints the experiments and sweeps of a folder and those below it, each with the first sentence of its comment.

    Unless a folder is given: those of `configs` and `experiments`, and the studies of the working folder.
    """
    from rich.text import Text

    from bprunner.cli.terminal import out, tell_problems

    roots = [Path(folder)] if folder else [each for each in (Path("configs"), Path("experiments")) if each.is_dir()]
    for root in roots:
        if not root.is_dir():
            message = "this is a file, not a folder" if root.exists() else "there is no such folder"
            tell_problems(InputError(Problem(message, Place(str(root)))))
            return ExitCode.INPUT
    found = [(str(path), purpose) for root in roots for path, purpose in _experiments(root)]
    studies = [] if folder else _studies()
    if not found and not studies:
        where = folder or "configs or experiments"
        out().print(Text(f"no experiments in {where}"))
    for rows in filter(None, (found, studies)):
        _print_rows(rows)
    return ExitCode.WELL


def _print_rows(rows: Sequence[tuple[str, str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    from bprunner.cli.terminal import out

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    for first, second in rows:
        table.add_row(Text(first), Text(second))
    out().print(table)


def _studies() -> list[tuple[str, str]]:
    """The studies of the working folder: where each is, and how far."""
    here = Path.cwd()
    if not (here / "studies").is_dir():
        return []
    import time

    from bprunner.cli.terminal import say
    from bprunner.runs.study_files import studies_in

    found = []
    for path, identity in studies_in(here, lambda trouble: say(str(trouble))):
        begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(identity.started / 1000))
        state = {"trained": "trained", "interrupted": "interrupted", "training": "not finished"}[identity.state]
        recorded = (
            f", in MLflow with {max(each.runs for each in identity.deliveries.values()):,} runs"
            if identity.deliveries
            else ", not recorded"
        )
        found.append((str(path.relative_to(here)), f"{identity.name}: begun {begun}, {state}{recorded}"))
    return found


def _experiments(root: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(root.rglob("*.y*ml")):
        if path.suffix in (".yaml", ".yml") and path.is_file():
            yield path, purpose_of(path)


def purpose_of(path: Path) -> str:
    """The first line of a file's opening comment that is meant for people."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.read(4000).splitlines()[:20]
    except OSError as error:
        return f"(cannot be read: {error.strerror})"
    for line in head:
        text = line.strip()
        if text and not text.startswith("#"):
            break
        text = text.lstrip("#").strip()
        if text and not text.startswith("yaml-language-server"):
            return text
    return ""
