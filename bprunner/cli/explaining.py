"""`bprun explain`: a run as a worked document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from bprunner.cli.codes import ExitCode
from bprunner.cli.terminal import err, out, say, shown_path, tell_problems
from bprunner.documents.telling import Wishes
from bprunner.errors import InputError, Problem, StorageError
from bprunner.spec.reading import read_declaration
from bprunner.sweeps.declaring import declared_sweep


def explain_file(
    file: str,
    changes: Sequence[str],
    wishes: Wishes,
    *,
    formats: Sequence[str],
    folder: str | None,
    allow_outside: bool,
    quiet: bool,
) -> int:
    """Trains what the file declares and writes its document. Says which files there are now."""
    from bprunner.documents.markdown_files import write_files
    from bprunner.runs.explaining import (
        document_folder,
        explain_run,
        files_of_document,
        formats_named,
        run_to_explain,
    )

    try:
        chosen = formats_named(formats, wishes.blank)
        if declared_sweep(file, changes, allow_outside) is not None:
            hint = "explain its baseline, or one run by its values: bprun explain FILE training.learning_rate=0.1"
            raise InputError(Problem(f"{file} declares a sweep, and a document is about one run", hint=hint))
        run = run_to_explain(read_declaration(file, changes, allow_outside), wishes)
        explained = explain_run(run, wishes)
        files = files_of_document(explained, chosen)
    except InputError as error:
        tell_problems(error)
        return ExitCode.INPUT
    target = Path(folder) if folder else document_folder(Path.cwd(), run.name)
    try:
        write_files(target, files)
    except StorageError as error:
        say(str(error))
        return ExitCode.FAILED
    if not quiet:
        documents = [name for name in files if not name.endswith(".svg")]
        for name in documents:
            out().print(Text(shown_path(target / name)), soft_wrap=True)
        pictures = len(files) - len(documents)
        if pictures:
            err().print(f"and {pictures} pictures beside them", style="dim")
    return ExitCode.WELL
