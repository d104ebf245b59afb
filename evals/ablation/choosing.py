"""Rules from a layout to β and T, fitted to the scores of a grid of settings; pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import mean
from typing import get_args

import numpy as np

from evals.ablation.cells import Cell
from renderer.auto import Measure

MAX_PARTS = 3
"""The most parts that layouts are divided into."""

MIN_PROMPTS = 4
"""The fewest prompts of a part: a cell can't be chosen by fewer."""

MEASURES: tuple[Measure, ...] = get_args(Measure)


@dataclass(frozen=True)
class Case:
    """A prompt: its layout's measures, the group of its number of things, and each cell's mean score."""

    id: str
    group: str
    measures: Mapping[Measure, float]
    scores: Mapping[Cell, float]


@dataclass(frozen=True)
class Part:
    """The layouts whose measure is at most `up_to` (None: all that are left), and the cell for them."""

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
    """The form of a choice: by which measure, and in how many parts; 0 is the model's own cell for all."""

    by: Measure
    parts: int


FORMS = (
    Form("regions", 0),
    Form("regions", 1),
    *(Form(by, parts) for parts in range(2, MAX_PARTS + 1) for by in MEASURES),
)
"""All forms, the simplest first."""


def choose(cases: Sequence[Case], own: Cell) -> tuple[Choice, dict[Form, float]]:
    """The best choice, and the score of each form on prompts that it was not fitted to.

    Each form is fitted to all prompts but one and scored on that one, for every prompt in turn. The form with
    the highest score, and of equals the simplest, is then fitted to all prompts.
    """
    left_out = dict[Form, float]()
    for form in FORMS:
        scores = list[float]()
        for place, case in enumerate(cases):
            others = [*cases[:place], *cases[place + 1 :]]
            scores.append(case.scores[fitted(others, form, own).cell(case)])
        left_out[form] = round(mean(scores), 9)
    best = max(FORMS, key=lambda form: left_out[form])
    return fitted(cases, best, own), left_out


def fitted(cases: Sequence[Case], form: Form, own: Cell) -> Choice:
    """The choice of a form, or of fewer parts, with the highest score; the own cell wins ties."""
    if form.parts == 0:
        return Choice(form.by, (Part(None, own),))
    ordered = sorted(cases, key=lambda case: case.measures[form.by])
    values = [case.measures[form.by] for case in ordered]
    # A part may end between two different measures.
    ends = [place for place in range(1, len(ordered)) if values[place - 1] < values[place]]
    tried = list[tuple[tuple[Part, ...], float]]()
    for number in range(form.parts):
        for inner in combinations(ends, number):
            edges = (0, *inner, len(ordered))
            if number == 0 or min(np.diff(edges)) >= MIN_PROMPTS:
                tried.append(_best_parts(ordered, edges, form.by, own))
    parts, _ = max(tried, key=lambda one: one[1])
    return Choice(form.by, parts)


def _best_parts(
    ordered: Sequence[Case], edges: Sequence[int], by: Measure, own: Cell
) -> tuple[tuple[Part, ...], float]:
    """The parts between the edges, each with the cell of the highest sum of scores, and the sum of all.

    The own cell wins ties.
    """
    parts, total = list[Part](), 0.0
    for start, end in pairwise(edges):
        cases = ordered[start:end]
        cells = [own, *(cell for cell in cases[0].scores if cell != own)]
        sums = {cell: sum(case.scores[cell] for case in cases) for cell in cells}
        best = max(cells, key=lambda cell: round(sums[cell], 9))
        last = end == len(ordered)
        up_to = None if last else (cases[-1].measures[by] + ordered[end].measures[by]) / 2
        parts.append(Part(up_to, best))
        total += sums[best]
    return tuple(parts), round(total, 9)
