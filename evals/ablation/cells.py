"""The cells of a grid over the paper's knobs, and the arms that draw them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from evals.run.arms import read_arm
from evals.run.rows import RunRecord
from planner.errors import UserError
from renderer.settings import Recipe

OWN = "own"
"""The arm with the model's own settings, where no cell of the grid has them."""

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
    def title(self) -> str:
        """Its name in tables."""
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
    """An arm for each cell; the first has the model's own settings, and the others are compared with it.

    Raises `UserError` for a cell that does not fit the model's recipe.
    """

    def recipe(arm: str) -> Recipe:
        """The arm's recipe; a share of steps and their number are the same."""
        made = read_arm(arm).settings.over(own)
        return made.model_copy(update={"inject_steps": made.injected()})

    arms = [cell.arm(shared) for cell in grid]
    own_arm = f"{OWN}:{shared}" if shared else OWN
    first = next((arm for arm in arms if recipe(arm) == recipe(own_arm)), own_arm)
    return [first, *(arm for arm in arms if arm != first)]


def cells_of(record: RunRecord) -> dict[Cell, str]:
    """The cells of a run of pictures, each with the name of its arm, in the run's order.

    `record` is the run's run.json. Raises `UserError` where it has none.
    """
    found = dict[Cell, str]()
    for arm in record["arms"]:
        knobs = arm["settings"]
        if set(KNOBS) <= set(knobs):
            cell = Cell(knobs["base_ratio"], knobs["inject_steps"], knobs["single_interval"])
            if cell.name == arm["name"]:
                found[cell] = arm["name"]
    if not found:
        raise UserError("the run has no grid of settings: scenewright ablate draws one")
    return found


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
        # Numbers of steps first, then shares.
        tuple(
            sorted(
                {cell.inject_steps for cell in every},
                key=lambda steps: (isinstance(steps, str), int(str(steps).removesuffix("%"))),
            )
        ),
        tuple(sorted({cell.interval for cell in every})),
    )
