"""The pictures of a study: which are chosen, and what holds for all of them."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex

from bprunner.figures.png import png_bytes
from bprunner.figures.studies import Picture, StudyData, draw, pictures_of
from bprunner.figures.study_fates import FATES
from bprunner.figures.study_picture import stem
from bprunner.figures.study_sheet import BASELINE_COLOUR, BASELINE_WIDTH
from bprunner.figures.svg import svg_bytes
from bprunner.sweeps.declaring import read_sweep
from bprunner.sweeps.executing import execute_sweep
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.study import Study
from tests.conftest import ROOT
from tests.figures.made_studies import (
    FIRST,
    RATE,
    SECOND,
    MadeAxis,
    MadeSteps,
    MadeStudy,
    grid,
    labels,
    rates,
    study,
    table_of,
)
from tests.figures.pictures import svg_texts

LINES, PATH, FATE, MAP = "error_over_steps", "weight_path", "fates", "final_error_map"
HOSTILE = ["$x_1$ <b>&amp;</b>", r"\frac{1}{2} $", "中文 ∂ ½", "_", "a\x00b\nc", "a `code` | *b*", "x" * 300]


def seeds(count: int) -> MadeStudy:
    return study([MadeAxis("repeat", "seed")], [{"repeat": None}, *({"repeat": seed} for seed in range(count))])


def sampled(count: int) -> MadeStudy:
    rng = np.random.default_rng(0)
    rows = [{RATE: 0.05, FIRST: 0.21, SECOND: 0.23}]
    rows += [{RATE: rng.uniform(0.01, 0.5), FIRST: rng.normal(), SECOND: rng.normal()} for _ in range(count)]
    return study([MadeAxis(RATE, "number", True), MadeAxis(FIRST), MadeAxis(SECOND)], rows)


def repeated_rates() -> MadeStudy:
    rows = [{RATE: 0.05, "repeat": None}]
    rows += [{RATE: rate, "repeat": seed} for rate in (0.01, 0.05, 0.2) for seed in range(4)]
    return study([MadeAxis(RATE), MadeAxis("repeat", "seed")], rows)


MADE: dict[str, Callable[[], MadeStudy]] = {
    "one run": lambda: rates(1),
    "rates": lambda: rates(25),
    "rates and weights": lambda: grid([0.01, 0.05, 0.2, 1.0], [-1.0, 0.0, 0.21, 1.0]),
    "rates and activations": lambda: grid([0.01, 0.05, 0.2], ["tanh", "relu"], "architecture.activation", "label"),
    "labels": lambda: labels(["a", "b", "c"], 1),
    "labels and seeds": lambda: labels(["zeros", "small", "large"], 12),
    "seeds": lambda: seeds(15),
    "rates and seeds": repeated_rates,
    "drawn at random": lambda: sampled(80),
    "a baseline that diverged": lambda: study([MadeAxis(RATE)], [{RATE: 2.0}, {RATE: 0.1}, {RATE: 0.2}, {RATE: 3.0}]),
    "all diverged": lambda: study([MadeAxis(RATE)], [{RATE: 2.0}, {RATE: 3.0}, {RATE: 4.0}]),
    "hostile labels": lambda: labels(HOSTILE, 4, "architecture.$<_`.activation"),
    "booleans": lambda: labels([True, False], 6, "training.optimizer.adam.bias_correction"),
    "many labels": lambda: labels([f"label {k}" for k in range(40)], 2),
    "the baseline alone": lambda: study([MadeAxis(RATE)], [{RATE: 0.05}]),
    "nothing varies": lambda: study([], [{}, {}]),
}


@pytest.fixture(params=MADE)
def made(request: pytest.FixtureRequest) -> MadeStudy:
    return MADE[request.param]()


# Which


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("one run", [LINES, "final_error_over_learning_rate", FATE, PATH]),
        ("rates", [LINES, "final_error_over_learning_rate", FATE, PATH]),
        ("rates and weights", [LINES, "final_error_over_learning_rate", MAP, FATE, PATH]),
        ("rates and activations", [LINES, "final_error_over_learning_rate", MAP, FATE, PATH]),
        ("labels", [LINES, "final_error_by_initial_weights", FATE, PATH]),
        ("labels and seeds", [LINES, "final_error_by_initial_weights", FATE, PATH]),
        ("seeds", [LINES, "final_error_by_seed", FATE, PATH]),
        ("rates and seeds", [LINES, "final_error_over_learning_rate", FATE, PATH]),
        ("drawn at random", [LINES, "final_error_over_learning_rate", "final_error_over_w6", MAP, FATE, PATH]),
        ("all diverged", [LINES, FATE, PATH]),
        ("the baseline alone", [LINES, PATH]),
        ("nothing varies", [LINES, PATH]),
    ],
)
def test_pictures_are_chosen_by_what_varies(name: str, chosen: list[str]) -> None:
    assert [picture.name for picture in pictures_of(MADE[name]())] == chosen


def test_a_study_without_series_still_has_pictures_of_its_table() -> None:
    study_ = rates()
    study_.steps = MadeSteps({})
    assert [picture.name for picture in pictures_of(study_)] == ["final_error_over_learning_rate", FATE]


# What holds for all


def baselines(picture: Picture) -> list[Any]:
    return [
        artist for axes in picture.figure().axes for artist in axes.get_children() if artist.get_gid() == "baseline"
    ]


def test_the_baseline_always_looks_the_same_and_is_in_front(made: MadeStudy) -> None:
    for picture in pictures_of(made):
        found = baselines(picture)
        assert found, picture.name
        for artist in found:
            others = [each for each in artist.axes.get_children() if each.get_gid() not in ("baseline", None)]
            data = [each for each in others if str(each.get_gid()).startswith(("run.", "fate.", "cell.", "stroke."))]
            if artist.axes is picture.figure().axes[0]:
                assert all(each.get_zorder() < artist.get_zorder() for each in data)
            if hasattr(artist, "get_marker") and artist.get_marker() == "*":
                assert (artist.get_color(), artist.get_markersize()) == (BASELINE_COLOUR, 14.0)
            else:
                colour = artist.get_color() if hasattr(artist, "get_color") else artist.get_edgecolor()
                assert to_hex(colour) in (BASELINE_COLOUR, "#ffffff")
                assert artist.get_linewidth() == BASELINE_WIDTH


def test_captions_are_whole_sentences_in_markdown(made: MadeStudy) -> None:
    for picture in pictures_of(made):
        assert picture.caption[0].isupper()
        assert picture.caption.endswith(".")
        # Outside of code there is no sign that Markdown would take for its own.
        assert not set(re.sub(r"(`+).+?(?<!`)\1(?!`)", "", picture.caption)) & set("`*_<>$[]|\\\n")


def test_the_same_study_gives_the_same_bytes(made: MadeStudy) -> None:
    for one, other in zip(pictures_of(made), pictures_of(made), strict=True):
        assert one.caption == other.caption
        assert svg_bytes(one.figure()) == svg_bytes(other.figure())


def test_names_are_those_of_files_and_all_different(made: MadeStudy) -> None:
    names = [picture.name for picture in pictures_of(made)]
    assert len(set(names)) == len(names)
    assert all(stem(name) == name for name in names)


def test_nothing_is_written_outside_of_the_paper(made: MadeStudy) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for picture in pictures_of(made):
        figure: Any = picture.figure()
        renderer = FigureCanvasAgg(figure).get_renderer()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            box = figure.get_tightbbox(renderer)
        wide, high = figure.get_size_inches()
        assert box.x0 >= 0, picture.name
        assert box.y0 >= 0, picture.name
        assert box.x1 <= wide, picture.name
        assert box.y1 <= high, picture.name


def test_labels_stay_text() -> None:
    made = labels(HOSTILE[:6], 4)
    for picture in pictures_of(made):
        texts = svg_texts(svg_bytes(picture.figure()))
        if picture.name in (FATE, "final_error_by_initial_weights"):
            assert {"$x_1$ <b>&amp;</b>", r"\frac{1}{2} $", "中文 ∂ ½", "_", "a b c", "a `code` | *b*"} <= set(texts)


def test_titles_stay_text() -> None:
    made = rates(3)
    made.title = "$x_1$ <b>&amp;</b> \\frac"
    for picture in pictures_of(made):
        assert made.title in svg_texts(svg_bytes(picture.figure()))


def test_the_users_settings_neither_matter_nor_change() -> None:
    plain = [svg_bytes(picture.figure()) for picture in pictures_of(rates(5))]
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30, "lines.linewidth": 9, "svg.fonttype": "path"}):
        before = dict(mpl.rcParams)
        assert [svg_bytes(picture.figure()) for picture in pictures_of(rates(5))] == plain
        assert dict(mpl.rcParams) == before


NUMBERS = st.one_of(st.floats(0), st.sampled_from([0.0, 5e-324, 1e-300, 1e300, np.inf, np.nan]))
VALUES = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.0, 1.0, 1e-300, -1e300, 1e300]))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_anything_can_be_drawn(data: st.DataObject) -> None:
    """Any errors, fates, numbers, labels and series; `warnings are errors` is what this relies on."""
    count = data.draw(st.integers(1, 7))
    kinds = data.draw(st.lists(st.sampled_from(["number", "label", "seed"]), max_size=3))
    axes = [MadeAxis(f"path.{place}", kind, data.draw(st.booleans())) for place, kind in enumerate(kinds)]
    values = {"number": VALUES, "label": st.sampled_from(HOSTILE), "seed": st.one_of(st.none(), st.integers(0, 3))}
    rows = [{axis.path: data.draw(values[axis.kind]) for axis in axes} for _ in range(count)]
    errors = data.draw(st.lists(NUMBERS, min_size=count, max_size=count))
    fates = data.draw(st.lists(st.sampled_from(FATES), min_size=count, max_size=count))
    length = data.draw(st.integers(1, 5))
    series = st.lists(NUMBERS, min_size=length, max_size=length).map(np.array)
    weights = st.lists(VALUES, min_size=length, max_size=length).map(np.array)
    runs = {
        run: {"error": data.draw(series), "weight.w1": data.draw(weights), "weight.w2": data.draw(weights)}
        for run in range(count)
    }
    made = MadeStudy(table_of(rows, errors, fates), axes, MadeSteps(runs))
    made.surface = lambda first, second: np.add.outer(first / 2, second / 2) ** 2
    for picture in pictures_of(made):
        svg_bytes(picture.figure())


# Files


def test_drawing_makes_two_files_of_each(tmp_path: Path) -> None:
    made = rates(3)
    drawn = draw(made, tmp_path)
    assert [each.picture.name for each in drawn] == [picture.name for picture in pictures_of(made)]
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{each.picture.name}.{kind}" for each in drawn for kind in ("svg", "png")
    }
    for each in drawn:
        assert each.svg.read_bytes() == svg_bytes(each.picture.figure())
        assert each.png.read_bytes() == png_bytes(each.picture.figure())


def test_choosing_imports_no_matplotlib() -> None:
    program = (
        "import sys; from tests.figures.made_studies import rates; from bprunner.figures.studies import pictures_of\n"
        "print(len(pictures_of(rates(5))), 'matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["4", "False"]


# A real study


def test_a_study_of_the_sweeps_is_what_pictures_want(tmp_path: Path) -> None:
    data = {
        "name": "rates",
        "baseline": str(ROOT / "configs" / "doc_exact.yaml"),
        "sweep": {"grid": {RATE: [0.01, 0.05, 0.2, 1.0], "architecture.layers.0.activation": ["linear", "tanh"]}},
    }
    declaration, folder = read_sweep(data, allow_outside=True), StudyFolder(tmp_path / "study")
    execute_sweep(declaration, folder, 1)
    real: StudyData = Study(declaration, folder)
    drawn = draw(real, tmp_path)
    assert [each.picture.name for each in drawn] == [LINES, "final_error_over_learning_rate", MAP, FATE, PATH]


def test_networks_of_several_sizes_have_paths_of_those_of_the_baselines(tmp_path: Path) -> None:
    data = {
        "name": "sizes",
        "baseline": str(ROOT / "configs" / "doc_exact.yaml"),
        "set": {"initial_weights": {"normal": {"scale": 0.5}, "seed": 0}},
        "sweep": {"grid": {"architecture.layers.0.units": [1, 2, 3]}, "repeat": 3},
    }
    declaration, folder = read_sweep(data, allow_outside=True), StudyFolder(tmp_path / "study")
    execute_sweep(declaration, folder, 1)
    assert PATH in [each.picture.name for each in draw(Study(declaration, folder), tmp_path)]
