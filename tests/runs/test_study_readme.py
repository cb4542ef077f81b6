"""A study's page: what its table says is the study's, its Markdown is whole, and nothing in it is of the machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bprunner.documents.inline import inline_markdown
from bprunner.figures.studies import Picture, pictures_of
from bprunner.runs.study_readme import README, main, readme, shown_pictures, write_readme
from bprunner.runs.study_tables import CHOSEN, MOST_RUNS, TOP, study_table
from bprunner.sweeps.declaring import read_sweep
from bprunner.sweeps.executing import execute_sweep
from bprunner.sweeps.facts import Facts
from bprunner.sweeps.findings import findings
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.study import Study
from bprunner.sweeps.wording import few
from tests.sweeps.test_findings import PLANS, STARTS, planned, study
from tests.sweeps.test_study import DOC, RATE, declared

RATES = {"geometric": {"from": 0.001, "to": 1, "count": 61}}
HOSTILE = "a|b *c* `d` [e](http://f) <g> & _h_ \\ $i$"


def cells(line: str) -> list[str]:
    """The cells of a row, unescaped."""
    texts = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    plain = [re.sub(r"\\(.)", r"\1", text.strip()) for text in texts]
    return [text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for text in plain]


def table_of(page: str) -> list[list[str]]:
    """The rows of a page's table, its headings first, without the rule."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    rows = [cells(line) for line in lines]
    assert len({len(row) for row in rows}) == 1
    assert all(set(cell) <= set("-:") and cell for cell in rows[1])
    return [rows[0], *rows[2:]]


@pytest.mark.parametrize("name", PLANS)
def test_every_study_has_a_page(name: str, tmp_path: Path) -> None:
    done = planned(name, tmp_path)
    page = readme(done)
    assert page.startswith("# s\n")
    for finding in findings(done):
        assert f"\n- {inline_markdown(finding.text)}\n" in page
    table_of(page)
    assert str(tmp_path) not in page
    assert not re.search(r"\bnan\b|\bNone\b(?! of)|<NA>|Timestamp", page)
    assert page.count("```") == 4
    assert page.endswith(f"`{done.declaration.hash}`\n")
    assert readme(Study(done.declaration, done.folder)) == page


def test_few_runs_stand_all_in_the_table(tmp_path: Path) -> None:
    done = study(tmp_path, {"grid": {RATE: [0.01, 0.05, 0.12, 1.0]}})
    headings, baseline, *rows = table_of(readme(done))
    assert headings == [
        "run",
        "learning rate",
        "final error",
        "times the baseline's",
        "reaches it at step",
        "times the largest stable rate",
        "fate",
    ]
    frame = done.table
    assert baseline[0] == "baseline"
    noise = np.finfo(float).eps * done.summary.first[0]
    for place, row in enumerate([baseline, *rows]):
        own = frame.iloc[place]
        diverged = own["fate"] == "diverged"
        is_rounding = not diverged and own["final_error"] <= noise
        assert row[1] == few(own[RATE])
        assert row[2] == ("–" if diverged else "≈ 0" if is_rounding else few(own["final_error"]))
        assert row[3] == ("–" if diverged else "≈ 0" if is_rounding else few(own["ratio"]))
        reach = frame["reaches_baseline_at"].tolist()[place]
        assert row[4] == (f"{reach}" if isinstance(reach, int) else "–")
        assert row[5] == few(own["rate_over_stable"])
        assert row[6] == (f"diverged at step {own['diverged_at']}" if diverged else own["fate"])
    assert len(rows) == 4
    assert [row[2] for row in rows].count("≈ 0") == 1
    assert "≈ 0: no more than rounding, below 1.9e-17." in readme(done)


def test_of_many_runs_it_says_how_many_are_left_out(tmp_path: Path) -> None:
    done = study(tmp_path, {"grid": {RATE: RATES}})
    table = study_table(Facts(done))
    assert table.caption == f"{CHOSEN} of 61 runs, evenly chosen; the other {61 - CHOSEN} lie between."
    numbers = [int(row[0]) for row in table.rows[1:]]
    assert len(numbers) == CHOSEN < MOST_RUNS
    assert numbers[0] == 1
    assert numbers[-1] == 61
    assert set(np.diff(numbers)) <= {3, 4}
    for row in table.rows[1:]:
        assert float(row[1]) == pytest.approx(done.table[RATE][int(row[0])], rel=5e-3)


def test_of_runs_with_seeds_it_has_groups(tmp_path: Path) -> None:
    done = study(tmp_path, {"grid": {"initial_weights": dict(STARTS)}, "repeat": 12})
    headings, *rows = table_of(readme(done))
    assert headings[:3] == ["initial weights", "runs", "median error"]
    frame = done.table.iloc[1:]
    for row in rows:
        own = frame[frame["initial_weights"] == row[0]]
        assert row[1] == str(len(own))
        assert row[5:7] == [str(int((own["fate"] == fate).sum())) for fate in ("converged", "diverged")]
    assert [row[0] for row in rows] == list(STARTS)
    assert sum(int(row[1]) for row in rows) == len(done) - 1


def test_of_two_that_vary_it_has_a_matrix(tmp_path: Path) -> None:
    done = study(tmp_path, {"grid": {"initial_weights": dict(STARTS), RATE: RATES}, "repeat": 3})
    headings, *rows = table_of(readme(done))
    assert headings == ["learning rate \\ initial weights", *STARTS]
    assert len(rows) == 16
    frame = done.table.iloc[1:]
    errors = np.where(frame["fate"] == "diverged", np.inf, frame["final_error"])
    for row in (rows[0], rows[8], rows[-1]):
        for name, text in zip(STARTS, row[1:], strict=True):
            near = np.isclose(frame[RATE], float(row[0]), rtol=5e-3) & (frame["initial_weights"] == name)
            own = float(np.median(errors[near]))
            assert text == ("diverged" if np.isinf(own) else "≈ 0" if own <= 1.9e-17 else few(own))
    assert "16 of 61 values of learning rate, evenly chosen." in readme(done)


def test_of_what_was_drawn_it_has_the_best(tmp_path: Path) -> None:
    of = {RATE: {"log_uniform": {"from": 1e-3, "to": 1}}, "initial_weights.w5": {"uniform": {"from": -1, "to": 1}}}
    done = study(tmp_path, {"sample": {"random": {"count": 50, "seed": 0}, "of": of}}, set={"training.epochs": 3})
    _, baseline, *rows = table_of(readme(done))
    assert baseline[0] == "baseline"
    order = done.table.iloc[1:].sort_values("final_error")["run"].tolist()
    assert [int(row[0]) for row in rows] == order[:TOP]
    assert f"The best {TOP} of 50 runs, by final error and by steps." in readme(done)


def test_what_people_wrote_is_text(tmp_path: Path) -> None:
    """Labels, titles and sources can be anything."""
    plan = {"grid": {"initial_weights": {HOSTILE: "zeros", "- x": STARTS["small"]}}}
    done = study(tmp_path, plan, title=f"1. {HOSTILE}", source=HOSTILE)
    page = readme(done, command="bprun x.yaml")
    outside = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    assert "<g>" not in outside
    assert not re.search(r"(?<!\\)\*c", outside)
    assert not re.search(r"(?<!\\)`d", outside)
    assert not re.search(r"(?<!\\)\]\(http", outside)
    assert [row[1] for row in table_of(page)[2:]] == [HOSTILE[:39] + "…" if len(HOSTILE) > 40 else HOSTILE, "- x"]
    assert "# 1\\. a" in page


def test_a_fence_in_a_declaration_ends_nothing(tmp_path: Path) -> None:
    done = study(tmp_path, {"grid": {RATE: [0.1]}}, source="``` here")
    assert "\n````yaml\n" in readme(done)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain - text (with) 2.5e-10, a+b #1!", "plain - text (with) 2.5e-10, a+b #1!"),
        ("- item", "\\- item"),
        ("# head", "\\# head"),
        ("1. one", "1\\. one"),
        ("0.05", "0.05"),
        ("> quote", "&gt; quote"),
        ("a_b [c] *d* `e` ~f~ g|h", "a\\_b \\[c\\] \\*d\\* \\`e\\` \\~f\\~ g\\|h"),
        ("two\n lines", "two lines"),
        ("@somebody a@b", "\\@somebody a@b"),
        ("<b> &amp;", "&lt;b&gt; &amp;amp;"),
    ],
)
def test_a_line_of_markdown(text: str, escaped: str) -> None:
    assert inline_markdown(text) == escaped


# Files


def test_a_page_is_written_with_the_pictures_it_shows(tmp_path: Path) -> None:
    done = study(tmp_path / "study", {"grid": {RATE: [0.01, 0.1, 1.0]}})
    folder = tmp_path / "page"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "old.svg").write_text("<svg/>", encoding="utf-8")
    path = write_readme(done, folder, "bprun here.yaml")
    assert path == folder / README
    text = path.read_text(encoding="utf-8")
    linked = re.findall(r"\]\((pictures/[\w.]+)\)", text)
    assert linked == [f"pictures/{name}" for name in _in_order(linked)]
    assert sorted(f"pictures/{each.name}" for each in (folder / "pictures").iterdir()) == sorted(linked)
    assert len(linked) >= 2
    assert "$ bprun here.yaml" in text
    first = path.read_bytes()
    write_readme(Study(done.declaration, done.folder), folder, "bprun here.yaml")
    assert path.read_bytes() == first


def test_beside_a_map_nothing_is_pooled_over_what_it_shows(tmp_path: Path) -> None:
    """The captions say what they pool over."""
    done = study(tmp_path, {"grid": {"initial_weights": dict(STARTS), RATE: [0.01, 0.1, 1.0]}, "repeat": 2})
    every, shown = pictures_of(done), shown_pictures(done)
    assert {picture.name for picture in every} - {picture.name for picture in shown} == {
        "error_over_steps",
        "final_error_by_initial_weights",
    }
    assert any("Pooled over `repeat`" in picture.caption for picture in shown)
    alone = study(tmp_path / "alone", {"grid": {RATE: [0.01, 0.1, 1.0]}})
    assert [picture.name for picture in shown_pictures(alone)] == [picture.name for picture in pictures_of(alone)]


def _in_order(linked: list[str]) -> list[str]:
    return [name.removeprefix("pictures/") for name in dict.fromkeys(linked)]


def test_captions_are_the_pictures_and_their_alternative_text_is_plain(tmp_path: Path) -> None:
    done = study(tmp_path, {"grid": {RATE: [0.01]}})
    page = readme(done, [Picture("one", "Over `a.b` \\[c\\].", lambda: None)])  # type: ignore[arg-type, return-value]
    assert "![Over a.b (c).](pictures/one.svg)\n\nOver `a.b` \\[c\\].\n" in page


def test_a_page_beside_its_sweep_links_to_the_baseline(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(f"extends: {DOC}\nname: base\nexpect: []\n", encoding="utf-8")
    sweep = tmp_path / "sweep.yaml"
    text = "# yaml-language-server: $schema=x\n# What for?\n#\n# Because.\nname: s\nbaseline: base.yaml\n"
    sweep.write_text(f"{text}sweep: {{grid: {{{RATE}: [0.01, 0.1]}}}}\n", encoding="utf-8")
    declaration = read_sweep(sweep, allow_outside=True)
    execute_sweep(declaration, StudyFolder(tmp_path / "study"), 1)
    done = Study(declaration, StudyFolder(tmp_path / "study"))
    page = readme(done, folder=tmp_path)
    assert "Baseline: [base](base.yaml), 2 → 2 linear" in page
    assert page.startswith("# s\n\nWhat for?\n\nBecause.\n\n- Baseline")
    assert "$ bprun sweep.yaml" in page
    assert sweep.read_text(encoding="utf-8").strip() in page
    assert "Baseline: base, 2" in readme(done, folder=tmp_path / "elsewhere")


def test_what_varies_is_said_in_few_words(tmp_path: Path) -> None:
    plans: Mapping[str, dict[str, Any]] = {
        "61 values from 0.001 to 1, even ratios": {"grid": {RATE: RATES}},
        "3 values from 0.1 to 0.3, even differences": {
            "grid": {RATE: {"linear": {"from": 0.1, "to": 0.3, "count": 3}}}
        },
        "0.01, 0.1": {"grid": {RATE: [0.01, 0.1]}},
        "20 values": {"grid": {RATE: [0.01 * n for n in range(1, 21)]}},
        "drawn, 5 values": {
            "sample": {"random": {"count": 5, "seed": 0}, "of": {RATE: {"uniform": {"from": 0.1, "to": 0.2}}}}
        },
    }
    for text, plan in plans.items():
        declaration = declared(plan)
        assert f"- Varies: `{RATE}`, {text}\n" in readme(Study(declaration, StudyFolder(tmp_path)))


def test_a_study_of_which_nothing_is_done_has_a_page(tmp_path: Path) -> None:
    page = readme(Study(declared({"grid": {RATE: [0.01, 0.1]}}), StudyFolder(tmp_path)))
    assert "- The study is not finished: 3 runs of 3 to go." in page
    assert "## Runs" not in page


def test_the_program_writes_the_page_of_a_folder(tmp_path: Path) -> None:
    from bprunner.runs.study_files import begin

    declaration = declared({"grid": {RATE: [0.01, 0.1]}})
    begin(declaration, tmp_path, ["bprun", "x.yaml"], is_fresh=False)
    execute_sweep(declaration, StudyFolder(tmp_path), 1)
    assert main([str(tmp_path)]) == 0
    text = (tmp_path / README).read_text(encoding="utf-8")
    assert "\n- Of the 2 other runs, " in text
    assert str(tmp_path) not in text
