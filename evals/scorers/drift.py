"""Drift: how far are an arm's final latents from those of the first arm, drawn from the same noise?"""

from evals.scorers.protocol import Drawn, Metric, Scored
from planner.errors import UserError


class Drift:
    """Measures the distance of two arms before decoding, which is finer than comparing scores."""

    name = "drift"
    metrics = (
        Metric("latents", "RMS distance to the first arm's latents, over the RMS of those", False, "less"),
    )

    def __call__(self, drawn: Drawn) -> Scored:
        """None for the first arm itself. Raises `UserError` for a picture without known latents."""
        if drawn.latents is None:
            raise UserError("the drift scorer needs the latents that a picture was decoded from")
        if drawn.reference is None:
            return Scored({"latents": None})
        reference = drawn.reference().float()
        distance = (drawn.latents.float() - reference).norm() / reference.norm()
        return Scored({"latents": distance.item()})
