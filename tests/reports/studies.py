"""Small studies that reports are made of, trained in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bprunner.sweeps.declaring import read_sweep
from bprunner.sweeps.executing import execute_sweep
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.study import Study
from tests.conftest import ROOT

DOC = str(ROOT / "configs" / "doc_exact.yaml")
RATE, OPTIMIZER = "training.learning_rate", "training.optimizer"
RATES: dict[str, Any] = {RATE: {"geometric": {"from": 0.01, "to": 2, "count": 9}}}
MIXED: dict[str, Any] = {"grid": {**RATES, OPTIMIZER: ["gradient_descent", "adam"]}}
"""Rates that converge and rates that diverge, and words that vary."""

HOSTILE = (
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=2>",
    "`*_[a](b)_*` $x^2$ \\frac{1}{2}",
    '" onmouseover="window.hacked=3',
    "שלום עולם 🎉 to the left",
    "{{ 7*7 }}{% raw %}",
)


def trained(folder: Path, plan: dict[str, Any], **more: Any) -> Study:
    data = {"name": "s", "baseline": DOC, "set": {"training.epochs": 12}, "sweep": plan, **more}
    declaration = read_sweep(data, allow_outside=True)
    execute_sweep(declaration, StudyFolder(folder), 1)
    return Study(declaration, StudyFolder(folder))


def hostile(folder: Path) -> Study:
    """A study whose title and labels are markup of every kind."""
    labels = {label: {"normal": {"scale": 0.1}, "seed": at} for at, label in enumerate(HOSTILE)}
    return trained(folder, {"grid": {"initial_weights": labels}}, title=" ".join(HOSTILE), source=HOSTILE[0])
