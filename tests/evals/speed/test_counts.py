"""The counts that speed is claimed by, at FLUX.1-dev's size."""

from dataclasses import replace

import pytest

from evals.speed.counts import Operations, operations, peak_bytes
from evals.speed.inputs import FLUX_DEV
from evals.speed.timing import Cell

PLAIN, TRIMMED, PAPER, FAST, DENSE = (
    Cell("plain", 0),
    Cell("plain, trimmed", 0),
    *(Cell(arm, 16) for arm in ("paper", "fast", "dense")),
)


@pytest.fixture(scope="module")
def counts() -> dict[Cell, Operations]:
    return operations(FLUX_DEV, (PLAIN, TRIMMED, PAPER, FAST, DENSE))


def by_hand(text: int) -> int:
    """Operations of plain FLUX.1-dev: two for each weight and token, and attention's two products."""
    width, tokens = 3072, text + 4096
    linear = 2 * 12 * width**2 * tokens * (19 + 38)
    attention = 4 * tokens**2 * width * (19 + 38)
    modulation = 2 * width**2 * (12 * 19 + 3 * 38 + 2)
    embeddings = 2 * width * (text * 4096 + 4096 * 64 * 2 + 2 * (256 + width) + 768 + width)
    return linear + attention + modulation + embeddings


def test_plain_flux_costs_what_is_computed_by_hand(counts: dict[Cell, Operations]) -> None:
    assert counts[PLAIN].injected == counts[PLAIN].after == by_hand(512)
    assert counts[TRIMMED].injected == by_hand(64)


def test_sixteen_regions_cost_exactly_this(counts: dict[Cell, Operations]) -> None:
    plain, trimmed = counts[PLAIN].after, counts[TRIMMED].after
    assert counts[PAPER] == Operations(222213132779520, plain)
    assert counts[FAST] == Operations(80231630635008, trimmed)
    assert counts[DENSE] == Operations(327242271424512, 105600479920128)


def test_whole_runs_keep_what_is_promised(counts: dict[Cell, Operations]) -> None:
    runs = {cell: own.run(FLUX_DEV) for cell, own in counts.items()}
    assert runs[FAST] <= 1.10 * runs[TRIMMED]
    assert runs[FAST] <= runs[PLAIN]
    assert runs[PAPER] <= 1.85 * runs[PLAIN]


def test_sixteen_regions_take_half_a_gigabyte_at_most() -> None:
    assert 0 < peak_bytes(FLUX_DEV, FAST) - peak_bytes(FLUX_DEV, PLAIN) <= 0.5e9


@pytest.mark.parametrize(("cell", "quadratic"), [(FAST, False), (PAPER, False), (DENSE, True)])
def test_no_memory_of_the_renderer_grows_with_the_square_of_the_tokens(cell: Cell, quadratic: bool) -> None:
    """Of sizes in even steps, what grows linearly has no second difference."""
    sizes = [peak_bytes(replace(FLUX_DEV, rows=rows), cell) for rows in (64, 128, 192)]
    bend = sizes[2] - 2 * sizes[1] + sizes[0]
    assert (bend > 0.01 * sizes[0]) == quadratic
