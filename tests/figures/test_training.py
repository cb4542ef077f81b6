"""The picture of a run."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from bprunner.errors import StorageError
from bprunner.figures.columns import ParquetSeries
from bprunner.figures.svg import svg_bytes
from bprunner.figures.training import MANY_LINES, MOST_LINES, main, save_svg, training_figure
from tests.figures.series import Trace, document_trace, write_parquet


def lines(figure: Any) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """What is drawn, by quantity."""
    drawn = [line for axes in figure.axes for line in axes.lines if line.get_gid() not in (None, "leader", "diverged")]
    return {line.get_gid(): (line.get_xdata(), line.get_ydata()) for line in drawn}


def labels(figure: Any) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts if text.get_gid() == "label"]


def svg_texts(content: bytes) -> list[str]:
    return [
        "".join(node.itertext()) for node in ElementTree.fromstring(content).iter("{http://www.w3.org/2000/svg}text")
    ]


def test_what_is_drawn_is_the_trace() -> None:
    trace = document_trace(9)
    drawn = lines(training_figure(trace, "doc", ""))
    assert sorted(drawn) == sorted(["error", *(f"weight.w{k}" for k in range(1, 7))])
    for name, (steps, values) in drawn.items():
        np.testing.assert_array_equal(steps, trace.steps)
        np.testing.assert_array_equal(values, trace[name])


def test_text_stays_text() -> None:
    texts = svg_texts(svg_bytes(training_figure(document_trace(9), "doc", "2–2–1 · learning rate 0.05")))
    assert {"doc", "2–2–1 · learning rate 0.05", "error · log scale", "weights", "step"} <= set(texts)
    assert {f"w{k}" for k in range(1, 7)} | {str(step) for step in range(10)} <= set(texts)


@pytest.mark.parametrize("title", ["$x_1$ ^ <b>&amp;</b>", r"\frac{1}{2} $", "-- 中文 ∂ ½", "_", "a\x00b\nc"])
def test_a_title_is_shown_as_it_is(title: str) -> None:
    content = svg_bytes(training_figure(document_trace(1), title, title))
    shown = title.replace("\x00", " ").replace("\n", " ")
    assert svg_texts(content).count(shown) == 2
    assert ElementTree.fromstring(content).findtext("{http://www.w3.org/2000/svg}title") == shown


def test_a_quantity_may_have_any_name() -> None:
    trace = Trace([0, 1], {"weight.$a_1$<&": [1, 2], "bias.h1.1": [0, 0]})
    assert {"$a_1$<&", "h1.1"} <= set(svg_texts(svg_bytes(training_figure(trace, "", ""))))


def test_same_run_same_bytes(tmp_path: Path) -> None:
    first, second = (
        save_svg(training_figure(document_trace(50), "doc", "s"), tmp_path / name).read_bytes() for name in "ab"
    )
    assert first == second
    assert b"<dc:date>" not in first


def test_the_users_settings_neither_matter_nor_change() -> None:
    plain = svg_bytes(training_figure(document_trace(3), "doc", ""))
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30, "lines.linewidth": 9, "svg.fonttype": "path"}):
        before = dict(mpl.rcParams)
        assert svg_bytes(training_figure(document_trace(3), "doc", "")) == plain
        assert dict(mpl.rcParams) == before


def test_saving_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "training.svg"
    target.write_text("old")
    assert save_svg(training_figure(document_trace(1), "doc", ""), target) == target
    assert target.read_bytes().startswith(b"<?xml")
    assert list(tmp_path.iterdir()) == [target]
    target.unlink()
    target.mkdir()
    with pytest.raises(OSError, match=r"training\.svg"):
        save_svg(training_figure(document_trace(1), "doc", ""), target)
    assert list(tmp_path.iterdir()) == [target]


def test_a_long_run_is_thinned_and_keeps_its_ends_and_extremes() -> None:
    count = 60_000
    weights = np.random.default_rng(0).normal(size=count)
    trace = Trace(range(count), {"error": np.linspace(2, 1, count), "weight.w1": weights})
    steps, values = lines(training_figure(trace, "", ""))["weight.w1"]
    assert len(steps) < 1500
    assert (steps[0], steps[-1]) == (0, count - 1)
    assert (values.min(), values.max()) == (weights.min(), weights.max())
    np.testing.assert_array_equal(values, weights[steps.astype(np.int64)])


def test_a_rough_error_gets_its_median() -> None:
    errors = np.random.default_rng(0).gamma(2.0, size=20_000)
    drawn = lines(training_figure(Trace(range(20_000), {"error": errors}), "", ""))
    assert sorted(drawn) == ["error", "error.median"]
    assert abs(drawn["error.median"][1] - np.median(errors)).max() < 1


def test_a_diverged_run_ends_its_lines_and_says_so() -> None:
    trace = document_trace(3000, learning_rate=0.6)
    last = int(trace.steps[-1])
    figure = training_figure(trace, "", "", diverged_at=last)
    assert not np.isfinite(trace["error"][-1])
    assert lines(figure)["error"][0][-1] == last - 1
    assert all(np.isfinite(values).all() for _, values in lines(figure).values())
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "symlog"]
    marks = [
        int(np.asarray(line.get_xdata())[0])
        for axes in figure.axes
        for line in axes.lines
        if line.get_gid() == "diverged"
    ]
    assert marks == [last, last]
    assert f"diverged at step {last}" in svg_texts(svg_bytes(figure))


def test_nothing_finite_at_all() -> None:
    trace = Trace([0, 1], {"error": [np.nan, np.nan], "weight.w1": [np.inf, np.nan]})
    figure = training_figure(trace, "", "", diverged_at=0)
    assert labels(figure) == []
    assert "diverged at step 0" in svg_texts(svg_bytes(figure))


def test_a_zero_error_on_a_log_axis_leaves_at_the_bottom() -> None:
    trace = Trace(range(8), {"error": [1, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 0, 0]})
    figure = training_figure(trace, "", "")
    assert figure.axes[0].get_yscale() == "log"
    assert labels(figure) == ["0"]
    svg_bytes(figure)


def test_a_run_without_updates() -> None:
    figure = training_figure(document_trace(0), "", "")
    assert all(len(steps) == 1 for steps, _ in lines(figure).values())
    assert [text.get_text() for text in figure.axes[-1].get_xticklabels()] == ["0"]
    assert all(line.get_marker() == "o" for axes in figure.axes for line in axes.lines if line.get_gid() != "leader")
    svg_bytes(figure)


def test_markers_for_short_runs_only() -> None:
    for updates, marker in ((20, "o"), (21, "None")):
        assert training_figure(document_trace(updates), "", "").axes[0].lines[0].get_marker() == marker


def test_few_lines_have_names_and_many_do_not() -> None:
    few = Trace([0, 1], {f"weight.w{k}": [k, k] for k in range(MANY_LINES)})
    assert labels(training_figure(few, "", "")) == [f"w{k}" for k in range(MANY_LINES)]
    many = Trace([0, 1], {f"weight.w{k}": [k, k] for k in range(MANY_LINES + 1)})
    assert labels(training_figure(many, "", "")) == []
    both = Trace([0, 1], {**{f"weight.w{k}": [k, k] for k in range(30)}, "bias.b1": [0, 1]})
    assert labels(training_figure(both, "", "")) == ["weights", "biases"]
    assert training_figure(both, "", "").axes[0].get_title(loc="left") == "30 weights and 1 bias"


def test_of_very_many_lines_an_even_choice_is_drawn() -> None:
    figure = training_figure(Trace([0, 1], {f"weight.w{k}": [k, k] for k in range(2410)}), "", "")
    drawn = lines(figure)
    assert len(drawn) == MOST_LINES
    assert {"weight.w0", "weight.w2409"} <= set(drawn)
    assert figure.axes[0].get_title(loc="left") == "2,410 weights, 200 of them drawn"


def test_labels_do_not_overlap() -> None:
    figure = training_figure(Trace([0, 1], {f"weight.w{k}": [0.5, 0.5] for k in range(MANY_LINES)}), "", "")
    heights = sorted(text.get_position()[1] for text in figure.axes[0].texts)
    height_in_points = figure.axes[0].get_position().height * figure.get_size_inches()[1] * 72
    assert min(np.diff(heights)) * height_in_points > 9


def test_a_trace_without_error_or_parameters() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        training_figure(Trace([0], {"prediction.o1": [1]}), "", "")


@settings(max_examples=25, deadline=None)
@example(np.array([[1e308, 1e308], [1.0, 1e308], [1e308, 1e308]]))
@example(np.full((3, 12), np.inf))
@example(np.full((3, 2), 5e-324))
@given(arrays(np.float64, st.tuples(st.just(3), st.integers(1, 30)), elements=st.floats()))
def test_anything_can_be_drawn(values: NDArray[np.float64]) -> None:
    trace = Trace(range(values.shape[1]), {"error": np.abs(values[0]), "weight.w1": values[1], "bias.b1": values[2]})
    svg_bytes(training_figure(trace, "", ""))


def test_main_draws_a_file(tmp_path: Path) -> None:
    trace = document_trace(2)
    out = tmp_path / "out.svg"
    source = write_parquet(trace, tmp_path / "trace.parquet")
    assert main([str(source), str(out), "--title", "doc", "--subtitle", "s", "--diverged-at", "2"]) == 0
    assert out.read_bytes() == svg_bytes(training_figure(trace, "doc", "s", 2))


def test_a_file_in_parts_and_with_gaps(tmp_path: Path) -> None:
    table = pa.table({"step": pa.array([0, 1, 2, 3]), "error": pa.array([2.0, 1.0, None, 0.5]), "note": ["a"] * 4})
    pq.write_table(table, tmp_path / "trace.parquet", row_group_size=2)
    with ParquetSeries(tmp_path / "trace.parquet") as trace:
        assert trace.names == ("error",)
        assert trace.steps.tolist() == [0, 1, 2, 3]
        np.testing.assert_array_equal(trace["error"], [2.0, 1.0, np.nan, 0.5])


def test_a_file_without_steps_is_no_trace(tmp_path: Path) -> None:
    pq.write_table(pa.table({"error": [1.0]}), tmp_path / "trace.parquet")
    with pytest.raises(StorageError, match="no column `step`"):
        ParquetSeries(tmp_path / "trace.parquet")


def test_drawing_a_file_does_not_import_pandas(tmp_path: Path) -> None:
    source = write_parquet(document_trace(2), tmp_path / "trace.parquet")
    program = (
        "import sys; from bprunner.figures.training import main\n"
        f"print(main([{str(source)!r}, {str(tmp_path / 'out.svg')!r}]), 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False"]


def test_main_says_what_went_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.parquet"), str(tmp_path / "out.svg")]) == 1
    assert "none.parquet" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
