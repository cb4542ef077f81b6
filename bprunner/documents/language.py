"""Languages: what a document says in words, as templates. A translation is another folder of them.

A folder has `*.j2`, the texts, and `*.yaml`, short words by their keys; a word may have {places} for what varies.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from bprunner.errors import InputError, Problem

_FOLDERS = files("bprunner.documents").joinpath("languages")


def languages() -> tuple[str, ...]:
    """The codes of the languages there are."""
    return tuple(sorted(folder.name for folder in _FOLDERS.iterdir() if folder.joinpath("document.md.j2").is_file()))


class Language:
    """The templates of one language. Raises InputError for a code that there is none of."""

    def __init__(self, code: str) -> None:
        if code not in languages():
            raise InputError(Problem(f"there is no language {code!r}", hint=f"there are {', '.join(languages())}"))
        self.code = code
        self._folder = _FOLDERS.joinpath(code)

    def words(self, name: str) -> Mapping[str, str]:
        """The short words of one file, such as `player` (player.yaml)."""
        return _read_words(self.code, name)

    def text(self, file: str, /, **parts: Any) -> str:
        """A text from its template, such as `document.md`, with its parts in place. A part that is missing is an
        error; parts are put in as they are, so whoever gives them has escaped them."""
        from jinja2 import Environment, FunctionLoader, StrictUndefined

        def load(name: str) -> str:
            return self._folder.joinpath(name).read_text(encoding="utf-8")

        environment = Environment(
            loader=FunctionLoader(load),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
        )
        return environment.get_template(f"{file}.j2").render(**parts)


@cache
def _read_words(code: str, name: str) -> Mapping[str, str]:
    import yaml

    text = _FOLDERS.joinpath(code, f"{name}.yaml").read_text(encoding="utf-8")
    return {str(key): str(value) for key, value in yaml.safe_load(text).items()}
