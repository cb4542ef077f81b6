"""The code cells of a notebook: one step of a run in plain NumPy, each stage held against the run's own numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import floor, log10
from typing import Any, Literal

import numpy as np

from bprunner.derivation.chain import CANCELLING
from bprunner.derivation.updating import is_fixed
from bprunner.documents.language import Language
from bprunner.documents.numpy_code import (
    array_text,
    comment,
    decimal_text,
    filled,
    name_text,
    names_text,
    nested,
    number_text,
    quoted,
)
from bprunner.documents.numpy_helpers import setup_code
from bprunner.documents.numpy_passes import LETTERS, Circumstances, Part, Passes, parts_of, rounding_name
from bprunner.documents.numpy_run import Recorded, slices, strides
from bprunner.documents.subject import Subject
from bprunner.nn.arrays import Array
from bprunner.spec.arithmetic import Rounding

MOST_DATA = 250_000
"""So many numbers of samples are written into a notebook."""
MOST_UPDATES, MOST_ORDER = 1000, 2000
"""So many further updates there are at most, and so many samples in the order of theirs."""
_MOST_ELEMENTS, _MOST_PRODUCTS = 300_000, 300_000_000
_MOST_NAMED = 8
_NARROW = 60
"""So wide are the numbers that are held, beside what holds them."""
_AGREES, _AGREES_LATER = 1e-9, 1e-6


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook. Text is Markdown with $…$ and $$…$$ mathematics."""

    kind: Literal["text", "code"]
    source: str


@dataclass(frozen=True)
class Section:
    """The cells of one stage; its name is that of the mark in the document's text."""

    name: str
    cells: tuple[Cell, ...]


def code_cells(subject: Subject, language: Language, step: int) -> tuple[Section, ...]:
    """The stages of a step: setup, data, forward, error, backward, update, forward_again, further_steps.

    What there is no code for is said in words. Raises InputError for a step that is not recorded, or a run that cannot
    be explained.
    """
    return tuple(_Notes(Recorded(subject, step), language.words("notebook")).sections())


@dataclass(frozen=True)
class _Further:
    """The steps after this one: how many updates, the samples of each (None where each has all), whether these begin
    again after the last one; or the reason why there are none."""

    updates: int = 0
    order: tuple[tuple[int, ...], ...] | None = None
    repeats: bool = False
    reason: str = ""


class _Notes:
    """The sections of one step's code."""

    def __init__(self, recorded: Recorded, words: Mapping[str, str]) -> None:
        self._r, self._words = recorded, words
        self._experiment = recorded.experiment
        numbers: Any = self._experiment.arithmetic.numbers
        self._digits = numbers.digits if numbers.kind == "decimal" else 0
        places = recorded.places(recorded.row)
        self._places = places if places is not None else []
        self._passes = Passes(self._experiment, self._circumstances(recorded.has_update + 1, len(self._places) > 1))

    def _circumstances(self, rows: int, several: bool) -> Circumstances:
        """What so many rows from this one on ask for."""
        r = self._r
        all_rows = range(r.row, min(r.row + rows, len(r.trace)))
        sums = np.sum(r.subject.samples.targets, axis=1)
        return Circumstances(
            several=several,
            is_extreme=any(map(r.is_extreme, all_rows)),
            is_saturated=any(map(r.is_saturated, all_rows)),
            targets_are_shares=bool(np.all(sums == 1.0)),
            factors={part.variable: text for part in self._parts if (text := self._factor_text(part)) is not None},
        )

    @cached_property
    def _parts(self) -> list[Part]:
        return parts_of(self._experiment.architecture.names)

    @property
    def _decimal(self) -> bool:
        return self._digits > 0

    @cached_property
    def _rate(self) -> float:
        return self._r.rates(1)[0]

    # Sections

    def sections(self) -> list[Section]:
        if len(self._places) * self._sample_size > MOST_DATA:
            size = f"{len(self._places) * self._sample_size:,}"
            return [Section("setup", (Cell("text", self._words["too_large"].format(count=size)),))]
        found = [Section("data", self._data()), Section("forward", self._forward())]
        found += self._after_forward()
        used = [cell.source for section in found for cell in section.cells if cell.kind == "code"]
        overflows = self._passes.circumstances.is_extreme or self._further_circumstances.is_extreme
        setup = setup_code(used, self._words, self._digits, overflows or self._is_not_finite)
        introduction = self._words["introduction_decimal" if self._decimal else "introduction"]
        return [Section("setup", (Cell("text", introduction), Cell("code", setup))), *found]

    def _after_forward(self) -> Iterator[Section]:
        r, loss = self._r, self._experiment.training.loss
        without = r.has_no_error(r.row)
        yield Section("error", self._error(without))
        cancels = (loss.kind, self._experiment.architecture.layers[-1].activation.kind) in CANCELLING
        if without and not cancels:
            yield Section("backward", (Cell("text", self._words["no_number"]),))
            return
        if self._passes.is_sequential and self._memory_is_missing:
            yield Section("backward", (Cell("text", self._words["no_memory"]),))
            return
        yield Section("backward", self._backward())
        if not r.has_update:
            return
        if self._memory_is_missing:
            yield Section("update", (Cell("text", self._words["no_memory"]),))
            return
        yield Section("update", self._update())
        yield Section("forward_again", self._forward_again())
        yield from self._further_steps()

    @property
    def _sample_size(self) -> int:
        return len(self._r.names.inputs) + len(self._r.names.outputs)

    @cached_property
    def _memory_is_missing(self) -> bool:
        return any(self._r.memory(slot, part) is None for part in self._parts for slot in self._passes.memory())

    @property
    def _is_not_finite(self) -> bool:
        rows = [row for row in (self._r.row, self._r.next_row) if row is not None]
        found = [self._r.neurons("net", layer, row) for row in rows for layer in range(len(self._r.names.layers))]
        return any(each is not None and not np.all(np.isfinite(each)) for each in found)

    # Data

    def _data(self) -> tuple[Cell, ...]:
        lines = [line for part in self._parts for line in self._part_lines(part)]
        lines += ["", f"learning_rate = {self._number(self._rate)}", *self._memory_lines()]
        return (self._code(self._sample_lines()), self._code(lines))

    def _sample_lines(self) -> list[str]:
        r, samples = self._r, self._r.subject.samples
        of_inputs = comment(self._words["inputs"].format(names=names_text(r.names.inputs)))
        of_targets = comment(self._words["targets"].format(names=names_text(r.names.outputs)))
        chosen = slice(None) if self._holds_all else self._places
        names = ("X", "T") if r.uses_all or not self._holds_all else ("inputs", "targets")
        lines = [of_inputs, f"{names[0]} = {self._array(samples.inputs[chosen])}"]
        lines += [of_targets, f"{names[1]} = {self._array(samples.targets[chosen])}"]
        if names[0] == "inputs":
            lines += [comment(self._words["batch"]), f"batch = {self._places}"]
            lines.append("X, T = inputs[batch], targets[batch]")
        return [*lines, *self._samples_count(self._passes)]

    @property
    def _holds_all(self) -> bool:
        """Whether all samples there are stand in the notebook, or those of this update alone."""
        return self._r.uses_all or len(self._r.subject.samples) * self._sample_size <= MOST_DATA

    def _samples_count(self, passes: Passes) -> list[str]:
        """m, where the formulas have it."""
        wanted = any(re.search(r"\bm\b", line) for line in [*passes.error(), *passes.backward()] if line[:1] != "#")
        return [comment(self._words["samples_count"]), "m = len(X)"] if wanted else []

    def _part_lines(self, part: Part) -> list[str]:
        r, layers = self._r, self._r.names.layers
        senders = r.names.inputs if part.layer == 0 else layers[part.layer - 1]
        receivers = names_text(layers[part.layer])
        if part.letter == "W":
            said = self._words["weights"].format(senders=names_text(senders), receivers=receivers)
        else:
            kind = self._experiment.architecture.layers[part.layer].bias.kind
            key = {"shared": "shared", "threshold": "thresholds"}.get(kind, "biases")
            said = self._words[key].format(names=receivers)
        values = r.part(part.quantity, part, r.row)
        lines = [comment(said), *_named(part), f"{part.variable} = {self._array(values)}"]
        factors = self._factors(part)
        if factors is not None and not isinstance(factors, float):
            lines += [comment(self._words["factors"]), f"factors_{part.variable} = {self._array(factors)}"]
        return lines

    def _factors(self, part: Part) -> Array | float | None:
        """How many times the learning rate a part has: one number where it is the same for all; None for once."""
        found = self._r.factors(part)
        if found is None or self._is_fixed(part):
            return None
        if np.all(found == found.flat[0]):
            return None if found.flat[0] == 1.0 else float(found.flat[0])
        return found

    def _is_fixed(self, part: Part) -> bool:
        return all(is_fixed(self._experiment, name) for name in part.names.flat)

    def _factor_text(self, part: Part) -> str | None:
        factors = self._factors(part)
        if factors is None:
            return None
        return self._number(factors) if isinstance(factors, float) else f"factors_{part.variable}"

    def _memory_lines(self) -> list[str]:
        lines = []
        for part in self._parts:
            for slot in self._passes.memory() if self._passes.slots(part) else ():
                values = self._r.memory(slot, part)
                if values is not None:
                    zero = f"0 * {part.variable}"
                    text = zero if not np.any(values) else self._array(values)
                    lines.append(f"{LETTERS[slot]}_{part.variable} = {text}")
        if lines:
            lines.insert(0, comment(self._words["memory"]))
        if self._counts:
            lines += [comment(self._words["count"]), f"t = {self._r.count}"]
        return lines

    @property
    def _counts(self) -> bool:
        return getattr(self._experiment.training.optimizer, "bias_correction", False) is True

    # Stages

    def _forward(self, new: str = "") -> tuple[Cell, ...]:
        passes, r = self._passes, self._r
        lines, held, shown = passes.forward(new), [], []
        for layer in range(len(r.names.layers)):
            for quantity in ("net", "out"):
                variable = f"{new}{quantity}{layer + 1}"
                values = r.again(quantity, layer) if new else r.neurons(quantity, layer, r.row)
                if values is None and quantity == "out" and layer == len(r.names.layers) - 1 and not new:
                    values = r.outputs(r.row)
                held += self._held(variable, values)
                if quantity == "out" or not lines_alias(lines, variable, f"{new}out{layer + 1}"):
                    shown.append(self._shown(variable))
        return self._stage(lines, shown, held)

    def _error(self, without: bool) -> tuple[Cell, ...]:
        own = self._experiment.arithmetic.error
        shown = [self._shown("error", own if own is not None and not own.carried else None, scalar=True)]
        error = float(self._r.trace["error"][self._r.row])
        if without:
            said = comment(self._words["no_error"].format(error=number_text(error)))
            return (self._code([*self._passes.error(), "", *shown, said]),)
        return self._stage(self._passes.error(), shown, self._held_number("error", error))

    def _backward(self) -> tuple[Cell, ...]:
        r, held, shown = self._r, [], []
        for layer in reversed(range(len(r.names.layers))):
            variable = f"delta{layer + 1}"
            held += self._held(variable, r.neurons("delta", layer, r.row))
            shown.append(self._shown(variable))
            for part in self._parts:
                if part.layer == layer:
                    variable = f"grad_{part.variable}"
                    held += self._held_part(variable, "gradient", part, r.row)
                    shown.append(self._shown(variable, self._passes.printed("gradient", part)))
        return self._stage(self._passes.backward(), shown, held)

    def _update(self) -> tuple[Cell, ...]:
        r, passes, held, shown = self._r, self._passes, [], []
        for part in self._parts:
            update, new = f"update_{part.variable}", f"new_{part.variable}"
            held += self._held_part(update, "update", part, r.row, self._update_size(part))
            held += self._held_next(new, part.quantity, part)
            for slot in passes.memory() if passes.slots(part) else ():
                size = self._update_size(part) if slot == "velocity" else self._gradient_size(part)
                held += self._held_next(f"new_{LETTERS[slot]}_{part.variable}", slot, part, size)
            shown.append(self._shown(update, passes.printed("update", part)))
            shown.append(self._shown(new, passes.printed(part.quantity, part)))
        lines = [comment(self._words["sequential"])] if passes.is_sequential else passes.update()
        return self._stage(lines, shown, held)

    def _forward_again(self) -> tuple[Cell, ...]:
        (whole,) = self._forward("new_")
        r = self._r
        lines = [*self._passes.error("new_"), "", self._shown("new_error", scalar=True)]
        row = r.next_row
        if row is None or r.places(r.row) != r.places(row):
            key = "not_recorded" if row is None else "other_error"
            return (whole, self._code([*lines, comment(self._words[key])]))
        error = float(r.trace["error"][row])
        if r.has_no_error(row):
            said = comment(self._words["no_error"].format(error=number_text(error)))
            return (whole, self._code([*lines, said]))
        return (whole, self._code([*lines, "", *self._held_number("new_error", error)]))

    def _stage(self, lines: list[str], shown: list[str], held: list[str]) -> tuple[Cell, ...]:
        parts = [lines, shown, held if held else [comment(self._words["not_recorded"])]]
        return (self._code([line for part in parts if part for line in ["", *part]][1:]),)

    def _code(self, lines: Sequence[str]) -> Cell:
        return Cell("code", "\n".join(lines).strip("\n"))

    # Further steps

    def _further_steps(self) -> Iterator[Section]:
        further = self._further
        if further.reason:
            said = self._words["further_none"].format(reason=self._words[further.reason])
            yield Section("further_steps", (Cell("text", said),))
        elif further.updates > 1:
            yield Section("further_steps", (self._training(further),))

    @cached_property
    def _further(self) -> _Further:
        r = self._r
        updates = self._last_step() - r.step
        found = _Further(updates) if r.uses_all or updates < 2 else self._ordered(updates)
        if found.updates > 1 and any(map(r.has_no_error, self._rows_until(found.updates))):
            return _Further(reason="further_saturated")
        return found

    def _rows_until(self, updates: int) -> range:
        """The rows of so many updates, their last step included."""
        r = self._r
        return range(r.row, int(np.searchsorted(r.trace.steps, r.step + updates, "right")))

    def _last_step(self) -> int:
        """The last recorded step that is neither too far away nor beyond the declared horizon."""
        r, horizon = self._r, self._experiment.horizon
        last = r.step + self._most_updates()
        if horizon is not None:
            samples = len(r.subject.samples)
            per_epoch = self._experiment.training.updates_per_epoch(samples)
            last = min(last, horizon.step if horizon.step is not None else (horizon.epoch or 0) * per_epoch)
        reachable = [int(step) for step in r.trace.steps if r.step <= step <= last]
        return reachable[-1] if reachable else r.step

    def _most_updates(self) -> int:
        """As many as take a second or so."""
        sizes, batch = self._r.names.sizes, max(1, len(self._places))
        weights = sum(int(part.names.size) for part in self._parts)
        most = min(MOST_UPDATES, _MOST_PRODUCTS // (batch * weights))
        is_slow = self._decimal or any(True for _ in self._experiment.arithmetic.declared())
        return min(most, _MOST_ELEMENTS // (3 * weights + 3 * batch * sum(sizes))) if is_slow else most

    def _ordered(self, updates: int) -> _Further:
        r = self._r
        epoch = r.population.updates_per_epoch
        is_drawn = getattr(self._experiment.training.batches, "seed", None) is not None
        if is_drawn:
            order = self._recorded_order(updates)
            if len(order) < 3:
                return _Further(reason="further_samples" if not order else "further_order")
            updates = min(updates, len(order) - 1)
        else:
            order = r.order()[: updates + 1]
        if not self._holds_all or sum(map(len, order)) > MOST_ORDER:
            return _Further(reason="further_order")
        return _Further(updates, tuple(order), not is_drawn and epoch <= updates)

    def _recorded_order(self, updates: int) -> list[tuple[int, ...]]:
        """The samples of so many updates and of the step after them, or as many as there is room for; none where the
        run did not record them."""
        r, most = self._r, MOST_ORDER // max(1, len(self._places))
        rows = range(r.row, min(r.row + updates + 1, len(r.trace)))
        if int(r.trace.steps[rows[-1]]) != r.step + len(rows) - 1 or r.places(r.row) is None:
            return []
        return [tuple(r.places(row) or ()) for row in rows[:most]]

    @cached_property
    def _further_circumstances(self) -> Circumstances:
        further = self._further if self._r.has_update else _Further()
        sizes = [len(self._places)] if further.order is None else [len(each) for each in further.order]
        return self._circumstances(len(self._rows_until(further.updates)), max(sizes) > 1)

    def _training(self, further: _Further) -> Cell:
        """A function that trains on, its call, and what the run has."""
        passes = Passes(self._experiment, self._further_circumstances)
        state = [part.variable for part in self._parts] + [slot for part in self._parts for slot in passes.slots(part)]
        constant = self._r.rate_is_constant
        body = [*self._beginning(further, constant), *self._samples_count(passes)[1:]]
        body += [*passes.forward(), *passes.error(), "errors.append(error)", "if number == updates:"]
        body += [f"    return errors, {', '.join(part.variable for part in self._parts)}"]
        body += [*passes.backward(), *([] if passes.is_sequential else passes.update())]
        body.append(f"{', '.join(state)} = {', '.join(f'new_{each}' for each in state)}")
        head = f"def train({', '.join([*state, 'updates'])}):"
        lines = [*self._orders(further), *self._rate_list(further, constant), head]
        lines += [f"    {comment(self._words['again'])}", "    errors = []", "    for number in range(updates + 1):"]
        lines += [f"        {line}" for line in body if line]
        news = ", ".join(f"last_{part.variable}" for part in self._parts)
        lines += ["", "", f"errors, {news} = train({', '.join([*state, str(further.updates)])})", ""]
        lines += [self._shown("errors[-1]", scalar=True), *map(self._shown, news.split(", "))]
        return self._code([*lines, "", *self._held_errors(further), *self._held_last(further)])

    def _beginning(self, further: _Further, constant: bool) -> list[str]:
        lines = []
        if further.order is not None:
            at = f"number % {len(further.order)}" if further.repeats else "number"
            lines += [f"batch = order[{at}]", "X, T = inputs[batch], targets[batch]"]
        if self._counts:
            lines.append(f"t = {self._r.count} + number")
        if not constant:
            lines.append("learning_rate = rates[number]")
        return lines

    def _orders(self, further: _Further) -> list[str]:
        if further.order is None:
            return []
        return [comment(self._words["order"]), f"order = {filled([str(list(each)) for each in further.order])}"]

    def _rate_list(self, further: _Further, constant: bool) -> list[str]:
        if constant:
            return []
        # One for the last step too, which has no update.
        return [comment(self._words["rates"]), f"rates = {self._array(np.array(self._r.rates(further.updates + 1)))}"]

    def _held_errors(self, further: _Further) -> list[str]:
        r = self._r
        rows = self._rows_until(further.updates)
        chosen = sorted({rows[round(share * (len(rows) - 1) / 4)] for share in range(5)})
        at = [int(r.trace.steps[row]) - r.step for row in chosen]
        errors = np.array([float(r.trace["error"][row]) for row in chosen])
        found = f"[{', '.join(f'errors[{place}]' for place in at)}]"
        found = f"np.array({found}).astype(float)" if self._decimal else found
        rtol = max(_AGREES_LATER, self._tolerance)
        atol = _power_of_ten(rtol * 1e-3 * _scale(errors))
        lines = [comment(self._words["held"])]
        return [
            *lines,
            f"assert np.allclose({found}, {nested(_shortened(errors), wide=_NARROW)}, {_within(rtol, atol, errors)})",
        ]

    def _held_last(self, further: _Further) -> list[str]:
        row = self._rows_until(further.updates)[-1]
        return [
            line
            for part in self._parts
            for line in self._held_part(f"last_{part.variable}", part.quantity, part, row, tolerance=_AGREES_LATER)
        ]

    # Numbers

    def _array(self, values: Any) -> str:
        return array_text(values, self._decimal)

    def _number(self, value: float) -> str:
        return f"Decimal({decimal_text(value)})" if self._decimal else number_text(value)

    def _shown(self, variable: str, own: Rounding | None = None, scalar: bool = False) -> str:
        label = variable if own is None else self._words["printed"].format(name=variable)
        value = variable if own is None else f"{rounding_name(own)}({variable}, {own.decimals})"
        text = f"{value}.astype(str)" if self._decimal and not scalar else value
        return f"print({quoted(label)}, {text}{'' if scalar else f', sep={_NEW_LINE}'})"

    @property
    def _tolerance(self) -> float:
        """Relative: decimals of few digits are rounded at every step, and so differ in their last ones."""
        return _AGREES if not self._digits else max(_AGREES, 10.0 ** (4 - self._digits))

    def _held(self, variable: str, values: Array | None) -> list[str]:
        """That a variable has the run's numbers."""
        return [] if values is None else self._agree(variable, values.shape, values[slices(values.shape)])

    def _held_part(
        self, variable: str, quantity: str, part: Part, row: int, size: float = 1.0, tolerance: float = _AGREES
    ) -> list[str]:
        """The same of weights and what belongs to them. size: that of what the numbers were made from."""
        some = self._r.thinned(quantity, part, row)
        return [] if some is None else self._agree(variable, part.names.shape, some, size, tolerance)

    def _held_next(self, variable: str, quantity: str, part: Part, size: float = 1.0) -> list[str]:
        """The same of what is so after the update."""
        row = self._r.next_row
        return [] if row is None else self._held_part(variable, quantity, part, row, size)

    def _agree(
        self, variable: str, shape: tuple[int, ...], some: Array, size: float = 1.0, tolerance: float = _AGREES
    ) -> list[str]:
        tolerance = max(tolerance, self._tolerance)
        steps = strides(shape)
        is_whole = all(step == 1 for step in steps)
        said = self._words["thinned"].format(names=variable, rows=steps[0], columns=steps[-1])
        place = "" if is_whole else f"[{', '.join(f'::{step}' for step in steps)}]"
        number = f"{variable}{place}{'.astype(float)' if self._decimal else ''}"
        atol = _power_of_ten(tolerance * 1e-3 * size * _scale(some / size))
        held = (
            f"assert np.allclose({number}, {nested(_shortened(some), wide=_NARROW)}, {_within(tolerance, atol, some)})"
        )
        return [held] if is_whole else [comment(said), held]

    def _held_number(self, variable: str, value: float) -> list[str]:
        alone = np.array(value)
        within = _within(self._tolerance, _power_of_ten(self._tolerance * 1e-3 * _scale(alone)), alone)
        number = f"float({variable})" if self._decimal else variable
        return [f"assert np.isclose({number}, {nested(_shortened(alone))}, {within})"]

    def _update_size(self, part: Part) -> float:
        """What the updates of a part are made from: the learning rate times gradients, or times what is about 1."""
        factors = self._r.factors(part)
        rate = self._rate * (1.0 if factors is None else max(1.0, float(np.max(factors))))
        if self._experiment.training.optimizer.kind in ("gradient_descent", "momentum", "nesterov"):
            return rate * self._gradient_size(part)
        return rate * 1e4

    def _gradient_size(self, part: Part) -> float:
        gradients = self._r.thinned("gradient", part, self._r.row)
        return 1.0 if gradients is None else _scale(gradients)


_NEW_LINE = r'"\n"'


def lines_alias(lines: Sequence[str], one: str, other: str) -> bool:
    """Whether one variable is only another name of the other."""
    return f"{other} = {one}" in lines


def _named(part: Part) -> list[str]:
    """The names of a part's places, in its shape, where they are few."""
    if max(part.names.shape) > _MOST_NAMED:
        return []
    rows = part.names if part.letter == "W" else part.names[np.newaxis]
    texts = [[name_text(name) for name in row] for row in rows]
    widths = [max(len(row[column]) for row in texts) for column in range(len(texts[0]))]
    return [
        comment("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()) for row in texts
    ]


def _scale(values: Array) -> float:
    """The size of the largest number, at least 1."""
    finite = np.abs(values[np.isfinite(values)]) if values.ndim else np.abs(np.array([values]))
    return max(1.0, float(np.max(finite, initial=0.0, where=np.isfinite(finite))))


def _power_of_ten(value: float) -> float:
    return float(f"1e{floor(log10(value) + 0.5)}")


def _shortened(values: Array) -> Array:
    """With as many digits as are held, and some; without the sign of a zero."""
    texts = [f"{value + 0.0:.12g}" for value in values.flat]
    return np.array(list(map(float, texts))).reshape(values.shape)


def _short(power: float) -> str:
    """A power of ten as 1e-9."""
    return f"1e{floor(log10(power) + 0.5)}"


def _within(rtol: float, atol: float, values: Array) -> str:
    """How near numbers have to be, as arguments."""
    nan = ", equal_nan=True" if np.any(np.isnan(values)) else ""
    return f"rtol={_short(rtol)}, atol={_short(atol)}{nan}"
