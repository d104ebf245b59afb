"""All scorers by name; a name that ends in .py is a file with the user's own scorer."""

from collections.abc import Sequence
from functools import cache

from evals.plugins import load_from_file
from evals.scorers.protocol import Checkable, Scorer
from planner.errors import UserError

SCORERS = ("world", "seams", "boxes", "drift", "clip", "detector", "judge")
WITH_MODEL = ("clip", "detector", "judge")
"""Scorers whose name is followed by a colon and a model."""


@cache
def scorer_named(name: str) -> Scorer:
    """The scorer that `name` asks for: NAME, NAME:MODEL, or a Python file that defines `SCORER`.

    Raises `UserError` if there is no such scorer, or the model's name is wrong.
    """
    if name.endswith(".py"):
        return load_from_file(name, "SCORER", Scorer)
    kind, _, model = name.partition(":")
    if model and kind in SCORERS and kind not in WITH_MODEL:
        raise UserError(f"{name}: {kind} takes nothing after its name", "scorer")
    # A scorer is imported when it is asked for: most of them import torch.
    match kind:
        case "world":
            from evals.scorers.world import World

            scorer = World()
        case "seams":
            from evals.scorers.seams import Seams

            scorer = Seams()
        case "boxes":
            from evals.scorers.boxes import Boxes

            scorer = Boxes()
        case "drift":
            from evals.scorers.drift import Drift

            scorer = Drift()
        case "clip":
            from evals.scorers.clip import Clip

            scorer = Clip(model)
        case "detector":
            from evals.scorers.detector import Detector

            scorer = Detector(model)
        case "judge":
            from evals.scorers.judge.scorer import Judge

            scorer = Judge(model)
        case _:
            known = ", ".join(SCORERS)
            raise UserError(
                f"{name}: is not a scorer; take one of {known}, or a Python file of your own", "scorer"
            )
    return scorer


def check_scorers(names: Sequence[str]) -> None:
    """Raise as `Checkable.check` does if a scorer could not score any picture."""
    for scorer in map(scorer_named, names):
        if isinstance(scorer, Checkable):
            scorer.check()
