"""Checks refuse what MLflow would refuse later, or cut without a word, before anything of it is written."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bprunner.errors import TrackingError
from bprunner.tracking.records import MetricSeries, RunRecord, as_text

if TYPE_CHECKING:
    from bprunner.tracking.studies import ChildRecord, StudyRecord

# MLflow's limits, in characters. It cuts a longer parameter or tag without a word.
LONGEST_KEY, LONGEST_PARAMETER, LONGEST_TAG, LONGEST_EXPERIMENT_TAG, LONGEST_DIGEST = 250, 6000, 8000, 20_000, 36
LONGEST_RUN_NAME = 250
_KEY = re.compile(r"[/\w.\- :]+")
_ID = re.compile(r"[0-9a-f]{32}")


# One run


def check_record(record: RunRecord) -> None:
    """Raises TrackingError for what MLflow would refuse or cut of a run."""
    for key, value in record.parameters.items():
        check_entry("parameter", key, as_text(value), LONGEST_PARAMETER)
    for key, value in record.tags.items():
        check_entry("tag", key, value, LONGEST_TAG)
    for series in record.metrics:
        check_entry("metric", series.key, "", 0)
    if record.dataset is not None and len(record.dataset.digest) > LONGEST_DIGEST:
        raise TrackingError(f"MLflow keeps {LONGEST_DIGEST} characters of a dataset's digest, not more: shorten it.")
    _check_files(record.files)


def check_entry(kind: str, key: str, value: str, longest: int) -> None:
    if len(key) > LONGEST_KEY or not _KEY.fullmatch(key):
        raise TrackingError(
            f"MLflow takes no {kind} named {key[:80]!r}: a name has at most {LONGEST_KEY} letters, digits, "
            "spaces and / _ . - : only."
        )
    if len(value) > longest:
        raise TrackingError(
            f"The {kind} {key!r} has {len(value):,} characters and MLflow would cut it at {longest:,}: "
            "put it into a file, and its hash here."
        )


def _check_files(files: Sequence[Path]) -> None:
    seen: set[str] = set()
    for path in files:
        if not path.exists():
            raise TrackingError(f"There is no file {path} to keep in MLflow.")
        if path.name in seen:
            raise TrackingError(f"Two files named {path.name!r} would overwrite each other in MLflow: rename one.")
        seen.add(path.name)


# A study and its children


def check_parent(study: StudyRecord) -> None:
    """Raises TrackingError for what MLflow would refuse or cut of a study's parent run."""
    check_record(study.parent)
    _check_id_and_name(study.record_id, study.parent.run_name)
    for kind, keys in _keys(study.parent):
        for key in keys:
            _check_key(kind, key)


def check_child(child: ChildRecord) -> None:
    """Raise TrackingError for what MLflow would refuse or cut, since nobody else looks at it on its way to a table."""
    _check_id_and_name(child.record_id, child.run_name)
    for kind, keys in _keys(child):
        for key in keys:
            _check_key(kind, key)
    for key, value in child.parameters.items():
        if len(text := as_text(value)) > LONGEST_PARAMETER:
            check_entry("parameter", key, text, LONGEST_PARAMETER)
    for key, tag in child.tags.items():
        if len(tag) > LONGEST_TAG:
            check_entry("tag", key, tag, LONGEST_TAG)
    if len({series.key for series in child.metrics}) < len(child.metrics):
        raise TrackingError(f"The run {child.run_name!r} has a metric twice: give each series a key of its own.")
    for series in child.metrics:
        _check_steps(series)


def _keys(record: ChildRecord | RunRecord) -> tuple[tuple[str, Iterable[str]], ...]:
    metrics = [series.key for series in record.metrics]
    return ("parameter", record.parameters), ("tag", record.tags), ("metric", metrics)


def _check_id_and_name(record: str, name: str) -> None:
    if not _ID.fullmatch(record):
        raise ValueError(f"a record's id is made by record_id, and {record!r} is not")
    if not 0 < len(name) <= LONGEST_RUN_NAME:
        raise TrackingError(f"MLflow keeps names of 1 to {LONGEST_RUN_NAME} characters, and {name[:80]!r} … is none.")


@lru_cache(maxsize=10_000)
def _check_key(kind: str, key: str) -> None:
    check_entry(kind, key, "", 0)
    plain = posixpath.normpath(key)
    if plain != key or plain == "." or plain.startswith(("..", "/")):
        raise TrackingError(f"MLflow takes no {kind} named {key!r}: it reads / as a folder, and this is no plain path.")


def _check_steps(series: MetricSeries) -> None:
    import numpy as np

    steps = series.steps
    if len(steps) > 1 and not (steps[1:] > steps[:-1]).all() and len(np.unique(steps)) < len(steps):
        raise TrackingError(f"The metric {series.key!r} has a step twice: a step has one value.")
