"""The code cells of a notebook: one step of a run in plain NumPy, each stage held against the run's own numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from bprunner.derivation.chain import CANCELLING
from bprunner.derivation.updating import is_fixed
from bprunner.documents.language import Language
from bprunner.documents.numpy_code import comment, filled, name_text, names_text, number_text
from bprunner.documents.numpy_further import Further, further_of
from bprunner.documents.numpy_helpers import setup_code
from bprunner.documents.numpy_holding import Holding
from bprunner.documents.numpy_limits import (
    has_no_error,
    has_tiny_gradients,
    is_at_kink,
    is_extreme,
    is_not_finite,
    is_saturated,
)
from bprunner.documents.numpy_passes import LETTERS, Circumstances, Part, Passes
from bprunner.documents.numpy_run import MOST_DATA, Recorded
from bprunner.documents.subject import Subject
from bprunner.nn.arrays import Array

_MOST_NAMED = 8


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


class _Notes:
    """The sections of one step's code."""

    def __init__(self, recorded: Recorded, words: Mapping[str, str]) -> None:
        self._r, self._words = recorded, words
        self._experiment = recorded.experiment
        self._h = Holding(recorded, words)
        self._h.loosen("kink", is_at_kink(recorded, recorded.row))
        self._passes = Passes(self._experiment, self._circumstances(recorded.has_update + 1, len(recorded.samples) > 1))

    def _circumstances(self, rows: int, several: bool) -> Circumstances:
        """What so many rows from this one on ask for."""
        r = self._r
        all_rows = range(r.row, min(r.row + rows, len(r.trace)))
        sums = np.sum(r.subject.samples.targets, axis=1)
        return Circumstances(
            several=several,
            is_extreme=any(is_extreme(r, row) for row in all_rows),
            is_saturated=any(is_saturated(r, row) for row in all_rows),
            targets_are_shares=bool(np.all(sums == 1.0)),
            factors={part.variable: text for part in self._r.parts if (text := self._factor_text(part)) is not None},
        )

    # Sections

    def sections(self) -> list[Section]:
        if len(self._r.samples) * self._r.sample_size > MOST_DATA:
            size = f"{len(self._r.samples) * self._r.sample_size:,}"
            return [Section("setup", (Cell("text", self._words["too_large"].format(count=size)),))]
        found = [Section("data", self._data()), Section("forward", self._forward())]
        found += self._after_forward()
        used = [cell.source for section in found for cell in section.cells if cell.kind == "code"]
        extreme = self._passes.circumstances.is_extreme or self._further_circumstances.is_extreme
        rows = [row for row in (self._r.row, self._r.next_row) if row is not None]
        overflows = extreme or any(is_not_finite(self._r, row) for row in rows)
        setup = setup_code(used, self._words, self._r.digits, overflows)
        introduction = self._words["introduction_decimal" if self._r.digits else "introduction"]
        return [Section("setup", (Cell("text", introduction), Cell("code", setup))), *found]

    def _after_forward(self) -> Iterator[Section]:
        r, loss = self._r, self._experiment.training.loss
        without = has_no_error(r, r.row)
        yield Section("error", self._error(without))
        cancels = (loss.kind, self._experiment.architecture.layers[-1].activation.kind) in CANCELLING
        if without and not cancels:
            yield Section("backward", (Cell("text", self._words["no_number"]),))
            return
        if self._passes.is_sequential:
            if self._memory_is_missing:
                yield Section("backward", (Cell("text", self._words["no_memory"]),))
                return
            self._h.loosen("tiny", has_tiny_gradients(r, r.row))
        yield Section("backward", self._backward())
        if not r.has_update:
            return
        if self._memory_is_missing:
            yield Section("update", (Cell("text", self._words["no_memory"]),))
            return
        self._h.loosen("tiny", has_tiny_gradients(r, r.row))
        yield Section("update", self._update())
        self._h.loosen("kink", r.next_row is not None and is_at_kink(r, r.next_row))
        yield Section("forward_again", self._forward_again())
        yield from self._further_steps()

    @cached_property
    def _memory_is_missing(self) -> bool:
        return any(self._r.memory(slot, part) is None for part in self._r.parts for slot in self._passes.memory())

    # Data

    def _data(self) -> tuple[Cell, ...]:
        lines = [line for part in self._r.parts for line in self._part_lines(part)]
        lines += ["", f"learning_rate = {self._h.literal(self._h.rate)}", *self._memory_lines()]
        return (self._code(self._sample_lines()), self._code(lines))

    def _sample_lines(self) -> list[str]:
        r, samples = self._r, self._r.subject.samples
        of_inputs = comment(self._words["inputs"].format(names=names_text(r.names.inputs)))
        of_targets = comment(self._words["targets"].format(names=names_text(r.names.outputs)))
        chosen = slice(None) if self._r.holds_all else self._r.samples
        names = ("X", "T") if r.uses_all or not self._r.holds_all else ("inputs", "targets")
        lines = [of_inputs, f"{names[0]} = {self._h.array(samples.inputs[chosen])}"]
        lines += [of_targets, f"{names[1]} = {self._h.array(samples.targets[chosen])}"]
        if names[0] == "inputs":
            lines += [comment(self._words["batch"]), f"batch = {self._r.samples}"]
            lines.append("X, T = inputs[batch], targets[batch]")
        return [*lines, *self._samples_count(self._passes)]

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
        lines = [comment(said), *_named(part), f"{part.variable} = {self._h.array(values)}"]
        factors = self._factors(part)
        if factors is not None and not isinstance(factors, float):
            lines += [comment(self._words["factors"]), f"factors_{part.variable} = {self._h.array(factors)}"]
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
        return self._h.literal(factors) if isinstance(factors, float) else f"factors_{part.variable}"

    def _memory_lines(self) -> list[str]:
        lines = []
        for part in self._r.parts:
            for slot in self._passes.memory() if self._passes.slots(part) else ():
                values = self._r.memory(slot, part)
                if values is not None:
                    zero = f"0 * {part.variable}"
                    text = zero if not np.any(values) else self._h.array(values)
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
                held += self._h.held(variable, values)
                if quantity == "out" or not _is_alias(lines, variable, f"{new}out{layer + 1}"):
                    shown.append(self._h.shown(variable))
        return self._stage(lines, shown, held)

    def _error(self, without: bool) -> tuple[Cell, ...]:
        own = self._experiment.arithmetic.error
        shown = [self._h.shown_number("error", own if own is not None and not own.carried else None)]
        error = float(self._r.trace["error"][self._r.row])
        if without:
            said = comment(self._words["no_error"].format(error=number_text(error)))
            return (self._code([*self._passes.error(), "", *shown, said]),)
        return self._stage(self._passes.error(), shown, self._h.number("error", error))

    def _backward(self) -> tuple[Cell, ...]:
        r, held, shown = self._r, [], []
        for layer in reversed(range(len(r.names.layers))):
            variable = f"delta{layer + 1}"
            held += self._h.held(variable, r.neurons("delta", layer, r.row))
            shown.append(self._h.shown(variable))
            for part in self._r.parts:
                if part.layer == layer:
                    variable = f"grad_{part.variable}"
                    held += self._h.part(variable, "gradient", part, r.row)
                    shown.append(self._h.shown(variable, self._passes.printed("gradient", part)))
        return self._stage(self._passes.backward(), shown, held)

    def _update(self) -> tuple[Cell, ...]:
        r, passes, held, shown = self._r, self._passes, [], []
        for part in self._r.parts:
            update, new = f"update_{part.variable}", f"new_{part.variable}"
            held += self._h.part(update, "update", part, r.row, self._h.update_size(part))
            held += self._h.after(new, part.quantity, part)
            for slot in passes.memory() if passes.slots(part) else ():
                size = self._h.update_size(part) if slot == "velocity" else self._h.gradient_size(part)
                held += self._h.after(f"new_{LETTERS[slot]}_{part.variable}", slot, part, size)
            shown.append(self._h.shown(update, passes.printed("update", part)))
            shown.append(self._h.shown(new, passes.printed(part.quantity, part)))
        lines = [comment(self._words["sequential"])] if passes.is_sequential else passes.update()
        return self._stage(lines, shown, held)

    def _forward_again(self) -> tuple[Cell, ...]:
        (whole,) = self._forward("new_")
        r = self._r
        lines = [*self._passes.error("new_"), "", self._h.shown_number("new_error")]
        row = r.next_row
        if row is None or r.places(r.row) != r.places(row):
            key = "not_recorded" if row is None else "other_error"
            return (whole, self._code([*lines, comment(self._words[key])]))
        error = float(r.trace["error"][row])
        if has_no_error(r, row):
            said = comment(self._words["no_error"].format(error=number_text(error)))
            return (whole, self._code([*lines, said]))
        return (whole, self._code([*lines, "", *self._h.or_reason(self._h.number("new_error", error))]))

    def _stage(self, lines: list[str], shown: list[str], held: list[str]) -> tuple[Cell, ...]:
        parts = [lines, shown, self._h.or_reason(held)]
        return (self._code([line for part in parts if part for line in ["", *part]][1:]),)

    def _code(self, lines: Sequence[str]) -> Cell:
        return Cell("code", "\n".join(lines).strip("\n"))

    # Further steps

    def _further_steps(self) -> Iterator[Section]:
        further, r = self._further, self._r
        if further.reason:
            said = self._words["further_none"].format(reason=self._words[further.reason])
            yield Section("further_steps", (Cell("text", said),))
        elif further.updates > 1:
            rows = r.rows_until(further.updates)
            self._h.loosen("chaos", any(is_at_kink(r, row) or has_tiny_gradients(r, row) for row in rows))
            yield Section("further_steps", (self._training(further),))

    @cached_property
    def _further(self) -> Further:
        return further_of(self._r) if self._r.has_update else Further()

    @cached_property
    def _further_circumstances(self) -> Circumstances:
        further = self._further
        sizes = [len(self._r.samples)] if further.order is None else [len(each) for each in further.order]
        return self._circumstances(len(self._r.rows_until(further.updates)), max(sizes) > 1)

    def _training(self, further: Further) -> Cell:
        """A function that trains on, its call, and what the run has."""
        passes = Passes(self._experiment, self._further_circumstances)
        state = [part.variable for part in self._r.parts] + [
            slot for part in self._r.parts for slot in passes.slots(part)
        ]
        constant = self._r.rate_is_constant
        body = [*self._beginning(further, constant), *self._samples_count(passes)[1:]]
        body += [*passes.forward(), *passes.error(), "errors.append(error)", "if number == updates:"]
        body += [f"    return errors, {', '.join(part.variable for part in self._r.parts)}"]
        body += [*passes.backward(), *([] if passes.is_sequential else passes.update())]
        body.append(f"{', '.join(state)} = {', '.join(f'new_{each}' for each in state)}")
        head = f"def train({', '.join([*state, 'updates'])}):"
        lines = [*self._orders(further), *self._rate_list(further, constant), head]
        lines += [f"    {comment(self._words['again'])}", "    errors = []", "    for number in range(updates + 1):"]
        lines += [f"        {line}" for line in body if line]
        news = ", ".join(f"last_{part.variable}" for part in self._r.parts)
        lines += ["", "", f"errors, {news} = train({', '.join([*state, str(further.updates)])})", ""]
        lines += [self._h.shown_number("errors[-1]"), *map(self._h.shown, news.split(", "))]
        return self._code([*lines, "", *self._held_errors(further)])

    def _beginning(self, further: Further, constant: bool) -> list[str]:
        lines = []
        if further.order is not None:
            at = f"number % {len(further.order)}" if further.repeats else "number"
            lines += [f"batch = order[{at}]", "X, T = inputs[batch], targets[batch]"]
        if self._counts:
            lines.append(f"t = {self._r.count} + number")
        if not constant:
            lines.append("learning_rate = rates[number]")
        return lines

    def _orders(self, further: Further) -> list[str]:
        if further.order is None:
            return []
        return [comment(self._words["order"]), f"order = {filled([str(list(each)) for each in further.order])}"]

    def _rate_list(self, further: Further, constant: bool) -> list[str]:
        if constant:
            return []
        # One for the last step too, which has no update.
        return [comment(self._words["rates"]), f"rates = {self._h.array(np.array(self._r.rates(further.updates + 1)))}"]

    def _held_errors(self, further: Further) -> list[str]:
        """Some of the errors, and the weights that come of it all."""
        r = self._r
        rows = r.rows_until(further.updates)
        chosen = sorted({rows[round(share * (len(rows) - 1) / 4)] for share in range(5)})
        errors = np.array([float(r.trace["error"][row]) for row in chosen])
        held = self._h.series("errors", [int(r.trace.steps[row]) - r.step for row in chosen], errors)
        for part in r.parts:
            held += self._h.last(f"last_{part.variable}", part, rows[-1])
        return [comment(self._words["held"]), *held] if held else self._h.or_reason(held)


def _is_alias(lines: Sequence[str], one: str, other: str) -> bool:
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
