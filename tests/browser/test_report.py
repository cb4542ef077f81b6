"""A study's report in a browser: lines and numbers are the study's, and charts and table share one state."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from bprunner.runs.reporting import report
from bprunner.sweeps.study import Study
from tests.browser.chromium import Chromium
from tests.reports.studies import HOSTILE, MIXED, OPTIMIZER, RATE, hostile, trained

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return trained(tmp_path_factory.mktemp("mixed"), MIXED, title="Rates and optimizers")


@pytest.fixture(scope="module")
def page(mixed: Study) -> Path:
    return report(mixed).write(mixed.path / "report.html")


@pytest.fixture
def opened(chromium: Chromium, page: Path) -> Iterator[Chromium]:
    """The report, and afterwards no complaint and no request to anywhere."""
    chromium.open(page)
    settle(chromium)
    yield chromium
    assert chromium.complaints() == []
    assert chromium.requests_outside() == []


def settle(chromium: Chromium) -> None:
    """Until what was changed is drawn."""
    chromium.driver.execute_async_script(
        "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))"
    )


def counts(chromium: Chromium, chart: str) -> tuple[int, int, int]:
    """Lines or marks of a chart: all, inside, and away."""
    own = chromium.run("return {...document.querySelector(`[data-is=${arguments[0]}]`).dataset}", chart)
    return int(own.get("lines", own.get("marks"))), int(own["inside"]), int(own["away"])


def rows(chromium: Chromium) -> list[dict[str, Any]]:
    """The rows of the table: the run, its cells by column, and how it looks."""
    found: list[dict[str, Any]] = chromium.run(
        """
        const keys = [...document.querySelectorAll("[data-is=table] th")].map((each) => each.dataset.key);
        return [...document.querySelectorAll("[data-is=table] tbody tr")].map((row) => ({
          row: Number(row.dataset.row), looks: [...row.classList],
          cells: Object.fromEntries([...row.cells].map((cell, at) => [keys[at] ?? "", cell.textContent])),
        }));
        """
    )
    return found


def looking(chromium: Chromium, look: str) -> list[int]:
    return [each["row"] for each in rows(chromium) if look in each["looks"]]


def text(chromium: Chromium, name: str) -> str:
    found: str = chromium.run("return document.querySelector(`[data-is='${arguments[0]}']`).textContent", name)
    return found


def type_filter(chromium: Chromium, wanted: str) -> None:
    field = chromium.find("[data-is=filter]")
    field.clear()
    field.send_keys(wanted)
    settle(chromium)


def press(chromium: Chromium, chart: str, *keys: str) -> None:
    element = chromium.find(f"[data-is={chart}]")
    chromium.run("arguments[0].focus()", element)
    ActionChains(chromium.driver, duration=0).send_keys(*keys).perform()
    settle(chromium)


def drag(chromium: Chromium, selector: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """With the mouse, from one place of an element to another, as shares of its width and height."""
    element = chromium.find(selector)
    chromium.run("arguments[0].scrollIntoView({block: 'center'})", element)
    size = element.size
    moves = ActionChains(chromium.driver, duration=0)
    x, y = ((start[0] - 0.5) * size["width"], (start[1] - 0.5) * size["height"])
    across, down = (end[0] - start[0]) * size["width"], (end[1] - start[1]) * size["height"]
    moves.move_to_element_with_offset(element, round(x), round(y)).click_and_hold()
    moves.move_by_offset(round(across / 2), round(down / 2)).move_by_offset(round(across / 2), round(down / 2))
    moves.release().perform()
    settle(chromium)


def as_number(cell: str) -> float | None:
    return None if cell == "–" else float(cell.replace("∞", "inf"))


def to_six(value: Any) -> float | None:
    return None if value is None or value != value else float(f"{float(value):.6g}")


# What is there


def test_every_chart_has_a_line_or_mark_for_every_run(opened: Chromium, mixed: Study) -> None:
    assert counts(opened, "lines") == (19, 19, 0)
    assert counts(opened, "scatter") == (19, 19, 0)
    assert counts(opened, "parallel") == (19, 19, 0)
    assert len(rows(opened)) == 19
    fates = opened.run("return [...document.querySelectorAll('.fates li')].map((each) => each.textContent)")
    own = mixed.table["fate"].value_counts()
    assert fates == [f"{fate}: {own[fate]}" for fate in mixed.table["fate"].cat.categories]


def test_the_table_s_numbers_are_the_study_s(opened: Chromium, mixed: Study) -> None:
    table = mixed.table.astype(object).where(mixed.table.notna(), None)
    for shown in rows(opened):
        own, cells = table.iloc[shown["row"]], shown["cells"]
        assert cells["run"] == ("baseline" if shown["row"] == 0 else str(own["run"]))
        assert cells[OPTIMIZER] == own[OPTIMIZER]
        assert cells["fate"] == own["fate"]
        for key in (
            RATE,
            "final_error",
            "ratio",
            "best_error",
            "departs_at",
            "departure",
            "diverged_at",
            "stable_rate",
        ):
            assert as_number(cells[key]) == to_six(own[key]), (shown["row"], key)


def test_the_charts_values_are_the_trace_s(opened: Chromium, mixed: Study) -> None:
    for at, name in ((0, "error"), (5, "weight.w5")):
        opened.run(
            "const it = document.querySelector('[data-is=quantity]'); it.value = arguments[0];"
            "it.dispatchEvent(new Event('change'))", at,
        )  # fmt: skip
        own = mixed.steps.frame([name], [0])
        press(opened, "lines", Keys.ESCAPE, Keys.ARROW_DOWN)
        read = []
        for _ in range(len(own)):
            read.append(text(opened, "lines-readout"))
            press(opened, "lines", Keys.ARROW_RIGHT)
        told = [f"{float(f'{value:.6g}'):g}" for value in own[name]]
        for step, (shown, value) in enumerate(zip(read, told, strict=True)):
            start, _, rest = shown.partition(f"{name} ")
            assert start == "baseline: "
            number, _, ending = rest.partition(" at step ")
            assert float(number) == float(value)
            assert ending.startswith(f"{step} (")


# One state


def test_a_filter_leaves_rows_and_fades_the_rest(opened: Chromium, mixed: Study) -> None:
    type_filter(opened, "learning_rate < 0.1 adam")
    table = mixed.table
    wanted = table.index[(table[RATE] < 0.1) & (table[OPTIMIZER] == "adam")].tolist()
    assert [each["row"] for each in rows(opened)] == [0, *wanted]
    for chart in ("lines", "scatter", "parallel"):
        assert counts(opened, chart) == (19, len(wanted), 19 - len(wanted))
    assert text(opened, "told") == f"{len(wanted)} of 19 runs inside"
    type_filter(opened, 'final_error = inf and fate != "still falling"')
    assert [each["row"] for each in rows(opened)][1:] == table.index[table["final_error"] == float("inf")].tolist()
    opened.find("[data-is=status] button").click()
    settle(opened)
    assert len(rows(opened)) == 19
    assert counts(opened, "lines") == (19, 19, 0)
    assert opened.find("[data-is=filter]").get_attribute("value") == ""


UNREADABLE = {
    "speed < 3": "there is no column speed; there are run, learning_rate, optimizer, final_error",
    "learning_rate <": "a value is missing after <",
    "learning_rate < fast": "fast is no number",
    "< 3": "a column's name is missing before <",
    "fate > x": "fate has words",
}


def test_a_filter_that_cannot_be_read_says_so_and_changes_nothing(opened: Chromium) -> None:
    for asked, told in UNREADABLE.items():
        opened.run(
            "const it = document.querySelector('[data-is=filter]'); it.value = arguments[0];"
            "it.dispatchEvent(new Event('input'))",
            asked,
        )
        assert told in text(opened, "filter-problem")
        assert len(rows(opened)) == 19
        assert opened.find("[data-is=filter]").get_attribute("aria-invalid") == "true"


def test_headings_sort_and_the_baseline_stays_first(opened: Chromium, mixed: Study) -> None:
    others = mixed.table.iloc[1:]
    for key in ("final_error", OPTIMIZER, "diverged_at"):
        for turn in ("ascending", "descending"):
            opened.run("document.querySelector(`th[data-key='${arguments[0]}'] button`).click()", key)
            own = others.sort_values(key, kind="stable", ascending=turn == "ascending", na_position="last")
            assert [each["row"] for each in rows(opened)] == [0, *own.index], (key, turn)
            assert opened.find(f"th[data-key='{key}']").get_attribute("aria-sort") == turn
    assert len(opened.driver.find_elements("css selector", "[aria-sort]")) == 1


def test_what_is_pointed_at_stands_out_everywhere(opened: Chromium) -> None:
    chart = opened.find("[data-is=scatter] .u-over")
    opened.run("arguments[0].scrollIntoView({block: 'center'})", chart)
    place = opened.run("return Report.charts[1].placeOf(4)")
    size = chart.size
    moves = ActionChains(opened.driver, duration=0)
    offset = round(place["x"] - size["width"] / 2), round(place["y"] - size["height"] / 2)
    moves.move_to_element_with_offset(chart, *offset).perform()
    settle(opened)
    assert looking(opened, "hovered") == [4]
    name = opened.run("return Report.state.nameOf(4)")
    for readout in ("scatter-readout", "lines-readout", "parallel-readout"):
        assert text(opened, readout).startswith(f"{name}: ")
    moves.click().perform()
    settle(opened)
    assert looking(opened, "chosen") == [4]
    assert text(opened, "told") == "1 chosen"


def test_lines_are_pointed_at_where_they_are(opened: Chromium, mixed: Study) -> None:
    chart = opened.find("[data-is=lines] .u-over")
    opened.run("arguments[0].scrollIntoView({block: 'center'})", chart)
    found = opened.run(
        "const {frame, byRow} = Report.charts[0], line = byRow.get(2);"
        "return [frame.left(line.steps[6]), frame.top(line.values[6])]"
    )
    size = chart.size
    offset = round(found[0] - size["width"] / 2), round(found[1] - size["height"] / 2)
    ActionChains(opened.driver, duration=0).move_to_element_with_offset(chart, *offset).perform()
    settle(opened)
    said = text(opened, "lines-readout")
    assert " at step 6 (" in said
    (row,) = looking(opened, "hovered")
    error = mixed.steps.frame(["error"], [int(mixed.table["run"].iloc[row])])["error"].iloc[6]
    assert f"error {float(f'{error:.6g}'):g} " in said


def test_brushing_fades_what_is_outside_everywhere(opened: Chromium, mixed: Study) -> None:
    # Upwards from below the lowest to the middle: the fates from worst to the one in the middle.
    drag(opened, ".band[data-axis=fate]", (0.5, 0.99), (0.5, 0.40))
    inside = mixed.table["fate"].isin(["stalled", "oscillating", "diverged"])
    number = int(inside.sum())
    assert 0 < number < 19
    for chart in ("lines", "scatter", "parallel"):
        assert counts(opened, chart) == (19, number, 19 - number)
    assert set(looking(opened, "away")) == {row for row in mixed.table.index[~inside] if row != 0}
    assert [each["row"] in looking(opened, "away") for each in rows(opened)] == sorted(
        each["row"] in looking(opened, "away") for each in rows(opened)
    )
    # A click on the axis takes the brush away.
    opened.find(".band[data-axis=fate]").click()
    settle(opened)
    assert counts(opened, "parallel") == (19, 19, 0)


def test_brushes_go_by_the_keyboard(opened: Chromium, mixed: Study) -> None:
    upper = opened.find(f".band[data-axis='{OPTIMIZER}'] .end.upper")
    assert upper.get_attribute("aria-valuetext") == "gradient_descent, nothing brushed"
    upper.send_keys(Keys.ARROW_DOWN)
    settle(opened)
    number = int((mixed.table[OPTIMIZER] == "adam").sum())
    assert counts(opened, "lines") == (19, number, 19 - number)
    assert upper.get_attribute("aria-valuetext") == "adam"
    lower = opened.find(f".band[data-axis='{RATE}'] .end.lower")
    lower.send_keys(Keys.PAGE_UP, Keys.ARROW_UP)
    settle(opened)
    assert 0 < counts(opened, "lines")[1] < number
    lower.send_keys(Keys.ESCAPE)
    upper.send_keys(Keys.ESCAPE)
    settle(opened)
    assert counts(opened, "lines") == (19, 19, 0)


def test_the_table_goes_by_the_keyboard(opened: Chromium) -> None:
    opened.run("document.querySelector('[data-is=table] tbody tr').focus()")
    ActionChains(opened.driver, duration=0).send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER).perform()
    settle(opened)
    assert looking(opened, "chosen") == looking(opened, "hovered") == [2]
    ActionChains(opened.driver, duration=0).send_keys(Keys.END, " ", Keys.HOME).perform()
    settle(opened)
    assert looking(opened, "chosen") == [2, 18]
    assert looking(opened, "hovered") == [0]


def test_a_chart_zooms_by_dragging_and_by_keys_and_shows_all_again(opened: Chromium) -> None:
    drag(opened, "[data-is=lines] .u-over", (0.2, 0.2), (0.6, 0.7))
    low, high = opened.run("return Report.charts[0].frame.range.x")
    assert opened.find("[data-is=lines]").get_attribute("data-zoomed") == "true"
    assert 12 * 0.15 < low < 12 * 0.25 < 12 * 0.55 < high < 12 * 0.65
    opened.find("[data-is=lines-reset]").click()
    settle(opened)
    assert opened.find("[data-is=lines]").get_attribute("data-zoomed") == "false"
    press(opened, "lines", "+")
    assert opened.run("return Report.charts[0].frame.range.x") == [3, 9]
    press(opened, "lines", Keys.ESCAPE)
    assert opened.run("return Report.charts[0].frame.range.x") == [0, 12]


def test_an_axis_is_linear_or_logarithmic(opened: Chromium) -> None:
    box = opened.find("[data-is=lines-log]")
    assert box.is_selected()
    assert opened.run("return Report.charts[0].frame.y.isLog")
    assert "the axis ends before" in text(opened, "lines-note")
    box.click()
    settle(opened)
    assert not opened.run("return Report.charts[0].frame.y.isLog")
    assert counts(opened, "lines") == (19, 19, 0)
    opened.run(
        "const it = document.querySelector('[data-is=against]'); it.value = 1; it.dispatchEvent(new Event('change'))"
    )
    settle(opened)
    assert counts(opened, "scatter") == (19, 19, 0)
    assert "infinite or no number" in text(opened, "scatter-note")


# Light, dark, narrow, on paper, without scripts


def test_charts_are_drawn_anew_when_it_gets_dark(opened: Chromium) -> None:
    look = "return [Report.look.isDark, Report.look.ink, document.querySelector('[data-is=lines] .layer').toDataURL()]"
    before = opened.run(look)
    opened.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    try:
        settle(opened)
        after = opened.run(look)
    finally:
        opened.tell("Emulation.setEmulatedMedia", features=[])
    assert (before[0], after[0]) == (False, True)
    assert before[1:] != after[1:]
    assert before[2] != after[2]


def test_a_telephone_scrolls_nothing_but_the_table_and_the_axes(opened: Chromium, page: Path) -> None:
    opened.narrow()
    opened.open(page)
    settle(opened)
    assert opened.run("return document.documentElement.scrollWidth") == 360
    assert opened.run("return document.querySelector('[data-is=lines] .u-over').getBoundingClientRect().right") <= 360


def test_on_paper_the_table_is_cut_and_says_so(opened: Chromium) -> None:
    printed = opened.tell("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)["data"]
    assert base64.b64decode(printed).startswith(b"%PDF")
    assert not opened.run("return Report.look.isPrinting")
    opened.run("dispatchEvent(new Event('beforeprint'))")
    settle(opened)
    assert opened.run("return Report.look.isPrinting")
    assert text(opened, "places") == "Runs 1 to 18 of 18 beside the baseline."
    assert counts(opened, "lines") == (19, 19, 0)
    opened.run("dispatchEvent(new Event('afterprint'))")


def test_without_scripts_findings_a_picture_and_rows_are_there(chromium: Chromium, page: Path) -> None:
    chromium.tell("Emulation.setScriptExecutionDisabled", value=True)
    chromium.open(page)
    for selector in ("#findings + ul li", "noscript svg", "[data-is=table] tbody tr"):
        assert chromium.find(selector).is_displayed()
    for selector in (".controls", ".chart", ".status", "#document"):
        assert not chromium.find(selector).is_displayed()
    assert len(chromium.driver.find_elements("css selector", "[data-is=table] tbody tr")) == 19


# The rest


def test_the_baseline_s_document_opens_within(opened: Chromium) -> None:
    assert not opened.driver.find_elements("css selector", "iframe")
    opened.find("#document summary").click()
    settle(opened)
    frame = opened.find("#document iframe")
    assert frame.get_attribute("sandbox") == "allow-scripts"
    opened.driver.switch_to.frame(frame)
    try:
        assert opened.find("h1").text == "Backpropagation Step by Step"
        assert opened.find(".bp-player").is_displayed()
    finally:
        opened.driver.switch_to.default_content()


def test_many_runs_stand_on_pages_of_a_hundred(chromium: Chromium, tmp_path: Path) -> None:
    study = trained(tmp_path, {"grid": {RATE: {"geometric": {"from": 0.001, "to": 0.1, "count": 230}}}})
    chromium.open(report(study).write(tmp_path / "r.html"))
    settle(chromium)
    assert text(chromium, "places") == "Runs 1 to 100 of 230 beside the baseline."
    assert [each["row"] for each in rows(chromium)] == list(range(101))
    chromium.find("[data-is=next]").click()
    assert [each["row"] for each in rows(chromium)] == [0, *range(101, 201)]
    chromium.run("document.querySelector('[data-is=table] tbody tr').focus()")
    ActionChains(chromium.driver, duration=0).send_keys(Keys.PAGE_DOWN).perform()
    settle(chromium)
    assert text(chromium, "places") == "Runs 201 to 230 of 230 beside the baseline."
    assert not chromium.find("[data-is=next]").is_enabled()
    assert counts(chromium, "lines") == (231, 231, 0)


def test_a_study_without_its_baseline_and_values_close_together(chromium: Chromium, tmp_path: Path) -> None:
    study = trained(tmp_path, {"grid": {RATE: [0.05001, 0.05002, 0.05003]}})
    baseline, *_ = study.declared_cells()
    del study._done[baseline.hash]
    assert not study.has_baseline
    chromium.open(report(study).write(tmp_path / "r.html"))
    settle(chromium)
    assert text(chromium, "places") == "Runs 1 to 3 of 3."
    assert [each["cells"]["run"] for each in rows(chromium)] == ["1", "2", "3"]
    ticks = chromium.run(
        "const {frame} = Report.charts[1], [low, high] = frame.range.y;"
        "return Report.ticks(low, high, frame.y.isLog, 8).map((each) => Report.tick(each, Report.isWide(frame.y)))"
    )
    assert len(set(ticks)) == len(ticks) > 2
    assert chromium.complaints() == []


def test_hostile_names_do_nothing(chromium: Chromium, tmp_path: Path) -> None:
    chromium.open(report(hostile(tmp_path)).write(tmp_path / "r.html"))
    settle(chromium)
    shown = [each["cells"]["initial_weights"] for each in rows(chromium)]
    assert set(HOSTILE) < set(shown)
    press(chromium, "scatter", Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ENTER)
    assert any(name in text(chromium, "scatter-readout") for name in HOSTILE)
    type_filter(chromium, '"<img" onerror')
    assert len(rows(chromium)) == 2
    assert chromium.run("return window.hacked === undefined")
    assert chromium.complaints() == []
    assert chromium.requests_outside() == []
