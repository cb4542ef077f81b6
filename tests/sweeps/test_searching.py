"""Searching: whole populations, asked and told, the same again from the same seed."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from bprunner.errors import BprunnerError, InputError
from bprunner.spec.sweep import Search
from bprunner.sweeps.searching import Proposal, Searching, replayed

OF: dict[str, Any] = {
    "x": {"uniform": {"from": -4.0, "to": 4.0}},
    "y": {"log_uniform": {"from": 1e-3, "to": 10.0}},
    "n": {"integers": {"from": 1, "to": 5}},
}


def search(method: str, trials: int = 60, population: int = 20, **of: Any) -> Search:
    budget = {"trials": trials, "seed": 3, "population": population}
    return Search.model_validate({method: budget, "of": of or OF})


def error(proposal: Proposal) -> float:
    """A bowl with its bottom at x = 1, y = 0.1, n = 2."""
    x, y, n = (proposal.values[path] for path in "xyn")
    return (x - 1) ** 2 + (y - 0.1) ** 2 + (n - 2) ** 2


def searched(searching: Searching) -> list[tuple[Proposal, float]]:
    found = []
    while not searching.is_over:
        population = searching.ask()
        searching.tell({proposal.number: error(proposal) for proposal in population})
        found += [(proposal, error(proposal)) for proposal in population]
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["tpe", "cma_es"])
def test_it_finds_what_is_small(method: str) -> None:
    found = searched(Searching(search(method, trials=200)))
    assert len(found) == 200
    first, last = found[:20], found[-40:]
    assert min(each for _, each in last) < min(each for _, each in first)
    assert min(each for _, each in found) < 0.3


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["tpe", "cma_es"])
def test_the_same_is_proposed_again(method: str) -> None:
    assert searched(Searching(search(method))) == searched(Searching(search(method)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["tpe", "cma_es"])
def test_the_order_in_which_errors_come_changes_nothing(method: str) -> None:
    one, other = Searching(search(method)), Searching(search(method))
    for _ in range(2):
        told = {proposal.number: error(proposal) for proposal in one.ask()}
        other.ask()
        one.tell(told)
        other.tell(dict(reversed(told.items())))
    assert one.ask() == other.ask()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["tpe", "cma_es"])
def test_it_goes_on_where_it_was_interrupted(method: str) -> None:
    whole = Searching(search(method))
    populations, told = [], []
    while not whole.is_over:
        populations.append(whole.ask())
        told.append({proposal.number: error(proposal) for proposal in populations[-1]})
        whole.tell(told[-1])
    again = replayed(search(method), told[:2])
    assert again.ask() == populations[2]
    assert again.is_over


@pytest.mark.filterwarnings("ignore")
def test_populations_are_as_large_as_declared_and_the_last_has_the_rest() -> None:
    searching = Searching(search("tpe", trials=25, population=10))
    sizes = []
    while population := searching.ask():
        sizes.append(len(population))
        searching.tell({proposal.number: 1.0 for proposal in population})
    assert sizes == [10, 10, 5]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["tpe", "cma_es"])
def test_runs_that_diverge_do_not_stop_it(method: str) -> None:
    searching = Searching(search(method))
    while population := searching.ask():
        searching.tell({each.number: (float("inf") if each.number % 2 else float("nan")) for each in population})
    assert searching.is_over


@pytest.mark.filterwarnings("ignore")
def test_choices_are_positions() -> None:
    searching = Searching(search("tpe", a={"choice": ["tanh", "relu"]}))
    assert {proposal.values["a"] for proposal in searching.ask()} == {0, 1}


@pytest.mark.filterwarnings("ignore")
def test_what_was_not_proposed_cannot_be_told() -> None:
    searching = Searching(search("tpe"))
    first = searching.ask()[0]
    searching.tell({first.number: 1.0})
    with pytest.raises(ValueError, match="not made, or told before"):
        searching.tell({first.number: 1.0})
    with pytest.raises(BprunnerError, match="not those of this search"):
        replayed(search("tpe"), [{0: 1.0}])


def test_without_optuna_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError) as caught:
        Searching(search("tpe"))
    assert "pip install 'bprunner[search]'" in caught.value.problems[0].hint
