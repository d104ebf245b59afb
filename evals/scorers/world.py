"""World: are the things of the little world in the picture, each in its place? Its own detector decides."""

from evals.scorers.protocol import Drawn, Metric, Scored
from evals.world.detector import detect
from evals.world.facts import Facts
from evals.world.verdict import describe_errors, measure
from planner.errors import UserError

METRICS = (
    Metric("scene", "the whole scene right: every thing, place, count and absence"),
    Metric("things", "things right: there in their colour, where the words put them"),
    Metric("found", "things there in their colour, wherever"),
    Metric("claims", "places and relations that hold"),
    Metric("counts", "groups of a number shown in just that number"),
    Metric("absent", "things that should be absent and are"),
    Metric("nothing else", "pictures with all things and nothing else of the world"),
)


class World:
    """Compares pictures of the little world with the facts of their prompts."""

    name = "world"
    metrics = METRICS

    def __call__(self, drawn: Drawn) -> Scored:
        """Raises `UserError` for a sample that has no facts of the world."""
        facts = drawn.sample.facts
        if not isinstance(facts, Facts):
            raise UserError(
                "the world scorer needs the world benchmark: the prompt has no facts of the world"
            )
        seen, side = detect(drawn.image), drawn.image.width
        return Scored(measure(facts, seen, side), describe_errors(facts, seen, side))
