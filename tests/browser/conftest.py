"""One Chromium for all tests here, without a window and without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import Chromium, start


def _found(*names: str) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def _driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    browser, driver = _found("chromium", "chromium-browser"), _found("chromedriver")
    if browser is None or driver is None:
        reason = "there is no Chromium with its driver: install the packages chromium and chromium-driver"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    started = start(browser, driver, tmp_path_factory.mktemp("chromium"))
    yield started
    started.quit()


@pytest.fixture
def chromium(_driver: Any, tmp_path: Path) -> Iterator[Chromium]:
    """A page wide and light, its scripts running, and nothing left of the test before."""
    page = Chromium(_driver, tmp_path)
    page.reset()
    yield page
    page.reset()
