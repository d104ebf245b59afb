"""The built-in planner behind the planners' protocol."""

from dataclasses import dataclass

from planner.builtin.compose import compose
from planner.errors import UserError
from planner.plans import Draft, Origin


@dataclass(frozen=True)
class BuiltinPlanner:
    """Plans by parsing English; deterministic, and well under a second for 500 words once the model is
    loaded.
    """

    def __call__(self, prompt: str) -> Draft:
        """Plan `prompt`; raises `UserError` where it is empty and `WorldError` where the English model is
        missing.
        """
        if not prompt.strip():
            raise UserError("the prompt is empty: describe a picture")
        scene, notes = compose(prompt)
        return Draft(scene=scene, notes=notes, origin=Origin(planner="builtin"))
