"""An address says where a store is: a SQLite file, another database, a folder, or an MLflow server.

Which one is used is decided here, from the working folder and the environment, without touching any of them. The
address that MLflow gets may hold a password; the one that people see never does.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote, urlsplit
from urllib.request import url2pathname

from bprunner.errors import TrackingError

Kind = Literal["sqlite", "database", "server", "folder", "other"]

DATABASE_FILE = "mlflow.db"
ARTIFACT_FOLDER = "mlruns"  # what MLflow itself uses beside a SQLite store
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_DATABASES = {"postgresql", "postgres", "mysql", "mssql", "mssqlserver"}
_UNUSABLE = re.compile(r"\?|%[0-9A-Fa-f]{2}")  # SQLAlchemy reads these as something else
_SECRET = re.compile(r"pass|pwd|secret|token|key|credential|signature", re.IGNORECASE)
_TRAINING = "workflowType=machine_learning"
_OURS = re.compile(r"\]\((artifact|picture|view):([^)\s]*)\)")
_BARE_WORDS = {"databricks", "databricks-uc", "uc"}


@dataclass(frozen=True)
class Store:
    """Where runs are kept. `uri` is for MLflow only and may hold a password; `shown` is for people and does not.

    `path` is the SQLite file or the folder where the store is one; `artifact_root` is where the files of a new
    experiment go, absent where MLflow or its server decides.
    """

    uri: str = field(repr=False)
    shown: str
    kind: Kind
    path: Path | None = None
    artifact_root: Path | None = None

    def without_secrets(self, text: str) -> str:
        """`text` with this store's address and password made harmless: other people's messages quote them."""
        text = text.replace(self.uri, self.shown)
        for secret in () if self.path else _secrets(self.uri):
            text = text.replace(secret, "***")
        return text


def resolve_tracking_uri(working_folder: Path, environ: Mapping[str, str]) -> Store:
    """The store in use: MLFLOW_TRACKING_URI where it is set, else `mlflow.db` in the working folder.

    Relative paths count from the working folder. A plain `mlflow ui` started there finds the default store.
    """
    folder = working_folder.absolute()
    uri = environ.get("MLFLOW_TRACKING_URI", "").strip()
    if not uri:
        return _sqlite("sqlite", folder / DATABASE_FILE)
    if uri in _BARE_WORDS:
        return Store(uri, uri, "other")
    if not _SCHEME.match(uri):
        return _folder(folder / uri)
    return _from_uri(uri, folder)


def _from_uri(uri: str, folder: Path) -> Store:
    scheme = uri.partition(":")[0].lower()
    dialect = scheme.partition("+")[0]
    if dialect == "sqlite":
        return _sqlite_from_uri(uri, folder)
    if scheme == "file":
        return _folder(folder / url2pathname(urlsplit(uri).path))
    if scheme in {"http", "https"}:
        return Store(uri.rstrip("/"), without_password(uri.rstrip("/")), "server")
    if dialect in _DATABASES:
        return Store(uri, without_password(uri), "database", artifact_root=folder / ARTIFACT_FOLDER)
    return Store(uri, without_password(uri), "other")


def _sqlite_from_uri(uri: str, folder: Path) -> Store:
    """Three slashes precede a relative path, four an absolute one; what follows `?` is for the driver."""
    scheme, _, rest = uri.partition(":")
    name, mark, query = rest.removeprefix("///").partition("?")
    if not rest.startswith("///") or name in {"", ":memory:"}:
        raise TrackingError(
            f"MLFLOW_TRACKING_URI={without_password(uri)!r} names no file, so the record would vanish with us. "
            f"Use sqlite:///{DATABASE_FILE}, or unset it."
        )
    return _sqlite(scheme, folder / name, mark + query)


def _sqlite(scheme: str, path: Path, query: str = "") -> Store:
    if _UNUSABLE.search(str(path)):
        raise TrackingError(f"MLflow cannot keep a store under a name with a question mark or a %20 in it: {path}")
    uri = f"{scheme}:///{path}"
    return Store(uri + query, uri, "sqlite", path, path.parent / ARTIFACT_FOLDER)


def _folder(path: Path) -> Store:
    uri = path.absolute().as_uri()
    return Store(uri, uri, "folder", path)


def without_password(uri: str) -> str:
    """`uri` without its user, password, query and fragment: tokens hide in each of them."""
    scheme, mark, rest = uri.partition("://")
    return (scheme + mark + rest.rpartition("@")[2] if mark else uri).partition("?")[0].partition("#")[0]


def _secrets(uri: str) -> list[str]:
    """The texts in `uri` that nobody may see, longest first, as written and as decoded.

    Everything before the last `@` counts as the user's. A password with an unquoted `/`, `?` or `@` is taken apart by
    whoever parses the address, and quoted in pieces: so the pieces are secrets too.
    """
    user, _, password = uri.partition("://")[2].rpartition("@")[0].partition(":")
    pairs = [pair.partition("=") for pair in uri.partition("?")[2].split("&")]
    pieces = [piece for piece in re.split(r"[/?#@:]", password) if len(piece) > 3]
    values = [password or user, *pieces, *(value for key, _, value in pairs if _SECRET.search(key))]
    found = {spelling for value in values if value for spelling in (value, unquote(value))}
    return sorted(found | _as_sent(user, password), key=len, reverse=True)


def _as_sent(user: str, password: str) -> set[str]:
    """What a client makes of a password for the server, which may quote it when it complains. Encodings differ."""
    if not password:
        return set()
    pair = f"{unquote(user)}:{unquote(password)}"
    sent = {pair.encode(encoding, "ignore") for encoding in ("utf-8", "latin-1")}
    return {base64.b64encode(each).decode().rstrip("=") for each in sent}


def page(experiment_id: str | None = None, run_id: str | None = None, view: str = "") -> str:
    """The part of a link behind the server's address: an experiment's charts, one of its views, a run's page, or the
    start.

    Without the type of work, MLflow opens its pages for language models where a browser comes for the first time.
    """
    if experiment_id is None:
        return "/"
    runs = f"/#/experiments/{experiment_id}/runs"
    if run_id:
        return f"{runs}/{run_id}?{_TRAINING}"
    shared = f"viewStateShareKey={quote(view, safe='')}&" if view else ""
    return f"{runs}?{shared}{_TRAINING}&compareRunsMode=CHART"


def addressed(text: str, experiment_id: str, run_id: str) -> str:
    """Markdown whose addresses `artifact:PATH`, `picture:PATH` and `view:KEY` are those of MLflow's pages.

    They count from the page that shows the text, so that they hold wherever the server is.
    """

    def address(found: re.Match[str]) -> str:
        kind, name = found[1], unquote(found[2])
        if kind == "view":
            return f"]({page(experiment_id, view=name).removeprefix('/')})"
        if kind == "artifact":
            return f"](#/experiments/{experiment_id}/runs/{run_id}/artifacts/{quote(name)}?{_TRAINING})"
        return f"](get-artifact?path={quote(name, safe='')}&run_uuid={run_id})"

    return _OURS.sub(address, text)


def link(store: Store, experiment_id: str | None = None, run_id: str | None = None, view: str = "") -> str:
    """Where to look at a run: its page, or a view, on the server in use; or the command that shows the store."""
    if store.kind == "server":
        return store.shown + page(experiment_id, None if view else run_id, view)
    return f"mlflow ui --backend-store-uri '{store.shown}'"


def local_folder(artifact_uri: str) -> Path | None:
    """The folder on this machine, where the files went to one."""
    parts = urlsplit(artifact_uri)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return Path(artifact_uri) if artifact_uri.startswith("/") else None
