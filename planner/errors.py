"""Errors with a line for the user: `UserError` for what the user can mend (exit code 2), `WorldError` for a
failure of the network, a model or the disk (exit code 1).
"""


class ScenewrightError(Exception):
    """Base of every error that scenewright raises on purpose; its message is one clear line.

    `field` is the argument that the message begins with, or None; `text` is the rest of the message.
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
    """The planner made no usable plan of the prompt; the message says why."""
