"""Which kind of thing a file declares, known before it is read: an experiment does without all that sweeps need."""

from __future__ import annotations

from bprunner.spec import nodes
from bprunner.spec.nodes import Node


def is_sweep(root: Node) -> bool:
    """Whether a file declares a sweep, and no experiment."""
    if not isinstance(root, nodes.Mapping):
        return False
    return bool({"sweep", "baseline"} & set(root.entries)) and "architecture" not in root.entries


def may_vary(override: str) -> bool:
    """Whether an argument may have several values. Where it has not, it certainly varies nothing."""
    return any(sign in override.partition("=")[2] for sign in "[{\n")
