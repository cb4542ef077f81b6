"""Chromium, as tests use it: pages from files, keys, what a page shows, and everything that it asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>a page</title><link rel="icon" href="data:,"></head>
<body style="margin:8px">{body}</body></html>
"""

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-pings",
    "--hide-scrollbars",
    "--window-size=1000,900",
)


def start(browser: str, driver: str, folder: Path) -> Any:
    """A driver of a Chromium with a profile of its own in this folder. Nothing is looked for or loaded."""
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in (*_ARGUMENTS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))


class Chromium:
    """One page at a time."""

    def __init__(self, driver: Any, folder: Path) -> None:
        self.driver, self.folder = driver, folder

    def reset(self) -> None:
        """An empty page, 1000 pixels wide, and logs that have been read."""
        self.driver.get("about:blank")
        self.tell("Emulation.clearDeviceMetricsOverride")
        self.tell("Emulation.setScriptExecutionDisabled", value=False)
        self.driver.get_log("browser")
        self.driver.get_log("performance")

    def tell(self, command: str, **parameters: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.driver.execute_cdp_cmd(command, parameters)
        return found

    def narrow(self, width: int = 360, height: int = 740) -> None:
        """From here on, a telephone."""
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)

    def show(self, body: str) -> None:
        """A page with this in its body."""
        path = self.folder / "page.html"
        path.write_text(PAGE.format(body="{body}").replace("{body}", body), encoding="utf-8")
        self.open(path)

    def open(self, path: Path) -> None:
        self.driver.get(path.as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def complaints(self) -> list[str]:
        """What stands on the console since the page was asked for."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that pages asked for."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]

    def requests_outside(self) -> list[str]:
        """Those that are no files of this machine and nothing that the page itself holds."""
        return [each for each in self.requests() if not each.startswith(("file:", "data:", "about:"))]
