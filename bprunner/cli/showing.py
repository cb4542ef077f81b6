"""`bprun show`, `schema`, `list` and `ui`: looking at what there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bprunner.cli.codes import ExitCode
from bprunner.cli.plain import write_utf8
from bprunner.errors import InputError, Place, Problem, TrackingError


def show_file(file: str, changes: Sequence[str], allow_outside: bool) -> int:
    """Prints the effective configuration as YAML."""
    from bprunner.cli.terminal import tell_problems
    from bprunner.spec.effective import effective_yaml
    from bprunner.spec.reading import read_declaration

    try:
        declaration = read_declaration(file, changes, allow_outside)
    except InputError as error:
        tell_problems(error)
        return ExitCode.INPUT
    write_utf8(effective_yaml(declaration))
    return ExitCode.WELL


def show_schema() -> int:
    """Prints the JSON Schema."""
    from bprunner.spec.json_schema import schema_text

    write_utf8(schema_text())
    return ExitCode.WELL


def list_folder(folder: str) -> int:
    """Prints the experiments of a folder and those below it, with the first sentence of their opening comment."""
    from rich.table import Table
    from rich.text import Text

    from bprunner.cli.terminal import out, tell_problems

    root = Path(folder)
    if not root.is_dir():
        message = "this is a file, not a folder" if root.exists() else "there is no such folder"
        tell_problems(InputError(Problem(message, Place(folder))))
        return ExitCode.INPUT
    found = list(_experiments(root))
    if not found:
        out().print(Text(f"no experiments in {folder}"))
        return ExitCode.WELL
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    for path, purpose in found:
        table.add_row(Text(str(path)), Text(purpose))
    out().print(table)
    return ExitCode.WELL


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


def show_ui(experiment: str | None, port: int | None) -> int:
    """Starts MLflow's pages and prints the link."""
    import os

    from bprunner.cli.terminal import err, out
    from bprunner.tracking.addresses import resolve_tracking_uri
    from bprunner.tracking.ui import serve

    def announce(link: str) -> None:
        out().print(link, soft_wrap=True)
        err().print("Ctrl-C ends it.", style="dim")

    store = resolve_tracking_uri(Path.cwd(), os.environ)
    err().print(f"starting MLflow's pages on {store.shown} …", style="dim", soft_wrap=True, markup=False)
    try:
        return serve(store, experiment, None, port, announce)
    except TrackingError as error:
        err().print(f"bprun: {error}", style="red", soft_wrap=True, markup=False)
        return ExitCode.FAILED
