"""A misfit is something that no single key can know: two parts of an experiment that do not fit each other."""

from __future__ import annotations

from typing import NamedTuple

Path = tuple[str | int, ...]


class Misfit(NamedTuple):
    """Something that does not fit: where, what, and the way out."""

    path: Path
    message: str
    hint: str = ""
    # Whether it is the key that is wrong, and not what it holds.
    at_key: bool = False
