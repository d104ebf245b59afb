"""Errors with a line for the user: `UserError` for what the user can mend (exit code 2), `WorldError` for a
failure of the network, a model or the disk (exit code 1).
"""

MAX_LINE = 900
"""Characters of a message: what others wrote, such as a name or an endpoint's answer, may be long."""


def printable_line(text: str) -> str:
    """`text` as one line that a terminal only shows: control characters and line breaks are escaped."""
    line = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode()
        for letter in text[: MAX_LINE + 1]
    )
    return line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}…"


class ScenewrightError(Exception):
    """Base of every error that scenewright raises on purpose; its message is one clear, printable line.

    `field` is the argument that the message begins with, or None; `text` is the rest of the message.
    """

    def __init__(self, text: str, field: str | None = None) -> None:
        super().__init__(text, field)
        self.text, self.field = printable_line(text), field

    def __str__(self) -> str:
        return self.text if self.field is None else f"{self.field} {self.text}"


class UserError(ScenewrightError, ValueError):
    """The input is wrong: the message names the field or file and says what would be right."""


class WorldError(ScenewrightError, RuntimeError):
    """The network, a model or the disk failed, after bounded retries."""


class PlanningError(WorldError):
    """The planner made no usable plan of the prompt; the message says why."""
