"""A skeleton is a validated experiment in which some numbers may be others, without validating or hashing it again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bprunner.spec.effective import canonical, canonical_text, hashed_data
from bprunner.spec.experiment import Experiment
from bprunner.spec.leaves import Leaf, Number, Trie, leaf_at, trie_of, with_numbers
from bprunner.spec.reading import Declaration

_MARK = "⟦leaf {}⟧"


@dataclass(frozen=True)
class Skeleton:
    """A validated experiment in which the numbers of `paths`, then the seeds, may be others."""

    experiment: Experiment
    paths: tuple[str, ...]
    seed_paths: tuple[str, ...]
    leaves: tuple[Leaf, ...]
    trie: Trie
    # The text that is hashed is cut at the numbers: what comes before the first is hashed already.
    start: Any
    texts: tuple[str, ...]
    order: tuple[int, ...]

    def cell(self, numbers: Sequence[Number]) -> tuple[Experiment, str]:
        """The experiment with these numbers, and its hash."""
        numbers = [
            int(number) if leaf.is_whole else float(number) for number, leaf in zip(numbers, self.leaves, strict=True)
        ]
        digest = self.start.copy()
        rest = "".join(
            f"{canonical(numbers[position])}{text}" for position, text in zip(self.order, self.texts, strict=True)
        )
        digest.update(rest.encode())
        return with_numbers(self.experiment, self.trie, numbers), digest.hexdigest()


def skeleton_of(declaration: Declaration, paths: Sequence[str], seed_paths: Sequence[str]) -> Skeleton | None:
    """What an experiment has in common with those that have other numbers at these paths; None where one of them is no
    number that can be changed alone."""
    experiment = declaration.experiment
    leaves = [leaf_at(experiment, path.split(".")) for path in (*paths, *seed_paths)]
    found = tuple(leaf for leaf in leaves if leaf is not None)
    if len(found) < len(leaves) or len({leaf.keys for leaf in found}) < len(found):
        return None
    cut = _cut(declaration, (*paths, *seed_paths))
    if cut is None:
        return None
    head, order, texts = cut
    start = hashlib.sha256(head.encode())
    return Skeleton(experiment, tuple(paths), tuple(seed_paths), found, trie_of(found), start, texts, order)


def _cut(declaration: Declaration, paths: Sequence[str]) -> tuple[str, tuple[int, ...], tuple[str, ...]] | None:
    """The text that is hashed, cut at the numbers of these paths: what stands before the first of them, which comes
    where, and what follows each. None where a number cannot be found in it."""
    data = hashed_data(declaration)
    for position, path in enumerate(paths):
        if not _put(data, path.split("."), _MARK.format(position)):
            return None
    pieces = re.split(_MARK.replace("{}", "([0-9]+)"), canonical_text(data))
    order = tuple(int(piece) for piece in pieces[1::2])
    if sorted(order) != list(range(len(paths))):
        return None
    return pieces[0], order, tuple(pieces[2::2])


def _put(data: Any, keys: Sequence[str], text: str) -> bool:
    """Puts a text where something stands; tells whether it does."""
    *parents, last = keys
    for key in parents:
        data = _item(data, key)
    if _item(data, last) is None:
        return False
    data[int(last) if isinstance(data, list) else last] = text
    return True


def _item(data: Any, key: str) -> Any:
    if isinstance(data, list):
        return data[int(key)] if key.isdigit() and int(key) < len(data) else None
    return data.get(key) if isinstance(data, dict) else None
