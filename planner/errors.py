"""Errors with a line for the user. `UserError`: they can mend it (exit code 2). `WorldError`: the world
failed (exit code 1).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.plans import Usage


class ScenewrightError(Exception):
    """Base of every error that scenewright raises on purpose; its message is one clear line.

    `field` is the argument that the message begins with, None where it is about none; `text` is the rest.
    """

    def __init__(self, text: str, field: str | None = None) -> None:
        super().__init__(text, field)
        self.text, self.field = text, field

    def __str__(self) -> str:
        return self.text if self.field is None else f"{self.field} {self.text}"


class UserError(ScenewrightError, ValueError):
    """The input is wrong: the message names the field or file and says what would be right."""


class WorldError(ScenewrightError, RuntimeError):
    """The network, a model or the disk failed, after bounded retries."""


class PlanningError(WorldError):
    """No usable plan came of the prompt; the message says what the planner answered.

    `usage` is what a language model took all the same, or None.
    """

    usage: "Usage | None" = None
