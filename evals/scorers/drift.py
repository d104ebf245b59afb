"""Drift: how far from the first arm's latents do another arm's end, from the same noise?"""

from evals.scorers.protocol import Drawn, Metric, Scored
from planner.errors import UserError


class Drift:
    """The distance of two arms before anything is decoded, which tells more than their scores do."""

    name = "drift"
    metrics = (
        Metric("latents", "RMS distance to the first arm's latents, over the RMS of those", False, "less"),
    )

    def __call__(self, drawn: Drawn) -> Scored:
        """None for the first arm itself. Raises `UserError` for a picture whose latents are not known."""
        if drawn.latents is None:
            raise UserError("the drift scorer needs the latents that a picture was decoded from")
        if drawn.reference is None:
            return Scored({"latents": None})
        reference = drawn.reference().float()
        distance = (drawn.latents.float() - reference).norm() / reference.norm()
        return Scored({"latents": distance.item()})
