"""Takes the pictures of pages: MLflow's of a study, and a study's own. Part of `python -m docs.screenshots`.

The study of sixty-one learning rates is run in a temporary folder, and Chromium opens what `bprun ui` and the sweep
give. It needs Chromium with its driver, and the packages of development.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from docs.reading import ROOT
from tests.browser.chromium import start
from tests.browser.mlflow_pages import BPRUN, lines, serving, until, visit

SWEEP = "experiments/learning_rate/sweep.yaml"
RUNS = 62
_COLOURS = 128
_WIDTH, _HEIGHT = 1440, 1080


def take(images: Path) -> None:
    """Writes dashboard.png and report.png. Raises RuntimeError where there is no Chromium."""
    browser, driver = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")
    if browser is None or driver is None:
        raise RuntimeError("there is no Chromium with its driver: install the packages chromium and chromium-driver")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("configs", "experiments"):
            shutil.copytree(ROOT / part, folder / part)
        subprocess.run([BPRUN, SWEEP, "--quiet"], cwd=folder, check=True)
        chromium = start(browser, driver, folder / "chromium")
        try:
            with serving(folder) as link:
                _save(_dashboard(chromium, link), images / "dashboard.png")
            (report,) = (folder / "studies").glob("*/report.html")
            _save(_report(chromium, report), images / "report.png")
        finally:
            chromium.quit()


def _dashboard(chromium: Any, link: str) -> bytes:
    _measure(chromium, _HEIGHT)
    visit(chromium, link)
    until(chromium, lambda: RUNS in map(len, lines(chromium)), "every line of the error is drawn")
    until(chromium, lambda: len(lines(chromium)) > 1, "the second chart is there")
    picture: bytes = chromium.get_screenshot_as_png()
    return picture


def _report(chromium: Any, path: Path) -> bytes:
    _measure(chromium, _HEIGHT)
    chromium.get(path.as_uri())
    until(chromium, lambda: chromium.execute_script("return document.querySelector('canvas') !== null"), "the charts")
    chromium.execute_script("document.querySelectorAll('h2')[1].scrollIntoView()")
    picture: bytes = chromium.get_screenshot_as_png()
    return picture


def _measure(chromium: Any, height: int) -> None:
    sizes = {"width": _WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", sizes)


def _save(picture: bytes, path: Path) -> None:
    """With few colours, a picture of a page is a third as large and looks the same."""
    image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(_COLOURS)
    image.save(path, optimize=True)
