"""What a study leaves behind, but for times and what is its own: two that came to the same have the same footprint."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from bprunner.runs.study_files import read_study

Rows = list[tuple[Any, ...]]
_ID = re.compile(r"\b[0-9a-f]{32}\b")
_OWN_TAGS = ("bprunner.study", "bprunner.record", "bprunner.baseline_run", "mlflow.parentRunId")


def study_in(here: Path) -> Path:
    """The folder of the one study there."""
    (folder,) = (here / "studies").iterdir()
    return folder


def footprint(here: Path, with_store: bool = True) -> dict[str, Any]:
    """Of the one study of a working folder: its files, the bits of its series, and what MLflow has of it."""
    folder = study_in(here)
    steps = read_study(folder).steps.frame()
    found: dict[str, Any] = {
        "table": (folder / "table.csv").read_text() if with_store else "",
        "series": {name: steps[name].to_numpy().view(np.int64).tolist() for name in steps.columns},
        "pages": {path.name: path.read_text() for path in (*folder.glob("README.md"), *folder.rglob("*.svg"))},
        "left over": [path.name for path in folder.iterdir() if "partial" in path.name],
    }
    return {**found, **store_content(here / "mlflow.db"), "artifacts": artifacts(here)} if with_store else found


def artifacts(here: Path) -> list[str]:
    """The files that MLflow keeps, but for blocks, whose number depends on what happened."""
    files = (path for path in (here / "mlruns").rglob("*") if path.is_file() and not path.name.startswith("block-"))
    return sorted(str(path.relative_to(here).as_posix()).split("/", 4)[-1] for path in files)


def store_content(path: Path) -> dict[str, Rows]:
    """Every table of a store that says something of runs; a run goes by its cell."""
    with closing(sqlite3.connect(path)) as store:

        def rows(query: str) -> Rows:
            return store.execute(query).fetchall()

        cells: dict[str, str] = dict(rows("select run_uuid, value from tags where key = 'bprunner.cell'"))
        names = {run: cells.get(run, "parent") for (run,) in rows("select run_uuid from runs")}
        tables = {
            "runs": "run_uuid, name, status, lifecycle_stage",
            "tags": "run_uuid, key, value",
            "params": "run_uuid, key, value",
            "metrics": "run_uuid, key, step, value, is_nan",
            "latest_metrics": "run_uuid, key, step, value, is_nan",
        }
        found = {
            table: sorted((names[run], *rest) for run, *rest in rows(f"select {columns} from {table}"))
            for table, columns in tables.items()
        }
        # Descriptions lead to the run's own files and views.
        found["tags"] = [(*row[:2], _ID.sub("ID", str(row[2]))) for row in found["tags"] if row[1] not in _OWN_TAGS]
        found["datasets"] = sorted(rows("select name, digest, dataset_source_type, dataset_source from datasets"))
        found["inputs"] = rows("select count(*) from inputs")
        found["experiments"] = sorted(rows("select name from experiments"))
    return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What is not the same, in a few words each; none where all is."""
    told = []
    for key in one.keys() | other.keys():
        mine, theirs = one.get(key), other.get(key)
        if mine == theirs:
            continue
        if isinstance(mine, list) and isinstance(theirs, list):
            only = [list(set(a) - set(b))[:5] for a, b in ((mine, theirs), (theirs, mine))]
            told.append(f"{key}: {len(mine)} and {len(theirs)} rows; only here {only[0]}; only there {only[1]}")
        elif isinstance(mine, dict) and isinstance(theirs, dict):
            told.append(
                f"{key}: {[name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)]}"
            )
        else:
            told.append(key)
    return told


def processes_in(here: Path, patience: float = 30.0) -> list[int]:
    """The processes that still work in a folder after a while; none as soon as there are none."""
    end = time.monotonic() + patience
    while found := [number for number in _processes() if _works_in(number, here)]:
        if time.monotonic() > end:
            break
        time.sleep(0.01)
    return found


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and int(path.name) != os.getpid()]


def _works_in(number: int, here: Path) -> bool:
    try:
        return Path(f"/proc/{number}/cwd").readlink() == here.resolve()
    except OSError:  # it has ended, or is another's
        return False
