"""The heavy oracle is collected only where its folder is named."""

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves everything in this folder out of `pytest` and `pytest tests`."""
    named = [(config.invocation_params.dir / argument.split("::")[0]).resolve() for argument in config.args]
    wanted = any(path == HERE or HERE in path.parents for path in named)
    return None if wanted or HERE not in collection_path.resolve().parents else True
