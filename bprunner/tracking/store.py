"""A store, opened: a quiet MLflow client on the address in use, or one sentence on what is wrong with it.

What MLflow answers late, in many lines or not at all (a folder where the database should be, a file that is no
database, a newer schema) is looked at first. A new SQLite store is built under a temporary name and put in place
when it is complete, so any number of processes may start at once and none sees half a store.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
import sqlite3
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bprunner.collector import without_collecting
from bprunner.errors import TrackingError
from bprunner.tracking.addresses import DATABASE_FILE, Store

if TYPE_CHECKING:
    from mlflow import MlflowClient

WAY_OUT = f"Set MLFLOW_TRACKING_URI to another store, such as sqlite:////a/folder/{DATABASE_FILE}."
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
# MLflow's own patience is four minutes for a refused connection. Two retries bridge a server's hiccup.
_PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
_NOISY_LOGGERS = ("mlflow", "alembic", "sqlalchemy", "sqlalchemy.engine", "huey", "urllib3")


def open_store(store: Store) -> MlflowClient:
    """A client on `store`, which is made first where it is a SQLite file that does not exist yet.

    Raises TrackingError, with one sentence and the way out, where the store cannot be used.
    """
    revision = check_sqlite(store) if store.kind == "sqlite" else None
    with translated(store, "be opened"):
        import_quietly("mlflow.store.tracking.sqlalchemy_store" if store.kind == "sqlite" else "mlflow")
        if store.kind == "sqlite":
            _make_ready(store, revision)
        if store.kind == "server":
            for name, value in _PATIENCE.items():
                os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=store.uri)
        if store.kind in {"server", "other"}:
            client.search_experiments(max_results=1)  # the first that would notice that nobody is there
        return client


def import_quietly(module: str) -> None:
    """Import MLflow, up to the module that will be needed, without a word on the terminal.

    Whoever imports MLflow first owns its loggers: where the program around us did, its settings stand.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if module in sys.modules:
        return
    is_first = "mlflow" not in sys.modules
    # An import makes a million objects that stay: collecting meanwhile takes 0.2 to 0.3 s.
    with warnings.catch_warnings(), without_collecting():
        warnings.simplefilter("ignore")
        importlib.import_module(module)
    if not is_first:
        return
    for name in _NOISY_LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
        logger.setLevel(logging.WARNING)


# --- a SQLite store, before MLflow sees it


def check_sqlite(store: Store) -> str | None:
    """The schema revision of a SQLite store; None where there is no file yet. Raises TrackingError where unusable."""
    path = store.path
    assert path is not None
    try:
        if path.is_dir():
            raise TrackingError(f"The MLflow store {path} is a folder, not a database file. {WAY_OUT}")
        if not path.exists() or path.stat().st_size == 0:
            _check_writable(path)
            return None
        _check_writable(path)
        return _revision(path)
    except sqlite3.Error as error:
        raise TrackingError(_complaint(store, "be read", error)) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise TrackingError(f"The MLflow store {path} cannot be reached ({reason}). {WAY_OUT}") from None


def _check_writable(path: Path) -> None:
    """SQLite writes its journal beside the database, so the folder has to be writable too."""
    existing = next(folder for folder in path.parents if folder.exists())
    if not existing.is_dir():
        raise TrackingError(f"The MLflow store {path} cannot be made: {existing} is not a folder. {WAY_OUT}")
    for needed in (existing, path):
        if needed.exists() and not os.access(needed, os.W_OK):
            raise TrackingError(f"The MLflow store {path} cannot be written: {needed} is read-only. {WAY_OUT}")


def _revision(path: Path) -> str:
    """The schema revision that MLflow keeps in its database.

    Opened for writing, since SQLite may first have to undo what a killed process left half done.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=20)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        known = {"alembic_version", "experiments", "runs"} <= tables
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
    if row is None:
        raise TrackingError(f"{path} is a SQLite database, but not a complete MLflow store. {WAY_OUT}")
    return str(row[0])


def _make_ready(store: Store, revision: str | None) -> None:
    if revision is not None:
        _check_known(store, revision)
    elif store.path is not None and not store.path.exists():
        _build(store, store.path)


def _check_known(store: Store, revision: str) -> None:
    """MLflow calls a newer schema out of date too, and may try to change it: so that is noticed here."""
    import mlflow

    migrations = Path(mlflow.__file__).parent / "store" / "db_migrations" / "versions"
    if migrations.is_dir() and not any(migrations.glob(f"{revision}_*.py")):
        raise TrackingError(
            f"The MLflow store {store.shown} was written by a newer MLflow than {mlflow.__version__} "
            f"(its schema is {revision}). Upgrade MLflow, or set MLFLOW_TRACKING_URI to another store."
        )


def _build(store: Store, path: Path) -> None:
    """Build a complete store beside `path` and put it there, unless another process was first.

    link(2) fails where the name is taken, so no lock is needed and an interrupted start leaves no half store.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-", ignore_cleanup_errors=True) as folder:
        new = Path(folder) / path.name
        _initialise(new, store.artifact_root or path.parent)
        with suppress(FileExistsError):
            _put_in_place(new, path)


def _initialise(path: Path, artifact_root: Path) -> None:
    """MLflow goes through all its schemas, from the first one on, and asks the disk after each of hundreds of changes.

    Nobody needs a store that is not complete, so that it is enough to ask once, at the end: half the time. The other
    half was the garbage collector's.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def hurry(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")

    event.listen(Engine, "connect", hurry)
    try:
        with without_collecting():
            store = SqlAlchemyStore(f"sqlite:///{path}", artifact_root.as_uri())
            store.engine.dispose()
    finally:
        event.remove(Engine, "connect", hurry)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _put_in_place(new: Path, path: Path) -> None:
    try:
        os.link(new, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the copy may still not replace what another process put there
        with path.open("xb") as target:
            target.write(new.read_bytes())


# --- what MLflow says, in one sentence


@contextmanager
def translated(store: Store, doing: str) -> Iterator[None]:
    """Turn whatever goes wrong inside into a TrackingError: "The MLflow store … cannot <doing>: …"."""
    try:
        yield
    except TrackingError:
        raise
    except Exception as error:
        # "from None": the original may quote the address with its password.
        raise TrackingError(_complaint(store, doing, error)) from None


_KNOWN = (
    (r"file is not a database|malformed", "its file is not a SQLite database, or damaged", f"Move it away. {WAY_OUT}"),
    (r"database is locked", "another program keeps it locked", "Try again when that one is done."),
    (r"readonly database|[Pp]ermission denied|Read-only file", "it is read-only", WAY_OUT),
    (r"disk is full|No space left", "the disk is full", "Free some space and run again."),
    (
        r"maintenance mode|MLFLOW_ALLOW_FILE_STORE",
        "it is a folder, where MLflow no longer keeps runs",
        f"Set MLFLOW_TRACKING_URI to a database, such as sqlite:///{DATABASE_FILE}, or unset it.",
    ),
    (
        r"out-of-date database schema",
        "it was written by an older MLflow",
        "Take a copy of it, then run `mlflow db upgrade` with its address.",
    ),
    (
        r"\b40[13]\b|[Uu]nauthorized|Permission denied",
        "the server does not let us in",
        "Check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.",
    ),
    (
        r"Max retries exceeded|[Cc]onnection refused|Failed to establish|timed out|Name or service not known",
        "no server answers there",
        "Start it, or correct MLFLOW_TRACKING_URI, or unset it to record in the working folder.",
    ),
    (r"No module named", "its driver is not installed", "Install the Python package that the address names."),
)


def _complaint(store: Store, doing: str, error: BaseException) -> str:
    said = store.without_secrets(str(error)).strip() or type(error).__name__
    for pattern, reason, way_out in _KNOWN:
        if re.search(pattern, said):
            return f"The MLflow store {store.shown} cannot {doing}: {reason}. {way_out}"
    return f"The MLflow store {store.shown} cannot {doing}: {_first_line(said)}. {WAY_OUT}"


def _first_line(text: str, limit: int = 300) -> str:
    line = text.splitlines()[0].strip().rstrip(".")
    return line if len(line) <= limit else line[:limit] + " …"
