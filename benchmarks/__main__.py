"""`python -m benchmarks` runs every benchmark and prints a Markdown table; `--write` puts it into the README too."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks import recording, solo, startup
from benchmarks.measuring import table, with_report

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- results: written by `python -m benchmarks --write` -->", "<!-- end of results -->"


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 where every bar is passed, 1 where one is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/README.md")
    parser.add_argument("--repetitions", type=int, default=9, metavar="N", help="of each side (default: 9)")
    wishes = parser.parse_args(arguments)
    few = max(2, wishes.repetitions // 3)  # of what takes long
    results = [
        *startup.run_all(wishes.repetitions),
        *solo.run_all(wishes.repetitions),
        *recording.run_all(few),
    ]
    report = f"{circumstances(wishes.repetitions)}\n\n{table(results)}"
    print(report)
    if wishes.write:
        README.write_text(with_report(README.read_text(encoding="utf-8"), report, BEGIN, END), encoding="utf-8")
    return 0 if all(result.passed for result in results) else 1


def circumstances(repetitions: int) -> str:
    """When, on what kind of machine, with which versions, and how often."""
    cores = os.cpu_count()
    versions = f"Python {platform.python_version()}, NumPy {version('numpy')}, MLflow {version('mlflow')}"
    return (
        f"Measured on {time.strftime('%Y-%m-%d')} with {versions}, on {platform.system()}, {cores} "
        f"{'core' if cores == 1 else 'cores'}, {processor()}; {repetitions} repetitions of each side."
    )


def processor() -> str:
    """The processor's model, as far as the system says."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    sys.exit(main())
