"""The benchmarks compare what they say they compare, and their table says what was measured."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import benchmarks.__main__ as command
from benchmarks import limit, memory, ours, recording, solo, startup
from benchmarks.measuring import Bar, Result, duration, measure, table, with_report
from benchmarks.problems import NETWORKS, Kept, Network

BAR = Bar("ours", "theirs", 0.5)


def test_sides_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def side(name: str, seconds: list[float]) -> Iterator[float]:
        for each in seconds:
            order.append(name)
            yield each

    ours, peers = side("ours", [9.0, 1.0, 2.0]), side("peer", [9.0, 4.0, 8.0])
    result = measure(BAR, lambda: next(ours), lambda: next(peers), 2)
    assert order == ["ours", "peer"] * 3
    assert (result.ours, result.peers) == ([1.0, 2.0], [4.0, 8.0])
    assert (result.ratio_of_minima, result.ratio_of_medians) == (0.25, 0.25)


@pytest.mark.parametrize(
    ("ours", "peers", "passed"),
    [([1.0, 1.0, 1.0], [2.0, 2.0, 2.0], True), ([1.0, 5.0, 5.0], [2.0, 2.0, 2.0], False), ([2.0], [2.0], False)],
)
def test_the_best_and_the_usual_time_have_to_pass(ours: list[float], peers: list[float], passed: bool) -> None:
    result = Result(BAR, ours, peers)
    assert result.passed is passed
    assert ("passed" in table([result])) is passed


def test_durations_have_units() -> None:
    assert [duration(1.234), duration(0.0456), duration(0.0000123)] == ["1.23 s", "45.6 ms", "12.3 µs"]


def test_results_go_between_their_marks() -> None:
    text = command.README.read_text(encoding="utf-8")
    written = with_report(text, "| new |\n", command.BEGIN, command.END)
    assert "| new |" in written
    assert with_report(written, "| newer |\n", command.BEGIN, command.END).count("| new") == 1
    assert written.startswith(text.partition(command.BEGIN)[0])
    assert written.endswith(text.partition(command.END)[2])
    with pytest.raises(ValueError, match="needs the marks"):
        with_report("nothing", "", command.BEGIN, command.END)


def test_the_readme_has_the_bars_of_the_code() -> None:
    text = command.README.read_text(encoding="utf-8").partition("## Results")[0]
    rows = [f"| {bar.what} | {bar.peer} | ≤ {bar.largest:g} |" for bar in (*startup.BARS, *solo.BARS, *recording.BARS)]
    for row in rows:
        assert row in text
    assert sum(line.count("| ≤ ") for line in text.splitlines()) == len(rows)


def test_circumstances_are_told() -> None:
    assert "repetitions of each side" in command.circumstances(3)


def test_both_loops_compute_the_same_and_take_time() -> None:
    (result,) = solo.run_all(repetitions=1, steps=20)
    assert min(*result.ours, *result.peers) > 0


def test_a_text_that_never_comes_is_an_error(tmp_path: Path) -> None:
    python = [sys.executable, "-c"]
    assert startup.seconds([*python, "print('here')"], tmp_path, "here") > 0
    with pytest.raises(RuntimeError, match="never printed"):
        startup.seconds([*python, "print('here')"], tmp_path, "there")
    with pytest.raises(RuntimeError, match="ended with 3"):
        startup.seconds([*python, "raise SystemExit(3)"], tmp_path)


def test_by_hand_logs_the_same_rows(tmp_path: Path) -> None:
    """The peer writes every metric row that the run writes, and no fewer parameters and tags to speak of."""
    rows: list[list[object]] = []
    parameters: list[dict[str, str]] = []
    for command_line in (startup.RUN, startup.BY_HAND):
        folder = tmp_path / str(len(rows))
        folder.mkdir()
        startup.seconds(command_line, folder)
        with closing(sqlite3.connect(folder / "mlflow.db")) as store:
            found = store.execute("select key, step, value from metrics order by key, step").fetchall()
            rows.append([(key, step, pytest.approx(value, rel=1e-12)) for key, step, value in found])
            parameters.append(dict(store.execute("select key, value from params")))
    assert rows[0] == rows[1]
    assert {key for key in parameters[0] if key not in parameters[1]} <= UNLIKE
    assert {key: value.lower() for key, value in parameters[1].items()}.items() <= parameters[0].items()


UNLIKE = {"configuration_hash", "arithmetic.weight.rounding", "arithmetic.weight.carried"} | {
    f"arithmetic.update.{key}" for key in ("decimals", "rounding", "carried")
}


# Training at the limit

PEERS = {
    limit.JAX: "jax",
    limit.JAX_BLOCKS: "jax",
    limit.TORCH: "torch",
    limit.TORCH_AUTOGRAD: "torch",
    limit.SOLO: "torch",
    limit.LOOP: "numpy",
    limit.SKLEARN: "sklearn",
}


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
@pytest.mark.parametrize("peer", PEERS)
def test_every_peer_computes_the_same(network: Network, peer: str) -> None:
    """Those whose library is here: JAX and PyTorch are in the virtual environment of `make bench-limit`."""
    pytest.importorskip(PEERS[peer])
    sides, _ = limit.sides_of(network, runs=5, steps=6, alone=3)
    if peer not in sides:
        assert (peer, network.name) in {(limit.SKLEARN, "document"), (limit.SKLEARN, "xor")}
        return
    mine, theirs = (side.kept(side.train()) for side in (sides[limit.OURS], sides[peer]))
    limit.check_same(peer, mine, theirs)
    # Runs differ, and training changes them: it is no comparison of zeros.
    assert len(set(mine.errors[-1])) == 5
    assert (mine.errors[0] != mine.errors[-1]).all()


@pytest.mark.parametrize("part", ["errors", "W", "b"])
def test_a_peer_that_computes_something_else_is_found_out(part: str) -> None:
    side = limit.sides_of(NETWORKS[1], runs=3, steps=4, alone=1)[0][limit.OURS]
    kept = side.kept(side.train())
    other = Kept(kept.errors.copy(), [W.copy() for W in kept.W], [b.copy() for b in kept.b])
    limit.check_same("the same", kept, other)
    {"errors": other.errors, "W": other.W[0], "b": other.b[0]}[part][-1, 0] += 1e-7
    with pytest.raises(AssertionError):
        limit.check_same("changed", kept, other)


def test_blocks_are_put_where_their_runs_are() -> None:
    population = NETWORKS[1].population(runs=7, steps=5)
    whole, cut = (ours.prepared(population, block)().values for block in (7, 3))
    assert whole.tobytes() == cut.tobytes()


def test_two_processes_keep_what_one_keeps() -> None:
    with ours.processes("xor", 2, runs=5, steps=4) as train:
        took = train()
    assert took.seconds > 0


def test_sides_take_turns_at_the_limit() -> None:
    order: list[str] = []
    side = limit.sides_of(NETWORKS[0], runs=2, steps=3, alone=1)[0][limit.OURS]

    def noted(name: str) -> Any:
        order.append(name)
        return side.train()

    sides = {name: limit.Side(partial(noted, name), side.kept, 1) for name in (limit.OURS, "peer")}
    (row,) = limit.compared(NETWORKS[0], sides, repetitions=2)
    assert order == [limit.OURS, "peer"] * 3
    assert (row.peer, len(row.ours), len(row.peers)) == ("peer", 2, 2)


@pytest.mark.parametrize(
    ("peers", "passed"), [([2.0, 2.0, 2.0], True), ([1.9, 2.0, 2.0], False), ([2.0, 1.9, 1.9], False)]
)
def test_a_goal_is_reached_at_best_and_usually(peers: list[float], passed: bool) -> None:
    row = limit.Row("document", limit.JAX, [1.0, 1.0, 1.0], peers)
    assert row.goal == 2.0
    assert row.passed is passed
    assert ("**missed**" in limit.rows_table([row])) is not passed


def test_the_readme_has_the_goals_of_the_code() -> None:
    text = command.README.read_text(encoding="utf-8")
    assert limit.goals_table() in text
    assert "| new |" in with_report(text, "| new |\n", limit.BEGIN, limit.END)
    with pytest.raises(ValueError, match="needs the marks"):
        with_report("nothing", "", limit.BEGIN, limit.END)


def test_many_runs_are_measured_against_few() -> None:
    assert limit.flatness(1, few=2, many=6, steps=4) > 0


def test_memory_is_measured_in_a_process_of_its_own() -> None:
    peak = memory.peak_of(runs=20, steps=5)
    assert 0 < peak.before < peak.most < memory.MOST
    assert peak.on_disk > 20 * 5 * 7 * 8
    assert "passed" in memory.told(peak, 20, 5)
    assert "**missed**" in memory.told(peak._replace(most=memory.MOST + 1), 20, 5)
