"""The cells of a grid over the paper's knobs, and the arms that draw them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from evals.drawing.arms import read_arm
from planner.errors import UserError
from renderer.settings import Recipe

OWN = "own"
"""The arm that draws with the model's own settings, where no cell of the grid has them."""

KNOBS = ("base_ratio", "inject_steps", "double_interval", "single_interval")


@dataclass(frozen=True)
class Cell:
    """β, T and B of the paper (arXiv 2411.02395); B is the interval of double and of single blocks."""

    base_ratio: float
    inject_steps: int | str
    interval: int

    @property
    def name(self) -> str:
        """Its arm's name, which names a folder too."""
        steps = str(self.inject_steps).replace("%", "pct")
        return f"beta{self.base_ratio:g}-T{steps}-B{self.interval}"

    @property
    def told(self) -> str:
        """As tables call it."""
        return f"β {self.base_ratio:g}, T {self.inject_steps}, B {self.interval}"

    def arm(self, shared: str = "") -> str:
        """Its arm as `scenewright eval --arm` takes it, with settings (a=x,b=y) that all cells share."""
        values = (self.base_ratio, self.inject_steps, self.interval, self.interval)
        knobs = (f"{knob}={value}" for knob, value in zip(KNOBS, values, strict=True))
        return f"{self.name}:" + ",".join([*knobs, *filter(None, [shared])])


def cells(ratios: Sequence[float], steps: Sequence[int | str], intervals: Sequence[int]) -> list[Cell]:
    """The whole grid."""
    return [Cell(*knobs) for knobs in product(ratios, steps, intervals)]


def arms_of(grid: Sequence[Cell], own: Recipe, shared: str = "") -> list[str]:
    """An arm a cell, the model's own settings first, which all others are held against.

    Raises `UserError` for a cell that does not fit the model's recipe.
    """
    arms = [cell.arm(shared) for cell in grid]
    ours = read_arm(f"{OWN}:{shared}").settings.over(own)
    first = [arm for arm in arms if _same(read_arm(arm).settings.over(own), ours)][:1]
    first = first or [f"{OWN}:{shared}" if shared else OWN]
    return [*first, *(arm for arm in arms if arm not in first)]


def _same(one: Recipe, other: Recipe) -> bool:
    counted = [recipe.model_copy(update={"inject_steps": recipe.injected()}) for recipe in (one, other)]
    return counted[0] == counted[1]


def cells_of(told: Mapping[str, Any]) -> dict[Cell, str]:
    """The cells that a run of pictures has, each with the name of its arm, in the run's order.

    `told` is the run's run.json. Raises `UserError` where it has none.
    """
    found = dict(_cells(told["arms"]))
    if not found:
        raise UserError("the run has no grid of settings: scenewright ablate draws one")
    return found


def _cells(arms: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Cell, str]]:
    for arm in arms:
        knobs = arm["settings"]
        if set(KNOBS) <= set(knobs):
            cell = Cell(knobs["base_ratio"], knobs["inject_steps"], knobs["single_interval"])
            if cell.name == arm["name"]:
                yield cell, arm["name"]


@dataclass(frozen=True)
class Axes:
    """The values of each knob in a grid, from low to high."""

    ratios: tuple[float, ...]
    steps: tuple[int | str, ...]
    intervals: tuple[int, ...]


def axes(grid: Iterable[Cell]) -> Axes:
    """The axes along which the cells lie."""
    every = list(grid)
    return Axes(
        tuple(sorted({cell.base_ratio for cell in every})),
        tuple(sorted({cell.inject_steps for cell in every}, key=_early)),
        tuple(sorted({cell.interval for cell in every})),
    )


def _early(steps: int | str) -> tuple[bool, int]:
    """Numbers of steps first, then shares."""
    return isinstance(steps, str), int(str(steps).removesuffix("%"))
