"""Bulk writing puts many finished runs into a store's database at once, through MLflow's own table models.

MLflow's calls write row by row: ten times slower. So where this process has opened the database itself, and its tables
are the ones known here, the rows are inserted directly, as MLflow's calls would leave them. A run comes whole with its
transaction or not at all, and a run that is there already stays as it is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any, TypeVar

from bprunner.errors import TrackingError
from bprunner.tracking.addresses import Store
from bprunner.tracking.records import MetricSeries
from bprunner.tracking.store import WAY_OUT

if TYPE_CHECKING:
    from mlflow import MlflowClient

    Engine = Any
    Row = tuple[Any, ...]

Result = TypeVar("Result")

# Larger transactions are a little faster; smaller ones let others in sooner and need less memory.
RUNS_A_TRANSACTION, ROWS_A_TRANSACTION, ROWS_A_CALL = 500, 100_000, 10_000
PATIENCE = 120.0  # seconds for a store that somebody else keeps locked
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_BUSY_MILLISECONDS = 5000  # how long SQLite itself tries before it says that it is locked
_CACHE_KIB = 65_536  # as much as a transaction changes, so that SQLite need not write before its end
_BUSY = re.compile(
    r"database (table )?is locked|keeps it locked|database is busy|deadlock|could not serialize|lock wait timeout",
    re.IGNORECASE,
)

# The columns that are filled here, the primary key's first and in its order. Rows are then inserted in that order.
TABLES: Mapping[str, tuple[str, ...]] = {
    "runs": (
        *("run_uuid", "name", "source_type", "source_name", "entry_point_name", "user_id", "status", "start_time"),
        *("end_time", "deleted_time", "source_version", "lifecycle_stage", "artifact_uri", "experiment_id"),
    ),
    "tags": ("key", "run_uuid", "value"),
    "params": ("key", "run_uuid", "value"),
    "metrics": ("key", "timestamp", "step", "run_uuid", "value", "is_nan"),
    "latest_metrics": ("key", "run_uuid", "value", "timestamp", "step", "is_nan"),
}
PRIMARY_KEYS: Mapping[str, int] = {"runs": 1, "tags": 2, "params": 2, "metrics": 6, "latest_metrics": 2}
# Tables of a run that `log_batch` leaves alone. A further one might want a row for each run.
UNTOUCHED = frozenset({"issues", "logged_model_metrics"})


@dataclass(frozen=True)
class NewRun:
    """A run as the tables hold it. `ended` is absent while it is RUNNING; times are milliseconds since 1970.

    The metrics' values are finite, each key occurs once, and the steps of a series are all different.
    """

    run_id: str
    name: str
    user: str
    status: str
    started: int
    ended: int | None
    artifact_uri: str
    tags: Mapping[str, str]
    parameters: Mapping[str, str]
    metrics: Sequence[MetricSeries] = ()

    @property
    def rows(self) -> int:
        """How many metric values it has."""
        return sum(len(series.steps) for series in self.metrics)


@dataclass(frozen=True)
class Inserted:
    """The ids of the runs that were written, of those that were there, and how many metric values were written."""

    new: frozenset[str]
    there: frozenset[str]
    rows: int


# --- whether the tables may be written


def database_of(client: MlflowClient, store: Store) -> Database | str:
    """The database behind `client`, or the reason why its tables are not written directly."""
    if store.kind not in {"sqlite", "database"}:
        return "the store is no database that this process opens"
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    behind = getattr(getattr(client, "_tracking_client", None), "store", None)
    if not isinstance(behind, SqlAlchemyStore) or getattr(behind, "engine", None) is None:
        return "this MLflow does not show its database"
    strange = unknown_schema()
    return strange if strange else Database(store, behind.engine)


def unknown_schema() -> str | None:
    """What is not as known in MLflow's table models, in a few words; None where all is."""
    try:
        from mlflow.store.tracking.dbmodels.models import Base

        tables = Base.metadata.tables
        for name, columns in TABLES.items():
            found = {column.name: column for column in tables[name].columns}
            key = [column.name for column in tables[name].primary_key.columns]
            if set(found) != set(columns):
                return f"MLflow's table {name} has other columns: {', '.join(sorted(set(found) ^ set(columns)))}"
            if sorted(key) != sorted(columns[: PRIMARY_KEYS[name]]):
                return f"MLflow's table {name} has another primary key: {', '.join(key)}"
    except (ImportError, AttributeError, KeyError) as error:
        return f"MLflow has other table models ({error})"
    of_runs = {table.name for table in tables.values() for key in table.foreign_keys if _of_runs(key)}
    new = of_runs - TABLES.keys() - UNTOUCHED
    return f"MLflow has new tables of a run: {', '.join(sorted(new))}" if new else None


def _of_runs(foreign_key: Any) -> bool:
    return str(foreign_key.target_fullname).rpartition(".")[0].rpartition(".")[2] == "runs"


# --- patience


def is_busy(error: BaseException) -> bool:
    """Whether a store is only locked by somebody else."""
    return bool(_BUSY.search(str(error)))


def patiently(work: Callable[[], Result], patience: float | None = None) -> Result:
    """Do `work`, again and again while the store says that it is locked, for `patience` seconds (default: PATIENCE).

    The last error is raised as it came. Work that is done in part has to undo itself.
    """
    deadline = time.monotonic() + (PATIENCE if patience is None else patience)
    pause = _FIRST_PAUSE
    while True:
        try:
            return work()
        except Exception as error:
            if not is_busy(error) or time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


# --- writing


class Database:
    """The database of a store, its tables known."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine

    def insert(self, experiment_id: str, runs: Sequence[NewRun]) -> Inserted:
        """Write runs into an experiment, all in one transaction; a run whose id is there already is left alone.

        Raises TrackingError where the store's file is gone, and whatever SQLAlchemy raises.
        """
        prepared = _Prepared(experiment_id, runs) if sum(run.rows for run in runs) <= ROWS_A_TRANSACTION else None

        def once() -> Inserted:
            with self._transaction() as connection:
                there = _there(connection, [run.run_id for run in runs])
                new = [run for run in runs if run.run_id not in there]
                rows = prepared if prepared and not there else _Prepared(experiment_id, new, streamed=not prepared)
                rows.insert(connection)
                return Inserted(frozenset(run.run_id for run in new), frozenset(there), sum(run.rows for run in new))

        return patiently(lambda: self._again_where_another_was_first(once))

    def _again_where_another_was_first(self, once: Callable[[], Inserted]) -> Inserted:
        """Without SQLite's lock, another process may write the same run between our look and our insert."""
        from sqlalchemy.exc import IntegrityError

        try:
            return once()
        except IntegrityError:
            return once()

    def runs_with(self, key: str, value: str, name: str) -> list[tuple[str, str, str, str]]:
        """The runs whose tag `key` is `value`: the value of their tag `name`, their id, status and lifecycle stage."""
        from mlflow.store.tracking.dbmodels.models import SqlRun, SqlTag
        from sqlalchemy import select
        from sqlalchemy.orm import aliased

        of_study, of_record = aliased(SqlTag), aliased(SqlTag)
        wanted = (
            select(of_record.value, SqlRun.run_uuid, SqlRun.status, SqlRun.lifecycle_stage)
            .join(of_study, of_study.run_uuid == SqlRun.run_uuid)
            .join(of_record, of_record.run_uuid == SqlRun.run_uuid)
            .where(of_study.key == key, of_study.value == value, of_record.key == name)
        )

        def once() -> list[tuple[str, str, str, str]]:
            self._check_there()
            with self._engine.connect() as connection:
                return [tuple(row) for row in connection.execute(wanted)]

        return patiently(once)

    def _transaction(self) -> Any:
        from contextlib import contextmanager

        @contextmanager
        def begun() -> Iterator[Any]:
            self._check_there()
            with self._engine.begin() as connection:
                if self._store.kind == "sqlite":
                    connection.exec_driver_sql(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
                    connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
                    # Whoever reads first and writes later may find another in between, and cannot wait for it.
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection

        return begun()

    def _check_there(self) -> None:
        """SQLite would quietly begin an empty file where its own was taken away."""
        path = self._store.path
        if path is not None and not path.exists():
            raise TrackingError(f"The MLflow store {self._store.shown} cannot be written: its file is gone. {WAY_OUT}")


def _there(connection: Any, ids: Sequence[str]) -> set[str]:
    from mlflow.store.tracking.dbmodels.models import SqlRun
    from sqlalchemy import select

    return set(connection.execute(select(SqlRun.run_uuid).where(SqlRun.run_uuid.in_(ids))).scalars())


class _Prepared:
    """The rows of some runs by table: as sorted lists, or, where they would be too many, made while they are written.

    Sorted by the primary key, rows that stand beside each other in the index come one after the other.
    """

    def __init__(self, experiment_id: str, runs: Sequence[NewRun], streamed: bool = False) -> None:
        self._rows: dict[str, Iterable[Row]] = {
            "runs": [_run_row(run, int(experiment_id)) for run in runs],
            "tags": sorted((key, run.run_id, value) for run in runs for key, value in run.tags.items()),
            "params": sorted((key, run.run_id, value) for run in runs for key, value in run.parameters.items()),
            "metrics": _metric_rows(runs) if streamed else sorted(_metric_rows(runs)),
            "latest_metrics": sorted(row for run in runs for row in _latest_rows(run)),
        }

    def insert(self, connection: Any) -> None:
        for name, rows in self._rows.items():
            left = iter(rows)
            while some := list(islice(left, ROWS_A_CALL)):
                _insert_rows(connection, name, some)


def _insert_rows(connection: Any, name: str, rows: list[Row]) -> None:
    from mlflow.store.tracking.dbmodels.models import Base
    from sqlalchemy import insert

    table, columns = Base.metadata.tables[name], TABLES[name]
    if _takes_tuples(connection):
        quote = connection.dialect.identifier_preparer.quote
        names, places = ", ".join(quote(column) for column in columns), ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {quote(table.name)} ({names}) VALUES ({places})", rows)
    else:
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])


def _takes_tuples(connection: Any) -> bool:
    """To SQLite, rows go as they are: what SQLAlchemy does to each costs more than what SQLite does."""
    return bool(connection.dialect.name == "sqlite")


def _run_row(run: NewRun, experiment_id: int) -> Row:
    return (
        *(run.run_id, run.name, "UNKNOWN", "", "", run.user, run.status, run.started),
        *(run.ended, None, "", "active", run.artifact_uri, experiment_id),
    )


def _metric_rows(runs: Sequence[NewRun]) -> Iterator[Row]:
    return chain.from_iterable(
        zip(
            repeat(series.key),
            (series.steps + run.started).tolist(),
            series.steps.tolist(),
            repeat(run.run_id),
            series.values.tolist(),
            repeat(False),
        )
        for run in runs
        for series in sorted(run.metrics, key=lambda series: series.key)
    )


def _latest_rows(run: NewRun) -> Iterator[Row]:
    """The value at the largest step, which with these timestamps is also the latest."""
    for series in run.metrics:
        if len(series.steps):
            place = int(series.steps.argmax())
            step = int(series.steps[place])
            yield series.key, run.run_id, float(series.values[place]), run.started + step, step, False
