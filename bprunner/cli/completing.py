"""Completion in the shell: files, then what may differ from them, names of studies, and values of options.

What is wrong never reaches the shell: it gets no completions then. What takes time to import is imported where it is
needed, since somebody waits for every key.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

Completions = list[str | tuple[str, str]]
"""Each is a text, or a text and what it means."""

YAML_SUFFIXES = (".yaml", ".yml")
DATA_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".npy", ".npz")
STUDIES, IDENTITY = "studies", "study.json"
FORMATS = ("markdown", "html", "latex", "notebook", "all")
COLUMNS = (
    "run", "final_error", "ratio", "best_error", "reaches_baseline_at", "departs_at", "departure", "fate",
    "diverged_at", "stable_rate", "rate_over_stable",
)  # fmt: skip
"""These are told apart from what they are named after, which is slow to import; a test holds them together."""

Complete = Callable[[Any, str], Completions]


def _quietly(complete: Complete) -> Complete:
    """The same, with nothing where anything is wrong."""

    @wraps(complete)
    def quiet(ctx: Any, incomplete: str) -> Completions:
        try:
            return complete(ctx, incomplete)
        except Exception:
            return []

    return quiet


# Files


@_quietly
def files(ctx: Any, incomplete: str) -> Completions:  # noqa: ARG001
    """Folders and YAML files."""
    return list(_paths(incomplete, YAML_SUFFIXES))


@_quietly
def data_files(ctx: Any, incomplete: str) -> Completions:  # noqa: ARG001
    """Folders and files of data."""
    return list(_paths(incomplete, DATA_SUFFIXES))


@_quietly
def folders(ctx: Any, incomplete: str) -> Completions:  # noqa: ARG001
    """Folders alone."""
    return list(_paths(incomplete, ()))


def _paths(incomplete: str, suffixes: Sequence[str]) -> list[str]:
    """Paths that begin so: folders, and files with these endings."""
    head = Path(incomplete).parent if not incomplete.endswith("/") else Path(incomplete)
    try:
        found = sorted(path for path in head.iterdir() if path.is_dir() or path.suffix in suffixes)
    except OSError:
        return []
    shown = [f"{path}/" if path.is_dir() else str(path) for path in found if not path.name.startswith(".")]
    before = "./" if incomplete.startswith("./") else ""
    return [before + text for text in shown if (before + text).startswith(incomplete)]


# What may differ from a file


@_quietly
def files_and_changes(ctx: Any, incomplete: str) -> Completions:
    """Files, and after the first one also the keys of what it declares, and their values after `=`."""
    found = changes(ctx, incomplete)
    return found if "=" in _cut_off() + incomplete else [*found, *files(ctx, incomplete)]


@_quietly
def changes(ctx: Any, incomplete: str) -> Completions:
    """Keys of what a file declares, and their values after `=`."""
    words = _words_before(ctx)
    return _changes(words, incomplete) if words else []


def _changes(words: Sequence[str], incomplete: str) -> Completions:
    from bprunner.cli.completing_keys import completed

    file = next(word for word in words if "=" not in word)
    before = _cut_off()
    others = [word for word in words if "=" in word]
    found = completed(Path(file), others, before + incomplete)
    return [(text.removeprefix(before), _said(about)) for text, about in found]


def _said(about: str) -> str:
    """What a completion means, in one short line without brackets: Typer takes these for markup, and wraps lines."""
    line = "".join(sign if sign.isprintable() else " " for sign in about).replace("[", "(").replace("]", ")")
    most = max(1, min(70, shutil.get_terminal_size().columns - 1))
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _words_before(ctx: Any) -> list[str]:
    """The words that were given to a command before this one; keys and values in one word."""
    given: list[str] = []
    for name in ("file", "study", "files", "arguments", "changes"):
        value = ctx.params.get(name)
        given += [value] if isinstance(value, str) else list(value or ())
    # Where the value of an option is at the cursor, what is no option is not parted yet.
    given += ctx.args
    before = _cut_off()
    joined: list[str] = []
    for word in given:
        if word == "=" and joined:
            joined[-1] += "="
        elif joined and joined[-1].endswith("=") and "=" not in word:
            joined[-1] += word
        else:
            joined.append(word)
    return joined[:-1] if before and joined and joined[-1].rstrip("=") == before.rstrip("=") else joined


def _cut_off() -> str:
    """What bash takes for words of their own before the one at the cursor: `key=`, since it parts words at `=`."""
    if os.environ.get("_BPRUN_COMPLETE") != "complete_bash":
        return ""
    words = _shell_words(os.environ.get("COMP_WORDS", ""))
    words = words[: int(os.environ.get("COMP_CWORD", "0")) + 1]
    if words and words[-1] == "=":
        return f"{words[-2]}="
    return f"{words[-3]}=" if len(words) > 2 and words[-2] == "=" else ""


def _shell_words(text: str) -> list[str]:
    """A line's words; a quote that is not closed yet ends it."""
    reader = shlex.shlex(text, posix=True)
    reader.whitespace_split, reader.commenters = True, ""
    words: list[str] = []
    try:
        words.extend(reader)
    except ValueError:
        words.append(reader.token)
    return words


# Studies


@_quietly
def studies(ctx: Any, incomplete: str) -> Completions:
    """Names of studies that were run here, and files and folders."""
    return [*_studies(incomplete), *files(ctx, incomplete)]


@_quietly
def study_names(ctx: Any, incomplete: str) -> Completions:  # noqa: ARG001
    """Names of studies that were run here."""
    return list(_studies(incomplete))


def _studies(incomplete: str) -> list[tuple[str, str]]:
    """Each by its name, or by its folder's where several have that name, or a shell would want it in quotes."""
    found: dict[str, list[Path]] = {}
    for identity in sorted(Path(STUDIES).glob(f"*/{IDENTITY}")):
        try:
            name = str(json.loads(identity.read_text(encoding="utf-8"))["name"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found.setdefault(name, []).append(identity.parent)
    named: list[tuple[str, str]] = []
    for name, paths in found.items():
        by_name = len(paths) == 1 and re.fullmatch(r"[\w.+-]+", name)
        named += [(name, _said(str(paths[0])))] if by_name else [(path.name, _said(name)) for path in paths]
    return [each for each in named if each[0].startswith(incomplete)]


@_quietly
def columns(ctx: Any, incomplete: str) -> Completions:
    """The columns of a study's table: what varies in it, and what its runs came to."""
    from bprunner.cli.completing_keys import varying

    words = _words_before(ctx)
    paths = varying(_declaring(words[0])) if words else []
    return _beginning([*paths, *COLUMNS], incomplete)


def _declaring(named: str) -> Path:
    """The file that declares a study: its sweep's own, or that in its folder."""
    path = Path(named)
    if path.is_file():
        return path
    if path.is_dir():
        return path / "sweep.yaml"
    there = next((where for name, where in _studies(named) if name == named), "")
    return (Path(there) if Path(there, IDENTITY).is_file() else Path(STUDIES, named)) / "sweep.yaml"


# Options


@_quietly
def formats(ctx: Any, incomplete: str) -> Completions:  # noqa: ARG001
    """The formats of a document, of which several may be joined by commas."""
    return _after_comma(FORMATS, incomplete)


@_quietly
def languages(ctx: Any, incomplete: str) -> Completions:  # noqa: ARG001
    """The languages that a document can be written in."""
    there = Path(__file__).parent.parent / "documents" / "languages"
    return _beginning(sorted(each.name for each in there.iterdir() if each.is_dir()), incomplete)


@_quietly
def parameters(ctx: Any, incomplete: str) -> Completions:
    """The names of weights and biases, joined by commas."""
    from bprunner.cli.completing_keys import parameter_names

    words = _words_before(ctx)
    return _after_comma(parameter_names(Path(words[0]), words[1:]), incomplete)


@_quietly
def data_columns(ctx: Any, incomplete: str) -> Completions:
    """The columns of the file of data that was named before."""
    from bprunner.starters.csv_looks import columns_of_csv

    data = ctx.params.get("data")
    names = columns_of_csv(Path(data)) if data and not data.endswith((".parquet", ".npy", ".npz")) else []
    return _beginning([name for name in names if name.isprintable()], incomplete)


def _after_comma(names: Iterable[str], incomplete: str) -> Completions:
    """The names that may be the last of a list, each with what stands before it."""
    before, comma, _ = incomplete.rpartition(",")
    taken = before.split(",")
    return _beginning([f"{before}{comma}{name}" for name in names if name not in taken], incomplete)


def _beginning(texts: Iterable[str], incomplete: str) -> Completions:
    return [text for text in dict.fromkeys(texts) if text.startswith(incomplete)]


# The scripts that a shell runs


_BASH = """
%(complete_func)s() {
    local IFS=$'\\n'
    COMPREPLY=( $( env COMP_WORDS="${COMP_WORDS[*]}" \\
                   COMP_CWORD=$COMP_CWORD \\
                   %(autocomplete_var)s=complete_bash $1 2>/dev/null ) )
    # A key goes on after its dot or equals sign, and a folder after its slash.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=./] ]]; then
        compopt -o nospace 2>/dev/null
    fi
    # A file's name gets quotes where it needs them.
    if [[ -e ${COMPREPLY[0]} ]]; then
        compopt -o filenames 2>/dev/null
    fi
    return 0
}

complete -o default -F %(complete_func)s %(prog_name)s
"""

_ZSH = """
#compdef %(prog_name)s

%(complete_func)s() {
    local line text
    local -a open open_told closed closed_told
    for line in "${(@f)$(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _TYPER_COMPLETE_FISH_ACTION=get-args \\
                         %(autocomplete_var)s=complete_fish %(prog_name)s 2>/dev/null)}"; do
        text="${line%%%%$'\\t'*}"
        [[ -z $text ]] && continue
        # A key goes on after its dot or equals sign, and a folder after its slash.
        if [[ $text == *[=./] ]]; then
            open+=("$text"); open_told+=("${line//$'\\t'/  -- }")
        else
            closed+=("$text"); closed_told+=("${line//$'\\t'/  -- }")
        fi
    done
    if (( ! ${#open} && ! ${#closed} )); then
        _files
        return
    fi
    (( ${#open} )) && compadd -l -S '' -d open_told -- "${open[@]}"
    (( ${#closed} )) && compadd -l -d closed_told -- "${closed[@]}"
    return 0
}

compdef %(complete_func)s %(prog_name)s
"""


def use_own_scripts() -> None:
    """Has Typer print and install our scripts for bash and zsh, whose own set a blank after `training.`.

    Where Typer keeps them elsewhere some day, its own scripts do: everything else is as with ours.
    """
    try:
        from typer import _completion_shared as shared

        shared._completion_scripts.update({"bash": _BASH, "zsh": _ZSH})
    except (ImportError, AttributeError):
        return
