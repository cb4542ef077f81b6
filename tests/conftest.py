"""Shared by all tests: how hard Hypothesis looks, and an environment of no one's own."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# No deadlines: machines are shared, and no test depends on the clock. The gate looks at the same examples each time, so
# that one commit has one answer; new ones are found by looking harder.
settings.register_profile("gate", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("full", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))

# A shell that starts the tests in the background has them ignore Ctrl-C, and every process they start would, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's tracking store, and no colour from the environment."""
    for name in ("MLFLOW_TRACKING_URI", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
