"""Rules from a layout to β and T, chosen by the scores of a grid of settings; pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import mean
from typing import get_args

import numpy as np

from evals.ablation.cells import Cell
from renderer.auto import Measure

MOST = 3
"""Parts into which layouts are divided, at most."""

LEAST = 4
"""Prompts of a part, at least: fewer tell too little."""

MEASURES: tuple[Measure, ...] = get_args(Measure)


@dataclass(frozen=True)
class Case:
    """A prompt: its layout's measures, its number of things in words, and each cell's mean score."""

    id: str
    group: str
    measures: Mapping[Measure, float]
    scores: Mapping[Cell, float]


@dataclass(frozen=True)
class Part:
    """Layouts that measure at most `up_to` (None: all that are left), and the cell that draws them."""

    up_to: float | None
    cell: Cell


@dataclass(frozen=True)
class Choice:
    """Parts by one measure, from small to large."""

    by: Measure
    parts: tuple[Part, ...]

    def cell(self, case: Case) -> Cell:
        """The cell for a layout."""
        value = case.measures[self.by]
        return next(part.cell for part in self.parts if part.up_to is None or value <= part.up_to)


@dataclass(frozen=True)
class Form:
    """What a choice may look like: by which measure, in how many parts; 0 is the model's own cell."""

    by: Measure
    parts: int


FORMS = (
    Form("regions", 0),
    Form("regions", 1),
    *(Form(by, parts) for parts in range(2, MOST + 1) for by in MEASURES),
)
"""From the simplest up."""


def choose(cases: Sequence[Case], own: Cell) -> tuple[Choice, dict[Form, float]]:
    """The choice, and what each form scores on prompts that it was not fitted to.

    Each form is fitted to all prompts but one, and scored on that one, in turn; that which scores most is
    fitted to all of them. Of equals it is the simplest.
    """
    left_out = {form: round(_left_out(cases, form, own), 9) for form in FORMS}
    best = max(FORMS, key=lambda form: left_out[form])
    return fitted(cases, best, own), left_out


def _left_out(cases: Sequence[Case], form: Form, own: Cell) -> float:
    return mean(
        case.scores[fitted([*cases[:place], *cases[place + 1 :]], form, own).cell(case)]
        for place, case in enumerate(cases)
    )


def fitted(cases: Sequence[Case], form: Form, own: Cell) -> Choice:
    """The choice of a form, or of fewer parts, that scores most on the cases; of equals, the own cell."""
    if form.parts == 0:
        return Choice(form.by, (Part(None, own),))
    ordered = sorted(cases, key=lambda case: case.measures[form.by])
    tried = [_parts(ordered, ends, form.by, own) for ends in _ends(ordered, form)]
    parts, _ = max(tried, key=lambda one: one[1])
    return Choice(form.by, parts)


def _ends(ordered: Sequence[Case], form: Form) -> Iterator[tuple[int, ...]]:
    """Where parts may end: between two different measures, with so many prompts in each; or fewer parts."""
    values = [case.measures[form.by] for case in ordered]
    between = [place for place in range(1, len(ordered)) if values[place - 1] < values[place]]
    for number in range(form.parts):
        for ends in combinations(between, number):
            edges = (0, *ends, len(ordered))
            if number == 0 or min(np.diff(edges)) >= LEAST:
                yield edges


def _parts(
    ordered: Sequence[Case], edges: Sequence[int], by: Measure, own: Cell
) -> tuple[tuple[Part, ...], float]:
    """The best cell of each part, and what they score in all."""
    parts, total = list[Part](), 0.0
    for start, end in pairwise(edges):
        cases = ordered[start:end]
        cell, score = _best(cases, own)
        last = end == len(ordered)
        up_to = None if last else (cases[-1].measures[by] + ordered[end].measures[by]) / 2
        parts.append(Part(up_to, cell))
        total += score
    return tuple(parts), round(total, 9)


def _best(cases: Sequence[Case], own: Cell) -> tuple[Cell, float]:
    """The cell with the highest sum, the own one of equals."""
    cells = [own, *(cell for cell in cases[0].scores if cell != own)]
    sums = {cell: sum(case.scores[cell] for case in cases) for cell in cells}
    cell = max(cells, key=lambda cell: round(sums[cell], 9))
    return cell, sums[cell]
