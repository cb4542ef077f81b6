"""`bprun new`: the first file of an experiment or a sweep, which runs at once and explains itself."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from bprunner.cli.codes import ExitCode
from bprunner.cli.terminal import out, say, shown_path, tell_problems
from bprunner.data.loading import load_samples
from bprunner.errors import InputError, Place, Problem, StorageError
from bprunner.spec.problems import cut
from bprunner.spec.reading import read_declaration
from bprunner.spec.sweep_reading import read_sweep
from bprunner.starters.schemas import schema_beside
from bprunner.starters.starting import DATA_SUFFIXES, Starter, data_starter, plain_starter, sweep_starter
from bprunner.starters.writing import refuse_taken, write_new

YAML_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class NewFile:
    """What is asked for. `source` is a file of data, `baseline` an experiment; at most one of them is given."""

    named: str
    source: str | None = None
    targets: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    baseline: str | None = None
    allow_outside: bool = False

    @property
    def path(self) -> Path:
        """The file: with the ending of YAML files, unless it has it."""
        path = Path(self.named)
        return path if path.suffix in YAML_SUFFIXES else path.with_name(f"{path.name}.yaml")

    @property
    def name(self) -> str:
        """What the experiment or study is called: as its file, or where that is `sweep.yaml`, as its folder."""
        path = self.path.absolute()
        return path.parent.name if self.baseline and path.stem == "sweep" and path.parent.name else path.stem


def create(wanted: NewFile) -> int:
    """Writes the file, and says what it is and what to do next."""
    try:
        _refuse_wishes(wanted)
        refuse_taken(wanted.path, shown_path(wanted.path))
        schema, extra = schema_beside(wanted.path.parent, Path.cwd(), "sweep" if wanted.baseline else "experiment")
        starter = _starter(wanted, schema)
        write_new({**extra, wanted.path: starter.text}, lambda: _check(wanted))
    except InputError as error:
        tell_problems(error)
        return ExitCode.INPUT
    except StorageError as error:
        say(str(error))
        return ExitCode.FAILED
    except OSError as error:
        # A name that is too long, or a folder that may not be looked into.
        say(f"{cut(str(error.filename))}: {error.strerror}")
        return ExitCode.FAILED
    _tell(wanted, starter, list(extra))
    return ExitCode.WELL


def _refuse_wishes(wanted: NewFile) -> None:
    """Raises InputError for wishes that do not go together, and for a name that can be none of a file."""
    path = Path(wanted.named)
    if wanted.source and wanted.baseline:
        raise _wrong("`--from` and `--sweep` do not go together", "a sweep varies an experiment: write that first")
    if (wanted.targets or wanted.inputs) and not wanted.source:
        raise _wrong("`--target` and `--input` name columns of a file", "name the file, too: --from data.csv")
    if path.suffix in DATA_SUFFIXES:
        hint = f"for example bprun new {shlex.quote(str(path.with_suffix('')))} --from {shlex.quote(wanted.named)}"
        raise _wrong(f"`{wanted.named}` is called like a file of data, and a YAML file is written", hint)
    if not path.name or wanted.named.endswith("/") or path.is_dir():
        raise _wrong(f"`{wanted.named}` is a folder", f"name a file in it: {Path(wanted.named) / 'mine.yaml'}")


def _wrong(message: str, hint: str) -> InputError:
    return InputError(Problem(message, hint=hint))


def _starter(wanted: NewFile, schema: str) -> Starter:
    folder = wanted.path.parent
    if wanted.baseline:
        return sweep_starter(wanted.name, schema, Path(wanted.baseline), folder, wanted.allow_outside)
    if wanted.source:
        source, columns = Path(wanted.source), (wanted.targets, wanted.inputs)
        return data_starter(wanted.name, schema, source, folder, *columns, wanted.allow_outside)
    return plain_starter(wanted.name, schema)


def _check(wanted: NewFile) -> None:
    """Reads what was written as a run would. Raises InputError."""
    try:
        if wanted.baseline:
            read_sweep(wanted.path, allow_outside=wanted.allow_outside)
        else:
            load_samples(read_declaration(wanted.path, (), wanted.allow_outside))
    except InputError as error:
        note = Problem(
            "nothing was written", Place(shown_path(wanted.path)), hint="what stands in its way is told above"
        )
        raise InputError([*error.problems, note]) from None


def _tell(wanted: NewFile, starter: Starter, extra: Sequence[Path]) -> None:
    path = shown_path(wanted.path)
    also = f", and {', '.join(map(shown_path, extra))} for editors" if extra else ""
    out().print(Text(f"wrote {path}{also}"), soft_wrap=True)
    out().print(Text(starter.about), style="dim", soft_wrap=True)
    words = ["bprun", path, *(["--data-anywhere"] if wanted.allow_outside else [])]
    out().print(Text(f"run it: {shlex.join(words)}"), soft_wrap=True)
