"""Progress and talk, on stderr alone."""

import os
import sys
import warnings
from types import TracebackType
from typing import Self

from planner.errors import ScenewrightError


def say(text: str, quiet: bool) -> None:
    """One line to the user, unless they want none; control characters in it do nothing."""
    from planner.draw.lettering import printable

    if not quiet:
        sys.stderr.write(f"scenewright: {printable(text)}\n")


def in_options(error: ScenewrightError) -> str:
    """An error's line as a command tells it: its field is the option that it comes from."""
    return error.text if error.field is None else f"--{error.field.replace('_', '-')} {error.text}"


def hush() -> None:
    """Keep the libraries' own talk off stderr, unless the user's environment asks for it.

    Their errors too: they are raised as well, and then told in one line.
    """
    for name in ("TRANSFORMERS_VERBOSITY", "DIFFUSERS_VERBOSITY"):
        os.environ.setdefault(name, "critical")
    warnings.filterwarnings("ignore", category=FutureWarning)


class Progress:
    """A bar a stage; called with the stage, what is done, and of how much. Nothing is shown when quiet.

    Where a stage fails the bars go away, and leave the screen to the line that says why.
    """

    def __init__(self, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description:10}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
        )
        self._bars = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), disable=quiet)
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` is done of `stage`."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._bars.stop()
        else:
            # `Progress.stop` would add an empty line to a log.
            self._bars.live.transient = True
            self._bars.live.stop()
