"""MLflow's pages as `bprun ui` serves them, and what is to be read from them in a browser."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver.support.ui import WebDriverWait

BPRUN = str(Path(sys.executable).parent / "bprun")
PATIENCE = 60
"""Seconds until something is given up; nothing is measured by it."""

# MLflow's own: a panel for questions to a language model, which opens by itself where a browser comes first.
_NO_ASSISTANT = """
localStorage.setItem("mlflow.assistant.fab.autoOpenedOnFirstLoad_v1", "true");
localStorage.setItem("mlflow.assistant.panelOpen_v1", "false");
"""
# A line has a second trace, which shows where it would be were it not smoothed: faint, and below.
_LINES = """
const shown = (line) => Number(line.style.strokeOpacity || 1) > 0.5;
const chart = (card) => [...card.querySelectorAll(".scatterlayer .js-line")].filter(shown);
return [...document.querySelectorAll(".js-plotly-plot")].map((card) => chart(card).map((line) => line.style.stroke));
"""


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[str]:
    """`bprun ui` in a folder: the link that it prints. It has ended afterwards."""
    environment = {name: text for name, text in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    program = subprocess.Popen(
        [BPRUN, "ui", "--no-browser", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        link = program.stdout.readline().strip()
        if not link:
            raise RuntimeError(program.communicate()[1])
        yield link
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate()


def visit(driver: Any, link: str) -> None:
    """Opens a page of MLflow's, with its assistant closed."""
    driver.get("about:blank")  # two links of one server differ behind their #, and would be one page
    source = f"if (location.protocol === 'http:') {{{_NO_ASSISTANT}}}"
    added = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    driver.get(link)
    driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def until(driver: Any, condition: Callable[[], Any], what: str) -> Any:
    """What a condition gives once it holds."""
    return WebDriverWait(driver, PATIENCE, 0.2).until(lambda _: condition(), what)


def lines(driver: Any) -> list[list[str]]:
    """Of every chart on the page, the colours of its lines, those that are drawn last at the end."""
    found: list[list[str]] = driver.execute_script(_LINES)
    return found


def texts(driver: Any, selector: str) -> list[str]:
    found: list[str] = driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent)", selector
    )
    return found
