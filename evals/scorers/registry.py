"""All scorers by name; a name that ends in .py is a file with a scorer of the user's own."""

from collections.abc import Callable, Sequence
from functools import cache

from evals.plugins import from_file
from evals.scorers.protocol import Checked, Scorer
from planner.errors import UserError


def _world(argument: str) -> Scorer:
    from evals.scorers.world import World

    return _without(World(), argument)


def _seams(argument: str) -> Scorer:
    from evals.scorers.seams import Seams

    return _without(Seams(), argument)


def _boxes(argument: str) -> Scorer:
    from evals.scorers.boxes import Boxes

    return _without(Boxes(), argument)


def _drift(argument: str) -> Scorer:
    from evals.scorers.drift import Drift

    return _without(Drift(), argument)


def _clip(argument: str) -> Scorer:
    from evals.scorers.clip import Clip

    return Clip(argument)


def _detector(argument: str) -> Scorer:
    from evals.scorers.detector import Detector

    return Detector(argument)


def _judge(argument: str) -> Scorer:
    from evals.scorers.judge.scorer import Judge

    return Judge(argument)


def _without(scorer: Scorer, argument: str) -> Scorer:
    if argument:
        raise UserError(f"--scorer {scorer.name}:{argument}: {scorer.name} takes nothing after its name")
    return scorer


SCORERS: dict[str, Callable[[str], Scorer]] = {
    "world": _world,
    "seams": _seams,
    "boxes": _boxes,
    "drift": _drift,
    "clip": _clip,
    "detector": _detector,
    "judge": _judge,
}
"""What makes a scorer of the words after its name and a colon."""


@cache
def scorer_named(name: str) -> Scorer:
    """The scorer that `name` asks for: NAME, NAME:ARGUMENT, or a Python file that holds `SCORER`.

    Raises `UserError` where there is none such, or it can't be had.
    """
    if name.endswith(".py"):
        return from_file(name, "SCORER", Scorer)
    kind, _, argument = name.partition(":")
    if kind not in SCORERS:
        raise UserError(
            f"--scorer {name}: there is none such; known are {', '.join(SCORERS)}, or a file.py of one's own"
        )
    return SCORERS[kind](argument)


def check_scorers(names: Sequence[str]) -> None:
    """Raise as `Checked.check` does where a scorer would score no picture."""
    for scorer in map(scorer_named, names):
        if isinstance(scorer, Checked):
            scorer.check()
