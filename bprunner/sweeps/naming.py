"""What runs and paths of a study are called where there is little room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bprunner.spec.expanding import Cell

BASELINE = "baseline"


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """By path, the shortest end of it that no other of these paths has: learning_rate for training.learning_rate.

    Numbers do not stand alone: `layers.0`, not `0`.
    """
    whole = list(dict.fromkeys(paths))
    return {path: _shortest(path, [other for other in whole if other != path]) for path in whole}


def _shortest(path: str, others: list[str]) -> str:
    parts = path.split(".")
    for count in range(1, len(parts)):
        end = parts[-count:]
        if not end[0].isdigit() and all(other.split(".")[-count:] != end for other in others):
            return ".".join(end)
    return path


def run_name(cell: Cell, short: Mapping[str, str]) -> str:
    """`baseline`, or what varies: `learning_rate=0.05, activation=tanh`. Numbers have at most six digits."""
    if cell.number == 0:
        return BASELINE
    return ", ".join(f"{short[path]}={_label(label, cell.values.get(path))}" for path, label in cell.labels.items())


def _label(label: str, value: object) -> str:
    """A number that was computed is as long as a double; one that was written, or has a name, stays as it is."""
    return f"{value:.6g}" if isinstance(value, float) and label == repr(value) else label
