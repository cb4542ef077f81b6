"""Drawing in another process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bprunner.figures import BackgroundDrawing, draw_in_background
from bprunner.figures.svg import svg_bytes
from bprunner.figures.training import training_figure
from tests.figures.series import document_trace, write_parquet

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_the_process_draws_what_the_function_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy.py").write_text("raise ImportError('not this one')")
    write_parquet(document_trace(2), tmp_path / "trace.parquet")
    monkeypatch.chdir(tmp_path)
    drawing = draw_in_background("trace.parquet", "out.svg", "--doc <$1$>", "− ½ ·", diverged_at=None)
    assert drawing.wait() == tmp_path / "out.svg"
    assert drawing.failure == ""
    assert drawing.wait() == tmp_path / "out.svg"
    expected = svg_bytes(training_figure(document_trace(2), "--doc <$1$>", "− ½ ·"))
    assert (tmp_path / "out.svg").read_bytes() == expected


def test_a_home_that_cannot_be_written_makes_no_noise(tmp_path: Path) -> None:
    source, blocked = write_parquet(document_trace(1), tmp_path / "trace.parquet"), tmp_path / "file"
    blocked.write_text("no folder")
    done = subprocess.run(
        [sys.executable, "-m", "bprunner.figures.training", str(source), str(tmp_path / "out.svg")],
        env={"MPLCONFIGDIR": str(blocked / "x"), "HOME": str(blocked), "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (tmp_path / "out.svg").exists()


def test_a_failure_is_told_and_not_raised(tmp_path: Path) -> None:
    drawing = draw_in_background(tmp_path / "none.parquet", tmp_path / "out.svg", "doc\0", "")
    assert drawing.wait() is None
    assert "none.parquet" in drawing.failure
    assert drawing.wait() is None


def test_a_process_that_cannot_start_is_a_failure(tmp_path: Path) -> None:
    drawing = BackgroundDrawing([str(tmp_path / "no-python")], tmp_path / "out.svg")
    assert drawing.wait() is None
    assert "could not be started" in drawing.failure


def test_a_silent_end_is_a_failure(tmp_path: Path) -> None:
    drawing = BackgroundDrawing([sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "out.svg")
    assert drawing.wait() is None
    assert drawing.failure == "the drawing ended with exit code 3"


def test_a_drawing_past_its_deadline_is_ended(tmp_path: Path) -> None:
    drawing = BackgroundDrawing(SLEEP, tmp_path / "out.svg", deadline_seconds=0.0)
    assert drawing.wait() is None
    assert drawing.failure == "the drawing was ended after 0 seconds"


def test_a_drawing_can_be_cancelled(tmp_path: Path) -> None:
    drawing = BackgroundDrawing(SLEEP, tmp_path / "out.svg")
    drawing.cancel()
    drawing.cancel()
    assert drawing.wait() is None
    assert "cancelled" in drawing.failure


def test_asking_for_a_picture_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys; from bprunner.figures import draw_in_background\n"
        f"draw_in_background({str(tmp_path / 'none')!r}, {str(tmp_path / 'out')!r}, '', '').wait()\n"
        "print(sorted({'matplotlib', 'numpy', 'pyarrow', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
