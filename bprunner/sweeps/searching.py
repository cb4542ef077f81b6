"""Searching proposes cells by what those before them came to: Optuna's samplers, asked for whole populations.

Nothing here trains: `ask` gives proposals, `tell` takes their errors. Optuna is an extra, imported when it is needed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bprunner.errors import BprunnerError, InputError, Problem
from bprunner.spec.sweep import Search

WORST: Final = sys.float_info.max
"""The error of a run that diverged, or has none: samplers only compare, and this is above every other."""


@dataclass(frozen=True)
class Proposal:
    """What a search proposes: by path a number, or of a `choice` the position of a value. `number` counts from 0."""

    number: int
    values: Mapping[str, int | float]


class Searching:
    """One search, from its first population to its last. The same declaration and errors give the same proposals."""

    def __init__(self, search: Search) -> None:
        """Raises InputError where Optuna is not installed."""
        self._search = search
        self._optuna = _imported()
        self._distributions = {path: self._distribution(each) for path, each in search.of.items()}
        self._study = self._optuna.create_study(direction="minimize", sampler=self._sampler())
        self._trials: dict[int, Any] = {}
        self._asked = 0

    @property
    def is_over(self) -> bool:
        """Whether all trials were proposed."""
        return self._asked >= self._search.budget.trials

    def ask(self) -> list[Proposal]:
        """The next population; fewer at the end, and none when it is over. Tell the errors before asking again."""
        left = self._search.budget.trials - self._asked
        return [self._ask() for _ in range(min(self._search.budget.population, left))]

    def _ask(self) -> Proposal:
        trial = self._study.ask(self._distributions)
        self._trials[trial.number] = trial
        self._asked += 1
        return Proposal(trial.number, {path: trial.params[path] for path in self._search.of})

    def tell(self, errors: Mapping[int, float]) -> None:
        """The errors by the numbers of proposals, each once. Raises ValueError for a number that was not proposed."""
        unknown = [number for number in errors if number not in self._trials]
        if unknown:
            raise ValueError(f"proposals {unknown} were not made, or told before")
        # By number, whatever order runs end in: what is proposed next must not depend on it.
        for number in sorted(errors):
            error = errors[number]
            self._study.tell(self._trials.pop(number), error if math.isfinite(error) else WORST)

    def _distribution(self, declared: Any) -> Any:
        kinds = self._optuna.distributions
        match declared.kind:
            case "uniform":
                return kinds.FloatDistribution(declared.from_, declared.to)
            case "log_uniform":
                return kinds.FloatDistribution(declared.from_, declared.to, log=True)
            case "integers":
                return kinds.IntDistribution(declared.from_, declared.to)
            case _:
                return kinds.CategoricalDistribution(list(range(len(declared.values))))

    def _sampler(self) -> Any:
        samplers, budget = self._optuna.samplers, self._search.budget
        if self._search.method == "tpe":
            # Proposals that are still without an error count as bad ones, so that a population spreads.
            return samplers.TPESampler(seed=_seed(budget.seed), constant_liar=True)
        return samplers.CmaEsSampler(seed=_seed(budget.seed), popsize=max(2, budget.population))


def _seed(seed: int) -> int:
    """Optuna takes seeds of 32 bits."""
    return seed % 2**32


def _imported() -> Any:
    try:
        import optuna
    except ImportError:
        hint = "install it with: pip install 'bprunner[search]'"
        raise InputError(
            Problem("`search` needs Optuna, which is not installed", path="sweep.search", hint=hint)
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def replayed(search: Search, errors: Sequence[Mapping[int, float]]) -> Searching:
    """A search that has been told these populations already: what a study that was interrupted goes on with."""
    searching = Searching(search)
    for population in errors:
        numbers = {proposal.number for proposal in searching.ask()}
        if numbers != set(population):
            raise BprunnerError("the populations that were told are not those of this search")
        searching.tell(population)
    return searching
